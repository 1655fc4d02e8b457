//! Slack (Web API and Events API): channels and direct messages, read with the eyes of the person who connected.
//!
//! Quirks, and where they are dealt with:
//! - refusals are answers with status 200: `error.rs` <https://docs.slack.dev/apis/web-api/#responses>
//! - the user's tokens lie in `authed_user`; tokens may never end, or rotate: `oauth.rs`
//!   <https://docs.slack.dev/authentication/using-token-rotation/>
//! - one missing permission fails a call for several types of channels whole: `channels.rs`
//! - there is no change feed: a page of history is compared with the last one, in `changes.rs`; what was remembered
//!   of it lies in the cursor, `cursor.rs`
//! - replies, edits and deletions leave no trace in newer history: `changes.rs`, `webhook.rs`
//! - message text has a markup of its own, and what people see may stand in blocks or attachments instead:
//!   `mrkdwn.rs`, `blocks.rs` <https://docs.slack.dev/messaging/formatting-message-text/>
//! - the file host refuses with a page to sign in and status 200: `content.rs`
//! - each method has a limit of its own, and some apps get 15 messages a minute: below, and `changes.rs`
//!   <https://docs.slack.dev/apis/web-api/rate-limits/>
//! - events are signed with the app's signing secret, handshake included: `webhook.rs`

mod oauth;

mod api;
mod error;
mod ids;
mod wire;

mod people;

mod blocks;
mod message;
mod mrkdwn;
mod thread;

mod changes;
mod channels;
mod compare;
mod content;
mod cursor;
mod files;
mod listing;
mod new_files;
mod search;
mod webhook;

use async_trait::async_trait;
use gangway_connector::{
    AppSecret, Availability, BrowseRequest, Capabilities, ChangePage, ConnectionContext, Connector,
    ConnectorError, ConnectorKind, Content, Descriptor, EndpointFact, Entry, EntryPage, FetchLimits,
    NotificationKey, NotificationRequest, Push, RateFact, RateOwner, Rejected, Source, Verdict,
};
use gangway_model::{Account, Cursor, FeedKey, PageToken, Place, Plan, ProviderItemId, SecretString};

use self::api::Api;
use self::ids::Named;

static ENDPOINTS: [EndpointFact; 2] = [
    EndpointFact {
        name: "api",
        default_url: "https://slack.com",
        purpose: "messages, channels, people, files",
    },
    EndpointFact { name: "files", default_url: "https://files.slack.com", purpose: "what is in files" },
];

/// Slack's tiers, a minute's calls each, counted for a method, a workspace and an app. Bursts are tolerated; the last word has `Retry-After`.
const TIER_2: f64 = 20.0;
const TIER_3: f64 = 50.0;
const TIER_4: f64 = 100.0;

const fn rate(lane: &'static str, a_minute: f64) -> RateFact {
    RateFact { lane, per_second: a_minute / 60.0, burst: a_minute as u32 }
}

static RATES: [RateFact; 11] = [
    rate("bots.info", TIER_3),
    rate("conversations.history", TIER_3),
    rate("conversations.info", TIER_3),
    rate("conversations.list", TIER_2),
    rate("conversations.replies", TIER_3),
    rate("files.info", TIER_4),
    rate("files.list", TIER_3),
    rate("search.messages", TIER_2),
    rate("users.conversations", TIER_3),
    rate("users.info", TIER_4),
    rate("users.list", TIER_2),
];

static DESCRIPTOR: Descriptor = Descriptor {
    id: "slack",
    name: "Slack",
    provider: "slack",
    kind: ConnectorKind::Communication,
    plan: Plan::Enterprise,
    availability: Availability::Built,
    oauth: Some(&oauth::FACTS),
    endpoints: &ENDPOINTS,
    capabilities: Capabilities {
        change_feed: true,
        // A poll sees that recent messages are missing; older ones just vanish.
        reports_deletions: false,
        reconcile_every: None,
        push: Push::PerApp(AppSecret::Configured),
        browse: true,
        search: true,
        versions: false,
    },
    rates: &RATES,
    rates_count_for: RateOwner::Workspace,
    revision_grain: 0,
};

pub struct Slack;

impl Connector for Slack {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn place_url(&self, url: &str, _: &str, place: &Place) -> Option<String> {
        let reply = place.message.as_deref()?;
        ids::address_of_reply(url, reply)
    }

    fn open(&self, context: ConnectionContext) -> Box<dyn Source> {
        Box::new(SlackSource { api: Api::new(context) })
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

struct SlackSource {
    api: Api,
}

#[async_trait]
impl Source for SlackSource {
    async fn account(&self) -> Result<Account, ConnectorError> {
        self.api.account().await
    }

    async fn get(&self, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
        listing::get(&self.api, id).await
    }

    async fn browse(&self, request: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
        listing::browse(&self.api, request).await
    }

    async fn list(
        &self,
        container: &ProviderItemId,
        page: Option<&PageToken>,
    ) -> Result<EntryPage, ConnectorError> {
        listing::list(&self.api, container, page).await
    }

    fn default_feed(&self) -> FeedKey {
        FeedKey::from(ids::WORKSPACE_FEED)
    }

    /// Messages are nowhere but in their channel; files may be shared in others.
    fn falls_with(&self, container: &ProviderItemId, item: &ProviderItemId) -> bool {
        matches!(Named::of(item), Some(Named::Thread(channel, _)) if channel == container.as_str())
    }

    async fn start_cursor(&self, feed: &FeedKey) -> Result<Cursor, ConnectorError> {
        changes::start_cursor(&self.api, feed).await
    }

    async fn changes(&self, feed: &FeedKey, cursor: &Cursor) -> Result<ChangePage, ConnectorError> {
        changes::changes(&self.api, feed, cursor).await
    }

    async fn fetch(&self, entry: &Entry, limits: &FetchLimits) -> Result<Content, ConnectorError> {
        content::fetch(&self.api, entry, limits).await
    }
}

#[cfg(test)]
mod tests;
