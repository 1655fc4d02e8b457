//! Files that gave no text for want of a reader, or of which a file within them gave none, are read again once there is
//! one: after an upgrade, when recognition is switched on, or when its programs were installed. A few at a time, behind
//! what people wait for.

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use gangway_model::{Document, ItemId, Reason, media};
use gangway_store::{Unread, UnreadItem};
use tokio::sync::Mutex;

use crate::context::Rooms;
use crate::schedule::enqueue;
use crate::stop::Stop;
use crate::tasks::{kinds, payload};

/// Why a text may be missing for want of a reader.
const UNSUPPORTED: &str = "unsupported_type";
const OF_RECOGNITION: [&str; 2] = ["recognition_off", "recognition_not_installed"];
/// Types of files within one file that are remembered by name.
const TYPES: usize = 16;
/// Tasks of the kind that may wait in the queue when another is added.
const WAITING: u64 = 4;
/// Files looked at in one go.
const AT_ONCE: u32 = 200;

/// How far this process has come with those that were unread when it started.
#[derive(Default)]
pub struct Walk(Mutex<Place>);

impl Walk {
    /// Begins anew: some were passed over.
    pub async fn start_over(&self) {
        *self.0.lock().await = Place::Start;
    }
}

#[derive(Default)]
enum Place {
    #[default]
    Start,
    After(ItemId),
    End,
}

/// What could read here, in a word that rows can hold; `None` while that cannot be found out.
pub async fn readers(rooms: &Rooms) -> Option<String> {
    let told = rooms.extractor.readers().await?;
    Some(hex::encode(&digest::digest(&digest::SHA256, told.as_bytes()).as_ref()[..8]))
}

/// Which readers a file wants for that was not read, by why it was not.
pub fn wants_of_file(reason: &Reason) -> Vec<String> {
    let is_want = reason.code == UNSUPPORTED || OF_RECOGNITION.contains(&reason.code.as_str());
    is_want.then(|| reason.code.clone()).into_iter().collect()
}

/// Which readers a document wants for, by what is missing in it: recognition, and those of files within it, by the type
/// that their names tell. Where a name tells none, whoever can read more may try.
pub fn wants(document: &Document) -> Vec<String> {
    let mut wants = BTreeSet::new();
    for note in &document.notes {
        let code = note.reason.code.as_str();
        if OF_RECOGNITION.contains(&code) {
            wants.insert(code.to_owned());
        } else if code == UNSUPPORTED {
            let member = note.place.member.as_deref().unwrap_or_default();
            let media_type = gangway_extract::detect_media_type(&[], member, "");
            let is_told = !matches!(media_type.as_str(), "" | media::OCTET_STREAM);
            let is_room = wants.len() < TYPES;
            wants.insert(match is_told && is_room {
                true => format!("{UNSUPPORTED}:{media_type}"),
                false => UNSUPPORTED.to_owned(),
            });
        }
    }
    wants.into_iter().collect()
}

/// What is to be remembered of a file that was read: nothing, unless a reader was missing.
pub async fn of_reading(rooms: &Rooms, wants: Vec<String>) -> Option<Unread> {
    match wants.is_empty() {
        true => None,
        false => Some(Unread { codes: wants, readers: readers(rooms).await.unwrap_or_default() }),
    }
}

/// Whether a file of this name and type, or one within it, would be read by now.
pub async fn would_read(rooms: &Rooms, name: &str, media_type: &str, codes: &[String]) -> bool {
    for code in codes {
        let would = match code.split_once(':') {
            Some((code, within)) => rooms.extractor.would_read("", within, code).await,
            None => rooms.extractor.would_read(name, media_type, code).await,
        };
        if would {
            return true;
        }
    }
    false
}

