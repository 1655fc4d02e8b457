//! Joining what is found by words with what is found by meaning.
//!
//! The index of words decides what may be found: it names the items that visibility, filters, phrases and exclusions
//! leave, the vectors are searched among these, and what they name is looked up here again, text and all. So nothing that
//! lies in the index of vectors too long or too early is ever shown.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{BooleanQuery, Query};
use tantivy::schema::{Field, Value};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader, TantivyDocument};

use super::asked::ALL_WORDS_SCORE;
use super::collect::{Best, Found, keys};
use super::matching::Sought;
use super::narrowing::terms;
use super::query::QueryBuilder;
use crate::keys::ItemKeys;
use crate::meaning::Meaning;
use crate::query::ParsedQuery;
use crate::request::ByMeaning;
use crate::vectors::{Near, item_key, text_key};

/// Items that are taken in by meaning at most.
const MAX_NEAR: usize = 100;
/// How much the first places weigh beside the next. With the usual 60 hardly at all: whatever is somewhere in both lists
/// would stand before what is first in one of them (docs/benchmarks.md, "Search by meaning").
const RANK_OFFSET: f32 = 20.0;
/// What a place among the words is worth at most where only some of them were found.
const WORTH_OF_SOME: f32 = 0.5;
/// The share of what was asked for that was found counts to this power: a frequent word or two of a question in other
/// words say next to nothing beside what is near to all of it, a telling one does.
const SHARE_POWER: i32 = 3;

impl QueryBuilder<'_> {
    /// Takes in what is near in meaning beside what was found by words, and ranks all by their places in the two lists.
    pub(super) fn fuse(
        &self,
        meaning: &Meaning,
        parsed: &ParsedQuery,
        by_words: &Sought,
        allowed: &dyn Query,
        excluded: &ItemKeys,
        found: &mut Found,
    ) -> tantivy::Result<ByMeaning> {
        // Those with every phrase and field asked for, and nothing excluded.
        let mut among = keys(self.searcher, allowed, &self.required(parsed)?)?;
        among.retain(|key| !excluded.contains(key));
        let near = match meaning.vectors.nearest(&meaning.question, &among, meaning.at_least, MAX_NEAR) {
            Ok(near) => near,
            Err(error) => {
                tracing::warn!(%error, "searched by words alone");
                return Ok(ByMeaning::Unavailable);
            }
        };
        let near = self.confirmed(near, allowed)?;
        if near.is_empty() {
            return Ok(ByMeaning::Used);
        }
        found.total += self.beside_words(&near, by_words, allowed, found)?;
        let several = parsed.wanted.len() + parsed.required.len() > 1;
        let asked = InWords {
            all_words: if several { ALL_WORDS_SCORE } else { 0.0 },
            weight: parsed.wanted.iter().map(|clause| self.weight(clause)).sum(),
        };
        found.best = by_rank(&found.best, &near, &asked);
        Ok(ByMeaning::Used)
    }

    /// Keys of items that hold what is excluded.
    pub(super) fn excluded_items(
        &self,
        parsed: &ParsedQuery,
        allowed: &dyn Query,
    ) -> tantivy::Result<ItemKeys> {
        match self.excluded(parsed)? {
            Some(sought) => keys(self.searcher, allowed, &sought),
            None => Ok(ItemKeys::default()),
        }
    }

    /// The entries of these passages, in order; without those that are not there, or say something else by now.
    fn confirmed(&self, near: Vec<Near>, allowed: &dyn Query) -> tantivy::Result<Vec<Best>> {
        let items = terms(self.fields.item, near.iter().map(|one| one.item_id.as_str()));
        let wanted = near.iter().map(|one| (item_key(&one.item_id), u64::from(one.chunk))).collect();
        let collector = PassageCollector { wanted: Arc::new(wanted) };
        let query = BooleanQuery::intersection(vec![items, allowed.box_clone()]);
        let addresses = self.searcher.search(&query, &collector)?;
        let mut confirmed = Vec::with_capacity(near.len());
        for one in near {
            let key = item_key(&one.item_id);
            let Some(address) = addresses.get(&(key, u64::from(one.chunk))) else { continue };
            let entry: TantivyDocument = self.searcher.doc(*address)?;
            let text =
                |field: Field| entry.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
            if text(self.fields.item) == one.item_id.as_str() && text_key(text(self.fields.body)) == one.text
            {
                confirmed.push(Best::of(key, 0, *address));
            }
        }
        Ok(confirmed)
    }

    /// How many of the near items do not match by words.
    fn beside_words(
        &self,
        near: &[Best],
        by_words: &Sought,
        allowed: &dyn Query,
        found: &Found,
    ) -> tantivy::Result<u64> {
        let mut matching: ItemKeys = found.best.iter().map(|best| best.item_key).collect();
        if found.total > matching.len() as u64 {
            // The list was cut off: what is below it matches too.
            matching = keys(self.searcher, allowed, by_words)?;
        }
        Ok(near.iter().filter(|best| !matching.contains(&best.item_key)).count() as u64)
    }
}

/// What was asked for in words.
struct InWords {
    /// With a score of this an item holds every word.
    all_words: Score,
    /// What all wanted words would score, where each occurs about as often as usual.
    weight: Score,
}

