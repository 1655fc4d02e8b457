//! The same bytes are read once: for one user, across users, and not beyond what is there.

use std::path::Path;

use gangway_emulators::google::FileTarget;
use gangway_store::Backend;
use gangway_sync::Reuse;
use gangway_testkit::{House, HouseOptions, Person};
use serde_json::json;

use crate::{house, options};

/// A page of HTML, which a worker reads. The long one is stored as a blob.
fn page(about: &str, words: u32) -> String {
    let mut state = 7_u32;
    let mut noise = String::new();
    for _ in 0..words {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push_str(&format!(" {:x}", state >> 4));
    }
    format!("<html><body><h1>{about}</h1><p>the wolverine climbs{noise}</p></body></html>")
}

const LONG: u32 = 40_000;

fn write(house: &House, path: &str, text: &str) {
    house.control().write_text(&FileTarget::path(path), text).unwrap();
}

/// What is found, near duplicates each for itself.
async fn names(person: &Person<'_>) -> Vec<String> {
    let wish = json!({ "query": "wolverine", "limit": 100, "show_duplicates": true });
    let answer = person.ask("POST", "rest/search", Some(wish)).await;
    let hits = answer["hits"].as_array().unwrap();
    hits.iter().map(|hit| hit["file"]["name"].as_str().unwrap().to_owned()).collect()
}

fn blobs(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { blobs(&entry.path()) } else { 1 }).sum()
}

/// How many documents say what they were made of.
async fn rows(house: &House) -> i64 {
    let pool = sqlx::AnyPool::connect(&house.store_options().url).await.unwrap();
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM documents").fetch_one(&pool).await.unwrap();
    pool.close().await;
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_in_one_sync_and_in_a_later_one_are_read_once() {
    let house = house().await;
    for (about, words) in [("short", 3), ("long", LONG)] {
        for number in 0..10 {
            write(&house, &format!("{about} {number}.html"), &page(about, words));
        }
    }
    write(&house, "other.html", &page("other", 3));
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("c").await;
    let ended = ada.sync(&["root"], &collection, "auto").await;
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(house.extractor.files_read(), 3, "one for each content");
    assert_eq!(names(&ada).await.len(), 21, "each copy is a file of its own");
    assert_eq!(blobs(&house.blobs_folder), 10, "each long copy has its own document");

    // A copy that comes later finds what lies there; the file it came from may go.
    write(&house, "later.html", &page("long", LONG));
    house.control().delete_file(&FileTarget::path("long 0.html")).unwrap();
    house.advance(std::time::Duration::from_secs(120));
    house.let_due_work_happen().await;
    assert_eq!(house.extractor.files_read(), 3);
    let found = names(&ada).await;
    assert!(found.contains(&"later.html".to_owned()) && !found.contains(&"long 0.html".to_owned()));

    // Changed bytes are other bytes.
    write(&house, "later.html", &page("changed", 3));
    house.advance(std::time::Duration::from_secs(120));
    house.let_due_work_happen().await;
    assert_eq!(house.extractor.files_read(), 4);
    assert_eq!(ada.found("changed").await, ["later.html"]);
    house.stop().await;
}

/// Two people with the same files: the second is given what was read for the first. When both are gone, nothing is left
/// of it.
async fn across_users(backend: Backend) {
    let house = House::start(HouseOptions { backend, ..options() }).await;
    write(&house, "short.html", &page("short", 3));
    write(&house, "long.html", &page("long", LONG));
    let ada = house.user("pro").await;
    ada.connect().await;
    ada.sync(&["root"], &ada.collection("a").await, "manual").await;
    assert_eq!(house.extractor.files_read(), 2);
    assert!(house.extractor.pretended().is_zero());

    let eve = house.user("pro").await;
    eve.connect().await;
    eve.sync(&["root"], &eve.collection("e").await, "manual").await;
    assert_eq!(house.extractor.files_read(), 2, "nothing is read a second time");
    assert!(!house.extractor.pretended().is_zero(), "but it takes its time");
    assert_eq!(eve.found("wolverine").await.len(), 2);

    house.as_admin("DELETE", &format!("rest/admin/users/{}", ada.id), None).await;
    house.settle().await;
    assert_eq!(eve.found("wolverine").await.len(), 2, "what is hers is hers");
    assert_eq!(rows(&house).await, 2);
    house.as_admin("DELETE", &format!("rest/admin/users/{}", eve.id), None).await;
    house.settle().await;
    assert_eq!(rows(&house).await, 0);

    let bob = house.user("pro").await;
    bob.connect().await;
    bob.sync(&["root"], &bob.collection("b").await, "manual").await;
    assert_eq!(house.extractor.files_read(), 4, "nothing was left to be found");
    house.as_admin("DELETE", &format!("rest/admin/users/{}", bob.id), None).await;
    house.settle().await;
    house.advance(std::time::Duration::from_secs(2 * 86_400));
    house.let_due_work_happen().await;
    assert_eq!(blobs(&house.blobs_folder), 0);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_for_one_is_given_to_another_who_has_the_same_bytes() {
    across_users(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_for_one_is_given_to_another_on_postgres() {
    across_users(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_says_whose_documents_count() {
    for (settings, read, is_slow) in [
        ((|settings| settings.reuse = Reuse::Own) as fn(&mut gangway_sync::SyncSettings), 2, false),
        (|settings| settings.reuse = Reuse::Open, 1, false),
        (|settings| settings.reuse = Reuse::Quiet, 1, true),
    ] {
        let house = House::start(HouseOptions { settings, ..options() }).await;
        write(&house, "short.html", &page("short", 3));
        for _ in 0..2 {
            let person = house.user("pro").await;
            person.connect().await;
            person.sync(&["root"], &person.collection("c").await, "manual").await;
            assert_eq!(person.found("wolverine").await, ["short.html"]);
        }
        assert_eq!((house.extractor.files_read(), !house.extractor.pretended().is_zero()), (read, is_slow));
        house.stop().await;
    }
}
