//! Files that people upload themselves. There is no provider: the server keeps uploads in its own rows and
//! blobs and lists them from there, so this connector has a description and nothing to open.

use async_trait::async_trait;
use gangway_connector::{
    Availability, BrowseRequest, Capabilities, ConnectionContext, Connector, ConnectorError, ConnectorKind,
    Content, Descriptor, Entry, EntryPage, FetchLimits, Push, RateOwner, Source,
};
use gangway_model::{Account, PageToken, Place, Plan, ProviderItemId, media};

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

    /// Browsers open a PDF that is not downloaded at the page of its address's fragment (RFC 8118, section 3).
    fn place_url(&self, url: &str, media_type: &str, place: &Place) -> Option<String> {
        let page = place.page.filter(|_| media_type == media::PDF)?;
        Some(format!("{url}?inline=true#page={page}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_pdf_has_an_address_and_nothing_else_has() {
        let url = "https://gw.example/rest/connectors/local_upload/files/1/content";
        let page = Place { page: Some(12), ..Place::default() };
        let of = |media_type: &str, place: &Place| LocalUpload.place_url(url, media_type, place);
        assert_eq!(of(media::PDF, &page), Some(format!("{url}?inline=true#page=12")));
        assert_eq!(of("image/tiff", &page), None, "it is not shown");
        assert_eq!(of(media::PDF, &Place::default()), None);
    }
}
