//! What a folder may hold, good and bad, and who waits for whom.

use std::path::Path;
use std::sync::mpsc::channel;

use candle_core::{DType, Tensor};
use gangway_search::TextKind;
use serde_json::{Value, json};

use super::*;
use crate::tiny;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tiny::write(folder.path());
    folder
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn made(model: &LocalModel, asked: &[&str]) -> Vec<Vec<f32>> {
    model.embed(TextKind::Passage, &texts(asked)).await.unwrap()
}

fn is_near(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-5)
}

#[tokio::test]
async fn a_text_has_the_same_vector_alone_and_in_company() {
    let folder = folder();
    let model = LocalModel::open(&tiny::options(folder.path())).unwrap();
    assert_eq!((model.dimensions(), model.max_tokens()), (tiny::SIZE, 16));
    let asked =
        ["the car is red", "a bicycle", "there", "the the the the the the the the the car stands there"];
    let together = made(&model, &asked).await;
    for (text, vector) in asked.iter().zip(&together) {
        let norm: f32 = vector.iter().map(|number| number * number).sum();
        assert!((norm - 1.0).abs() < 1e-5, "{text}: {norm}");
        assert!(is_near(&made(&model, &[text]).await[0], vector), "{text}");
    }
    assert!(!is_near(&together[0], &together[1]));
    assert!(
        !is_near(&made(&model, &["car the"]).await[0], &made(&model, &["the car"]).await[0]),
        "order counts"
    );
    assert!(made(&model, &[]).await.is_empty());
    assert_eq!(made(&model, &[""]).await[0].len(), tiny::SIZE, "an empty text has its two marks");
}

#[tokio::test]
async fn what_is_longer_than_the_model_reads_is_cut() {
    let folder = folder();
    let model = LocalModel::open(&tiny::options(folder.path())).unwrap();
    let long = format!("the car is red {}", "there ".repeat(1_000_000));
    let cut = format!("the car is red {}", "there ".repeat(10));
    let vectors = made(&model, &[&long, &cut]).await;
    assert!(is_near(&vectors[0], &vectors[1]));
    tiny::write_json(folder.path(), "sentence_bert_config.json", &json!({ "max_seq_length": 8 }));
    let shorter = LocalModel::open(&tiny::options(folder.path())).unwrap();
    assert_eq!(shorter.max_tokens(), 8);
    assert!(!is_near(&made(&shorter, &[&long]).await[0], &vectors[0]));
}

#[tokio::test]
async fn prefixes_are_put_before_questions_and_passages_and_named() {
    let folder = folder();
    let plain = LocalModel::open(&tiny::options(folder.path())).unwrap();
    let set = LocalModelOptions {
        query_prefix: "the ".to_owned(),
        passage_prefix: "a ".to_owned(),
        ..tiny::options(folder.path())
    };
    let prefixed = LocalModel::open(&set).unwrap();
    assert_eq!(prefixed.model(), format!("{} \"a \"", plain.model()));
    let wanted = made(&plain, &["the car", "a car"]).await;
    let question = prefixed.embed(TextKind::Query, &texts(&["car"])).await.unwrap();
    assert!(is_near(&question[0], &wanted[0]));
    assert!(is_near(&made(&prefixed, &["car"]).await[0], &wanted[1]));
}

#[tokio::test]
async fn other_files_are_another_model_and_another_precision_is_nearly_the_same() {
    let folder = folder();
    let whole = LocalModel::open(&tiny::options(folder.path())).unwrap();
    tiny::write_weights(folder.path(), &tiny::in_half_precision(tiny::weights()));
    let half = LocalModel::open(&tiny::options(folder.path())).unwrap();
    assert_ne!(whole.model(), half.model(), "its vectors are never compared with those of the other");
    let (one, other) = (made(&whole, &["the car"]).await, made(&half, &["the car"]).await);
    let cosine: f32 = one[0].iter().zip(&other[0]).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.999 && one != other, "{cosine}");
}

#[tokio::test]
async fn a_model_of_the_other_kind_counts_places_from_behind_its_filler() {
    let folder = folder();
    let mut config = tiny::config();
    config["model_type"] = json!("xlm-roberta");
    config["pad_token_id"] = json!(1);
    tiny::write_json(folder.path(), "config.json", &config);
    let prefixed =
        tiny::weights().into_iter().map(|(name, tensor)| (format!("roberta.{name}"), tensor)).collect();
    tiny::write_weights(folder.path(), &prefixed);
    let model = LocalModel::open(&tiny::options(folder.path())).unwrap();
    assert_eq!(model.max_tokens(), 14);
    let here = made(&model, &["the car is red"]).await;

    let bert = self::folder();
    let bert = LocalModel::open(&tiny::options(bert.path())).unwrap();
    assert!(!is_near(&here[0], &made(&bert, &["the car is red"]).await[0]));
}

#[tokio::test]
async fn a_question_does_not_wait_behind_passages() {
    let folder = folder();
    let model = LocalModel::open(&tiny::options(folder.path())).unwrap();
    let (open, opened) = channel::<()>();
    let held_up = model.passages.run(move || opened.recv().is_ok());
    let passage = model.passages.run(|| ());
    let answer = model.embed(TextKind::Query, &texts(&["the car"])).await.unwrap();
    assert_eq!(answer[0].len(), tiny::SIZE);
    open.send(()).unwrap();
    assert_eq!(held_up.await, Some(true));
    passage.await.unwrap();
}

