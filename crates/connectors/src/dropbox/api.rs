//! Dropbox's calls: one style for questions, one for content, and the header that says where paths begin.

use futures::lock::Mutex;
use gangway_connector::address::below;
use gangway_connector::http::{Download, Http, Request};
use gangway_connector::{ConnectionContext, ConnectorError, Disposition};
use gangway_model::Account;
use http::HeaderName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::error::{self, ROOT_CHANGED};
use super::place::Area;
use super::root::PathRoot;
use super::wire::{FullAccount, Metadata};
use super::{ENDPOINTS, header_json};

const PATH_ROOT: HeaderName = HeaderName::from_static("dropbox-api-path-root");
const ARGUMENT: HeaderName = HeaderName::from_static("dropbox-api-arg");
pub const RESULT: HeaderName = HeaderName::from_static("dropbox-api-result");

/// How often a cut download is taken up again.
const MOST_RESUMES: u32 = 5;

/// Dropbox as one connection reaches it.
pub struct Api {
    http: Http,
    api: Url,
    content: Url,
    www: Url,
    /// Where the account's own tree begins, once it was asked for.
    root: Mutex<Option<PathRoot>>,
}

/// How the answer of a content call is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    /// Served by range: a cut download goes on where it broke off.
    Stored,
    /// Made when asked for.
    Made,
}

impl Api {
    pub fn new(context: ConnectionContext) -> Self {
        let endpoint = |name| context.endpoint(&ENDPOINTS, name);
        let (api, content, www) = (endpoint("api"), endpoint("content"), endpoint("www"));
        Self { http: context.http.with_rules(error::RULES), api, content, www, root: Mutex::default() }
    }

    /// The address under which people see a path of the account's own tree.
    pub fn home_page(&self, path: &str) -> String {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        below(&below(&self.www, &["home"]), &names).into()
    }

    /// Asks a question about a tree; says also under which root it was answered, for cursors are bound to that.
    pub async fn ask_within<T: DeserializeOwned>(
        &self,
        area: &Area,
        route: &'static str,
        argument: &(impl Serialize + ?Sized),
    ) -> Result<(PathRoot, T), ConnectorError> {
        let request = self.question(route, argument);
        let root = self.root(area).await?;
        match root.add_to(request.clone(), PATH_ROOT).send_json().await {
            Err(error) if is_moved(&root, &error) => {
                let root = self.root_anew().await?;
                let answer = root.add_to(request, PATH_ROOT).send_json().await.map_err(restless)?;
                Ok((root, answer))
            }
            answer => Ok((root, answer?)),
        }
    }

    pub async fn ask<T: DeserializeOwned>(
        &self,
        area: &Area,
        route: &'static str,
        argument: &(impl Serialize + ?Sized),
    ) -> Result<T, ConnectorError> {
        self.ask_within(area, route, argument).await.map(|(_, answer)| answer)
    }

    /// Asks for what follows a cursor, under the root that it is bound to. A cursor that Dropbox cannot read is as
    /// good as one that it no longer accepts.
    pub async fn go_on<T: DeserializeOwned>(
        &self,
        root: &PathRoot,
        route: &'static str,
        cursor: &str,
    ) -> Result<T, ConnectorError> {
        let request = self.question(route, &json!({ "cursor": cursor }));
        match root.add_to(request, PATH_ROOT).send_json().await {
            Err(error) if error.code == "bad_request" => Err(bad_place().because(error)),
            Err(error) if is_moved(root, &error) => {
                self.root.lock().await.take();
                Err(error)
            }
            answer => answer,
        }
    }

    /// Fetches content: the argument travels in a header, and so does what Dropbox says of the content.
    pub async fn download(
        &self,
        area: &Area,
        route: &'static str,
        argument: &(impl Serialize + ?Sized),
        bytes: Bytes,
        max_bytes: u64,
    ) -> Result<Download, ConnectorError> {
        let request = self.http.post(route_below(&self.content, route)).named(route).idempotent();
        let request = request.header(ARGUMENT, &header_json::write(argument));
        let root = self.root(area).await?;
        match send(root.add_to(request.clone(), PATH_ROOT), bytes, max_bytes).await {
            Err(error) if is_moved(&root, &error) => {
                let root = self.root_anew().await?;
                send(root.add_to(request, PATH_ROOT), bytes, max_bytes).await.map_err(restless)
            }
            answer => answer,
        }
    }

    /// Reads what is at a path, or has an id.
    pub async fn metadata(&self, area: &Area, path: &str) -> Result<Metadata, ConnectorError> {
        self.ask(area, "files/get_metadata", &json!({ "path": path })).await
    }

    /// Says who granted this. An address that its owner never confirmed may be somebody else's, and is left out.
    pub async fn account(&self) -> Result<Account, ConnectorError> {
        let account = self.full_account().await?;
        let id = account.account_id.filter(|id| !id.is_empty()).ok_or_else(|| {
            let message = "Dropbox does not say whose account this is";
            ConnectorError::new("malformed_answer", message, Disposition::RetryLater { after: None })
        })?;
        let email = account.email.filter(|_| account.email_verified);
        Ok(Account { id, email, name: account.name.display_name, workspace: None })
    }

    async fn full_account(&self) -> Result<FullAccount, ConnectorError> {
        // A route without argument wants the word `null`: nothing at all is refused beside a content type.
        self.question("users/get_current_account", &Value::Null).send_json().await
    }

    async fn root(&self, area: &Area) -> Result<PathRoot, ConnectorError> {
        match area {
            Area::Namespace(namespace) => Ok(PathRoot::Namespace(namespace.clone())),
            Area::Account => {
                // Held while asking, so that whoever comes meanwhile does not ask as well.
                let mut known = self.root.lock().await;
                if let Some(root) = &*known {
                    return Ok(root.clone());
                }
                let root = PathRoot::of_account(&self.full_account().await?)?;
                *known = Some(root.clone());
                Ok(root)
            }
        }
    }

    async fn root_anew(&self) -> Result<PathRoot, ConnectorError> {
        self.root.lock().await.take();
        self.root(&Area::Account).await
    }

    fn question(&self, route: &'static str, argument: &(impl Serialize + ?Sized)) -> Request {
        // Everything is a POST here; none of what is asked changes anything.
        self.http.post(route_below(&self.api, route)).named(route).json(argument).idempotent()
    }
}

async fn send(request: Request, bytes: Bytes, max_bytes: u64) -> Result<Download, ConnectorError> {
    match bytes {
        Bytes::Stored => request.stream_resumable(max_bytes, MOST_RESUMES).await,
        Bytes::Made => request.stream(max_bytes).await,
    }
}

fn route_below(base: &Url, route: &str) -> Url {
    let path: Vec<&str> = std::iter::once("2").chain(route.split('/')).collect();
    below(base, &path)
}

fn is_moved(root: &PathRoot, error: &ConnectorError) -> bool {
    error.code == ROOT_CHANGED && matches!(root, PathRoot::Account(_))
}

/// A root that has changed again since it was read a moment ago.
fn restless(error: ConnectorError) -> ConnectorError {
    if error.code != ROOT_CHANGED {
        return error;
    }
    let later = Disposition::RetryLater { after: None };
    ConnectorError::new(ROOT_CHANGED, "the account's root at Dropbox keeps changing", later).because(error)
}

pub fn bad_place() -> ConnectorError {
    let message = "this is no place in a list of Dropbox's";
    ConnectorError::new("cursor_reset", message, Disposition::RestartFeed)
}
