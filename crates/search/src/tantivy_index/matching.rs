//! Two ways to join what is looked for: the best of several ways to match, and enough of several words.
//!
//! Both can leap: from one entry that may be seen to the next, without reading what lies between. The unions that
//! come with tantivy read every entry of every word, which costs a person with few documents in a large index most.

use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

use super::query::AnyQuery;

/// How several queries are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Join {
    /// Any of them matches; the best score counts, and this share of the others'.
    Best { tie_breaker: Score },
    /// At least so many match; scores are added up, and `lift` is added where all match.
    Enough { needed: usize, lift: Score },
}

impl Join {
    fn needed(self) -> usize {
        match self {
            Self::Best { .. } => 1,
            Self::Enough { needed, .. } => needed.max(1),
        }
    }
}

#[derive(Debug)]
pub(super) struct Joined {
    pub(super) parts: Vec<AnyQuery>,
    pub(super) join: Join,
}

impl Clone for Joined {
    fn clone(&self) -> Self {
        Self { parts: self.parts.iter().map(|part| part.box_clone()).collect(), join: self.join }
    }
}

impl Query for Joined {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let parts = self.parts.iter().map(|part| part.weight(scoring)).collect::<tantivy::Result<_>>()?;
        Ok(Box::new(JoinedWeight { parts, join: self.join }))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.parts.iter().for_each(|part| part.query_terms(visitor));
    }
}

struct JoinedWeight {
    parts: Vec<Box<dyn Weight>>,
    join: Join,
}

impl Weight for JoinedWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let scorer = part.scorer(segment, boost)?;
            let doc = scorer.doc();
            if doc != TERMINATED {
                parts.push(Part { scorer, doc });
            }
        }
        if parts.len() < self.join.needed() {
            return Ok(Box::new(EmptyScorer));
        }
        let asked_for = self.parts.len();
        let mut joined = JoinedScorer { parts, asked_for, join: self.join, boost, doc: 0 };
        joined.find();
        Ok(Box::new(joined))
    }

    fn explain(&self, segment: &SegmentReader, entry: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(segment, 1.0)?;
        if scorer.doc() > entry || scorer.seek(entry) != entry {
            return Err(tantivy::TantivyError::InvalidArgument(format!("entry {entry} does not match")));
        }
        Ok(Explanation::new("joined", scorer.score()))
    }
}

/// A part and where it stands; asking a scorer behind a pointer each time would cost more than the rest.
struct Part {
    scorer: Box<dyn Scorer>,
    doc: DocId,
}

struct JoinedScorer {
    /// Those that have entries left.
    parts: Vec<Part>,
    asked_for: usize,
    join: Join,
    boost: Score,
    doc: DocId,
}

impl JoinedScorer {
    /// Goes to the first entry, from where the parts stand on, at which enough of them match.
    fn find(&mut self) {
        let needed = self.join.needed();
        loop {
            if self.parts.iter().any(|part| part.doc == TERMINATED) {
                self.parts.retain(|part| part.doc != TERMINATED);
            }
            if self.parts.len() < needed {
                self.doc = TERMINATED;
                return;
            }
            // Before the place where so many have arrived, there cannot be so many.
            let earliest = match needed {
                1 => self.parts.iter().map(|part| part.doc).min().unwrap_or(TERMINATED),
                _ => self.nth(needed),
            };
            let mut here = 0;
            for part in &mut self.parts {
                if part.doc < earliest {
                    part.doc = part.scorer.seek(earliest);
                }
                here += usize::from(part.doc == earliest);
            }
            if here >= needed {
                self.doc = earliest;
                return;
            }
        }
    }

    /// Where the n-th of the parts stands, in order of place.
    fn nth(&self, n: usize) -> DocId {
        let mut places: Vec<DocId> = self.parts.iter().map(|part| part.doc).collect();
        *places.select_nth_unstable(n - 1).1
    }
}

