//! Collections: who sees them, what stands in them.

use gangway_model::{Access, ItemState, Plan};
use gangway_store::testing::each_backend;
use gangway_store::{CollectionChange, ItemFilter, NewTask, NewUser, Paging, StoreError};
use serde_json::json;

use crate::fixture::{World, collect, new_scope, new_user};

#[tokio::test]
async fn an_org_collection_is_seen_by_the_organisation_and_nobody_else() {
    each_backend(|test| async move {
        let store = &test.store;
        let acme = store.create_organization("Acme", Plan::Pro).await.unwrap();
        let other = store.create_organization("Other", Plan::Pro).await.unwrap();
        let in_org = |name: &str, org: &gangway_model::OrganizationId| NewUser {
            organization_id: Some(org.clone()),
            ..new_user(name)
        };
        let ann = store.create_user(&in_org("ann", &acme.id)).await.unwrap();
        let bob = store.create_user(&in_org("bob", &acme.id)).await.unwrap();
        let eve = store.create_user(&in_org("eve", &other.id)).await.unwrap();
        let lone = store.create_user(&new_user("lone")).await.unwrap();
        let shared = collect(store, &ann, "shared").await;
        assert_eq!(shared.organization_id, Some(acme.id));
        let hidden = store.get_visible_collection(&bob.id, &shared.id).await;
        assert!(matches!(hidden, Err(StoreError::NotFound)));

        let open = CollectionChange { access: Some(Access::Org), ..CollectionChange::default() };
        let foreign = store.update_collection(&bob.id, &shared.id, &open).await;
        assert!(matches!(foreign, Err(StoreError::NotFound)));
        let shared = store.update_collection(&ann.id, &shared.id, &open).await.unwrap();
        assert_eq!(store.get_visible_collection(&bob.id, &shared.id).await.unwrap(), shared);
        assert_eq!(store.list_shared_collection_ids(&bob.id).await.unwrap(), vec![shared.id.clone()]);
        assert!(store.list_shared_collection_ids(&ann.id).await.unwrap().is_empty());
        assert_eq!(store.list_visible_collection_ids(&ann.id).await.unwrap(), vec![shared.id.clone()]);
        for stranger in [&eve, &lone] {
            let seen = store.get_visible_collection(&stranger.id, &shared.id).await;
            assert!(matches!(seen, Err(StoreError::NotFound)));
            assert!(store.list_collections(&stranger.id, &Paging::first(10)).await.unwrap().rows.is_empty());
        }
        // A user without organisation shares with nobody, above all not with others without one.
        let private = collect(store, &lone, "lone").await;
        store.update_collection(&lone.id, &private.id, &open).await.unwrap();
        let second = store.create_user(&new_user("second")).await.unwrap();
        let seen = store.get_visible_collection(&second.id, &private.id).await;
        assert!(matches!(seen, Err(StoreError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn files_are_counted_once_and_listed_once_however_often_they_are_placed() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let second =
            store.upsert_scope(&new_scope(&ann.connection.id, &ann.collection, "folder")).await.unwrap();
        let (a, mut b) = (ann.item("a"), ann.item("b"));
        b.state = ItemState::Failed;
        let mut page = ann.page_of(&[a.clone(), b.clone()]);
        let mut twice = ann.placement(&a.id);
        twice.scope_id = second.id.clone();
        page.placements.push(twice);
        store.commit_page(&page).await.unwrap();

        let stats = store.collection_stats(&ann.collection.id).await.unwrap();
        assert_eq!((stats.items, stats.bytes, stats.failed), (2, 20, 1));
        assert_eq!(stats.last_synced_at, Some(ann.now));
        let filter = ItemFilter::of_collection(&ann.collection.id);
        let listed = store.list_items(&filter, &Paging::first(10)).await.unwrap();
        assert_eq!(listed.rows, [a.clone(), b.clone()]);
        let failed =
            store.list_items(&filter.clone().in_state(ItemState::Failed), &Paging::first(10)).await.unwrap();
        assert_eq!(failed.rows, vec![b.clone()]);
        let found = store.item_collections(&[a.id.clone(), b.id.clone(), "none".into()]).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[&a.id], vec![ann.collection.id.clone()]);

        // The first scope goes: what also stands in the other one stays.
        store.start_scope_removal(&ann.scope.id, None).await.unwrap();
        let listed = store.list_items(&filter, &Paging::first(10)).await.unwrap();
        assert_eq!(listed.rows, vec![a.clone()]);
        assert_eq!(store.collection_stats(&ann.collection.id).await.unwrap().items, 1);
        assert!(!store.item_collections(std::slice::from_ref(&b.id)).await.unwrap().contains_key(&b.id));
    })
    .await;
}

#[tokio::test]
async fn duplicates_are_found_by_content_within_a_collection() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let other = collect(store, &ann.user, "other").await;
        let a = ann.item("a");
        store.commit_page(&ann.page_of(std::slice::from_ref(&a))).await.unwrap();
        let find =
            |collection, hash| store.find_item_by_hash_in_collection(&ann.connection.id, collection, hash);
        assert_eq!(find(&ann.collection.id, "hash of a").await.unwrap().map(|item| item.id), Some(a.id));
        assert_eq!(find(&ann.collection.id, "hash of b").await.unwrap(), None);
        assert_eq!(find(&other.id, "hash of a").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_collection_being_deleted_is_seen_by_nobody() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let a = ann.item("a");
        store.commit_page(&ann.page_of(std::slice::from_ref(&a))).await.unwrap();
        let id = &ann.collection.id;
        let task = NewTask::new("remove_collection", json!({ "collection": id.as_str() }));
        store.start_collection_deletion(&ann.user.id, id, &task).await.unwrap();
        let twice = store.start_collection_deletion(&ann.user.id, id, &task).await;
        assert!(matches!(twice, Err(StoreError::NotFound)));
        let seen = store.get_visible_collection(&ann.user.id, id).await;
        assert!(matches!(seen, Err(StoreError::NotFound)));
        assert!(store.item_collections(std::slice::from_ref(&a.id)).await.unwrap().is_empty());
        let scope = store.upsert_scope(&new_scope(&ann.connection.id, &ann.collection, "again")).await;
        assert!(matches!(scope, Err(StoreError::Conflict { .. })));
        assert!(store.find_collection(id).await.unwrap().is_some());
        store.delete_collection(id).await.unwrap();
        assert_eq!(store.items_without_placement(&ann.connection.id, None, 10).await.unwrap(), [a.id]);
    })
    .await;
}
