//! Whether search by meaning works as it is set.

use gangway_effects::{Network, SystemClock};
use gangway_search::{EmbedError, TextKind};

use super::Finding;
use crate::config::{Config, EmbedderConfig};
use crate::{meaning, wiring};

const WHAT: &str = "by meaning";

pub async fn embeddings(config: &Config, offline: bool) -> Option<Finding> {
    let set = config.embeddings.as_ref()?;
    if let (true, EmbedderConfig::Endpoint(endpoint)) = (offline, &set.embedder) {
        return Some(Finding::ok(WHAT, format!("is set to {}, not asked", endpoint.model)));
    }
    let network = match Network::new(config.network.clone()) {
        Ok(network) => network,
        Err(error) => return Some(Finding::fail(WHAT, error.to_string(), "check the outgoing section")),
    };
    let clock = SystemClock::shared();
    let embedder = match meaning::embedder(set, &network, &clock).await {
        Ok(embedder) => embedder,
        Err(failure) => {
            let why = failure.why.map_or(String::new(), |why| format!(": {why}"));
            let remedy = failure.remedy.unwrap_or_else(|| "check search.embeddings".to_owned());
            return Some(Finding::fail(WHAT, format!("{}{why}", failure.what), remedy));
        }
    };
    let begun = clock.now();
    let asked = embedder.embed(TextKind::Passage, &["is anybody there?".to_owned()]).await;
    let took = (clock.now() - begun).num_milliseconds();
    Some(match asked {
        Err(EmbedError::RetryLater { message, .. }) => {
            Finding::warn(WHAT, format!("{message}: search is by words alone"), "look at the embedder")
        }
        Err(error) => Finding::warn(
            WHAT,
            format!("{error}: search is by words alone"),
            match set.embedder {
                EmbedderConfig::Endpoint(_) => "check search.embeddings: url, model and api_key",
                EmbedderConfig::Folder(_) => "`gangway model check` looks at the folder",
            },
        ),
        Ok(_) if u128::try_from(took).unwrap_or_default() > set.deadline.as_millis() => Finding::warn(
            WHAT,
            format!(
                "{} took {took} ms for one text: questions are answered by words alone",
                embedder.model()
            ),
            "raise search.embeddings.deadline_ms, or choose a faster model",
        ),
        Ok(vectors) => {
            let length = vectors.first().map_or(0, Vec::len);
            let waiting = waiting(config).await;
            Finding::ok(
                WHAT,
                format!("{} answers in {took} ms with {length} numbers{waiting}", embedder.model()),
            )
        }
    })
}

/// How far the back-fill is.
async fn waiting(config: &Config) -> String {
    if !config.uses_postgres() && !config.data_dir.join("gangway.db").exists() {
        return String::new();
    }
    let Ok(store) = wiring::open_store(config, &SystemClock::shared()).await else { return String::new() };
    let counts = store.count_to_embed().await.unwrap_or_default();
    store.close().await;
    match (counts.waiting, counts.refused) {
        (0, 0) => "; every document has its vectors".to_owned(),
        (waiting, 0) => format!("; {waiting} documents wait for their vectors"),
        (waiting, refused) => {
            format!("; {waiting} documents wait for their vectors, {refused} were not taken whole")
        }
    }
}
