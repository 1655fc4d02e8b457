//! Folds matching entries into items while they are met, in bounded memory.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::query::ALL_WORDS_SCORE;
use crate::request::MAX_PASSAGES;

/// Items kept while collecting. When more match, the weakest are dropped and the total becomes a lower bound.
const MAX_ITEMS: usize = 50_000;

/// By what items are ordered, the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// By what matches; what changed lately weighs a little more. Milliseconds since 1970.
    Score { now: i64 },
    /// The latest first; items without a time last.
    Modified,
}

/// An item and its best entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Best {
    pub item_key: u64,
    /// The best first, up to `held`.
    entries: [Ranked; MAX_PASSAGES],
    held: usize,
}

/// An entry; the greater rank is better, whatever the order is by.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ranked {
    rank: u64,
    address: DocAddress,
}

impl Best {
    pub(super) fn of(item_key: u64, rank: u64, address: DocAddress) -> Self {
        Self { item_key, entries: [Ranked { rank, address }; MAX_PASSAGES], held: 1 }
    }

    pub(super) fn rank(&self) -> u64 {
        self.entries[0].rank
    }

    /// The score, where the order is by score.
    pub(super) fn score(&self) -> Score {
        u32::try_from(self.rank()).map_or(0.0, f32::from_bits)
    }

    /// Gives the item another score.
    pub(super) fn scored(mut self, score: Score) -> Self {
        self.entries[0].rank = u64::from(score.max(0.0).to_bits());
        self
    }

    /// The best entry.
    pub(super) fn address(&self) -> DocAddress {
        self.entries[0].address
    }

    /// The entries after the best.
    pub(super) fn others(&self) -> impl Iterator<Item = DocAddress> {
        self.entries[1..self.held].iter().map(|entry| entry.address)
    }

    /// Takes in the entries of the same item; of equals the one that comes first is better.
    fn take_in(&mut self, other: &Best) {
        for entry in &other.entries[..other.held] {
            let is_better =
                |held: &Ranked| (entry.rank, Reverse(entry.address)) > (held.rank, Reverse(held.address));
            let at = self.entries[..self.held].iter().position(is_better).unwrap_or(self.held);
            if at < MAX_PASSAGES {
                self.held = (self.held + 1).min(MAX_PASSAGES);
                self.entries[at..self.held].rotate_right(1);
                self.entries[at] = *entry;
            }
        }
    }
}

/// Items in order, and how many there are, or at least are.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub best: Vec<Best>,
    pub total: u64,
    pub total_is_exact: bool,
}

/// Collects the best `wanted` items, leaving out those whose key is excluded.
pub(super) struct ItemCollector {
    pub wanted: usize,
    pub order: Order,
    pub excluded: Arc<HashSet<u64>>,
}

pub(super) struct SegmentItems {
    segment: SegmentOrdinal,
    keys: Column<u64>,
    order: Order,
    modified: Column<i64>,
    excluded: Arc<HashSet<u64>>,
    items: Items,
}

/// Items by key with their best entry.
struct Items {
    by_key: HashMap<u64, Best>,
    wanted: usize,
    /// Items known to match, also those no longer kept; 0 while all are.
    at_least: u64,
}

impl Items {
    fn new(wanted: usize) -> Self {
        Self { by_key: HashMap::new(), wanted, at_least: 0 }
    }

    fn add(&mut self, new: Best) {
        self.by_key.entry(new.item_key).and_modify(|best| best.take_in(&new)).or_insert(new);
        if self.by_key.len() > MAX_ITEMS {
            self.at_least = self.at_least.max(self.by_key.len() as u64);
            let kept = self.sorted();
            self.by_key = kept.into_iter().take(self.wanted).map(|best| (best.item_key, best)).collect();
        }
    }

    fn sorted(&mut self) -> Vec<Best> {
        let mut all: Vec<Best> = self.by_key.drain().map(|(_, best)| best).collect();
        all.sort_unstable_by_key(|best| Reverse((best.rank(), best.item_key)));
        all
    }

    fn found(mut self) -> Found {
        let total = self.at_least.max(self.by_key.len() as u64);
        Found { best: self.sorted(), total, total_is_exact: self.at_least == 0 }
    }
}

/// Half of the weight of being new is lost in so many milliseconds.
const HALF_LIFE: f32 = 180.0 * 86_400_000.0;
/// What being new adds at most, as a share of what matches.
const NEWNESS: f32 = 0.15;

/// A score with the document's age weighed in. Whether every word was found stays above that.
fn aged(score: Score, modified: Option<i64>, now: i64) -> Score {
    let lifted = (score / ALL_WORDS_SCORE).floor() * ALL_WORDS_SCORE;
    let age = modified.map_or(f32::INFINITY, |at| now.saturating_sub(at).max(0) as f32);
    lifted + (score - lifted) * (1.0 + NEWNESS * (-age / HALF_LIFE).exp2())
}

