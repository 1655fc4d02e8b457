//! The contract. Its doc comments are the specification; `conformance` is the proof.
//!
//! A connector must not: store anything, see a token, retry or sleep, spawn tasks, read the clock,
//! extract text, keep state outside cursors and page tokens, infer deletion from absence, skip silently,
//! return an unbounded page, log bodies. The HTTP handle retries, waits and authorises; the engine walks
//! containers, remembers the tree, decides what belongs to a collection, and sweeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use gangway_model::{Account, Cursor, FeedKey, Item, PageToken, Place, ProviderItemId, SecretString};
use url::Url;

use crate::descriptor::{Descriptor, EndpointFact};
use crate::entry::{BrowseRequest, ChangePage, Content, Entry, EntryPage, FetchLimits, VersionPage};
use crate::error::ConnectorError;
use crate::http::Http;
use crate::notification::{
    NotificationKey, NotificationRequest, Rejected, SubscribeRequest, Subscription, Verdict,
};

/// What a connector gets to work with on one connection.
#[derive(Clone)]
pub struct ConnectionContext {
    /// The authorised HTTP handle of this connection.
    pub http: Http,
    /// The endpoints in force, by the names of the descriptor's `endpoints`.
    pub endpoints: Arc<BTreeMap<String, Url>>,
}

impl ConnectionContext {
    /// The endpoint in force under a name of the descriptor's: the configured one, else the provider's own.
    pub fn endpoint(&self, facts: &[EndpointFact], name: &str) -> Url {
        if let Some(url) = self.endpoints.get(name) {
            return url.clone();
        }
        let fact = facts.iter().find(|fact| fact.name == name);
        let url = fact.and_then(|fact| Url::parse(fact.default_url).ok());
        url.expect("the descriptor's own endpoints are addresses, as a test of the registry proves")
    }
}

/// One connector: a static value, without state and without a connection.
pub trait Connector: Send + Sync + 'static {
    fn descriptor(&self) -> &'static Descriptor;

    /// Opens the connector on one connection. No network.
    fn open(&self, context: ConnectionContext) -> Box<dyn Source>;

    /// Says whose secret a notification must be checked with, or why it cannot be ours. Pure.
    ///
    /// Behavior
    /// - Looks at headers and query before the body; never trusts the content.
    /// - A connector without push rejects everything (the default).
    fn notification_key(&self, request: &NotificationRequest) -> Result<NotificationKey, Rejected> {
        let _ = request;
        Err(Rejected("no_push"))
    }

    /// The address of a place in an item, where the provider has such addresses: made of the item's own, its media type
    /// and what its content says of the place. One that might lead elsewhere is none. Never asked for places in files within
    /// it. Pure. Default: none.
    fn place_url(&self, url: &str, media_type: &str, place: &Place) -> Option<String> {
        let _ = (url, media_type, place);
        None
    }

    /// Verifies a notification on the raw body, in constant time, and says what it asks for. Pure.
    fn verify_notification(
        &self,
        request: &NotificationRequest,
        secret: &SecretString,
    ) -> Result<Verdict, Rejected> {
        let _ = (request, secret);
        Err(Rejected("no_push"))
    }
}

/// What an entry said of an item when it was last told of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// `Entry::url`.
    pub url: Option<&'a str>,
    /// `Entry::feed`.
    pub feed: Option<&'a FeedKey>,
}

impl<'a> From<&'a Item> for Told<'a> {
    fn from(item: &'a Item) -> Self {
        Self { url: item.url.as_deref(), feed: item.feed.as_ref() }
    }
}

/// A connector opened on one connection.
#[async_trait]
pub trait Source: Send + Sync {
    /// Who granted this. Used after the callback and by health checks; one or two calls.
    async fn account(&self) -> Result<Account, ConnectorError>;

    /// The present metadata of one item or container.
    ///
    /// Behavior
    /// - Unknown, deleted, trashed or invisible: `Disposition::Gone`, and only then.
    /// - A refusal (403) is `SkipItem`: it proves nothing about existence.
    async fn get(&self, id: &ProviderItemId) -> Result<Entry, ConnectorError>;

