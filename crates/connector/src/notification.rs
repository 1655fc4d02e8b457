//! Webhooks: asking a provider for pushes, and telling a real push from a forged one.

use std::fmt;

use bytes::Bytes;
use gangway_model::{Cursor, FeedKey, SecretString, Timestamp};
use http::{HeaderMap, Method};
use url::Url;

/// A request that arrived at a connector's webhook endpoint, body not yet looked at.
#[derive(Clone, Debug)]
pub struct NotificationRequest {
    pub method: Method,
    pub headers: HeaderMap,
    pub query: Option<String>,
    pub body: Bytes,
}

/// Whose secret a notification must be checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotificationKey {
    /// The secret of one subscription, found by the id that we gave it.
    Subscription { id: String },
    /// The OAuth app's signing secret.
    App,
}

/// The notification is not what it claims to be, or not ours. Carries a log word, never the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected(pub &'static str);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What a verified notification asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answer the provider's handshake with this body (and this content type).
    Answer { content_type: &'static str, body: String },
    /// Look at these feeds of the subscription's connection; empty means all of them.
    Poll { feeds: Vec<FeedKey> },
    /// Look at these accounts' connections (for pushes signed by the app).
    PollAccounts { account_ids: Vec<String> },
    /// Genuine, and nothing to do.
    Nothing,
}

/// Asks for pushes about one feed.
#[derive(Clone, Debug)]
pub struct SubscribeRequest {
    /// Fresh for every call; the provider echoes it.
    pub id: String,
    pub feed: FeedKey,
    /// Where the feed stands.
    pub cursor: Cursor,
    /// Echoed or used as signing key by the provider.
    pub secret: SecretString,
    /// Our public webhook address.
    pub address: Url,
    pub now: Timestamp,
}

/// A registration for pushes, with its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub id: String,
    pub feed: FeedKey,
    /// The provider's own id for what is watched; needed to stop it.
    pub resource_id: Option<String>,
    pub expires_at: Option<Timestamp>,
}
