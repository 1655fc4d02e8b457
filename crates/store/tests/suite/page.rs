//! Pages: what one writes.

use std::time::Duration;

use gangway_model::{ItemId, ItemState, Outcome, Reason};
use gangway_store::testing::each_backend;
use gangway_store::{
    CommittedPage, DocumentChange, Gone, ItemUpsert, Original, PageEffects, StoreError, fresh_blob_key,
};

use crate::fixture::{World, blob_document, document, item, orphans, outcome, provider_ids};

#[tokio::test]
async fn every_field_comes_back_as_it_was_written() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let mut full = ann.item("full");
        full.target_id = Some("target".into());
        full.feed = Some("drive:1".into());
        full.size = Some(u64::from(u32::MAX) + 1);
        full.name = "a/b \u{1f4c1} “c”".to_owned();
        full.state = ItemState::NameOnly;
        full.reason = Some(Reason::new("no_text", "a video has no text"));
        let mut empty = ann.item("empty");
        (empty.parent_id, empty.size, empty.modified_at, empty.url) = (None, None, None, None);
        (empty.revision, empty.content_hash, empty.synced_at) = (None, None, None);
        let answer = test.store.commit_page(&ann.page_of(&[full.clone(), empty.clone()])).await.unwrap();
        assert_eq!(answer, CommittedPage::default());
        assert_eq!(test.store.find_item(&full.id).await.unwrap(), Some(full.clone()));
        assert_eq!(test.store.find_item(&empty.id).await.unwrap(), Some(empty.clone()));
        assert_eq!(test.store.document(&full.id).await.unwrap(), Some(document("some text")));
        let found = test.store.find_links_to(&ann.connection.id, &provider_ids(&["target"])).await.unwrap();
        assert_eq!(found, [full]);
        let children = test.store.children(&ann.connection.id, &"root".into(), None, 10).await.unwrap();
        assert_eq!(children.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn large_pages_of_any_length_are_written_whole() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let items: Vec<_> = (0..233).map(|number| ann.item(&format!("file {number:04}"))).collect();
        test.store.commit_page(&ann.page_of(&items)).await.unwrap();
        assert_eq!(test.store.count_placements(&ann.scope.id).await.unwrap(), 233);
        let ids: Vec<ItemId> = items.iter().map(|item| item.id.clone()).collect();
        let mut found = test.store.find_items(&ids).await.unwrap();
        found.sort_by(|one, other| one.provider_id.cmp(&other.provider_id));
        assert_eq!(found, items);
        let wanted: Vec<_> = items.iter().map(|item| item.provider_id.clone()).collect();
        let found = test.store.find_items_by_provider_ids(&ann.connection.id, &wanted).await.unwrap();
        assert_eq!(found.len(), 233);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_there_keeps_its_id_and_placements_follow_it() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let first = ann.item("a");
        test.store.commit_page(&ann.page_of(std::slice::from_ref(&first))).await.unwrap();
        let mut second = ann.item("a");
        second.name = "renamed".to_owned();
        let mut page = ann.page_of(std::slice::from_ref(&second));
        page.items[0].document = DocumentChange::Put(document("new text"));
        let answer = test.store.commit_page(&page).await.unwrap();
        assert_eq!(answer.renamed, [(second.id.clone(), first.id.clone())]);
        assert!(answer.stale.is_empty());
        assert_eq!(test.store.find_item(&second.id).await.unwrap(), None);
        assert_eq!(test.store.find_item(&first.id).await.unwrap().unwrap().name, "renamed");
        assert_eq!(test.store.document(&first.id).await.unwrap(), Some(document("new text")));
        let placed = test.store.list_placements(&ann.scope.id, None, 10).await.unwrap();
        assert_eq!(placed, std::slice::from_ref(&first.id));
        // And it can be taken out under the id it was given.
        let mut page = PageEffects { items: page.items, ..PageEffects::default() };
        page.unplaced.push((ann.scope.id.clone(), second.id));
        test.store.commit_page(&page).await.unwrap();
        assert_eq!(test.store.count_placements(&ann.scope.id).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn two_jobs_that_bring_the_same_files_at_once_agree_on_their_ids() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let pages: Vec<_> = (0..4)
            .map(|number| {
                let mut items: Vec<_> = (0..40).map(|file| ann.item(&format!("file {file}"))).collect();
                items.rotate_left(number * 10);
                ann.page_of(&items)
            })
            .collect();
        let commits = pages.iter().map(|page| test.store.commit_page(page));
        futures::future::try_join_all(commits).await.unwrap();
        assert_eq!(test.store.count_placements(&ann.scope.id).await.unwrap(), 40);
        assert!(test.store.items_without_placement(&ann.connection.id, None, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn of_a_file_named_twice_the_later_observation_counts() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let old = ann.item("a");
        let new = item(&ann.connection.id, "a", ann.now + Duration::from_secs(1));
        test.store.commit_page(&ann.page_of(&[new.clone(), old])).await.unwrap();
        let found =
            test.store.find_items_by_provider_ids(&ann.connection.id, &provider_ids(&["a"])).await.unwrap();
        assert_eq!(found, [new]);
    })
    .await;
}

#[tokio::test]
async fn what_is_gone_leaves_a_tombstone_and_its_blobs_to_the_orphans() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let (a, b) = (ann.item("a"), ann.item("b"));
        let mut page = ann.page_of(&[a.clone(), b.clone()]);
        let (text, bytes) = (fresh_blob_key("documents"), fresh_blob_key("originals"));
        page.items[0].document = DocumentChange::Put(blob_document(&text));
        page.items[0].original = Some(Original { blob_key: bytes.clone(), size: 9 });
        store.commit_page(&page).await.unwrap();
        assert!(orphans(&test).await.is_empty());

        let later = ann.now + Duration::from_secs(1);
        let gone = PageEffects {
            job: Some(ann.job.id.clone()),
            gone: vec![Gone { item_id: a.id.clone(), observed_at: later }],
            outcomes: vec![outcome("a", Outcome::Removed, later)],
            ..PageEffects::default()
        };
        store.commit_page(&gone).await.unwrap();
        let tombstone = store.find_item(&a.id).await.unwrap().unwrap();
        assert_eq!((tombstone.state, tombstone.observed_at), (ItemState::Gone, later));
        assert_eq!((tombstone.revision, tombstone.content_hash), (None, None));
        assert_eq!(store.document(&a.id).await.unwrap(), None);
        assert_eq!(store.original(&a.id).await.unwrap(), None);
        assert_eq!(orphans(&test).await, {
            let mut keys = [text, bytes];
            keys.sort();
            keys
        });
        assert_eq!(
            store.list_placements(&ann.scope.id, None, 10).await.unwrap(),
            std::slice::from_ref(&b.id)
        );
        let children = store.children(&ann.connection.id, &"root".into(), None, 10).await.unwrap();
        assert_eq!(children, [b]);
    })
    .await;
}

