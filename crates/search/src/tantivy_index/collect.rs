//! Folds matching entries into items while they are met, in bounded memory.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use tantivy::query::{EnableScoring, Query};
use tantivy::{COLLECT_BLOCK_BUFFER_LEN as BATCH, DocAddress, Score, Searcher};

use super::asked::ALL_WORDS_SCORE;
use super::matching::Sought;
use crate::keys::{ByKey, ItemKeys};
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

    /// Takes in the entries of the same item.
    fn take_in(&mut self, other: &Best) {
        other.entries[..other.held].iter().for_each(|entry| self.take(*entry));
    }

    /// Takes in an entry; of equals the one that comes first is better.
    fn take(&mut self, entry: Ranked) {
        let is_better =
            |held: &Ranked| (entry.rank, Reverse(entry.address)) > (held.rank, Reverse(held.address));
        if self.held == MAX_PASSAGES && !is_better(&self.entries[MAX_PASSAGES - 1]) {
            return;
        }
        let at = self.entries[..self.held].iter().position(is_better).unwrap_or(self.held);
        if at < MAX_PASSAGES {
            self.held = (self.held + 1).min(MAX_PASSAGES);
            self.entries[at..self.held].rotate_right(1);
            self.entries[at] = entry;
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

/// Items by key with their best entries.
struct Items {
    by_key: ByKey<Best>,
    wanted: usize,
    /// Items known to match, also those no longer kept; 0 while all are.
    at_least: u64,
}

impl Items {
    fn new(wanted: usize) -> Self {
        Self { by_key: ByKey::default(), wanted, at_least: 0 }
    }

    fn add(&mut self, new: Best) {
        self.by_key.entry(new.item_key).and_modify(|best| best.take_in(&new)).or_insert(new);
        if self.by_key.len() > MAX_ITEMS {
            self.at_least = self.at_least.max(self.by_key.len() as u64);
            let kept = self.best();
            self.by_key = kept.into_iter().map(|best| (best.item_key, best)).collect();
        }
    }

    /// The best that are wanted, in no order.
    fn best(&mut self) -> Vec<Best> {
        let mut all: Vec<Best> = self.by_key.drain().map(|(_, best)| best).collect();
        if all.len() > self.wanted {
            all.select_nth_unstable_by_key(self.wanted, place);
            all.truncate(self.wanted);
        }
        all
    }

    fn found(mut self) -> Found {
        let total = self.at_least.max(self.by_key.len() as u64);
        let mut best = self.best();
        best.sort_unstable_by_key(place);
        Found { best, total, total_is_exact: self.at_least == 0 }
    }
}

/// The best first; of equals always the same.
fn place(best: &Best) -> Reverse<(u64, u64)> {
    Reverse((best.rank(), best.item_key))
}

/// Finds the best `wanted` items of those allowed, leaving out those whose key is excluded.
pub(super) fn collect(
    searcher: &Searcher,
    allowed: &dyn Query,
    sought: &Sought,
    order: Order,
    wanted: usize,
    excluded: &ItemKeys,
) -> tantivy::Result<Found> {
    let allowed = allowed.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut items = Items::new(wanted);
    for (ord, segment) in (0..).zip(searcher.segment_readers()) {
        let (keys, times) = (segment.fast_fields().u64("item_key")?, segment.fast_fields().i64("modified")?);
        // An item's entries follow each other, but for what merging took apart.
        let mut here: Option<Best> = None;
        let mut modified = None;
        let mut newness = 0.0;
        sought.matches(searcher, ord, &*allowed, |entries, scores| {
            let mut keys_here = [None; BATCH];
            keys.first_vals(entries, &mut keys_here[..entries.len()]);
            for ((entry, score), key) in entries.iter().zip(scores).zip(keys_here) {
                let Some(item_key) = key else { continue };
                let is_other = here.is_none_or(|best| best.item_key != item_key);
                if is_other {
                    here.take().into_iter().for_each(|best| items.add(best));
                    if excluded.contains(&item_key) {
                        continue;
                    }
                    modified = times.first(*entry);
                    newness = match order {
                        Order::Score { now } => newness_of(modified, now),
                        Order::Modified => 0.0,
                    };
                }
                let rank = match order {
                    // Scores are never negative, so their bits are ordered as they are.
                    Order::Score { .. } => u64::from(aged(*score, newness).to_bits()),
                    Order::Modified => modified.map_or(0, |at| (at as u64) ^ (1 << 63)),
                };
                let address = DocAddress::new(ord, *entry);
                match &mut here {
                    Some(best) => best.take(Ranked { rank, address }),
                    None => here = Some(Best::of(item_key, rank, address)),
                }
            }
            ControlFlow::Continue(())
        })?;
        here.into_iter().for_each(|best| items.add(best));
    }
    Ok(items.found())
}

/// The keys of the items that are allowed and match.
pub(super) fn keys(searcher: &Searcher, allowed: &dyn Query, sought: &Sought) -> tantivy::Result<ItemKeys> {
    let allowed = allowed.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut met = ItemKeys::default();
    for (ord, segment) in (0..).zip(searcher.segment_readers()) {
        let keys = segment.fast_fields().u64("item_key")?;
        sought.matches(searcher, ord, &*allowed, |entries, _| {
            met.extend(entries.iter().filter_map(|entry| keys.first(*entry)));
            ControlFlow::Continue(())
        })?;
    }
    Ok(met)
}

/// Half of the weight of being new is lost in so many milliseconds.
const HALF_LIFE: f32 = 180.0 * 86_400_000.0;
/// What being new adds at most, as a share of what matches.
const NEWNESS: f32 = 0.15;

/// What being new adds to what matches, as a share of it.
fn newness_of(modified: Option<i64>, now: i64) -> Score {
    let age = modified.map_or(f32::INFINITY, |at| now.saturating_sub(at).max(0) as f32);
    NEWNESS * (-age / HALF_LIFE).exp2()
}

/// A score with the document's newness weighed in. Whether every word was found stays above that.
fn aged(score: Score, newness: Score) -> Score {
    let lifted = (score / ALL_WORDS_SCORE).floor() * ALL_WORDS_SCORE;
    lifted + (score - lifted) * (1.0 + newness)
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
    }

    #[test]
    fn age_weighs_a_little_and_never_above_a_word_more() {
        let day = 86_400_000;
        let now = 1_000 * day;
        let aged = |score, modified, now| aged(score, newness_of(modified, now));
        let old = aged(10.0, Some(0), now);
        let new = aged(10.0, Some(now), now);
        assert!(old < new && new <= 11.6, "{old} {new}");
        assert_eq!(aged(10.0, None, now), 10.0, "without a time there is nothing to add");
        assert_eq!(aged(10.0, Some(now + day), now), new, "what is dated ahead is new, no more");
        assert!(aged(10.0, Some(now), now) < aged(12.0, Some(0), now), "what matches better comes first");
        assert!(aged(2000.0, Some(now), now) < aged(ALL_WORDS_SCORE + 1.0, Some(0), now));
    }
}
