//! One item's content on its way: fetched within limits, hashed, spooled when large, read into a document.

use aws_lc_rs::digest;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use gangway_connector::{ConnectorError, Content, Disposition, Entry, FetchLimits, Inline, Source};
use gangway_extract::{ExtractError, Input};
use gangway_model::{Document, ItemId, Reason, UserId};
use tokio::io::AsyncWriteExt;

use crate::context::Rooms;
use crate::readings::{Arrival, Unread, WasRead, read_once};
use crate::settings::SyncSettings;
use crate::stop::Stop;
use crate::unread;

/// Content up to this many bytes stays in memory; more waits in a file.
const IN_MEMORY: usize = 1 << 20;

/// What fetching and reading one item came to.
pub enum Fetched {
    /// The bytes arrived and were read, now or before.
    Read { read: Box<WasRead>, hash: String, bytes: u64 },
    /// The source says that the item does not exist any more.
    Gone,
    /// This item cannot be had; the rest goes on.
    Refused(Reason),
    /// The source cannot answer for now, or at all.
    Failed(ConnectorError),
}

/// Fetches an item and reads its text. What was read is stored, for the item and its user.
pub async fn fetch_and_read(
    source: &dyn Source,
    rooms: &Rooms,
    entry: &Entry,
    user: &UserId,
    item: &ItemId,
) -> Result<Fetched, Stop> {
    let settings = &rooms.settings;
    if entry.size.is_some_and(|size| size > settings.max_file_bytes) {
        return Ok(Fetched::Refused(too_large(settings.max_file_bytes)));
    }
    let limits = FetchLimits { max_bytes: settings.max_file_bytes };
    let content = match &entry.inline {
        Some(inline) => Ok(came_along(inline)),
        None => source.fetch(entry, &limits).await,
    };
    let arrived = match content {
        Ok(content) => collect(content, settings).await,
        Err(error) => Err(error),
    };
    let arrived = match arrived {
        Ok(arrived) => arrived,
        Err(error) => {
            return Ok(match error.disposition {
                Disposition::Gone => Fetched::Gone,
                Disposition::SkipItem => Fetched::Refused(error.reason()),
                _ => Fetched::Failed(error),
            });
        }
    };
    let content = match &arrived.body {
        Body::Memory(bytes) => gangway_extract::Content::Bytes(bytes.clone()),
        Body::File(file) => gangway_extract::Content::File(file.path().to_owned()),
    };
    let input = Input { content, name: &entry.name, media_type: &arrived.media_type };
    let arrival = Arrival {
        input,
        hash: &arrived.hash,
        size: arrived.size,
        user,
        item,
        // The job keeps its slot: it has other files to bring in.
        recognition_begins: None,
    };
    match read_once(rooms, arrival).await {
        Ok(read) => Ok(Fetched::Read { read: Box::new(read), hash: arrived.hash, bytes: arrived.size }),
        Err(Unread::Extract(error)) => Ok(Fetched::Failed(our_fault(&error))),
        Err(Unread::Stop(stop)) => Err(stop),
    }
}

/// Content that the provider had sent with the metadata.
fn came_along(inline: &Inline) -> Content {
    let bytes = inline.bytes.clone();
    Content {
        media_type: inline.media_type.to_owned(),
        revision: None,
        size: Some(bytes.len() as u64),
        bytes: Box::pin(futures::stream::once(async move { Ok(bytes) })),
    }
}

/// Whether a missing text is only to be expected (a video, a form, a scan) rather than a failure.
pub fn is_expected(reason: &Reason) -> bool {
    let code = reason.code.as_str();
    matches!(code, "unsupported_type" | "recognition_off" | "recognition_not_installed" | NO_TEXT)
}

const NO_TEXT: &str = "no_text";

/// Why a file has no text here, and which readers it wants for.
#[derive(Clone, Debug)]
pub struct Textless {
    pub reason: Reason,
    /// As rows remember it.
    pub wants: Vec<String>,
}

impl From<Reason> for Textless {
    fn from(reason: Reason) -> Self {
        Self { wants: unread::wants_of_file(&reason), reason }
    }
}

/// A file that held no text that could be read says so; an empty file is simply empty.
pub fn with_text(document: Document, bytes: u64) -> Result<Document, Textless> {
    if document.sections.is_empty() && bytes > 0 {
        let wants = unread::wants(&document);
        // What could not be read says why.
        if let Some(note) = document.notes.into_iter().next() {
            return Err(Textless { reason: note.reason, wants });
        }
        return Err(Textless::from(Reason::new(
            NO_TEXT,
            "the file holds no text (a scan or pictures, perhaps); it can be found by its name",
        )));
    }
    Ok(document)
}

