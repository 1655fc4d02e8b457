//! Real and hostile files from outside the repository, where they are at hand. Says so when it skips.

use std::path::PathBuf;

use gangway_extract::{
    Content, ExtractError, Extractor, ExtractorOptions, Input, Limits, Recognition, Tools, WorkerCommand,
};
use gangway_model::Document;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// What hostile and broken files must come to: a reason's code, or `read`.
const OUTCOMES: &[(&str, &str)] = &[
    ("h_deep_nesting.docx", "too_large"),
    ("h_empty.pdf", "read"),
    ("h_empty.txt", "read"),
    ("h_nested60.zip", "too_large"),
    ("h_png_30000x30000.png", "too_large"),
    ("h_truncated.pdf", "broken"),
    ("random.bin", "unsupported_type"),
    ("testWORD_protected_passtika.docx", "encrypted"),
    ("testWORD_truncated.docx", "broken"),
];

fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("GANGWAY_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    Some(shared.join("corpus")).filter(|path| path.join("expected.json").is_file())
}

fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn phrases(facts: &Value, which: &str) -> Vec<String> {
    let list = facts[which].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(fold).collect()
}

/// All that a search can find, without the signs of Markdown tables and headings.
fn text_of(document: &Document) -> String {
    let title = document.title.iter().map(String::as_str);
    let text = title.chain(document.sections.iter().map(|section| section.text.as_str()));
    fold(&text.collect::<Vec<_>>().join("\n").replace(['|', '#'], " "))
}

/// The code of the reason why a file has no text.
fn code(outcome: &Result<Document, ExtractError>) -> &str {
    match outcome {
        Err(error) => error.code(),
        Ok(document) if document.sections.is_empty() => {
            document.notes.first().map_or("read", |note| note.reason.code.as_str())
        }
        Ok(_) => "read",
    }
}

/// What a kind of file must say of every piece of its text.
fn places_are_right(name: &str, document: &Document) -> bool {
    let all = |has: fn(&gangway_model::Place) -> bool| document.sections.iter().all(|one| has(&one.place));
    match name.rsplit('.').next() {
        Some("pdf") => all(|place| place.page.is_some()),
        Some("xlsx") => all(|place| place.sheet.is_some() && place.rows.is_some()),
        Some("pptx") => all(|place| place.slide.is_some()),
        _ => true,
    }
}

/// The most memory this process ever held, in bytes, where the system tells. Readers are processes of their own.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

async fn check(tools: Tools) {
    let Some(corpus) = corpus() else {
        eprintln!("skipped: no corpus at ../shared/corpus (or GANGWAY_SHARED)");
        return;
    };
    let can_recognize = tools.tesseract.is_some() && tools.pdftoppm.is_some();
    let expected: Value =
        serde_json::from_slice(&std::fs::read(corpus.join("expected.json")).unwrap()).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_gangway-extract-worker"));
    let extractor = Extractor::new(ExtractorOptions {
        worker: WorkerCommand { program, args: Vec::new() },
        workers: 2,
        limits: Limits::default(),
        tools,
        recognition: Recognition::default(),
    });
    let mut wrong = Vec::new();
    for (name, facts) in expected.as_object().unwrap() {
        let input = Input { content: Content::File(corpus.join(name)), name, media_type: "" };
        let outcome = extractor.extract(input).await;
        let text = outcome.as_ref().map(text_of).unwrap_or_default();
        let wanted = phrases(facts, "must_contain");
        let found = wanted.iter().filter(|phrase| text.contains(*phrase)).count();
        let kind = facts["kind"].as_str().unwrap_or_default();
        println!("{kind:16} {found}/{} {name}: {}", wanted.len(), code(&outcome));
        if std::env::var_os("GANGWAY_CORPUS_VERBOSE").is_some() {
            println!("{outcome:#?}");
        }
        let needs_recognition = facts["needs_ocr"] == Value::Bool(true);
        if needs_recognition && !can_recognize {
            if code(&outcome) != "recognition_not_installed" {
                wrong.push(format!("{name} does not say that text recognition is missing"));
            }
            continue;
        }
        if facts["may_fail"] != Value::Bool(true) && (found < wanted.len() || outcome.is_err()) {
            wrong.push(format!("{name}: phrases are missing"));
        }
        if phrases(facts, "must_not_contain").iter().any(|phrase| text.contains(phrase)) {
            wrong.push(format!("{name}: it says what it must not"));
        }
        if let Some((_, wanted)) = OUTCOMES.iter().find(|(file, _)| file == name)
            && code(&outcome) != *wanted
        {
            wrong.push(format!("{name}: {} instead of {wanted}", code(&outcome)));
        }
        if outcome.is_ok_and(|document| !places_are_right(name, &document)) {
            wrong.push(format!("{name}: a place is missing"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    if let Some(peak) = peak_memory() {
        println!("peak memory of the process that has them read: {} MiB", peak >> 20);
        assert!(peak < 300 << 20, "{peak} bytes");
    }
}

#[tokio::test]
async fn phrases_are_found_and_hostile_files_cost_nothing() {
    check(Tools::find()).await;
}

#[tokio::test]
async fn so_it_is_without_the_programs_of_the_system() {
    check(Tools::default()).await;
}
