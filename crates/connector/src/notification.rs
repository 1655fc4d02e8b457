//! Webhooks: asking a provider for pushes, and telling a real push from a forged one.

use std::fmt;

use bytes::Bytes;
use gangway_model::{Cursor, ExposeSecret, FeedKey, ProviderItemId, SecretString, Timestamp};
use http::{HeaderMap, Method};
use url::Url;

/// A request that arrived at a connector's webhook endpoint, body not yet looked at.
#[derive(Clone, Debug)]
pub struct NotificationRequest {
    pub method: Method,
    pub headers: HeaderMap,
    pub query: Option<String>,
    pub body: Bytes,
    /// When it arrived, for signatures that end.
    pub received_at: Timestamp,
}

impl NotificationRequest {
    /// A header's text; `None` when it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Whose secret a notification must be checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotificationKey {
    /// The secret of one subscription, found by the id that we gave it.
    Subscription { id: String },
    /// What pushes for the whole OAuth app are signed with, see [`crate::Push::PerApp`].
    App,
    /// A handshake that nothing signs. Only `Verdict::Answer` and `Verdict::Nothing` may come of it.
    Unsigned,
    /// A handshake in which the provider offers the secret it will sign with. It is kept for the operator to
    /// confirm, unless one is in use already; nothing else comes of it.
    Offer { secret: OfferedSecret },
}

/// A secret offered in a handshake. Hidden in `Debug`; compared only by tests.
#[derive(Clone)]
pub struct OfferedSecret(pub SecretString);

impl fmt::Debug for OfferedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl PartialEq for OfferedSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for OfferedSecret {}

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
    /// Something happened: have a look.
    Look(Hint),
    /// Genuine, and nothing to do.
    Nothing,
}

/// Where a push says that something happened. A hint, never data: what it names is asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub whose: Whose,
    /// Items to look up by id, beside the feeds.
    pub items: Vec<ProviderItemId>,
    /// Where the items are, if the push says so: a connection that follows none of these containers and has none of
    /// them, nor of the items, in a collection is not concerned and looks nothing up. Empty: every connection looks.
    pub within: Vec<ProviderItemId>,
    /// Whether the change feeds are to be read. False where the items are all there is to it.
    pub feeds: bool,
}

/// Whose connections a push is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The connection of the subscription that it was verified with.
    Subscription,
    /// The connections of these accounts, by `Account::id`.
    Accounts(Vec<String>),
    /// Every connection into this workspace, by `Account::workspace`.
    Workspace(String),
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
