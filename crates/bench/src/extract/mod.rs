//! How fast files become text, beside what else reads them; and what the worst files cost the server in memory.

mod contestants;
mod corpus;
mod memory;
mod python;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use gangway_extract::Tools;

use crate::report::Report;
use contestants::{Contestant, Library, Ours, PdfToText};
use corpus::Corpus;
use python::Python;

#[derive(clap::Args)]
pub struct ExtractArgs {
    /// A folder of real files, read beside those made by code.
    #[arg(long, default_value = "../shared/corpus")]
    corpus: PathBuf,
    /// Files of each kind that are made.
    #[arg(long, default_value_t = 40)]
    files: usize,
    /// Rounds over all files; each contestant's fastest counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Files that are read at the same time, by everybody; 0: one per core.
    #[arg(long, default_value_t = 0)]
    workers: usize,
    /// The Python whose packages take part, made by `scripts/bench-python.sh`.
    #[arg(long, default_value = ".venv-bench/bin/python")]
    python: PathBuf,
    /// Leaves the speed out and measures the server's memory alone.
    #[arg(long)]
    memory_only: bool,
}

impl ExtractArgs {
    pub fn data(&self) -> String {
        let real = if self.corpus.is_dir() { ", and real ones" } else { "" };
        format!("{} files of each of {} kinds, made by code{real}", self.files, corpus::KINDS.len())
    }

    fn workers(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            given => given,
        }
    }
}

/// What one contestant made of the files of one kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    pub took: Duration,
    pub files: usize,
    pub failed: usize,
    /// Characters of text that came out.
    pub chars: u64,
}

pub type Scores = BTreeMap<String, Score>;

pub async fn measure(args: &ExtractArgs, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    if !args.memory_only {
        speed(args, program, report).await?;
    }
    memory::measure(&args.corpus, program, report).await.context("the server's memory")
}

async fn speed(args: &ExtractArgs, program: &Path, report: &mut Report) -> anyhow::Result<()> {
    let corpus = Corpus::make(&args.corpus, args.files)?;
    let workers = args.workers();
    let mut contestants: Vec<Box<dyn Contestant>> = vec![
        Box::new(Ours::new("Gangway, confined", program, workers, Tools::default())),
        Box::new(Library::new(workers)?),
    ];
    let tools = Tools::find();
    if let Some(pdftotext) = &tools.pdftotext {
        contestants.push(Box::new(PdfToText::new(pdftotext, workers)));
        contestants.push(Box::new(Ours::new("Gangway, confined, PDF by pdftotext", program, workers, tools)));
    }
    match Python::all(&args.python, workers) {
        Ok(found) => contestants.extend(found.into_iter().map(|one| Box::new(one) as Box<dyn Contestant>)),
        Err(why) => println!("no Python package takes part: {why}; scripts/bench-python.sh installs them"),
    }
    let mut best: Vec<Scores> = vec![Scores::new(); contestants.len()];
    for round in 1..=args.rounds.max(1) {
        println!("round {round}");
        for (contestant, best) in contestants.iter().zip(&mut best) {
            let scores = contestant.read(&corpus).await.with_context(|| contestant.name().to_owned())?;
            for (kind, score) in scores {
                let kept = best.entry(kind).or_insert(score);
                if score.took < kept.took {
                    *kept = score;
                }
            }
        }
    }
    let ours = best[0].clone();
    for (contestant, theirs) in contestants.iter().zip(&best) {
        let (goal, told) = (contestant.goal(), compared(&ours, theirs, &corpus));
        let what = format!("files to text, {workers} at a time: {}", contestant.name());
        report.add(&what, told.figure, goal, told.ratio);
    }
    for kind in corpus.kinds() {
        let told: Vec<String> = contestants
            .iter()
            .zip(&best)
            .skip(1)
            .filter_map(|(contestant, theirs)| {
                let score = theirs.get(kind)?;
                Some(format!("{} {}", contestant.name(), rate(score, corpus.bytes(kind))))
            })
            .collect();
        let score = ours.get(kind).copied().unwrap_or_default();
        report.add(&format!("– {kind}"), rate(&score, corpus.bytes(kind)), "", told.join("; "));
    }
    Ok(())
}

struct Compared {
    figure: String,
    ratio: String,
}

/// A contestant's total over the kinds it reads, and ours over the same kinds.
fn compared(ours: &Scores, theirs: &Scores, corpus: &Corpus) -> Compared {
    let total = |scores: &Scores| {
        theirs.keys().filter_map(|kind| scores.get(kind)).fold(Score::default(), |sum, one| Score {
            took: sum.took + one.took,
            files: sum.files + one.files,
            failed: sum.failed + one.failed,
            chars: sum.chars + one.chars,
        })
    };
    let bytes: u64 = theirs.keys().map(|kind| corpus.bytes(kind)).sum();
    let (own, other) = (total(ours), total(theirs));
    let ratio = other.took.as_secs_f64() / own.took.as_secs_f64().max(1e-9);
    let kinds: Vec<&str> = theirs.keys().map(String::as_str).collect();
    let failed = if other.failed > 0 { format!(", {} not read", other.failed) } else { String::new() };
    Compared {
        figure: format!("{}{failed}", rate(&other, bytes)),
        ratio: format!("Gangway is {ratio:.2} × as fast over {}", kinds.join(", ")),
    }
}

fn rate(score: &Score, bytes: u64) -> String {
    let seconds = score.took.as_secs_f64().max(1e-9);
    format!("{:.1} files/s, {:.2} MB/s", score.files as f64 / seconds, bytes as f64 / 1e6 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kinds_that_both_read_are_compared() {
        let score = |millis, files| Score { took: Duration::from_millis(millis), files, ..Score::default() };
        let ours = Scores::from([("pdf".to_owned(), score(100, 10)), ("docx".to_owned(), score(900, 10))]);
        let theirs = Scores::from([("pdf".to_owned(), score(250, 10))]);
        let corpus = Corpus::make(Path::new("/nowhere"), 1).unwrap();
        let told = compared(&ours, &theirs, &corpus);
        assert!(told.ratio.contains("2.50 ×") && told.ratio.ends_with("over pdf"), "{}", told.ratio);
        assert!(told.figure.starts_with("40.0 files/s"), "{}", told.figure);
    }
}
