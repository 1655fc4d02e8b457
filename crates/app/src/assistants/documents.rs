//! Programs that are known by the https address of a document about them (Client ID Metadata Documents). What a document says
//! is kept as long as it is fresh by its own word, within bounds; how many are read is bounded as well.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gangway_model::{AssistantClientId, Timestamp};
use gangway_oauth::{ClientDocument, check_client_address};
use gangway_store::{AssistantClient, ClientAuth};
use tokio::sync::Semaphore;
use url::Url;

use super::redirect::check;
use super::register::{lacks, shown_name};
use super::{MOST_UNUSED, PACE, RefusalWord, Refused, UNUSED_CLIENT_LIFETIME};
use crate::app::App;

/// How long a document is gone by at least, so that the page and the decision on it speak of the same, and at most.
const FRESH: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));
/// How long one is that says nothing about it.
const FRESH_OTHERWISE: Duration = Duration::from_secs(3600);
/// Documents that are read at the same time.
const AT_ONCE: usize = 4;
/// Addresses that one document may name.
const MOST_REDIRECTS: usize = 50;

/// How many documents this process reads: at the same time, and within a minute.
#[derive(Debug)]
pub struct DocumentReads {
    at_once: Arc<Semaphore>,
    recent: Mutex<VecDeque<Timestamp>>,
}

impl Default for DocumentReads {
    fn default() -> Self {
        Self { at_once: Arc::new(Semaphore::new(AT_ONCE)), recent: Mutex::default() }
    }
}

impl DocumentReads {
    /// Counts one more, unless there were enough of them lately.
    fn take_pace(&self, now: Timestamp) -> bool {
        let (most, within) = PACE;
        let mut recent = self.recent.lock().expect("no holder of the reads' lock panics");
        while recent.front().is_some_and(|at| *at + within <= now) {
            recent.pop_front();
        }
        let is_free = recent.len() < most as usize;
        if is_free {
            recent.push_back(now);
        }
        is_free
    }
}

/// Whether a client's id is meant as the address of a document. Ids that we give out hold no colon.
pub(super) fn is_address(id: &str) -> bool {
    id.contains("://")
}

/// The host that vouches for a client, with its port when that is not the usual one; `None` for one that registered itself.
pub fn client_host(id: &AssistantClientId) -> Option<String> {
    let url = Url::parse(id.as_str()).ok().filter(|_| is_address(id.as_str()))?;
    Some(place(&url))
}

fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

impl App {
    /// The address that an id is, when this server admits programs from there.
    pub(super) fn admitted_address(&self, id: &str) -> Result<Url, Refused> {
        let refused = |message: String| Refused::new(RefusalWord::InvalidClient, message);
        let settings = self.settings.assistants.as_ref().and_then(|settings| settings.documents.as_ref());
        let Some(settings) = settings else {
            return Err(refused("programs are not known by addresses here: register instead".to_owned()));
        };
        let url = check_client_address(id).map_err(|error| refused(error.to_string()))?;
        let host = place(&url);
        if !settings.hosts.is_empty() && !settings.hosts.contains(&host) {
            return Err(refused(format!("programs from {host} are not admitted by this server's operator")));
        }
        Ok(url)
    }

    /// The client that a document tells of, which is read (again) when that is due; its host, when it is due and must not be.
    pub(super) async fn documented_client(
        &self,
        id: &str,
        may_read: bool,
    ) -> Result<Result<AssistantClient, String>, Refused> {
        let url = self.admitted_address(id)?;
        if let Some(client) = self.fresh_client(id).await? {
            return Ok(Ok(client));
        }
        if !may_read {
            return Ok(Err(place(&url)));
        }
        let too_many = || {
            let message = "too many programs are looked up just now: try again in a minute";
            let refused = Refused::new(RefusalWord::TemporarilyUnavailable, message);
            Refused { retry_after: Some(PACE.1.as_secs()), ..refused }
        };
        let Ok(_turn) = Arc::clone(&self.document_reads.at_once).try_acquire_owned() else {
            return Err(too_many());
        };
        if !self.document_reads.take_pace(self.now()) {
            return Err(too_many());
        }
        let read = self.oauth.read_client_document(&url).await;
        let document = read.map_err(|error| Refused::new(RefusalWord::InvalidClient, error.to_string()))?;
        let client = self.described(id, document)?;
        self.store.put_assistant_client_document(&client, MOST_UNUSED).await?;
        Ok(Ok(client))
    }

    async fn fresh_client(&self, id: &str) -> Result<Option<AssistantClient>, Refused> {
        let now = self.now();
        let found = self.store.find_assistant_client(&AssistantClientId::from(id), now).await?;
        Ok(found.filter(|client| client.fresh_until.is_some_and(|until| until > now)))
    }

    /// A client as its document describes it. Addresses that nobody may register are passed over, since the document was not
    /// written for this server alone; one has to be left.
    fn described(&self, id: &str, document: ClientDocument) -> Result<AssistantClient, Refused> {
        let refused = |message: String| Refused::new(RefusalWord::InvalidClientMetadata, message);
        if lacks(&document.grant_types, "authorization_code") || lacks(&document.response_types, "code") {
            return Err(refused(
                "this program's document does not name the authorization code grant".to_owned(),
            ));
        }
        let Some(settings) = &self.settings.assistants else {
            return Err(refused("this server signs nobody in for assistants".to_owned()));
        };
        let own = self.settings.own_origin();
        let count = document.redirect_uris.len();
        if count == 0 || count > MOST_REDIRECTS {
            return Err(refused(format!(
                "this program's document names {count} redirect_uris: 1 to {MOST_REDIRECTS}"
            )));
        }
        let mut redirect_uris = document.redirect_uris;
        redirect_uris.retain(|uri| check(uri, &settings.redirect_schemes, &own).is_ok());
        let Some(first) = redirect_uris.first() else {
            let message = "none of the redirect_uris in this program's document may be used here: https, loopback \
                           addresses, and schemes that the operator has named";
            return Err(refused(message.to_owned()));
        };
        let host = client_host(&AssistantClientId::from(id));
        let name = shown_name(document.name.as_deref().or(host.as_deref()), first);
        let name = name.map_err(|why| refused(format!("this program's document: {why}")))?;
        let now = self.now();
        let fresh = document.fresh_for.unwrap_or(FRESH_OTHERWISE).clamp(FRESH.0, FRESH.1);
        Ok(AssistantClient {
            id: AssistantClientId::from(id),
            name,
            redirect_uris,
            auth: ClientAuth::None,
            secret_hash: None,
            created_at: now,
            expires_at: now + UNUSED_CLIENT_LIFETIME.max(fresh),
            fresh_until: Some(now + fresh),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_at_a_pace() {
        let reads = DocumentReads::default();
        let start = Timestamp::UNIX_EPOCH;
        for _ in 0..PACE.0 {
            assert!(reads.take_pace(start));
        }
        assert!(!reads.take_pace(start + PACE.1 / 2));
        assert!(reads.take_pace(start + PACE.1));
        assert!(reads.recent.lock().unwrap().len() <= PACE.0 as usize);
    }

    #[test]
    fn a_client_is_vouched_for_by_its_host_or_by_nobody() {
        let host = |id: &str| client_host(&AssistantClientId::from(id));
        assert_eq!(host("https://app.example/client.json").as_deref(), Some("app.example"));
        assert_eq!(host("https://app.example:8443/client.json").as_deref(), Some("app.example:8443"));
        assert_eq!(host("0190a000-0000-7000-8000-000000000000"), None);
    }
}
