//! Searching through the API: how soon things are found and gone, what the answer tells, and an index that is made anew.

use gangway_effects::Clock;
use gangway_emulators::google::FileTarget;
use gangway_model::{Chunk, ItemId, Place};
use gangway_search::IndexedDocument;
use gangway_testkit::Person;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::assistants::used;
use crate::house;

const LETTER: &str = "The supplier delivers the goods to the warehouse in the harbour before noon. Every crate carries a \
    label with the order and the weight of what is inside. Whoever signs for the delivery keeps one copy and sends the \
    other to the office. Damaged goods are photographed at once.";

async fn upload(person: &Person<'_>, collection: &str, path: &str, text: &str) -> String {
    let form = Form::new()
        .text("path", path.to_owned())
        .part("file", Part::bytes(text.as_bytes().to_vec()).file_name("sent.txt"));
    let address = format!("rest/connectors/local_upload/upload?collection_uuid={collection}");
    let url = person.house.url.join(&address).unwrap();
    let answer = person.house.http.post(url).bearer_auth(&person.token).multipart(form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["files"][0]["status"], "stored", "{answer}");
    let stored = &answer["files"][0];
    stored["file_id"].as_str().or(stored["id"].as_str()).unwrap().to_owned()
}

async fn asked(person: &Person<'_>, body: Value) -> Value {
    person.ask("POST", "rest/search", Some(body)).await
}