    /// The same of an item that was told of before, for the engine's own looks at what it knows.
    ///
    /// Behavior
    /// - What `get` says, also where that takes something that only the entry had (a key in its address), and without
    ///   asking in places where the item cannot be.
    ///
    /// Default: `get`.
    async fn get_again(&self, id: &ProviderItemId, told: &Told<'_>) -> Result<Entry, ConnectorError> {
        let _ = told;
        self.get(id).await
    }

    /// A page for people: containers and items below one container, or a search at the source.
    ///
    /// Behavior
    /// - Never more than `limit` entries; fewer, or none, with `next` set is legal.
    /// - Trashed things are left out. Links appear as links.
    /// - A page token that is not accepted: `RestartFeed`.
    async fn browse(&self, request: &BrowseRequest) -> Result<EntryPage, ConnectorError>;

    /// A page of *everything directly inside* a container, as large as the provider gives cheaply.
    ///
    /// Behavior
    /// - Every returned `next` is a legal place to resume, also in another process.
    /// - An entry repeats at most when the provider repeats it; order does not matter.
    /// - A container that is gone: `Gone`. One that is refused: `SkipItem`.
    /// - `incomplete` is set whenever the provider admits missing rows.
    async fn list(
        &self,
        container: &ProviderItemId,
        page: Option<&PageToken>,
    ) -> Result<EntryPage, ConnectorError>;

    /// The feed that reports on what lies below a container (or on an item), for entries without one.
    fn default_feed(&self) -> FeedKey {
        FeedKey::from("default")
    }

    /// Whether an item that is file and container (a page) has another revision whenever something directly inside it
    /// came, went or changed its place, while the feed may not tell of that thing itself. Then the engine lists such an
    /// item once more, without what lies deeper, whenever the feed or a push brings it and its content is fetched anew.
    fn content_shows_inside(&self) -> bool {
        false
    }

    /// Whether an item cannot outlive a container that is gone: it can be nowhere else, or the provider says that a
    /// container takes what is in it along. Others below such a container are looked up one by one before they are
    /// removed, so the default is safe. Pure.
    fn falls_with(&self, container: &ProviderItemId, item: &ProviderItemId) -> bool {
        let _ = (container, item);
        false
    }

    /// The feed's place *now*. Taken before a first listing, so that nothing falls between.
    /// Default: unsupported.
    async fn start_cursor(&self, feed: &FeedKey) -> Result<Cursor, ConnectorError> {
        let _ = feed;
        Err(ConnectorError::unsupported("change feed"))
    }

    /// What changed on a feed since a cursor.
    ///
    /// Behavior
    /// - Every returned cursor is a legal place to resume.
    /// - `more == false` means caught up; the cursor then waits for what comes next.
    /// - The same change may be told again; it is the present state that counts.
    /// - A cursor that is not accepted: `RestartFeed`.
    ///
    /// Default: unsupported.
    async fn changes(&self, feed: &FeedKey, cursor: &Cursor) -> Result<ChangePage, ConnectorError> {
        let _ = (feed, cursor);
        Err(ConnectorError::unsupported("change feed"))
    }

    /// An item's content as a byte stream with its media type, never past the limit.
    ///
    /// Behavior
    /// - Gone: `Gone`. No content of that kind, too large, forbidden: `SkipItem` with a code that says which.
    /// - A body that ends early is an error in the stream, never a short success.
    async fn fetch(&self, entry: &Entry, limits: &FetchLimits) -> Result<Content, ConnectorError>;

    /// An item's versions, oldest first. Default: unsupported.
    async fn versions(
        &self,
        id: &ProviderItemId,
        page: Option<&PageToken>,
    ) -> Result<VersionPage, ConnectorError> {
        let _ = (id, page);
        Err(ConnectorError::unsupported("version history"))
    }

    /// Asks for pushes about a feed. Default: unsupported.
    async fn subscribe(&self, request: &SubscribeRequest) -> Result<Subscription, ConnectorError> {
        let _ = request;
        Err(ConnectorError::unsupported("push notifications"))
    }

    /// Ends pushes. Gone already is success. Default: unsupported.
    async fn unsubscribe(&self, subscription: &Subscription) -> Result<(), ConnectorError> {
        let _ = subscription;
        Err(ConnectorError::unsupported("push notifications"))
    }
}
