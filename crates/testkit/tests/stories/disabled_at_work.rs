//! A user who is disabled while something is at work for them, or waits in the queue: it stops at the next checkpoint, and
//! goes on from there.

use std::time::Duration;

use gangway_effects::Clock;
use gangway_emulators::google::{FileTarget, Generate};
use gangway_model::{ConnectionId, ItemId, Reason};
use gangway_store::{Backend, DocumentChange, ItemUpsert, PageEffects, Unread, UserChange};
use gangway_sync::{SyncSettings, payload};
use gangway_testkit::{Gate, House, HouseOptions, Person};
use serde_json::json;

use crate::disabled::{disable, following, held_up_and_disabled};
use crate::fair::{folder_with_scan, house_with};
use crate::options;
use crate::recognition::{picture, until};
use crate::uploads::upload;

/// The clock is stepped faster than a heartbeat can follow.
const LEASE: Duration = Duration::from_secs(86_400);

async fn connection_of(person: &Person<'_>, connector: &str) -> ConnectionId {
    let id = person.id.as_str().into();
    let found = person.house.store.find_connections(&id, Some(&connector.into())).await.unwrap();
    found.into_iter().next().unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_at_work_stops_at_its_next_checkpoint() {
    let gate = Gate::new();
    let house = house_with(&gate, Backend::Sqlite, |settings| {
        (settings.list_concurrency, settings.lease) = (1, LEASE);
    })
    .await;
    let ada = house.user("pro").await;
    let control = house.control();
    let heap = control.create_folder(&FileTarget::path("Heap")).unwrap().id;
    (0..3).for_each(|number| _ = folder_with_scan(&house, &format!("Heap/{number}"), number));
    ada.connect().await;
    let collection = ada.collection("heap").await;
    let job = ada.start_sync(&[&heap], &collection, "manual").await;
    until(&house, "the first scan is being recognized", async || gate.is_somebody_there()).await;
    disable(&house, &ada, true).await;
    (0..3).for_each(|_| gate.lets_through("words"));
    house.settle().await;
    let kept = house.store.find_job(&job.as_str().into()).await.unwrap().unwrap();
    assert!(!kept.status.is_final(), "{kept:?}");
    assert_eq!(kept.counters.synced, 1, "what was under way is kept, and nothing after it: {kept:?}");
    control.reset_calls();
    for _ in 0..5 {
        house.advance(Duration::from_secs(3600));
        house.settle().await;
    }
    assert!(control.call_counts().is_empty(), "nobody is asked: {:?}", control.call_counts());
    disable(&house, &ada, false).await;
    house.settle().await;
    let ended = ada.job("google_drive", &job).await;
    assert_eq!((&ended["status"], &ended["files_synced"]), (&json!("completed"), &json!(3)), "{ended}");
    assert_eq!(control.call_count("drive.files.list"), 2, "it goes on from where it stood");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_being_read_stops_at_its_next_checkpoint() {
    let gate = Gate::new();
    let house = house_with(&gate, Backend::Sqlite, |settings| {
        (settings.batch_entries, settings.lease) = (1, LEASE);
    })
    .await;
    let (ada, _) = following(&house).await;
    let control = house.control();
    let scans: Vec<_> = [1, 2]
        .map(|number| {
            let path = FileTarget::path(format!("Papers/scan {number}.gif"));
            control.write_text(&path, picture(number)).unwrap().id.into()
        })
        .to_vec();
    house.advance(Duration::from_secs(61));
    house.engine.schedule_now().await.unwrap();
    until(&house, "the first scan is being recognized", async || gate.is_somebody_there()).await;
    disable(&house, &ada, true).await;
    (0..2).for_each(|_| gate.lets_through("words"));
    house.settle().await;
    let connection = connection_of(&ada, "google_drive").await;
    let come = async || house.store.find_items_by_provider_ids(&connection, &scans).await.unwrap().len();
    assert_eq!(come().await, 1, "what was under way is kept, and nothing after it");
    control.reset_calls();
    disable(&house, &ada, false).await;
    house.settle().await;
    assert_eq!(come().await, 2);
    assert_eq!(ada.found("words").await.len(), 2);
    assert_eq!(control.call_count("drive.files.list"), 0, "by the feed alone");
    house.stop().await;
}

/// A sweep asks for its items one by one, and sources ask for pauses between.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_waits_asks_for_no_further_item() {
    const LOOK_UP: &str = "drive.files.get";
    let settings = |settings: &mut SyncSettings| (settings.list_concurrency, settings.lease) = (1, LEASE);
    let house = House::start(HouseOptions { settings, ..options() }).await;
    let control = house.control();
    control.generate(&Generate { folder: "Papers".to_owned(), count: 20, ..Generate::default() }).unwrap();
    let folder = control.find_file(&FileTarget::path("Papers")).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("c").await;
    let first = ada.sync(&[&folder], &collection, "manual").await;
    assert_eq!(first["files_synced"], 20, "{first}");
    let listed = format!("rest/connectors/google_drive/files?folder_id={folder}&limit=100");
    for file in ada.ask("GET", &listed, None).await["files"].as_array().unwrap() {
        control.delete_file(&FileTarget::id(file["id"].as_str().unwrap())).unwrap();
    }
    let pause = json!({ "operation": LOOK_UP, "after": 6, "times": 1,
        "effect": { "status": 429, "reason": "rateLimitExceeded", "retry_after": 5 } });
    control.add_fault_json(pause).unwrap();
    control.reset_calls();
    let body = json!({ "file_ids": [folder], "collection_uuid": collection, "allow_mass_removal": true });
    let started = ada.ask("POST", "rest/connectors/google_drive/sync", Some(body)).await;
    let job = started["sync_job_id"].as_str().unwrap();
    until(&house, "the source asks for a pause", async || control.call_count(LOOK_UP) == 7).await;
    disable(&house, &ada, true).await;
    for _ in 0..3 {
        house.advance(Duration::from_secs(3600));
        house.settle().await;
    }
    assert_eq!(control.call_count(LOOK_UP), 8, "the one that was under way, and no other");
    disable(&house, &ada, false).await;
    house.settle().await;
    let ended = ada.job("google_drive", job).await;
    assert_eq!(ended["status"], "completed", "{ended}");
    let left = ada.ask("GET", &format!("rest/collections/{collection}/files"), None).await;
    let is_file = |one: &&serde_json::Value| one["kind"] == "file";
    assert_eq!(left["files"].as_array().unwrap().iter().filter(is_file).count(), 0, "{left}");
    house.stop().await;
}

/// What was queued before somebody was disabled comes to its turn afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_the_queue_asks_nobody_and_what_proves_removals_is_kept() {
    let house = House::start(HouseOptions { webhooks: true, ..options() }).await;
    let (ada, _) = following(&house).await;
    let control = house.control();
    let folder = control.find_file(&FileTarget::path("Papers")).unwrap().id.into();
    let connection = connection_of(&ada, "google_drive").await;
    disable(&house, &ada, true).await;
    house.advance(Duration::from_secs(30 * 86_400));
    control.reset_calls();
    house.let_due_work_happen().await;
    let now = house.clock.now();
    for task in [
        payload::follow(&connection, now),
        payload::look(&connection, &folder, now),
        payload::look_again(&connection, now),
        payload::confirm_inside(&connection, &folder, None, now),
        payload::subscriptions(&connection, now),
    ] {
        house.store.enqueue(&task).await.unwrap();
    }
    house.settle().await;
    assert!(control.call_counts().is_empty(), "nobody is asked: {:?}", control.call_counts());
    let kept = async || house.store.count_waiting(&["confirm_inside"]).await.unwrap();
    assert_eq!(kept().await, 1, "what may be gone is looked up later, but not left out");
    disable(&house, &ada, false).await;
    house.settle().await;
    assert_eq!(kept().await, 0);
    let subscriptions = house.store.list_by_connection(&connection).await.unwrap();
    let lasts = subscriptions.iter().any(|one| one.subscription.expires_at.is_some_and(|end| end > now));
    assert!(lasts, "and pushes come again: {subscriptions:?}");
    house.stop().await;
}

