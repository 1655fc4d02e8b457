//! Slack's calls. Each method has a pace of its own, so each is its own lane.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::lock::Mutex;
use gangway_connector::address::{below, extend};
use gangway_connector::http::{Http, Request};
use gangway_connector::{ConnectionContext, ConnectorError, Disposition};
use gangway_model::Account;
use url::Url;

use super::ids::{Ts, is_id};
use super::people::Names;
use super::wire::{
    AuthTest, BotAnswer, Channel, ChannelAnswer, ChannelList, File, FileAnswer, FileList, History,
    SearchAnswer, SearchMatches, User, UserAnswer, UserGroupList, UserList,
};
use super::{ENDPOINTS, error};

/// The most that Slack gives at once. Apps it counts as distributed get 15, whatever they ask for.
pub const LARGEST_PAGE: u32 = 999;
/// Asked for when a page of long messages is longer than an answer may be.
const SMALL_PAGE: u32 = 50;
const LARGEST_LIST: &str = "999";
const PEOPLE_AT_ONCE: &str = "500";

/// Slack as one connection reaches it, with what it was told once and does not change.
pub struct Api {
    pub http: Http,
    api: Url,
    workspace: Mutex<Option<Arc<Workspace>>>,
    pub names: Names,
}

/// The workspace that the token belongs to.
#[derive(Debug)]
pub struct Workspace {
    pub id: String,
    pub name: String,
    pub user_id: String,
    pub user: Option<String>,
    /// `https://acme.slack.com/`
    url: Option<Url>,
}

impl Workspace {
    /// The address of a channel, or of something in it.
    pub fn archive(&self, path: &[&str]) -> Option<Url> {
        let mut url = below(self.url.as_ref()?, &["archives"]);
        extend(&mut url, path);
        Some(url)
    }

    pub fn address(&self) -> Option<String> {
        self.url.as_ref().map(Url::to_string)
    }
}

/// A part of a channel's history.
#[derive(Clone, Debug, Default)]
pub struct Span {
    pub latest: Option<Ts>,
    pub oldest: Option<Ts>,
    /// Whether what stands exactly at the ends belongs to it.
    pub inclusive: bool,
    pub cursor: Option<String>,
    pub limit: u32,
}

impl Api {
    pub fn new(context: ConnectionContext) -> Self {
        let api = context.endpoint(&ENDPOINTS, "api");
        let http = context.http.with_rules(error::RULES);
        Self { http, api, workspace: Mutex::default(), names: Names::default() }
    }

    fn get(&self, method: &'static str) -> Request {
        self.http.get(below(&self.api, &["api", method])).named(method).lane(method)
    }

    /// Says whose token this is and which workspace it opens. Asked once.
    pub async fn workspace(&self) -> Result<Arc<Workspace>, ConnectorError> {
        let mut known = self.workspace.lock().await;
        if let Some(workspace) = &*known {
            return Ok(Arc::clone(workspace));
        }
        let answer: AuthTest = self.get("auth.test").send_json().await?;
        let (Some(id), Some(user_id)) = (answer.team_id, answer.user_id) else {
            let message = "Slack does not say whose token this is";
            let later = Disposition::RetryLater { after: None };
            return Err(ConnectorError::new("malformed_answer", message, later));
        };
        let name = answer.team.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
        let url = answer.url.and_then(|url| Url::parse(&url).ok()).filter(Url::has_host);
        let user = answer.user.filter(|user| !user.is_empty());
        let workspace = Arc::new(Workspace { id, name, user_id, user, url });
        *known = Some(Arc::clone(&workspace));
        Ok(workspace)
    }

    /// Asks who granted this. Without the permission to see people, the account's handle is its name.
    pub async fn account(&self) -> Result<Account, ConnectorError> {
        let workspace = self.workspace().await?;
        let user = match self.user(&workspace.user_id).await {
            Ok(user) => user,
            Err(error) if matches!(error.disposition, Disposition::SkipItem) => User::default(),
            Err(error) => return Err(error),
        };
        let profile = user.profile.as_ref();
        let full_name = user.real_name.as_deref().or(profile.and_then(|it| it.real_name.as_deref()));
        let name = full_name.filter(|name| !name.is_empty()).or(user.shown_name()).map(str::to_owned);
        Ok(Account {
            // One person has one token for each workspace, and may connect several workspaces.
            id: format!("{}:{}", workspace.id, workspace.user_id),
            email: profile.and_then(|profile| profile.email.clone()).filter(|email| !email.is_empty()),
            name: name.or_else(|| workspace.user.clone()),
            workspace: Some(workspace.id.clone()),
        })
    }

    /// Adds the workspace, which tokens of organisations must name and others may.
    async fn in_workspace(&self, request: Request) -> Result<Request, ConnectorError> {
        let workspace = self.workspace().await?;
        Ok(match is_id(&workspace.id) && workspace.id.starts_with('T') {
            true => request.query(&[("team_id", &workspace.id)]),
            false => request,
        })
    }

    pub async fn channel(&self, id: &str) -> Result<Channel, ConnectorError> {
        let request = self.get("conversations.info").query(&[("channel", id)]);
        Ok(request.send_json::<ChannelAnswer>().await?.channel)
    }

