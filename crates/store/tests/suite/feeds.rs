//! Change feeds and the places they stand at.

use gangway_model::Cursor;
use gangway_store::testing::each_backend;
use gangway_store::{FeedStep, PageEffects, StoreError};

use crate::fixture::World;

#[tokio::test]
async fn a_feed_moves_only_from_where_the_page_was_read() {
    each_backend(|test| async move {
        let store = &test.store;
        let World { connection, .. } = World::make(&test, "ann").await;
        let feed = "user".into();
        let step = |expected: Option<&str>, cursor: &str| PageEffects {
            feed: Some(FeedStep {
                connection_id: connection.id.clone(),
                feed: "user".into(),
                expected: expected.map(Cursor::from),
                cursor: cursor.into(),
            }),
            ..PageEffects::default()
        };
        store.commit_page(&step(None, "1")).await.unwrap();
        assert!(matches!(store.commit_page(&step(None, "1")).await, Err(StoreError::Conflict { .. })));
        store.commit_page(&step(Some("1"), "2")).await.unwrap();
        assert!(matches!(store.commit_page(&step(Some("1"), "2")).await, Err(StoreError::Conflict { .. })));
        assert_eq!(store.feed_cursor(&connection.id, &feed).await.unwrap(), Some("2".into()));
        assert_eq!(store.set_feed_if_absent(&connection.id, &feed, &"9".into()).await.unwrap(), "2".into());
        store.set_feed(&connection.id, &feed, &"5".into()).await.unwrap();
        let other = "drive:1".into();
        assert_eq!(store.set_feed_if_absent(&connection.id, &other, &"7".into()).await.unwrap(), "7".into());
        let feeds = store.list_feeds(&connection.id).await.unwrap();
        assert_eq!(feeds, [("drive:1".into(), "7".into()), ("user".into(), "5".into())]);
        store.delete_feed(&connection.id, &other).await.unwrap();
        assert_eq!(store.feed_cursor(&connection.id, &other).await.unwrap(), None);
    })
    .await;
}
