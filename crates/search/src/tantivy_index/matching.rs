//! What is sought in the entries that may be seen, and how well each of them holds it.

use std::ops::ControlFlow;
use std::rc::Rc;

use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN as BATCH, DocId, DocSet, Score, Searcher, SegmentOrdinal, TERMINATED,
};

use super::lists::WordLists;
use super::parts::Part;

/// How several parts are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Join {
    /// Any of them matches; the best score counts, and this share of the others'.
    Best { tie_breaker: Score },
    /// Any of them matches; the best score counts, and `lift` is added where the first matches.
    First { lift: Score },
    /// Any of the first `telling` matches, or at least `needed` of the first `counted`, which begin with the telling ones;
    /// the others are only looked for where that is so. Scores are added up, and `lift` where all match.
    Enough { telling: usize, counted: usize, needed: usize, lift: Score },
}

impl Join {
    /// The first matches, the others help; scores are added up.
    pub(super) const HELPED: Self = Self::Enough { telling: 0, counted: 1, needed: 1, lift: 0.0 };

    /// So many parts match at least, whichever they are; scores are added up.
    pub(super) fn at_least(needed: usize) -> Self {
        Self::Enough { telling: 0, counted: usize::MAX, needed, lift: 0.0 }
    }
}

/// What is sought, ready to be looked for in every segment.
#[derive(Clone)]
pub(super) enum Sought {
    Everything,
    /// A word in a field.
    Word(Rc<WordLists>),
    /// What tantivy finds by itself, and what it weighs.
    Other {
        weight: Rc<dyn Weight>,
        boost: Score,
    },
    Joined {
        parts: Vec<Sought>,
        join: Join,
    },
}

impl Sought {
    /// Takes in a query, its scores so many times as high.
    pub(super) fn query(query: &dyn Query, searcher: &Searcher, boost: Score) -> tantivy::Result<Self> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(searcher))?;
        Ok(Self::Other { weight: weight.into(), boost })
    }

    /// Matches nothing.
    pub(super) fn nothing() -> Self {
        Self::Joined { parts: Vec::new(), join: Join::Best { tie_breaker: 0.0 } }
    }

    /// All of the parts.
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            1 => parts.remove(0),
            needed => Self::Joined { parts, join: Join::at_least(needed) },
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
        for segment in 0..searcher.segment_readers().len() {
            self.matches(searcher, segment as SegmentOrdinal, &*allowed, |entries, _| {
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
        searcher: &Searcher,
        segment: SegmentOrdinal,
        allowed: &dyn Weight,
        mut take: impl FnMut(&[DocId], &[Score]) -> ControlFlow<()>,
    ) -> tantivy::Result<()> {
        let Some(mut part) = Part::of(self, searcher, segment)? else { return Ok(()) };
        let segment = searcher.segment_reader(segment);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::query::{BooleanQuery, ConstScoreQuery, TermQuery};
    use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema};
    use tantivy::{Index, TantivyDocument, Term};

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
        Sought::query(&ConstScoreQuery::new(query, weight), searcher, 2.0).unwrap()
    }

    fn enough(telling: usize, counted: usize, needed: usize, lift: Score) -> Join {
        Join::Enough { telling, counted, needed, lift }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

        /// What is found is what a look at each entry finds, with the same scores, however many entries are allowed; and
        /// nothing that is not.
        #[test]
        fn joins_mean_what_they_say(
            entries in prop::collection::vec(prop::collection::vec(0..8_u64, 0..5), 1..300),
            asked in prop::collection::vec(0..7_u64, 1..5),
            allowed in prop::sample::select(vec![1_u64, 2, 7]),
            join in prop::sample::select(vec![
                Join::Best { tie_breaker: 0.25 },
                Join::First { lift: 128.0 },
                Join::at_least(1),
                enough(0, 9, 2, 4096.0),
                enough(0, 9, 3, 0.5),
                Join::HELPED,
                enough(1, 9, 3, 4096.0),
                enough(2, 9, 3, 0.0),
                enough(0, 2, 1, 4096.0),
                enough(1, 2, 2, 4096.0),
                enough(1, 3, 2, 0.0),
            ]),
        ) {
            let (searcher, number, holds) = index(&entries);
            let weight = |at: usize| (at + 1) as f32;
            let part = |(at, value): (usize, &u64)| weighing(&searcher, has(holds, *value), weight(at) / 2.0);
            let parts = asked.iter().enumerate().map(part).collect();
            let sought = Sought::Joined { parts, join };
            let is_alive = |values: &Vec<u64>| !values.contains(&DELETED);
            let is_allowed = |entry: usize| (entry as u64).is_multiple_of(allowed);
            let expected: Vec<(usize, f32)> = entries.iter().enumerate().filter_map(|(entry, values)| {
                let holds = |asked: &u64| values.contains(asked);
                let scores: Vec<f32> =
                    (0..asked.len()).filter(|at| holds(&asked[*at])).map(weight).collect();
                let sum: f32 = scores.iter().sum();
                let best = scores.iter().copied().fold(0.0, f32::max);
                let (matches, score) = match join {
                    Join::Best { tie_breaker } => (!scores.is_empty(), best + (sum - best) * tie_breaker),
                    Join::First { lift } => {
                        (!scores.is_empty(), best + if holds(&asked[0]) { lift } else { 0.0 })
                    }
                    Join::Enough { telling, counted, needed, lift } => (
                        asked.iter().take(telling).any(holds)
                            || asked.iter().take(counted).filter(|one| holds(one)).count() >= needed,
                        sum + if scores.len() == asked.len() { lift } else { 0.0 },
                    ),
                };
                (matches && is_alive(values) && is_allowed(entry)).then_some((entry, score))
            }).collect();
            let among = (0..entries.len()).filter(|entry| is_allowed(*entry)).map(|entry| has(number, entry as u64));
            let among = BooleanQuery::union(among.collect());
            let among_weight = among.weight(EnableScoring::disabled_from_searcher(&searcher)).unwrap();
            let mut found = Vec::new();
            for (ord, segment) in (0..).zip(searcher.segment_readers()) {
                let numbers = segment.fast_fields().u64("number").unwrap();
                sought.matches(&searcher, ord, &*among_weight, |entries, scores| {
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
