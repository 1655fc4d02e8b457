//! Trouble at the provider, one kind after the other, while a person syncs for the first time and while everything
//! is there already. Afterwards all is as if nothing had happened, or what is missing is named with its reason; and
//! nothing that is still there is ever taken for gone.

use gangway_connector::conformance::{ALWAYS, StandIn, Trouble};
use gangway_effects::Clock;
use gangway_model::ProviderItemId;
use serde_json::Value;

use super::{Resident, Scene, one_by_one, with_each_provider};

with_each_provider!(
    trouble_during_the_first_sync,
    trouble_when_everything_is_there,
    a_token_ends_in_the_middle,
    a_grant_ends_in_the_middle,
    an_item_goes_while_it_is_synced,
    a_clock_that_is_off,
    a_person_is_told_soon,
);

/// Words that the items of a scene hold, one each.
const WORDS: [&str; 12] = [
    "albatross",
    "bittern",
    "cormorant",
    "dunlin",
    "egret",
    "fulmar",
    "gannet",
    "hoopoe",
    "ibis",
    "jackdaw",
    "kestrel",
    "lapwing",
];

/// Fills the provider, below a container within a container where there is such a thing.
async fn fill<S: StandIn>(scene: &Scene<S>) -> Vec<ProviderItemId> {
    let home = scene.provider.home();
    let mut places = vec![home.clone()];
    if scene.provider.habits().nested {
        let folder = scene.provider.create_container(&home, "folder").await;
        places.push(scene.provider.create_container(&folder, "inner").await);
        places.push(folder);
    }
    let mut ids = Vec::new();
    for (index, word) in WORDS.iter().enumerate() {
        ids.push(scene.write(&places[index % places.len()], &format!("{word}.txt"), word).await);
    }
    ids
}

/// The kinds of trouble that end by themselves.
fn passing() -> Vec<Trouble> {
    vec![
        Trouble::RateLimit { times: 3 },
        Trouble::RateLimitFor { seconds: 30, times: 2 },
        Trouble::ServerError { times: 4 },
        Trouble::PageForPeople { times: 2 },
        Trouble::StrangeNotFound { times: 1 },
        Trouble::TruncatedAnswer { times: 2 },
        Trouble::CutAnswer { after: 20, times: 3 },
        Trouble::CutDownload { after: 10, times: 2 },
        Trouble::EmptyPage { times: 1 },
        Trouble::RepeatedPage { times: 2 },
        Trouble::RefusedPlace { times: 1 },
        Trouble::Forbidden { times: 1 },
    ]
}

/// Nothing is missing that nobody speaks of.
async fn everything_is_there_or_named<S: StandIn>(ada: &Resident<'_, S>, job: &Value, trouble: &str) {
    let status = job["status"].as_str().expect("a status");
    let failures = ada.failures(job["job_id"].as_str().expect("a job")).await;
    let mut missing = Vec::new();
    for word in WORDS {
        if !ada.finds(word).await {
            missing.push(word);
        }
    }
    match status {
        "completed" => assert!(missing.is_empty(), "{trouble}: {missing:?} are missing from {job}"),
        "partial" => {
            assert!(!failures.is_empty() || !job["error"].is_null(), "{trouble}: {job}");
            assert!(failures.iter().all(|(_, code)| !code.is_empty()), "{trouble}: {failures:?}");
            // A container that could not be listed stands for what is below it.
            let named = |word: &&str| failures.iter().any(|(name, _)| name.starts_with(*word));
            let unnamed: Vec<_> = missing.iter().filter(|word| !named(word)).collect();
            let containers = failures.iter().filter(|(name, _)| !WORDS.iter().any(|w| name.starts_with(w)));
            assert!(unnamed.is_empty() || containers.count() > 0, "{trouble}: {unnamed:?} of {failures:?}");
        }
        "failed" => {
            assert!(job["error"]["code"].is_string() || !failures.is_empty(), "{trouble}: {job}");
        }
        other => panic!("{trouble}: a job ended as {other}"),
    }
}

