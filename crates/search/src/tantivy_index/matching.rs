//! What is sought in the entries that may be seen, and how well each of them holds it.
//!
//! Only entries that may be seen are looked at, a batch at a time: each word's list is read for the whole batch before the
//! next word's, so that a block of it is unpacked once, and what is joined is joined by running over plain numbers. What
//! it costs grows with what the asker may see, not with the index.

use std::ops::ControlFlow;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{Bm25Weight, EnableScoring, Query, Scorer, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN as BATCH, DocId, DocSet, Score, Searcher, SegmentReader, TERMINATED, Term,
};

/// The score of an entry that does not match; others are never negative.
const ABSENT: Score = -1.0;

/// How several parts are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Join {
    /// Any of them matches; the best score counts, and this share of the others'.
    Best { tie_breaker: Score },
    /// At least so many match; scores are added up, and `lift` is added where all match.
    Enough { needed: usize, lift: Score },
    /// Any of them matches; the best score counts, and `lift` is added where the first matches.
    First { lift: Score },
    /// The first matches; scores are added up.
    Helped,
    /// Any of the first `telling` matches, or at least `needed` of all; scores are added up.
    Telling { telling: usize, needed: usize },
}

impl Join {
    fn needed(self) -> usize {
        match self {
            Self::Enough { needed, .. } | Self::Telling { needed, .. } => needed.max(1),
            Self::Best { .. } | Self::First { .. } | Self::Helped => 1,
        }
    }

    /// How many parts, from the first, are not like the others.
    fn leading(self) -> usize {
        match self {
            Self::First { .. } | Self::Helped => 1,
            Self::Telling { telling, .. } => telling,
            Self::Best { .. } | Self::Enough { .. } => 0,
        }
    }

    /// Whether it is a match when so many parts match, some of the leading ones among them.
    fn matches(self, parts: usize, has_leading: bool) -> bool {
        match self {
            Self::Helped => has_leading,
            Self::Telling { .. } => has_leading || parts >= self.needed(),
            Self::Best { .. } | Self::Enough { .. } | Self::First { .. } => parts >= self.needed(),
        }
    }
}

/// What is sought, ready to be looked for in every segment.
pub(super) enum Sought {
    Everything,
    /// A word in a field.
    Word {
        term: Term,
        weight: Bm25Weight,
    },
    /// What tantivy finds by itself, and what it weighs.
    Other {
        weight: Box<dyn Weight>,
        boost: Score,
    },
    Joined {
        parts: Vec<Sought>,
        join: Join,
    },
}

