//! What only some feeds do: they tell of things in an order of their own, or cannot be listed whole.

use std::time::Duration;

use gangway_connector::conformance::{ALWAYS, StandIn, Trouble};
use gangway_effects::Clock;
use gangway_model::{Cursor, JobStatus, SyncJobId};
use gangway_standins::{DropboxStandIn, SlackStandIn};
use gangway_store::NewSyncJob;
use serde_json::Value;

use super::Scene;

/// A folder moves, and the feed tells of what is in it first, each on a page of its own: nothing of it is gone meanwhile,
/// to be fetched once more.
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
        switches.moves_put_first = true;
        switches.largest_page = 1;
        switches.approximate_limit = false;
    });
    let downloads = || provider.control.call_counts().get("files/download").copied().unwrap_or_default();
    let before = downloads();
    provider.move_to(&folder, &place).await;
    scene.write(&inner, "three.txt", "chiffchaff").await;
    scene.poll().await;
    assert_eq!(downloads() - before, 1, "only what is new is fetched");
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

/// A listing that has begun may have been where something changed, so a feed that lost its place is not content with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_begins_anew_lists_again_beside_a_listing_under_way() {
    for has_begun in [true, false] {
        let scene = Scene::<DropboxStandIn>::start(|_| {}).await;
        let file = scene.write(&scene.provider.home(), "one.txt", "avocet").await;
        let ada = scene.person().await;
        ada.follow().await;
        let store = &scene.house.store;
        let connection = store.list_connection_ids(None, 10).await.unwrap().pop().expect("a connection");
        let connection = store.find_connection(&connection).await.unwrap().expect("a connection");
        let scope =
            store.list_scopes(Some(&connection.id), None, false).await.unwrap().pop().expect("a scope");
        // Without a task: whoever works on it is elsewhere.
        let job = NewSyncJob {
            id: SyncJobId::fresh(),
            user_id: connection.user_id.clone(),
            connection_id: connection.id.clone(),
            connector_id: connection.connector_id.clone(),
            collection_id: Some(scope.collection_id.clone()),
            mode: scope.mode,
            roots: vec![scope.root_id.clone()],
            allow_mass_removal: false,
            by_engine: true,
        };
        store.create_job(&job, None).await.unwrap();
        if has_begun {
            let now = scene.house.clock.now();
            store.set_job_status(&job.id, JobStatus::Processing, now).await.unwrap();
        }
        let feed = scope.feed.expect("a feed");
        store.set_feed(&connection.id, &feed, &Cursor::from("no place any more")).await.unwrap();
        scene.provider.change_content(&file, "here it says firecrest and no more").await;
        scene.poll().await;
        assert_eq!(ada.finds("firecrest").await, has_begun);
        scene.house.stop().await;
    }
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
