//! The same bytes are read once: what was read from them lies with the documents, and is found there by what it was
//! made of. So there is no second place to be emptied: a document that is deleted is not found any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use aws_lc_rs::digest;
use gangway_extract::{Asker, Effort, ExtractError, Input};
use gangway_model::{Document, ItemId, UserId};
use gangway_store::{Reading, StoreError, StoredDocument, Whose};
use tokio::sync::OwnedSemaphorePermit;

use crate::content::{Textless, with_text};
use crate::context::Rooms;
use crate::settings::Reuse;
use crate::stop::Stop;
use crate::stored::{load_stored, store_document, store_encoded};

/// Results that a busy machine brings about; the same bytes may end better elsewhere.
const OF_THE_MOMENT: [&str; 6] = [
    "timed_out",
    "out_of_memory",
    "crashed",
    "recognition_timed_out",
    "recognition_out_of_time",
    "recognition_failed",
];
/// What was read for somebody else comes after this share of the time it took, in percent: never exactly as fast.
const PACE: std::ops::RangeInclusive<u8> = 80..=120;

/// Bytes of text from which a document is large: on its way into the store and the index it takes several times as much.
const LARGE: usize = 1 << 20;

/// What is being read, or was read and is not committed yet, in this process.
pub struct Readings {
    slots: Mutex<HashMap<(UserId, String), Weak<Slot>>>,
    /// Large documents are stored and cut into passages one at a time.
    large: Arc<tokio::sync::Semaphore>,
}

impl Default for Readings {
    fn default() -> Self {
        Self { slots: Mutex::default(), large: Arc::new(tokio::sync::Semaphore::new(1)) }
    }
}

/// One content of one user. Whoever holds its lock reads it; the others wait and find what was read. Lives as long as
/// somebody has yet to commit what came of it.
#[derive(Default)]
pub struct Slot(tokio::sync::Mutex<Option<Kept>>);

type Kept = Result<StoredDocument, Textless>;

/// What reading a file came to, stored and ready to be committed.
pub struct WasRead {
    pub document: Result<(Document, StoredDocument), Textless>,
    /// To be held until it is committed, so that the copies that come until then find it.
    pub held: Option<Arc<Slot>>,
    /// To be held until it is in the index, if it is large.
    pub turn: Turn,
}

/// The turn of a large document, free again when dropped.
pub type Turn = Option<OwnedSemaphorePermit>;

/// A document of an arrival's own with its turn, or why there is none.
type Own = Result<(Document, StoredDocument, Turn), Textless>;

/// A file whose bytes are here.
pub struct Arrival<'a> {
    pub input: Input<'a>,
    /// SHA-256 of these very bytes, in hex.
    pub hash: &'a str,
    pub size: u64,
    pub user: &'a UserId,
    pub item: &'a ItemId,
    /// Told when recognition begins, which takes long.
    pub recognition_begins: Option<&'a (dyn Fn() + Send + Sync)>,
}

/// Why nothing came of reading a file.
pub enum Unread {
    Extract(ExtractError),
    Stop(Stop),
}

impl From<Stop> for Unread {
    fn from(stop: Stop) -> Self {
        Unread::Stop(stop)
    }
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Unread::Stop(error.into())
    }
}

/// Reads a file, or takes what was read from the same bytes before.
pub async fn read_once(rooms: &Rooms, arrival: Arrival<'_>) -> Result<WasRead, Unread> {
    let recipe = rooms.extractor.recipe(&arrival.input).await.map_err(Unread::Extract)?;
    let Some(key) = recipe.map(|recipe| key(&recipe, arrival.hash)) else {
        return Ok(WasRead::of(read(rooms, &arrival, None).await?, None));
    };
    let slot = rooms.readings.slot(arrival.user, &key);
    let mut kept = slot.0.lock().await;
    let document = match kept.as_ref() {
        Some(Err(textless)) => Some(Err(textless.clone())),
        // Accidents included: ten copies of a file that takes a minute to fail do not take ten minutes.
        Some(Ok(stored)) => copy(rooms, &arrival, &key, stored, |_| true).await?.map(Ok),
        None => None,
    };
    let document = match document {
        Some(document) => {
            count("batch");
            document
        }
        None => match stored_before(rooms, &arrival, &key).await? {
            Some(found) => Ok(found),
            None => read(rooms, &arrival, Some(&key)).await?,
        },
    };
    *kept = Some(document.as_ref().map(|(_, stored, _)| stored.clone()).map_err(Clone::clone));
    drop(kept);
    Ok(WasRead::of(document, Some(slot)))
}

impl WasRead {
    fn of(own: Own, held: Option<Arc<Slot>>) -> Self {
        match own {
            Ok((document, stored, turn)) => Self { document: Ok((document, stored)), held, turn },
            Err(textless) => Self { document: Err(textless), held, turn: None },
        }
    }
}

/// What the rows have: the user's own first, and somebody else's where that is allowed.
async fn stored_before(
    rooms: &Rooms,
    arrival: &Arrival<'_>,
    key: &str,
) -> Result<Option<(Document, StoredDocument, Turn)>, Unread> {
    if let Some(stored) = rooms.store.find_reading(key, arrival.user, Whose::Own).await?
        && let Some(found) = copy(rooms, arrival, key, &stored, is_no_accident).await?
    {
        count("own");
        return Ok(Some(found));
    }
    if rooms.settings.reuse == Reuse::Own {
        return Ok(None);
    }
    let Some(stored) = rooms.store.find_reading(key, arrival.user, Whose::Others).await? else {
        return Ok(None);
    };
    let found = copy(rooms, arrival, key, &stored, is_no_accident).await?;
    let Some(found) = found else { return Ok(None) };
    if rooms.settings.reuse == Reuse::Quiet {
        let effort = effort(&stored).percent(pace(arrival.item, key));
        rooms.extractor.pretend(effort, arrival.user.as_str()).await;
    }
    count("others");
    Ok(Some(found))
}

