//! The entries a question may be answered with, listed once when they are few, so that each word is looked up for
//! them instead of in the whole index.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use tantivy::index::SegmentId;
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::query::{ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN as BATCH, DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED,
    TantivyError,
};

/// More entries than this are not listed; four bytes each.
const MAX_LISTED: usize = 250_000;
/// Entries of a sample that follow each other: they are mostly in the same blocks of the words' lists.
const SAMPLED_IN_A_ROW: usize = 4;
/// A word's list that is so many times as long as what is looked for is leapt through instead of read.
const LONGER: usize = 16;

/// Entries by segment, in order. As a query it adds nothing to scores.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    by_segment: Arc<HashMap<SegmentId, Arc<Vec<DocId>>>>,
}

impl Listed {
    /// Lists what matches a query; `None` when that is too much.
    pub(super) fn of(searcher: &Searcher, query: &dyn Query) -> tantivy::Result<Option<Self>> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        let mut by_segment = HashMap::new();
        let mut count = 0;
        for segment in searcher.segment_readers() {
            let mut entries = weight.scorer(segment, 1.0)?;
            let alive = segment.alive_bitset();
            let mut listed = Vec::new();
            let mut some = [0; BATCH];
            loop {
                let filled = entries.fill_buffer(&mut some);
                let some = some[..filled].iter().copied();
                listed.extend(some.filter(|entry| alive.is_none_or(|alive| alive.is_alive(*entry))));
                if count + listed.len() > MAX_LISTED {
                    return Ok(None);
                }
                if filled < BATCH {
                    break;
                }
            }
            count += listed.len();
            by_segment.insert(segment.segment_id(), Arc::new(listed));
        }
        Ok(Some(Self { by_segment: Arc::new(by_segment) }))
    }

    pub(super) fn len(&self) -> u64 {
        self.by_segment.values().map(|entries| entries.len() as u64).sum()
    }

    /// Some of them, from all over, a few in a row; all when they are hardly more than so many.
    pub(super) fn sample(&self, wanted: usize) -> Self {
        let step = (self.len() as usize / wanted).max(1);
        let some = |entries: &Arc<Vec<DocId>>| match step {
            1 => entries.clone(),
            _ => Arc::new(entries.chunks(SAMPLED_IN_A_ROW).step_by(step).flatten().copied().collect()),
        };
        let by_segment = self.by_segment.iter().map(|(id, entries)| (*id, some(entries))).collect();
        Self { by_segment: Arc::new(by_segment) }
    }

    /// Some of what matches a query, from all over, and about how much does; for what is too much to be listed.
    pub(super) fn sample_of(
        searcher: &Searcher,
        query: &dyn Query,
        wanted: usize,
    ) -> tantivy::Result<(Self, u64)> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        let runs = (wanted / SAMPLED_IN_A_ROW).max(1);
        let step = (searcher.num_docs() as usize).div_ceil(runs).max(1) as DocId;
        let (mut by_segment, mut count) = (HashMap::new(), 0);
        for segment in searcher.segment_readers() {
            let mut entries = weight.scorer(segment, 1.0)?;
            count += u64::from(entries.size_hint());
            let alive = segment.alive_bitset();
            let mut listed = Vec::new();
            while entries.doc() != TERMINATED {
                let next = (entries.doc() / step + 1).saturating_mul(step).min(TERMINATED);
                for _ in 0..SAMPLED_IN_A_ROW {
                    let entry = entries.doc();
                    if entry >= next {
                        break;
                    }
                    if alive.is_none_or(|alive| alive.is_alive(entry)) {
                        listed.push(entry);
                    }
                    entries.advance();
                }
                if entries.doc() < next {
                    entries.seek(next);
                }
            }
            by_segment.insert(segment.segment_id(), Arc::new(listed));
        }
        Ok((Self { by_segment: Arc::new(by_segment) }, count.min(searcher.num_docs())))
    }

    /// Whether any entry of a word's list is among these.
    pub(super) fn meets(&self, segment: &SegmentReader, mut word: SegmentPostings) -> bool {
        let Some(mut walk) = self.in_segment(segment) else { return false };
        // In turns each leaps to where the other stands.
        loop {
            let entry = word.doc();
            if entry == TERMINATED || walk.seek(entry) == TERMINATED {
                return false;
            }
            if leap(&mut word, walk.doc()) {
                return true;
            }
        }
    }

    /// Those that hold a word in a range of a field's, from the first to before the second.
    ///
    /// A beginning of three letters stands for hundreds of words: reading all their lists takes as long as the index is
    /// large, looking into them for a few entries does not.
    pub(super) fn holding_any(
        &self,
        searcher: &Searcher,
        field: Field,
        from: &str,
        to: &str,
    ) -> tantivy::Result<Self> {
        let mut by_segment = HashMap::new();
        for segment in searcher.segment_readers() {
            let id = segment.segment_id();
            let Some(listed) = self.by_segment.get(&id).filter(|listed| !listed.is_empty()) else { continue };
            let index = segment.inverted_index(field)?;
            let mut range = index.terms().range().ge(from).lt(to).into_stream()?;
            let mut words: Vec<TermInfo> = Vec::new();
            while range.advance() {
                words.push(range.value().clone());
            }
            // After the most frequent words few entries are left to be looked for.
            words.sort_unstable_by_key(|word| Reverse(word.doc_freq));
            let mut sorting = Sorting::of(listed);
            for word in words {
                if sorting.left == 0 {
                    break;
                }
                sorting.take(index.read_postings_from_terminfo(&word, IndexRecordOption::Basic)?);
            }
            by_segment.insert(id, Arc::new(sorting.holding()));
        }
        Ok(Self { by_segment: Arc::new(by_segment) })
    }

    fn in_segment(&self, segment: &SegmentReader) -> Option<Walk> {
        let entries = self.by_segment.get(&segment.segment_id()).filter(|entries| !entries.is_empty())?;
        Some(Walk { entries: entries.clone(), at: 0 })
    }
}