async fn everything_is_found<S: StandIn>(ada: &Resident<'_, S>, trouble: &str) {
    for word in WORDS {
        assert!(ada.finds(word).await, "{trouble}: {word}");
    }
}

async fn trouble_during_the_first_sync<S: StandIn>() {
    for trouble in passing() {
        let told = format!("{trouble:?}");
        println!("{told}");
        let scene = Scene::<S>::start(|_| {}).await;
        fill(&scene).await;
        let ada = scene.person().await;
        scene.provider.cause(trouble).await;
        let job = ada.sync("manual").await;
        everything_is_there_or_named(&ada, &job, &told).await;
        // The next sync makes up for whatever was left out.
        scene.provider.calm();
        let again = ada.sync("manual").await;
        assert_eq!(again["status"], "completed", "{told}: {again}");
        everything_is_found(&ada, &told).await;
        let stats = scene.house.index.stats().await.expect("an index");
        assert_eq!(stats.items, expected_items::<S>(&scene), "{told}");
        scene.house.stop().await;
    }
}

/// How many items stand in the index when all is well: containers that are pages too have their own.
fn expected_items<S: StandIn>(scene: &Scene<S>) -> u64 {
    WORDS.len() as u64 + scene.provider.habits().pages_around
}

async fn trouble_when_everything_is_there<S: StandIn>() {
    let scene = Scene::<S>::start(|_| {}).await;
    fill(&scene).await;
    let ada = scene.person().await;
    let job = ada.sync("manual").await;
    assert_eq!(job["status"], "completed", "{job}");
    everything_is_found(&ada, "no trouble").await;
    let lasting = [
        Trouble::Forbidden { times: ALWAYS },
        Trouble::StrangeNotFound { times: ALWAYS },
        Trouble::EmptyPage { times: 5 },
        Trouble::RepeatedPage { times: ALWAYS },
        Trouble::RefusedPlace { times: 5 },
        Trouble::TruncatedAnswer { times: 5 },
    ];
    for trouble in passing().into_iter().chain(lasting) {
        let told = format!("{trouble:?}");
        scene.provider.cause(trouble).await;
        let job = ada.sync("manual").await;
        scene.provider.calm();
        assert_eq!(job["files_removed"].as_u64().unwrap_or_default(), 0, "{told}: {job}");
        everything_is_found(&ada, &told).await;
    }
    let job = ada.sync("manual").await;
    assert_eq!(job["status"], "completed", "{job}");
    scene.house.stop().await;
}

/// Starts a sync and lets something happen once it has made some calls.
async fn interrupted<S: StandIn>(ada: &Resident<'_, S>, happening: impl AsyncFnOnce()) -> Value {
    let scene = ada.scene;
    let before = scene.provider.calls();
    let job = ada.start("manual").await;
    let under_way = async {
        while scene.provider.calls() < before + 3 {
            tokio::task::yield_now().await;
        }
    };
    scene
        .house
        .step_until(async {
            tokio::select! { () = under_way => {}, () = ada.person.ended(&job) => {} }
        })
        .await;
    happening().await;
    scene.house.step_until(ada.person.ended(&job)).await;
    scene.house.settle().await;
    ada.person.job(scene.connector(), &job).await
}

async fn a_token_ends_in_the_middle<S: StandIn>() {
    let scene = Scene::<S>::start(|options| options.settings = one_by_one).await;
    fill(&scene).await;
    let ada = scene.person().await;
    let job = interrupted(&ada, async || scene.provider.cause(Trouble::EndedAccessToken).await).await;
    match scene.provider.habits().tokens_end {
        true => assert_eq!(job["status"], "completed", "{job}"),
        // A token that never ends was withdrawn: there is no other.
        false => assert_eq!(job["status"], "failed", "{job}"),
    }
    if scene.provider.habits().tokens_end {
        everything_is_found(&ada, "an ended token").await;
    }
    scene.house.stop().await;
}

