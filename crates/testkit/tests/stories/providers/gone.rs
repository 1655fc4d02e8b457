//! What a container takes along when it goes, and what it does not: each thing below it is asked for by itself, unless
//! it can be nowhere else.

use gangway_connector::conformance::StandIn;
use gangway_effects::Clock;
use gangway_emulators::slack::{ChannelKind, ChannelWish, FileWish};
use gangway_model::{ConnectionId, ProviderItemId};
use gangway_standins::{DropboxStandIn, NotionStandIn, SlackStandIn};
use gangway_store::NewTask;
use gangway_sync::payload;

use super::{Resident, Scene};

/// Tells the engine of one thing, as a push would, and of nothing else: no feed is read.
async fn only_a_look_at<S: StandIn>(ada: &Resident<'_, S>, id: &ProviderItemId) {
    let house = &ada.scene.house;
    let mut all = house.store.list_connection_ids(None, 10).await.unwrap();
    let connection: ConnectionId = all.pop().expect("a connection");
    let look: NewTask = payload::look(&connection, id, house.clock.now());
    house.store.enqueue(&look).await.unwrap();
    house.settle().await;
}

/// Something moves out of a container, which then goes; a push tells of the second alone.
async fn what_moved_out_untold_outlives_its_container<S: StandIn>() {
    let scene = Scene::<S>::start(|_| {}).await;
    let (provider, home) = (&scene.provider, scene.provider.home());
    let doomed = provider.create_container(&home, "doomed").await;
    let inner = provider.create_container(&doomed, "inner").await;
    let moved = scene.write(&doomed, "moved.txt", "avocet").await;
    let deep = scene.write(&inner, "deep.txt", "brambling").await;
    scene.write(&doomed, "left.txt", "chiffchaff").await;
    scene.write(&inner, "deeper.txt", "dotterel").await;
    let ada = scene.person().await;
    ada.follow().await;
    provider.move_to(&moved, &home).await;
    provider.move_to(&deep, &home).await;
    provider.trash(&doomed).await;
    only_a_look_at(&ada, &doomed).await;
    for word in ["avocet", "brambling"] {
        assert!(ada.finds(word).await, "{word} moved out before");
    }
    for word in ["chiffchaff", "dotterel"] {
        assert!(!ada.finds(word).await, "{word} went with its container");
    }
    let hits = ada.person.ask("POST", "rest/search", Some(serde_json::json!({"query": "brambling"}))).await;
    assert!(!hits["hits"][0]["file"]["path"].to_string().contains("doomed"), "{hits}");
    scene.house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_out_of_a_notion_page_outlives_it() {
    what_moved_out_untold_outlives_its_container::<NotionStandIn>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moved_out_of_a_dropbox_folder_outlives_it() {
    what_moved_out_untold_outlives_its_container::<DropboxStandIn>().await;
}

/// A file is shared in two channels that are followed; the person is put out of one of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_stays_in_the_channel_that_is_left() {
    let scene = Scene::<SlackStandIn>::start(|_| {}).await;
    let provider = &scene.provider;
    let private = |name: &str| ChannelWish {
        name: name.to_owned(),
        kind: Some(ChannelKind::Private),
        members: vec![SlackStandIn::ME.to_owned(), SlackStandIn::FRIEND.to_owned()],
        ..ChannelWish::default()
    };
    let (kept, lost) = (provider.create_channel(private("kept")), provider.create_channel(private("lost")));
    let file = FileWish {
        user: Some(SlackStandIn::FRIEND.to_owned()),
        name: Some("shared.txt".to_owned()),
        content: Some("here it says avocet and no more".to_owned()),
        channels: vec![lost.to_string(), kept.to_string()],
        ..FileWish::default()
    };
    provider.control.upload(&file).unwrap();
    scene.write(&lost, "said", "brambling").await;
    let ada = scene.person().await;
    let roots = [lost.as_str(), kept.as_str()];
    let job = ada.person.start_sync_of("slack", &roots, &ada.collection, "auto").await;
    ada.person.ended(&job).await;
    scene.house.settle().await;
    assert!(ada.finds("avocet").await && ada.finds("brambling").await);
    provider.control.remove_member(lost.as_str(), SlackStandIn::ME).unwrap();
    only_a_look_at(&ada, &lost).await;
    assert!(ada.finds("avocet").await, "it is shared in the other channel as well");
    assert!(!ada.finds("brambling").await, "what was said there is gone with the channel");
    provider.control.remove_member(kept.as_str(), SlackStandIn::ME).unwrap();
    only_a_look_at(&ada, &kept).await;
    assert!(!ada.finds("avocet").await, "no channel is left to see it in");
    scene.house.stop().await;
}

/// A push about a channel that nobody here follows costs no call.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_elsewhere_in_the_workspace_costs_nothing() {
    let scene = Scene::<SlackStandIn>::start(|options| options.webhooks = true).await;
    let provider = &scene.provider;
    scene.set_pushes_up().await;
    let elsewhere = provider.create_container(&provider.home(), "elsewhere").await;
    let ada = scene.person().await;
    ada.follow().await;
    provider.flush_pushes().await;
    scene.house.settle().await;
    let before = provider.calls();
    scene.write(&elsewhere, "said", "avocet").await;
    provider.flush_pushes().await;
    scene.house.settle().await;
    assert_eq!(provider.calls() - before, 0);
    scene.write(&provider.home(), "said", "brambling").await;
    provider.flush_pushes().await;
    scene.house.settle().await;
    assert!(ada.finds("brambling").await && !ada.finds("avocet").await);
    assert!(provider.calls() > before);
    scene.house.stop().await;
}
