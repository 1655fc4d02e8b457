//! Following: what happens at the source happens here, by polling and by push, at a cost that follows the change.

use std::time::Duration;

use gangway_emulators::google::{FileTarget, Generate, Seed};
use gangway_testkit::{House, HouseOptions, Person};

use crate::{house, options};

fn path(path: &str) -> FileTarget {
    FileTarget::path(path)
}

async fn poll(house: &House) {
    house.advance(Duration::from_secs(61));
    house.let_due_work_happen().await;
}

/// A person whose folder `Team` is followed.
async fn follower(house: &House) -> Person<'_> {
    let control = house.control();
    let team = control.create_folder(&path("Team")).unwrap();
    control.create_folder(&path("Team/Inner")).unwrap();
    control.create_folder(&path("Elsewhere")).unwrap();
    control.write_text(&path("Team/plan.txt"), "the walrus plans the voyage").unwrap();
    control.write_text(&path("Team/Inner/deep.txt"), "a narwhal lives deep").unwrap();
    control.write_text(&path("Elsewhere/private.txt"), "the walrus diary").unwrap();
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("Team").await;
    let ended = ada.sync(&[&team.id], &collection, "auto").await;
    assert_eq!(
        (ended["status"].as_str(), ended["files_synced"].as_u64()),
        (Some("completed"), Some(2)),
        "{ended}"
    );
    ada
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_reflects_every_kind_of_change() {
    let house = house().await;
    let ada = follower(&house).await;
    let control = house.control();
    assert_eq!(ada.found("walrus").await, ["plan.txt"]);

    control.write_text(&path("Team/new.txt"), "a walrus arrives").unwrap();
    control.write_text(&path("Team/plan.txt"), "the penguin plans instead").unwrap();
    poll(&house).await;
    assert_eq!(ada.found("walrus").await, ["new.txt"], "created and edited");
    assert_eq!(ada.found("penguin").await, ["plan.txt"]);

    control.rename(&path("Team/new.txt"), "renamed.txt").unwrap();
    poll(&house).await;
    assert_eq!(ada.found("walrus").await, ["renamed.txt"]);

    control.move_file(&path("Team/renamed.txt"), &path("Elsewhere")).unwrap();
    control.move_file(&path("Elsewhere/private.txt"), &path("Team/Inner")).unwrap();
    poll(&house).await;
    assert_eq!(ada.found("walrus").await, ["private.txt"], "one moved out, one moved in");

    control.set_trashed(&path("Team/Inner/private.txt"), true).unwrap();
    poll(&house).await;
    assert!(ada.found("walrus").await.is_empty(), "trashed");
    let private = control.find_file(&path("Team/Inner/private.txt")).unwrap_or_else(|_| {
        control.find_file(&path("Inner/private.txt")).expect("a trashed file keeps its path")
    });
    control.set_trashed(&FileTarget::id(private.id), false).unwrap();
    poll(&house).await;
    assert_eq!(ada.found("walrus").await, ["private.txt"], "taken out of the trash");

    control.delete_file(&path("Team/plan.txt")).unwrap();
    poll(&house).await;
    assert!(ada.found("penguin").await.is_empty(), "deleted");

    control.move_file(&path("Team/Inner"), &path("Elsewhere")).unwrap();
    poll(&house).await;
    assert!(ada.found("narwhal walrus").await.is_empty(), "a folder moved out takes what is in it along");
    assert_eq!(house.index.stats().await.unwrap().items, 0);

    control.move_file(&path("Elsewhere/Inner"), &path("Team")).unwrap();
    poll(&house).await;
    let mut found = ada.found("narwhal walrus").await;
    found.sort();
    assert_eq!(found, ["deep.txt", "private.txt"], "and brings it back");

    control.set_trashed(&path("Team/Inner"), true).unwrap();
    poll(&house).await;
    assert!(ada.found("narwhal walrus").await.is_empty(), "a trashed folder takes what is in it along");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_believed_only_with_its_token_and_hints_to_the_feed() {
    let house = House::start(HouseOptions { webhooks: true, ..options() }).await;
    let ada = follower(&house).await;
    let control = house.control();
    let channels = control.list_channels();
    assert_eq!(channels.len(), 1, "{channels:?}");
    let listed = ada.ask("GET", "rest/connectors/google_drive", None).await;
    assert_eq!(listed["sync"]["mode"], "webhook", "{listed}");

    control.write_text(&path("Team/pushed.txt"), "an albatross was pushed").unwrap();
    control.flush_webhooks().await;
    house.settle().await;
    assert_eq!(ada.found("albatross").await, ["pushed.txt"], "without waiting for a poll");

    // A forged notification for the same channel, with another token.
    control.reset_calls();
    let id = channels[0]["id"].as_str().unwrap();
    let forged = house
        .http
        .post(house.url.join("webhooks/google_drive").unwrap())
        .header("X-Goog-Channel-ID", id)
        .header("X-Goog-Resource-State", "change")
        .header("X-Goog-Channel-Token", "guessed")
        .send()
        .await
        .unwrap();
    assert!(forged.status().is_client_error(), "{}", forged.status());
    house.settle().await;
    assert_eq!(control.call_count("drive.changes.list"), 0, "{:?}", control.call_counts());

    // A new grant asks for pushes anew: the old channel may have ended with the old grant.
    ada.connect().await;
    house.settle().await;
    let anew = control.list_channels();
    assert_eq!(anew.len(), 1, "{anew:?}");
    assert_ne!(anew[0]["id"].as_str().unwrap(), id);
    let id = anew[0]["id"].as_str().unwrap();

    // Before the channel ends a new one stands, and the old one is stopped.
    house.advance(Duration::from_secs(6 * 86_400 + 18 * 3600));
    house.let_due_work_happen().await;
    let renewed = control.list_channels();
    assert_eq!(renewed.len(), 1, "{renewed:?}");
    assert_ne!(renewed[0]["id"].as_str().unwrap(), id);

    ada.call("DELETE", "rest/connectors/google_drive", None).await;
    house.settle().await;
    assert!(control.list_channels().is_empty(), "disconnecting stops the channel");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn following_costs_what_changed_and_not_what_is_there() {
    let house = House::start(HouseOptions { seed: Seed::Empty, ..options() }).await;
    let control = house.control();
    control.generate(&Generate { folder: "Bulk".to_owned(), count: 1500, ..Generate::default() }).unwrap();
    let bulk = control.find_file(&path("Bulk")).unwrap();
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("Bulk").await;
    let ended = ada.sync(&[&bulk.id], &collection, "auto").await;
    assert_eq!(ended["files_synced"], 1500, "{ended}");
    control.reset_calls();
    poll(&house).await;
    let idle = control.call_counts();
    assert!(idle.values().sum::<u64>() <= 2, "an idle poll: {idle:?}");
    for number in 0..10 {
        control.write_text(&path(&format!("Bulk/extra-{number}.txt")), "the heron is new").unwrap();
    }
    control.reset_calls();
    poll(&house).await;
    assert_eq!(ada.found("heron").await.len(), 10);
    let calls = control.call_counts();
    assert!(calls.values().sum::<u64>() <= 14, "ten changes: {calls:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_cursor_starts_over_without_losing_anything() {
    let house = house().await;
    let ada = follower(&house).await;
    let control = house.control();
    control.delete_file(&path("Team/plan.txt")).unwrap();
    control.write_text(&path("Team/late.txt"), "the osprey came late").unwrap();
    control
        .add_fault_json(serde_json::json!({
            "operation": "drive.changes.list", "times": 1, "effect": { "hint": "expired_cursor" }
        }))
        .unwrap();
    poll(&house).await;
    house.settle().await;
    assert_eq!(ada.found("osprey").await, ["late.txt"]);
    assert!(ada.found("walrus").await.is_empty(), "what went meanwhile is swept");
    assert_eq!(ada.found("narwhal").await, ["deep.txt"], "what stayed stays");
    house.stop().await;
}

/// An item that moves from My Drive into a shared drive leaves one feed and enters another: it is still there.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_between_drives_is_no_deletion() {
    let house = house().await;
    let control = house.control();
    let drive = control.create_drive("Archive", "ada@example.com").unwrap();
    control.write_text(&path("Team/ledger.txt"), "the ibis keeps the ledger").unwrap();
    let team = control.find_file(&path("Team")).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("both").await;
    ada.sync(&[&team, &drive], &collection, "auto").await;
    assert_eq!(ada.found("ibis").await, ["ledger.txt"]);
    control.move_file(&path("Team/ledger.txt"), &FileTarget::in_drive("Archive", "")).unwrap();
    for _ in 0..3 {
        poll(&house).await;
        assert_eq!(ada.found("ibis").await, ["ledger.txt"]);
    }
    // The feed it left says that it is gone, and no more: of an item of the other feed it proves nothing.
    let connection = house.store.find_connections(&ada.id.as_str().into(), None).await.unwrap().remove(0);
    let ledger = control.find_file(&FileTarget::in_drive("Archive", "ledger.txt")).unwrap().id;
    let user_feed = "user".into();
    let stands =
        house.store.feed_cursor(&connection.id, &user_feed).await.unwrap().expect("a feed is followed");
    let left = serde_json::json!({
        "kind": "drive#changeList",
        "newStartPageToken": stands.as_str(),
        "changes": [{ "kind": "drive#change", "changeType": "file", "removed": true, "fileId": ledger }],
    });
    control
        .add_fault_json(serde_json::json!({
            // The drive's feed is asked first.
            "operation": "drive.changes.list", "after": 1, "times": 1, "effect": { "status": 200, "body": left }
        }))
        .unwrap();
    poll(&house).await;
    control.clear_faults();
    assert_eq!(ada.found("ibis").await, ["ledger.txt"], "the other feed's word");
    control.delete_file(&FileTarget::in_drive("Archive", "ledger.txt")).unwrap();
    poll(&house).await;
    assert!(ada.found("ibis").await.is_empty(), "the drive's own feed is believed");
    house.stop().await;
}

/// Somebody takes one file of a followed folder out of its collection: why it is not here is said truly.
#[tokio::test(flavor = "multi_thread")]
async fn why_a_file_that_was_taken_out_is_not_here_is_said_truly() {
    let house = house().await;
    let control = house.control();
    for path in ["Papers/kept.txt", "Papers/out.txt", "Other/far.txt"] {
        control.write_text(&FileTarget::path(path), path).unwrap();
    }
    let id = |path: &str| control.find_file(&FileTarget::path(path)).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("Papers").await;
    ada.sync(&[&id("Papers")], &collection, "auto").await;
    let files = ada.ask("GET", &format!("rest/collections/{collection}/files?limit=100"), None).await;
    let file = files["files"].as_array().unwrap().iter().find(|file| file["name"] == "out.txt").unwrap();
    let path = format!("rest/collections/{collection}/files/{}", file["id"].as_str().unwrap());
    ada.ask("DELETE", &path, None).await;
    house.settle().await;
    for (path, code) in
        [("Papers/kept.txt", "synced"), ("Papers/out.txt", "not_here_yet"), ("Other/far.txt", "not_chosen")]
    {
        let path = format!("rest/connectors/google_drive/files/{}/why", id(path));
        let told = ada.ask("GET", &path, None).await;
        assert_eq!(told["reason"]["code"], code, "{told}");
    }
    let path = format!("rest/connectors/google_drive/files?folder_id={}", id("Papers/kept.txt"));
    let (status, told) = ada.call("GET", &path, None).await;
    assert_eq!((status, told["error"]["details"]["field"].as_str()), (400, Some("folder_id")), "{told}");
    house.stop().await;
}
