//! Picker sessions.

use std::time::Duration;

use gangway_store::testing::each_backend;
use gangway_store::{NewPickerSession, PickerState};
use serde_json::json;

use crate::fixture::World;

#[tokio::test]
async fn a_session_is_ended_once_and_in_time() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let end = ann.now + Duration::from_secs(60);
        let new = NewPickerSession {
            user_id: ann.user.id.clone(),
            connection_id: ann.connection.id.clone(),
            key_hash: "hash".to_owned(),
            options: json!({ "multiple": true }),
            expires_at: end,
        };
        let one = store.create_picker_session(&new).await.unwrap();
        assert_eq!((one.state, &one.options, &one.picked), (PickerState::Open, &new.options, &None));
        let picked = json!([{ "id": "a" }]);
        assert!(!store.complete_picker_session(&one.id, Some(&picked), end).await.unwrap());
        assert!(store.complete_picker_session(&one.id, Some(&picked), ann.now).await.unwrap());
        assert!(!store.complete_picker_session(&one.id, None, ann.now).await.unwrap());
        let found = store.find_picker_session(&one.id).await.unwrap().unwrap();
        assert_eq!((found.state, found.picked), (PickerState::Picked, Some(picked)));
        let two = store.create_picker_session(&new).await.unwrap();
        assert!(store.complete_picker_session(&two.id, None, ann.now).await.unwrap());
        let found = store.get_picker_session(&ann.user.id, &two.id).await.unwrap();
        assert_eq!((found.state, found.picked), (PickerState::Cancelled, None));
        assert_eq!(store.delete_expired_picker_sessions(end).await.unwrap(), 0);
        assert_eq!(store.delete_expired_picker_sessions(end + Duration::from_secs(1)).await.unwrap(), 2);
    })
    .await;
}