impl DocSet for JoinedScorer {
    fn advance(&mut self) -> DocId {
        if self.doc != TERMINATED {
            for part in &mut self.parts {
                if part.doc == self.doc {
                    part.doc = part.scorer.advance();
                }
            }
            self.find();
        }
        self.doc
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc < target {
            for part in &mut self.parts {
                if part.doc < target {
                    part.doc = part.scorer.seek(target);
                }
            }
            self.find();
        }
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        let sizes = self.parts.iter().map(|part| part.scorer.size_hint());
        sizes.fold(0, u32::saturating_add)
    }

    fn cost(&self) -> u64 {
        self.parts.iter().map(|part| part.scorer.cost()).sum()
    }
}

impl Scorer for JoinedScorer {
    fn score(&mut self) -> Score {
        let (mut sum, mut best, mut here) = (0.0, 0.0, 0);
        for part in self.parts.iter_mut().filter(|part| part.doc == self.doc) {
            let score = part.scorer.score();
            sum += score;
            best = Score::max(best, score);
            here += 1;
        }
        match self.join {
            Join::Best { tie_breaker } => best + (sum - best) * tie_breaker,
            Join::Enough { lift, .. } if here == self.asked_for => sum + lift * self.boost,
            Join::Enough { .. } => sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use tantivy::collector::DocSetCollector;
    use tantivy::query::{BooleanQuery, ConstScoreQuery, TermQuery};
    use tantivy::schema::{Field, INDEXED, IndexRecordOption, Schema};
    use tantivy::{Index, Searcher, TantivyDocument};

    use super::*;

    /// What each entry holds, and an index of it in two segments.
    fn index(entries: &[Vec<u64>]) -> (Searcher, Field, Field) {
        let mut schema = Schema::builder();
        let number = schema.add_u64_field("number", INDEXED);
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
        writer.commit().unwrap();
        (index.reader().unwrap().searcher(), number, holds)
    }

    fn has(field: Field, value: u64) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_u64(field, value), IndexRecordOption::Basic))
    }

    /// The score of the entry of this number, when it matches.
    fn score(searcher: &Searcher, query: &dyn Query, number: AnyQuery) -> Option<Score> {
        let both =
            BooleanQuery::intersection(vec![query.box_clone(), Box::new(ConstScoreQuery::new(number, 0.0))]);
        let collector = tantivy::collector::TopDocs::with_limit(2).order_by_score();
        let found = searcher.search(&both, &collector).unwrap();
        assert!(found.len() <= 1);
        found.first().map(|(score, _)| *score)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// The queries find what a look at each entry finds, with the same scores, read through and leapt through.
        #[test]
        fn joins_mean_what_they_say(
            entries in prop::collection::vec(prop::collection::vec(0..8_u64, 0..5), 1..300),
            asked in prop::collection::vec(0..8_u64, 1..5),
            needed in 1..4_usize,
            lift in prop::sample::select(vec![0.0_f32, 4096.0]),
            is_best: bool,
        ) {
            let (searcher, number, holds) = index(&entries);
            let join = match is_best {
                true => Join::Best { tie_breaker: 0.25 },
                false => Join::Enough { needed, lift },
            };
            let weight = |at: usize| (at + 1) as f32;
            let part = |(at, value): (usize, &u64)| -> AnyQuery {
                Box::new(ConstScoreQuery::new(has(holds, *value), weight(at)))
            };
            let query = Joined { parts: asked.iter().enumerate().map(part).collect(), join };
            let expected: HashMap<usize, f32> = entries.iter().enumerate().filter_map(|(entry, values)| {
                let scores: Vec<f32> = (0..asked.len()).filter(|at| values.contains(&asked[*at])).map(weight).collect();
                let sum: f32 = scores.iter().sum();
                let best = scores.iter().copied().fold(0.0, f32::max);
                (scores.len() >= join.needed()).then_some((entry, match join {
                    Join::Best { tie_breaker } => best + (sum - best) * tie_breaker,
                    Join::Enough { lift, .. } => sum + if scores.len() == asked.len() { lift } else { 0.0 },
                }))
            }).collect();
            prop_assert_eq!(searcher.search(&query, &DocSetCollector).unwrap().len(), expected.len());
            for entry in 0..entries.len() {
                let found = score(&searcher, &query, has(number, entry as u64));
                prop_assert_eq!(found, expected.get(&entry).copied(), "entry {}", entry);
            }
        }
    }
}
