//! Texts as the numbers a model reads, and how many of them are read at once.

use std::path::Path;

use tokenizers::{Tokenizer, TruncationParams};

use crate::local_options::{ModelError, TOKENIZER};

/// Tokens, fillers counted, that go through the model at once: what bounds its memory, and how long a thread is busy.
const AT_ONCE: usize = 512;
/// Bytes that one token may stand for, generously: what is behind them is not looked at.
const BYTES_OF_A_TOKEN: usize = 256;

pub struct Tokens {
    tokenizer: Tokenizer,
    most: usize,
}

impl Tokens {
    pub fn read(folder: &Path, file: &[u8], most: usize, vocabulary: usize) -> Result<Self, ModelError> {
        let wrong = |message: String| ModelError::Content { path: folder.join(TOKENIZER), message };
        let mut tokenizer = Tokenizer::from_bytes(file)
            .map_err(|error| wrong(format!("it does not say how texts are cut: {error}")))?;
        let truncation = TruncationParams { max_length: most, ..TruncationParams::default() };
        tokenizer
            .with_padding(None)
            .with_truncation(Some(truncation))
            .map_err(|error| wrong(format!("its texts cannot be cut to {most} tokens: {error}")))?;
        let known = tokenizer.get_vocab_size(true);
        if known > vocabulary {
            return Err(wrong(format!(
                "it knows {known} tokens, and config.json says vocab_size {vocabulary}"
            )));
        }
        Ok(Self { tokenizer, most })
    }

    pub fn most(&self) -> usize {
        self.most
    }

    pub fn of(&self, texts: &[String]) -> Result<Vec<Vec<u32>>, String> {
        let one = |text: &String| {
            let read = &text[..text.floor_char_boundary(self.most * BYTES_OF_A_TOKEN)];
            match self.tokenizer.encode_fast(read, true) {
                Ok(tokens) if tokens.is_empty() => Err("a text has no tokens at all".to_owned()),
                Ok(tokens) => Ok(tokens.get_ids().to_vec()),
                Err(error) => Err(format!("a text cannot be cut into tokens: {error}")),
            }
        };
        texts.iter().map(one).collect()
    }
}

/// Which texts go through the model together: those of like length, so that little is filled up.
pub fn batches(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|place| lengths[*place]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for place in order {
        // The longest of them is this one.
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * lengths[place] <= AT_ONCE => batch.push(place),
            _ => batches.push(vec![place]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_alone_and_short_ones_together() {
        let lengths = [500, 3, 300, 3, 4, 512, 100];
        let batches = batches(&lengths);
        assert_eq!(batches, [vec![1, 3, 4, 6], vec![2], vec![0], vec![5]]);
        for batch in &batches {
            let longest = batch.iter().map(|place| lengths[*place]).max().unwrap();
            assert!(longest * batch.len() <= AT_ONCE);
        }
    }
}