/// Nothing renews a subscription that was not made because its user was disabled: enabling the user makes it.
#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_that_were_not_made_are_when_the_user_is_enabled() {
    let house = House::start(HouseOptions { webhooks: true, ..options() }).await;
    let (ada, _) = following(&house).await;
    let connection = connection_of(&ada, "google_drive").await;
    let present = async || house.store.list_by_connection(&connection).await.unwrap();
    disable(&house, &ada, true).await;
    for one in present().await {
        house.store.delete_subscription(&one.subscription.id).await.unwrap();
    }
    house.store.enqueue(&payload::subscriptions(&connection, house.clock.now())).await.unwrap();
    house.let_due_work_happen().await;
    assert_eq!(present().await.len(), 0, "not for somebody who is disabled");
    disable(&house, &ada, false).await;
    house.settle().await;
    let now = house.clock.now();
    let lasts = present().await.iter().any(|one| one.subscription.expires_at.is_some_and(|end| end > now));
    assert!(lasts, "{:?}", present().await);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_came_before_is_read_all_the_same() {
    let gate = Gate::new();
    let house = house_with(&gate, Backend::Sqlite, |settings| settings.lease = LEASE).await;
    let ada = house.user("pro").await;
    let collection = ada.collection("c").await;
    let scans = [("one.gif", picture(1).as_bytes()), ("two.gif", picture(2).as_bytes())];
    let (_, stored) = upload(&ada, &collection, &scans).await;
    let ids: Vec<ItemId> =
        stored["files"].as_array().unwrap().iter().map(|file| file["id"].as_str().unwrap().into()).collect();
    until(&house, "the first scan is being recognized", async || gate.is_somebody_there()).await;
    disable(&house, &ada, true).await;
    (0..2).for_each(|_| gate.lets_through("words"));
    house.settle().await;
    for id in &ids {
        assert!(house.store.document(id).await.unwrap().is_some(), "it was here already");
    }
    assert_eq!(house.store.count_waiting(&["extract_upload"]).await.unwrap(), 0);
    disable(&house, &ada, false).await;
    assert_eq!(ada.found("words").await.len(), 2);
    house.stop().await;
}

