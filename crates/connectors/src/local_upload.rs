//! Files that people upload themselves. There is no provider: the server keeps uploads in its own rows and
//! blobs and lists them from there, so this connector has a description and nothing to open.

use async_trait::async_trait;
use gangway_connector::{
    Availability, BrowseRequest, Capabilities, ConnectionContext, Connector, ConnectorError, ConnectorKind,
    Content, Descriptor, Entry, EntryPage, FetchLimits, Push, RateOwner, Source,
};
use gangway_model::{Account, PageToken, Plan, ProviderItemId};

static DESCRIPTOR: Descriptor = Descriptor {
    id: "local_upload",
    name: "Local Upload",
    provider: "local",
    kind: ConnectorKind::Local,
    plan: Plan::Free,
    availability: Availability::Built,
    oauth: None,
    endpoints: &[],
    capabilities: Capabilities {
        change_feed: false,
        reports_deletions: false,
        reconcile_every: None,
        push: Push::None,
        browse: false,
        search: false,
        versions: false,
    },
    rates: &[],
    rates_count_for: RateOwner::Connection,
    revision_grain: 0,
};

pub struct LocalUpload;

impl Connector for LocalUpload {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn open(&self, _: ConnectionContext) -> Box<dyn Source> {
        Box::new(NoSource)
    }
}

struct NoSource;

#[async_trait]
impl Source for NoSource {
    async fn account(&self) -> Result<Account, ConnectorError> {
        Err(ConnectorError::unsupported("account"))
    }

    async fn get(&self, _: &ProviderItemId) -> Result<Entry, ConnectorError> {
        Err(ConnectorError::unsupported("source to read from"))
    }

    async fn browse(&self, _: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
        Err(ConnectorError::unsupported("source to browse"))
    }

    async fn list(&self, _: &ProviderItemId, _: Option<&PageToken>) -> Result<EntryPage, ConnectorError> {
        Err(ConnectorError::unsupported("source to list"))
    }

    async fn fetch(&self, _: &Entry, _: &FetchLimits) -> Result<Content, ConnectorError> {
        Err(ConnectorError::unsupported("source to fetch from"))
    }
}
