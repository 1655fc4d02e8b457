//! What is looked for, made of what was asked.

use std::ops::Bound;

use tantivy::query::{
    Bm25StatisticsProvider, Bm25Weight, BooleanQuery, ConstScoreQuery, InvertedIndexRangeQuery, PhraseQuery,
    Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Score, Searcher, Term};

use super::allowed::{BeginningsAmong, Listed};
use super::matching::{Join, Sought};
use super::schema::Fields;
use crate::query::{AskedWord, Clause, Matter, ParsedQuery, Scope};

pub(super) type AnyQuery = Box<dyn Query>;

const NAME_BOOST: f32 = 2.5;
const TITLE_BOOST: f32 = 2.0;
const PATH_BOOST: f32 = 0.6;
/// What another form of a word weighs beside the form that was asked for.
const STEM_BOOST: f32 = 0.8;
/// What a similar word weighs beside the one that was asked for.
const SIMILAR_BOOST: f32 = 0.5;
/// What a beginning of a word weighs beside a whole one.
const PREFIX_BOOST: f32 = 1.0;
/// Lifts passages with every word above all others. More than any sum of weights, and still exact in 24 bits.
pub(super) const ALL_WORDS_SCORE: f32 = 4096.0;
/// Lifts what was spelled as asked above what is only similar.
const AS_ASKED_SCORE: f32 = 128.0;
/// Share of other fields' scores that counts beside the best field.
const TIE_BREAKER: f32 = 0.2;
/// Shorter beginnings are looked for in names and titles only.
const MIN_BODY_PREFIX_CHARS: usize = 3;

pub(super) struct QueryBuilder<'a> {
    pub(super) fields: &'a Fields,
    pub(super) searcher: &'a Searcher,
    /// When given, beginnings of words are looked up among these entries only.
    pub(super) among: Option<Listed>,
}

