//! Programs that are known by the https address of a document about them (Client ID Metadata Documents). What a document says
//! is kept as long as it is fresh by its own word, within bounds; how many are read is bounded as well.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use gangway_model::{AssistantClientId, Timestamp, UserId};
use gangway_oauth::{ClientDocument, check_client_address, place};
use gangway_store::{AssistantClient, ClientAuth};
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::redirect::check;
use super::register::{lacks, shown_name};
use super::{AssistantSettings, MOST_UNUSED, PACE, RefusalWord, Refused, UNUSED_CLIENT_LIFETIME};
use crate::app::App;

/// How long a document is gone by at least, so that the page and the decision on it speak of the same, and at most.
const FRESH: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));
/// How long one is that says nothing about it.
const FRESH_OTHERWISE: Duration = Duration::from_secs(3600);
/// Documents that are read at the same time.
const AT_ONCE: usize = 4;
/// Of those that are read within a minute, the most for one person.
const MOST_FOR_ONE: usize = 10;
/// Addresses that one document may name.
const MOST_REDIRECTS: usize = 50;

/// How many documents this process reads: at the same time, and within a minute; in all, and for each person, so that nobody's
/// slow hosts hold up the others.
#[derive(Debug)]
pub struct DocumentReads {
    at_once: Semaphore,
    by_person: Mutex<ByPerson>,
}

#[derive(Debug, Default)]
struct ByPerson {
    reading: HashSet<UserId>,
    recent: VecDeque<(Timestamp, UserId)>,
}

/// One document that is being read, for somebody.
struct Turn<'a> {
    reads: &'a DocumentReads,
    user: &'a UserId,
    _of_all: SemaphorePermit<'a>,
}

impl Default for DocumentReads {
    fn default() -> Self {
        Self { at_once: Semaphore::new(AT_ONCE), by_person: Mutex::default() }
    }
}

impl DocumentReads {
    /// Counts one more, unless there are enough of them now, or were lately.
    fn begin<'a>(&'a self, user: &'a UserId, now: Timestamp) -> Option<Turn<'a>> {
        let (most, within) = PACE;
        let mut by_person = self.lock();
        while by_person.recent.front().is_some_and(|(at, _)| *at + within <= now) {
            by_person.recent.pop_front();
        }
        let of_one = by_person.recent.iter().filter(|(_, of)| of == user).count();
        let is_free = by_person.recent.len() < most as usize && of_one < MOST_FOR_ONE;
        if !is_free || by_person.reading.contains(user) {
            return None;
        }
        let of_all = self.at_once.try_acquire().ok()?;
        by_person.recent.push_back((now, user.clone()));
        by_person.reading.insert(user.clone());
        Some(Turn { reads: self, user, _of_all: of_all })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ByPerson> {
        self.by_person.lock().expect("no holder of the reads' lock panics")
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.reads.lock().reading.remove(self.user);
    }
}

/// Whether a client's id is meant as the address of a document. Ids that we give out hold no colon.
pub(super) fn is_address(id: &str) -> bool {
    id.contains("://")
}

/// The host that vouches for a client, with its port when that is not the usual one; `None` for one that registered itself.
pub fn client_host(id: &AssistantClientId) -> Option<String> {
    let url = Url::parse(id.as_str()).ok().filter(|_| is_address(id.as_str()))?;
    Some(place(&url).to_owned())
}

impl App {
    /// The address that an id is, when this server admits programs from there; and what holds for programs.
    pub(super) fn admitted_address(&self, id: &str) -> Result<(Url, &AssistantSettings), Refused> {
        let refused = |message: String| Refused::new(RefusalWord::InvalidClient, message);
        let settings = self.settings.assistants.as_ref();
        let documents = settings.and_then(|settings| settings.documents.as_ref());
        let Some((settings, documents)) = settings.zip(documents) else {
            return Err(refused("programs are not known by addresses here: register instead".to_owned()));
        };
        let url = check_client_address(id).map_err(|error| refused(error.to_string()))?;
        let is_admitted = match documents.hosts.is_empty() {
            true => !url.host_str().is_some_and(|host| documents.ours.contains(host)),
            false => documents.hosts.contains(place(&url)),
        };
        if !is_admitted {
            let host = place(&url);
            return Err(refused(format!("programs from {host} are not admitted by this server's operator")));
        }
        Ok((url, settings))
    }

