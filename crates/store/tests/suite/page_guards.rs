//! A page happens whole or not at all, and never on top of something newer.

use std::time::Duration;

use gangway_effects::Clock;
use gangway_model::{ItemState, JobCounters, Outcome};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{
    ContainerEnd, ContainerStep, DocumentChange, FeedStep, FrontierStep, Gone, NewContainer, NewTask,
    PageEffects, StoreError, TaskLease, fresh_blob_key,
};
use serde_json::json;

use crate::fixture::{World, blob_document, document, item, orphans, outcome};

const LEASE: Duration = Duration::from_secs(60);

/// A page that touches every kind of row.
fn full_page(ann: &World, lease: TaskLease) -> PageEffects {
    let mut page = ann.page_of(&[ann.item("a"), ann.item("b")]);
    page.lease = Some(lease);
    page.bytes = 7;
    page.roots_resolved = true;
    page.listing_complete = true;
    page.frontier.add.push(NewContainer { scope_id: ann.scope.id.clone(), container_id: "folder".into() });
    page.feed = Some(FeedStep {
        connection_id: ann.connection.id.clone(),
        feed: "user".into(),
        expected: None,
        cursor: "1".into(),
    });
    page.tasks.push(NewTask::new("follow", json!({})));
    page
}

async fn assert_nothing_happened(test: &TestStore, ann: &World) {
    let store = &test.store;
    assert!(store.children(&ann.connection.id, &"root".into(), None, 10).await.unwrap().is_empty());
    assert_eq!(store.count_placements(&ann.scope.id).await.unwrap(), 0);
    let job = store.find_job(&ann.job.id).await.unwrap().unwrap();
    assert_eq!((job.counters, job.listing_complete), (JobCounters::default(), false));
    assert!(!store.job_roots_resolved(&ann.job.id).await.unwrap());
    assert!(!store.has_open_containers(&ann.job.id).await.unwrap());
    assert_eq!(store.count_tasks().await.unwrap().0, 0);
}

async fn claim(test: &TestStore, worker: &str) -> TaskLease {
    let task = test.store.claim(worker, &["sync_job"], 1, LEASE).await.unwrap().remove(0);
    TaskLease { task: task.id, worker: worker.to_owned() }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_changes_nothing() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        test.store.enqueue(&NewTask::new("sync_job", json!({}))).await.unwrap();
        let old = claim(&test, "old").await;
        test.clock.advance(LEASE);
        let new = claim(&test, "new").await;
        let late = test.store.commit_page(&full_page(&ann, old.clone())).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })));
        assert_nothing_happened(&test, &ann).await;
        assert_eq!(test.store.feed_cursor(&ann.connection.id, &"user".into()).await.unwrap(), None);

        test.store.commit_page(&full_page(&ann, new.clone())).await.unwrap();
        assert_eq!(test.store.count_placements(&ann.scope.id).await.unwrap(), 2);
        test.store.complete(&new.task, "new").await.unwrap();
        let after = test.store.commit_page(&full_page(&ann, new)).await;
        assert!(matches!(after, Err(StoreError::Conflict { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_page_that_fails_at_its_end_leaves_nothing_of_its_beginning() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        test.store.enqueue(&NewTask::new("sync_job", json!({}))).await.unwrap();
        let lease = claim(&test, "worker").await;
        // The feed stands elsewhere.
        let feed = "user".into();
        test.store.set_feed(&ann.connection.id, &feed, &"0".into()).await.unwrap();
        let refused = test.store.commit_page(&full_page(&ann, lease.clone())).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })));
        assert_nothing_happened(&test, &ann).await;
        assert_eq!(test.store.feed_cursor(&ann.connection.id, &feed).await.unwrap(), Some("0".into()));
        // A container is not on the frontier.
        let mut page = full_page(&ann, lease);
        page.feed = None;
        page.frontier.steps.push(FrontierStep {
            scope_id: ann.scope.id.clone(),
            container_id: "unknown".into(),
            to: ContainerStep::End(ContainerEnd::Done, None),
        });
        assert!(matches!(test.store.commit_page(&page).await, Err(StoreError::Conflict { .. })));
        assert_nothing_happened(&test, &ann).await;
    })
    .await;
}

#[tokio::test]
async fn a_job_that_is_gone_or_not_named_is_refused() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let outcomes = vec![outcome("a", Outcome::Synced, ann.now)];
        let nameless = PageEffects { outcomes, ..PageEffects::default() };
        assert!(matches!(test.store.commit_page(&nameless).await, Err(StoreError::Conflict { .. })));
        let lost = PageEffects { job: Some("lost".into()), ..nameless };
        assert!(matches!(test.store.commit_page(&lost).await, Err(StoreError::Conflict { .. })));
    })
    .await;
}