/// Whoever enables a user may end before all of it is done; enabling them once more does the rest.
#[tokio::test(flavor = "multi_thread")]
async fn enabling_is_done_again_where_it_ended_halfway() {
    let house = House::start(options()).await;
    let (ada, job) = held_up_and_disabled(&house).await;
    for _ in 0..26 {
        house.advance(Duration::from_secs(3600));
        house.settle().await;
    }
    let halfway = UserChange { disabled: Some(false), ..UserChange::default() };
    house.store.update_user(&ada.id.as_str().into(), &halfway).await.unwrap();
    house.settle().await;
    let kept = house.store.find_job(&job.as_str().into()).await.unwrap().unwrap();
    assert!(!kept.status.is_final(), "it waits for its hour: {kept:?}");
    disable(&house, &ada, false).await;
    house.settle().await;
    let ended = ada.job("google_drive", &job).await;
    assert_eq!((&ended["status"], &ended["files_synced"]), (&json!("completed"), &json!(1)), "{ended}");
    house.stop().await;
}

/// Files that somebody can read by now are looked through once; whose user is disabled then is passed over.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_by_now_is_read_when_its_user_is_enabled() {
    let house = House::start(options()).await;
    let (ada, _) = following(&house).await;
    let control = house.control();
    let page = "<html><body><p>the numbat eats termites</p></body></html>";
    let id = control.write_text(&FileTarget::path("Papers/page.html"), page).unwrap().id;
    house.advance(Duration::from_secs(61));
    house.let_due_work_happen().await;
    let read = house.extractor.files_read();
    disable(&house, &ada, true).await;
    let connection = connection_of(&ada, "google_drive").await;
    let mut item = house.store.find_item_by_provider_id(&connection, &id.into()).await.unwrap().unwrap();
    item.reason = Some(Reason::new("unsupported_type", "nobody reads it"));
    let unread = Some(Unread { codes: vec!["unsupported_type".to_owned()], readers: "others".to_owned() });
    let item = ItemUpsert { unread, document: DocumentChange::Remove, ..ItemUpsert::of(item) };
    house.store.commit_page(&PageEffects { items: vec![item], ..PageEffects::default() }).await.unwrap();
    house.engine.look_through_unread_again().await;
    for _ in 0..3 {
        house.let_due_work_happen().await;
    }
    assert_eq!(house.extractor.files_read(), read, "not for somebody who is disabled");
    disable(&house, &ada, false).await;
    house.let_due_work_happen().await;
    house.let_due_work_happen().await;
    assert_eq!(house.extractor.files_read(), read + 1);
    assert_eq!(ada.found("numbat").await, ["page.html"]);
    house.stop().await;
}
