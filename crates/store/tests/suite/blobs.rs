//! Blobs in a folder.

use bytes::Bytes;
use futures::TryStreamExt;
use gangway_store::{BlobError, Blobs, fresh_blob_key};

async fn open() -> (tempfile::TempDir, Blobs) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open_folder(&folder.path().join("blobs")).await.unwrap();
    (folder, blobs)
}

/// Every file below a folder, by name.
fn files(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => names.extend(files(&entry.path())),
            false => names.push(entry.file_name().to_string_lossy().into_owned()),
        }
    }
    names
}

#[tokio::test]
async fn what_is_put_can_be_had_in_whole_in_part_and_in_pieces() {
    let (_folder, blobs) = open().await;
    let key = fresh_blob_key("documents");
    assert!(!blobs.exists(&key).await.unwrap());
    assert!(matches!(blobs.get(&key).await, Err(BlobError::NotFound)));
    blobs.put(&key, "hello world").await.unwrap();
    assert!(blobs.exists(&key).await.unwrap());
    assert_eq!(blobs.get(&key).await.unwrap(), "hello world");
    assert_eq!(blobs.get_range(&key, 6..11).await.unwrap(), "world");
    assert_eq!(blobs.get_range(&key, 6..99).await.unwrap(), "world");
    let (length, pieces) = blobs.read_stream(&key).await.unwrap();
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!((length, pieces.concat()), (11, b"hello world".to_vec()));
    blobs.put(&key, "second").await.unwrap();
    assert_eq!(blobs.get(&key).await.unwrap(), "second");
    blobs.delete(&key).await.unwrap();
    blobs.delete(&key).await.unwrap();
    assert!(!blobs.exists(&key).await.unwrap());
}

#[tokio::test]
async fn a_stream_appears_when_it_is_finished_and_not_before() {
    let (folder, blobs) = open().await;
    let key = fresh_blob_key("originals");
    let piece = Bytes::from(vec![7; 3 << 20]);
    let mut writer = blobs.writer(&key, 20 << 20).await.unwrap();
    for _ in 0..5 {
        writer.write(piece.clone()).await.unwrap();
    }
    assert!(!blobs.exists(&key).await.unwrap());
    assert_eq!(writer.finish().await.unwrap(), 15 << 20);
    assert_eq!(blobs.get(&key).await.unwrap().len(), 15 << 20);
    assert_eq!(files(folder.path()).len(), 1);
    let empty = fresh_blob_key("originals");
    assert_eq!(blobs.writer(&empty, 10).await.unwrap().finish().await.unwrap(), 0);
    assert!(blobs.get(&empty).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stream_past_its_limit_or_given_up_leaves_nothing() {
    let (folder, blobs) = open().await;
    let key = fresh_blob_key("originals");
    let mut writer = blobs.writer(&key, 10).await.unwrap();
    writer.write(Bytes::from_static(b"0123456789")).await.unwrap();
    let over = writer.write(Bytes::from_static(b"x")).await;
    assert!(matches!(over, Err(BlobError::TooLarge { limit: 10 })));
    writer.abort().await.unwrap();
    assert!(!blobs.exists(&key).await.unwrap());
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn what_an_interrupted_writer_left_is_gone_after_the_next_start() {
    let (folder, blobs) = open().await;
    blobs.put("documents/aa/kept", "kept").await.unwrap();
    let below = folder.path().join("blobs/documents/aa");
    std::fs::write(below.join("half#1"), "half").unwrap();
    let again = Blobs::open_folder(&folder.path().join("blobs")).await.unwrap();
    assert_eq!(files(folder.path()), ["kept"]);
    assert_eq!(again.get("documents/aa/kept").await.unwrap(), "kept");
}

#[tokio::test]
async fn keys_are_ours_and_lead_nowhere_else() {
    let (_folder, blobs) = open().await;
    for key in ["", "../escape", "a/../../b", "/etc/passwd", "a//b", "with space", "caf\u{e9}", "a#1", "a\0b"]
    {
        assert!(matches!(blobs.put(key, "x").await, Err(BlobError::Key)), "{key:?}");
    }
    assert_ne!(fresh_blob_key("documents"), fresh_blob_key("documents"));
}
