//! A model for tests: it knows a few words that mean the same, and every other word means itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;

use crate::embedder::{EmbedError, Embedder, TextKind};
use crate::fingerprint::hash;

const SAME: [&[&str]; 4] = [
    &["car", "automobile", "vehicle"],
    &["doctor", "physician"],
    &["holiday", "vacation"],
    &["quokka", "marsupial"],
];
const LENGTH: usize = 512;

/// Makes the same vector of the same text always.
pub struct Concepts {
    name: &'static str,
    length: usize,
    is_down: AtomicBool,
    passages: AtomicU64,
}

impl Default for Concepts {
    fn default() -> Self {
        Self::named("concepts", LENGTH)
    }
}

impl Concepts {
    /// A model of another name or with vectors of another length.
    pub fn named(name: &'static str, length: usize) -> Self {
        Self { name, length, is_down: AtomicBool::new(false), passages: AtomicU64::new(0) }
    }

    /// Lets it fail until it is set right again.
    pub fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// How many passages it was asked for.
    pub fn passages(&self) -> u64 {
        self.passages.load(Ordering::SeqCst)
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; self.length];
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        for word in words {
            let word = word.to_lowercase();
            let meant =
                SAME.iter().find(|same| same.contains(&word.as_str())).map_or(word.as_str(), |same| same[0]);
            vector[(hash(meant.as_bytes()) % self.length as u64) as usize] += 1.0;
        }
        vector
    }
}

#[async_trait]
impl Embedder for Concepts {
    fn model(&self) -> &str {
        self.name
    }

    async fn embed(&self, kind: TextKind, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(EmbedError::for_now("the model is down"));
        }
        if texts.iter().any(|text| text.contains("unspeakable")) {
            return Err(EmbedError::Refused { message: "the model does not take this".to_owned() });
        }
        if kind == TextKind::Passage {
            self.passages.fetch_add(texts.len() as u64, Ordering::SeqCst);
        }
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}