async fn a_grant_ends_in_the_middle<S: StandIn>() {
    let scene = Scene::<S>::start(|options| options.settings = one_by_one).await;
    fill(&scene).await;
    let ada = scene.person().await;
    assert_eq!(ada.sync("manual").await["status"], "completed");
    for word in ["zander", "yellowhammer"] {
        scene.write(&scene.provider.home(), &format!("{word}.txt"), word).await;
    }
    let mut job = interrupted(&ada, async || scene.provider.cause(Trouble::DeadGrant).await).await;
    if job["status"] == "completed" {
        // Where a sync takes few calls, it may have made the last one before: then the next one meets the end.
        job = ada.sync("manual").await;
    }
    assert_eq!(job["status"], "failed", "{job}");
    assert_eq!(job["error"]["code"], "needs_reauth", "{job}");
    let shown = ada.person.ask("GET", &format!("rest/connectors/{}", scene.connector()), None).await;
    assert_eq!(shown["status"], "needs_reauth", "{shown}");
    everything_is_found(&ada, "a dead grant").await;
    // The same person connects again: the same connection, and the rest comes in.
    ada.person.connect_to(scene.connector()).await;
    let job = ada.sync("manual").await;
    assert_eq!(job["status"], "completed", "{job}");
    assert!(ada.finds("zander").await && ada.finds("yellowhammer").await);
    scene.house.stop().await;
}

async fn an_item_goes_while_it_is_synced<S: StandIn>() {
    let scene = Scene::<S>::start(|options| options.settings = one_by_one).await;
    let ids = fill(&scene).await;
    let ada = scene.person().await;
    let last = ids.last().expect("an item").clone();
    let job = interrupted(&ada, async || scene.provider.delete(&last).await).await;
    assert_ne!(job["status"], "failed", "{job}");
    let job = ada.sync("manual").await;
    assert_eq!(job["status"], "completed", "{job}");
    assert!(!ada.finds(WORDS[WORDS.len() - 1]).await, "it is gone");
    for word in &WORDS[..WORDS.len() - 1] {
        assert!(ada.finds(word).await, "{word}");
    }
    scene.house.stop().await;
}

async fn a_clock_that_is_off<S: StandIn>() {
    for seconds in [-7_200, 7_200] {
        let scene = Scene::<S>::start(|_| {}).await;
        let skewed = scene.house.clock.now() + chrono::Duration::seconds(seconds);
        scene.provider.set_clock(skewed);
        let ids = fill(&scene).await;
        let ada = scene.person().await;
        let job = ada.sync("auto").await;
        assert_eq!(job["status"], "completed", "{seconds}: {job}");
        everything_is_found(&ada, "a clock that is off").await;
        scene.poll().await;
        scene.provider.change_content(&ids[0], "here it says merganser and no more").await;
        scene.poll().await;
        assert!(ada.finds("merganser").await, "{seconds}");
        scene.house.stop().await;
    }
}

/// Whoever looks around does not wait for as long as a sync would.
async fn a_person_is_told_soon<S: StandIn>() {
    let scene = Scene::<S>::start(|_| {}).await;
    let ada = scene.person().await;
    scene.provider.cause(Trouble::ServerError { times: ALWAYS }).await;
    let path = format!("rest/connectors/{}/files?folder_id={}", scene.connector(), scene.provider.home());
    let before = scene.provider.calls();
    let (status, told) = scene.house.step_until(ada.person.call("GET", &path, None)).await;
    assert!(status >= 500, "{status} {told}");
    let calls = scene.provider.calls() - before;
    // Three tries, and what a connector asks beside; a sync would try eight times.
    assert!((1..=5).contains(&calls), "{calls} calls");
    scene.house.stop().await;
}