impl InWords {
    /// What a place among the words is worth, of 1, to an item with such a score there.
    fn worth(&self, score: Score) -> Score {
        if score >= self.all_words {
            return 1.0;
        }
        WORTH_OF_SOME * (score / self.weight.max(f32::MIN_POSITIVE)).min(1.0).powi(SHARE_POWER)
    }
}

/// Ranks by the sum of what the places in both lists are worth; of equals, what was found by words is first. An item that
/// is in both shows the passages that hold the words.
fn by_rank(words: &[Best], near: &[Best], asked: &InWords) -> Vec<Best> {
    let worth = |place: usize| 1.0 / (RANK_OFFSET + place as f32 + 1.0);
    let mut all: Vec<(Score, Best)> = Vec::with_capacity(words.len() + near.len());
    let mut at: HashMap<u64, usize> = HashMap::new();
    for (place, best) in words.iter().enumerate() {
        at.insert(best.item_key, all.len());
        all.push((worth(place) * asked.worth(best.score()), *best));
    }
    for (place, best) in near.iter().enumerate() {
        match at.get(&best.item_key) {
            Some(known) => all[*known].0 += worth(place),
            None => all.push((worth(place), *best)),
        }
    }
    // Stable, and scores are never negative, so their bits are ordered as they are.
    all.sort_by_key(|(score, _)| Reverse(score.to_bits()));
    all.into_iter().map(|(score, best)| best.scored(score)).collect()
}

/// Collects where certain passages of certain items lie.
struct PassageCollector {
    /// Item key and number.
    wanted: Arc<HashSet<(u64, u64)>>,
}

struct SegmentPassages {
    segment: SegmentOrdinal,
    keys: Column<u64>,
    numbers: Column<u64>,
    wanted: Arc<HashSet<(u64, u64)>>,
    met: HashMap<(u64, u64), DocAddress>,
}

impl Collector for PassageCollector {
    type Fruit = HashMap<(u64, u64), DocAddress>;
    type Child = SegmentPassages;

    fn for_segment(
        &self,
        segment: SegmentOrdinal,
        reader: &SegmentReader,
    ) -> tantivy::Result<SegmentPassages> {
        let fast = reader.fast_fields();
        let (keys, numbers) = (fast.u64("item_key")?, fast.u64("chunk")?);
        Ok(SegmentPassages { segment, keys, numbers, wanted: self.wanted.clone(), met: HashMap::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Self::Fruit>) -> tantivy::Result<Self::Fruit> {
        Ok(segments.into_iter().flatten().collect())
    }
}

impl SegmentCollector for SegmentPassages {
    type Fruit = HashMap<(u64, u64), DocAddress>;

    fn collect(&mut self, entry: DocId, _score: Score) {
        let passage = self.keys.first(entry).zip(self.numbers.first(entry));
        if let Some(passage) = passage.filter(|passage| self.wanted.contains(passage)) {
            self.met.insert(passage, DocAddress::new(self.segment, entry));
        }
    }

    fn harvest(self) -> Self::Fruit {
        self.met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One word was asked for: whatever is found holds it.
    const ONE_WORD: InWords = InWords { all_words: 0.0, weight: 5.0 };

    fn list(keys: &[u64]) -> Vec<Best> {
        keys.iter().map(|key| Best::of(*key, 9, DocAddress::new(0, *key as u32))).collect()
    }

    fn fused(words: &[u64], near: &[u64]) -> Vec<u64> {
        by_rank(&list(words), &list(near), &ONE_WORD).iter().map(|best| best.item_key).collect()
    }

    #[test]
    fn what_both_lists_hold_comes_first_and_words_win_ties() {
        assert_eq!(fused(&[1, 2, 3], &[3, 4]), [3, 1, 2, 4]);
        assert_eq!(fused(&[1, 2], &[7, 8]), [1, 7, 2, 8]);
        assert_eq!(fused(&[], &[7, 8]), [7, 8]);
        assert_eq!(fused(&[1, 2], &[]), [1, 2]);
    }

    #[test]
    fn a_place_is_worth_one_by_twenty_and_the_place() {
        let found = by_rank(&list(&[1]), &list(&[2, 1]), &ONE_WORD);
        assert_eq!(found[0].score(), 1.0 / 21.0 + 1.0 / 22.0);
        assert_eq!(found[1].score(), 1.0 / 21.0);
    }

    #[test]
    fn what_holds_some_of_the_words_counts_by_how_telling_they_are() {
        let scored = |key: u64, score: Score| list(&[key])[0].scored(score);
        let asked = InWords { all_words: ALL_WORDS_SCORE, weight: 12.0 };
        let order = |words: &[Best], near: &[u64]| -> Vec<u64> {
            by_rank(words, &list(near), &asked).iter().map(|best| best.item_key).collect()
        };
        let every = scored(1, ALL_WORDS_SCORE + 2.0);
        let (most, few) = (scored(2, 11.0), scored(2, 2.0));
        assert_eq!(order(&[every, most], &[7, 8, 2]), [2, 1, 7, 8], "most words, and near as well");
        assert_eq!(order(&[every, few], &[7, 8, 2]), [1, 7, 8, 2], "a frequent word lifts nothing");
        assert_eq!(order(&[most], &[7, 8]), [7, 8, 2], "without being near, some words stay below");
    }
}
