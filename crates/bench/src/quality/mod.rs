//! How well search answers: the same questions over the same documents, asked of ours (with vectors where a model is
//! named), of vectors alone, of a plain tantivy and of SQLite FTS5.

mod corpus;
mod engines;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use gangway_effects::{Network, NetworkOptions};
use gangway_embeddings::{HttpEmbedder, HttpEmbedderOptions, LocalModel};
use gangway_search::Embedder;
use url::Url;

use crate::model::local_model;
use crate::report::Report;
pub use corpus::random;
use corpus::{Corpus, Question};
use engines::{Dense, Engine, Fts5, Ours, PlainTantivy};

/// Hits that count for recall.
const RECALL_AT: usize = 20;
/// Hits that count for nDCG.
const GAIN_AT: usize = 10;

#[derive(clap::Args)]
pub struct QualityArgs {
    /// Documents without an answer, made of the words of those that have one
    #[arg(long, default_value_t = 2_000)]
    distractors: usize,
    /// An address that makes vectors of texts as OpenAI's API does: measures search by meaning as well.
    #[arg(long, requires = "embeddings_model")]
    embeddings_url: Option<Url>,
    /// The model to ask for there.
    #[arg(long)]
    embeddings_model: Option<String>,
    /// The folder of a model that runs in this process: measures search by meaning with it.
    #[arg(long, conflicts_with = "embeddings_url")]
    model_folder: Option<PathBuf>,
    /// The least cosine that counts, in percent.
    #[arg(long, default_value_t = 20)]
    min_similarity_percent: u8,
    /// Also print, for each question, what each engine found first.
    #[arg(long)]
    verbose: bool,
}

impl QualityArgs {
    pub fn data(&self) -> String {
        let folder =
            self.model_folder.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
        let model = self.embeddings_model.as_deref().or(folder.as_deref());
        let model = model.map_or(String::new(), |model| format!("; vectors of {model}"));
        format!(
            "short documents in many languages, written for this, among {} without an answer{model}",
            self.distractors
        )
    }

    /// What is asked of the model: no deadline, so that a slow machine measures quality all the same.
    fn embedder(&self) -> anyhow::Result<Option<Arc<dyn Embedder>>> {
        if let Some(folder) = &self.model_folder {
            return Ok(Some(Arc::new(LocalModel::open(&local_model(folder)?)?)));
        }
        let (Some(url), Some(model)) = (&self.embeddings_url, &self.embeddings_model) else {
            return Ok(None);
        };
        let patient = NetworkOptions {
            allow_private_addresses: true,
            read_timeout: std::time::Duration::from_secs(600),
            ..NetworkOptions::default()
        };
        let network = Network::new(patient)?;
        let options = HttpEmbedderOptions {
            url: url.clone(),
            model: model.clone(),
            api_key: None,
            dimensions: None,
            query_prefix: String::new(),
            passage_prefix: String::new(),
        };
        Ok(Some(Arc::new(HttpEmbedder::new(network, options)?)))
    }
}