impl Sought {
    /// Takes in a query as it is.
    pub(super) fn query(query: &dyn Query, searcher: &Searcher) -> tantivy::Result<Self> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(searcher))?;
        Ok(Self::Other { weight, boost: 1.0 })
    }

    /// Matches nothing.
    pub(super) fn nothing() -> Self {
        Self::Joined { parts: Vec::new(), join: Join::Best { tie_breaker: 0.0 } }
    }

    /// All of the parts.
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            1 => parts.remove(0),
            needed => Self::Joined { parts, join: Join::Enough { needed, lift: 0.0 } },
        }
    }

    /// The same with every score so many times as high.
    pub(super) fn boosted(self, by: Score) -> Self {
        match self {
            Self::Everything => Self::Everything,
            Self::Word { term, weight } => Self::Word { term, weight: weight.boost_by(by) },
            Self::Other { weight, boost } => Self::Other { weight, boost: boost * by },
            Self::Joined { parts, join } => {
                let join = match join {
                    Join::Enough { needed, lift } => Join::Enough { needed, lift: lift * by },
                    Join::First { lift } => Join::First { lift: lift * by },
                    Join::Best { .. } | Join::Helped | Join::Telling { .. } => join,
                };
                Self::Joined { parts: parts.into_iter().map(|part| part.boosted(by)).collect(), join }
            }
        }
    }

    /// How many entries match of those allowed. Stops at so many.
    pub(super) fn count(
        &self,
        searcher: &Searcher,
        allowed: &dyn Query,
        at_most: usize,
    ) -> tantivy::Result<usize> {
        let allowed = allowed.weight(EnableScoring::disabled_from_searcher(searcher))?;
        let mut met = 0;
        for segment in searcher.segment_readers() {
            self.matches(segment, &*allowed, |entries, _| {
                met += entries.len();
                if met < at_most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            if met >= at_most {
                break;
            }
        }
        Ok(met.min(at_most))
    }

    /// Hands over the entries of a segment that are allowed and match, in order and with their scores, some at a time.
    pub(super) fn matches(
        &self,
        segment: &SegmentReader,
        allowed: &dyn Weight,
        mut take: impl FnMut(&[DocId], &[Score]) -> ControlFlow<()>,
    ) -> tantivy::Result<()> {
        let Some(mut part) = Part::of(self, segment)? else { return Ok(()) };
        let mut allowed = allowed.scorer(segment, 1.0)?;
        let alive = segment.alive_bitset();
        let (mut entries, mut scores) = ([0; BATCH], [0.0; BATCH]);
        loop {
            let next = part.next();
            if next == TERMINATED {
                return Ok(());
            }
            if allowed.doc() < next {
                allowed.seek(next);
            }
            let count = allowed.fill_buffer(&mut entries);
            if count == 0 {
                return Ok(());
            }
            part.score(&entries[..count], &mut scores[..count]);
            let mut kept = 0;
            for at in 0..count {
                if scores[at] >= 0.0 && alive.is_none_or(|alive| alive.is_alive(entries[at])) {
                    (entries[kept], scores[kept]) = (entries[at], scores[at]);
                    kept += 1;
                }
            }
            if kept > 0 && take(&entries[..kept], &scores[..kept]).is_break() {
                return Ok(());
            }
        }
    }
}

/// What is sought, in one segment; moves on through its entries and never back.
enum Part {
    Everything,
    Word(Box<Word>),
    Other {
        scorer: Box<dyn Scorer>,
        doc: DocId,
    },
    /// Of the parts that are in the segment, the first `leading` are those of [`Join::leading`].
    Joined {
        parts: Vec<Part>,
        join: Join,
        asked_for: usize,
        leading: usize,
    },
}

struct Word {
    entries: SegmentPostings,
    lengths: FieldNormReader,
    weight: Bm25Weight,
}

impl Part {
    /// `None` when nothing in the segment matches.
    fn of(sought: &Sought, segment: &SegmentReader) -> tantivy::Result<Option<Self>> {
        Ok(match sought {
            Sought::Everything => Some(Self::Everything),
            Sought::Word { term, weight } => {
                let index = segment.inverted_index(term.field())?;
                let Some(entries) = index.read_postings(term, IndexRecordOption::WithFreqs)? else {
                    return Ok(None);
                };
                let lengths = segment.get_fieldnorms_reader(term.field())?;
                Some(Self::Word(Box::new(Word { entries, lengths, weight: weight.clone() })))
            }
            Sought::Other { weight, boost } => {
                let scorer = weight.scorer(segment, *boost)?;
                let doc = scorer.doc();
                (doc != TERMINATED).then_some(Self::Other { scorer, doc })
            }
            Sought::Joined { parts: sought, join } => {
                let (mut parts, mut leading) = (Vec::with_capacity(sought.len()), 0);
                for (at, one) in sought.iter().enumerate() {
                    if let Some(part) = Self::of(one, segment)? {
                        leading += usize::from(at < join.leading());
                        parts.push(part);
                    }
                }
                let can_match = join.matches(parts.len(), leading > 0);
                can_match.then_some(Self::Joined { parts, join: *join, asked_for: sought.len(), leading })
            }
        })
    }

    /// An entry before which none matches that has not been looked at.
    fn next(&self) -> DocId {
        match self {
            Self::Everything => 0,
            Self::Word(word) => word.entries.doc(),
            Self::Other { doc, .. } => *doc,
            Self::Joined { parts, join: Join::Helped, .. } => parts[0].next(),
            Self::Joined { parts, join, leading, .. } => {
                let first = |parts: &[Part]| parts.iter().map(Self::next).min().unwrap_or(TERMINATED);
                let needed = join.needed();
                // Before the place where so many have arrived, there cannot be so many.
                let enough = match needed {
                    1 => first(parts),
                    _ if needed > parts.len() => TERMINATED,
                    _ => {
                        let mut places: Vec<DocId> = parts.iter().map(Self::next).collect();
                        *places.select_nth_unstable(needed - 1).1
                    }
                };
                match join {
                    Join::Telling { .. } => enough.min(first(&parts[..*leading])),
                    _ => enough,
                }
            }
        }
    }

    /// Tells the score of each of these entries, which come after all that were looked at before.
    fn score(&mut self, entries: &[DocId], scores: &mut [Score]) {
        match self {
            Self::Everything => scores.fill(0.0),
            Self::Word(word) => word.score(entries, scores),
            Self::Other { scorer, doc } => {
                for (entry, score) in entries.iter().zip(scores) {
                    if *doc < *entry {
                        *doc = scorer.seek(*entry);
                    }
                    *score = if *doc == *entry { scorer.score() } else { ABSENT };
                }
            }
            Self::Joined { parts, join, asked_for, leading } => {
                let mut tally = Tally::default();
                for (at, part) in parts.iter_mut().enumerate() {
                    part.score(entries, scores);
                    tally.add(scores, at < *leading);
                }
                tally.join(*join, *asked_for, scores);
            }
        }
    }
}

impl Word {
    fn score(&mut self, entries: &[DocId], scores: &mut [Score]) {
        let mut doc = self.entries.doc();
        if entries.last().is_none_or(|last| *last < doc) {
            scores.fill(ABSENT);
            return;
        }
        for (entry, score) in entries.iter().zip(scores) {
            if doc < *entry {
                doc = self.entries.seek(*entry);
            }
            *score = match doc == *entry {
                true => self.weight.score(self.lengths.fieldnorm_id(doc), self.entries.term_freq()),
                false => ABSENT,
            };
        }
    }
}

/// The scores of several parts for a batch of entries.
struct Tally {
    sums: [Score; BATCH],
    best: [Score; BATCH],
    /// How many parts match.
    counts: [u32; BATCH],
    /// Whether any of the leading ones does.
    leading: [bool; BATCH],
}

impl Default for Tally {
    fn default() -> Self {
        Self { sums: [0.0; BATCH], best: [ABSENT; BATCH], counts: [0; BATCH], leading: [false; BATCH] }
    }
}

impl Tally {
    fn add(&mut self, scores: &[Score], is_leading: bool) {
        let all = self.sums.iter_mut().zip(&mut self.best).zip(&mut self.counts);
        for (((sum, best), count), score) in all.zip(scores) {
            *sum += score.max(0.0);
            *best = best.max(*score);
            *count += u32::from(*score >= 0.0);
        }
        if is_leading {
            self.leading.iter_mut().zip(scores).for_each(|(leading, score)| *leading |= *score >= 0.0);
        }
    }

    fn join(&self, join: Join, asked_for: usize, scores: &mut [Score]) {
        for (at, score) in scores.iter_mut().enumerate() {
            let (sum, best) = (self.sums[at], self.best[at]);
            let (count, has_leading) = (self.counts[at] as usize, self.leading[at]);
            *score = match join {
                _ if !join.matches(count, has_leading) => ABSENT,
                Join::Best { tie_breaker } => best + (sum - best) * tie_breaker,
                Join::Enough { lift, .. } if count == asked_for => sum + lift,
                Join::First { lift } if has_leading => best + lift,
                Join::First { .. } => best,
                Join::Enough { .. } | Join::Helped | Join::Telling { .. } => sum,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::query::{BooleanQuery, ConstScoreQuery, TermQuery};
    use tantivy::schema::{FAST, Field, INDEXED, Schema};
    use tantivy::{Index, TantivyDocument};

    use super::*;

    /// What each entry holds, and an index of it in two segments.
    fn index(entries: &[Vec<u64>]) -> (Searcher, Field, Field) {
        let mut schema = Schema::builder();
        let number = schema.add_u64_field("number", INDEXED | FAST);
        let holds = schema.add_u64_field("holds", INDEXED);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(tantivy::merge_policy::NoMergePolicy));
        for (at, values) in entries.iter().enumerate() {
            let mut entry = TantivyDocument::default();
            entry.add_u64(number, at as u64);
            values.iter().for_each(|value| entry.add_u64(holds, *value));
            writer.add_document(entry).unwrap();
            if at + 1 == entries.len() / 3 {
                writer.commit().unwrap();
            }
        }
        // What is deleted is in the lists still.
        writer.delete_term(Term::from_field_u64(holds, DELETED));
        writer.commit().unwrap();
        (index.reader().unwrap().searcher(), number, holds)
    }

    const DELETED: u64 = 7;

    fn has(field: Field, value: u64) -> Box<dyn Query> {
        Box::new(TermQuery::new(Term::from_field_u64(field, value), IndexRecordOption::Basic))
    }

    fn weighing(searcher: &Searcher, query: Box<dyn Query>, weight: Score) -> Sought {
        Sought::query(&ConstScoreQuery::new(query, weight), searcher).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// What is found is what a look at each entry finds, with the same scores, however many entries are allowed; and
        /// nothing that is not.
        #[test]
        fn joins_mean_what_they_say(
            entries in prop::collection::vec(prop::collection::vec(0..8_u64, 0..5), 1..300),
            asked in prop::collection::vec(0..7_u64, 1..5),
            allowed in prop::sample::select(vec![1_u64, 2, 7]),
            join in prop::sample::select(vec![
                Join::Best { tie_breaker: 0.25 },
                Join::Enough { needed: 1, lift: 0.0 },
                Join::Enough { needed: 2, lift: 4096.0 },
                Join::Enough { needed: 3, lift: 0.5 },
                Join::First { lift: 128.0 },
                Join::Helped,
                Join::Telling { telling: 0, needed: 2 },
                Join::Telling { telling: 1, needed: 3 },
                Join::Telling { telling: 2, needed: 3 },
            ]),
        ) {
            let (searcher, number, holds) = index(&entries);
            let weight = |at: usize| (at + 1) as f32;
            let part = |(at, value): (usize, &u64)| weighing(&searcher, has(holds, *value), weight(at) / 2.0);
            let parts = asked.iter().enumerate().map(part).collect();
            let sought = Sought::Joined { parts, join }.boosted(2.0);
            let double = |lift: Score| lift * 2.0;
            let is_alive = |values: &Vec<u64>| !values.contains(&DELETED);
            let is_allowed = |entry: usize| (entry as u64).is_multiple_of(allowed);
            let expected: Vec<(usize, f32)> = entries.iter().enumerate().filter_map(|(entry, values)| {
                let scores: Vec<f32> =
                    (0..asked.len()).filter(|at| values.contains(&asked[*at])).map(weight).collect();
                let sum: f32 = scores.iter().sum();
                let best = scores.iter().copied().fold(0.0, f32::max);
                let has_first = values.contains(&asked[0]);
                let score = match join {
                    Join::Best { tie_breaker } => best + (sum - best) * tie_breaker,
                    Join::Enough { lift, .. } if scores.len() == asked.len() => sum + double(lift),
                    Join::First { lift } if has_first => best + double(lift),
                    Join::First { .. } => best,
                    Join::Enough { .. } | Join::Helped | Join::Telling { .. } => sum,
                };
                let matches = match join {
                    Join::Telling { telling, needed } => {
                        scores.len() >= needed || asked.iter().take(telling).any(|one| values.contains(one))
                    }
                    Join::Enough { needed, .. } => scores.len() >= needed,
                    Join::Helped => has_first,
                    Join::Best { .. } | Join::First { .. } => !scores.is_empty(),
                };
                (matches && is_alive(values) && is_allowed(entry)).then_some((entry, score))
            }).collect();
            let among = (0..entries.len()).filter(|entry| is_allowed(*entry)).map(|entry| has(number, entry as u64));
            let among = BooleanQuery::union(among.collect());
            let among_weight = among.weight(EnableScoring::disabled_from_searcher(&searcher)).unwrap();
            let mut found = Vec::new();
            for segment in searcher.segment_readers() {
                let numbers = segment.fast_fields().u64("number").unwrap();
                sought.matches(segment, &*among_weight, |entries, scores| {
                    assert!(entries.is_sorted());
                    let number = |entry: &DocId| numbers.first(*entry).unwrap() as usize;
                    found.extend(entries.iter().map(number).zip(scores.iter().copied()));
                    ControlFlow::Continue(())
                }).unwrap();
            }
            found.sort_by_key(|(entry, _)| *entry);
            prop_assert_eq!(&found, &expected);
            for at_most in [1, 3, 1000] {
                let count = sought.count(&searcher, &among, at_most).unwrap();
                prop_assert_eq!(count, expected.len().min(at_most));
            }
        }
    }
}
