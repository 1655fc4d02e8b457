//! Version history. Dropbox keeps a file's versions for as long as the account's plan says.

use gangway_connector::{ConnectorError, Version, VersionPage};
use gangway_model::{PageToken, ProviderItemId};
use serde_json::json;

use super::api::{Api, bad_place};
use super::place::{Place, no_such_item};
use super::wire::RevisionList;

/// The most that Dropbox tells of a file across its names; further pages exist only for one path.
const MOST: u32 = 100;

pub async fn versions(
    api: &Api,
    id: &ProviderItemId,
    page: Option<&PageToken>,
) -> Result<VersionPage, ConnectorError> {
    let Place::Item(area, id) = Place::read(id)? else { return Err(no_such_item()) };
    if page.is_some() {
        return Err(bad_place());
    }
    let argument = json!({ "path": id, "mode": "id", "limit": MOST });
    let list: RevisionList = api.ask(&area, "files/list_revisions", &argument).await?;
    let is_deleted = list.is_deleted;
    let mut versions: Vec<Version> = list
        .entries
        .into_iter()
        .filter_map(|row| {
            Some(Version {
                id: row.rev?,
                modified_at: row.server_modified,
                size: row.size.and_then(|size| u64::try_from(size).ok()),
                media_type: None,
                // Named only by an account id, which says nothing to people.
                author: None,
                current: false,
            })
        })
        .collect();
    // Dropbox tells the newest first.
    versions.reverse();
    if let Some(last) = versions.last_mut() {
        last.current = !is_deleted;
    }
    Ok(VersionPage { versions, next: None })
}
