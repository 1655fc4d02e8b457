//! Vectors as they are kept: of length one, each number in a byte, eight to a word.

/// Words before the numbers: the passage's number with the scale, and the key of its text.
const HEAD: usize = 2;
const PER_WORD: usize = 8;

/// A vector of length one in bytes, and what a byte's step is worth.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packed {
    bytes: Vec<i8>,
    scale: f32,
}

impl Packed {
    /// `None` for a vector that points nowhere: empty, of zeros, or with something that is no number in it.
    pub(super) fn of(vector: &[f32]) -> Option<Self> {
        let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if !length.is_finite() || length <= f64::from(f32::MIN_POSITIVE) {
            return None;
        }
        let unit = |x: f32| (f64::from(x) / length) as f32;
        let largest = vector.iter().map(|x| unit(*x).abs()).fold(0.0, f32::max);
        let scale = largest / 127.0;
        let mut bytes: Vec<i8> = vector.iter().map(|x| (unit(*x) / scale).round() as i8).collect();
        bytes.resize(bytes.len().next_multiple_of(PER_WORD), 0);
        Some(Self { bytes, scale })
    }

    /// How many words the vector takes.
    pub(super) fn words(&self) -> usize {
        self.bytes.len() / PER_WORD
    }

    /// The entry's words: the head, then the numbers.
    pub(super) fn entry(&self, chunk: u32, text: u64) -> Vec<u64> {
        let mut words = vec![u64::from(chunk) << 32 | u64::from(self.scale.to_bits()), text];
        words.extend(self.bytes.chunks_exact(PER_WORD).map(|eight| {
            let mut word = [0; PER_WORD];
            for (at, byte) in eight.iter().enumerate() {
                word[at] = *byte as u8;
            }
            u64::from_le_bytes(word)
        }));
        words
    }

    /// The cosine with the vector of an entry; 0 when that is of another length.
    pub(super) fn similarity(&self, entry: &[u64]) -> f32 {
        let Some((head, words)) = entry.split_at_checked(HEAD) else { return 0.0 };
        if words.len() != self.words() {
            return 0.0;
        }
        let mut sum = 0_i32;
        for (eight, word) in self.bytes.chunks_exact(PER_WORD).zip(words) {
            let other = word.to_le_bytes();
            for at in 0..PER_WORD {
                sum += i32::from(eight[at]) * i32::from(other[at] as i8);
            }
        }
        sum as f32 * self.scale * f32::from_bits(head[0] as u32)
    }
}

/// The number of an entry's passage and the key of its text.
pub(super) fn head_of(entry: &[u64]) -> Option<(u32, u64)> {
    Some(((entry.first()? >> 32) as u32, *entry.get(1)?))
}

/// How many words the vector of an entry takes.
pub(super) fn words_of(entry: &[u64]) -> usize {
    entry.len().saturating_sub(HEAD)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    #[test]
    fn what_points_nowhere_is_no_vector() {
        for nowhere in [&[][..], &[0.0, 0.0], &[f32::NAN, 1.0], &[f32::INFINITY, 1.0]] {
            assert_eq!(Packed::of(nowhere), None, "{nowhere:?}");
        }
    }

    #[test]
    fn an_entry_tells_its_passage_and_its_text() {
        let entry = Packed::of(&[3.0, 4.0, 0.5]).unwrap().entry(70_000, u64::MAX - 1);
        assert_eq!(head_of(&entry), Some((70_000, u64::MAX - 1)));
        assert_eq!(words_of(&entry), 1);
        assert_eq!(Packed::of(&[1.0; 9]).unwrap().similarity(&entry), 0.0, "of another length");
    }

    proptest! {
        #[test]
        fn bytes_tell_the_cosine_closely(
            (a, b) in (1_usize..400).prop_flat_map(|n| {
                let numbers = || proptest::collection::vec(-1.0_f32..1.0, n);
                (numbers(), numbers())
            })
        ) {
            let (Some(one), Some(other)) = (Packed::of(&a), Packed::of(&b)) else { return Ok(()) };
            let told = one.similarity(&other.entry(0, 0));
            prop_assert!((told - cosine(&a, &b)).abs() < 0.02, "{told} for {}", cosine(&a, &b));
        }
    }
}
