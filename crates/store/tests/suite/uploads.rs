//! Resumable uploads: the offset moves from where it was seen or not at all, and no part is left without an owner.

use std::time::Duration;

use gangway_model::UploadId;
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{
    NewTask, NewUpload, NewUploadPart, PageEffects, Store, StoreError, Upload, UploadEnd, UploadState,
    fresh_blob_key,
};
use serde_json::json;

use crate::fixture::{World, orphans};

const DAY: Duration = Duration::from_secs(86_400);

fn finish() -> NewTask {
    NewTask::new("finish_upload", json!({})).unique("finish_upload:x")
}

fn new(world: &World, id: &str, length: Option<u64>) -> NewUpload {
    NewUpload {
        id: UploadId::from(id),
        user_id: world.user.id.clone(),
        connection_id: world.connection.id.clone(),
        collection_id: world.collection.id.clone(),
        length,
        about: json!({ "name": "a.txt" }),
        expires_at: world.now + DAY,
    }
}

async fn begin(store: &Store, world: &World, id: &str, length: Option<u64>) -> Upload {
    store.create_upload(&new(world, id, length), 100, &finish()).await.unwrap().unwrap()
}

/// Appends one announced part of this size; its key.
async fn append(test: &TestStore, seen: &Upload, size: u64) -> (Result<Upload, StoreError>, String) {
    let key = fresh_blob_key("uploads");
    test.store.announce_blobs(std::slice::from_ref(&key)).await.unwrap();
    let parts = [NewUploadPart { blob_key: key.clone(), size }];
    let until = test.clock_now() + DAY;
    (test.store.append_to_upload(seen, &parts, None, until, &finish()).await, key)
}

trait ClockNow {
    fn clock_now(&self) -> gangway_model::Timestamp;
}

impl ClockNow for TestStore {
    fn clock_now(&self) -> gangway_model::Timestamp {
        gangway_effects::Clock::now(&self.clock)
    }
}

fn conflict<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{answer:?}");
}

fn end_of(id: &UploadId, world: &World) -> UploadEnd {
    UploadEnd {
        id: id.clone(),
        state: UploadState::Done,
        outcome: json!({ "status": "stored" }),
        expires_at: world.now + DAY,
    }
}

#[tokio::test]
async fn of_two_that_append_at_one_place_one_is_refused() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let seen = begin(&test.store, &ann, "one", Some(10)).await;
        assert_eq!((seen.received, seen.length, seen.state), (0, Some(10), UploadState::Receiving));
        let (once, first) = append(&test, &seen, 4).await;
        let once = once.unwrap();
        assert_eq!((once.received, once.state), (4, UploadState::Receiving));
        let (twice, refused) = append(&test, &seen, 4).await;
        conflict(twice);
        assert_eq!(orphans(&test).await, [refused], "the part that came second belongs to nobody");
        assert_eq!(test.store.find_upload(&seen.id).await.unwrap().unwrap(), once);
        let waiting = test.store.count_due_tasks().await.unwrap();
        let (whole, second) = append(&test, &once, 6).await;
        assert_eq!(whole.unwrap().state, UploadState::Received);
        assert_eq!(test.store.count_due_tasks().await.unwrap().0, waiting.0 + 1, "its end is queued with it");
        let parts = test.store.list_upload_parts(&seen.id).await.unwrap();
        let parts: Vec<_> = parts.iter().map(|part| (part.start, part.size, &part.blob_key)).collect();
        assert_eq!(parts, [(0, 4, &first), (4, 6, &second)]);
    })
    .await;
}

#[tokio::test]
async fn a_length_is_said_once_and_an_empty_upload_is_whole_at_once() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let seen = begin(&test.store, &ann, "late", None).await;
        let until = ann.now + DAY;
        let said = test.store.append_to_upload(&seen, &[], Some(0), until, &finish()).await.unwrap();
        assert_eq!((said.length, said.state), (Some(0), UploadState::Received));
        let other = begin(&test.store, &ann, "other", None).await;
        let known = test.store.append_to_upload(&other, &[], Some(7), until, &finish()).await.unwrap();
        assert_eq!((known.length, known.state), (Some(7), UploadState::Receiving));
        conflict(test.store.append_to_upload(&other, &[], Some(9), until, &finish()).await);
        assert_eq!(begin(&test.store, &ann, "none", Some(0)).await.state, UploadState::Received);
    })
    .await;
}

