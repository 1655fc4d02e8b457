//! What only some feeds do: they tell of things in an order of their own, or cannot be listed whole.

use std::time::Duration;

use gangway_connector::conformance::{ALWAYS, StandIn, Trouble};
use gangway_standins::{DropboxStandIn, SlackStandIn};
use serde_json::Value;

use super::Scene;

/// A folder moves, and the feed tells of what is in it first, each on a page of its own.
#[tokio::test(flavor = "multi_thread")]
async fn children_told_before_their_moved_folder_are_not_lost() {
    let scene = Scene::<DropboxStandIn>::start(|_| {}).await;
    let provider = &scene.provider;
    let home = provider.home();
    let place = provider.create_container(&home, "place").await;
    let folder = provider.create_container(&home, "folder").await;
    scene.write(&folder, "one.txt", "avocet").await;
    let inner = provider.create_container(&folder, "inner").await;
    scene.write(&inner, "two.txt", "brambling").await;
    let ada = scene.person().await;
    ada.follow().await;
    provider.control.set_switches(|switches| {
        switches.children_first = true;
        switches.split_moves = true;
        switches.page_size = 1;
        switches.approximate_limit = false;
    });
    provider.move_to(&folder, &place).await;
    scene.write(&inner, "three.txt", "chiffchaff").await;
    scene.poll().await;
    for word in ["avocet", "brambling", "chiffchaff"] {
        assert!(ada.finds(word).await, "{word}");
    }
    let hits = ada.person.ask("POST", "rest/search", Some(serde_json::json!({"query": "brambling"}))).await;
    let path = hits["hits"][0]["file"]["path"].as_str().unwrap().to_owned();
    assert!(path.contains("place/folder/inner/"), "{path}");
    scene.house.stop().await;
}

/// What stands above a followed folder is deleted: the feed names only that.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_above_the_root_takes_the_root_along() {
    let scene = Scene::<DropboxStandIn>::start(|_| {}).await;
    let provider = &scene.provider;
    let clients = provider.create_container(&provider.home(), "Clients").await;
    let acme = provider.create_container(&clients, "Acme").await;
    scene.write(&acme, "deep.txt", "dotterel").await;
    let ada = scene.person().await;
    let job = ada.person.start_sync_of("dropbox", &[acme.as_str()], &ada.collection, "auto").await;
    ada.person.ended(&job).await;
    scene.house.settle().await;
    assert!(ada.finds("dotterel").await);
    provider.trash(&clients).await;
    scene.poll().await;
    assert!(!ada.finds("dotterel").await, "it is gone with what stood above it");
    scene.house.stop().await;
}

/// A source that cannot be listed whole is not listed again and again without a pause.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_listed_whole_is_tried_once_a_poll() {
    let scene = Scene::<SlackStandIn>::start(|_| {}).await;
    scene.write(&scene.provider.home(), "one", "avocet").await;
    let ada = scene.person().await;
    ada.follow().await;
    let jobs = async || {
        let path = "rest/connectors/slack/sync?limit=100";
        let page = ada.person.ask("GET", path, None).await;
        page["jobs"].as_array().map_or(0, Vec::len)
    };
    scene.provider.cause(Trouble::Forbidden { times: ALWAYS }).await;
    let before = jobs().await;
    for _ in 0..3 {
        scene.house.advance(Duration::from_secs(61));
        scene.house.let_due_work_happen().await;
    }
    let started = jobs().await - before;
    assert!(started <= 3, "{started} listings in three polls");
    scene.provider.calm();
    assert_eq!(ada.sync("manual").await["status"], Value::from("completed"));
    scene.house.stop().await;
}
