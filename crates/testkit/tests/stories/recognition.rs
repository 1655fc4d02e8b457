//! Text recognition and the others: it takes long, so it must hold nobody up, end with the server, and come once it can.

use std::time::Duration;

use gangway_emulators::google::FileTarget;
use gangway_extract::{Recognition, Tools};
use gangway_store::{Backend, DocumentChange, ItemUpsert, PageEffects, Unread};
use gangway_sync::Engine;
use gangway_testkit::{Gate, House, HouseOptions, Person, extractor};
use serde_json::Value;

use crate::options;
use crate::uploads::upload;

/// The header of a picture that is large enough to hold text; each is another one, and all are text for the emulator.
pub fn picture(number: u8) -> &'static str {
    let sizes: Vec<u8> = [b"GIF89a\x58\x02".as_slice(), &[number, 3]].concat();
    String::from_utf8(sizes).expect("small numbers are text").leak()
}

/// A house where text is recognized by a gate.
async fn house_with(gate: &Gate) -> House {
    let recognition = Recognition { time_per_page: Duration::from_secs(600), ..gate.recognition() };
    House::start(HouseOptions { tools: gate.tools(), recognition, ..options() }).await
}

/// Waits until an engine has nothing left to do.
async fn until_nothing_is_due(house: &House, engine: &Engine) {
    let idle = async || {
        engine.wake();
        house.store.count_due_tasks().await.unwrap() == (0, 0)
    };
    until(house, "the queue is empty", idle).await;
}

