//! What is sought, as it is looked for in one segment.
//!
//! Only entries that may be seen are looked at, a batch at a time: each word's list is read for the whole batch before the
//! next word's, so that a block of it is unpacked once, and what is joined is joined by running over plain numbers. What
//! it costs grows with what the asker may see, not with the index; what only ranks is read for what is found.

use std::rc::Rc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::Scorer;
use tantivy::{
    COLLECT_BLOCK_BUFFER_LEN as BATCH, DocId, DocSet, Score, Searcher, SegmentOrdinal, TERMINATED,
};

use super::allowed::leap_to;
use super::lists::WordLists;
use super::matching::{Join, Sought};

/// The score of an entry that does not match; others are never negative.
const ABSENT: Score = -1.0;

/// What is sought, in one segment; moves on through its entries and never back.
pub(super) enum Part {
    Everything,
    Word(Box<Word>),
    Other { scorer: Box<dyn Scorer>, doc: DocId },
    Any(Any),
    Enough(Enough),
}

/// Any of several parts that are in the segment.
pub(super) struct Any {
    parts: Vec<Part>,
    /// The share of the others' scores that counts beside the best.
    tie_breaker: Score,
    /// What is added where the first matches that was asked for; 0 when it is not in the segment.
    lift: Score,
}

/// Enough of several parts. Those that are not in the segment are left out, of the counts too.
pub(super) struct Enough {
    /// The telling ones, the others that count, and those that help.
    parts: Vec<Part>,
    telling: usize,
    counted: usize,
    needed: usize,
    /// What is added where all match; `None` when one is not in the segment.
    lift: Option<Score>,
    /// Where each that counts stands; kept for its memory.
    places: Vec<DocId>,
}

pub(super) struct Word {
    lists: Rc<WordLists>,
    entries: SegmentPostings,
    lengths: FieldNormReader,
}

impl Part {
    /// `None` when nothing in the segment matches.
    pub(super) fn of(
        sought: &Sought,
        searcher: &Searcher,
        segment: SegmentOrdinal,
    ) -> tantivy::Result<Option<Self>> {
        Ok(match sought {
            Sought::Everything => Some(Self::Everything),
            Sought::Word(lists) => lists.in_segment(segment)?.map(|(entries, lengths)| {
                Self::Word(Box::new(Word { lists: lists.clone(), entries, lengths }))
            }),
            Sought::Other { weight, boost } => {
                let scorer = weight.scorer(searcher.segment_reader(segment), *boost)?;
                let doc = scorer.doc();
                (doc != TERMINATED).then_some(Self::Other { scorer, doc })
            }
            Sought::Joined { parts: sought, join } => {
                let (mut parts, mut places) = (Vec::with_capacity(sought.len()), Vec::new());
                for (at, one) in sought.iter().enumerate() {
                    if let Some(part) = Self::of(one, searcher, segment)? {
                        parts.push(part);
                        places.push(at);
                    }
                }
                match *join {
                    _ if parts.is_empty() => None,
                    Join::Best { tie_breaker } => Some(Self::Any(Any { parts, tie_breaker, lift: 0.0 })),
                    Join::First { lift } => {
                        let lift = if places[0] == 0 { lift } else { 0.0 };
                        Some(Self::Any(Any { parts, tie_breaker: 0.0, lift }))
                    }
                    Join::Enough { telling, counted, needed, lift } => {
                        let before = |end: usize| places.partition_point(|at| *at < end);
                        let (telling, counted) = (before(telling), before(counted));
                        let lift = (parts.len() == sought.len()).then_some(lift);
                        (telling > 0 || counted >= needed).then_some(Self::Enough(Enough {
                            parts,
                            telling,
                            counted,
                            needed: needed.max(1),
                            lift,
                            places: Vec::new(),
                        }))
                    }
                }
            }
        })
    }

    /// An entry before which none matches that has not been looked at.
    pub(super) fn next(&mut self) -> DocId {
        match self {
            Self::Everything => 0,
            Self::Word(word) => word.entries.doc(),
            Self::Other { doc, .. } => *doc,
            Self::Any(any) => any.parts.iter_mut().map(Self::next).min().unwrap_or(TERMINATED),
            Self::Enough(enough) => enough.next(),
        }
    }

    /// Whether none of these entries can match.
    fn begins_after(&mut self, entries: &[DocId]) -> bool {
        entries.last().is_none_or(|last| *last < self.next())
    }

    /// Tells the score of each of these entries, which come after all that were looked at before.
    pub(super) fn score(&mut self, entries: &[DocId], scores: &mut [Score]) {
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
            Self::Any(any) => any.score(entries, scores),
            Self::Enough(enough) => enough.score(entries, scores),
        }
    }
}

