//! Slack's ids and times, checked before they enter an address or a cursor.

use std::fmt;

use gangway_connector::{ConnectorError, Disposition};
use gangway_model::{FeedKey, ProviderItemId, Timestamp};
use serde::{Deserialize, Serialize};

const LONGEST_ID: usize = 32;
const CHANNEL_FEED_PREFIX: &str = "channel:";
/// The feed of a whole workspace: all channels that the person is in.
pub const WORKSPACE_FEED: &str = "workspace";

/// Identifies a message in its channel: seconds and a counter, written `1355517523.000005`. Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ts(u64);

impl Ts {
    const MICROS: u64 = 1_000_000;

    /// Reads a message's time; `None` for anything that would not be written the same again.
    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, counter) = text.split_once('.')?;
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if seconds.len() > 11 || counter.len() != 6 || !is_digits(seconds) || !is_digits(counter) {
            return None;
        }
        let ts = Self(seconds.parse::<u64>().ok()? * Self::MICROS + counter.parse::<u64>().ok()?);
        (ts.to_string() == text).then_some(ts)
    }

    /// The moment before, so that a range that leaves out its end begins with this one.
    pub fn just_before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    pub fn moment(self) -> Option<Timestamp> {
        Timestamp::from_timestamp_micros(i64::try_from(self.0).ok()?)
    }

    /// As addresses of messages write it: without the dot.
    pub fn in_address(self) -> String {
        format!("p{}{:06}", self.0 / Self::MICROS, self.0 % Self::MICROS)
    }
}

/// The address of a reply, from that of its thread. <https://docs.slack.dev/reference/methods/chat.getPermalink>
pub fn address_of_reply(thread: &str, reply: &str) -> Option<String> {
    let reply = Ts::parse(reply)?;
    let (channel, root) = thread.split_once("/archives/")?.1.split_once('/')?;
    let digits = root.strip_prefix('p').filter(|digits| digits.len() > 6)?;
    let (seconds, counter) = digits.split_at_checked(digits.len() - 6)?;
    let root = Ts::parse(&format!("{seconds}.{counter}")).filter(|_| is_channel(channel))?;
    let above = thread.strip_suffix(&root.in_address())?;
    match root == reply {
        true => Some(thread.to_owned()),
        false => Some(format!("{above}{}?thread_ts={root}&cid={channel}", reply.in_address())),
    }
}

impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / Self::MICROS, self.0 % Self::MICROS)
    }
}

/// What an id of ours names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    Workspace(&'a str),
    Channel(&'a str),
    File(&'a str),
    /// A message of a channel with its replies, by the first one's time.
    Thread(&'a str, Ts),
}

impl<'a> Named<'a> {
    /// Tells ids apart by Slack's first letters; `None` for what cannot be an id at all.
    pub fn of(id: &'a ProviderItemId) -> Option<Self> {
        Self::parse(id.as_str())
    }

    pub fn parse(id: &'a str) -> Option<Self> {
        if let Some((channel, ts)) = id.split_once(':') {
            return Some(Named::Thread(Some(channel).filter(|it| is_channel(it))?, Ts::parse(ts)?));
        }
        match id.as_bytes().first()? {
            _ if !is_id(id) => None,
            b'T' | b'E' => Some(Named::Workspace(id)),
            b'C' | b'D' | b'G' => Some(Named::Channel(id)),
            b'F' => Some(Named::File(id)),
            _ => None,
        }
    }
}

/// Whether it can be an id of Slack's. Others are never sent.
pub fn is_id(text: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..=LONGEST_ID).contains(&text.len())
        && text.as_bytes()[0].is_ascii_uppercase()
        && text.bytes().all(is_inside)
}

/// Public, private and direct conversations alike: the letter does not say which.
pub fn is_channel(text: &str) -> bool {
    is_id(text) && text.starts_with(['C', 'D', 'G'])
}

pub fn is_file(text: &str) -> bool {
    is_id(text) && text.starts_with('F')
}

pub fn thread_id(channel: &str, ts: Ts) -> ProviderItemId {
    ProviderItemId::from(format!("{channel}:{ts}"))
}

pub fn channel_feed(channel: &str) -> FeedKey {
    FeedKey::from(format!("{CHANNEL_FEED_PREFIX}{channel}"))
}

/// What a feed covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed<'a> {
    Workspace,
    Channel(&'a str),
}

impl<'a> Feed<'a> {
    pub fn of(feed: &'a FeedKey) -> Result<Self, ConnectorError> {
        match feed.as_str().strip_prefix(CHANNEL_FEED_PREFIX) {
            Some(channel) if is_channel(channel) => Ok(Feed::Channel(channel)),
            None if feed.as_str() == WORKSPACE_FEED => Ok(Feed::Workspace),
            _ => {
                let message = "there is no change feed of this name";
                Err(ConnectorError::new("unknown_feed", message, Disposition::Fail))
            }
        }
    }
}

pub fn no_such_item() -> ConnectorError {
    let message = "it does not exist in this Slack workspace, or the connected account cannot see it";
    ConnectorError::new("not_found", message, Disposition::Gone)
}
