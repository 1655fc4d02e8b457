//! Slack on the emulated Slack.

use futures::TryStreamExt;
use gangway_connector::conformance::Stage;
use gangway_connector::{ConnectorError, Entry, FetchLimits};
use gangway_model::ProviderItemId;
use gangway_standins::SlackStandIn;

use crate::slack::Slack;

pub const ME: &str = SlackStandIn::ME;
pub const FRIEND: &str = SlackStandIn::FRIEND;

pub type SlackStage = Stage<SlackStandIn>;

pub async fn start() -> SlackStage {
    Stage::start(&Slack).await
}

pub async fn with_scopes(scopes: &[&str]) -> SlackStage {
    Stage::with_scopes(&Slack, scopes).await
}

/// Lists a container to its end; nothing in it may fail.
pub async fn list(stage: &SlackStage, container: &ProviderItemId) -> Vec<Entry> {
    let (entries, failures) = list_with_failures(stage, container).await;
    assert!(failures.is_empty(), "{failures:?}");
    entries
}

/// Lists a container to its end, with what could not be read: ids and codes.
pub async fn list_with_failures(
    stage: &SlackStage,
    container: &ProviderItemId,
) -> (Vec<Entry>, Vec<(String, String)>) {
    let (mut entries, mut failures, mut next) = (Vec::new(), Vec::new(), None);
    let source = stage.source();
    for _ in 0..1_000 {
        let page = source.list(container, next.as_ref()).await.unwrap();
        entries.extend(page.entries);
        failures.extend(page.failures.into_iter().map(|(id, reason)| (id.to_string(), reason.code)));
        next = page.next;
        if next.is_none() {
            return (entries, failures);
        }
    }
    panic!("the listing does not end");
}

/// An item's content as text.
pub async fn text(stage: &SlackStage, entry: &Entry) -> Result<String, ConnectorError> {
    let content = stage.source().fetch(entry, &FetchLimits { max_bytes: 1 << 24 }).await?;
    let chunks: Vec<_> = content.bytes.try_collect().await?;
    Ok(String::from_utf8(chunks.concat()).unwrap())
}
