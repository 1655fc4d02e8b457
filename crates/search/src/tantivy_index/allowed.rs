//! The entries a question may be answered with, listed once when they are few, so that each word is looked up for
//! them instead of in the whole index.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::index::SegmentId;
use tantivy::postings::SegmentPostings;
use tantivy::query::{ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED, TantivyError};

/// More entries than this are not listed: reading a word's own list is then as fast.
const MAX_LISTED: usize = 20_000;

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
            while entries.doc() != TERMINATED {
                if alive.is_none_or(|alive| alive.is_alive(entries.doc())) {
                    listed.push(entries.doc());
                    count += 1;
                    if count > MAX_LISTED {
                        return Ok(None);
                    }
                }
                entries.advance();
            }
            by_segment.insert(segment.segment_id(), Arc::new(listed));
        }
        Ok(Some(Self { by_segment: Arc::new(by_segment) }))
    }

    /// Whether any entry of a word's list is among these.
    pub(super) fn meets(&self, segment: &SegmentReader, mut word: SegmentPostings) -> bool {
        let listed = self.by_segment.get(&segment.segment_id());
        listed.is_some_and(|entries| entries.iter().any(|entry| leap(&mut word, *entry)))
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

/// Entries among those listed that hold a word in a range, from the first to before the second.
///
/// A beginning of three letters stands for hundreds of words: reading all their lists takes as long as the index is
/// large, looking into them for a few entries does not.
#[derive(Clone, Debug)]
pub(super) struct BeginningsAmong {
    pub among: Listed,
    pub field: Field,
    pub from: String,
    pub to: String,
}

impl Query for BeginningsAmong {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for BeginningsAmong {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(listed) = self.among.by_segment.get(&segment.segment_id()) else {
            return Ok(Box::new(EmptyScorer));
        };
        let index = segment.inverted_index(self.field)?;
        let mut words = index.terms().range().ge(&self.from).lt(&self.to).into_stream()?;
        let mut left: Vec<DocId> = listed.to_vec();
        let mut holding = Vec::new();
        while !left.is_empty() && words.advance() {
            let mut entries = index.read_postings_from_terminfo(words.value(), IndexRecordOption::Basic)?;
            left.retain(|entry| {
                let there =
                    entries.doc() == *entry || (entries.doc() < *entry && entries.seek(*entry) == *entry);
                if there {
                    holding.push(*entry);
                }
                !there
            });
        }
        if holding.is_empty() {
            return Ok(Box::new(EmptyScorer));
        }
        holding.sort_unstable();
        Ok(Box::new(ConstScorer::new(Walk { entries: Arc::new(holding), at: 0 }, boost)))
    }

    fn explain(&self, segment: &SegmentReader, entry: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(segment, 1.0)?;
        match scorer.doc() <= entry && scorer.seek(entry) == entry {
            true => Ok(Explanation::new("begins so", 1.0)),
            false => Err(TantivyError::InvalidArgument(format!("entry {entry} holds no such word"))),
        }
    }
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
        self.at += self.entries[self.at..].partition_point(|entry| *entry < target);
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.entries.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        self.entries.len() as u32
    }
}
