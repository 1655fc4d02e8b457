//! The list of items whose vectors are to be made.

use std::time::Duration;

use gangway_model::ItemId;
use gangway_store::testing::each_backend;
use gangway_store::{DocumentChange, ItemUpsert, PageEffects, Store, ToEmbed, ToEmbedCounts};

use crate::fixture::World;

async fn listed(store: &Store) -> Vec<ToEmbed> {
    store.list_to_embed(10).await.unwrap()
}

fn ids(listed: &[ToEmbed]) -> Vec<&ItemId> {
    listed.iter().map(|one| &one.item_id).collect()
}

#[tokio::test]
async fn changed_documents_are_listed_in_their_order_and_only_where_that_is_asked() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let (a, b) = (ann.item("a"), ann.item("b"));
        store.commit_page(&ann.page_of(&[a.clone(), b.clone()])).await.unwrap();
        assert!(listed(store).await.is_empty(), "nobody asked");

        let page = PageEffects { to_embed: true, ..ann.page_of(std::slice::from_ref(&b)) };
        store.commit_page(&page).await.unwrap();
        test.clock.advance(Duration::from_secs(1));
        let mut page = PageEffects { to_embed: true, ..ann.page_of(std::slice::from_ref(&a)) };
        page.items[0].document = DocumentChange::Remove;
        store.commit_page(&page).await.unwrap();
        assert_eq!(ids(&listed(store).await), [&b.id, &a.id], "a document that goes is a change too");

        store.was_embedded(&listed(store).await).await.unwrap();
        let kept = vec![ItemUpsert::of(a)];
        store
            .commit_page(&PageEffects { items: kept, to_embed: true, ..PageEffects::default() })
            .await
            .unwrap();
        assert!(listed(store).await.is_empty(), "its document stayed as it was");
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_for_again_meanwhile_stays_on_the_list() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let page = PageEffects { to_embed: true, ..ann.page_of(&[ann.item("a"), ann.item("b")]) };
        store.commit_page(&page).await.unwrap();
        let read = listed(store).await;
        store.was_embedded(&read).await.unwrap();
        store.commit_page(&page).await.unwrap();
        store.was_embedded(&read).await.unwrap();
        store.was_not_embedded(&read[0], "too odd").await.unwrap();
        let counts = store.count_to_embed().await.unwrap();
        assert_eq!(counts, ToEmbedCounts { waiting: 2, refused: 0 }, "what was read before says nothing");

        let read = listed(store).await;
        store.was_not_embedded(&read[0], "too odd").await.unwrap();
        assert_eq!(store.count_to_embed().await.unwrap(), ToEmbedCounts { waiting: 1, refused: 1 });
        assert_eq!(listed(store).await, read[1..]);
        assert_eq!(store.ask_to_embed_all().await.unwrap(), 2);
        assert_eq!(store.count_to_embed().await.unwrap(), ToEmbedCounts { waiting: 2, refused: 0 });
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_leaves_the_list() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        store.commit_page(&ann.page_of(&[ann.item("a")])).await.unwrap();
        assert_eq!(store.ask_to_embed_all().await.unwrap(), 1);
        store.delete_connection(&ann.connection.id).await.unwrap();
        assert_eq!(store.count_to_embed().await.unwrap(), ToEmbedCounts::default());
    })
    .await;
}