impl QueryBuilder<'_> {
    /// What ranks: every required clause, and enough of the wanted ones; where one that is telling suffices, also what
    /// holds that.
    pub(super) fn ranking(&self, query: &ParsedQuery) -> tantivy::Result<Sought> {
        let mut parts = self.clauses(&query.required)?;
        if query.wanted.is_empty() {
            return Ok(Sought::all(parts));
        }
        // Words beside a phrase are a help, not a condition.
        let needed = if parts.is_empty() { enough_of(query.wanted.len()) } else { 1 };
        let lift = if query.wanted.len() + parts.len() > 1 { ALL_WORDS_SCORE } else { 0.0 };
        let wanted = match &query.telling {
            Some(are_telling) => {
                let (mut clauses, mut others) = (Vec::new(), Vec::new());
                for (clause, is_telling) in query.wanted.iter().zip(are_telling) {
                    if *is_telling { &mut clauses } else { &mut others }.push(self.clause(clause)?);
                }
                let telling = clauses.len();
                clauses.append(&mut others);
                Sought::Joined { parts: clauses, join: Join::Telling { telling, needed } }
            }
            None => {
                Sought::Joined { parts: self.clauses(&query.wanted)?, join: Join::Enough { needed, lift } }
            }
        };
        if parts.is_empty() {
            return Ok(wanted);
        }
        parts = vec![Sought::all(parts), wanted];
        Ok(Sought::Joined { parts, join: Join::Helped })
    }

    fn clauses(&self, clauses: &[Clause]) -> tantivy::Result<Vec<Sought>> {
        clauses.iter().map(|clause| self.clause(clause)).collect()
    }

    /// Every required clause.
    pub(super) fn required(&self, query: &ParsedQuery) -> tantivy::Result<Sought> {
        match query.required.is_empty() {
            true => Ok(Sought::Everything),
            false => Ok(Sought::all(self.clauses(&query.required)?)),
        }
    }

    /// Entries that hold any of the excluded clauses.
    pub(super) fn excluded(&self, query: &ParsedQuery) -> tantivy::Result<Option<Sought>> {
        let parts = self.clauses(&query.excluded)?;
        Ok((!parts.is_empty()).then_some(Sought::Joined { parts, join: Join::Best { tie_breaker: 0.0 } }))
    }

    pub(super) fn first_entries(&self) -> AnyQuery {
        let term = Term::from_field_u64(self.fields.first, 1);
        Box::new(ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0))
    }

    /// A clause in any of the fields of its scope; the best field counts.
    pub(super) fn clause(&self, clause: &Clause) -> tantivy::Result<Sought> {
        let as_asked = self.in_fields(clause, Spelling::AsAsked)?;
        let is_respelled = match &clause.matter {
            Matter::Words { words, .. } => words.iter().any(|word| !word.similar.is_empty()),
            Matter::Grams(_) | Matter::Phrase(_) => false,
        };
        if !is_respelled {
            return Ok(as_asked);
        }
        let similar = self.in_fields(clause, Spelling::Similar)?.boosted(SIMILAR_BOOST);
        Ok(Sought::Joined { parts: vec![as_asked, similar], join: Join::First { lift: AS_ASKED_SCORE } })
    }

    fn in_fields(&self, clause: &Clause, spelling: Spelling) -> tantivy::Result<Sought> {
        let fields = self.fields;
        let body = Place { words: fields.body, stems: Some(fields.body_stems) };
        let name = Place { words: fields.name, stems: Some(fields.name_stems) };
        let title = Place { words: fields.title, stems: Some(fields.title_stems) };
        let mut places = vec![(name, NAME_BOOST)];
        if clause.scope != Scope::Name {
            places.push((title, TITLE_BOOST));
        }
        if clause.scope == Scope::Anywhere {
            places.push((body, 1.0));
            // The path holds no positions; a phrase in it means little.
            if !matches!(clause.matter, Matter::Phrase(_)) {
                places.push((Place { words: fields.path, stems: None }, PATH_BOOST));
            }
        }
        let mut ways = Vec::new();
        for (place, boost) in places {
            ways.extend(self.at(place, clause, spelling)?.map(|sought| sought.boosted(boost)));
        }
        Ok(any_of(ways, TIE_BREAKER).unwrap_or_else(Sought::nothing))
    }

    /// A clause in one place; `None` when nothing there can match.
    fn at(&self, place: Place, clause: &Clause, spelling: Spelling) -> tantivy::Result<Option<Sought>> {
        match &clause.matter {
            Matter::Phrase(tokens) if tokens.len() > 1 => {
                let terms = tokens.iter().map(|token| Term::from_field_text(place.words, token));
                Sought::query(&PhraseQuery::new(terms.collect()), self.searcher).map(Some)
            }
            Matter::Phrase(tokens) => match tokens.first() {
                Some(token) => self.word(place.words, token),
                None => Ok(None),
            },
            Matter::Words { words, prefix } => self.all_of(place, words, *prefix, spelling),
            Matter::Grams(tokens) => {
                let needed = (tokens.len() * 3).div_ceil(5);
                let mut grams = Vec::new();
                for token in tokens {
                    grams.extend(self.word(place.words, token)?);
                }
                let join = Join::Enough { needed, lift: 0.0 };
                Ok((grams.len() >= needed).then_some(Sought::Joined { parts: grams, join }))
            }
        }
    }

    fn all_of(
        &self,
        place: Place,
        words: &[AskedWord],
        prefix: bool,
        spelling: Spelling,
    ) -> tantivy::Result<Option<Sought>> {
        let last = words.len().saturating_sub(1);
        let mut all = Vec::with_capacity(words.len());
        for (at, word) in words.iter().enumerate() {
            let forms = match spelling {
                Spelling::AsAsked => self.forms(place, word, prefix && at == last)?,
                Spelling::Similar => self.similar_forms(place, word)?,
            };
            let Some(forms) = forms else { return Ok(None) };
            all.push(forms);
        }
        Ok(Some(Sought::all(all)))
    }

    /// A word as it was asked for, its other forms, and what begins with it.
    fn forms(&self, place: Place, word: &AskedWord, prefix: bool) -> tantivy::Result<Option<Sought>> {
        let mut ways: Vec<Sought> = self.word(place.words, &word.folded)?.into_iter().collect();
        self.add_stems(place, &word.stems, &mut ways)?;
        if prefix {
            let long_enough = place.words != self.fields.body
                || !word.folded.is_ascii()
                || word.folded.len() >= MIN_BODY_PREFIX_CHARS;
            if long_enough {
                ways.extend(self.begins_with(place.words, &word.folded)?);
            }
        }
        Ok(any_of(ways, 0.0))
    }

    fn similar_forms(&self, place: Place, word: &AskedWord) -> tantivy::Result<Option<Sought>> {
        let mut ways = Vec::new();
        for similar in &word.similar {
            ways.extend(self.word(place.words, &similar.folded)?);
            self.add_stems(place, &similar.stems, &mut ways)?;
        }
        Ok(any_of(ways, 0.0))
    }

    fn add_stems(&self, place: Place, stems: &[String], ways: &mut Vec<Sought>) -> tantivy::Result<()> {
        let Some(field) = place.stems else { return Ok(()) };
        for stem in stems {
            ways.extend(self.word(field, stem)?.map(|sought| sought.boosted(STEM_BOOST)));
        }
        Ok(())
    }

    /// Entries in which a word is spelled exactly so.
    pub(super) fn spelled_so(&self, word: &str) -> AnyQuery {
        let fields = [self.fields.body, self.fields.name, self.fields.title];
        Box::new(BooleanQuery::union(fields.map(|field| self.term(field, word)).into()))
    }

    /// `None` for what occurs nowhere: most words do not occur in most fields, and looking that up once is cheaper
    /// than carrying it through the search.
    fn word(&self, field: Field, token: &str) -> tantivy::Result<Option<Sought>> {
        let term = Term::from_field_text(field, token);
        let entries = self.searcher.doc_freq(&term)?;
        if entries == 0 {
            return Ok(None);
        }
        let all = self.searcher.total_num_docs()?;
        let length = self.searcher.total_num_tokens(field)? as Score / all as Score;
        let weight = Bm25Weight::for_one_term_without_explain(entries, all, length);
        Ok(Some(Sought::Word { term, weight }))
    }

    /// Words that begin so, all with the same small score.
    fn begins_with(&self, field: Field, beginning: &str) -> tantivy::Result<Option<Sought>> {
        let Some(end) = end_of(beginning) else { return Ok(None) };
        let beginnings: AnyQuery = match &self.among {
            Some(among) => {
                let (from, to) = (beginning.to_owned(), end);
                Box::new(BeginningsAmong { among: among.clone(), field, from, to })
            }
            None => {
                let (from, to) =
                    (Term::from_field_text(field, beginning), Term::from_field_text(field, &end));
                Box::new(InvertedIndexRangeQuery::new(Bound::Included(from), Bound::Excluded(to)))
            }
        };
        Sought::query(&ConstScoreQuery::new(beginnings, PREFIX_BOOST), self.searcher).map(Some)
    }

    pub(super) fn term(&self, field: Field, text: &str) -> AnyQuery {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
    }
}

/// A field and the field of its stems.
#[derive(Clone, Copy)]
struct Place {
    words: Field,
    stems: Option<Field>,
}

#[derive(Clone, Copy)]
enum Spelling {
    AsAsked,
    Similar,
}

/// How many of so many words must occur: one of two, then about two in five.
fn enough_of(words: usize) -> usize {
    if words <= 2 { words.min(1) } else { (words * 2).div_ceil(5) }
}

/// The best of several ways to match; `None` when there is none.
fn any_of(mut ways: Vec<Sought>, tie_breaker: f32) -> Option<Sought> {
    match ways.len() {
        0 | 1 => ways.pop(),
        _ => Some(Sought::Joined { parts: ways, join: Join::Best { tie_breaker } }),
    }
}

/// The first text after all that begin so.
fn end_of(beginning: &str) -> Option<String> {
    let last = beginning.chars().last()?;
    let next = char::from_u32(last as u32 + 1)?;
    Some(format!("{}{next}", &beginning[..beginning.len() - last.len_utf8()]))
}

#[cfg(test)]
mod tests {
    use super::enough_of;

    #[test]
    fn some_words_must_occur() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 10].map(enough_of), [0, 1, 1, 2, 2, 2, 3, 4]);
    }
}