pub async fn measure(args: &QualityArgs, report: &mut Report) -> anyhow::Result<()> {
    let corpus = Corpus::read(args.distractors)?;
    let ours = Ours::fill(&corpus).await.context("our index")?;
    let plain = PlainTantivy::fill(&corpus).context("the plain index")?;
    let fts5 = Fts5::fill(&corpus).await.context("the FTS5 table")?;
    let mut engines: Vec<Box<dyn Engine>> = vec![Box::new(ours)];
    if let Some(embedder) = args.embedder()? {
        let dense = Dense::fill(&corpus, embedder).await.context("the vectors")?;
        let at_least = f32::from(args.min_similarity_percent) / 100.0;
        engines
            .push(Box::new(Ours::hybrid(&corpus, &dense, at_least).await.context("our index with vectors")?));
        engines.push(Box::new(dense));
    }
    engines.push(Box::new(plain));
    engines.push(Box::new(fts5));
    let mut scores = Vec::new();
    for question in &corpus.questions {
        let mut row = Vec::new();
        for engine in &engines {
            let found = engine.ask(&question.text, RECALL_AT).await?;
            row.push((gain(question, &found), recall(question, &found)));
            if args.verbose && row.last().is_some_and(|(gain, _)| *gain < 1.0) {
                let first: Vec<&str> = found.iter().take(3).map(String::as_str).collect();
                println!("{} | {} | {}: {first:?}", question.kind, question.text, engine.name());
            }
        }
        scores.push((question.kind.as_str(), row));
    }
    let mut kinds: Vec<&str> = corpus.questions.iter().map(|question| question.kind.as_str()).collect();
    kinds.dedup();
    let about = |rows: &[&Vec<(f64, f64)>]| {
        let told = |at: usize| {
            let count = rows.len().max(1) as f64;
            let (gain, recall) = rows.iter().fold((0.0, 0.0), |(gain, recall), row| {
                let (one, other): (f64, f64) = row[at];
                (gain + one, recall + other)
            });
            format!("{:.3} / {:.3}", gain / count, recall / count)
        };
        let others =
            engines.iter().enumerate().skip(1).map(|(at, one)| format!("{} {}", one.name(), told(at)));
        (told(0), others.collect::<Vec<_>>().join(", "))
    };
    let all: Vec<_> = scores.iter().map(|(_, row)| row).collect();
    let (figure, baseline) = about(&all);
    let what = format!("search quality, {} questions: nDCG@{GAIN_AT} / recall@{RECALL_AT}", all.len());
    report.add(&what, figure, "above both baselines", baseline);
    for kind in kinds {
        let rows: Vec<_> = scores.iter().filter(|(of, _)| *of == kind).map(|(_, row)| row).collect();
        let (figure, baseline) = about(&rows);
        report.add(&format!("– {kind} ({})", rows.len()), figure, "", baseline);
    }
    Ok(())
}

/// Normalised discounted cumulative gain: 1 when the best answers come first, in their order.
fn gain(question: &Question, found: &[String]) -> f64 {
    let worth = |grade: u32| f64::from(2_u32.pow(grade) - 1);
    let discounted = |grades: &mut dyn Iterator<Item = u32>| -> f64 {
        grades.take(GAIN_AT).enumerate().map(|(at, grade)| worth(grade) / (at as f64 + 2.0).log2()).sum()
    };
    let grade_of =
        |id: &String| question.answers.iter().find(|(answer, _)| answer == id).map_or(0, |(_, it)| *it);
    let mut best: Vec<u32> = question.answers.iter().map(|(_, grade)| *grade).collect();
    best.sort_unstable_by_key(|grade| std::cmp::Reverse(*grade));
    discounted(&mut found.iter().map(grade_of)) / discounted(&mut best.into_iter())
}

/// The share of the answers that were found at all.
fn recall(question: &Question, found: &[String]) -> f64 {
    let met = question.answers.iter().filter(|(answer, _)| found.contains(answer)).count();
    met as f64 / question.answers.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(answers: &[(&str, u32)]) -> Question {
        let answers = answers.iter().map(|(id, grade)| ((*id).to_owned(), *grade)).collect();
        Question { kind: String::new(), text: String::new(), answers }
    }

    fn found(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn the_best_order_gains_most() {
        let asked = question(&[("a", 2), ("b", 1)]);
        assert_eq!(gain(&asked, &found(&["a", "b"])), 1.0);
        let swapped = gain(&asked, &found(&["b", "a"]));
        assert!(swapped < 1.0 && swapped > gain(&asked, &found(&["x", "b"])), "{swapped}");
        assert_eq!(gain(&asked, &found(&["x"])), 0.0);
        assert_eq!(recall(&asked, &found(&["x", "b"])), 0.5);
    }

    #[test]
    fn every_answer_is_a_document() {
        let corpus = Corpus::read(10).unwrap();
        assert!(corpus.questions.len() >= 60 && corpus.documents.len() >= 50);
        for question in &corpus.questions {
            assert!(!question.answers.is_empty(), "{}", question.text);
            for (id, _) in &question.answers {
                assert!(corpus.documents.iter().any(|document| document.id == *id), "{id}");
            }
        }
    }
}