/// A document of the arrival's own, out of one that lies somewhere. `None` when it is not there any more, or will not do.
async fn copy(
    rooms: &Rooms,
    arrival: &Arrival<'_>,
    key: &str,
    stored: &StoredDocument,
    will_do: impl Fn(&Document) -> bool,
) -> Result<Option<(Document, StoredDocument, Turn)>, Unread> {
    let turn = rooms.readings.turn(stored.text_bytes).await;
    let Some((document, body)) = load_stored::<Stop>(&rooms.blobs, stored.clone()).await? else {
        return Ok(None);
    };
    if !will_do(&document) {
        return Ok(None);
    }
    let reading = Some(reading(key, arrival.user, effort(stored)));
    let own = store_encoded(rooms, body, stored.text_bytes, reading).await?;
    Ok(Some((document, own, turn)))
}

/// Whether the same bytes would be read the same way at any time.
fn is_no_accident(document: &Document) -> bool {
    !document.notes.iter().any(|note| OF_THE_MOMENT.contains(&note.reason.code.as_str()))
}

async fn read(rooms: &Rooms, arrival: &Arrival<'_>, key: Option<&str>) -> Result<Own, Unread> {
    let asker = Asker { whose: arrival.user.as_str(), recognition_begins: arrival.recognition_begins };
    let (document, effort) = match rooms.extractor.extract_for(arrival.input.clone(), asker).await {
        Ok((document, effort)) => match with_text(document, arrival.size) {
            Ok(document) => (document, effort),
            Err(textless) => return Ok(Err(textless)),
        },
        Err(error) if error.is_about_the_file() => return Ok(Err(error.reason().into())),
        Err(error) => return Err(Unread::Extract(error)),
    };
    let reading = key.map(|key| reading(key, arrival.user, effort));
    let text_bytes: usize = document.sections.iter().map(|section| section.text.len()).sum();
    let turn = rooms.readings.turn(text_bytes as u64).await;
    let stored = store_document(rooms, &document, reading).await?;
    Ok(Ok((document, stored, turn)))
}

fn reading(key: &str, user: &UserId, effort: Effort) -> Reading {
    Reading { key: key.to_owned(), user: user.clone(), read: effort.reading, recognized: effort.recognizing }
}

fn effort(stored: &StoredDocument) -> Effort {
    let told = stored.reading.as_ref();
    Effort {
        reading: told.map(|told| told.read).unwrap_or_default(),
        recognizing: told.map(|told| told.recognized).unwrap_or_default(),
    }
}

fn key(recipe: &str, hash: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, format!("{recipe}\n{hash}").as_bytes()))
}

/// A share within [`PACE`] that differs from item to item.
fn pace(item: &ItemId, key: &str) -> u32 {
    let drawn = digest::digest(&digest::SHA256, format!("{item}\n{key}").as_bytes());
    let width = PACE.end() - PACE.start() + 1;
    u32::from(PACE.start() + drawn.as_ref()[0] % width)
}

fn count(from: &'static str) {
    metrics::counter!("gangway_extract_reused_total", "from" => from).increment(1);
}

impl Readings {
    /// Waits until a document with so much text may take memory.
    async fn turn(&self, text_bytes: u64) -> Turn {
        match text_bytes > LARGE as u64 {
            true => Arc::clone(&self.large).acquire_owned().await.ok(),
            false => None,
        }
    }

    fn slot(&self, user: &UserId, key: &str) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (user.clone(), key.to_owned());
        if let Some(slot) = slots.get(&name).and_then(Weak::upgrade) {
            return slot;
        }
        // The dead are swept out whenever the map would have to grow for a newcomer.
        if slots.len() == slots.capacity() {
            slots.retain(|_, slot| slot.strong_count() > 0);
        }
        let slot = Arc::new(Slot::default());
        slots.insert(name, Arc::downgrade(&slot));
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_shared_while_somebody_has_it_and_forgotten_afterwards() {
        let readings = Readings::default();
        let (ada, eve) = (UserId::from("ada"), UserId::from("eve"));
        let first = readings.slot(&ada, "k");
        assert!(Arc::ptr_eq(&first, &readings.slot(&ada, "k")));
        assert!(!Arc::ptr_eq(&first, &readings.slot(&eve, "k")), "never across users");
        for number in 0..10_000 {
            readings.slot(&ada, &number.to_string());
        }
        assert!(readings.slots.lock().unwrap().len() < 100, "what nobody holds is swept out");
        assert!(Arc::ptr_eq(&first, &readings.slot(&ada, "k")));
    }

    #[test]
    fn the_key_tells_recipes_and_contents_apart_and_the_pace_varies() {
        assert_ne!(key("a", "b"), key("a", "c"));
        assert_ne!(key("a", "b"), key("ab", ""));
        let paces: std::collections::BTreeSet<u32> =
            (0..200).map(|number| pace(&ItemId::from(number.to_string()), "k")).collect();
        assert!(paces.len() > 20);
        assert!(paces.iter().all(|share| (80..=120).contains(share)));
    }
}
