//! Files that gave no text for want of a reader are read again once there is one: after an upgrade, when recognition is
//! switched on, or when its programs were installed. A few at a time, behind what people wait for.

use aws_lc_rs::digest;
use gangway_model::{Document, ItemId, Reason};
use gangway_store::{Unread, UnreadItem};
use tokio::sync::Mutex;

use crate::context::Rooms;
use crate::schedule::enqueue;
use crate::stop::Stop;
use crate::tasks::{kinds, payload};

/// Why a text may be missing for want of a reader.
const FOR_WANT_OF_A_READER: [&str; 3] = ["unsupported_type", "recognition_off", "recognition_not_installed"];
/// What recognition lacks shows in documents too, of which other pages were read.
const OF_RECOGNITION: [&str; 2] = ["recognition_off", "recognition_not_installed"];
/// Tasks of the kind that may wait in the queue when another is added.
const WAITING: u64 = 4;
/// Files looked at in one go.
const AT_ONCE: u32 = 200;

/// How far this process has come with those that were unread when it started.
#[derive(Default)]
pub struct Walk(Mutex<Place>);

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

/// What is to be remembered of a file that was read: nothing, unless a reader was missing.
pub async fn of_reading(rooms: &Rooms, read: Result<&Document, &Reason>) -> Option<Unread> {
    let mut codes: Vec<String> = match read {
        Err(reason) => vec![reason.code.clone()],
        Ok(document) => {
            let codes = document.notes.iter().map(|note| note.reason.code.clone());
            codes.filter(|code| OF_RECOGNITION.contains(&code.as_str())).collect()
        }
    };
    codes.retain(|code| FOR_WANT_OF_A_READER.contains(&code.as_str()));
    codes.sort();
    codes.dedup();
    match codes.is_empty() {
        true => None,
        false => Some(Unread { codes, readers: readers(rooms).await.unwrap_or_default() }),
    }
}

/// Whether a file of this name and type would be read by now.
pub async fn would_read(rooms: &Rooms, name: &str, media_type: &str, codes: &[String]) -> bool {
    for code in codes {
        if rooms.extractor.would_read(name, media_type, code).await {
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
