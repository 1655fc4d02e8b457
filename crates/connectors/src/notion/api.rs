//! Notion's calls: addresses, the version they speak, and how lists are asked for.

use gangway_connector::address::below;
use gangway_connector::http::{AnswerRules, Http, Request};
use gangway_connector::{ConnectionContext, ConnectorError};
use gangway_model::Account;
use http::HeaderName;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::Url;

use super::wire::{Block, DataSource, Database, List, Me, Page};
use super::{ENDPOINTS, error};

/// The version that all wire types here are read by.
const VERSION: &str = "2026-03-11";
const VERSION_HEADER: HeaderName = HeaderName::from_static("notion-version");
/// Downloads do not count against the pace of the API, and do not wait for it.
const FILES: &str = "files";

/// Pages of lists that Notion gives at most.
pub const LARGEST_PAGE: u32 = 100;

/// Notion as one connection reaches it.
#[derive(Clone)]
pub struct Api {
    http: Http,
    files: Http,
    base: Url,
}

impl Api {
    pub fn new(context: ConnectionContext) -> Self {
        let base = context.endpoint(&ENDPOINTS, "api");
        let files = context.http.with_rules(AnswerRules::by_status(error::classify_file_host));
        Self { http: context.http.classified_by(error::classify), files, base }
    }

    pub async fn page(&self, id: &str) -> Result<Page, ConnectorError> {
        let page: Page = self.get("pages.retrieve", &["pages", id]).send_json().await?;
        told(page, |page| &page.id)
    }

    pub async fn database(&self, id: &str) -> Result<Database, ConnectorError> {
        let database: Database = self.get("databases.retrieve", &["databases", id]).send_json().await?;
        told(database, |database| &database.id)
    }

    pub async fn data_source(&self, id: &str) -> Result<DataSource, ConnectorError> {
        let source: DataSource = self.get("dataSources.retrieve", &["data_sources", id]).send_json().await?;
        told(source, |source| &source.id)
    }

    pub async fn block(&self, id: &str) -> Result<Block, ConnectorError> {
        let value: Value = self.get("blocks.retrieve", &["blocks", id]).send_json().await?;
        Block::read(value).ok_or_else(|| error::malformed("a block without an id"))
    }

    /// One level of blocks below a block or page.
    pub async fn children(&self, id: &str, cursor: Option<&str>, size: u32) -> Result<List, ConnectorError> {
        let request = self.get("blocks.children.list", &["blocks", id, "children"]);
        self.list_by_query(request, cursor, size).await
    }

    /// The whole value of a property, part by part. `property` is written as Notion writes it in addresses.
    pub async fn property(
        &self,
        page: &str,
        property: &str,
        cursor: Option<&str>,
    ) -> Result<List, ConnectorError> {
        let mut url = below(&self.base, &["v1", "pages", page, "properties"]);
        let path = format!("{}/{property}", url.path());
        // Already encoded by Notion: encoding it again would name another property.
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'%' | b'-' | b'_' | b'~');
        if property.is_empty()
            || !property.bytes().all(is_plain)
            || property.to_ascii_lowercase().contains("%2e")
        {
            return Err(error::not_found());
        }
        url.set_path(&path);
        let request = self.prepared(self.http.get(url), "pages.properties.retrieve");
        self.list_by_query(request, cursor, LARGEST_PAGE).await
    }

    /// What the connection sees, as far as Notion's index knows.
    pub async fn search(
        &self,
        wish: Map<String, Value>,
        cursor: Option<&str>,
        size: u32,
    ) -> Result<List, ConnectorError> {
        self.list_by_body(self.post("search", &["search"]), wish, cursor, size).await
    }

    pub async fn query(
        &self,
        data_source: &str,
        wish: Map<String, Value>,
        cursor: Option<&str>,
        size: u32,
    ) -> Result<List, ConnectorError> {
        let request = self.post("dataSources.query", &["data_sources", data_source, "query"]);
        self.list_by_body(request, wish, cursor, size).await
    }

    /// Asks who granted this. Without the capability for user information there is an id and no more.
    pub async fn account(&self) -> Result<Account, ConnectorError> {
        let me: Me = self.get("users.me", &["users", "me"]).send_json().await?;
        let user = me.bot.owner.user.unwrap_or_default();
        let workspace = me.bot.workspace_id.filter(|id| !id.is_empty());
        // The same user in the same workspace, however often they connect; the bot is another one each time.
        let id = match (&workspace, user.id.is_empty()) {
            (Some(workspace), false) => format!("{workspace}:{}", user.id),
            (Some(workspace), true) => format!("{workspace}:workspace"),
            (None, false) => user.id.clone(),
            (None, true) => me.id,
        };
        if id.is_empty() {
            return Err(error::malformed("it does not say whose connection this is"));
        }
        let text = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let email = user.email().map(str::to_owned);
        let name = match (text(user.name), text(me.bot.workspace_name)) {
            (Some(person), Some(workspace)) => Some(format!("{person} — {workspace}")),
            (person, workspace) => person.or(workspace),
        };
        Ok(Account { id, email, name, workspace })
    }

    /// Starts a download. The link carries its own permission; our token is never sent there.
    pub fn download(&self, link: Url) -> Request {
        self.files.get(link).named("file").lane(FILES).without_token()
    }

    fn get(&self, name: &'static str, path: &[&str]) -> Request {
        self.prepared(self.http.get(self.address(path)), name)
    }

    fn post(&self, name: &'static str, path: &[&str]) -> Request {
        // All of them only ask.
        self.prepared(self.http.post(self.address(path)), name).idempotent()
    }

    fn prepared(&self, request: Request, name: &'static str) -> Request {
        request.named(name).header(VERSION_HEADER, VERSION)
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut url = below(&self.base, &["v1"]);
        gangway_connector::address::extend(&mut url, path);
        url
    }

    async fn list_by_query(
        &self,
        request: Request,
        cursor: Option<&str>,
        size: u32,
    ) -> Result<List, ConnectorError> {
        let size = size.clamp(1, LARGEST_PAGE).to_string();
        let mut query = vec![("page_size", size.as_str())];
        query.extend(cursor.map(|cursor| ("start_cursor", cursor)));
        placed(request.query(&query), cursor).await
    }

    async fn list_by_body(
        &self,
        request: Request,
        mut wish: Map<String, Value>,
        cursor: Option<&str>,
        size: u32,
    ) -> Result<List, ConnectorError> {
        wish.insert("page_size".to_owned(), json!(size.clamp(1, LARGEST_PAGE)));
        if let Some(cursor) = cursor {
            wish.insert("start_cursor".to_owned(), json!(cursor));
        }
        placed(request.json(&wish), cursor).await
    }
}

/// Sends a request for a page of a list. With a cursor, what Notion cannot use is taken to be the cursor.
async fn placed<T: DeserializeOwned>(request: Request, cursor: Option<&str>) -> Result<T, ConnectorError> {
    match request.send_json().await {
        Err(error) if cursor.is_some() && error.code == error::BAD_REQUEST => {
            Err(error::place_rejected().because(error))
        }
        answer => answer,
    }
}

/// An object without an id is no answer.
fn told<T>(object: T, id: impl Fn(&T) -> &String) -> Result<T, ConnectorError> {
    match id(&object).is_empty() {
        true => Err(error::malformed("an object without an id")),
        false => Ok(object),
    }
}
