//! The search for the nearest: every vector that may be found is looked at, in bounded memory.

use std::cmp::Reverse;

use tantivy::columnar::Column;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED, Term};

use super::Near;
use super::packed::{Packed, head_of};
use crate::keys::{ByKey, ItemKeys};

/// Up to so many items are looked up one by one; for more, all entries are walked through, which is faster then.
const FEW: usize = 4_000;

/// The nearest passage of an item so far.
#[derive(Clone, Copy)]
struct Nearest {
    similarity: f32,
    segment: usize,
    entry: DocId,
}

/// The nearest items so far; the weakest are dropped when there are many.
struct Nearests {
    by_key: ByKey<Nearest>,
    at_least: f32,
    limit: usize,
}

impl Nearests {
    fn take_in(&mut self, key: u64, new: Nearest) {
        if new.similarity < self.at_least {
            return;
        }
        let held = self.by_key.entry(key).or_insert(new);
        if held.similarity < new.similarity {
            *held = new;
        }
        if self.by_key.len() > self.limit.saturating_mul(4).max(64) {
            let kept = self.sorted();
            self.at_least = kept.last().map_or(self.at_least, |(_, weakest)| weakest.similarity);
            self.by_key = kept.into_iter().collect();
        }
    }

    /// Up to the limit, the nearest first; of equals the order is always the same.
    fn sorted(&self) -> Vec<(u64, Nearest)> {
        let mut all: Vec<_> = self.by_key.iter().map(|(key, nearest)| (*key, *nearest)).collect();
        all.sort_unstable_by(|(a_key, a), (b_key, b)| {
            b.similarity.total_cmp(&a.similarity).then_with(|| Reverse(a_key).cmp(&Reverse(b_key)))
        });
        all.truncate(self.limit);
        all
    }
}

/// What is read of a segment.
struct Columns {
    keys: Column<u64>,
    vectors: Column<u64>,
}

pub(super) fn nearest(
    searcher: &Searcher,
    item_key: Field,
    question: &Packed,
    among: &ItemKeys,
    at_least: f32,
    limit: usize,
) -> tantivy::Result<Vec<Near>> {
    let mut nearests = Nearests { by_key: ByKey::default(), at_least, limit };
    let mut words = Vec::new();
    for (segment, reader) in searcher.segment_readers().iter().enumerate() {
        let fast = reader.fast_fields();
        let columns = Columns { keys: fast.u64("item_key")?, vectors: fast.u64("vector")? };
        let mut look_at = |entry: DocId| {
            let Some(key) = columns.keys.first(entry).filter(|key| among.contains(key)) else { return };
            words.clear();
            words.extend(columns.vectors.values_for_doc(entry));
            nearests.take_in(key, Nearest { similarity: question.similarity(&words), segment, entry });
        };
        match among.len() <= FEW {
            true => each_of(reader, item_key, among, &mut look_at)?,
            false => reader.doc_ids_alive().for_each(&mut look_at),
        }
    }
    nearests.sorted().into_iter().filter_map(|(_, nearest)| told(searcher, nearest).transpose()).collect()
}

/// Calls with every living entry of the items.
fn each_of(
    reader: &SegmentReader,
    item_key: Field,
    among: &ItemKeys,
    look_at: &mut impl FnMut(DocId),
) -> tantivy::Result<()> {
    let index = reader.inverted_index(item_key)?;
    for key in among {
        let term = Term::from_field_u64(item_key, *key);
        let Some(mut entries) = index.read_postings(&term, IndexRecordOption::Basic)? else { continue };
        while entries.doc() != TERMINATED {
            if !reader.is_deleted(entries.doc()) {
                look_at(entries.doc());
            }
            entries.advance();
        }
    }
    Ok(())
}

fn told(searcher: &Searcher, nearest: Nearest) -> tantivy::Result<Option<Near>> {
    let fast = searcher.segment_reader(nearest.segment as u32).fast_fields();
    let words: Vec<u64> = fast.u64("vector")?.values_for_doc(nearest.entry).collect();
    let Some((ids, (chunk, text))) = fast.str("item")?.zip(head_of(&words)) else { return Ok(None) };
    let Some(ord) = ids.term_ords(nearest.entry).next() else { return Ok(None) };
    let mut item = String::new();
    ids.ord_to_str(ord, &mut item)?;
    Ok(Some(Near { item_id: item.into(), chunk, text, similarity: nearest.similarity }))
}
