//! The word lists of the fields that are asked, opened once for a search.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::query::{Bm25StatisticsProvider, Bm25Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{InvertedIndexReader, Score, Searcher, SegmentOrdinal, Term};

/// The lists of all fields that were asked for so far.
pub(super) struct Lists<'a> {
    searcher: &'a Searcher,
    by_field: RefCell<HashMap<Field, Rc<FieldLists>>>,
}

/// The lists of a field in every segment.
struct FieldLists {
    segments: Vec<(Arc<InvertedIndexReader>, FieldNormReader)>,
    /// Entries of all segments, with what was deleted and is not merged away yet.
    entries: u64,
    /// Words of this field that an entry has on average.
    length: Score,
}

/// A word in a field: where its lists begin, and what it weighs.
pub(super) struct WordLists {
    field: Rc<FieldLists>,
    by_segment: Vec<Option<TermInfo>>,
    pub weight: Bm25Weight,
}

impl<'a> Lists<'a> {
    pub(super) fn new(searcher: &'a Searcher) -> Self {
        Self { searcher, by_field: RefCell::default() }
    }

    /// `None` for what occurs nowhere: most words do not occur in most fields, and looking that up once is cheaper
    /// than carrying it through the search. Its weight is this many times what it would be by itself.
    pub(super) fn word(&self, field: Field, token: &str, boost: Score) -> tantivy::Result<Option<WordLists>> {
        let lists = self.field(field)?;
        let term = Term::from_field_text(field, token);
        let infos = lists.segments.iter().map(|(index, _)| index.get_term_info(&term));
        let by_segment: Vec<Option<TermInfo>> = infos.collect::<std::io::Result<_>>()?;
        let holding: u64 = by_segment.iter().flatten().map(|info| u64::from(info.doc_freq)).sum();
        if holding == 0 {
            return Ok(None);
        }
        let weight = Bm25Weight::for_one_term_without_explain(holding, lists.entries, lists.length);
        Ok(Some(WordLists { field: lists, by_segment, weight: weight.boost_by(boost) }))
    }

    fn field(&self, field: Field) -> tantivy::Result<Rc<FieldLists>> {
        if let Some(lists) = self.by_field.borrow().get(&field) {
            return Ok(lists.clone());
        }
        let entries = self.searcher.total_num_docs()?;
        let mut segments = Vec::with_capacity(self.searcher.segment_readers().len());
        for segment in self.searcher.segment_readers() {
            segments.push((segment.inverted_index(field)?, segment.get_fieldnorms_reader(field)?));
        }
        let words: u64 = segments.iter().map(|(index, _)| index.total_num_tokens()).sum();
        let length = words as Score / entries as Score;
        let lists = Rc::new(FieldLists { segments, entries, length });
        self.by_field.borrow_mut().insert(field, lists.clone());
        Ok(lists)
    }
}

impl WordLists {
    /// The list in a segment and the lengths it is weighed by; `None` when the word does not occur there.
    pub(super) fn in_segment(
        &self,
        segment: SegmentOrdinal,
    ) -> tantivy::Result<Option<(SegmentPostings, FieldNormReader)>> {
        let at = segment as usize;
        let Some(info) = &self.by_segment[at] else { return Ok(None) };
        let (index, lengths) = &self.field.segments[at];
        let entries = index.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
        Ok(Some((entries, lengths.clone())))
    }
}
