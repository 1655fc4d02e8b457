//! Browsers that are signed in.

use std::time::Duration;

use gangway_store::StoreError;
use gangway_store::testing::each_backend;

use crate::fixture::World;

#[tokio::test]
async fn a_session_is_known_until_it_ends_or_is_deleted() {
    each_backend(|test| async move {
        let store = &test.store;
        let World { now, .. } = World::make(&test, "ann").await;
        let end = now + Duration::from_secs(60);
        store.create_session("one", "token", end).await.unwrap();
        store.create_session("two", "token", end).await.unwrap();
        let taken = store.create_session("one", "other token", end).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "nobody takes over a session");
        assert_eq!(store.find_session("one", now).await.unwrap(), Some(("token".to_owned(), end)));
        assert_eq!(store.find_session("token", now).await.unwrap(), None, "the other hash opens nothing");
        assert!(store.find_session("one", end - Duration::from_millis(1)).await.unwrap().is_some());
        assert_eq!(store.find_session("one", end).await.unwrap(), None);
        store.delete_session("one").await.unwrap();
        store.delete_session("one").await.unwrap();
        assert_eq!(store.find_session("one", now).await.unwrap(), None);
        assert!(store.find_session("two", now).await.unwrap().is_some());
        assert_eq!(store.delete_expired_sessions(end).await.unwrap(), 0);
        assert_eq!(store.delete_expired_sessions(end + Duration::from_secs(1)).await.unwrap(), 1);
    })
    .await;
}
