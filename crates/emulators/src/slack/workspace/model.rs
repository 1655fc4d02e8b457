//! People, channels, messages and files as the workspace keeps them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ts::Ts;
use crate::kernel::words::filler_text;

/// A workspace's name and address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub id: String,
    pub name: String,
    pub domain: String,
}

/// A person or the user behind a bot.
#[derive(Debug, Clone, Default)]
pub struct User {
    pub id: String,
    pub team_id: String,
    /// The handle, which is also what old mentions show.
    pub name: String,
    pub real_name: String,
    /// May be empty, as it often is.
    pub display_name: String,
    pub email: String,
    pub title: String,
    pub deleted: bool,
    pub is_admin: bool,
    /// A guest who sees only the channels they are in.
    pub is_restricted: bool,
    pub is_ultra_restricted: bool,
    /// Someone of another company, met through a shared channel.
    pub is_stranger: bool,
    pub bot_id: Option<String>,
    pub app_id: Option<String>,
    pub updated: i64,
}

impl User {
    pub fn is_bot(&self) -> bool {
        self.bot_id.is_some()
    }

    pub fn is_guest(&self) -> bool {
        self.is_restricted || self.is_ultra_restricted
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Public,
    Private,
    Im,
    Mpim,
}

impl ChannelKind {
    /// Returns the word of the `types` argument.
    pub fn type_word(self) -> &'static str {
        match self {
            Self::Public => "public_channel",
            Self::Private => "private_channel",
            Self::Im => "im",
            Self::Mpim => "mpim",
        }
    }

    /// Returns the family its scopes are named after.
    pub fn scope_family(self) -> &'static str {
        match self {
            Self::Public => "channels",
            Self::Private => "groups",
            Self::Im => "im",
            Self::Mpim => "mpim",
        }
    }

    /// Returns the word of an event's `channel_type`.
    pub fn event_word(self) -> &'static str {
        match self {
            Self::Public => "channel",
            Self::Private => "group",
            Self::Im => "im",
            Self::Mpim => "mpim",
        }
    }
}

/// A topic or purpose with who set it when.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    pub value: String,
    pub creator: String,
    pub last_set: i64,
}

#[derive(Debug, Clone)]
pub struct Channel {
    pub id: String,
    pub team_id: String,
    pub kind: ChannelKind,
    /// Empty for direct messages.
    pub name: String,
    pub creator: String,
    pub created: i64,
    /// In milliseconds, unlike every other time of a channel.
    pub updated_ms: i64,
    pub is_archived: bool,
    pub is_general: bool,
    pub topic: Heading,
    pub purpose: Heading,
    pub previous_names: Vec<String>,
    pub members: BTreeSet<String>,
    /// Other companies' workspaces this channel is shared with.
    pub connected_team_ids: Vec<String>,
    /// Refuses every read with `channel_is_limited_access`.
    pub limited_access: bool,
    pub log: Log,
}

impl Channel {
    pub fn is_private(&self) -> bool {
        self.kind != ChannelKind::Public
    }
}

/// The messages of a channel.
#[derive(Debug, Clone, Default)]
pub struct Log {
    pub messages: BTreeMap<Ts, Message>,
    /// What `conversations.history` shows: everything but plain replies.
    pub shown: BTreeSet<Ts>,
    pub threads: HashMap<Ts, Thread>,
    pub pinned: BTreeSet<Ts>,
}

/// The replies of one root.
#[derive(Debug, Clone, Default)]
pub struct Thread {
    pub replies: BTreeSet<Ts>,
    /// Authors in the order of their first reply.
    pub users: Vec<String>,
}

/// What a message says, kept small until someone reads it.
#[derive(Debug, Clone)]
pub enum Words {
    Written(Box<str>),
    /// Filler that depends only on a number.
    Filler {
        seed: u64,
        size: u32,
    },
}

impl Words {
    pub fn text(&self) -> String {
        match self {
            Self::Written(text) => text.to_string(),
            Self::Filler { seed, size } => {
                let bytes = filler_text(*seed, *size as usize);
                String::from_utf8_lossy(&bytes).trim_end().replace('\n', " ")
            }
        }
    }
}

#[derive(Debug, Clone)]
pub struct Message {
    pub user: Box<str>,
    pub words: Words,
    pub thread: Option<Ts>,
    pub subtype: Option<Box<str>>,
    pub edited: Option<(Box<str>, Ts)>,
    /// What few messages have.
    pub rest: Option<Box<Rest>>,
}

impl Message {
    pub fn is_reply_to(&self, ts: Ts) -> Option<Ts> {
        self.thread.filter(|root| *root != ts)
    }

    pub fn rest_mut(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }
}

#[derive(Debug, Clone, Default)]
pub struct Rest {
    pub files: Vec<String>,
    /// Given blocks; absent means the rich text made from the words.
    pub blocks: Option<Value>,
    pub attachments: Option<Value>,
    pub reactions: Vec<(String, Vec<String>)>,
    pub bot_id: Option<String>,
    pub username: Option<String>,
    pub metadata: Option<Value>,
    /// Fields of rare subtypes, such as `old_name`.
    pub more: Map<String, Value>,
}

/// How a file is kept; the word is the file's `mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileMode {
    #[default]
    Hosted,
    External,
    Snippet,
    Post,
    Canvas,
    Quip,
    Space,
    List,
    Email,
    Tombstone,
    HiddenByLimit,
}

#[derive(Debug, Clone)]
pub enum Content {
    Bytes(Bytes),
    Filler { seed: u64, size: u64 },
}

impl Content {
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Filler { size, .. } => *size,
        }
    }

    pub fn bytes(&self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Filler { seed, size } => filler_text(*seed, *size as usize).into(),
        }
    }
}

/// One appearance of a file in a channel.
#[derive(Debug, Clone)]
pub struct FileShare {
    pub channel: String,
    pub ts: Ts,
}

#[derive(Debug, Clone)]
pub struct SlackFile {
    pub id: String,
    pub team_id: String,
    pub name: Option<String>,
    pub title: Option<String>,
    pub mimetype: String,
    pub filetype: String,
    pub mode: FileMode,
    pub user: String,
    pub created: i64,
    pub edited: Option<i64>,
    pub content: Content,
    pub shares: Vec<FileShare>,
    pub deleted: bool,
    pub external_type: String,
    pub external_url: String,
    /// Listed as a stub; the whole object needs `files.info`.
    pub check_file_info: bool,
    /// Refused by `files.info` with this word.
    pub refusal: Option<String>,
    pub public_url_shared: bool,
    /// Waits for `files.completeUploadExternal`.
    pub pending: bool,
}

#[derive(Debug, Clone)]
pub struct UserGroup {
    pub id: String,
    pub team_id: String,
    pub handle: String,
    pub name: String,
    pub description: String,
    pub created: i64,
    pub updated: i64,
    pub disabled: i64,
    pub created_by: String,
    pub users: Vec<String>,
}
