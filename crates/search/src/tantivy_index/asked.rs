//! What was asked for, ready to be looked for, and which of it decides what is found.

use tantivy::Score;

use super::matching::{Join, Sought};
use super::query::QueryBuilder;
use super::seen::Seen;
use super::telling::rarity;
use crate::query::ParsedQuery;

/// Lifts passages with every word above all others. More than any sum of weights, and still exact in 24 bits.
pub(super) const ALL_WORDS_SCORE: Score = 4096.0;
/// A word is telling when it weighs at least this share of the most telling one that occurs (docs/benchmarks.md, "Search
/// quality").
const TELLING: Score = 0.65;
/// A word is frequent when at least this share of what may be seen holds it, and so many entries: it says next to
/// nothing about any of them, so it ranks what other words find and finds nothing by itself.
const FREQUENT_SHARE: Score = 0.15;
const FREQUENT_ENTRIES: Score = 200.0;

/// The clauses of a query.
pub(super) struct Asked {
    required: Vec<Sought>,
    wanted: Vec<Wanted>,
}

struct Wanted {
    sought: Sought,
    /// Entries that hold it; `None` when that decides nothing.
    held_by: Option<Score>,
    part: Decides,
}

/// What part a wanted clause has in what is found.
#[derive(Clone, Copy, PartialEq)]
enum Decides {
    /// Whatever holds it is found.
    ByItself,
    /// Enough of these are needed.
    WithOthers,
    Nothing,
}

impl Asked {
    pub(super) fn new(builder: &QueryBuilder<'_>, query: &ParsedQuery) -> tantivy::Result<Self> {
        let wanted = |sought| Wanted { sought, held_by: None, part: Decides::WithOthers };
        Ok(Self {
            required: builder.clauses(&query.required)?,
            wanted: builder.clauses(&query.wanted)?.into_iter().map(wanted).collect(),
        })
    }

    pub(super) fn wanted(&self, at: usize) -> &Sought {
        &self.wanted[at].sought
    }

    /// Looks for something else in the place of a wanted clause.
    pub(super) fn replace(&mut self, at: usize, sought: Sought) {
        self.wanted[at] = Wanted { sought, held_by: None, part: Decides::WithOthers };
    }

    /// Finds out which of the wanted clauses decide what is found. How often they occur is counted in what may be seen:
    /// what others write decides nothing.
    pub(super) fn weigh(&mut self, seen: &Seen<'_>) -> tantivy::Result<()> {
        // Beside what is required all of them only help.
        if self.wanted.len() < 2 || !self.required.is_empty() {
            return Ok(());
        }
        // Of two words one is enough anyway.
        let could_one_suffice = self.wanted.len() > 2;
        for one in &mut self.wanted {
            if one.held_by.is_none() {
                let held_by =
                    if could_one_suffice { seen.holding(&one.sought) } else { seen.about(&one.sought) };
                one.held_by = Some(held_by?);
            }
        }
        let all = seen.entries();
        let is_frequent = |held: Score| held >= FREQUENT_ENTRIES && held >= all * FREQUENT_SHARE;
        let held: Vec<Score> = self.wanted.iter().filter_map(|one| one.held_by).collect();
        let any_finds = held.iter().any(|held| *held > 0.0 && !is_frequent(*held));
        let rarities = held.iter().map(|held| if *held > 0.0 { rarity(*held, all) } else { 0.0 });
        let most = rarities.clone().fold(0.0, Score::max);
        for ((one, held), rarity) in self.wanted.iter_mut().zip(&held).zip(rarities) {
            one.part = match () {
                () if could_one_suffice && rarity > 0.0 && rarity >= most * TELLING => Decides::ByItself,
                () if any_finds && is_frequent(*held) => Decides::Nothing,
                () => Decides::WithOthers,
            };
        }
        Ok(())
    }

    /// Whether a wanted clause is known to occur nowhere in what may be seen.
    pub(super) fn lacks_any(&self) -> bool {
        self.wanted.iter().any(|one| one.held_by == Some(0.0))
    }

    /// What ranks: every required clause, and of the wanted ones what decides and what helps.
    pub(super) fn ranking(&self) -> Sought {
        let (required, wanted) = (self.required.len(), self.wanted.len());
        let mut parts = self.required.clone();
        if wanted == 0 {
            return Sought::all(parts);
        }
        let that_are = |part| self.wanted.iter().filter(move |one| one.part == part).map(|one| &one.sought);
        let telling = that_are(Decides::ByItself).count();
        let counted = telling + that_are(Decides::WithOthers).count();
        // Words beside a phrase are a help, not a condition.
        let needed = if required == 0 { enough_of(counted) } else { 1 };
        let lift = if required + wanted > 1 { ALL_WORDS_SCORE } else { 0.0 };
        let all = [Decides::ByItself, Decides::WithOthers, Decides::Nothing].into_iter().flat_map(that_are);
        let wanted = Sought::Joined {
            parts: all.cloned().collect(),
            join: Join::Enough { telling, counted, needed, lift },
        };
        if parts.is_empty() {
            return wanted;
        }
        parts = vec![Sought::all(parts), wanted];
        Sought::Joined { parts, join: Join::HELPED }
    }
}

/// How many of so many words must occur: one of two, then about two in five.
fn enough_of(words: usize) -> usize {
    if words <= 2 { words.min(1) } else { (words * 2).div_ceil(5) }
}

#[cfg(test)]
mod tests {
    use super::enough_of;

    #[test]
    fn some_words_must_occur() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 10].map(enough_of), [0, 1, 1, 2, 2, 2, 3, 4]);
    }
}