#[tokio::test]
async fn a_replaced_or_removed_document_hands_its_blob_to_the_orphans() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let a = ann.item("a");
        let keys: Vec<String> = (0..3).map(|_| fresh_blob_key("documents")).collect();
        let put = |key: &str| PageEffects {
            items: vec![ItemUpsert::with_document(a.clone(), blob_document(key))],
            ..PageEffects::default()
        };
        store.announce_blobs(&keys).await.unwrap();
        assert_eq!(orphans(&test).await.len(), 3);
        store.commit_page(&put(&keys[0])).await.unwrap();
        store.commit_page(&put(&keys[0])).await.unwrap();
        store.commit_page(&put(&keys[1])).await.unwrap();
        let mut expected = vec![keys[0].clone(), keys[2].clone()];
        expected.sort();
        assert_eq!(orphans(&test).await, expected);
        // Metadata alone leaves the document as it is.
        let page = PageEffects { items: vec![ItemUpsert::of(a.clone())], ..PageEffects::default() };
        store.commit_page(&page).await.unwrap();
        assert_eq!(store.document(&a.id).await.unwrap(), Some(blob_document(&keys[1])));
        let mut page = page;
        page.items[0].document = DocumentChange::Remove;
        store.commit_page(&page).await.unwrap();
        assert_eq!(store.document(&a.id).await.unwrap(), None);
        assert_eq!(orphans(&test).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_item_of_nobody_is_refused() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let page = PageEffects {
            items: vec![ItemUpsert::of(item(&"nowhere".into(), "a", ann.now))],
            ..PageEffects::default()
        };
        assert!(matches!(test.store.commit_page(&page).await, Err(StoreError::Conflict { .. })));
        let page = PageEffects { placements: vec![ann.placement(&"none".into())], ..PageEffects::default() };
        assert!(matches!(test.store.commit_page(&page).await, Err(StoreError::Conflict { .. })));
    })
    .await;
}