    /// The client that a document tells of, which is read (again) when that is due; `None` when it is due and there is nobody
    /// to read it for.
    pub(super) async fn documented_client(
        &self,
        id: &str,
        reader: Option<&UserId>,
    ) -> Result<Option<AssistantClient>, Refused> {
        let (url, settings) = self.admitted_address(id)?;
        if let Some(client) = self.fresh_client(id).await? {
            return Ok(Some(client));
        }
        let Some(reader) = reader else { return Ok(None) };
        let Some(_turn) = self.document_reads.begin(reader, self.now()) else {
            let message = "too many programs are looked up just now: try again in a minute";
            let refused = Refused::new(RefusalWord::TemporarilyUnavailable, message);
            return Err(Refused { retry_after: Some(PACE.1.as_secs()), ..refused });
        };
        let read = self.oauth.read_client_document(&url).await;
        let document = read.map_err(|error| Refused::new(RefusalWord::InvalidClient, error.to_string()))?;
        let client = self.described(&url, settings, document)?;
        self.store.put_assistant_client_document(&client, MOST_UNUSED).await?;
        Ok(Some(client))
    }

    async fn fresh_client(&self, id: &str) -> Result<Option<AssistantClient>, Refused> {
        let now = self.now();
        let found = self.store.find_assistant_client(&AssistantClientId::from(id), now).await?;
        Ok(found.filter(|client| client.fresh_until.is_some_and(|until| until > now)))
    }

    /// A client as its document describes it. Addresses that nobody may register are passed over, since the document was not
    /// written for this server alone; one has to be left.
    fn described(
        &self,
        url: &Url,
        settings: &AssistantSettings,
        document: ClientDocument,
    ) -> Result<AssistantClient, Refused> {
        let refused = |message: String| Refused::new(RefusalWord::InvalidClientMetadata, message);
        if lacks(&document.grant_types, "authorization_code") || lacks(&document.response_types, "code") {
            return Err(refused(
                "this program's document does not name the authorization code grant".to_owned(),
            ));
        }
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
        let name = shown_name(Some(document.name.as_deref().unwrap_or(place(url))), first);
        let name = name.map_err(|why| refused(format!("this program's document: {why}")))?;
        let now = self.now();
        let fresh = document.fresh_for.unwrap_or(FRESH_OTHERWISE).clamp(FRESH.0, FRESH.1);
        Ok(AssistantClient {
            id: AssistantClientId::from(url.as_str()),
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
    fn documents_are_read_at_a_pace_and_one_at_a_time_for_each() {
        let reads = DocumentReads::default();
        let start = Timestamp::UNIX_EPOCH;
        let people: Vec<UserId> = ["a", "b", "c", "d", "e"].map(UserId::from).into();
        let at_once: Vec<Turn<'_>> = people[..4].iter().filter_map(|one| reads.begin(one, start)).collect();
        assert_eq!(at_once.len(), AT_ONCE);
        assert!(reads.begin(&people[4], start).is_none(), "there are no more turns");
        drop(at_once);
        let first = reads.begin(&people[4], start).unwrap();
        assert!(reads.begin(&people[4], start).is_none(), "one at a time");
        drop(first);
        for _ in 1..MOST_FOR_ONE {
            assert!(reads.begin(&people[4], start).is_some());
        }
        assert!(reads.begin(&people[4], start).is_none(), "one has had enough");
        let others = (0..100).filter(|at| reads.begin(&people[at % 4], start).is_some()).count();
        assert_eq!(others + MOST_FOR_ONE + AT_ONCE, PACE.0 as usize);
        assert!(reads.begin(&people[0], start + PACE.1 / 2).is_none());
        assert!(reads.begin(&people[0], start + PACE.1).is_some());
        assert!(reads.lock().recent.len() <= PACE.0 as usize && reads.lock().reading.is_empty());
    }

    #[test]
    fn a_client_is_vouched_for_by_its_host_or_by_nobody() {
        let host = |id: &str| client_host(&AssistantClientId::from(id));
        assert_eq!(host("https://app.example/client.json").as_deref(), Some("app.example"));
        assert_eq!(host("https://app.example:8443/client.json").as_deref(), Some("app.example:8443"));
        assert_eq!(host("0190a000-0000-7000-8000-000000000000"), None);
    }
}
