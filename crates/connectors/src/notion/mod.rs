//! Notion (API version 2026-03-11): pages, databases, data sources and their rows, and the files in all of them.
//!
//! Quirks, and where they are dealt with:
//! - nothing enumerates what was shared: the search is an index, late and incomplete: `top.rs`, `changes.rs`
//!   <https://developers.notion.com/reference/post-search>
//! - gone and not shared look the same, and an id does not tell what kind of thing it names: `listing.rs`
//! - a page's text is a tree of blocks, with a call for each level: `walk.rs`, `blocks.rs`
//! - edit times are rounded down to the minute: `changes.rs`, `Descriptor::revision_grain`
//! - a query ends after ten thousand rows: `rows.rs`
//! - links to files end within the hour, and no token may go there: `files.rs`, `content.rs`
//! - three calls a second for each connection: `Descriptor::rates`
//!   <https://developers.notion.com/reference/request-limits>
//! - pushes are entered by the operator, for the whole app: `webhook.rs`
//! - what an app may do is no scope: `oauth.rs`

mod oauth;

mod api;
mod error;
mod ids;
mod wire;

mod ancestry;
mod entries;
mod files;

mod blocks;
mod properties;
mod rich_text;
mod walk;

mod inside;
mod listing;
mod rows;
mod top;

mod changes;
mod content;
mod webhook;

use async_trait::async_trait;
use gangway_connector::{
    AppSecret, Availability, BrowseRequest, Capabilities, ChangePage, ConnectionContext, Connector,
    ConnectorError, ConnectorKind, Content, Descriptor, EndpointFact, Entry, EntryPage, FetchLimits,
    NotificationKey, NotificationRequest, Push, RateFact, RateOwner, Rejected, Source, Verdict,
};
use gangway_model::{Account, Cursor, FeedKey, PageToken, Place, Plan, ProviderItemId, SecretString};

use self::ancestry::Memory;
use self::api::Api;
use self::ids::ItemRef;

static ENDPOINTS: [EndpointFact; 1] = [EndpointFact {
    name: "api",
    default_url: "https://api.notion.com",
    purpose: "pages, databases, search, and who granted the connection",
}];

/// An average that Notion publishes; short bursts are let through.
static RATES: [RateFact; 1] = [RateFact { lane: "", per_second: 3.0, burst: 3 }];

static DESCRIPTOR: Descriptor = Descriptor {
    id: "notion",
    name: "Notion",
    provider: "notion",
    kind: ConnectorKind::Productivity,
    plan: Plan::Pro,
    availability: Availability::Built,
    oauth: Some(&oauth::FACTS),
    endpoints: &ENDPOINTS,
    capabilities: Capabilities {
        change_feed: true,
        reports_deletions: false,
        reconcile_every: None,
        push: Push::PerApp(AppSecret::Offered),
        browse: true,
        search: true,
        versions: false,
    },
    rates: &RATES,
    rates_count_for: RateOwner::Connection,
    revision_grain: 120,
};

pub struct Notion;

impl Connector for Notion {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn open(&self, context: ConnectionContext) -> Box<dyn Source> {
        Box::new(NotionSource { api: Api::new(context), memory: Memory::default() })
    }

    fn place_url(&self, url: &str, _: &str, place: &Place) -> Option<String> {
        // What stands in an attached file has the names of that file.
        let block = place.message.as_deref()?;
        ids::address_within(url, block)
    }

    fn notification_key(&self, request: &NotificationRequest) -> Result<NotificationKey, Rejected> {
        webhook::notification_key(request)
    }

    fn verify_notification(
        &self,
        request: &NotificationRequest,
        secret: &SecretString,
    ) -> Result<Verdict, Rejected> {
        webhook::verify(request, secret)
    }
}

struct NotionSource {
    api: Api,
    memory: Memory,
}

#[async_trait]
impl Source for NotionSource {
    async fn account(&self) -> Result<Account, ConnectorError> {
        self.api.account().await
    }

    async fn get(&self, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
        listing::get(&self.api, &self.memory, id).await
    }

    async fn browse(&self, request: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
        listing::browse(&self.api, &self.memory, request).await
    }

    async fn list(
        &self,
        container: &ProviderItemId,
        page: Option<&PageToken>,
    ) -> Result<EntryPage, ConnectorError> {
        listing::list(&self.api, &self.memory, container, page).await
    }

    fn default_feed(&self) -> FeedKey {
        FeedKey::from(changes::FEED)
    }

    fn content_shows_inside(&self) -> bool {
        true
    }

    /// A property's files are nowhere but in their page; anything else may have been moved before.
    fn falls_with(&self, container: &ProviderItemId, item: &ProviderItemId) -> bool {
        matches!(ItemRef::read(item), Some(ItemRef::Property { page, .. }) if page == container.as_str())
    }

    async fn start_cursor(&self, feed: &FeedKey) -> Result<Cursor, ConnectorError> {
        changes::start_cursor(&self.api, feed).await
    }

    async fn changes(&self, feed: &FeedKey, cursor: &Cursor) -> Result<ChangePage, ConnectorError> {
        changes::changes(&self.api, &self.memory, feed, cursor).await
    }

    async fn fetch(&self, entry: &Entry, limits: &FetchLimits) -> Result<Content, ConnectorError> {
        content::fetch(&self.api, &self.memory, entry, limits).await
    }
}

#[cfg(test)]
mod tests;
