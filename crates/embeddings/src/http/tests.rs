//! The endpoint's answers, good and bad, from a server of the test's own.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use gangway_effects::NetworkOptions;
use serde_json::{Value, json};

use super::*;

/// What the server answers, and what it was asked.
#[derive(Clone, Default)]
struct Desk {
    answer: Arc<Mutex<(u16, String, Option<&'static str>)>>,
    asked: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

impl Desk {
    fn answers(&self, status: u16, body: impl ToString, retry_after: Option<&'static str>) {
        *self.answer.lock().unwrap() = (status, body.to_string(), retry_after);
    }

    fn last(&self) -> (HeaderMap, Value) {
        self.asked.lock().unwrap().last().cloned().unwrap()
    }
}

async fn served() -> (Desk, Url) {
    let desk = Desk::default();
    let answer = |State(desk): State<Desk>, headers: HeaderMap, body: String| async move {
        desk.asked.lock().unwrap().push((headers, serde_json::from_str(&body).unwrap()));
        let (status, body, after) = desk.answer.lock().unwrap().clone();
        let mut response = Response::builder().status(status);
        if let Some(after) = after {
            response = response.header("retry-after", after);
        }
        response.body(axum::body::Body::from(body)).unwrap()
    };
    let router = Router::new().route("/v1/embeddings", post(answer)).with_state(desk.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (desk, url)
}

fn options(url: &Url) -> HttpEmbedderOptions {
    HttpEmbedderOptions {
        url: url.clone(),
        model: "small".to_owned(),
        api_key: Some("sk-very-secret".into()),
        dimensions: None,
        query_prefix: "query: ".to_owned(),
        passage_prefix: String::new(),
    }
}

fn embedder(options: HttpEmbedderOptions) -> HttpEmbedder {
    let network = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
    HttpEmbedder::new(Network::new(network).unwrap(), options).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn vectors_come_in_the_order_of_the_texts() {
    let (desk, url) = served().await;
    let embedder = embedder(HttpEmbedderOptions { dimensions: Some(2), ..options(&url) });
    desk.answers(
        200,
        json!({ "data": [{ "index": 1, "embedding": [0.0, 1.0] }, { "index": 0, "embedding": [1.0, 0.5] }] }),
        None,
    );
    let vectors = embedder.embed(TextKind::Query, &texts(&["a", "b"])).await.unwrap();
    assert_eq!(vectors, [[1.0, 0.5], [0.0, 1.0]]);
    let (headers, asked) = desk.last();
    assert_eq!(headers["authorization"], "Bearer sk-very-secret");
    let wanted = json!({ "model": "small", "input": ["query: a", "query: b"], "encoding_format": "float", "dimensions": 2 });
    assert_eq!(asked, wanted);
    assert_eq!(embedder.model(), "small 2");

    desk.answers(200, json!({ "data": [{ "embedding": [3.0, 4.0] }] }), None);
    assert_eq!(embedder.embed(TextKind::Passage, &texts(&["a"])).await.unwrap(), [[3.0, 4.0]]);
    assert_eq!(desk.last().1["input"], json!(["a"]));
    assert!(embedder.embed(TextKind::Passage, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_keeps_secrets() {
    let (desk, url) = served().await;
    let embedder = embedder(options(&url));
    let ask = async |status: u16, after| {
        let body =
            json!({ "error": { "code": "bad_input", "message": "sk-very-secret said: private text" } });
        desk.answers(status, body, after);
        let error = embedder.embed(TextKind::Passage, &texts(&["private text"])).await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("secret") && !told.contains("private"), "{told}");
        assert!(told.contains(&status.to_string()) && told.contains("bad_input"), "{told}");
        error
    };
    for status in [400, 413, 422] {
        assert!(matches!(ask(status, None).await, EmbedError::Refused { .. }), "{status}");
    }
    for status in [301, 401, 403, 404] {
        assert!(matches!(ask(status, None).await, EmbedError::Configuration { .. }), "{status}");
    }
    for status in [429, 500, 503] {
        let EmbedError::RetryLater { after, .. } = ask(status, Some("7")).await else { panic!("{status}") };
        assert_eq!(after, Some(Duration::from_secs(7)));
    }
    let EmbedError::RetryLater { after, .. } = ask(429, Some("soon")).await else { panic!() };
    assert_eq!(after, None);
}

#[tokio::test]
async fn odd_answers_are_no_vectors() {
    let (desk, url) = served().await;
    let embedder = embedder(options(&url));
    for odd in [
        json!("no"),
        json!({ "data": [] }),
        json!({ "data": [{ "embedding": [1.0] }] }),
        json!({ "data": [{ "embedding": [1.0] }, { "embedding": [] }] }),
        json!({ "data": [{ "embedding": [1.0] }, { "embedding": [1.0, 2.0] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1.0] }, { "index": 0, "embedding": [1.0] }] }),
        json!({ "data": [{ "index": 0, "embedding": [1.0] }, { "index": 9, "embedding": [1.0] }] }),
        json!({ "data": [{ "embedding": [1.0] }, { "embedding": [1e300] }] }),
    ] {
        desk.answers(200, &odd, None);
        let error = embedder.embed(TextKind::Passage, &texts(&["a", "b"])).await.unwrap_err();
        assert!(matches!(error, EmbedError::RetryLater { .. }), "{odd}: {error}");
    }
}

#[tokio::test]
async fn outgoing_rules_hold_and_silence_is_told() {
    let network = Network::new(NetworkOptions::default()).unwrap();
    let url: Url = "http://127.0.0.1:9/v1".parse().unwrap();
    let refused = HttpEmbedder::new(network, options(&url)).unwrap();
    let error = refused.embed(TextKind::Query, &texts(&["a"])).await.unwrap_err();
    assert!(
        matches!(&error, EmbedError::Configuration { message } if message.contains("allowed_hosts")),
        "{error}"
    );

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url: Url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let error = embedder(options(&url)).embed(TextKind::Query, &texts(&["a"])).await.unwrap_err();
    assert_eq!(error, EmbedError::for_now("127.0.0.1 cannot be reached"));
}

#[test]
fn the_key_cannot_be_printed() {
    let told = format!("{:?}", options(&"https://a.example/v1".parse().unwrap()));
    assert!(!told.contains("secret-") && !told.contains("very-secret"), "{told}");
}