impl Word {
    fn score(&mut self, entries: &[DocId], scores: &mut [Score]) {
        scores.fill(ABSENT);
        let weight = &self.lists.weight;
        let (mut doc, mut at) = (self.entries.doc(), 0);
        // In turns each leaps to where the other stands.
        while let Some(entry) = entries.get(at) {
            if doc < *entry {
                doc = self.entries.seek(*entry);
            }
            if doc == *entry {
                scores[at] = weight.score(self.lengths.fieldnorm_id(doc), self.entries.term_freq());
                at += 1;
            } else {
                at = leap_to(entries, at, doc);
            }
        }
    }
}

impl Any {
    fn score(&mut self, entries: &[DocId], scores: &mut [Score]) {
        let Some((first, others)) = self.parts.split_first_mut() else { return scores.fill(ABSENT) };
        first.score(entries, scores);
        let (mut firsts, mut some) = ([0.0; BATCH], [0.0; BATCH]);
        let (firsts, some) = (&mut firsts[..entries.len()], &mut some[..entries.len()]);
        firsts.copy_from_slice(scores);
        let mut sums = [0.0; BATCH];
        sums.iter_mut().zip(&*scores).for_each(|(sum, score)| *sum = score.max(0.0));
        for other in others {
            if other.begins_after(entries) {
                continue;
            }
            other.score(entries, some);
            for ((best, sum), score) in scores.iter_mut().zip(&mut sums).zip(&*some) {
                *sum += score.max(0.0);
                *best = best.max(*score);
            }
        }
        // Where none matches the sum is 0 and the best is less.
        for ((best, sum), first) in scores.iter_mut().zip(sums).zip(&*firsts) {
            *best += (sum - best.max(0.0)) * self.tie_breaker;
            *best += if *first >= 0.0 { self.lift } else { 0.0 };
        }
    }
}

impl Enough {
    fn next(&mut self) -> DocId {
        self.places.clear();
        self.places.extend(self.parts[..self.counted].iter_mut().map(Part::next));
        let telling = self.places[..self.telling].iter().copied().min().unwrap_or(TERMINATED);
        // Before the place where so many have arrived, there cannot be so many.
        match self.places.len() {
            counted if counted < self.needed => telling,
            _ => telling.min(*self.places.select_nth_unstable(self.needed - 1).1),
        }
    }

    fn score(&mut self, entries: &[DocId], scores: &mut [Score]) {
        let all = self.parts.len() as u32;
        let (counted, helping) = self.parts.split_at_mut(self.counted);
        let mut tally = Tally::default();
        for (at, part) in counted.iter_mut().enumerate() {
            if !part.begins_after(entries) {
                part.score(entries, scores);
                tally.add(scores);
            }
            if at + 1 == self.telling {
                tally.is_told = tally.counts.map(|count| count > 0);
            }
        }
        let mut left = Left::default();
        for at in 0..entries.len() {
            let matches = tally.counts[at] as usize >= self.needed || tally.is_told[at];
            scores[at] = if matches { tally.sums[at] } else { ABSENT };
            left.push(at, entries[at], matches);
        }
        let mut counts = left.of(&tally.counts);
        let mut some = [0.0; BATCH];
        let some = &mut some[..left.len];
        for part in helping {
            if part.begins_after(left.entries()) {
                continue;
            }
            part.score(left.entries(), some);
            for ((at, score), count) in left.places().zip(&*some).zip(&mut counts) {
                scores[at] += score.max(0.0);
                *count += u32::from(*score >= 0.0);
            }
        }
        if let Some(lift) = self.lift.filter(|lift| *lift > 0.0) {
            for (at, _) in left.places().zip(counts).filter(|(_, count)| *count == all) {
                scores[at] += lift;
            }
        }
    }
}

/// The scores of several parts for a batch of entries.
struct Tally {
    sums: [Score; BATCH],
    /// How many parts match.
    counts: [u32; BATCH],
    /// Whether any of the telling ones does.
    is_told: [bool; BATCH],
}

impl Default for Tally {
    fn default() -> Self {
        Self { sums: [0.0; BATCH], counts: [0; BATCH], is_told: [false; BATCH] }
    }
}

impl Tally {
    fn add(&mut self, scores: &[Score]) {
        for ((sum, count), score) in self.sums.iter_mut().zip(&mut self.counts).zip(scores) {
            *sum += score.max(0.0);
            *count += u32::from(*score >= 0.0);
        }
    }
}

/// The entries of a batch that are left to be looked at, and their places in it.
struct Left {
    entries: [DocId; BATCH],
    places: [usize; BATCH],
    len: usize,
}

impl Default for Left {
    fn default() -> Self {
        Self { entries: [0; BATCH], places: [0; BATCH], len: 0 }
    }
}

impl Left {
    fn push(&mut self, at: usize, entry: DocId, is_left: bool) {
        (self.entries[self.len], self.places[self.len]) = (entry, at);
        self.len += usize::from(is_left);
    }

    fn entries(&self) -> &[DocId] {
        &self.entries[..self.len]
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        self.places[..self.len].iter().copied()
    }

    fn of(&self, counts: &[u32; BATCH]) -> [u32; BATCH] {
        self.places.map(|at| counts[at])
    }
}