/// Queues the next files that are worth another look. True when there is work.
pub async fn look_through(rooms: &Rooms) -> Result<bool, Stop> {
    // Whoever looks already leaves no room for another.
    let Ok(mut place) = rooms.unread.0.try_lock() else { return Ok(false) };
    let after = match &*place {
        Place::Start => None,
        Place::After(item) => Some(item.clone()),
        Place::End => return Ok(false),
    };
    let Some(readers) = readers(rooms).await else { return Ok(false) };
    let waiting = rooms.store.count_waiting(&[kinds::LOOK, kinds::EXTRACT_UPLOAD]).await?;
    let mut room = WAITING.saturating_sub(waiting);
    if room == 0 {
        return Ok(false);
    }
    let listed = rooms.store.list_unread(&readers, after.as_ref(), AT_ONCE).await?;
    let mut next = match listed.len() < AT_ONCE as usize {
        true => Place::End,
        false => listed.last().map_or(Place::End, |last| Place::After(last.item_id.clone())),
    };
    let (mut settled, mut is_found) = (Vec::new(), false);
    for unread in listed {
        if !would_read(rooms, &unread.name, &unread.media_type, &unread.codes).await {
            settled.push(unread.item_id);
            continue;
        }
        if queue(rooms, &unread).await? {
            is_found = true;
            room -= 1;
        }
        if room == 0 {
            next = Place::After(unread.item_id);
            break;
        }
    }
    rooms.store.note_unread_by(&settled, &readers).await?;
    *place = next;
    Ok(is_found)
}

/// What is not followed was chosen as it was: the next sync that somebody starts reads it again.
async fn queue(rooms: &Rooms, unread: &UnreadItem) -> Result<bool, Stop> {
    let now = rooms.now();
    match unread {
        UnreadItem { is_upload: true, .. } => {
            let task = payload::extract_upload(
                &unread.item_id,
                &unread.user_id,
                &unread.name,
                &unread.media_type,
                now,
            );
            enqueue(rooms, task).await
        }
        UnreadItem { is_followed: true, .. } => {
            enqueue(rooms, payload::look(&unread.connection_id, &unread.provider_id, now)).await
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::{Note, Place};

    use super::*;

    fn note(member: &str, code: &str) -> Note {
        let member = Some(member.to_owned()).filter(|member| !member.is_empty());
        Note { place: Place { member, ..Place::default() }, reason: Reason::new(code, "why") }
    }

    #[test]
    fn what_is_missing_in_a_file_says_which_readers_it_wants_for() {
        let of = |notes: Vec<Note>| wants(&Document { notes, ..Document::default() });
        let notes = vec![
            note("a/film.mp4", "unsupported_type"),
            note("mail.eml › backup.7z", "unsupported_type"),
            note("other.7z", "unsupported_type"),
            note("scan.png", "recognition_off"),
            note("broken.pdf", "broken"),
        ];
        let told =
            ["recognition_off", "unsupported_type:application/x-7z-compressed", "unsupported_type:video/mp4"];
        assert_eq!(of(notes), told);
        assert_eq!(of(vec![note("backup", "unsupported_type")]), ["unsupported_type"], "no name tells");
        assert!(of(vec![note("broken.pdf", "encrypted")]).is_empty());
        assert_eq!(wants_of_file(&Reason::new("unsupported_type", "")), ["unsupported_type"]);
        assert!(wants_of_file(&Reason::new("broken", "")).is_empty());
    }

    #[test]
    fn of_very_many_types_some_are_remembered_by_name_and_the_others_together() {
        let extensions = [
            "7z", "rar", "mp3", "mp4", "wav", "avi", "mov", "mkv", "flac", "ogg", "webm", "ttf", "otf",
            "woff", "woff2", "psd", "swf", "deb", "rpm", "iso", "wasm", "heic", "avif", "aac",
        ];
        let mut types = BTreeSet::new();
        let is_another = |extension: &&str| {
            let kind = gangway_extract::detect_media_type(&[], &format!("a.{extension}"), "");
            !matches!(kind.as_str(), "" | media::OCTET_STREAM) && types.insert(kind)
        };
        let extensions: Vec<&str> = extensions.into_iter().filter(is_another).collect();
        assert!(extensions.len() > TYPES, "names tell of more types than are remembered: {types:?}");
        let of = |extensions: &[&str]| {
            let notes = extensions.iter().map(|extension| note(&format!("a.{extension}"), UNSUPPORTED));
            wants(&Document { notes: notes.collect(), ..Document::default() })
        };
        let all = of(&extensions);
        assert_eq!(all.len(), TYPES + 1, "{all:?}");
        assert!(all.contains(&UNSUPPORTED.to_owned()), "whoever can read more may try the others: {all:?}");
        assert!(!of(&extensions[..8]).contains(&UNSUPPORTED.to_owned()));
    }
}