#[tokio::test]
async fn an_upload_ends_once_and_lets_go_of_its_parts() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let seen = begin(&test.store, &ann, "one", Some(4)).await;
        let end = end_of(&seen.id, &ann);
        conflict(test.store.end_upload(&end).await);
        let (whole, key) = append(&test, &seen, 4).await;
        whole.unwrap();
        let mut page = ann.page_of(&[ann.item("a")]);
        page.upload = Some(end.clone());
        test.store.commit_page(&page).await.unwrap();
        let done = test.store.find_upload(&seen.id).await.unwrap().unwrap();
        assert_eq!((done.state, done.outcome), (UploadState::Done, Some(end.outcome.clone())));
        assert_eq!(orphans(&test).await, [key]);
        assert!(test.store.list_upload_parts(&seen.id).await.unwrap().is_empty());

        // A second try makes no second file: nothing of its page happens.
        let second = PageEffects { upload: Some(end), ..ann.page_of(&[ann.item("b")]) };
        conflict(test.store.commit_page(&second).await);
        let b = test.store.find_item_by_provider_id(&ann.connection.id, &"b".into()).await.unwrap();
        assert!(b.is_none());
    })
    .await;
}

#[tokio::test]
async fn unfinished_ones_are_counted_and_expire_while_whole_ones_stay() {
    each_backend(|test| async move {
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let store = &test.store;
        let old = begin(store, &ann, "old", Some(8)).await;
        let (half, key) = append(&test, &old, 4).await;
        half.unwrap();
        let whole = begin(store, &ann, "whole", Some(0)).await;
        assert!(store.create_upload(&new(&ann, "third", None), 2, &finish()).await.unwrap().is_none());
        assert!(store.create_upload(&new(&bob, "his", None), 2, &finish()).await.unwrap().is_some());

        let later = ann.now + DAY;
        let before = later - Duration::from_millis(1);
        assert_eq!(store.expire_uploads(before, later + DAY, 10).await.unwrap(), 0);
        assert_eq!(store.expire_uploads(later, later + DAY, 10).await.unwrap(), 2);
        assert_eq!(orphans(&test).await, [key]);
        let state = async |id: &UploadId| store.find_upload(id).await.unwrap().map(|upload| upload.state);
        assert_eq!(state(&old.id).await, Some(UploadState::Ended), "known to be over for a while");
        assert_eq!(state(&whole.id).await, Some(UploadState::Received));
        conflict(append(&test, &old, 4).await.0);
        assert!(store.create_upload(&new(&ann, "third", None), 2, &finish()).await.unwrap().is_some());

        assert_eq!(store.delete_old_uploads(later).await.unwrap(), 0);
        assert_eq!(store.delete_old_uploads(later + DAY).await.unwrap(), 2);
        assert_eq!(state(&old.id).await, None);
        assert_eq!(state(&whole.id).await, Some(UploadState::Received));
    })
    .await;
}

#[tokio::test]
async fn only_its_user_reaches_an_upload() {
    each_backend(|test| async move {
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let seen = begin(&test.store, &ann, "one", Some(8)).await;
        let (half, key) = append(&test, &seen, 4).await;
        half.unwrap();
        let (me, him, until) = (&ann.user.id, &bob.user.id, ann.now + DAY);
        assert!(matches!(test.store.get_upload(him, &seen.id).await, Err(StoreError::NotFound)));
        assert!(!test.store.take_back_upload(him, &seen.id, until).await.unwrap());
        assert_eq!(test.store.get_upload(me, &seen.id).await.unwrap().received, 4);
        assert!(orphans(&test).await.is_empty());
        assert!(test.store.take_back_upload(me, &seen.id, until).await.unwrap());
        assert!(!test.store.take_back_upload(me, &seen.id, until).await.unwrap());
        assert_eq!(orphans(&test).await, [key]);
    })
    .await;
}

#[tokio::test]
async fn parts_go_with_whatever_their_upload_hangs_on() {
    each_backend(|test| async move {
        for number in 0..4 {
            let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
            let seen = begin(&test.store, &ann, "one", Some(8)).await;
            let (half, key) = append(&test, &seen, 4).await;
            half.unwrap();
            let his = begin(&test.store, &bob, "his", Some(8)).await;
            append(&test, &his, 4).await.0.unwrap();
            match number {
                0 => test.store.delete_user(&ann.user.id).await.unwrap(),
                1 => test.store.delete_connection(&ann.connection.id).await.unwrap(),
                2 => test.store.delete_collection(&ann.collection.id).await.unwrap(),
                _ => test.store.delete_content_of_connection(&ann.connection.id).await.unwrap(),
            }
            assert_eq!(orphans(&test).await, std::slice::from_ref(&key), "{number}");
            assert!(test.store.find_upload(&seen.id).await.unwrap().is_none());
            assert_eq!(test.store.find_upload(&his.id).await.unwrap().unwrap().received, 4);
            test.store.forget_orphaned_blob(&key).await.unwrap();
            for user in [&ann.user.id, &bob.user.id] {
                let _ = test.store.delete_user(user).await;
            }
            for key in orphans(&test).await {
                test.store.forget_orphaned_blob(&key).await.unwrap();
            }
        }
    })
    .await;
}
