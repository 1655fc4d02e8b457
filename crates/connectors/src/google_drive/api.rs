//! Drive's calls: addresses, parameters, and the flags that shared drives need on each of them.

use gangway_connector::address::{below, extend};
use gangway_connector::http::{Http, Request};
use gangway_connector::{ConnectionContext, ConnectorError, Disposition};
use gangway_model::{Account, ProviderItemId};
use http::HeaderName;
use url::Url;

use super::wire::{About, DriveFile, FILE_FIELDS, SharedDrive, UserInfo};
use super::{ENDPOINTS, error};

const RESOURCE_KEYS: HeaderName = HeaderName::from_static("x-goog-drive-resource-keys");

/// Parameters without which shared drives' items are invisible. `export`, `download` and `revisions` do
/// not know them.
pub const ALL_DRIVES: (&str, &str) = ("supportsAllDrives", "true");
pub const INCLUDE_ALL_DRIVES: (&str, &str) = ("includeItemsFromAllDrives", "true");

/// Drive as one connection reaches it.
#[derive(Clone)]
pub struct Api {
    pub http: Http,
    api: Url,
    userinfo: Url,
}

impl Api {
    pub fn new(context: ConnectionContext) -> Self {
        let endpoint = |name: &str| context.endpoint(&ENDPOINTS, name);
        let (api, userinfo) = (endpoint("api"), endpoint("userinfo"));
        Self { http: context.http.classified_by(error::classify), api, userinfo }
    }

    /// Starts a GET of a Drive resource.
    pub fn get(&self, name: &'static str, path: &[&str]) -> Request {
        self.http.get(self.drive(path)).named(name)
    }

    /// Starts a POST to a Drive resource.
    pub fn post(&self, name: &'static str, path: &[&str]) -> Request {
        self.http.post(self.drive(path)).named(name)
    }

    /// Reads a file's or folder's metadata. Trashed ones are read as well.
    pub async fn file(&self, item: ItemRef<'_>, fields: &str) -> Result<DriveFile, ConnectorError> {
        if !item.is_plausible() {
            return Err(no_such_item());
        }
        let request = self.get("files.get", &["files", item.id]).query(&[("fields", fields), ALL_DRIVES]);
        item.add_key(request).send_json().await
    }

    /// Reads everything an entry needs.
    pub async fn full_file(&self, item: ItemRef<'_>) -> Result<DriveFile, ConnectorError> {
        self.file(item, &format!("{FILE_FIELDS},thumbnailLink")).await
    }

    pub async fn shared_drive(&self, id: &str) -> Result<SharedDrive, ConnectorError> {
        let request = self.get("drives.get", &["drives", id]);
        request.query(&[("fields", "id,name,createdTime")]).send_json().await
    }

    /// Asks who granted this: the identity provider first, Drive itself where its scopes were unticked.
    pub async fn account(&self) -> Result<Account, ConnectorError> {
        let userinfo = below(&self.userinfo, &["v1", "userinfo"]);
        match self.http.get(userinfo).named("userinfo").send_json::<UserInfo>().await {
            Ok(UserInfo { sub: Some(id), email, name }) if !id.is_empty() => {
                Ok(Account { id, email, name, workspace: None })
            }
            Ok(_) => self.account_from_drive().await,
            Err(error) if is_refusal(&error) => self.account_from_drive().await,
            Err(error) => Err(error),
        }
    }

    async fn account_from_drive(&self) -> Result<Account, ConnectorError> {
        let fields = ("fields", "user(displayName,emailAddress,permissionId)");
        let about: About = self.get("about.get", &["about"]).query(&[fields]).send_json().await?;
        let user = about.user.unwrap_or_default();
        let id = user.permission_id.filter(|id| !id.is_empty()).ok_or_else(|| {
            let message = "Google does not say whose account this is";
            ConnectorError::new("malformed_answer", message, Disposition::RetryLater { after: None })
        })?;
        Ok(Account { id, email: user.email_address, name: user.display_name, workspace: None })
    }

    fn drive(&self, path: &[&str]) -> Url {
        let mut url = below(&self.api, &["drive", "v3"]);
        extend(&mut url, path);
        url
    }
}

fn is_refusal(error: &ConnectorError) -> bool {
    matches!(error.code, "unauthorized" | "insufficient_scope" | "forbidden")
}

/// An item's id, with the resource key that files shared by link before 2021 may need.
#[derive(Clone, Copy)]
pub struct ItemRef<'a> {
    pub id: &'a str,
    pub key: Option<&'a str>,
}

impl<'a> ItemRef<'a> {
    pub fn of(id: &'a ProviderItemId) -> Self {
        Self { id: id.as_str(), key: None }
    }

    /// Whether it can be an id of Drive's at all. Others are never sent: they could name other paths.
    pub fn is_plausible(&self) -> bool {
        !self.id.is_empty() && self.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    }

    pub fn add_key(&self, request: Request) -> Request {
        match self.key {
            Some(key) => request.header(RESOURCE_KEYS, &format!("{}/{key}", self.id)),
            None => request,
        }
    }
}

pub fn no_such_item() -> ConnectorError {
    let message = "it does not exist at Google, or is not shared with the connected account";
    ConnectorError::new("not_found", message, Disposition::Gone)
}

/// Text as Drive's search language wants it between single quotes.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}
