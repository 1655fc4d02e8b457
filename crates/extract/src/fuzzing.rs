//! What holds for any bytes whatsoever, as functions that panic when it does not: for the proptests beside this, and for
//! the fuzz targets.

use bytes::Bytes;
use gangway_model::Document;

use crate::ligatures::turned;
use crate::media_type::{Reader, detect_media_type};
use crate::protocol::{receive_greeting, receive_job, receive_reply};
use crate::read_text::read_text;
use crate::text::{clean, decode};
use crate::worker::{Members, look_into, rewritten};
use crate::{ChunkOptions, chunk};

const CHARSETS: [Option<&str>; 7] =
    [None, Some("utf-8"), Some("utf-16"), Some("shift_jis"), Some("iso-2022-jp"), Some("x"), Some("")];
const READERS: [Reader; 6] =
    [Reader::Plain, Reader::Markdown, Reader::Rows, Reader::ContentLines, Reader::Notebook, Reader::Json];

/// Text in any encoding is decoded and cleaned once and for all, and every reader of text keeps its limit.
pub fn text(bytes: &[u8], which: usize, limit: usize) {
    let limit = limit.max(1);
    let charset = CHARSETS[which % CHARSETS.len()];
    for cut in [true, false] {
        let text = decode(bytes, charset, cut);
        assert!(!cut || text.len() <= bytes.len().saturating_mul(3));
        let once = clean(&text);
        assert_eq!(clean(&once), once);
        assert!(once.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
    }
    for reader in READERS {
        let document = read_text(Bytes::copy_from_slice(bytes), false, reader, None, limit);
        assert!(is_clean(&document), "{document:?}");
        assert!(document.text_len() <= limit);
        let pieces = chunk(&document, &ChunkOptions { target_chars: 40, max_chars: 80 });
        assert!(pieces.iter().all(|piece| !piece.text.trim().is_empty()));
    }
}

fn is_clean(document: &Document) -> bool {
    document.sections.iter().all(|one| !one.text.is_empty() && clean(&one.text) == one.text)
}

/// Every file has a type, always the same, and every container a content.
pub fn container(bytes: &[u8], name: &str, declared: &str) {
    let media_type = detect_media_type(bytes, name, declared);
    assert!(!media_type.contains(char::is_uppercase));
    assert_eq!(detect_media_type(bytes, name, declared), media_type);
    look_into(bytes, &media_type);
}

/// Every tape archive comes to an end, and no member is larger than there is room for.
pub fn archive(bytes: &[u8], room: u64) {
    let mut members = Members::new(bytes);
    let mut count = 0;
    while let Some(member) = members.next(room) {
        assert!(member.bytes.as_ref().map_or(0, Vec::len) as u64 <= room);
        count += 1;
    }
    assert!(count <= bytes.len() / 512 + 1);
}

/// Whatever is rewritten for the library comes to an end: RTF grows by what is written into it, Word documents and PDF not at
/// all, and what is packed is an archive.
pub fn rewriting(bytes: &[u8]) {
    let [levelled, marked, packed] = rewritten(bytes);
    let written = levelled.windows(13).filter(|window| window == b"\\outlinelevel").count();
    assert!(levelled.len() >= bytes.len() && levelled.len() <= bytes.len() + written * 14);
    assert_eq!(marked.len(), bytes.len());
    assert!(packed.is_empty() || packed.starts_with(b"PK"));
    assert!(turned(bytes).is_none_or(|turned| turned.len() == bytes.len()));
}

/// Whatever comes over the pipe between server and worker is a message or an error.
pub fn messages(bytes: &[u8]) {
    let _ = receive_job(&mut &*bytes);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime needs nothing");
    runtime.block_on(async {
        let _ = receive_greeting(&mut &*bytes).await;
        let _ = receive_reply(&mut &*bytes, 1 << 20).await;
    });
}
