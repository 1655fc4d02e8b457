//! A model that runs in this process, measured as the server uses it: questions one by one, passages in batches, and
//! questions while passages are made.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gangway_embeddings::{LocalModel, LocalModelOptions};
use gangway_search::{Embedder, TextKind};

use crate::process::own_memory;
use crate::report::Report;

/// Texts of each kind.
const SHORT: usize = 512;
const LONG: usize = 64;
const LONG_WORDS: usize = 150;
const QUESTIONS: usize = 50;
/// As the server hands them over.
const BATCH: usize = 32;

const SENTENCE: &str =
    "Customers on an annual plan who cancel within thirty days receive the full amount back.";

#[derive(clap::Args)]
pub struct ModelArgs {
    /// The folder with config.json, model.safetensors and tokenizer.json.
    folder: PathBuf,
    /// Threads for passages; 0 for as many as the machine has cores.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

impl ModelArgs {
    pub fn data(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        format!("{SHORT} sentences of 15 words, {LONG} passages of {LONG_WORDS} words; model {name}")
    }
}

/// A model as it is measured.
pub fn local_model(folder: &Path) -> anyhow::Result<LocalModelOptions> {
    let threads = std::thread::available_parallelism()?.get();
    let folder = folder.to_owned();
    Ok(LocalModelOptions { folder, threads, query_prefix: String::new(), passage_prefix: String::new() })
}

pub async fn measure(args: &ModelArgs, report: &mut Report) -> anyhow::Result<()> {
    let mut options = local_model(&args.folder)?;
    if args.threads > 0 {
        options.threads = args.threads;
    }
    let threads = options.threads;
    let before = own_memory()?;
    let begun = Instant::now();
    let model = Arc::new(LocalModel::open(&options)?);
    report.add("a model is loaded in", format!("{:.2} s", begun.elapsed().as_secs_f64()), "", String::new());
    let median = questions(&model).await?;
    report.add("a question's vector", format!("{median:.1?} (median)"), "", String::new());
    let short: Vec<String> = (0..SHORT).map(|number| format!("{SENTENCE} {number}")).collect();
    let words: Vec<&str> = SENTENCE.split(' ').cycle().take(LONG_WORDS).collect();
    let long: Vec<String> = (0..LONG).map(|number| format!("{} {number}", words.join(" "))).collect();
    for (what, texts) in [("sentences", &short), ("passages of 150 words", &long)] {
        let begun = Instant::now();
        passages(&model, texts).await?;
        let rate = texts.len() as f64 / begun.elapsed().as_secs_f64();
        report.add(&format!("{what}, {threads} threads"), format!("{rate:.0} a second"), "", String::new());
    }
    let busy = tokio::spawn({
        let (model, texts) = (Arc::clone(&model), long.clone());
        async move { passages(&model, &texts).await }
    });
    let median = questions(&model).await?;
    anyhow::ensure!(!busy.is_finished(), "the passages were done before the questions");
    report.add(
        "a question's vector while passages are made",
        format!("{median:.1?} (median)"),
        "",
        String::new(),
    );
    busy.await??;
    let (now, most) = own_memory()?;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let held = mib(now.saturating_sub(before.0));
    let most = mib(most.saturating_sub(before.0));
    report.add("memory for it", format!("{held:.0} MiB, {most:.0} MiB at most"), "", String::new());
    Ok(())
}

async fn questions(model: &LocalModel) -> anyhow::Result<Duration> {
    let mut times = Vec::with_capacity(QUESTIONS);
    for number in 0..QUESTIONS {
        let begun = Instant::now();
        model.embed(TextKind::Query, &[format!("is the money of plan {number} returned")]).await?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times[QUESTIONS / 2])
}

async fn passages(model: &LocalModel, texts: &[String]) -> anyhow::Result<()> {
    for batch in texts.chunks(BATCH) {
        let made = model.embed(TextKind::Passage, batch).await?;
        anyhow::ensure!(made.len() == batch.len(), "{} vectors of {} texts", made.len(), batch.len());
    }
    Ok(())
}
