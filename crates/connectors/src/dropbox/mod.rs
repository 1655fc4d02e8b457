//! Dropbox (API v2): files, Paper, shared folders, the team's space, and single files that others share.
//!
//! Quirks, and where they are dealt with:
//! - every question is a POST, arguments of downloads are JSON in a header: `api.rs`, `header_json.rs`
//!   <https://www.dropbox.com/developers/documentation/http/documentation>
//! - 409 carries all errors of an endpoint's own; its summary ends in a random number of dots: `error.rs`
//! - the root is the empty path, and without a header it is the member's folder instead of the team's space: `root.rs`
//!   <https://developers.dropbox.com/dbx-team-files-guide>
//! - deletions come as paths without ids, parents are told by nobody: `changes.rs`, `listing.rs`
//!   <https://developers.dropbox.com/detecting-changes-guide>
//! - shared folders that are not mounted are trees of their own: `place.rs`
//! - single files that others share lie in no folder, feed or search: `received.rs`
//! - Paper and the like have no bytes, and are exported: `export.rs`, `content.rs`
//! - a content hash of its own kind: `hash.rs` <https://www.dropbox.com/developers/reference/content-hash>
//! - pushes are for the whole OAuth app and say whose files changed: `webhook.rs`

mod oauth;

mod api;
mod error;
mod header_json;
mod place;
mod root;
mod wire;

mod browsing;
mod changes;
mod content;
mod export;
mod files;
mod hash;
mod listing;
mod received;
mod versions;
mod webhook;

use async_trait::async_trait;
use gangway_connector::{
    AppSecret, Availability, BrowseRequest, Capabilities, ChangePage, ConnectionContext, Connector,
    ConnectorError, ConnectorKind, Content, Descriptor, EndpointFact, Entry, EntryPage, FetchLimits,
    NotificationKey, NotificationRequest, Push, RateOwner, Rejected, Source, Told, Verdict, VersionPage,
};
use gangway_model::{Account, Cursor, FeedKey, PageToken, Plan, ProviderItemId, SecretString};

use self::api::Api;
use self::place::{Area, SHARED_WITH_ME};

static ENDPOINTS: [EndpointFact; 3] = [
    EndpointFact {
        name: "api",
        default_url: "https://api.dropboxapi.com",
        purpose: "folders, changes, sharing, the account",
    },
    EndpointFact {
        name: "content",
        default_url: "https://content.dropboxapi.com",
        purpose: "downloads and exports",
    },
    EndpointFact {
        name: "www",
        default_url: "https://www.dropbox.com",
        purpose: "where people open their files; nothing is called there",
    },
];

static DESCRIPTOR: Descriptor = Descriptor {
    id: "dropbox",
    name: "Dropbox",
    provider: "dropbox",
    kind: ConnectorKind::FileStorage,
    plan: Plan::Enterprise,
    availability: Availability::Built,
    oauth: Some(&oauth::FACTS),
    endpoints: &ENDPOINTS,
    capabilities: Capabilities {
        change_feed: true,
        reports_deletions: true,
        reconcile_every: None,
        push: Push::PerApp(AppSecret::ClientSecret),
        browse: true,
        search: true,
        versions: true,
    },
    // Dropbox publishes no numbers.
    rates: &[],
    rates_count_for: RateOwner::Connection,
    revision_grain: 0,
};

pub struct Dropbox;

impl Connector for Dropbox {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn open(&self, context: ConnectionContext) -> Box<dyn Source> {
        Box::new(DropboxSource { api: Api::new(context) })
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

struct DropboxSource {
    api: Api,
}

#[async_trait]
impl Source for DropboxSource {
    async fn account(&self) -> Result<Account, ConnectorError> {
        self.api.account().await
    }

    async fn get(&self, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
        listing::get(&self.api, id).await
    }

    /// Only what was told of as shared singly can be found as such: a large folder that was deleted costs one call for
    /// each file, not two.
    async fn get_again(&self, id: &ProviderItemId, told: &Told<'_>) -> Result<Entry, ConnectorError> {
        let may_be_received = told.feed.is_none_or(|feed| feed.as_str() == SHARED_WITH_ME);
        listing::get_where(&self.api, id, may_be_received).await
    }

    async fn browse(&self, request: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
        browsing::browse(&self.api, request).await
    }

    async fn list(
        &self,
        container: &ProviderItemId,
        page: Option<&PageToken>,
    ) -> Result<EntryPage, ConnectorError> {
        listing::list(&self.api, container, page).await
    }

    fn default_feed(&self) -> FeedKey {
        Area::Account.feed()
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
}

#[cfg(test)]
mod tests;
