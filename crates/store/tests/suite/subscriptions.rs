//! Webhook subscriptions.

use std::time::Duration;

use gangway_model::SubscriptionId;
use gangway_store::testing::each_backend;
use gangway_store::{NewSubscription, SubscriptionState};

use crate::fixture::World;

#[tokio::test]
async fn subscriptions_are_remembered_renewed_and_stopped() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let new = NewSubscription {
            id: SubscriptionId::fresh(),
            connection_id: ann.connection.id.clone(),
            feed: "user".into(),
            resource_id: None,
            secret_sealed: b"sealed".to_vec(),
            expires_at: None,
        };
        store.create_subscription(&new).await.unwrap();
        let end = ann.now + Duration::from_secs(3600);
        assert!(store.list_expiring(end, 10).await.unwrap().is_empty(), "the provider has not answered yet");
        store.set_subscription_answer(&new.id, Some("resource"), Some(end)).await.unwrap();
        assert!(store.list_expiring(end, 10).await.unwrap().is_empty());
        let expiring = store.list_expiring(end + Duration::from_secs(1), 10).await.unwrap();
        assert_eq!(expiring.len(), 1);
        assert_eq!(expiring[0].subscription.resource_id.as_deref(), Some("resource"));
        assert_eq!(expiring[0].subscription.secret_sealed, b"sealed");

        store.touch_push(&new.id, ann.now).await.unwrap();
        store.mark_stopping(&new.id).await.unwrap();
        assert!(store.list_expiring(end + Duration::from_secs(1), 10).await.unwrap().is_empty());
        let found = store.find_subscription(&new.id).await.unwrap().unwrap();
        assert_eq!((found.state, found.last_push_at), (SubscriptionState::Stopping, Some(ann.now)));
        assert_eq!(store.list_by_connection(&ann.connection.id).await.unwrap().len(), 1);
        store.delete_subscription(&new.id).await.unwrap();
        assert!(store.find_subscription(&new.id).await.unwrap().is_none());
    })
    .await;
}