impl Collector for ItemCollector {
    type Fruit = Found;
    type Child = SegmentItems;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentItems> {
        Ok(SegmentItems {
            segment,
            order: self.order,
            modified: reader.fast_fields().i64("modified")?,
            keys: reader.fast_fields().u64("item_key")?,
            excluded: self.excluded.clone(),
            items: Items::new(self.wanted),
        })
    }

    fn requires_scoring(&self) -> bool {
        matches!(self.order, Order::Score { .. })
    }

    fn merge_fruits(&self, segments: Vec<Found>) -> tantivy::Result<Found> {
        let mut all = Items::new(self.wanted);
        for segment in segments {
            if !segment.total_is_exact {
                all.at_least = all.at_least.max(segment.total);
            }
            segment.best.into_iter().for_each(|best| all.add(best));
        }
        let mut found = all.found();
        found.best.truncate(self.wanted);
        Ok(found)
    }
}

impl SegmentCollector for SegmentItems {
    type Fruit = Found;

    fn collect(&mut self, entry: DocId, score: Score) {
        let Some(item_key) = self.keys.first(entry) else { return };
        if self.excluded.contains(&item_key) {
            return;
        }
        let modified = self.modified.first(entry);
        let rank = match self.order {
            // Scores are never negative, so their bits are ordered as they are.
            Order::Score { now } => u64::from(aged(score.max(0.0), modified, now).to_bits()),
            Order::Modified => modified.map_or(0, |at| (at as u64) ^ (1 << 63)),
        };
        self.items.add(Best::of(item_key, rank, DocAddress::new(self.segment, entry)));
    }

    fn harvest(self) -> Found {
        self.items.found()
    }
}

/// Collects the keys of items that match.
pub(super) struct KeyCollector;

pub(super) struct SegmentKeys {
    keys: Column<u64>,
    met: HashSet<u64>,
}

impl Collector for KeyCollector {
    type Fruit = HashSet<u64>;
    type Child = SegmentKeys;

    fn for_segment(&self, _segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentKeys> {
        Ok(SegmentKeys { keys: reader.fast_fields().u64("item_key")?, met: HashSet::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<HashSet<u64>>) -> tantivy::Result<HashSet<u64>> {
        Ok(segments.into_iter().flatten().collect())
    }
}

impl SegmentCollector for SegmentKeys {
    type Fruit = HashSet<u64>;

    fn collect(&mut self, entry: DocId, _score: Score) {
        self.met.extend(self.keys.first(entry));
    }

    fn harvest(self) -> HashSet<u64> {
        self.met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_entries_of_an_item_are_kept_in_order() {
        let entry = |rank, doc| Best::of(1, rank, DocAddress::new(0, doc));
        let mut best = entry(5, 10);
        for other in [entry(7, 11), entry(5, 3), entry(1, 1), entry(6, 12)] {
            best.take_in(&other);
        }
        assert_eq!((best.address().doc_id, best.rank()), (11, 7));
        assert_eq!(best.others().map(|address| address.doc_id).collect::<Vec<_>>(), [12, 3]);
    }

    #[test]
    fn a_count_says_when_it_is_only_the_least() {
        let count = |items: usize| {
            let mut all = Items::new(10);
            (0..items).for_each(|key| all.add(Best::of(key as u64, 1, DocAddress::new(0, key as u32))));
            let found = all.found();
            (found.total as usize, found.total_is_exact)
        };
        assert_eq!(count(MAX_ITEMS), (MAX_ITEMS, true));
        assert_eq!(count(MAX_ITEMS + 1), (MAX_ITEMS + 1, false));
        let (least, is_exact) = count(MAX_ITEMS * 2);
        assert!((MAX_ITEMS..=MAX_ITEMS * 2).contains(&least) && !is_exact);
        let collector = ItemCollector { wanted: 10, order: Order::Modified, excluded: Arc::default() };
        let part = |first: u64, total_is_exact| {
            let best = (first..first + 3).map(|key| Best::of(key, 1, DocAddress::new(0, key as u32)));
            Found { best: best.collect(), total: 3, total_is_exact }
        };
        let merged = |parts| collector.merge_fruits(parts).unwrap();
        let both = merged(vec![part(0, true), part(10, true)]);
        assert_eq!((both.total, both.total_is_exact), (6, true));
        assert!(!merged(vec![part(0, true), part(10, false)]).total_is_exact);
    }

    #[test]
    fn age_weighs_a_little_and_never_above_a_word_more() {
        let day = 86_400_000;
        let now = 1_000 * day;
        let old = aged(10.0, Some(0), now);
        let new = aged(10.0, Some(now), now);
        assert!(old < new && new <= 11.6, "{old} {new}");
        assert_eq!(aged(10.0, None, now), 10.0, "without a time there is nothing to add");
        assert_eq!(aged(10.0, Some(now + day), now), new, "what is dated ahead is new, no more");
        assert!(aged(10.0, Some(now), now) < aged(12.0, Some(0), now), "what matches better comes first");
        assert!(aged(2000.0, Some(now), now) < aged(ALL_WORDS_SCORE + 1.0, Some(0), now));
    }
}
