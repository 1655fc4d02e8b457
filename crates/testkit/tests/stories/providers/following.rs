//! Following: what happens at a provider happens here, within one poll or one push, whatever the provider.

use std::time::Duration;

use gangway_connector::Push;
use gangway_connector::conformance::StandIn;

use super::{Scene, with_each_provider};

with_each_provider!(
    a_poll_reflects_every_kind_of_change,
    a_push_is_enough,
    silence_means_polling,
    a_quiet_source_costs_little,
);

async fn a_poll_reflects_every_kind_of_change<S: StandIn>() {
    let scene = Scene::<S>::start(|_| {}).await;
    let (provider, habits) = (&scene.provider, scene.provider.habits());
    let home = provider.home();
    let edited = scene.write(&home, "edited.txt", "avocet").await;
    let renamed = scene.write(&home, "old name.txt", "brambling").await;
    let trashed = scene.write(&home, "trashed.txt", "chiffchaff").await;
    let deleted = scene.write(&home, "deleted.txt", "dotterel").await;
    let ada = scene.person().await;
    ada.follow().await;
    for word in ["avocet", "brambling", "chiffchaff", "dotterel"] {
        assert!(ada.finds(word).await, "{word}");
    }

    scene.write(&home, "created.txt", "goldcrest").await;
    provider.change_content(&edited, "here it says firecrest and no more").await;
    scene.poll().await;
    assert!(ada.finds("goldcrest").await, "created");
    assert!(ada.finds("firecrest").await && !ada.finds("avocet").await, "edited");

    if habits.renames {
        provider.rename(&renamed, "new name.txt").await;
        scene.poll().await;
        assert_eq!(ada.person.found("brambling").await, ["new name.txt"]);
    }

    provider.trash(&trashed).await;
    provider.delete(&deleted).await;
    scene.poll().await;
    assert!(!ada.finds("chiffchaff").await, "trashed");
    assert!(!ada.finds("dotterel").await, "deleted");

    if habits.nested {
        let folder = provider.create_container(&home, "folder").await;
        scene.write(&folder, "deep.txt", "hawfinch").await;
        scene.poll().await;
        assert!(ada.finds("hawfinch").await, "a container comes with what is in it");
        if habits.moves {
            provider.move_to(&edited, &folder).await;
            scene.poll().await;
            let hits = ada.person.ask("POST", "rest/search", Some(serde_json::json!({"query": "firecrest"})));
            let path = hits.await["hits"][0]["file"]["path"].to_string();
            assert!(path.contains("folder/"), "{path}");
        }
        if habits.renames {
            provider.rename(&folder, "renamed folder").await;
            scene.poll().await;
            let hits = ada.person.ask("POST", "rest/search", Some(serde_json::json!({"query": "hawfinch"})));
            let path = hits.await["hits"][0]["file"]["path"].to_string();
            assert!(path.contains("renamed folder/"), "{path}");
        }
        provider.trash(&folder).await;
        scene.poll().await;
        assert!(!ada.finds("hawfinch").await, "a container takes what is in it along");
    }
    scene.house.stop().await;
}

async fn a_push_is_enough<S: StandIn>() {
    let scene = Scene::<S>::start(|options| options.webhooks = true).await;
    let (provider, home) = (&scene.provider, scene.provider.home());
    scene.set_pushes_up().await;
    let edited = scene.write(&home, "edited.txt", "avocet").await;
    let trashed = scene.write(&home, "trashed.txt", "dotterel").await;
    let ada = scene.person().await;
    ada.follow().await;
    provider.flush_pushes().await;
    scene.house.settle().await;

    // Nobody's clock moves: only pushes can tell.
    scene.write(&home, "created.txt", "goldcrest").await;
    provider.change_content(&edited, "here it says firecrest and no more").await;
    provider.trash(&trashed).await;
    provider.flush_pushes().await;
    scene.house.settle().await;
    assert!(ada.finds("goldcrest").await, "created");
    assert!(ada.finds("firecrest").await && !ada.finds("avocet").await, "edited");
    assert!(!ada.finds("dotterel").await, "trashed");
    let shown = ada.person.ask("GET", &format!("rest/connectors/{}", scene.connector()), None).await;
    assert_eq!(shown["sync"]["mode"], "webhook", "{shown}");
    scene.house.stop().await;
}

/// Pushes for a whole app are counted on only while they come.
async fn silence_means_polling<S: StandIn>() {
    let scene = Scene::<S>::start(|options| options.webhooks = true).await;
    let connector = gangway_connectors::find(scene.connector()).expect("a connector");
    if !matches!(connector.descriptor().capabilities.push, Push::PerApp(_)) {
        return;
    }
    let home = scene.provider.home();
    scene.set_pushes_up().await;
    let ada = scene.person().await;
    ada.follow().await;
    scene.write(&home, "heard.txt", "avocet").await;
    scene.provider.flush_pushes().await;
    scene.house.settle().await;
    assert!(ada.finds("avocet").await);
    scene.provider.drop_pushes();
    scene.house.advance(Duration::from_secs(3_700));
    scene.house.let_due_work_happen().await;
    scene.write(&home, "unheard.txt", "brambling").await;
    scene.poll().await;
    assert!(ada.finds("brambling").await, "polling took over");
    let shown = ada.person.ask("GET", &format!("rest/connectors/{}", scene.connector()), None).await;
    assert_eq!(shown["sync"]["mode"], "polling", "{shown}");
    scene.house.stop().await;
}

const ITEMS: usize = 10;

async fn a_quiet_source_costs_little<S: StandIn>() {
    let scene = Scene::<S>::start(|_| {}).await;
    for number in 0..ITEMS {
        scene.write(&scene.provider.home(), &format!("{number}.txt"), "avocet").await;
    }
    let ada = scene.person().await;
    ada.follow().await;
    // What was written just now may be read once more: some providers' times are coarse.
    scene.house.advance(Duration::from_secs(600));
    scene.house.let_due_work_happen().await;
    let before = scene.provider.calls();
    scene.poll().await;
    let calls = scene.provider.calls() - before;
    let connector = gangway_connectors::find(scene.connector()).expect("a connector");
    // Where the feed does not tell of every deletion, everything is listed again beside it.
    let listing = if connector.descriptor().capabilities.reports_deletions { 0 } else { 5 * ITEMS };
    assert!(calls <= 12 + listing, "{calls} calls although nothing happened");
    scene.house.stop().await;
}
