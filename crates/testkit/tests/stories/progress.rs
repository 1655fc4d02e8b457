//! A sync of slow files is seen to move, and ends soon when it is cancelled.

use std::time::Duration;

use gangway_emulators::google::FileTarget;
use gangway_extract::Recognition;
use gangway_testkit::{Gate, House, HouseOptions};
use serde_json::json;

use crate::options;
use crate::recognition::{picture, until};

#[tokio::test(flavor = "multi_thread")]
async fn slow_files_of_one_page_are_told_as_they_come_and_can_be_cancelled() {
    let gate = Gate::new();
    let recognition = Recognition { time_per_page: Duration::from_secs(600), ..gate.recognition() };
    let settings: fn(&mut _) = |settings: &mut gangway_sync::SyncSettings| settings.fetch_concurrency = 1;
    let house = House::start(HouseOptions { tools: gate.tools(), recognition, settings, ..options() }).await;
    let control = house.control();
    for number in 0..4 {
        control.write_text(&FileTarget::path(format!("Scans/{number}.gif")), picture(number)).unwrap();
    }
    let folder = control.find_file(&FileTarget::path("Scans")).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("Scans").await;
    let job = ada.start_sync(&[&folder], &collection, "manual").await;
    let is_at_the_gate = async || gate.is_somebody_there();
    let one_more = async |count: u64| {
        until(&house, "the next scan is being recognized", is_at_the_gate).await;
        house.advance(Duration::from_secs(3));
        gate.lets_through("words");
        let told = async || ada.job("google_drive", &job).await;
        until(&house, "it is told", async || told().await["files_synced"] == count).await;
        told().await
    };
    let told = one_more(1).await;
    assert_eq!((&told["status"], &told["files_found"]), (&json!("processing"), &json!(4)), "{told}");
    assert!((1..100).contains(&told["progress"].as_u64().unwrap()), "{told}");
    until(&house, "the second scan is being recognized", is_at_the_gate).await;
    ada.ask("DELETE", &format!("rest/connectors/google_drive/sync/{job}"), None).await;
    one_more(2).await;
    let told = ada.finished(&job).await;
    assert_eq!((&told["status"], &told["files_synced"]), (&json!("cancelled"), &json!(2)), "{told}");
    house.stop().await;
}
