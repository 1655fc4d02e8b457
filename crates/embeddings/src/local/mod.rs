//! A sentence encoder of BERT's family, run on this machine's cores from a folder.
//!
//! - Nothing is fetched: what the folder lacks is an error.
//! - It runs on threads of its own, never on those that answer people. Passages wait in a line of their own, at a low
//!   priority; a question never waits behind them.
//! - A text costs memory for its own tokens: long ones are made one by one, short ones some at a time.

mod bert;
mod lane;
mod tokens;

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use gangway_search::{EmbedError, Embedder, TextKind};

use crate::folder::Contents;
use crate::local_options::{LocalModelOptions, ModelError};
use bert::Bert;
use lane::{Lane, Priority};
use tokens::{Tokens, batches};

/// A model that runs in this process.
pub struct LocalModel {
    name: String,
    inner: Arc<Inner>,
    questions: Lane,
    passages: Lane,
    options: LocalModelOptions,
}

struct Inner {
    tokens: Tokens,
    bert: Bert,
}

impl LocalModel {
    pub const IS_BUILT: bool = true;

    /// Reads the folder and starts the threads. Blocks for as long as the files take to read.
    pub fn open(options: &LocalModelOptions) -> Result<Self, ModelError> {
        let folder = &options.folder;
        let failed = |message: String| ModelError::Run { folder: folder.clone(), message };
        let contents = Contents::read(folder)?;
        let digest = contents.digest.clone();
        // What reads the files is not ours, and they may hold anything.
        let inner = std::panic::catch_unwind(|| Inner::open(options, contents))
            .unwrap_or_else(|_| Err(failed("its files are not what they seem".to_owned())))?;
        let named = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        let named = named.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut name = format!("{named} {digest}");
        if !options.passage_prefix.is_empty() {
            name.push_str(&format!(" {:?}", options.passage_prefix));
        }
        let lane = |name: &str, threads: usize, priority: Priority| {
            Lane::start(name, threads, priority).map_err(|error| failed(format!("no threads: {error}")))
        };
        let model = Self {
            name,
            inner: Arc::new(inner),
            questions: lane("model-ask", 1, Priority::Usual)?,
            passages: lane("model-read", options.threads.max(1), Priority::Low)?,
            options: options.clone(),
        };
        let tried =
            model.inner.vectors(&model.inner.tokens.of(&["is anybody there?".to_owned()]).map_err(failed)?);
        match tried.map_err(failed)?.iter().flatten().all(|number| number.is_finite()) {
            true => Ok(model),
            false => Err(failed("its numbers are too large to be any".to_owned())),
        }
    }

    /// How long its vectors are.
    pub fn dimensions(&self) -> usize {
        self.inner.bert.dimensions()
    }

    /// Tokens of a text that are read; the rest is cut off.
    pub fn max_tokens(&self) -> usize {
        self.inner.tokens.most()
    }
}

impl Inner {
    fn open(options: &LocalModelOptions, contents: Contents) -> Result<Self, ModelError> {
        let Contents { config, pooling, max_tokens, tokenizer, weights, .. } = contents;
        let tokens = Tokens::read(&options.folder, &tokenizer, max_tokens, config.vocab_size)?;
        let bert = Bert::read(&options.folder, &config, pooling, &weights)?;
        Ok(Self { tokens, bert })
    }

    fn vectors(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, String> {
        self.bert.vectors(texts).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Embedder for LocalModel {
    fn model(&self) -> &str {
        &self.name
    }

    async fn embed(&self, kind: TextKind, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let (lane, prefix) = match kind {
            TextKind::Query => (&self.questions, &self.options.query_prefix),
            TextKind::Passage => (&self.passages, &self.options.passage_prefix),
        };
        let texts: Vec<String> = texts.iter().map(|text| format!("{prefix}{text}")).collect();
        let inner = Arc::clone(&self.inner);
        let read = lane.run(move || inner.tokens.of(&texts)).await;
        let mut read = read.ok_or_else(broken)?.map_err(|message| EmbedError::Refused { message })?;
        let lengths: Vec<usize> = read.iter().map(Vec::len).collect();
        let places = batches(&lengths);
        let made = places.iter().map(|places| {
            let texts: Vec<Vec<u32>> = places.iter().map(|place| std::mem::take(&mut read[*place])).collect();
            let inner = Arc::clone(&self.inner);
            lane.run(move || inner.vectors(&texts))
        });
        let made: Vec<_> = made.collect();
        let mut vectors = vec![Vec::new(); lengths.len()];
        for (places, made) in places.iter().zip(join_all(made).await) {
            let made = made.ok_or_else(broken)?.map_err(EmbedError::configuration)?;
            for (place, vector) in places.iter().zip(made) {
                vectors[*place] = vector;
            }
        }
        Ok(vectors)
    }
}

fn broken() -> EmbedError {
    EmbedError::Refused { message: "the model broke off over one of these texts".to_owned() }
}

#[cfg(test)]
mod tests;
