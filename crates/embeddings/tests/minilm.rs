//! A real model on real sentences, beside vectors that another program made of them.
#![cfg(feature = "local-model")]

mod model_folder;

use std::path::Path;

use gangway_embeddings::{Fetch, KnownModel, LocalModel, LocalModelOptions};
use gangway_search::{Embedder, TextKind};
use model_folder::model_folder;
use serde_json::Value;

fn options(folder: &Path) -> LocalModelOptions {
    LocalModelOptions {
        folder: folder.to_owned(),
        threads: 2,
        query_prefix: String::new(),
        passage_prefix: String::new(),
    }
}

/// Of vectors of unit length.
fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Texts with the vectors that `crates/bench/embeddings_endpoint.py` makes of them.
fn reference() -> Vec<(String, Vec<f32>)> {
    let listed: Vec<Value> = serde_json::from_str(include_str!("minilm.json")).unwrap();
    let numbers =
        |value: &Value| value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect();
    listed.iter().map(|one| (one["text"].as_str().unwrap().to_owned(), numbers(&one["vector"]))).collect()
}

#[tokio::test]
async fn its_vectors_are_those_of_another_program() {
    let Some(folder) = model_folder() else { return };
    let model = LocalModel::open(&options(&folder)).unwrap();
    assert_eq!((model.dimensions(), model.max_tokens()), (384, 256));
    let reference = reference();
    assert!(reference.len() >= 6 && reference.iter().any(|(text, _)| text.len() > 4000));
    let texts: Vec<String> = reference.iter().map(|(text, _)| text.clone()).collect();
    let together = model.embed(TextKind::Passage, &texts).await.unwrap();
    for ((text, wanted), made) in reference.iter().zip(&together) {
        let near = cosine(wanted, made);
        assert!(near > 0.9999, "{near}: {}", &text[..text.floor_char_boundary(60)]);
        let alone = model.embed(TextKind::Query, std::slice::from_ref(text)).await.unwrap();
        assert!(cosine(&alone[0], made) > 0.9999);
    }
    for (at, one) in together.iter().enumerate() {
        for other in &together[at + 1..] {
            assert!(cosine(one, other) < 0.9, "different texts are told apart");
        }
    }
}

#[tokio::test]
async fn what_means_the_same_is_nearer_than_what_shares_words() {
    let Some(folder) = model_folder() else { return };
    let model = LocalModel::open(&options(&folder)).unwrap();
    let texts = [
        "how do I get my money back",
        "Refunds are paid within ten days.",
        "I do get up and go back at ten.",
    ];
    let vectors = model.embed(TextKind::Passage, &texts.map(str::to_owned)).await.unwrap();
    assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]) + 0.1);
}

#[tokio::test]
async fn its_files_are_those_that_are_fetched_by_its_name() {
    let Some(folder) = model_folder() else { return };
    let known = KnownModel::find("all-MiniLM-L6-v2").unwrap();
    let network = gangway_effects::Network::new(Default::default()).unwrap();
    // It is there already: every file is compared with what is promised, and none is fetched.
    let fetched = Fetch::known(known, None, folder.clone()).run(&network, &mut |_| {}).await;
    assert!(fetched.unwrap_or_else(|error| panic!("{error}")).was_there);
    for file in known.files {
        assert_eq!(std::fs::metadata(folder.join(file.name)).unwrap().len(), file.bytes, "{}", file.name);
    }
}
