//! How a document lies in storage: JSON, deflated when that pays.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gangway_model::{Document, ItemId};
use gangway_store::{BlobError, Blobs, Store, StoreError, StoredDocument};

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
