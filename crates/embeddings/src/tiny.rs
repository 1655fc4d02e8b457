//! A model of a few numbers, for tests: what it says means nothing, but it is whole.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};

use crate::local_options::LocalModelOptions;

pub const SIZE: usize = 8;
const WIDE: usize = 16;
const VOCABULARY: [&str; 12] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "car", "is", "red", "a", "bicycle", "stands", "there"];
const PLACES: usize = 16;

pub fn config() -> Value {
    json!({
        "model_type": "bert", "vocab_size": VOCABULARY.len(), "hidden_size": SIZE, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": WIDE, "hidden_act": "gelu",
        "max_position_embeddings": PLACES, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
    })
}

pub fn tokenizer() -> Value {
    let vocabulary: HashMap<&str, usize> =
        VOCABULARY.iter().enumerate().map(|(id, word)| (*word, id)).collect();
    let mark = |name: &str, id: usize| json!({ "id": name, "ids": [id], "tokens": [name] });
    let special = |name: &str| json!({ "SpecialToken": { "id": name, "type_id": 0 } });
    let text = json!({ "Sequence": { "id": "A", "type_id": 0 } });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": { "type": "Lowercase" }, "pre_tokenizer": { "type": "Whitespace" }, "decoder": null,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("[CLS]"), text, special("[SEP]")],
            "pair": [special("[CLS]"), text, special("[SEP]")],
            "special_tokens": { "[CLS]": mark("[CLS]", 2), "[SEP]": mark("[SEP]", 3) },
        },
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    })
}

/// The weights, with numbers that no two places share.
pub fn weights() -> HashMap<String, Tensor> {
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![VOCABULARY.len(), SIZE]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![PLACES, SIZE]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, SIZE]),
    ];
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..2 {
        let named = |name: &str| format!("encoder.layer.{layer}.{name}");
        let square =
            ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"];
        for (name, from, to) in square
            .iter()
            .map(|name| (*name, SIZE, SIZE))
            .chain([("intermediate.dense", SIZE, WIDE), ("output.dense", WIDE, SIZE)])
        {
            shapes.push((named(&format!("{name}.weight")), vec![to, from]));
            shapes.push((named(&format!("{name}.bias")), vec![to]));
        }
        norms.extend([named("attention.output.LayerNorm"), named("output.LayerNorm")]);
    }
    for norm in norms {
        shapes.push((format!("{norm}.weight"), vec![SIZE]));
        shapes.push((format!("{norm}.bias"), vec![SIZE]));
    }
    let mut seed = 1_u32;
    let mut number = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1_u32 << 24) as f32 * 2.0 - 1.0
    };
    shapes
        .into_iter()
        .map(|(name, shape)| {
            let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| number()).collect();
            (name, Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap())
        })
        .collect()
}

/// Writes the whole folder.
pub fn write(folder: &Path) {
    write_json(folder, "config.json", &config());
    write_json(folder, "tokenizer.json", &tokenizer());
    write_weights(folder, &weights());
}

pub fn write_json(folder: &Path, file: &str, value: &Value) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, value.to_string()).unwrap();
}

pub fn write_weights(folder: &Path, weights: &HashMap<String, Tensor>) {
    candle_core::safetensors::save(weights, folder.join("model.safetensors")).unwrap();
}

pub fn in_half_precision(weights: HashMap<String, Tensor>) -> HashMap<String, Tensor> {
    weights.into_iter().map(|(name, tensor)| (name, tensor.to_dtype(DType::F16).unwrap())).collect()
}

pub fn options(folder: &Path) -> LocalModelOptions {
    LocalModelOptions {
        folder: folder.to_owned(),
        threads: 1,
        query_prefix: String::new(),
        passage_prefix: String::new(),
    }
}
