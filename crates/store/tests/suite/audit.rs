//! The audit log.

use std::time::Duration;

use gangway_store::testing::each_backend;
use gangway_store::{KnownAs, Paging};
use serde_json::json;

use crate::fixture::World;

#[tokio::test]
async fn entries_are_listed_newest_first_and_outlive_their_user() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        store.append_audit(None, "server.started", &json!({})).await.unwrap();
        test.clock.advance(Duration::from_secs(10));
        store.append_audit(Some(&ann.user.id), "connection.created", &json!({ "id": "x" })).await.unwrap();
        let known = store.list_audit(None, &Paging::first(10)).await.unwrap().rows;
        let expected = KnownAs {
            external_id: ann.user.external_id.clone(),
            email: ann.user.email.clone(),
            name: ann.user.name.clone(),
        };
        assert!(expected.external_id.is_some(), "there is something to tell");
        assert_eq!((&known[0].user, &known[1].user), (&Some(expected), &None));
        store.delete_user(&ann.user.id).await.unwrap();
        let all = store.list_audit(None, &Paging::first(10)).await.unwrap().rows;
        let deeds: Vec<&str> = all.iter().map(|entry| entry.deed.as_str()).collect();
        assert_eq!(deeds, ["connection.created", "server.started"]);
        assert_eq!(all[0].details, json!({ "id": "x" }));
        assert_eq!((&all[0].user_id, &all[0].user), (&Some(ann.user.id.clone()), &None));
        assert_eq!(store.list_audit(Some(&ann.user.id), &Paging::first(10)).await.unwrap().rows.len(), 1);
        assert_eq!(store.delete_old_audit(ann.now + Duration::from_secs(5)).await.unwrap(), 1);
        assert_eq!(store.list_audit(None, &Paging::first(10)).await.unwrap().rows.len(), 1);
    })
    .await;
}