/// What of a file that was read is missing in its text, in one sentence; each part is named where somebody asks why.
pub fn left_out(document: &Document) -> Option<Reason> {
    const NAMED: usize = 2;
    let cut = document.truncated.then(|| "its text is longer than is kept and was cut".to_owned());
    let notes = document.notes.iter().map(|note| {
        let place = note.place.to_string();
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        format!("{place}{}", note.reason.message)
    });
    let all: Vec<String> = cut.into_iter().chain(notes).collect();
    let more = all.len().saturating_sub(NAMED);
    let mut said = all.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
    match more {
        0 if said.is_empty() => return None,
        0 => {}
        more => said.push_str(&format!("; and {more} more")),
    }
    Some(Reason::new("text_incomplete", said))
}

struct Arrived {
    body: Body,
    media_type: String,
    hash: String,
    size: u64,
}

enum Body {
    Memory(Bytes),
    File(tempfile::NamedTempFile),
}

async fn collect(mut content: Content, settings: &SyncSettings) -> Result<Arrived, ConnectorError> {
    let mut hasher = digest::Context::new(&digest::SHA256);
    let mut memory = BytesMut::new();
    let mut spool: Option<(tempfile::NamedTempFile, tokio::fs::File)> = None;
    let mut size: u64 = 0;
    while let Some(piece) = content.bytes.next().await {
        let piece = piece?;
        size += piece.len() as u64;
        if size > settings.max_file_bytes {
            let reason = too_large(settings.max_file_bytes);
            return Err(ConnectorError::new("too_large", reason.message, Disposition::SkipItem));
        }
        hasher.update(&piece);
        match &mut spool {
            Some((_, file)) => file.write_all(&piece).await.map_err(spool_error)?,
            None if memory.len() + piece.len() <= IN_MEMORY => memory.extend_from_slice(&piece),
            None => {
                let (kept, mut file) = open_spool(settings)?;
                file.write_all(&memory).await.map_err(spool_error)?;
                file.write_all(&piece).await.map_err(spool_error)?;
                memory = BytesMut::new();
                spool = Some((kept, file));
            }
        }
    }
    let body = match spool {
        Some((kept, mut file)) => {
            file.flush().await.map_err(spool_error)?;
            Body::File(kept)
        }
        None => Body::Memory(memory.freeze()),
    };
    Ok(Arrived { body, media_type: content.media_type, hash: hex::encode(hasher.finish()), size })
}

fn open_spool(settings: &SyncSettings) -> Result<(tempfile::NamedTempFile, tokio::fs::File), ConnectorError> {
    let kept = tempfile::Builder::new()
        .prefix("content-")
        .tempfile_in(&settings.spool_folder)
        .map_err(spool_error)?;
    let file = tokio::fs::File::from_std(kept.reopen().map_err(spool_error)?);
    Ok((kept, file))
}

fn too_large(limit: u64) -> Reason {
    let mebibytes = limit >> 20;
    Reason::new(
        "too_large",
        format!("the file is larger than {mebibytes} MiB, the most this server brings in"),
    )
}

fn spool_error(error: std::io::Error) -> ConnectorError {
    ConnectorError::new(
        "spool_failed",
        format!(
            "the content could not be kept while it was read ({error}); check the data folder and its disk"
        ),
        Disposition::RetryLater { after: None },
    )
}

fn our_fault(error: &ExtractError) -> ConnectorError {
    ConnectorError::new(error.code(), error.to_string(), Disposition::RetryLater { after: None })
}

#[cfg(test)]
mod tests {
    use gangway_model::{Note, Place, Section};

    use super::*;

    #[test]
    fn a_file_without_text_says_why() {
        let note = Note { place: Place::default(), reason: Reason::new("recognition_off", "a scan") };
        let scan = Document { notes: vec![note.clone()], ..Document::default() };
        assert_eq!(with_text(scan.clone(), 10).unwrap_err().reason.code, "recognition_off");
        assert_eq!(with_text(Document::default(), 10).unwrap_err().reason.code, NO_TEXT);
        assert!(with_text(Document::default(), 0).is_ok(), "an empty file is simply empty");
        let section = Section { text: "some text".to_owned(), ..Section::default() };
        assert!(with_text(Document { sections: vec![section], ..scan }, 10).is_ok());
        let partial = |count: usize, truncated| {
            left_out(&Document { notes: vec![note.clone(); count], truncated, ..Document::default() })
        };
        assert_eq!(partial(0, false), None);
        assert_eq!(partial(1, false).unwrap().message, "a scan");
        let said = partial(3, true).unwrap();
        assert_eq!(said.code, "text_incomplete");
        assert_eq!(said.message, "its text is longer than is kept and was cut; a scan; and 2 more");
        assert!(is_expected(&note.reason));
        assert!(!is_expected(&Reason::new("broken", "")));
    }
}
