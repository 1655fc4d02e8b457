//! Connectors that the product names and that are not built yet: listed honestly, able to do nothing.

use async_trait::async_trait;
use gangway_connector::{
    Availability, BrowseRequest, Capabilities, ConnectionContext, Connector, ConnectorError, ConnectorKind,
    Content, Descriptor, Disposition, Entry, EntryPage, FetchLimits, Push, RateOwner, Source,
};
use gangway_model::{Account, PageToken, Plan, ProviderItemId};

pub static MICROSOFT_ONEDRIVE: Planned = Planned(&planned(
    "microsoft_onedrive",
    "Microsoft OneDrive",
    "microsoft",
    ConnectorKind::FileStorage,
    Plan::Enterprise,
));
pub static MICROSOFT_SHAREPOINT: Planned = Planned(&planned(
    "microsoft_sharepoint",
    "SharePoint",
    "microsoft",
    ConnectorKind::FileStorage,
    Plan::Enterprise,
));
pub static BOX: Planned =
    Planned(&planned("box", "Box", "box", ConnectorKind::FileStorage, Plan::Enterprise));
pub static CONFLUENCE: Planned =
    Planned(&planned("confluence", "Confluence", "atlassian", ConnectorKind::Productivity, Plan::Enterprise));

/// A connector of which only the description exists.
pub struct Planned(&'static Descriptor);

const fn planned(
    id: &'static str,
    name: &'static str,
    provider: &'static str,
    kind: ConnectorKind,
    plan: Plan,
) -> Descriptor {
    Descriptor {
        id,
        name,
        provider,
        kind,
        plan,
        availability: Availability::Planned("this connector is not built yet"),
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
    }
}

impl Connector for Planned {
    fn descriptor(&self) -> &'static Descriptor {
        self.0
    }

    fn open(&self, _: ConnectionContext) -> Box<dyn Source> {
        Box::new(NothingYet)
    }
}

struct NothingYet;

fn not_built() -> ConnectorError {
    ConnectorError::new("unsupported", "this connector is not built yet", Disposition::Fail)
}

#[async_trait]
impl Source for NothingYet {
    async fn account(&self) -> Result<Account, ConnectorError> {
        Err(not_built())
    }

    async fn get(&self, _: &ProviderItemId) -> Result<Entry, ConnectorError> {
        Err(not_built())
    }

    async fn browse(&self, _: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
        Err(not_built())
    }

    async fn list(&self, _: &ProviderItemId, _: Option<&PageToken>) -> Result<EntryPage, ConnectorError> {
        Err(not_built())
    }

    async fn fetch(&self, _: &Entry, _: &FetchLimits) -> Result<Content, ConnectorError> {
        Err(not_built())
    }
}