impl Query for Listed {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Listed {
    fn scorer(&self, segment: &SegmentReader, _boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(match self.in_segment(segment) {
            Some(walk) => Box::new(ConstScorer::new(walk, 0.0)),
            None => Box::new(EmptyScorer),
        })
    }

    fn explain(&self, segment: &SegmentReader, entry: DocId) -> tantivy::Result<Explanation> {
        match self.by_segment.get(&segment.segment_id()) {
            Some(entries) if entries.binary_search(&entry).is_ok() => Ok(Explanation::new("listed", 0.0)),
            _ => Err(TantivyError::InvalidArgument(format!("entry {entry} is not listed"))),
        }
    }
}

/// Listed entries while it is found out which of them hold one of several words.
struct Sorting<'a> {
    listed: &'a [DocId],
    /// A bit for each entry that is left.
    is_left: Vec<u64>,
    left: usize,
    /// Those that are left, and some that are not any more, in order.
    entries: Vec<DocId>,
}

impl<'a> Sorting<'a> {
    fn of(listed: &'a [DocId]) -> Self {
        let mut is_left = vec![0; listed.last().map_or(0, |last| *last as usize / 64 + 1)];
        listed.iter().for_each(|entry| is_left[*entry as usize / 64] |= 1 << (entry % 64));
        Self { listed, is_left, left: listed.len(), entries: listed.to_vec() }
    }

    fn is_left(&self, entry: DocId) -> bool {
        self.is_left.get(entry as usize / 64).is_some_and(|bits| bits >> (entry % 64) & 1 == 1)
    }

    fn take_out(&mut self, entry: DocId) {
        self.is_left[entry as usize / 64] &= !(1 << (entry % 64));
        self.left -= 1;
    }

    /// Takes in the entries of a word.
    fn take(&mut self, mut word: SegmentPostings) {
        if word.size_hint() as usize / LONGER > self.left {
            let mut entries = std::mem::take(&mut self.entries);
            entries.retain(|entry| {
                if self.is_left(*entry) && leap(&mut word, *entry) {
                    self.take_out(*entry);
                }
                self.is_left(*entry)
            });
            self.entries = entries;
        } else {
            while word.doc() != TERMINATED {
                if self.is_left(word.doc()) {
                    self.take_out(word.doc());
                }
                word.advance();
            }
        }
    }

    /// The entries that hold a word, in order.
    fn holding(&self) -> Vec<DocId> {
        self.listed.iter().copied().filter(|entry| !self.is_left(*entry)).collect()
    }
}

/// The first place from `at` on where an entry is not before this one.
pub(super) fn leap_to(entries: &[DocId], at: usize, target: DocId) -> usize {
    let mut reach = 1;
    while entries.get(at + reach).is_some_and(|entry| *entry < target) {
        reach *= 2;
    }
    let from = at + reach / 2;
    let to = entries.len().min(at + reach + 1);
    from.min(to) + entries[from.min(to)..to].partition_point(|entry| *entry < target)
}

/// Moves a list on to an entry; tells whether it holds it.
fn leap(list: &mut SegmentPostings, entry: DocId) -> bool {
    list.doc() == entry || (list.doc() < entry && list.seek(entry) == entry)
}

