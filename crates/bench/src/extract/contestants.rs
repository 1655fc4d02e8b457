//! Who reads: ours as the server has it, the same library without anything around it, and `pdftotext`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use gangway_extract::{
    Content, Extractor, ExtractorOptions, Input, Limits, Recognition, Tools, WorkerCommand,
};
use xberg::core::config::ConcurrencyConfig;
use xberg::{ExtractInput, ExtractionConfig, PageConfig, extract};

use super::corpus::Corpus;
use super::{Score, Scores};

#[async_trait]
pub trait Contestant: Send + Sync {
    fn name(&self) -> &str;

    /// What ours is to reach beside it.
    fn goal(&self) -> &'static str;

    /// Reads all files of the kinds it knows, kind by kind.
    async fn read(&self, corpus: &Corpus) -> anyhow::Result<Scores>;
}

/// What came of one file: the characters of its text, or nothing.
type Outcome = Option<u64>;

fn score(begun: Instant, outcomes: &[Outcome]) -> Score {
    Score {
        took: begun.elapsed(),
        files: outcomes.len(),
        failed: outcomes.iter().filter(|outcome| outcome.is_none()).count(),
        chars: outcomes.iter().flatten().sum(),
    }
}

/// The extractor of the server, with the server's own program as its workers.
#[derive(Clone)]
pub struct Ours {
    name: &'static str,
    extractor: Extractor,
    workers: usize,
    only_pdf: bool,
}

impl Ours {
    pub fn new(name: &'static str, program: &Path, workers: usize, tools: Tools) -> Self {
        let only_pdf = tools != Tools::default();
        let extractor = Extractor::new(ExtractorOptions {
            worker: WorkerCommand { program: program.to_owned(), args: vec!["extract-worker".to_owned()] },
            workers,
            limits: Limits::default(),
            // Scans are another contest.
            tools: Tools { tesseract: None, pdftoppm: None, ..tools },
            recognition: Recognition { enabled: false, ..Recognition::default() },
        });
        Self { name, extractor, workers, only_pdf }
    }

    async fn read_one(self, path: PathBuf) -> Outcome {
        let name = path.file_name()?.to_string_lossy();
        let input = Input { content: Content::File(path.clone()), name: &name, media_type: "" };
        let document = self.extractor.extract(input).await.ok()?;
        let chars = document.sections.iter().map(|section| section.text.chars().count() as u64).sum();
        (chars > 0).then_some(chars)
    }
}

#[async_trait]
impl Contestant for Ours {
    fn name(&self) -> &str {
        self.name
    }

    fn goal(&self) -> &'static str {
        if self.only_pdf { "" } else { "≥ 0.9 × the library, ≥ 5 × markitdown" }
    }

    async fn read(&self, corpus: &Corpus) -> anyhow::Result<Scores> {
        self.extractor.check().await?;
        let mut scores = Scores::new();
        for (kind, paths) in corpus.files() {
            if self.only_pdf && !kind.starts_with("pdf") {
                continue;
            }
            let begun = Instant::now();
            // Each on a task of its own, as the files of several people are. As in the server, not more are read at a time
            // than there are workers, and the next ones are opened while they wait for their turn.
            let at_hand = self.workers * 2;
            let read =
                futures::stream::iter(paths.clone()).map(|path| tokio::spawn(self.clone().read_one(path)));
            let outcomes = read.buffer_unordered(at_hand).try_collect::<Vec<Outcome>>().await;
            scores.insert(kind.clone(), score(begun, &outcomes.context("reading panicked")?));
        }
        Ok(scores)
    }
}

/// The reading library itself, in this process, on as many threads.
pub struct Library {
    workers: usize,
    config: Arc<ExtractionConfig>,
}

impl Library {
    pub fn new(workers: usize) -> anyhow::Result<Self> {
        let config = ExtractionConfig {
            use_cache: false,
            disable_ocr: true,
            // Pages and structure are what a citation needs, so everybody has to find them.
            include_document_structure: true,
            pages: Some(PageConfig { extract_pages: true, ..PageConfig::default() }),
            // Files are read side by side, so each on one thread.
            concurrency: Some(ConcurrencyConfig { max_threads: Some(1), ..ConcurrencyConfig::default() }),
            ..ExtractionConfig::default()
        };
        Ok(Self { workers, config: Arc::new(config) })
    }
}

#[async_trait]
impl Contestant for Library {
    fn name(&self) -> &str {
        "the bare library (xberg), in one process"
    }

    fn goal(&self) -> &'static str {
        ""
    }

    async fn read(&self, corpus: &Corpus) -> anyhow::Result<Scores> {
        let mut scores = Scores::new();
        for (kind, paths) in corpus.files() {
            let begun = Instant::now();
            let (paths, next) = (Arc::new(paths.clone()), Arc::new(AtomicUsize::new(0)));
            let threads: Vec<_> = (0..self.workers)
                .map(|_| {
                    let (paths, next, config) = (paths.clone(), next.clone(), self.config.clone());
                    std::thread::spawn(move || read_with_library(&paths, &next, &config))
                })
                .collect();
            let mut outcomes = Vec::new();
            for thread in threads {
                outcomes.extend(thread.join().map_err(|_| anyhow::anyhow!("the library panicked"))??);
            }
            scores.insert(kind.clone(), score(begun, &outcomes));
        }
        Ok(scores)
    }
}

fn read_with_library(
    paths: &[PathBuf],
    next: &AtomicUsize,
    config: &ExtractionConfig,
) -> anyhow::Result<Vec<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut outcomes = Vec::new();
    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
        let media_type =
            gangway_extract::detect_media_type(&std::fs::read(path)?, &path.to_string_lossy(), "");
        let input = ExtractInput::from_bytes(std::fs::read(path)?, media_type.as_str(), None);
        let read = runtime.block_on(extract(input, config)).ok();
        let read = read.and_then(|mut read| read.results.pop());
        outcomes.push(read.map(|read| read.content.chars().count() as u64).filter(|chars| *chars > 0));
    }
    Ok(outcomes)
}

/// Poppler's program, one process for each file.
pub struct PdfToText {
    program: PathBuf,
    workers: usize,
}

impl PdfToText {
    pub fn new(program: &Path, workers: usize) -> Self {
        Self { program: program.to_owned(), workers }
    }
}

#[async_trait]
impl Contestant for PdfToText {
    fn name(&self) -> &str {
        "pdftotext by itself"
    }

    fn goal(&self) -> &'static str {
        ""
    }

    async fn read(&self, corpus: &Corpus) -> anyhow::Result<Scores> {
        let mut scores = Scores::new();
        for (kind, paths) in corpus.files().iter().filter(|(kind, _)| kind.starts_with("pdf")) {
            let begun = Instant::now();
            let read = futures::stream::iter(paths.clone()).map(|path| async move {
                let mut command = tokio::process::Command::new(&self.program);
                command.args(["-enc", "UTF-8"]).arg(path).arg("-").stderr(Stdio::null());
                let output = command.output().await.ok()?;
                let chars = String::from_utf8_lossy(&output.stdout).chars().count() as u64;
                (output.status.success() && chars > 0).then_some(chars)
            });
            let outcomes: Vec<Outcome> = read.buffer_unordered(self.workers).collect().await;
            scores.insert(kind.clone(), score(begun, &outcomes));
        }
        Ok(scores)
    }
}