    /// Lists the conversations of one type that the person is in. Several types in one call would fail together.
    pub async fn own_channels(&self, kind: &str, cursor: &str) -> Result<ChannelList, ConnectorError> {
        self.channels("users.conversations", kind, cursor, false).await
    }

    /// Lists the public channels of the workspace, those without the person as well.
    pub async fn public_channels(&self, cursor: &str, archived: bool) -> Result<ChannelList, ConnectorError> {
        self.channels("conversations.list", "public_channel", cursor, !archived).await
    }

    async fn channels(
        &self,
        method: &'static str,
        kind: &str,
        cursor: &str,
        exclude_archived: bool,
    ) -> Result<ChannelList, ConnectorError> {
        let mut query = vec![("types", kind), ("limit", LARGEST_LIST)];
        query.extend((!cursor.is_empty()).then_some(("cursor", cursor)));
        query.extend(exclude_archived.then_some(("exclude_archived", "true")));
        self.in_workspace(self.get(method).query(&query)).await?.send_json().await
    }

    /// Reads a part of a channel's history, newest first. Replies are not in it.
    pub async fn history(&self, channel: &str, span: &Span) -> Result<History, ConnectorError> {
        match self.history_page(channel, span).await {
            Err(error) if error.code == "answer_too_long" && span.limit > SMALL_PAGE => {
                self.history_page(channel, &Span { limit: SMALL_PAGE, ..span.clone() }).await
            }
            answer => answer,
        }
    }

    async fn history_page(&self, channel: &str, span: &Span) -> Result<History, ConnectorError> {
        let mut request = self.get("conversations.history");
        request = request.query(&[("channel", channel), ("limit", &span.limit.to_string())]);
        if let Some(oldest) = span.oldest {
            request = request.query(&[("oldest", &oldest.to_string())]);
        }
        if let Some(latest) = span.latest {
            request = request.query(&[("latest", &latest.to_string())]);
        }
        if span.inclusive {
            request = request.query(&[("inclusive", "true")]);
        }
        if let Some(cursor) = &span.cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        request.send_json().await
    }

    /// Reads a page of a thread, oldest first; its first message begins the first page.
    pub async fn replies(
        &self,
        channel: &str,
        ts: Ts,
        cursor: Option<&str>,
    ) -> Result<History, ConnectorError> {
        let (ts, limit) = (ts.to_string(), LARGEST_PAGE.to_string());
        let mut query = vec![("channel", channel), ("ts", &ts), ("limit", &limit)];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.get("conversations.replies").query(&query).send_json().await
    }

    pub async fn file(&self, id: &str) -> Result<File, ConnectorError> {
        let request = self.get("files.info").query(&[("file", id)]);
        Ok(request.send_json::<FileAnswer>().await?.file)
    }

    /// Lists files, newest first; of one channel, or of all that the person sees.
    pub async fn files(&self, channel: Option<&str>, span: &FileSpan) -> Result<FileList, ConnectorError> {
        let (count, page) = (span.count.to_string(), span.page.to_string());
        let (from, to) = (span.from.map(|it| it.to_string()), span.to.map(|it| it.to_string()));
        let mut query = vec![("count", count.as_str()), ("page", &page)];
        query.extend(channel.map(|channel| ("channel", channel)));
        query.extend(from.as_deref().map(|from| ("ts_from", from)));
        query.extend(to.as_deref().map(|to| ("ts_to", to)));
        self.in_workspace(self.get("files.list").query(&query)).await?.send_json().await
    }

    pub async fn search(&self, words: &str, count: u32, page: u32) -> Result<SearchMatches, ConnectorError> {
        let (count, page) = (count.to_string(), page.to_string());
        let query = [("query", words), ("count", &count), ("page", &page), ("sort", "timestamp")];
        let request = self.in_workspace(self.get("search.messages").query(&query)).await?;
        Ok(request.send_json::<SearchAnswer>().await?.messages.unwrap_or_default())
    }

    pub async fn user(&self, id: &str) -> Result<User, ConnectorError> {
        let request = self.get("users.info").query(&[("user", id)]);
        Ok(request.send_json::<UserAnswer>().await?.user)
    }

    pub async fn users(&self, cursor: Option<&str>) -> Result<UserList, ConnectorError> {
        let mut query = vec![("limit", PEOPLE_AT_ONCE)];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.in_workspace(self.get("users.list").query(&query)).await?.send_json().await
    }

    /// The name of an app, by the id that its posts carry.
    pub async fn app_name(&self, id: &str) -> Result<Option<String>, ConnectorError> {
        let request = self.get("bots.info").query(&[("bot", id)]);
        Ok(request.send_json::<BotAnswer>().await?.bot.and_then(|bot| bot.name))
    }

    pub async fn user_groups(&self) -> Result<BTreeMap<String, String>, ConnectorError> {
        let request = self.get("usergroups.list").query(&[("include_disabled", "true")]);
        let list: UserGroupList = self.in_workspace(request).await?.send_json().await?;
        let named =
            list.usergroups.into_iter().filter_map(|group| Some((group.id?, group.handle.or(group.name)?)));
        Ok(named.collect())
    }
}

/// A part of the list of files, by when they were made.
#[derive(Clone, Debug, Default)]
pub struct FileSpan {
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub count: u32,
    /// From 1.
    pub page: u32,
}
