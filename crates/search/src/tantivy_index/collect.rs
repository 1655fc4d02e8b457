//! Folds matching entries into items while they are met, in bounded memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// Items kept while collecting. When more match, the weakest are dropped and the total becomes a lower bound.
const MAX_ITEMS: usize = 50_000;

/// By what items are ordered, the highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Score,
    /// The latest first; items without a time last.
    Modified,
}

/// The best entry of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Best {
    pub item_key: u64,
    /// Greater is better, whatever the order is by.
    pub rank: u64,
    pub score: Score,
    pub address: DocAddress,
}

/// Items in order, and how many there are at least.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub best: Vec<Best>,
    pub total: u64,
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
    modified: Option<Column<i64>>,
    excluded: Arc<HashSet<u64>>,
    items: Items,
}

/// Items by key with their best entry.
struct Items {
    by_key: HashMap<u64, Best>,
    wanted: usize,
    /// Items known to match, also those no longer kept.
    at_least: u64,
}

impl Items {
    fn new(wanted: usize) -> Self {
        Self { by_key: HashMap::new(), wanted, at_least: 0 }
    }

    fn add(&mut self, new: Best) {
        self.by_key.entry(new.item_key).and_modify(|best| *best = better(*best, new)).or_insert(new);
        if self.by_key.len() > MAX_ITEMS {
            self.at_least = self.at_least.max(self.by_key.len() as u64);
            let kept = self.sorted();
            self.by_key = kept.into_iter().take(self.wanted).map(|best| (best.item_key, best)).collect();
        }
    }

    fn sorted(&mut self) -> Vec<Best> {
        let mut all: Vec<Best> = self.by_key.drain().map(|(_, best)| best).collect();
        all.sort_unstable_by_key(|best| std::cmp::Reverse((best.rank, best.item_key)));
        all
    }

    fn found(mut self) -> Found {
        let total = self.at_least.max(self.by_key.len() as u64);
        Found { best: self.sorted(), total }
    }
}

/// The better of two entries of one item; of equals the one that comes first.
fn better(a: Best, b: Best) -> Best {
    if (b.rank, std::cmp::Reverse(b.address)) > (a.rank, std::cmp::Reverse(a.address)) { b } else { a }
}

impl Collector for ItemCollector {
    type Fruit = Found;
    type Child = SegmentItems;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentItems> {
        let modified = match self.order {
            Order::Score => None,
            Order::Modified => Some(reader.fast_fields().i64("modified")?),
        };
        Ok(SegmentItems {
            segment,
            keys: reader.fast_fields().u64("item_key")?,
            modified,
            excluded: self.excluded.clone(),
            items: Items::new(self.wanted),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Score
    }

    fn merge_fruits(&self, segments: Vec<Found>) -> tantivy::Result<Found> {
        let mut all = Items::new(self.wanted);
        for segment in segments {
            all.at_least = all.at_least.max(segment.total);
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
        let rank = match &self.modified {
            // Scores are never negative, so their bits are ordered as they are.
            None => u64::from(score.max(0.0).to_bits()),
            Some(modified) => modified.first(entry).map_or(0, |at| (at as u64) ^ (1 << 63)),
        };
        let address = DocAddress::new(self.segment, entry);
        self.items.add(Best { item_key, rank, score, address });
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
