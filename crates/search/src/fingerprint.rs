//! What tells that two documents say the same: a SimHash of their words, and a hash of the numbers in them.
//!
//! Similar texts have SimHashes that differ in few bits. Numbers must be the same: two invoices of one form are not
//! duplicates, nor are two versions of a contract with different sums.

use std::collections::{BTreeSet, HashSet, VecDeque};

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

/// A fingerprint while words are read.
pub(crate) struct Reading {
    tally: [i32; 64],
    row: VecDeque<u64>,
    met: HashSet<u64>,
    numbers: BTreeSet<u64>,
    words: usize,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self {
            tally: [0; 64],
            row: VecDeque::with_capacity(IN_A_ROW),
            met: HashSet::new(),
            numbers: BTreeSet::new(),
            words: 0,
        }
    }

    /// Whether further words make no difference.
    pub(crate) fn is_enough(&self) -> bool {
        self.words >= MAX_WORDS
    }

    /// Takes in the next word, folded.
    pub(crate) fn add(&mut self, text: &str) {
        if self.is_enough() {
            return;
        }
        let word = hash(text.as_bytes());
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            self.numbers.insert(word);
        }
        self.words += 1;
        if self.row.len() == IN_A_ROW {
            self.row.pop_front();
        }
        self.row.push_back(word);
        let feature = self.row.iter().fold(0, |all, one| mixed(all ^ one));
        // Each feature once: a phrase that is repeated all over says no more than one that is not.
        if self.met.insert(feature) {
            for (bit, sum) in self.tally.iter_mut().enumerate() {
                *sum += if feature >> bit & 1 == 1 { 1 } else { -1 };
            }
        }
    }

    /// The fingerprint of these words; `None` when they are too few for one.
    pub(crate) fn fingerprint(self) -> Option<Fingerprint> {
        if self.words < MIN_WORDS {
            return None;
        }
        let bits = self.tally.iter().enumerate().filter(|(_, sum)| **sum > 0);
        let words = bits.fold(0, |all, (bit, _)| all | 1 << bit);
        let numbers = self.numbers.into_iter().fold(0, |all, one| mixed(all ^ one));
        Some(Fingerprint { words, numbers })
    }
}

impl Fingerprint {
    /// Whether two texts are nearly the same.
    pub(crate) fn is_near(self, other: Self) -> bool {
        self.numbers == other.numbers && (self.words ^ other.words).count_ones() <= MAX_BITS
    }
}

impl Fingerprint {
    /// Keys of which at least one is the same in two fingerprints that are near: bits that differ are fewer than these.
    pub(crate) fn keys(self) -> [u64; MAX_BITS as usize + 1] {
        const WIDTH: u32 = u64::BITS / (MAX_BITS + 1);
        std::array::from_fn(|at| {
            let band = (self.words >> (at as u32 * WIDTH)) & ((1 << WIDTH) - 1);
            mixed(self.numbers ^ mixed(band | (at as u64) << WIDTH))
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
    use crate::analysis::Tokens;

    fn of(text: &str) -> Option<Fingerprint> {
        let mut reading = Reading::new();
        Tokens::new(text).collect_all().iter().for_each(|token| reading.add(&token.text));
        reading.fingerprint()
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
