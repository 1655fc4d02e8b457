//! The files that are read: of each kind so many made by code, and real ones where they are at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use crate::quality::random;

#[path = "../../../extract/tests/files/mod.rs"]
pub mod files;

/// The kinds that are made.
pub const KINDS: [&str; 7] = ["docx", "xlsx", "pptx", "pdf", "html", "md", "csv"];
const PARAGRAPHS: usize = 40;
const ROWS: usize = 300;
const SLIDES: usize = 12;
const PAGES: usize = 8;

const WORDS: [&str; 24] = [
    "the", "harbour", "report", "of", "winter", "supplies", "boats", "and", "their", "crews", "costs", "for",
    "repair", "in", "March", "were", "lower", "than", "planned", "because", "ice", "came", "late", "again",
];

/// Files in a folder of their own, by kind.
pub struct Corpus {
    by_kind: BTreeMap<String, Vec<PathBuf>>,
    bytes: BTreeMap<String, u64>,
    _folder: tempfile::TempDir,
}

impl Corpus {
    /// Makes `count` files of each kind, and takes those of `real` whose text is known.
    pub fn make(real: &Path, count: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut by_kind: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for kind in KINDS {
            for number in 0..count.max(1) {
                let path = folder.path().join(format!("made-{number}.{kind}"));
                std::fs::write(&path, made(kind, number as u64))?;
                by_kind.entry(kind.to_owned()).or_default().push(path);
            }
        }
        for path in readable(real)? {
            let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_owned();
            by_kind.entry(format!("{kind} (real)")).or_default().push(path);
        }
        let size = |path: &PathBuf| anyhow::Ok(std::fs::metadata(path)?.len());
        let mut bytes = BTreeMap::new();
        for (kind, paths) in &by_kind {
            bytes.insert(kind.clone(), paths.iter().map(size).sum::<anyhow::Result<u64>>()?);
        }
        Ok(Self { by_kind, bytes, _folder: folder })
    }

    pub fn kinds(&self) -> impl Iterator<Item = &String> {
        self.by_kind.keys()
    }

    pub fn files(&self) -> &BTreeMap<String, Vec<PathBuf>> {
        &self.by_kind
    }

    pub fn bytes(&self, kind: &str) -> u64 {
        self.bytes.get(kind).copied().unwrap_or(0)
    }
}

/// The real files that everybody should read without text recognition.
fn readable(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let Ok(expected) = std::fs::read(folder.join("expected.json")) else { return Ok(Vec::new()) };
    let expected: Value = serde_json::from_slice(&expected).context("expected.json")?;
    let facts = expected.as_object().context("expected.json holds no files")?.iter();
    let fit = facts.filter(|(name, facts)| {
        !name.starts_with("h_") && facts["may_fail"] != true && facts["needs_ocr"] != true
    });
    let paths = fit.map(|(name, _)| folder.join(name)).filter(|path| path.is_file());
    paths.map(|path| path.canonicalize().map_err(Into::into)).collect()
}

fn made(kind: &str, number: u64) -> Vec<u8> {
    let mut below = random(number + 1);
    let mut words =
        |count: usize| (0..count).map(|_| WORDS[below(WORDS.len())]).collect::<Vec<_>>().join(" ");
    match kind {
        "docx" => {
            let mut body = String::new();
            for at in 0..PARAGRAPHS {
                if at % 8 == 0 {
                    body.push_str(&files::paragraph(Some(1), &words(4)));
                }
                body.push_str(&files::paragraph(None, &words(60)));
            }
            files::docx(&body)
        }
        "xlsx" => {
            let rows = (0..ROWS).map(|row| vec![row.to_string(), words(3), words(6), words(1)]).collect();
            files::xlsx(&[("Figures", 1, rows)])
        }
        "pptx" => {
            let slides: Vec<_> = (0..SLIDES).map(|_| (words(4), words(40))).collect();
            let slides: Vec<_> = slides.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect();
            files::pptx(&slides)
        }
        "pdf" => {
            let pages: Vec<_> = (0..PAGES).map(|_| words(40)).collect();
            let pages: Vec<_> = pages.iter().map(String::as_str).collect();
            files::pdf("Report", &pages)
        }
        "html" => {
            let part = |_| format!("<h2>{}</h2><p>{}</p><ul><li>{}</li></ul>", words(4), words(80), words(5));
            let parts: String = (0..PARAGRAPHS).map(part).collect();
            format!("<!DOCTYPE html><html><head><title>Report</title></head><body>{parts}</body></html>")
                .into_bytes()
        }
        "md" => {
            let parts: String =
                (0..PARAGRAPHS).map(|_| format!("## {}\n\n{}\n\n", words(4), words(80))).collect();
            parts.into_bytes()
        }
        _ => {
            let rows: String =
                (0..ROWS).map(|row| format!("{row},{},{},{}\n", words(3), words(6), words(1))).collect();
            format!("id,name,what,where\n{rows}").into_bytes()
        }
    }
}