/// Why a folder cannot be used after `spoil` had its way.
fn wrong(spoil: impl FnOnce(&Path)) -> String {
    let folder = folder();
    spoil(folder.path());
    match LocalModel::open(&tiny::options(folder.path())) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_missing_is_named() {
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        let why = wrong(|folder| std::fs::remove_file(folder.join(file)).unwrap());
        assert!(why.contains(&format!("has no {file}")), "{why}");
    }
    let why =
        LocalModel::open(&tiny::options(Path::new("/nowhere/at/all"))).map(|_| ()).unwrap_err().to_string();
    assert_eq!(why, "/nowhere/at/all is not a folder");
}

#[test]
fn files_that_are_damaged_or_say_something_else_are_named_and_told_apart() {
    let config = |key: &'static str, value: Value| {
        move |folder: &Path| {
            let mut config = tiny::config();
            config[key] = value;
            tiny::write_json(folder, "config.json", &config);
        }
    };
    let weights = |change: fn(&mut std::collections::HashMap<String, Tensor>)| {
        move |folder: &Path| {
            let mut weights = tiny::weights();
            change(&mut weights);
            tiny::write_weights(folder, &weights);
        }
    };
    let json = |file: &'static str, value: Value| move |folder: &Path| tiny::write_json(folder, file, &value);
    let cut = |file: &'static str, keep: usize| {
        move |folder: &Path| {
            let bytes = std::fs::read(folder.join(file)).unwrap();
            std::fs::write(folder.join(file), &bytes[..bytes.len().min(keep)]).unwrap();
        }
    };
    const KEY: &str = "encoder.layer.1.attention.self.key.weight";
    type Spoil = Box<dyn FnOnce(&Path)>;
    let spoils: Vec<(&str, Spoil)> = vec![
        ("model_type is \"gpt2\"", Box::new(config("model_type", json!("gpt2")))),
        ("hidden_act is \"swish\"", Box::new(config("hidden_act", json!("swish")))),
        ("cannot be divided among 3", Box::new(config("num_attention_heads", json!(3)))),
        ("cannot be divided among 0", Box::new(config("num_attention_heads", json!(0)))),
        ("num_hidden_layers is 0", Box::new(config("num_hidden_layers", json!(0)))),
        (
            "position_embedding_type is \"relative_key\"",
            Box::new(config("position_embedding_type", json!("relative_key"))),
        ),
        (
            "has the shape [12, 8], and config.json asks for [13, 8]",
            Box::new(config("vocab_size", json!(13))),
        ),
        ("has the shape", Box::new(config("intermediate_size", json!(1 << 23)))),
        ("it has no encoder.layer.2.", Box::new(config("num_hidden_layers", json!(3)))),
        ("config.json: it does not say", Box::new(json("config.json", json!({ "model_type": "bert" })))),
        ("config.json: it does not say", Box::new(cut("config.json", 20))),
        ("tokenizer.json: it does not say", Box::new(cut("tokenizer.json", 200))),
        ("tokenizer.json: it does not say", Box::new(json("tokenizer.json", json!({ "model": 7 })))),
        ("model.safetensors: it is cut off", Box::new(cut("model.safetensors", 2000))),
        ("model.safetensors: it is cut off", Box::new(cut("model.safetensors", 0))),
        ("model.safetensors: it is cut off", Box::new(json("model.safetensors", json!("no model at all")))),
        (
            "it has no encoder.layer.1.attention.self.key.weight",
            Box::new(weights(|all| {
                all.remove(KEY);
            })),
        ),
        (
            "it is no encoder of BERT's family",
            Box::new(weights(|all| {
                all.remove("embeddings.word_embeddings.weight");
            })),
        ),
        (
            "has the shape [64], and config.json asks for [8, 8]",
            Box::new(weights(|all| {
                let flat = all[KEY].flatten_all().unwrap();
                all.insert(KEY.to_owned(), flat);
            })),
        ),
        (
            "numbers are of the kind",
            Box::new(weights(|all| {
                let whole = all[KEY].to_dtype(DType::I64).unwrap();
                all.insert(KEY.to_owned(), whole);
            })),
        ),
        (
            "too large to be any",
            Box::new(weights(|all| {
                let endless = (all[KEY].zeros_like().unwrap() + f64::INFINITY).unwrap();
                all.insert(KEY.to_owned(), endless);
            })),
        ),
        (
            "has a step \"Dense\"",
            Box::new(json(
                "modules.json",
                json!([
                    { "type": "sentence_transformers.models.Transformer" }, { "type": "sentence_transformers.models.Dense" },
                ]),
            )),
        ),
        (
            "pools by mean_tokens or by cls_token",
            Box::new(json(
                "1_Pooling/config.json",
                json!({
                    "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true,
                }),
            )),
        ),
        (
            "which holds no sentence",
            Box::new(json("sentence_bert_config.json", json!({ "max_seq_length": 1 }))),
        ),
        (
            "it knows 13 tokens",
            Box::new(|folder: &Path| {
                let mut tokenizer = tiny::tokenizer();
                tokenizer["model"]["vocab"]["horse"] = json!(12);
                tiny::write_json(folder, "tokenizer.json", &tokenizer);
            }),
        ),
    ];
    for (expected, spoil) in spoils {
        let why = wrong(spoil);
        assert!(why.contains(expected), "expected {expected:?}, found {why:?}");
    }
}

#[test]
fn the_first_token_speaks_for_a_text_where_the_model_says_so() {
    let folder = folder();
    let file = json!({ "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false });
    let mean = LocalModel::open(&tiny::options(folder.path())).unwrap();
    tiny::write_json(folder.path(), "1_Pooling/config.json", &file);
    let first = LocalModel::open(&tiny::options(folder.path())).unwrap();
    let vector = |model: &LocalModel| {
        let tokens = model.inner.tokens.of(&texts(&["the car"])).unwrap();
        model.inner.vectors(&tokens).unwrap().remove(0)
    };
    assert!(!is_near(&vector(&mean), &vector(&first)));
}