fn names(answer: &Value) -> Vec<&str> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["file"]["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_job_says_is_done_is_found_and_what_is_deleted_is_not() {
    let house = house().await;
    let control = house.control();
    control.write_text(&FileTarget::path("one.txt"), "the first sandpiper").unwrap();
    let ada = house.user("enterprise").await;
    ada.connect().await;
    let collection = ada.collection("birds").await;
    let job = ada.start_sync(&["root"], &collection, "auto").await;
    ada.ended(&job).await;
    assert_eq!(ada.found("sandpiper").await, ["one.txt"], "with the job's end, not after it");

    let id = upload(&ada, &collection, "two.txt", "the second sandpiper").await;
    house.settle().await;
    assert_eq!(ada.found("sandpiper").await.len(), 2);
    let (status, _) = ada.call("DELETE", &format!("rest/connectors/local_upload/files/{id}"), None).await;
    assert_eq!(status, 204);
    assert_eq!(ada.found("sandpiper").await, ["one.txt"], "gone before any work was done for it");
    let file = asked(&ada, json!({ "query": "sandpiper" })).await["hits"][0]["file"]["id"].clone();
    let path = format!("rest/collections/{collection}/files/{}", file.as_str().unwrap());
    let (status, answer) = ada.call("DELETE", &path, None).await;
    assert!((200..300).contains(&status), "{answer}");
    assert!(ada.found("sandpiper").await.is_empty(), "taken out of its collection");
    house.settle().await;
    assert_eq!(house.index.stats().await.unwrap().items, 0, "and out of the index");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_takes_the_place_of_what_is_gone() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("Freight").await;
    for (path, text) in [
        ("a.txt", LETTER.to_owned()),
        ("b.txt", LETTER.to_uppercase()),
        ("c.txt", LETTER.replace(". ", "; ")),
        ("other.txt", "Once upon a time there was a supplier with a warehouse.".to_owned()),
    ] {
        upload(&ada, &collection, path, &text).await;
    }
    house.settle().await;
    let query = json!({ "query": "supplier warehouse" });
    let folded = |answer: &Value| {
        let hits = answer["hits"].as_array().unwrap().clone();
        assert_eq!(hits.len(), 2, "{answer}");
        hits.into_iter().find(|hit| hit["file"]["name"] != "other.txt").unwrap()
    };
    let before = folded(&asked(&ada, query.clone()).await);
    assert_eq!(before["duplicates"], 2, "{before}");
    let path = format!("rest/connectors/local_upload/files/{}", before["file"]["id"].as_str().unwrap());
    assert_eq!(ada.call("DELETE", &path, None).await.0, 204);

    // The index still leads with what is gone.
    let now = folded(&asked(&ada, query.clone()).await);
    assert!(now["file"]["name"] != before["file"]["name"], "{now}");
    assert_eq!(now["duplicates"], 1, "{now}");
    assert!(now["snippet"]["html"].as_str().unwrap().contains("<mark>"), "{now}");
    house.settle().await;
    assert_eq!(folded(&asked(&ada, query).await)["duplicates"], 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_tells_how_the_query_was_read() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("Ocean Freight").await;
    let other = ada.collection("Elsewhere").await;
    upload(&ada, &collection, "Letters/first.txt", LETTER).await;
    upload(&ada, &other, "Copies/second.txt", &LETTER.to_uppercase()).await;
    upload(&ada, &other, "Copies/notes.md", "# Notes\n\nA supplier wrote.").await;
    house.settle().await;

    let found = asked(&ada, json!({ "query": "suplier type:text from:uploads -draft after:2020" })).await;
    let told = &found["understood"];
    assert_eq!(told["words"], json!(["suplier"]), "{found}");
    assert_eq!(told["excluded"], json!(["draft"]));
    assert_eq!(told["respelled"], json!([{ "word": "suplier", "tried": ["supplier"] }]));
    let fields: Vec<_> = told["filters"].as_array().unwrap().iter().map(|one| one["field"].clone()).collect();
    assert_eq!(fields, ["type", "from", "after"]);
    assert_eq!(told["filters"][1]["means"], json!(["local_upload"]));
    assert_eq!(found["total"], 2, "both letters say the same: {found}");

    let letters = asked(&ada, json!({ "query": "supplier warehouse type:text" })).await;
    assert_eq!((letters["total"].as_u64(), letters["hits"][0]["duplicates"].as_u64()), (Some(2), Some(1)));
    let best = &letters["hits"][0];
    assert_eq!(best["passages"][0]["snippet"], best["snippet"]);
    let every =
        asked(&ada, json!({ "query": "supplier warehouse type:text", "show_duplicates": true })).await;
    let ids: Vec<_> = every["hits"].as_array().unwrap().iter().map(|hit| &hit["file"]["id"]).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.contains(&&best["duplicate_ids"][0]), "{best}");

    assert_eq!(names(&asked(&ada, json!({ "query": "supplier in:letters" })).await), ["first.txt"]);
    assert_eq!(names(&asked(&ada, json!({ "query": "supplier in:\"ocean freight\"" })).await), ["first.txt"]);
    assert_eq!(names(&asked(&ada, json!({ "query": "supplier type:markdown" })).await), ["notes.md"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_by_cursor() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("all").await;
    for number in 0..5 {
        upload(&ada, &collection, &format!("{number}.txt"), &format!("the dunlin of file {number}")).await;
    }
    house.settle().await;
    let mut met = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = asked(&ada, json!({ "query": "dunlin", "limit": 2, "cursor": cursor })).await;
        met.extend(names(&page).into_iter().map(str::to_owned));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
        // Ages are told by the first page's clock.
        house.advance(std::time::Duration::from_secs(86_400));
    }
    met.sort();
    assert_eq!(met, ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt"]);
    let (status, answer) =
        ada.call("POST", "rest/search", Some(json!({ "query": "dunlin", "cursor": "bm9uc2Vuc2U" }))).await;
    assert_eq!(status, 400, "{answer}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_index_is_filled_again_from_the_rows() {
    let house = house().await;
    let control = house.control();
    for name in ["kept.txt", "gone.txt"] {
        control.write_text(&FileTarget::path(name), &format!("a turnstone in {name}")).unwrap();
    }
    let ada = house.user("enterprise").await;
    ada.connect().await;
    let collection = ada.collection("c").await;
    ada.sync(&["root"], &collection, "manual").await;
    upload(&ada, &collection, "sent.txt", "a turnstone was sent").await;
    control.delete_file(&FileTarget::path("gone.txt")).unwrap();
    ada.sync(&["root"], &collection, "manual").await;
    house.control().reset_calls();

    house.index.clear().await.unwrap();
    house.index.flush().await.unwrap();
    assert!(ada.found("turnstone").await.is_empty());
    house.store.enqueue(&gangway_sync::payload::rebuild_index(house.clock.now())).await.unwrap();
    house.settle().await;
    let mut found = ada.found("turnstones ").await;
    found.sort();
    assert_eq!(found, ["kept.txt", "sent.txt"]);
    assert!(house.control().call_counts().is_empty(), "no provider was asked");
    house.stop().await;
}

/// Whoever asks, in whatever way, is told whether all that match were counted.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_whether_its_total_is_exact() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("all").await;
    let document = |number: u32| IndexedDocument {
        item_id: format!("item-{number}").into(),
        user_id: ada.id.as_str().into(),
        connection_id: "connection".into(),
        connector_id: "local_upload".into(),
        collections: vec![collection.as_str().into()],
        name: format!("{number}.txt"),
        path: None,
        media_type: "text/plain".to_owned(),
        modified_at: None,
        url: None,
        title: None,
        chunks: vec![Chunk { number: 0, place: Place::default(), text: format!("sandpiper {number}") }],
    };
    house.index.put((0..2001).map(document).collect()).await.unwrap();
    house.index.flush().await.unwrap();
    let told = async || {
        let (wish, within) =
            (json!({ "query": "sandpiper" }), format!("rest/collections/{collection}/search"));
        let mut told = Vec::new();
        for answer in [
            asked(&ada, wish.clone()).await,
            ada.ask("POST", &within, Some(wish.clone())).await,
            used(&ada, "search", wish).await,
        ] {
            told.push((answer["total"].as_u64().unwrap(), answer["total_is_exact"].as_bool().unwrap()));
        }
        told
    };
    assert_eq!(told().await, [(2000, false); 3], "one more than is compared");
    house.index.remove_items(&[ItemId::from("item-0")]).await.unwrap();
    house.index.flush().await.unwrap();
    assert_eq!(told().await, [(2000, true); 3]);
    house.stop().await;
}
