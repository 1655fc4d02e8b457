//! How a document lies in storage: JSON, deflated when that pays.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gangway_model::{Document, ItemId};
use gangway_store::{BlobError, Blobs, Reading, Store, StoreError, StoredDocument, fresh_blob_key};

use crate::context::Rooms;
use crate::stop::Stop;

/// A stored document up to this many bytes lies in its row, a larger one in the blob store.
const IN_ROW: usize = 64 << 10;
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// Below this, deflating costs more than it saves.
const DEFLATE_FROM: usize = 1024;
/// No document is larger when inflated; the extractor cuts text long before.
const LARGEST: u64 = 256 << 20;

/// The bytes of a document as rows and blobs hold them.
pub fn encode_document(document: &Document) -> Vec<u8> {
    let json = serde_json::to_vec(document).expect("a document always has a JSON form");
    if json.len() < DEFLATE_FROM {
        return [&[PLAIN], json.as_slice()].concat();
    }
    let mut encoder = DeflateEncoder::new(vec![DEFLATED], Compression::fast());
    encoder.write_all(&json).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

/// Puts a document where it will lie: in the row when it is small, else in the blob store.
pub async fn store_document(
    rooms: &Rooms,
    document: &Document,
    reading: Option<Reading>,
) -> Result<StoredDocument, Stop> {
    store_encoded(rooms, encode_document(document).into(), document.text_len() as u64, reading).await
}

/// The same for a document that is encoded already.
pub async fn store_encoded(
    rooms: &Rooms,
    body: Bytes,
    text_bytes: u64,
    reading: Option<Reading>,
) -> Result<StoredDocument, Stop> {
    if body.len() <= IN_ROW {
        return Ok(StoredDocument { body: Some(body), blob_key: None, text_bytes, reading });
    }
    let key = fresh_blob_key("documents");
    rooms.store.announce_blobs(std::slice::from_ref(&key)).await?;
    rooms.blobs.put(&key, body).await?;
    Ok(StoredDocument { body: None, blob_key: Some(key), text_bytes, reading })
}

/// The document behind stored bytes; `None` when they are not one (damaged storage).
pub fn decode_document(stored: &[u8]) -> Option<Document> {
    let (&format, body) = stored.split_first()?;
    match format {
        PLAIN => serde_json::from_slice(body).ok(),
        DEFLATED => {
            serde_json::from_reader(std::io::BufReader::new(DeflateDecoder::new(body).take(LARGEST))).ok()
        }
        _ => None,
    }
}

/// An item's document from storage; `None` when it has none, or when what lies there cannot be read.
pub async fn find_document<E: From<StoreError> + From<BlobError>>(
    store: &Store,
    blobs: &Blobs,
    item: &ItemId,
) -> Result<Option<Document>, E> {
    let Some(stored) = store.document(item).await? else { return Ok(None) };
    Ok(load_stored::<E>(blobs, stored).await?.map(|(document, _)| document))
}

/// The same of the engine's own rooms.
pub async fn load_document(rooms: &Rooms, item: &ItemId) -> Result<Option<Document>, Stop> {
    find_document(&rooms.store, &rooms.blobs, item).await
}

/// A stored document and its encoded form; `None` when it cannot be read.
pub async fn load_stored<E: From<BlobError>>(
    blobs: &Blobs,
    stored: StoredDocument,
) -> Result<Option<(Document, Bytes)>, E> {
    let Some(body) = load_body::<E>(blobs, stored).await? else { return Ok(None) };
    Ok(decode_document(&body).map(|document| (document, body)))
}

/// What a document is stored as, wherever it lies; `None` when it is not there.
pub async fn load_body<E: From<BlobError>>(
    blobs: &Blobs,
    stored: StoredDocument,
) -> Result<Option<Bytes>, E> {
    match (stored.body, stored.blob_key) {
        (Some(body), _) => Ok(Some(body)),
        (None, Some(key)) => match blobs.get(&key).await {
            Ok(body) => Ok(Some(body)),
            Err(BlobError::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        },
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::Section;

    use super::*;

    #[test]
    fn documents_survive_storage() {
        for length in [0, 10, 100_000] {
            let section = Section { text: "gängway ".repeat(length), ..Section::default() };
            let document = Document { sections: vec![section], ..Document::default() };
            let stored = encode_document(&document);
            assert_eq!(decode_document(&stored), Some(document));
            assert!(length < 100_000 || stored.len() < 100_000, "long text is deflated");
        }
        assert_eq!(decode_document(b""), None);
        assert_eq!(decode_document(&[7, 1, 2]), None);
    }
}
