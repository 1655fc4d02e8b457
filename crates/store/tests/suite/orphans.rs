//! Blobs never stay behind without anybody knowing of them.

use std::time::Duration;

use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{DocumentChange, Original, fresh_blob_key};

use crate::fixture::{World, blob_document, orphans};

/// Brings in a file whose document and bytes are blobs; their keys, sorted.
async fn with_blobs(test: &TestStore, world: &World) -> Vec<String> {
    let mut keys = vec![fresh_blob_key("documents"), fresh_blob_key("originals")];
    let mut page = world.page_of(&[world.item("a"), world.item("b")]);
    page.items[0].document = DocumentChange::Put(blob_document(&keys[0]));
    page.items[0].original = Some(Original { blob_key: keys[1].clone(), size: 5 });
    test.store.announce_blobs(&keys).await.unwrap();
    test.store.commit_page(&page).await.unwrap();
    assert!(orphans(test).await.is_empty(), "announced blobs are adopted by the page");
    keys.sort();
    keys
}

#[tokio::test]
async fn deleting_a_connection_orphans_its_blobs_and_no_others() {
    each_backend(|test| async move {
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let keys = with_blobs(&test, &ann).await;
        with_blobs(&test, &bob).await;
        test.store.delete_connection(&ann.connection.id).await.unwrap();
        assert_eq!(orphans(&test).await, keys);
        for key in &keys {
            test.store.forget_orphaned_blob(key).await.unwrap();
        }
        assert!(orphans(&test).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn deleting_a_user_orphans_their_blobs_and_no_others() {
    each_backend(|test| async move {
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let keys = with_blobs(&test, &ann).await;
        with_blobs(&test, &bob).await;
        test.store.delete_user(&ann.user.id).await.unwrap();
        assert_eq!(orphans(&test).await, keys);
    })
    .await;
}

#[tokio::test]
async fn a_blob_that_a_row_points_at_is_never_listed() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let keys = with_blobs(&test, &ann).await;
        // Announced once more by a writer that then died.
        test.store.announce_blobs(&keys).await.unwrap();
        assert!(orphans(&test).await.is_empty());
        let fresh = vec![fresh_blob_key("documents")];
        test.store.announce_blobs(&fresh).await.unwrap();
        assert!(test.store.list_orphaned_blobs(ann.now, 10).await.unwrap().is_empty(), "too young");
        assert_eq!(
            test.store.list_orphaned_blobs(ann.now + Duration::from_secs(1), 10).await.unwrap(),
            fresh
        );
    })
    .await;
}

#[tokio::test]
async fn replaced_bytes_are_orphaned() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let a = ann.item("a");
        test.store.commit_page(&ann.page_of(std::slice::from_ref(&a))).await.unwrap();
        let original = |key: &str| Original { blob_key: key.to_owned(), size: 1 };
        test.store.create_original(&a.id, &original("originals/aa/1")).await.unwrap();
        test.store.create_original(&a.id, &original("originals/aa/1")).await.unwrap();
        assert!(orphans(&test).await.is_empty());
        test.store.create_original(&a.id, &original("originals/aa/2")).await.unwrap();
        assert_eq!(orphans(&test).await, ["originals/aa/1"]);
        assert_eq!(test.store.original(&a.id).await.unwrap(), Some(original("originals/aa/2")));
    })
    .await;
}
