//! What tells that two documents say the same: a SimHash of their words, and a hash of the numbers in them.
//!
//! Similar texts have SimHashes that differ in few bits. Numbers must be the same: two invoices of one form are not
//! duplicates, nor are two versions of a contract with different sums.

use std::collections::{BTreeSet, HashSet, VecDeque};

use tantivy::tokenizer::TokenStream;

use crate::analysis::Tokens;
use crate::contract::IndexedDocument;

/// Words a text needs to be compared; shorter ones are alike by chance.
const MIN_WORDS: usize = 40;
/// Words looked at; what follows makes no difference.
const MAX_WORDS: usize = 50_000;
/// Words in a row that count as one feature.
const IN_A_ROW: usize = 3;
/// Bits in which the SimHashes of near duplicates differ at most.
const MAX_BITS: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub words: u64,
    pub numbers: u64,
}

impl Fingerprint {
    /// The fingerprint of a document's text; `None` when it is too short to be compared.
    pub(crate) fn of(document: &IndexedDocument) -> Option<Self> {
        let mut tally = [0_i32; 64];
        let mut row: VecDeque<u64> = VecDeque::with_capacity(IN_A_ROW);
        let mut met: HashSet<u64> = HashSet::new();
        let mut numbers = BTreeSet::new();
        let mut words = 0;
        'all: for chunk in &document.chunks {
            let mut tokens = Tokens::new(&chunk.text);
            while tokens.advance() {
                let text = tokens.token().text.as_str();
                let word = hash(text.as_bytes());
                if text.bytes().any(|byte| byte.is_ascii_digit()) {
                    numbers.insert(word);
                }
                words += 1;
                if row.len() == IN_A_ROW {
                    row.pop_front();
                }
                row.push_back(word);
                let feature = row.iter().fold(0, |all, one| mixed(all ^ one));
                // Each feature once: a phrase that is repeated all over says no more than one that is not.
                if met.insert(feature) {
                    for (bit, sum) in tally.iter_mut().enumerate() {
                        *sum += if feature >> bit & 1 == 1 { 1 } else { -1 };
                    }
                }
                if words >= MAX_WORDS {
                    break 'all;
                }
            }
        }
        if words < MIN_WORDS {
            return None;
        }
        let bits = tally.iter().enumerate().filter(|(_, sum)| **sum > 0);
        let words = bits.fold(0, |all, (bit, _)| all | 1 << bit);
        let numbers = numbers.into_iter().fold(0, |all, one| mixed(all ^ one));
        Some(Self { words, numbers })
    }

    /// Whether two texts are nearly the same.
    pub(crate) fn is_near(self, other: Self) -> bool {
        self.numbers == other.numbers && (self.words ^ other.words).count_ones() <= MAX_BITS
    }
}

impl Fingerprint {
    /// What at least one of is the same in two fingerprints that are near: bits that differ are fewer than these.
    pub(crate) fn keys(self) -> [(u64, u64); MAX_BITS as usize + 1] {
        const WIDTH: u32 = u64::BITS / (MAX_BITS + 1);
        std::array::from_fn(|at| {
            let band = (self.words >> (at as u32 * WIDTH)) & ((1 << WIDTH) - 1);
            (self.numbers, band | (at as u64) << WIDTH)
        })
    }
}

/// FNV-1a with a final mix: stable across builds, as it lies on disk.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    mixed(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}

fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let value = (value ^ (value >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value ^ (value >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gangway_model::{Chunk, Place};

    fn of(text: &str) -> Option<Fingerprint> {
        let chunk = Chunk { number: 0, place: Place::default(), text: text.to_owned() };
        Fingerprint::of(&IndexedDocument {
            item_id: "i".into(),
            user_id: "u".into(),
            connection_id: "c".into(),
            connector_id: "x".into(),
            collections: Vec::new(),
            name: String::new(),
            path: None,
            media_type: String::new(),
            modified_at: None,
            url: None,
            title: None,
            chunks: vec![chunk],
        })
    }

    /// Text of so many words that differ from each other, without digits.
    fn text(seed: u64, words: u64) -> String {
        let letters = |n: u64| format!("{:x}", mixed(seed ^ n)).replace(|c: char| c.is_ascii_digit(), "k");
        (0..words).map(|n| format!("{} ", letters(n * 1000))).collect()
    }

    #[test]
    fn the_same_text_in_another_dress_is_near() {
        let one = text(1, 400);
        let other = format!("## {}\n\n| |", one.to_uppercase());
        assert!(of(&one).unwrap().is_near(of(&other).unwrap()));
        let with_a_word_more = format!("{one} addition");
        assert!(of(&one).unwrap().is_near(of(&with_a_word_more).unwrap()));
    }

    #[test]
    fn other_texts_and_other_numbers_are_not() {
        let one = text(1, 400);
        assert!(!of(&one).unwrap().is_near(of(&text(2, 400)).unwrap()));
        let form = |number: &str| format!("{one} invoice {number} due");
        assert!(!of(&form("1001")).unwrap().is_near(of(&form("1002")).unwrap()));
        assert!(of(&form("1001")).unwrap().is_near(of(&form("1001")).unwrap()));
    }

    #[test]
    fn what_is_near_shares_a_key() {
        for seed in 0..200 {
            let words = mixed(seed);
            let one = Fingerprint { words, numbers: 7 };
            let flipped =
                (0..MAX_BITS).fold(words, |all, n| all ^ 1 << (mixed(seed * 31 + u64::from(n)) % 64));
            let other = Fingerprint { words: flipped, numbers: 7 };
            assert!(
                one.is_near(other) && one.keys().iter().zip(other.keys()).any(|(key, same)| *key == same)
            );
            let elsewhere = Fingerprint { words, numbers: 8 };
            assert!(one.keys().iter().all(|key| !elsewhere.keys().contains(key)));
        }
    }

    #[test]
    fn short_texts_are_not_compared() {
        assert_eq!(of("the same short note"), None);
    }
}
