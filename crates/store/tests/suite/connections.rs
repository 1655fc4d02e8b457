//! Connections.

use std::time::Duration;

use gangway_effects::Clock;
use gangway_model::{Account, ConnectionState, SyncMode};
use gangway_store::testing::each_backend;
use gangway_store::{NewConnection, NewScope, NewTask, StoreError};
use serde_json::json;

use crate::fixture::{World, connect, new_scope};
use crate::grants::grant;

#[tokio::test]
async fn a_reconnect_keeps_the_id_and_learns_the_new_address() {
    each_backend(|test| async move {
        let World { user, connection, .. } = World::make(&test, "ann").await;
        let account = Account {
            id: "ann".into(),
            email: Some("new@example.com".into()),
            name: Some("Ann".into()),
            workspace: None,
        };
        let new = NewConnection { user_id: user.id.clone(), connector_id: "google_drive".into(), account };
        let again = test.store.upsert_connection(&new).await.unwrap();
        assert_eq!(again.id, connection.id);
        assert_eq!(again.account.email.as_deref(), Some("new@example.com"));
        assert_eq!(again.state, ConnectionState::Active);
        test.clock.advance(Duration::from_secs(5));
        let second = connect(&test.store, &user, "google_drive", "other account").await;
        let ids = |found: Vec<gangway_model::Connection>| found.into_iter().map(|c| c.id).collect::<Vec<_>>();
        let drive = "google_drive".into();
        let found = test.store.find_connections(&user.id, Some(&drive)).await.unwrap();
        assert_eq!(ids(found), [connection.id.clone(), second.id.clone()]);
        assert_eq!(test.store.find_connections(&user.id, None).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_connection_is_not_usable_before_its_first_grant() {
    each_backend(|test| async move {
        let World { user, .. } = World::make(&test, "ann").await;
        let account = Account { id: "second".into(), ..Account::default() };
        let new = NewConnection { user_id: user.id, connector_id: "google_drive".into(), account };
        let made = test.store.upsert_connection(&new).await.unwrap();
        assert_eq!(made.state, ConnectionState::NeedsReauth);
    })
    .await;
}

#[tokio::test]
async fn the_local_connection_is_made_once() {
    each_backend(|test| async move {
        let World { user, .. } = World::make(&test, "ann").await;
        let both = tokio::join!(
            test.store.ensure_local_connection(&user.id),
            test.store.ensure_local_connection(&user.id)
        );
        let (one, other) = (both.0.unwrap(), both.1.unwrap());
        assert_eq!(one.id, other.id);
        assert_eq!(one.state, ConnectionState::Active);
    })
    .await;
}

#[tokio::test]
async fn a_connection_being_taken_apart_stays_so() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let id = &ann.connection.id;
        let task = NewTask::new("disconnect", json!({ "connection": id.as_str() }));
        store.start_disconnect(&ann.user.id, id, &task).await.unwrap();
        assert!(!store.set_connection_state(id, ConnectionState::Active, None).await.unwrap());
        let new = NewConnection {
            user_id: ann.user.id.clone(),
            connector_id: "google_drive".into(),
            account: ann.connection.account.clone(),
        };
        assert!(matches!(store.upsert_connection(&new).await, Err(StoreError::Conflict { .. })));
        let scope = store.upsert_scope(&new_scope(id, &ann.collection, "folder")).await;
        assert!(matches!(scope, Err(StoreError::Conflict { .. })));
        assert_eq!(store.count_tasks().await.unwrap(), (1, 0));
        store.delete_connection(id).await.unwrap();
        assert!(matches!(store.delete_connection(id).await, Err(StoreError::NotFound)));
        assert_ne!(store.upsert_connection(&new).await.unwrap().id, *id);
    })
    .await;
}

#[tokio::test]
async fn a_dead_grant_is_believed_only_for_the_generation_it_was_read_at() {
    each_backend(|test| async move {
        let World { connection, .. } = World::make(&test, "ann").await;
        let id = &connection.id;
        assert!(test.store.replace_grant(id, connection.generation, &grant("token")).await.unwrap());
        let (generation, now) = (connection.generation + 1, test.clock.now());
        let until = now + Duration::from_secs(60);
        assert!(test.store.claim_refresh(id, generation, "mine", until, now).await.unwrap());
        assert!(!test.store.set_needs_reauth(id, 7, "mine", "revoked").await.unwrap());
        assert!(!test.store.set_needs_reauth(id, generation, "another's", "revoked").await.unwrap());
        assert!(test.store.set_needs_reauth(id, generation, "mine", "revoked").await.unwrap());
        let found = test.store.find_connection(&connection.id).await.unwrap().unwrap();
        assert_eq!(
            (found.state, found.state_reason.as_deref()),
            (ConnectionState::NeedsReauth, Some("revoked"))
        );
    })
    .await;
}

#[tokio::test]
async fn following_connections_come_due_the_most_overdue_first() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let minute = Duration::from_secs(60);
        let due = || async { store.list_follow_due(ann.now, ann.now, ann.now, ann.now, 10).await.unwrap() };
        store.touch_polled(&ann.connection.id, ann.now - minute).await.unwrap();
        assert_eq!(due().await, [bob.connection.id.clone(), ann.connection.id.clone()]);
        store.touch_polled(&bob.connection.id, ann.now + minute).await.unwrap();
        assert_eq!(due().await, vec![ann.connection.id.clone()]);
        let manual =
            NewScope { mode: SyncMode::Manual, ..new_scope(&ann.connection.id, &ann.collection, "root") };
        store.upsert_scope(&manual).await.unwrap();
        assert!(due().await.is_empty());
        store.touch_synced(&ann.connection.id, ann.now).await.unwrap();
        let found = store.get_connection(&ann.user.id, &ann.connection.id).await.unwrap();
        assert_eq!(found.last_sync_at, Some(ann.now));
    })
    .await;
}
