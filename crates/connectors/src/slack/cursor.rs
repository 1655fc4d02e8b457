//! What a feed remembers between polls. Slack has no change feed of its own, so a cursor holds what the newest
//! messages of each channel looked like: bounded, in JSON.

use std::collections::BTreeMap;

use gangway_connector::{ConnectorError, Disposition};
use gangway_model::Cursor;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::ids::{Ts, is_channel};
use super::thread;
use super::wire::Message;

const FORMAT: u32 = 1;
/// Messages remembered in all.
const MOST_SEEN: usize = 2_000;
/// Messages remembered of one channel.
const WIDEST_WINDOW: usize = 100;
const NARROWEST_WINDOW: usize = 5;
/// Where a page holds 15 messages and a minute one page, looking back further would take minutes.
const SLOW_WINDOW: usize = 10;
/// Older threads remembered of one channel.
const MOST_LIVE: usize = 8;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    v: u32,
    /// Channels by id.
    pub channels: BTreeMap<String, ChannelMemory>,
    /// The channel that was read last, while a poll is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<FileMemory>,
    /// Slack counts the app as distributed: 15 messages a page, one page a minute.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slow: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChannelMemory {
    /// A digest of how the channel itself looks.
    #[serde(rename = "n", default)]
    pub looks: String,
    /// The newest message that was ever seen in it.
    #[serde(rename = "s", default)]
    pub since: Option<Ts>,
    /// The newest messages, newest first. Empty before they were first read, and in an empty channel.
    #[serde(rename = "w", default)]
    pub window: Vec<Seen>,
    /// Older threads with replies, the one to look at next first.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<(Ts, String)>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<Pass>,
}

/// A poll of a channel that takes several pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// Everything from here on was read.
    pub latest: Option<Ts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    pub newest: Option<Ts>,
    /// What the next window will hold.
    pub fresh: Vec<Seen>,
}

/// A message, what it looked like, whether it had replies, and the files it brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen(pub Ts, pub String, pub bool, pub Vec<String>);

/// The newest files that were seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileMemory {
    pub since: i64,
    /// Those made in that very second.
    pub ids: Vec<String>,
}

impl Memory {
    pub fn new() -> Self {
        Self { v: FORMAT, ..Self::default() }
    }

    pub fn read(cursor: &Cursor) -> Result<Self, ConnectorError> {
        let memory: Option<Self> = serde_json::from_str(cursor.as_str()).ok();
        let memory = memory.filter(|it| it.v == FORMAT && it.channels.keys().all(|id| is_channel(id)));
        memory.ok_or_else(|| {
            let message = "this place in the change feed is not one of ours";
            ConnectorError::new("cursor_rejected", message, Disposition::RestartFeed)
        })
    }

    pub fn cursor(&self) -> Result<Cursor, ConnectorError> {
        let written = serde_json::to_string(self).map(Cursor::from);
        written.map_err(|error| {
            let message = "the place in the change feed cannot be written down";
            ConnectorError::new("bad_cursor", message, Disposition::Fail).because(error)
        })
    }

    /// How many messages of each channel to remember.
    pub fn window(&self) -> usize {
        let share = MOST_SEEN / self.channels.len().max(1);
        let widest = if self.slow { SLOW_WINDOW } else { WIDEST_WINDOW };
        share.clamp(NARROWEST_WINDOW, widest)
    }

    /// The newest message seen anywhere: a moment that was already over when this was written.
    pub fn newest(&self) -> Option<Ts> {
        self.channels.values().filter_map(|channel| channel.since).max()
    }
}

impl ChannelMemory {
    pub fn looks_like(&self, digest: &str) -> bool {
        self.looks == digest
    }

    /// Ends a pass: what it saw is what is remembered. Threads with replies that are no longer among the newest
    /// messages are kept in mind for a while.
    pub fn finish(&mut self, mut pass: Pass, width: usize) {
        self.since = self.since.max(pass.newest);
        pass.fresh.truncate(width);
        let still_there = |ts: Ts| pass.fresh.iter().any(|seen| seen.0 == ts);
        let fallen_out = self.window.iter().filter(|seen| seen.2 && !still_there(seen.0));
        let fallen_out: Vec<(Ts, String)> = fallen_out.map(|seen| (seen.0, seen.1.clone())).collect();
        self.live.retain(|(ts, _)| !fallen_out.iter().any(|(other, _)| other == ts));
        self.live.splice(0..0, fallen_out);
        self.live.truncate(MOST_LIVE);
        self.window = pass.fresh;
    }
}

impl Seen {
    /// Remembers a message that holds anything of ours.
    pub fn of(message: &Message) -> Option<Self> {
        let brings_files = message.is_said() && !message.files.is_empty();
        if message.is_reply() || !(message.begins_thread() || brings_files) {
            return None;
        }
        let files = message.files.iter().filter_map(|file| file.plausible_id()).map(str::to_owned);
        let looks = digest(&thread::revision(message));
        Some(Self(message.id()?, looks, message.replies() > 0, files.collect()))
    }
}

/// Short enough to remember thousands of.
pub fn digest(text: &str) -> String {
    hex::encode(&Md5::digest(text.as_bytes())[..5])
}