/// A walk through listed entries.
struct Walk {
    entries: Arc<Vec<DocId>>,
    at: usize,
}

impl DocSet for Walk {
    fn advance(&mut self) -> DocId {
        self.at = (self.at + 1).min(self.entries.len());
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.at = leap_to(&self.entries, self.at, target);
        self.doc()
    }

    fn fill_buffer(&mut self, buffer: &mut [DocId; BATCH]) -> usize {
        let some = &self.entries[self.at..];
        let some = &some[..some.len().min(BATCH)];
        buffer[..some.len()].copy_from_slice(some);
        self.at += some.len();
        some.len()
    }

    fn doc(&self) -> DocId {
        self.entries.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        self.entries.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::collector::DocSetCollector;
    use tantivy::query::TermQuery;
    use tantivy::schema::{STRING, Schema};
    use tantivy::{Index, TantivyDocument, Term};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// Words that are leapt through and words that are read find the same entries as a look at each.
        #[test]
        fn beginnings_are_found_among_what_is_listed(
            entries in prop::collection::vec(prop::collection::vec("[ab]{1,3}", 0..4), 1..400),
            listed in prop::sample::select(vec![1_usize, 2, 40, 150]),
        ) {
            let mut schema = Schema::builder();
            let (field, mine) = (schema.add_text_field("words", STRING), schema.add_text_field("mine", STRING));
            let index = Index::create_in_ram(schema.build());
            let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
            let is_listed = |at: usize| at.is_multiple_of(listed);
            for (at, words) in entries.iter().enumerate() {
                let mut entry = TantivyDocument::default();
                words.iter().for_each(|word| entry.add_text(field, word));
                entry.add_text(mine, if is_listed(at) { "yes" } else { "no" });
                writer.add_document(entry).unwrap();
            }
            writer.commit().unwrap();
            let searcher = index.reader().unwrap().searcher();
            let mine = TermQuery::new(Term::from_field_text(mine, "yes"), IndexRecordOption::Basic);
            let among = Listed::of(&searcher, &mine).unwrap().unwrap();
            for (from, to) in [("a", "b"), ("b", "c"), ("ab", "ac"), ("c", "d")] {
                let expected = entries.iter().enumerate().filter(|(at, words)| {
                    is_listed(*at) && words.iter().any(|word| word.starts_with(from))
                });
                let query = among.holding_any(&searcher, field, from, to).unwrap();
                let found = searcher.search(&query, &DocSetCollector).unwrap();
                prop_assert_eq!(found.len(), expected.clone().count());
                for (at, _) in expected {
                    prop_assert!(found.iter().any(|address| address.doc_id as usize == at), "{} {}", from, at);
                }
            }
        }
    }

    #[test]
    fn a_sample_is_some_from_all_over_and_all_when_they_are_few() {
        let mut schema = Schema::builder();
        let mine = schema.add_text_field("mine", STRING);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        for at in 0..6000 {
            let mut entry = TantivyDocument::default();
            entry.add_text(mine, if at % 3 == 0 { "no" } else { "yes" });
            writer.add_document(entry).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let query = TermQuery::new(Term::from_field_text(mine, "yes"), IndexRecordOption::Basic);
        let among = Listed::of(&searcher, &query).unwrap().unwrap();
        let entries = |listed: &Listed| listed.by_segment.values().flat_map(|all| all.to_vec()).collect();
        let unlisted = Listed::sample_of(&searcher, &query, 400).unwrap().0;
        for sample in [among.sample(400), unlisted] {
            let sample: Vec<DocId> = entries(&sample);
            assert!((300..=500).contains(&sample.len()), "{}", sample.len());
            assert!(sample.is_sorted() && sample.iter().all(|entry| entry % 3 != 0));
            let in_third = |third: DocId| sample.iter().filter(|entry| *entry / 2000 == third).count();
            assert!([0, 1, 2].map(in_third).iter().all(|count| *count > 100), "{sample:?}");
        }
        assert_eq!(among.sample(5000).len(), among.len());
    }

    #[test]
    fn leaps_end_where_a_search_would() {
        let entries: Vec<DocId> = (0..200).map(|at| at * 3).collect();
        for at in [0, 1, 77, 199, 200] {
            for target in [0, 1, 3, 230, 231, 232, 597, 598, 10_000] {
                let expected = at + entries[at..].partition_point(|entry| *entry < target);
                assert_eq!(leap_to(&entries, at, target), expected, "{at} {target}");
            }
        }
    }
}
