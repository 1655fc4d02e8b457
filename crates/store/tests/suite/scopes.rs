//! Scopes: chosen, swept, taken apart.

use std::time::Duration;

use gangway_model::{ItemId, SyncMode};
use gangway_store::testing::each_backend;
use gangway_store::{DocumentChange, NewScope, NewTask, PageEffects, StoreError, fresh_blob_key};
use serde_json::json;

use crate::fixture::{World, blob_document, new_scope, orphans, start_job};

#[tokio::test]
async fn choosing_a_root_again_keeps_the_scope_and_changes_its_mode() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        store.set_scope_listed(&ann.scope.id, true).await.unwrap();
        let manual =
            NewScope { mode: SyncMode::Manual, ..new_scope(&ann.connection.id, &ann.collection, "root") };
        let again = store.upsert_scope(&manual).await.unwrap();
        assert_eq!(
            (again.id.clone(), again.mode, again.listed),
            (ann.scope.id.clone(), SyncMode::Manual, true)
        );
        let other =
            store.upsert_scope(&new_scope(&ann.connection.id, &ann.collection, "other")).await.unwrap();
        let roots = store.scope_roots(&ann.connection.id).await.unwrap();
        assert_eq!(roots, [(ann.scope.id.clone(), "root".into()), (other.id.clone(), "other".into())]);
        assert_eq!(store.list_scopes(Some(&ann.connection.id), None, false).await.unwrap().len(), 2);
        assert_eq!(store.list_scopes(None, Some(&ann.collection.id), false).await.unwrap().len(), 2);
        assert_eq!(store.find_scope(&other.id).await.unwrap(), Some(other));
    })
    .await;
}

#[tokio::test]
async fn a_listing_shows_what_it_did_not_see() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let items = [ann.item("a"), ann.item("b"), ann.item("c"), ann.item("d")];
        store.commit_page(&ann.page_of(&items)).await.unwrap();
        let second = start_job(store, &ann.user, &ann.connection, &ann.collection).await;
        let mut page = ann.page_of(&items[..1]);
        page.placements[0].seen_by = second.id.clone();
        store.commit_page(&page).await.unwrap();
        assert_eq!(store.count_placements(&ann.scope.id).await.unwrap(), 4);
        assert_eq!(store.count_unseen_placements(&ann.scope.id, &second.id).await.unwrap(), 3);
        let unseen = store.unseen_placements(&ann.scope.id, &second.id, None, 2).await.unwrap();
        assert_eq!(unseen, items[1..3]);
        let rest = store.unseen_placements(&ann.scope.id, &second.id, Some(&unseen[1].id), 2).await.unwrap();
        assert_eq!(rest, items[3..]);
    })
    .await;
}

#[tokio::test]
async fn taking_a_scope_apart_forgets_what_stands_nowhere_else() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let other =
            store.upsert_scope(&new_scope(&ann.connection.id, &ann.collection, "other")).await.unwrap();
        let (a, b) = (ann.item("a"), ann.item("b"));
        let mut page = ann.page_of(&[a.clone(), b.clone()]);
        let blob = fresh_blob_key("documents");
        page.items[0].document = DocumentChange::Put(blob_document(&blob));
        let mut shared = ann.placement(&b.id);
        shared.scope_id = other.id.clone();
        page.placements.push(shared);
        store.commit_page(&page).await.unwrap();
        let all = [a.id.clone(), b.id.clone()];

        // Nothing leaves a scope that is not being taken apart.
        assert!(store.remove_placements(&ann.scope.id, &all).await.unwrap().is_empty());
        assert!(!store.delete_scope(&ann.scope.id).await.unwrap());
        assert_eq!(store.forget_items(&all).await.unwrap(), 0);

        let task = NewTask::new("remove_scope", json!({}));
        store.start_scope_removal(&ann.scope.id, Some(&task)).await.unwrap();
        assert_eq!(store.count_tasks().await.unwrap(), (1, 0));
        assert_eq!(store.list_scopes(Some(&ann.connection.id), None, false).await.unwrap(), [other]);
        assert_eq!(store.list_scopes(Some(&ann.connection.id), None, true).await.unwrap().len(), 2);
        let placed: Vec<ItemId> = store.list_placements(&ann.scope.id, None, 10).await.unwrap();
        assert_eq!(placed, all);
        let alone = store.remove_placements(&ann.scope.id, &placed).await.unwrap();
        assert_eq!(alone, std::slice::from_ref(&a.id));
        // Again, as after a crash.
        assert_eq!(store.remove_placements(&ann.scope.id, &placed).await.unwrap(), alone);
        assert_eq!(store.items_without_placement(&ann.connection.id, None, 10).await.unwrap(), alone);
        assert_eq!(store.forget_items(&all).await.unwrap(), 1);
        assert_eq!(store.find_item(&a.id).await.unwrap(), None);
        assert_eq!(store.find_item(&b.id).await.unwrap(), Some(b));
        assert_eq!(orphans(&test).await, [blob]);
        assert!(store.delete_scope(&ann.scope.id).await.unwrap());
        assert!(!store.delete_scope(&ann.scope.id).await.unwrap());
        let gone = store.start_scope_removal(&ann.scope.id, None).await;
        assert!(matches!(gone, Err(StoreError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_scope_chosen_again_while_it_goes_stays() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let a = ann.item("a");
        store.commit_page(&ann.page_of(std::slice::from_ref(&a))).await.unwrap();
        store.set_scope_listed(&ann.scope.id, true).await.unwrap();
        store.start_scope_removal(&ann.scope.id, None).await.unwrap();
        test.clock.advance(Duration::from_secs(1));
        let again =
            store.upsert_scope(&new_scope(&ann.connection.id, &ann.collection, "root")).await.unwrap();
        assert_eq!((again.id.clone(), again.removing, again.listed), (ann.scope.id.clone(), false, false));
        assert!(store.remove_placements(&again.id, std::slice::from_ref(&a.id)).await.unwrap().is_empty());
        assert!(!store.delete_scope(&again.id).await.unwrap());
        assert_eq!(store.count_placements(&again.id).await.unwrap(), 1);
        let page = PageEffects { unplaced: vec![(again.id.clone(), a.id.clone())], ..PageEffects::default() };
        store.commit_page(&page).await.unwrap();
        assert_eq!(store.count_placements(&again.id).await.unwrap(), 0);
    })
    .await;
}
