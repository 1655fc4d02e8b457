//! Real and hostile files from outside the repository, where they are at hand. Says so when it skips.

use std::path::PathBuf;
use std::time::Duration;

use gangway_extract::{Content, Extractor, ExtractorOptions, Input, Limits, WorkerCommand};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// Kinds that are read today; the others must fail with a reason or find what they can.
const READ_TODAY: &[&str] = &[
    "pdf",
    "pdf-encrypted",
    "docx-table",
    "docx-with-image",
    "xlsx",
    "html-utf16le",
    "md",
    "txt",
    "xml",
    "hostile",
    "pptx-malformed",
];

fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("GANGWAY_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    Some(shared.join("corpus")).filter(|path| path.join("expected.json").is_file())
}

fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn phrases_are_found_and_hostile_files_cost_nothing() {
    let Some(corpus) = corpus() else {
        eprintln!("skipped: no corpus at ../shared/corpus (or GANGWAY_SHARED)");
        return;
    };
    let expected: Value =
        serde_json::from_slice(&std::fs::read(corpus.join("expected.json")).unwrap()).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker"));
    let extractor = Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program, args: Vec::new() },
        workers: 2,
        limits: Limits { time_per_file: Duration::from_secs(120), ..Limits::default() },
    });
    let mut missing = Vec::new();
    for (name, facts) in expected.as_object().unwrap() {
        let kind = facts["kind"].as_str().unwrap_or_default();
        let phrases: Vec<String> = facts["must_contain"]
            .as_array()
            .unwrap()
            .iter()
            .map(|phrase| fold(phrase.as_str().unwrap()))
            .collect();
        let input = Input { content: Content::File(corpus.join(name)), name, media_type: "" };
        let outcome = extractor.extract(input).await;
        let (found, said) = match &outcome {
            Ok(document) => {
                let title = document.title.iter().map(String::as_str);
                let text = title.chain(document.sections.iter().map(|section| section.text.as_str()));
                let text = fold(&text.collect::<Vec<_>>().join("\n").replace(['|', '#'], " "));
                let found = phrases.iter().filter(|phrase| text.contains(*phrase)).count();
                (found, format!("{} sections, {} bytes", document.sections.len(), document.text_len()))
            }
            Err(error) => (0, error.code().to_owned()),
        };
        println!("{kind:16} {found}/{} {name}: {said}", phrases.len());
        let must_hold = READ_TODAY.contains(&kind) && facts["may_fail"] != Value::Bool(true);
        if std::env::var_os("GANGWAY_CORPUS_VERBOSE").is_some()
            && let Ok(document) = &outcome
        {
            println!("{document:#?} {phrases:#?}");
        }
        if must_hold && (found < phrases.len() || outcome.is_err()) {
            missing.push(name.clone());
        }
    }
    assert!(missing.is_empty(), "phrases are missing in {missing:?}");
}