#[tokio::test]
async fn an_older_observation_never_overwrites_a_newer_one() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let later = ann.now + Duration::from_millis(1);
        let new = item(&ann.connection.id, "a", later);
        store.commit_page(&ann.page_of(std::slice::from_ref(&new))).await.unwrap();

        let mut old = ann.item("a");
        old.name = "old name".to_owned();
        let mut page = ann.page_of(std::slice::from_ref(&old));
        let blob = fresh_blob_key("documents");
        page.items[0].document = DocumentChange::Put(blob_document(&blob));
        let answer = store.commit_page(&page).await.unwrap();
        assert_eq!(answer.stale, std::slice::from_ref(&old.id));
        assert_eq!(answer.renamed, [(old.id, new.id.clone())]);
        assert_eq!(store.find_item(&new.id).await.unwrap(), Some(new.clone()));
        assert_eq!(store.document(&new.id).await.unwrap(), Some(document("some text")));
        assert_eq!(orphans(&test).await, [blob]);

        let gone = |observed_at| PageEffects {
            gone: vec![Gone { item_id: new.id.clone(), observed_at }],
            ..PageEffects::default()
        };
        store.commit_page(&gone(ann.now)).await.unwrap();
        assert_eq!(store.find_item(&new.id).await.unwrap(), Some(new.clone()));
        assert_eq!(store.count_placements(&ann.scope.id).await.unwrap(), 1);
        store.commit_page(&gone(later + Duration::from_millis(1))).await.unwrap();
        assert_eq!(store.find_item(&new.id).await.unwrap().unwrap().state, ItemState::Gone);
        // What was seen before it went does not place it again.
        store.commit_page(&ann.page_of(std::slice::from_ref(&new))).await.unwrap();
        assert_eq!(store.find_item(&new.id).await.unwrap().unwrap().state, ItemState::Gone);
        assert_eq!(store.count_placements(&ann.scope.id).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn placements_in_a_scope_that_is_going_are_ignored() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        test.store.start_scope_removal(&ann.scope.id, None).await.unwrap();
        test.store.commit_page(&ann.page_of(&[ann.item("a")])).await.unwrap();
        assert_eq!(test.store.count_placements(&ann.scope.id).await.unwrap(), 0);
        test.store.delete_scope(&ann.scope.id).await.unwrap();
        test.store.commit_page(&ann.page_of(&[ann.item("b")])).await.unwrap();
        assert_eq!(test.store.items_without_placement(&ann.connection.id, None, 10).await.unwrap().len(), 2);
    })
    .await;
}

/// Entries that were put into the index for a page are its own to settle: with its rows, or not at all.
#[tokio::test]
async fn a_page_settles_what_it_announced_and_is_refused_once_that_was_given_up() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let store = &test.store;
        test.store.enqueue(&NewTask::new("sync_job", json!({}))).await.unwrap();
        let lease = claim(&test, "worker").await;
        let announced = async || {
            let all = store.list_announced_entries(test.clock.now() + LEASE, 10).await.unwrap();
            all.into_iter().map(|one| one.id).collect::<Vec<_>>()
        };
        let mut page = full_page(&ann, lease.clone());
        let given: Vec<_> = page.items.iter().map(|item| item.item.id.clone()).collect();
        let given_up = store.announce_entries(&given).await.unwrap();
        assert_eq!(given_up.items, given);
        store.give_up_announced_entries(&given_up.id).await.unwrap();
        page.announced = Some(given_up.id.clone());
        assert!(matches!(store.commit_page(&page).await, Err(StoreError::Conflict { .. })));
        assert_nothing_happened(&test, &ann).await;
        assert_eq!(
            announced().await,
            std::slice::from_ref(&given_up.id),
            "whoever gave it up has still to put the index right"
        );
        store.forget_announced_entries(&given_up.id).await.unwrap();
        assert!(matches!(store.commit_page(&page).await, Err(StoreError::Conflict { .. })));

        page.announced = Some(store.announce_entries(&given).await.unwrap().id);
        assert_eq!(store.commit_page(&page).await.unwrap().unplaced, []);
        assert_eq!(announced().await, Vec::<String>::new());

        // Of a scope that is being taken apart, the page tells what it did not place, and that has still to leave the index.
        store.start_scope_removal(&ann.scope.id, None).await.unwrap();
        let mut late = ann.page_of(&[ann.item("c")]);
        late.lease = Some(lease);
        let id = store.announce_entries(&[late.items[0].item.id.clone()]).await.unwrap().id;
        late.announced = Some(id.clone());
        assert_eq!(store.commit_page(&late).await.unwrap().unplaced, [late.items[0].item.id.clone()]);
        assert_eq!(announced().await, [id]);
        let aged = store.list_announced_entries(test.clock.now(), 10).await.unwrap();
        assert_eq!(aged, [], "nobody else touches it yet");
        store.age_announced_entries_at_start().await.unwrap();
        assert_eq!(store.list_announced_entries(test.clock.now(), 10).await.unwrap().len(), 1);
    })
    .await;
}
