//! Models in the server's own process: fetched, checked, searched with, and what a bad folder is answered.

#[path = "../../../embeddings/tests/model_folder/mod.rs"]
mod model_folder;

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::{Path as Asked, State};
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::Value;

use model_folder::model_folder;

use crate::program::{Ran, Running, run};

fn json(ran: Ran) -> Value {
    serde_json::from_str(&ran.expect_ok()).unwrap()
}

/// Serves the files of a folder, and counts the calls.
async fn serve(folder: &Path) -> String {
    let answer = |State(folder): State<PathBuf>, Asked(name): Asked<String>| async move {
        tokio::fs::read(folder.join(name)).await.map_err(|_| StatusCode::NOT_FOUND)
    };
    let router = Router::new().route("/{*name}", get(answer)).with_state(folder.to_owned());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_model_is_fetched_by_its_name_and_then_answers() {
    let Some(source) = model_folder() else { return };
    let address = serve(&source).await;
    let home = tempfile::tempdir().unwrap();
    let listed = json(run(home.path(), &["model", "list", "--json"]));
    assert_eq!(
        (&listed["models"][0]["name"], &listed["models"][0]["folder"]),
        (&"all-MiniLM-L6-v2".into(), &Value::Null)
    );

    let fetch = ["model", "fetch", "all-minilm-l6-v2", "--from", &address, "--json"];
    let refused = run(home.path(), &fetch);
    assert_eq!(refused.code(), 1, "private addresses are called only where that is allowed");
    assert!(refused.out().contains("refused to call 127.0.0.1"), "{}", refused.out());
    let allowed = ["--set", "outgoing.allow_private_addresses=true"];
    let fetched = json(run(home.path(), &[&fetch[..], &allowed[..]].concat()));
    assert_eq!((&fetched["dimensions"], &fetched["was_there"]), (&384.into(), &false.into()), "{fetched}");
    let folder = home.path().join("gangway-data/models/all-MiniLM-L6-v2");
    assert_eq!(std::fs::metadata(folder.join("model.safetensors")).unwrap().len(), 90_868_376);
    let again = json(run(home.path(), &[&fetch[..], &allowed[..]].concat()));
    assert_eq!(again["was_there"], true);
    let told = run(home.path(), &["model", "list"]).expect_ok();
    assert!(told.contains("gangway-data/models/all-MiniLM-L6-v2"), "{told}");
    let checked = run(home.path(), &["model", "check", folder.to_str().unwrap()]).expect_ok();
    assert!(checked.contains("vectors of 384 numbers, texts of up to 256 tokens"), "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_from_an_address_is_taken_by_its_digests_alone() {
    let home = tempfile::tempdir().unwrap();
    let source = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::write(source.path().join(file), "{}").unwrap();
    }
    let address = serve(source.path()).await;
    let fetch = |more: &[&str]| {
        let args = ["model", "fetch", address.as_str(), "--set", "outgoing.allow_private_addresses=true"];
        run(home.path(), &[&args[..], more].concat())
    };
    let without = fetch(&["--to", "m"]);
    assert_eq!(without.code(), 2);
    assert!(without.err().contains("the digest of config.json is not known"), "{}", without.err());
    let wrong = "0".repeat(64);
    let digests =
        ["config.json", "tokenizer.json", "model.safetensors"].map(|file| format!("--sha256={file}={wrong}"));
    let digests: Vec<&str> = digests.iter().map(String::as_str).collect();
    let differs = fetch(&[&["--to", "m"], &digests[..]].concat());
    assert_eq!(differs.code(), 1);
    assert!(differs.err().contains("config.json: what came has the SHA-256"), "{}", differs.err());
    assert!(!home.path().join("m").exists());
    let unknown = run(home.path(), &["model", "fetch", "some-model"]);
    assert_eq!(unknown.code(), 2);
    assert!(unknown.err().contains("known are all-MiniLM-L6-v2"), "{}", unknown.err());
}

#[test]
fn a_folder_that_is_no_model_is_told_before_anything_is_served() {
    let home = tempfile::tempdir().unwrap();
    run(home.path(), &["keys", "new"]).expect_ok();
    std::fs::create_dir(home.path().join("m")).unwrap();
    let set = ["--set", "search.embeddings.model_folder=m"];
    let served = run(home.path(), &[&["serve", "--listen", "127.0.0.1:0"], &set[..]].concat());
    assert_eq!(served.code(), 2);
    assert!(served.err().contains("m has no config.json"), "{}", served.err());
    let told = run(home.path(), &[&["doctor", "--offline"], &set[..]].concat());
    assert_eq!(told.code(), 1);
    assert!(told.out().contains("m has no config.json"), "{}", told.out());
    let both = ["--set", "search.embeddings.url=http://127.0.0.1:1/v1", "--set", "search.embeddings.model=m"];
    let both = run(home.path(), &[&["serve"], &set[..], &both[..]].concat());
    assert_eq!(both.code(), 2);
    assert!(
        both.err().contains("search.embeddings.url is set as well; keep one of the two"),
        "{}",
        both.err()
    );
}

/// What a search finds: the names of the files, and whether words were among it.
fn found(home: &Path, client: &[&str], question: &str) -> Value {
    json(run(home, &[&["search", question, "--json"], client].concat()))
}

#[test]
fn what_says_the_same_in_other_words_is_found_by_a_model_in_the_process() {
    let Some(model) = model_folder() else { return };
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    run(home, &["keys", "new"]).expect_ok();
    std::fs::write(
        home.join("refunds.md"),
        "Customers on an annual plan who cancel within thirty days receive the full amount back.",
    )
    .unwrap();
    std::fs::write(home.join("bread.md"), "Mix flour, water and starter, rest the dough for an hour.")
        .unwrap();
    let admin_key = std::fs::read_to_string(home.join("gangway-data/admin.key")).unwrap();
    let admin_key = admin_key.trim();
    const QUESTION: &str = "is money returned to clients that quit a yearly subscription early";

    // By words alone there is nothing.
    let server = Running::start(home, &[]);
    let client = ["--url", &server.url, "--admin-key", admin_key, "--json"];
    let made =
        json(run(home, &[&["users", "create", "--plan", "pro", "--with-token"], &client[..]].concat()));
    let token = made["token"].as_str().unwrap();
    let as_user = ["--url", &server.url, "--token", token];
    run(home, &[&["upload", "refunds.md", "bread.md", "--collection", "papers"], &as_user[..]].concat())
        .expect_ok();
    // Both have been read, so both are to get vectors.
    for word in ["annual", "flour"] {
        let is_found = || found(home, &as_user, word)["total"] == 1;
        assert!(std::iter::repeat_with(is_found).take(500).any(|is_found| is_found), "{word}");
    }
    let by_words = found(home, &as_user, QUESTION);
    assert_eq!(
        (&by_words["hits"], &by_words["by_meaning"]),
        (&Value::Array(Vec::new()), &"off".into()),
        "{by_words}"
    );
    let told = run(home, &[&["status"], &client[..4]].concat()).expect_ok();
    assert!(told.contains("search by meaning: off"), "{told}");
    drop(server);

    // Switched on, the documents from before get their vectors.
    let set = format!("search.embeddings.model_folder={}", model.display());
    let server = Running::start(home, &["--set", &set, "--set", "search.embeddings.deadline_ms=20000"]);
    let client = ["--url", &server.url, "--admin-key", admin_key];
    let status = || {
        json(run(home, &[&["status", "--json"], &client[..]].concat()))["server"]["search_by_meaning"].clone()
    };
    let is_done = |state: &Value| state["documents_waiting"] == 0 && state["passages_made"] != 0;
    let state = std::iter::repeat_with(status).take(2000).find(is_done).expect("vectors are made");
    assert!(state["model"].as_str().unwrap().starts_with("model "), "{state}");
    assert_eq!((&state["passages_made"], &state["last_error"]), (&2.into(), &Value::Null), "{state}");
    let as_user = ["--url", &server.url, "--token", token];
    // What was made a moment ago may take another to be found.
    let by_meaning = std::iter::repeat_with(|| found(home, &as_user, QUESTION))
        .take(200)
        .find(|answer| answer["total"] != 0)
        .expect("it is found by what it means");
    assert_eq!(by_meaning["by_meaning"], "used");
    let hits = by_meaning["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 1, "{by_meaning}");
    assert_eq!(hits[0]["file"]["name"], "refunds.md");
    let told = run(home, &[&["status"], &client[..]].concat()).expect_ok();
    assert!(told.contains("search by meaning: every document has its vectors"), "{told}");
}
