//! Slack's JSON, read leniently: an odd or null field is as good as absent and never spoils its page.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::lenient::{flag, number, part, perhaps, rows, text};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AuthTest {
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
    #[serde(deserialize_with = "text")]
    pub team: Option<String>,
    #[serde(deserialize_with = "text")]
    pub user: Option<String>,
    #[serde(deserialize_with = "text")]
    pub team_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub user_id: Option<String>,
}

/// Where a list by cursor goes on. An empty cursor is the end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResponseMetadata {
    #[serde(deserialize_with = "text")]
    next_cursor: Option<String>,
}

fn next(metadata: &Option<ResponseMetadata>) -> Option<&str> {
    metadata.as_ref()?.next_cursor.as_deref().filter(|cursor| !cursor.is_empty())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct History {
    #[serde(deserialize_with = "rows")]
    pub messages: Vec<Message>,
    #[serde(deserialize_with = "flag")]
    has_more: bool,
    /// Older messages exist that the workspace's plan hides.
    #[serde(deserialize_with = "flag")]
    pub is_limited: bool,
    #[serde(deserialize_with = "part")]
    response_metadata: Option<ResponseMetadata>,
}

impl History {
    /// Whether there is more of it. Slack says so in two ways, and a page may be empty all the same.
    pub fn goes_on(&self) -> bool {
        self.has_more || self.next_cursor().is_some()
    }

    pub fn next_cursor(&self) -> Option<&str> {
        next(&self.response_metadata)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message {
    #[serde(deserialize_with = "text")]
    pub subtype: Option<String>,
    #[serde(deserialize_with = "text")]
    pub user: Option<String>,
    #[serde(deserialize_with = "text")]
    pub bot_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
    #[serde(deserialize_with = "part")]
    pub bot_profile: Option<Named>,
    #[serde(deserialize_with = "text")]
    pub text: Option<String>,
    #[serde(deserialize_with = "text")]
    pub ts: Option<String>,
    #[serde(deserialize_with = "text")]
    pub thread_ts: Option<String>,
    #[serde(deserialize_with = "number")]
    pub reply_count: Option<i64>,
    #[serde(deserialize_with = "text")]
    pub latest_reply: Option<String>,
    #[serde(deserialize_with = "part")]
    pub edited: Option<Edited>,
    #[serde(deserialize_with = "rows")]
    pub files: Vec<File>,
    #[serde(deserialize_with = "rows")]
    pub attachments: Vec<Value>,
    #[serde(deserialize_with = "rows")]
    pub blocks: Vec<Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Edited {
    #[serde(deserialize_with = "text")]
    pub ts: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Named {
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct File {
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub title: Option<String>,
    #[serde(deserialize_with = "text")]
    pub mimetype: Option<String>,
    #[serde(deserialize_with = "text")]
    pub mode: Option<String>,
    #[serde(deserialize_with = "text")]
    pub file_access: Option<String>,
    #[serde(deserialize_with = "flag")]
    pub is_external: bool,
    #[serde(deserialize_with = "text")]
    pub external_type: Option<String>,
    #[serde(deserialize_with = "number")]
    pub size: Option<i64>,
    #[serde(deserialize_with = "number")]
    pub created: Option<i64>,
    #[serde(deserialize_with = "number")]
    pub timestamp: Option<i64>,
    #[serde(deserialize_with = "number")]
    pub updated: Option<i64>,
    #[serde(deserialize_with = "number")]
    pub edit_timestamp: Option<i64>,
    #[serde(deserialize_with = "text")]
    pub url_private: Option<String>,
    #[serde(deserialize_with = "text")]
    pub url_private_download: Option<String>,
    #[serde(deserialize_with = "text")]
    pub permalink: Option<String>,
    #[serde(deserialize_with = "rows")]
    pub channels: Vec<String>,
    #[serde(deserialize_with = "rows")]
    pub groups: Vec<String>,
    #[serde(deserialize_with = "rows")]
    pub ims: Vec<String>,
    #[serde(deserialize_with = "part")]
    pub shares: Option<Shares>,
}

/// The channels that a file was shared in, by their ids.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Shares {
    #[serde(deserialize_with = "part")]
    pub public: Option<Map<String, Value>>,
    #[serde(deserialize_with = "part")]
    pub private: Option<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FileAnswer {
    pub file: File,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FileList {
    #[serde(deserialize_with = "rows")]
    pub files: Vec<File>,
    #[serde(deserialize_with = "part")]
    pub paging: Option<Paging>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Paging {
    #[serde(deserialize_with = "number")]
    pub page: Option<i64>,
    #[serde(deserialize_with = "number")]
    pub pages: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChannelList {
    #[serde(deserialize_with = "rows")]
    pub channels: Vec<Channel>,
    #[serde(deserialize_with = "part")]
    response_metadata: Option<ResponseMetadata>,
}

impl ChannelList {
    pub fn next_cursor(&self) -> Option<&str> {
        next(&self.response_metadata)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChannelAnswer {
    pub channel: Channel,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Channel {
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    /// The other person of a direct message.
    #[serde(deserialize_with = "text")]
    pub user: Option<String>,
    #[serde(deserialize_with = "flag")]
    pub is_im: bool,
    #[serde(deserialize_with = "flag")]
    pub is_mpim: bool,
    #[serde(deserialize_with = "flag")]
    pub is_private: bool,
    #[serde(deserialize_with = "flag")]
    pub is_group: bool,
    #[serde(deserialize_with = "perhaps")]
    pub is_member: Option<bool>,
    /// Seconds.
    #[serde(deserialize_with = "number")]
    pub created: Option<i64>,
    /// Milliseconds.
    #[serde(deserialize_with = "number")]
    pub updated: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserList {
    #[serde(deserialize_with = "rows")]
    pub members: Vec<User>,
    #[serde(deserialize_with = "part")]
    response_metadata: Option<ResponseMetadata>,
}

impl UserList {
    pub fn next_cursor(&self) -> Option<&str> {
        next(&self.response_metadata)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserAnswer {
    pub user: User,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct User {
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub real_name: Option<String>,
    #[serde(deserialize_with = "part")]
    pub profile: Option<Profile>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Profile {
    #[serde(deserialize_with = "text")]
    pub display_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub real_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
}

impl User {
    /// What people call them: the display name, which may be empty, else the real name, else the handle.
    pub fn shown_name(&self) -> Option<&str> {
        let profile = self.profile.as_ref();
        [
            profile.and_then(|profile| profile.display_name.as_deref()),
            self.real_name.as_deref(),
            profile.and_then(|profile| profile.real_name.as_deref()),
            self.name.as_deref(),
        ]
        .into_iter()
        .flatten()
        .map(str::trim)
        .find(|name| !name.is_empty())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BotAnswer {
    #[serde(deserialize_with = "part")]
    pub bot: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserGroupList {
    #[serde(deserialize_with = "rows")]
    pub usergroups: Vec<UserGroup>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserGroup {
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub handle: Option<String>,
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchAnswer {
    #[serde(deserialize_with = "part")]
    pub messages: Option<SearchMatches>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchMatches {
    #[serde(deserialize_with = "rows")]
    pub matches: Vec<SearchMatch>,
    #[serde(deserialize_with = "part")]
    pub paging: Option<Paging>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SearchMatch {
    #[serde(deserialize_with = "part")]
    pub channel: Option<Channel>,
    #[serde(deserialize_with = "text")]
    pub permalink: Option<String>,
    #[serde(flatten)]
    pub message: Message,
}
