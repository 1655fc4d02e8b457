//! Version history. Google keeps a blob's versions for 30 days and merges those of native documents.

use gangway_connector::{ConnectorError, Version, VersionPage};
use gangway_model::{PageToken, ProviderItemId};

use super::api::{Api, ItemRef, no_such_item};
use super::wire::RevisionList;

pub async fn versions(
    api: &Api,
    id: &ProviderItemId,
    page: Option<&PageToken>,
) -> Result<VersionPage, ConnectorError> {
    let item = ItemRef::of(id);
    if !item.is_plausible() {
        return Err(no_such_item());
    }
    let fields =
        "nextPageToken,revisions(id,mimeType,modifiedTime,size,lastModifyingUser(displayName,emailAddress))";
    let mut query = vec![("pageSize", "1000"), ("fields", fields)];
    if let Some(page) = page {
        query.push(("pageToken", page.as_str()));
    }
    let request = api.get("revisions.list", &["files", item.id, "revisions"]).query(&query);
    let list: RevisionList = item.add_key(request).send_json().await.map_err(explain)?;
    let next = list.next_page_token.filter(|token| !token.is_empty()).map(PageToken::from);
    let mut versions: Vec<Version> = list
        .revisions
        .into_iter()
        .map(|revision| {
            let author = revision.last_modifying_user.unwrap_or_default();
            Version {
                id: revision.id,
                modified_at: revision.modified_time,
                size: revision.size.and_then(|size| u64::try_from(size).ok()),
                media_type: revision.mime_type,
                author: author.display_name.or(author.email_address),
                current: false,
            }
        })
        .collect();
    if let (None, Some(last)) = (&next, versions.last_mut()) {
        last.current = true;
    }
    Ok(VersionPage { versions, next })
}

fn explain(mut error: ConnectorError) -> ConnectorError {
    if error.code == "forbidden" {
        error.message = "Google shows the version history only to people who may edit the file".to_owned();
    }
    error
}
