//! Google Drive (API v3): My Drive, what was shared with the account, and shared drives.
//!
//! Quirks, and where they are dealt with:
//! - rate limits are 403 as often as 429, without `Retry-After`: `error.rs`
//!   <https://developers.google.com/workspace/drive/api/guides/limits>
//! - shared drives need flags on every call that knows them, and a corpus of their own: `api.rs`, `listing.rs`
//!   <https://developers.google.com/workspace/drive/api/guides/enable-shareddrives>
//! - `fields` without `nextPageToken` ends every list after one page, silently: `listing.rs`
//! - native documents have no bytes, and exports end at 10 MB: `export.rs`, `content.rs`
//! - a change entry is the present state; `removed` means deleted or unshared: `changes.rs`
//!   <https://developers.google.com/workspace/drive/api/guides/manage-changes>
//! - push channels live an hour unless asked otherwise, a week at most, and sign nothing: `webhook.rs`
//! - revoking one connection's grant revokes every other one of the same account and OAuth app

mod oauth;

mod api;
mod error;
mod wire;

mod changes;
mod content;
mod export;
mod files;
mod listing;
mod versions;
mod webhook;

use std::time::Duration;

use async_trait::async_trait;
use gangway_connector::{
    Availability, BrowseRequest, Capabilities, ChangePage, ConnectionContext, Connector, ConnectorError,
    ConnectorKind, Content, Descriptor, EndpointFact, Entry, EntryPage, FetchLimits, NotificationKey,
    NotificationRequest, Push, RateOwner, Rejected, Source, SubscribeRequest, Subscription, Told, Verdict,
    VersionPage,
};
use gangway_model::{Account, Cursor, FeedKey, PageToken, Plan, ProviderItemId, SecretString};

use self::api::{Api, ItemRef};

static ENDPOINTS: [EndpointFact; 3] = [
    EndpointFact {
        name: "api",
        default_url: "https://www.googleapis.com",
        purpose: "files, changes, push channels",
    },
    EndpointFact {
        name: "userinfo",
        default_url: "https://openidconnect.googleapis.com",
        purpose: "who granted the connection",
    },
    EndpointFact {
        name: "docs",
        default_url: "https://docs.google.com",
        purpose: "exports of documents above the API's limit of 10 MB",
    },
];

static DESCRIPTOR: Descriptor = Descriptor {
    id: "google_drive",
    name: "Google Drive",
    provider: "google",
    kind: ConnectorKind::FileStorage,
    plan: Plan::Pro,
    availability: Availability::Built,
    oauth: Some(&oauth::FACTS),
    endpoints: &ENDPOINTS,
    capabilities: Capabilities {
        change_feed: true,
        reports_deletions: true,
        // Google tells of withdrawn shares late, or not at all.
        reconcile_every: Some(Duration::from_secs(7 * 86_400)),
        push: Push::PerFeed,
        browse: true,
        search: true,
        versions: true,
    },
    rates: &[],
    rates_count_for: RateOwner::Connection,
    revision_grain: 0,
};

pub struct GoogleDrive;

impl Connector for GoogleDrive {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn open(&self, context: ConnectionContext) -> Box<dyn Source> {
        Box::new(GoogleDriveSource { api: Api::new(context) })
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

struct GoogleDriveSource {
    api: Api,
}

#[async_trait]
impl Source for GoogleDriveSource {
    async fn account(&self) -> Result<Account, ConnectorError> {
        self.api.account().await
    }

    async fn get(&self, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
        listing::get(&self.api, id).await
    }

    /// Files shared by link before 2021 are found only with the key that stands in their address.
    async fn get_again(&self, id: &ProviderItemId, told: &Told<'_>) -> Result<Entry, ConnectorError> {
        let key = told.url.and_then(files::key_in_url);
        listing::get_item(&self.api, ItemRef { key, ..ItemRef::of(id) }).await
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
        FeedKey::from(files::USER_FEED)
    }

    /// A folder in the trash takes what is in it along, and the feed need not tell of that one by one.
    /// <https://developers.google.com/workspace/drive/api/guides/delete>
    fn falls_with(&self, _container: &ProviderItemId, _item: &ProviderItemId) -> bool {
        true
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

    async fn versions(
        &self,
        id: &ProviderItemId,
        page: Option<&PageToken>,
    ) -> Result<VersionPage, ConnectorError> {
        versions::versions(&self.api, id, page).await
    }

    async fn subscribe(&self, request: &SubscribeRequest) -> Result<Subscription, ConnectorError> {
        webhook::subscribe(&self.api, request).await
    }

    async fn unsubscribe(&self, subscription: &Subscription) -> Result<(), ConnectorError> {
        webhook::unsubscribe(&self.api, subscription).await
    }
}

#[cfg(test)]
mod tests;
