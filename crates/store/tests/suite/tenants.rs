//! One tenant never reaches another's rows.

use std::time::Duration;

use gangway_model::{JobStatus, ProviderItemId};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{CollectionChange, NewPickerSession, NewSyncJob, NewTask, Original, Paging, StoreError};
use serde_json::json;

use crate::fixture::World;

fn foreign<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
}

/// Two worlds of the same shape, with a file each under the same provider id.
async fn two(test: &TestStore) -> (World, World) {
    let (ann, bob) = (World::make(test, "ann").await, World::make(test, "bob").await);
    for world in [&ann, &bob] {
        test.store.commit_page(&world.page_of(&[world.item("same")])).await.unwrap();
    }
    (ann, bob)
}

async fn item_id(test: &TestStore, world: &World) -> gangway_model::ItemId {
    let id = ProviderItemId::from("same");
    test.store.find_item_by_provider_id(&world.connection.id, &id).await.unwrap().unwrap().id
}

#[tokio::test]
async fn single_rows_of_others_are_not_found() {
    each_backend(|test| async move {
        let (ann, bob) = two(&test).await;
        let (store, me) = (&test.store, &bob.user.id);
        let item = item_id(&test, &ann).await;
        let original = Original { blob_key: "originals/aa/1".into(), size: 3 };
        store.create_original(&item, &original).await.unwrap();
        let session = NewPickerSession {
            user_id: ann.user.id.clone(),
            connection_id: ann.connection.id.clone(),
            key_hash: "hash".into(),
            options: json!({}),
            expires_at: ann.now + Duration::from_secs(60),
        };
        let session = store.create_picker_session(&session).await.unwrap();

        foreign(store.get_connection(me, &ann.connection.id).await);
        foreign(store.get_visible_collection(me, &ann.collection.id).await);
        foreign(store.get_item(me, &item).await);
        foreign(store.get_original(me, &item).await);
        foreign(store.get_job(me, &ann.job.id).await);
        foreign(store.get_picker_session(me, &session.id).await);

        let owner = &ann.user.id;
        store.get_connection(owner, &ann.connection.id).await.unwrap();
        store.get_visible_collection(owner, &ann.collection.id).await.unwrap();
        store.get_item(owner, &item).await.unwrap();
        assert_eq!(store.get_original(owner, &item).await.unwrap(), original);
        store.get_job(owner, &ann.job.id).await.unwrap();
        store.get_picker_session(owner, &session.id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn lists_hold_only_ones_own() {
    each_backend(|test| async move {
        let (ann, bob) = two(&test).await;
        let (store, me, all) = (&test.store, &bob.user.id, Paging::first(100));
        store.create_token(&ann.user.id, "hash", None, None).await.unwrap();
        assert!(store.list_tokens(me).await.unwrap().is_empty());
        let mine = store.find_connections(me, None).await.unwrap();
        assert_eq!(mine, vec![bob.connection.clone()]);
        let mine = store.list_collections(me, &all).await.unwrap().rows;
        assert_eq!(mine, vec![bob.collection.clone()]);
        assert_eq!(store.list_visible_collection_ids(me).await.unwrap(), vec![bob.collection.id.clone()]);
        let mine = store.list_jobs(me, None, &all).await.unwrap().rows;
        assert_eq!(mine.iter().map(|job| &job.id).collect::<Vec<_>>(), [&bob.job.id]);
        assert!(store.list_jobs(me, Some(&ann.connection.id), &all).await.unwrap().rows.is_empty());
        foreign(store.list_job_files(me, &ann.job.id, None, &all).await);
    })
    .await;
}

#[tokio::test]
async fn deeds_on_others_rows_change_nothing() {
    each_backend(|test| async move {
        let (ann, bob) = two(&test).await;
        let (store, me) = (&test.store, &bob.user.id);
        let task = NewTask::new("anything", json!({}));
        let token = store.create_token(&ann.user.id, "hash", None, None).await.unwrap();
        foreign(store.delete_token(me, &token).await);
        foreign(store.start_disconnect(me, &ann.connection.id, &task).await);
        let change = CollectionChange { name: Some("mine".into()), ..CollectionChange::default() };
        foreign(store.update_collection(me, &ann.collection.id, &change).await);
        foreign(store.start_collection_deletion(me, &ann.collection.id, &task).await);
        foreign(store.request_cancel(me, &ann.job.id).await);
        let job = NewSyncJob {
            id: gangway_model::SyncJobId::fresh(),
            user_id: me.clone(),
            connection_id: ann.connection.id.clone(),
            connector_id: "google_drive".into(),
            collection_id: None,
            mode: gangway_model::SyncMode::Manual,
            roots: vec![],
            allow_mass_removal: false,
            by_engine: false,
        };
        let refused = store.create_job(&job, Some(&task)).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })));

        assert_eq!(store.count_tasks().await.unwrap(), (0, 0));
        assert_eq!(store.get_connection(&ann.user.id, &ann.connection.id).await.unwrap(), ann.connection);
        assert_eq!(
            store.get_visible_collection(&ann.user.id, &ann.collection.id).await.unwrap(),
            ann.collection
        );
        let job = store.get_job(&ann.user.id, &ann.job.id).await.unwrap();
        assert_eq!((job.status, job.cancel_requested), (JobStatus::Pending, false));
        assert_eq!(store.list_tokens(&ann.user.id).await.unwrap().len(), 1);
    })
    .await;
}
