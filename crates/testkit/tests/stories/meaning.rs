//! Search by meaning through the API: how vectors come to be, what happens when the model fails, and that a removal wins.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use gangway_model::ItemId;
use gangway_search::conformance::Concepts;
use gangway_search::{EmbedError, Embedder, TextKind, VectorIndex};
use gangway_store::ToEmbedCounts;
use gangway_sync::Engine;
use gangway_testkit::{House, HouseOptions, Person};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::options;

/// The tests' model behind a gate, with vectors as long as it is told.
struct Model {
    concepts: Concepts,
    longer: Concepts,
    is_longer: AtomicBool,
    /// Calls for passages that are held up.
    gate: tokio::sync::Semaphore,
    held: AtomicUsize,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            concepts: Concepts::default(),
            longer: Concepts::named("concepts", 1024),
            is_longer: AtomicBool::new(false),
            gate: tokio::sync::Semaphore::new(1),
            held: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl Embedder for Model {
    fn model(&self) -> &str {
        "concepts"
    }

    async fn embed(&self, kind: TextKind, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if kind == TextKind::Passage {
            self.held.fetch_add(1, Ordering::SeqCst);
            let _open = self.gate.acquire().await.map_err(|_| EmbedError::for_now("closed"))?;
        }
        match self.is_longer.load(Ordering::SeqCst) {
            true => self.longer.embed(kind, texts).await,
            false => self.concepts.embed(kind, texts).await,
        }
    }
}

async fn house_with(model: &Arc<Model>) -> House {
    let embedder: Arc<dyn Embedder> = model.clone();
    House::start(HouseOptions { embedder: Some(embedder), ..options() }).await
}

async fn upload(person: &Person<'_>, collection: &str, name: &str, text: &str) -> String {
    let part = Part::bytes(text.as_bytes().to_vec()).file_name(name.to_owned());
    let address = format!("rest/connectors/local_upload/upload?collection_uuid={collection}");
    let url = person.house.url.join(&address).unwrap();
    let form = Form::new().part("file", part);
    let answer = person.house.http.post(url).bearer_auth(&person.token).multipart(form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let stored = &answer["files"][0];
    assert_eq!(stored["status"], "stored", "{answer}");
    stored["file_id"].as_str().or(stored["id"].as_str()).unwrap().to_owned()
}

async fn delete(person: &Person<'_>, id: &str) {
    let (status, answer) =
        person.call("DELETE", &format!("rest/connectors/local_upload/files/{id}"), None).await;
    assert_eq!(status, 204, "{answer}");
}

async fn asked(person: &Person<'_>, query: &str) -> (Vec<String>, String) {
    let answer = person.ask("POST", "rest/search", Some(json!({ "query": query }))).await;
    let names = answer["hits"].as_array().unwrap().iter();
    let mut names: Vec<String> = names.map(|hit| hit["file"]["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    (names, answer["by_meaning"].as_str().unwrap().to_owned())
}

/// What the operator is told of search by meaning.
async fn status(house: &House) -> Value {
    house.as_admin("GET", "rest/admin/status", None).await["search_by_meaning"].clone()
}

async fn vectors_held(house: &House) -> u64 {
    house.vectors.as_ref().unwrap().stats().await.unwrap().passages
}

/// Waits until something is so, at most a minute.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect(what);
}

/// Waits until so many calls for passages have come.
async fn held_up(model: &Model, calls: usize) {
    until("the model is asked", async || model.held.load(Ordering::SeqCst) >= calls).await;
}

async fn waiting(house: &House) -> u64 {
    house.store.count_to_embed().await.unwrap().waiting
}

#[tokio::test(flavor = "multi_thread")]
async fn what_means_the_same_is_found_and_gone_at_once() {
    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    let id = upload(&ada, &collection, "a.txt", "the automobile is insured").await;
    upload(&ada, &collection, "b.txt", "a bicycle").await;
    house.settle().await;
    assert_eq!(asked(&ada, "car ").await, (vec!["a.txt".to_owned()], "used".to_owned()));
    assert_eq!(asked(&ada, "\"the automobile\"").await, (vec!["a.txt".to_owned()], "not_asked".to_owned()));
    let bob = house.user("free").await;
    assert!(asked(&bob, "car ").await.0.is_empty(), "it is somebody else's");

    delete(&ada, &id).await;
    assert!(asked(&ada, "car ").await.0.is_empty(), "gone before any work was done for it");
    house.settle().await;
    assert_eq!(vectors_held(&house).await, 1, "and its vector is gone too");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_model_is_down_words_answer_and_vectors_follow_later() {
    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    model.concepts.set_down(true);
    upload(&ada, &collection, "a.txt", "the automobile").await;
    upload(&ada, &collection, "b.txt", "the car").await;
    house.settle().await;
    assert_eq!(asked(&ada, "car ").await, (vec!["b.txt".to_owned()], "unavailable".to_owned()));
    let counts = house.store.count_to_embed().await.unwrap();
    assert_eq!(counts, ToEmbedCounts { waiting: 2, refused: 0 }, "nothing is given up");
    house.advance(Duration::from_secs(6));
    let told = status(&house).await;
    assert_eq!((&told["model"], &told["documents_waiting"]), (&json!("concepts"), &json!(2)), "{told}");
    assert_eq!((&told["passages_made"], &told["last_made_at"]), (&json!(0), &Value::Null), "{told}");
    assert_eq!(told["last_error"]["code"], "embedder_unavailable", "{told}");
    assert!(told["last_error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{told}");

    model.concepts.set_down(false);
    house.step_until(until("the list is empty", async || waiting(&house).await == 0)).await;
    assert_eq!(asked(&ada, "car ").await, (vec!["a.txt".to_owned(), "b.txt".to_owned()], "used".to_owned()));
    assert_eq!(model.concepts.passages(), 2, "each was made once");
    house.settle().await;
    house.advance(Duration::from_secs(6));
    let told = status(&house).await;
    assert_eq!((&told["documents_waiting"], &told["documents_refused"]), (&json!(0), &json!(0)), "{told}");
    assert_eq!((&told["passages_made"], &told["last_error"]), (&json!(2), &Value::Null), "{told}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_not_taken_is_told_and_holds_nothing_up() {
    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    upload(&ada, &collection, "a.md", "# One\n\nunspeakable\n\n# Two\n\nthe automobile").await;
    upload(&ada, &collection, "b.txt", "the automobile").await;
    house.settle().await;
    assert_eq!(asked(&ada, "car ").await.0, ["a.md", "b.txt"]);
    let counts = house.store.count_to_embed().await.unwrap();
    assert_eq!(counts, ToEmbedCounts { waiting: 0, refused: 1 }, "it is not told as whole");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_wins_against_a_late_vector() {
    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    let closed = model.gate.acquire().await.unwrap();
    let id = upload(&ada, &collection, "a.txt", "the automobile").await;
    held_up(&model, 1).await;
    delete(&ada, &id).await;
    // Removed from rows and index while its vector is being made.
    until("it is removed", async || {
        house.engine.wake();
        house.store.find_item(&ItemId::from(id.clone())).await.unwrap().is_none()
    })
    .await;
    drop(closed);
    house.settle().await;
    assert_eq!(vectors_held(&house).await, 0, "what came late was taken out again");
    assert!(asked(&ada, "car ").await.0.is_empty());
    assert_eq!(house.store.count_to_embed().await.unwrap(), ToEmbedCounts::default());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_costs_no_more_than_the_middle() {
    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    upload(&ada, &collection, "a.txt", "the automobile").await;
    house.settle().await;
    let closed = model.gate.acquire().await.unwrap();
    upload(&ada, &collection, "b.txt", "the vehicle").await;
    held_up(&model, 2).await;
    house.engine.shut_down().await;
    assert_eq!(waiting(&house).await, 1, "what was not made is still on the list");
    assert_eq!(asked(&ada, "car ").await.0, ["a.txt"]);

    drop(closed);
    let again = Engine::start(house.parts.clone());
    until("it goes on", async || {
        again.wake();
        waiting(&house).await == 0
    })
    .await;
    assert_eq!(asked(&ada, "car ").await.0, ["a.txt", "b.txt"]);
    assert_eq!(model.concepts.passages(), 2, "what was made before was not made again");
    again.shut_down().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_from_before_are_made_up_for_and_whole_ones_are_not_made_again() {
    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    upload(&ada, &collection, "a.txt", "the automobile").await;
    upload(&ada, &collection, "b.txt", "the vehicle").await;
    house.settle().await;
    let vectors = house.vectors.as_ref().unwrap();
    let b = house.index.search(&request(&ada, "vehicle")).await.unwrap().hits[0].item_id.clone();
    vectors.remove_items(std::slice::from_ref(&b)).await.unwrap();
    vectors.flush().await.unwrap();

    // As a start does that finds vectors which were left alone.
    assert_eq!(house.store.ask_to_embed_all().await.unwrap(), 2);
    house.let_due_work_happen().await;
    assert_eq!(asked(&ada, "car ").await.0, ["a.txt", "b.txt"]);
    assert_eq!(model.concepts.passages(), 3, "only what was missing was made");
    assert_eq!(house.store.count_to_embed().await.unwrap(), ToEmbedCounts::default());
    house.stop().await;
}

fn request(person: &Person<'_>, query: &str) -> gangway_search::SearchRequest {
    gangway_search::SearchRequest {
        query: query.to_owned(),
        visible: gangway_search::Visibility { owner: person.id.as_str().into(), collections: Vec::new() },
        filters: Default::default(),
        names: Default::default(),
        now: Default::default(),
        fold_duplicates: true,
        limit: 10,
        offset: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_of_another_length_begin_anew() {
    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    upload(&ada, &collection, "a.txt", "the automobile").await;
    house.settle().await;
    model.is_longer.store(true, Ordering::SeqCst);
    assert!(asked(&ada, "car ").await.0.is_empty(), "two lengths are never compared");
    upload(&ada, &collection, "b.txt", "the vehicle").await;
    house.settle().await;
    assert_eq!(asked(&ada, "car ").await.0, ["a.txt", "b.txt"]);
    assert_eq!(vectors_held(&house).await, 2);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_counted_now_and_then_and_not_at_every_look() {
    let house = House::start(options()).await;
    assert_eq!(status(&house).await, Value::Null, "it is off");
    house.stop().await;

    let model = Model::new();
    let house = house_with(&model).await;
    let ada = house.user("free").await;
    let collection = ada.collection("fleet").await;
    assert_eq!(status(&house).await["documents_waiting"], 0);
    model.concepts.set_down(true);
    upload(&ada, &collection, "a.txt", "the automobile").await;
    house.settle().await;
    let before = status(&house).await;
    house.let_due_work_happen().await;
    let again = status(&house).await;
    assert_eq!(
        (&again["documents_waiting"], &again["counted_at"]),
        (&before["documents_waiting"], &before["counted_at"])
    );
    house.advance(Duration::from_secs(6));
    let later = status(&house).await;
    assert_eq!(later["documents_waiting"], 1, "whoever asks has it a few seconds old at most: {later}");
    assert_ne!(later["counted_at"], before["counted_at"]);
    house.stop().await;
}
