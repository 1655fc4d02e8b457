//! Fairness among people: whoever brings in a heap that takes hours has not all the workers.

use std::time::Duration;

use gangway_emulators::google::FileTarget;
use gangway_extract::Recognition;
use gangway_store::Backend;
use gangway_sync::SyncSettings;
use gangway_testkit::{Gate, House, HouseOptions};

use crate::options;
use crate::recognition::{picture, until};

pub async fn house_with(gate: &Gate, backend: Backend, settings: fn(&mut SyncSettings)) -> House {
    let recognition = Recognition { time_per_page: Duration::from_secs(600), ..gate.recognition() };
    House::start(HouseOptions { backend, tools: gate.tools(), recognition, settings, ..options() }).await
}

/// A folder with one scan in it; its id.
pub fn folder_with_scan(house: &House, name: &str, number: u8) -> String {
    let control = house.control();
    let folder = control.create_folder(&FileTarget::path(name)).unwrap().id;
    control.write_text(&FileTarget::path(format!("{name}/scan.gif")), picture(number)).unwrap();
    folder
}

async fn one_heap(backend: Backend) {
    let gate = Gate::new();
    // The clock is stepped faster than a heartbeat can follow.
    let house = house_with(&gate, backend, |settings| settings.lease = Duration::from_secs(86_400)).await;
    let (ada, eve, bob) = (house.user("pro").await, house.user("pro").await, house.user("pro").await);
    let control = house.control();
    let followed = control.create_folder(&FileTarget::path("Followed")).unwrap().id;
    let note = control.write_text(&FileTarget::path("note.txt"), "the quoll hunts at night").unwrap().id;
    let heap: Vec<String> = (0..8).map(|at| folder_with_scan(&house, &format!("heap {at}"), at)).collect();
    for person in [&ada, &eve, &bob] {
        person.connect().await;
    }
    let hers = ada.collection("heap").await;
    ada.sync(&[&followed], &hers, "auto").await;
    let mut jobs = Vec::new();
    for folder in &heap {
        jobs.push(ada.start_sync(&[folder], &hers, "manual").await);
    }
    until(&house, "the first scan is being recognized", async || gate.is_somebody_there()).await;
    let running = async || house.store.count_tasks().await.unwrap().1;
    until(&house, "as many jobs as one may have are at work", async || running().await == 2).await;

    // Nobody is let through: what comes now comes past the heap.
    let collection = eve.collection("c").await;
    let job = eve.start_sync(&[&note], &collection, "manual").await;
    eve.ended(&job).await;
    assert_eq!(eve.found("quoll").await, ["note.txt"], "another's first sync");
    control.write_text(&FileTarget::path("Followed/new.txt"), "the numbat eats termites").unwrap();
    house.advance(Duration::from_secs(61));
    house.engine.schedule_now().await.unwrap();
    until(&house, "what she follows is kept true", async || ada.found("numbat").await == ["new.txt"]).await;

    // A second heap takes what one may have, and there is still a worker for what is short.
    let his = bob.collection("heap").await;
    for folder in &heap {
        bob.start_sync(&[folder], &his, "manual").await;
    }
    until(&house, "all long ones there may be are at work", async || running().await == 3).await;
    control.write_text(&FileTarget::path("Followed/newer.txt"), "the bilby digs").unwrap();
    house.advance(Duration::from_secs(61));
    house.engine.schedule_now().await.unwrap();
    until(&house, "it is still kept true", async || ada.found("bilby").await == ["newer.txt"]).await;

    (0..16).for_each(|_| gate.lets_through("words"));
    // Jobs that gave way to the other's are due a moment later.
    for job in &jobs {
        house.step_until(ada.ended(job)).await;
    }
    assert_eq!(ada.found("words").await.len(), 8, "and the heap comes in");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heap_of_slow_jobs_holds_up_nobody_else() {
    one_heap(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heap_of_slow_jobs_holds_up_nobody_else_on_postgres() {
    one_heap(Backend::Postgres).await;
}

/// Even where there is one worker: a job that had its turn goes on after those who wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_gives_way_at_a_checkpoint_and_goes_on() {
    let gate = Gate::new();
    let alone = |settings: &mut SyncSettings| {
        (settings.workers, settings.list_concurrency, settings.job_turn) = (1, 1, Duration::ZERO);
        settings.lease = Duration::from_secs(86_400);
    };
    let house = house_with(&gate, Backend::Sqlite, alone).await;
    let (ada, eve) = (house.user("pro").await, house.user("pro").await);
    let control = house.control();
    let heap = control.create_folder(&FileTarget::path("Heap")).unwrap().id;
    for number in 0..3 {
        folder_with_scan(&house, &format!("Heap/{number}"), number);
    }
    let note = control.write_text(&FileTarget::path("note.txt"), "the quoll hunts at night").unwrap().id;
    ada.connect().await;
    eve.connect().await;
    house.settle().await;
    let (hers, other) = (ada.collection("heap").await, eve.collection("c").await);
    let long = ada.start_sync(&[&heap], &hers, "manual").await;
    until(&house, "the first scan is being recognized", async || gate.is_somebody_there()).await;
    let short = eve.start_sync(&[&note], &other, "manual").await;
    gate.lets_through("words");
    eve.ended(&short).await;
    assert_eq!(eve.found("quoll").await, ["note.txt"]);
    let told = ada.job("google_drive", &long).await;
    assert_eq!(
        (told["status"].as_str(), told["files_synced"].as_u64()),
        (Some("processing"), Some(1)),
        "{told}"
    );
    (0..2).for_each(|_| gate.lets_through("words"));
    house.step_until(ada.ended(&long)).await;
    let told = ada.job("google_drive", &long).await;
    assert_eq!(
        (told["status"].as_str(), told["files_synced"].as_u64()),
        (Some("completed"), Some(3)),
        "{told}"
    );
    house.stop().await;
}

/// Whoever gave way at once would begin anew for everybody who comes: a job has half a minute of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_has_its_turn_before_it_gives_way() {
    let gate = Gate::new();
    let alone = |settings: &mut SyncSettings| {
        (settings.workers, settings.list_concurrency) = (1, 1);
        settings.lease = Duration::from_secs(86_400);
    };
    let house = house_with(&gate, Backend::Sqlite, alone).await;
    let (ada, eve) = (house.user("pro").await, house.user("pro").await);
    let control = house.control();
    let heap = control.create_folder(&FileTarget::path("Heap")).unwrap().id;
    (0..4).for_each(|number| _ = folder_with_scan(&house, &format!("Heap/{number}"), number));
    let note = control.write_text(&FileTarget::path("note.txt"), "the quoll hunts at night").unwrap().id;
    ada.connect().await;
    eve.connect().await;
    house.settle().await;
    let (hers, other) = (ada.collection("heap").await, eve.collection("c").await);
    let long = ada.start_sync(&[&heap], &hers, "manual").await;
    until(&house, "the first scan is being recognized", async || gate.is_somebody_there()).await;
    let short = eve.start_sync(&[&note], &other, "manual").await;
    let synced = async || house.store.find_job(&long.as_str().into()).await.unwrap().unwrap().counters.synced;
    let waits =
        async || house.store.find_job(&short.as_str().into()).await.unwrap().unwrap().started_at.is_none();
    for (seconds, scans) in [(0, 1), (29, 2)] {
        house.advance(Duration::from_secs(seconds));
        gate.lets_through("words");
        let next = async || synced().await == scans && gate.is_somebody_there();
        until(&house, "the next scan is being recognized", next).await;
        assert!(waits().await, "after {seconds} seconds it is still her turn");
    }
    house.advance(Duration::from_secs(2));
    gate.lets_through("words");
    eve.ended(&short).await;
    assert_eq!(synced().await, 3, "it gave way at the checkpoint");
    gate.lets_through("words");
    house.step_until(ada.ended(&long)).await;
    assert_eq!(synced().await, 4);
    house.stop().await;
}
