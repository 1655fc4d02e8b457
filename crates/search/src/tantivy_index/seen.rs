//! How often something occurs in what may be seen.

use tantivy::query::Query;
use tantivy::{Score, Searcher};

use super::allowed::Listed;
use super::matching::Sought;

/// Entries that are looked at to tell how frequent a word is; when no more may be seen, these are all.
const SAMPLED: usize = 1_024;
/// With so many met in the sample the others are not counted: a share of it is near enough.
const MET_ENOUGH: usize = 100;
/// Entries that are counted one by one at most: what so many hold is frequent, whatever the number.
const MOST_COUNTED: usize = 4_096;

/// What may be seen, and a sample of it.
pub(super) struct Seen<'a> {
    searcher: &'a Searcher,
    allowed: &'a dyn Query,
    sample: Listed,
    entries: u64,
}

impl<'a> Seen<'a> {
    pub(super) fn new(
        searcher: &'a Searcher,
        allowed: &'a dyn Query,
        listed: Option<&Listed>,
    ) -> tantivy::Result<Self> {
        let (sample, entries) = match listed {
            Some(listed) => (listed.sample(SAMPLED), listed.len()),
            None => Listed::sample_of(searcher, allowed, SAMPLED)?,
        };
        Ok(Self { searcher, allowed, sample, entries })
    }

    /// How many entries may be seen, at least about.
    pub(super) fn entries(&self) -> Score {
        self.entries as Score
    }

    /// How many of them hold what is sought, about: where the sample holds few, so many at least.
    pub(super) fn about(&self, sought: &Sought) -> tantivy::Result<Score> {
        let met = sought.count(self.searcher, &self.sample, usize::MAX)?;
        match met {
            0 if self.sample.len() < self.entries => {
                Ok(sought.count(self.searcher, self.allowed, 1)? as Score)
            }
            met => Ok(self.by_share(met)),
        }
    }

    /// How many of them hold what is sought: by the sample where that holds enough of them, else counted, up to 4,096.
    pub(super) fn holding(&self, sought: &Sought) -> tantivy::Result<Score> {
        let met = sought.count(self.searcher, &self.sample, usize::MAX)?;
        if met >= MET_ENOUGH || self.sample.len() == self.entries {
            return Ok(self.by_share(met));
        }
        match sought.count(self.searcher, self.allowed, MOST_COUNTED)? {
            MOST_COUNTED => Ok(self.by_share(met).max(MOST_COUNTED as Score)),
            counted => Ok(counted as Score),
        }
    }

    fn by_share(&self, met: usize) -> Score {
        match self.sample.len() {
            sampled if sampled == self.entries => met as Score,
            sampled => met as Score / sampled as Score * self.entries(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tantivy::query::TermQuery;
    use tantivy::schema::{IndexRecordOption, STRING, Schema};
    use tantivy::{Index, TantivyDocument, Term};

    use super::*;

    #[test]
    fn what_is_frequent_is_told_by_a_sample_and_what_is_rare_is_counted() {
        let mut schema = Schema::builder();
        let word = schema.add_text_field("word", STRING);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
        for at in 0..6_000 {
            let mut entry = TantivyDocument::default();
            entry.add_text(word, "mine");
            entry.add_text(word, if at % 2 == 0 { "even" } else { "odd" });
            if at % 1_000 == 7 {
                entry.add_text(word, "rare");
            }
            writer.add_document(entry).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let query = |text: &str| TermQuery::new(Term::from_field_text(word, text), IndexRecordOption::Basic);
        let sought = |text: &str| Sought::query(&query(text), &searcher, 1.0).unwrap();
        let mine = query("mine");
        let listed = Listed::of(&searcher, &mine).unwrap();
        for listed in [listed.as_ref(), None] {
            let seen = Seen::new(&searcher, &mine, listed).unwrap();
            assert_eq!(seen.entries(), 6_000.0);
            for frequent in [seen.holding(&sought("even")).unwrap(), seen.about(&sought("even")).unwrap()] {
                assert!((2_000.0..4_000.0).contains(&frequent), "{frequent}");
            }
            assert_eq!(seen.holding(&sought("rare")).unwrap(), 6.0);
            assert!(seen.about(&sought("rare")).unwrap() >= 1.0);
            assert_eq!(seen.about(&sought("nothing")).unwrap(), 0.0);
        }
    }
}