pub async fn until(house: &House, what: &str, happened: impl AsyncFn() -> bool) {
    let wait = async {
        while !happened().await {
            house.engine.wake();
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait)
        .await
        .unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// The files of a collection whose text is here.
async fn synced(person: &Person<'_>, collection: &str) -> Vec<String> {
    let files = person.ask("GET", &format!("rest/collections/{collection}/files?limit=100"), None).await;
    let files = files["files"].as_array().unwrap().iter();
    let synced = files.filter(|file| file["sync_state"] == "synced");
    synced.map(|file| file["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_scans_of_one_hold_up_nobody_else() {
    let gate = Gate::new();
    let house = house_with(&gate).await;
    let (ada, eve) = (house.user("pro").await, house.user("pro").await);
    let (hers, other) = (ada.collection("scans").await, eve.collection("c").await);
    let names: Vec<String> = (0..50).map(|number| format!("scan {number}.gif")).collect();
    let sent: Vec<(&str, &[u8])> =
        names.iter().zip(0..).map(|(name, number)| (name.as_str(), picture(number).as_bytes())).collect();
    let (status, answer) = upload(&ada, &hers, &sent).await;
    assert_eq!(status, 201, "{answer}");
    until(&house, "the first scan is being recognized", async || gate.is_somebody_there()).await;

    // Nobody is let through: what comes now comes past the scans.
    upload(
        &eve,
        &other,
        &[("notes.txt", b"the quoll hunts at night"), ("page.html", b"<p>so does the quoll")],
    )
    .await;
    until(&house, "another's text is found", async || eve.found("quoll").await.len() == 2).await;
    upload(&ada, &hers, &[("own.txt", b"the bilby digs")]).await;
    until(&house, "her own text is found", async || ada.found("bilby").await == ["own.txt"]).await;
    house.control().write_text(&FileTarget::path("drive.txt"), "the dunnart leaps").unwrap();
    eve.connect().await;
    let job = eve.start_sync(&["root"], &other, "manual").await;
    eve.ended(&job).await;
    assert_eq!(eve.found("dunnart").await, ["drive.txt"], "a sync goes on");

    // One scan of another has its turn after the one that is at it, not after fifty.
    upload(&eve, &other, &[("scan.gif", picture(120).as_bytes())]).await;
    let is_due = async || house.store.count_due_tasks().await.unwrap().1 == 2;
    until(&house, "her scan waits for its turn", is_due).await;
    gate.lets_through("words");
    until(&house, "the first scan is read", async || synced(&ada, &hers).await.len() == 2).await;
    gate.lets_through("words");
    gate.lets_through("words");
    until(&house, "another's scan is read", async || {
        ada_read(&ada, &hers).await && eve.found("words").await.len() == 1
    })
    .await;
    assert!(synced(&ada, &hers).await.len() <= 4, "the other forty-odd still wait");
    (0..48).for_each(|_| gate.lets_through("words"));
    until(&house, "all is read", async || synced(&ada, &hers).await.len() == 51).await;
    house.stop().await;
}

async fn ada_read(ada: &Person<'_>, collection: &str) -> bool {
    synced(ada, collection).await.len() >= 2
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_server_ends_recognition_and_it_is_done_again() {
    let gate = Gate::new();
    let house = house_with(&gate).await;
    let ada = house.user("pro").await;
    let collection = ada.collection("scans").await;
    house.control().write_text(&FileTarget::path("drive.gif"), picture(1)).unwrap();
    upload(&ada, &collection, &[("scan.gif", picture(0).as_bytes())]).await;
    ada.connect().await;
    ada.start_sync(&["root"], &collection, "manual").await;
    let both = async || gate.is_somebody_there() && house.extractor.files_read() == 2;
    until(&house, "both are being recognized, or wait", both).await;

    let ended = tokio::time::timeout(Duration::from_secs(20), house.engine.shut_down()).await;
    assert!(ended.is_ok(), "nobody waits for what may take minutes");
    until(&house, "the program is gone", async || !gate.is_somebody_there()).await;
    assert!(synced(&ada, &collection).await.is_empty());

    gate.lets_through("words");
    gate.lets_through("words");
    let again = Engine::start(house.parts.clone());
    let read = async || {
        again.wake();
        synced(&ada, &collection).await.len() == 2
    };
    until(&house, "both are read after the start", read).await;
    again.shut_down().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_cannot_be_started_fails_no_file_for_good() {
    let gate = Gate::new();
    let house = house_with(&gate).await;
    let ada = house.user("pro").await;
    let collection = ada.collection("scans").await;
    let away = gate.program().with_extension("away");
    std::fs::rename(gate.program(), &away).unwrap();
    upload(&ada, &collection, &[("scan.gif", picture(0).as_bytes())]).await;
    let state = async || {
        let files = ada.ask("GET", &format!("rest/collections/{collection}/files"), None).await;
        (files["files"][0]["sync_state"].clone(), files["files"][0]["reason"]["code"].clone())
    };
    let told =
        async { while state().await != (Value::from("failed"), Value::from("recognition_unavailable")) {} };
    house.step_until(told).await;
    std::fs::rename(&away, gate.program()).unwrap();
    gate.lets_through("words");
    let read = async { while state().await != (Value::from("synced"), Value::Null) {} };
    tokio::time::timeout(Duration::from_secs(60), house.step_until(read)).await.expect("it is tried again");
    assert_eq!(ada.found("words").await, ["scan.gif"]);
    house.stop().await;
}

/// Scans come first, the program afterwards: an upload, a followed file, and one that was chosen as it was.
async fn once_it_is_installed(backend: Backend) {
    let gate = Gate::new();
    let house = House::start(HouseOptions { backend, ..options() }).await;
    let ada = house.user("pro").await;
    let collections =
        [ada.collection("uploads").await, ada.collection("auto").await, ada.collection("manual").await];
    let [own, followed, chosen] = &collections;
    let names: Vec<String> = (0..6).map(|number| format!("scan {number}.gif")).collect();
    let mut sent: Vec<(&str, &[u8])> =
        names.iter().zip(0..).map(|(name, number)| (name.as_str(), picture(number).as_bytes())).collect();
    sent.push(("film.mp4", b"\0\0\0\x18ftypmp42"));
    upload(&ada, own, &sent).await;
    let control = house.control();
    let folders = ["Auto", "Manual"].map(|name| control.create_folder(&FileTarget::path(name)).unwrap().id);
    control.write_text(&FileTarget::path("Auto/followed.gif"), picture(100)).unwrap();
    control.write_text(&FileTarget::path("Manual/chosen.gif"), picture(101)).unwrap();
    ada.connect().await;
    ada.sync(&[&folders[0]], followed, "auto").await;
    ada.sync(&[&folders[1]], chosen, "manual").await;
    house.let_due_work_happen().await;
    let read = house.extractor.files_read();
    assert!(ada.found("words").await.is_empty());
    house.engine.shut_down().await;

    // The same readers: nothing is read again.
    let again = Engine::start(house.parts.clone());
    again.schedule_now().await.unwrap();
    again.schedule_now().await.unwrap();
    until_nothing_is_due(&house, &again).await;
    again.shut_down().await;
    assert_eq!(house.extractor.files_read(), read);

    (0..20).for_each(|_| gate.lets_through("words"));
    let parts = gangway_sync::EngineParts {
        extractor: extractor(
            std::path::Path::new(env!("CARGO_BIN_EXE_gangway-test-worker")),
            gate.tools(),
            gate.recognition(),
        ),
        ..house.parts.clone()
    };
    let reader = parts.extractor.clone();
    let again = Engine::start(parts);
    let found = async || {
        again.schedule_now().await.unwrap();
        again.wake();
        let waiting = house.store.count_waiting(&["extract_upload", "look"]).await.unwrap();
        assert!(waiting <= 4, "a few at a time: {waiting}");
        synced(&ada, own).await.len() == 6 && synced(&ada, followed).await.len() == 1
    };
    until(&house, "uploads and followed files are read", found).await;
    assert!(synced(&ada, chosen).await.is_empty(), "nobody asked for it anew");
    assert_eq!(reader.files_read(), 7, "what still has no reader is left alone");
    let job = ada.start_sync(&[&folders[1]], chosen, "manual").await;
    let ended = async || {
        again.wake();
        let told = ada.job("google_drive", &job).await;
        told["status"] == "completed"
    };
    until(&house, "the next sync ends", ended).await;
    assert_eq!(synced(&ada, chosen).await, ["chosen.gif"]);
    again.shut_down().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_read_is_read_once_somebody_can() {
    once_it_is_installed(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_read_is_read_once_somebody_can_on_postgres() {
    once_it_is_installed(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_in_a_text_shows_with_the_file() {
    let house = House::start(HouseOptions { tools: Tools::default(), ..options() }).await;
    let ada = house.user("pro").await;
    let collection = ada.collection("c").await;
    let message = "From: a@example.com\r\nSubject: numbat\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nthe numbat eats termites\r\n\
        --b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"backup.7z\"\r\n\r\nN3q8ryccAAQ=\r\n--b--\r\n";
    house.control().write_text(&FileTarget::path("numbat.eml"), message).unwrap();
    ada.connect().await;
    let job = ada.start_sync(&["root"], &collection, "manual").await;
    ada.ended(&job).await;
    let is_told = |file: &Value| {
        assert_eq!(file["reason"]["code"], "text_incomplete", "{file}");
        let said = file["reason"]["message"].as_str().unwrap();
        assert!(said.starts_with("backup.7z: no text can be read"), "{said}");
    };
    let files = ada.ask("GET", &format!("rest/collections/{collection}/files"), None).await;
    let mut files = files["files"].as_array().unwrap().iter();
    let file = files.find(|file| file["name"] == "numbat.eml").unwrap();
    assert_eq!(file["sync_state"], "synced");
    is_told(file);
    let outcomes = ada.ask("GET", &format!("rest/connectors/google_drive/sync/{job}/files"), None).await;
    is_told(&outcomes["files"][0]);
    // It stays so when the file is only met again.
    let job = ada.start_sync(&["root"], &collection, "manual").await;
    ada.ended(&job).await;
    let outcomes = ada.ask("GET", &format!("rest/connectors/google_drive/sync/{job}/files"), None).await;
    assert_eq!(outcomes["files"][0]["outcome"], "unchanged", "{outcomes}");
    is_told(&outcomes["files"][0]);
    house.stop().await;
}

/// A mail with a text, a scan and an archive of a kind that nobody reads.
fn mail(number: u8) -> String {
    let scan = crate::uploads::base64_of(picture(number));
    format!(
        "From: a@example.com\r\nSubject: quoll\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nthe quoll hunts at night\r\n\
         --b\r\nContent-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"scan.gif\"\r\n\r\n{scan}\r\n\
         --b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"backup.7z\"\r\n\r\nN3q8ryccAAQ=\r\n--b--\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn files_within_a_file_are_read_once_somebody_can() {
    let gate = Gate::new();
    let house = House::start(options()).await;
    let ada = house.user("pro").await;
    let collection = ada.collection("mail").await;
    let (uploaded, other) = (mail(1), mail(2));
    upload(&ada, &collection, &[("mail.eml", uploaded.as_bytes())]).await;
    let folder = house.control().create_folder(&FileTarget::path("Auto")).unwrap().id;
    house.control().write_text(&FileTarget::path("Auto/other.eml"), &other).unwrap();
    ada.connect().await;
    ada.sync(&[&folder], &collection, "auto").await;
    house.let_due_work_happen().await;
    assert_eq!(ada.found("quoll").await.len(), 2);
    assert!(ada.found("words").await.is_empty());
    let wants = async || {
        let listed = house.store.list_unread("nobody", None, 10).await.unwrap();
        let mut codes: Vec<Vec<String>> = listed.into_iter().map(|unread| unread.codes).collect();
        codes.dedup();
        codes
    };
    let archive = "unsupported_type:application/x-7z-compressed";
    assert_eq!(wants().await, [["recognition_not_installed", archive]]);
    house.engine.shut_down().await;

    let worker = std::path::Path::new(env!("CARGO_BIN_EXE_gangway-test-worker"));
    let restarted = async |recognition: Recognition| {
        let extractor = extractor(worker, gate.tools(), recognition);
        let again =
            Engine::start(gangway_sync::EngineParts { extractor: extractor.clone(), ..house.parts.clone() });
        (again, extractor)
    };
    (0..4).for_each(|_| gate.lets_through("words"));
    let (again, _) = restarted(gate.recognition()).await;
    let found = async || {
        again.schedule_now().await.unwrap();
        again.wake();
        ada.found("words").await.len() == 2
    };
    until(&house, "the scans in both are read", found).await;
    until_nothing_is_due(&house, &again).await;
    assert_eq!(wants().await, [[archive]], "what is still missing is remembered");
    again.shut_down().await;

    // Other readers: what one of them reads by now is read again, and what none does is not.
    let upload = house.store.list_unread("nobody", None, 10).await.unwrap();
    let upload = upload.into_iter().find(|unread| unread.is_upload).unwrap();
    let item = house.store.find_item(&upload.item_id).await.unwrap().unwrap();
    let unread =
        Some(Unread { codes: vec!["unsupported_type:text/html".to_owned()], readers: "others".to_owned() });
    let item = ItemUpsert { unread, document: DocumentChange::Remove, ..ItemUpsert::of(item) };
    house.store.commit_page(&PageEffects { items: vec![item], ..PageEffects::default() }).await.unwrap();
    gate.lets_through("words");
    let (again, reader) = restarted(Recognition { pages_per_file: 7, ..gate.recognition() }).await;
    let read = async || {
        again.schedule_now().await.unwrap();
        again.wake();
        reader.files_read() > 0
    };
    until(&house, "what can be read by now is", read).await;
    for _ in 0..3 {
        again.schedule_now().await.unwrap();
        until_nothing_is_due(&house, &again).await;
    }
    again.shut_down().await;
    assert_eq!(reader.files_read(), 1);
    house.stop().await;
}
