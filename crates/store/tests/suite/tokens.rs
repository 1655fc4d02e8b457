//! User tokens.

use std::time::Duration;

use gangway_store::StoreError;
use gangway_store::testing::each_backend;

use crate::fixture::World;

#[tokio::test]
async fn a_token_works_until_it_ends_or_is_deleted() {
    each_backend(|test| async move {
        let store = &test.store;
        let World { user, now, .. } = World::make(&test, "ann").await;
        let forever = store.create_token(&user.id, "one", Some("laptop"), None).await.unwrap();
        let end = now + Duration::from_secs(60);
        store.create_token(&user.id, "two", None, Some(end)).await.unwrap();
        assert_eq!(store.find_user_by_token_hash("one", now).await.unwrap(), Some(user.clone()));
        assert!(
            store.find_user_by_token_hash("two", end - Duration::from_millis(1)).await.unwrap().is_some()
        );
        assert_eq!(store.find_user_by_token_hash("two", end).await.unwrap(), None);
        assert_eq!(store.find_user_by_token_hash("three", now).await.unwrap(), None);

        let tokens = store.list_tokens(&user.id).await.unwrap();
        assert_eq!(tokens.len(), 2);
        assert_eq!((tokens[0].label.as_deref(), tokens[1].expires_at), (Some("laptop"), Some(end)));
        store.delete_token(&user.id, &forever).await.unwrap();
        assert_eq!(store.find_user_by_token_hash("one", now).await.unwrap(), None);
        assert!(matches!(store.delete_token(&user.id, &forever).await, Err(StoreError::NotFound)));
    })
    .await;
}
