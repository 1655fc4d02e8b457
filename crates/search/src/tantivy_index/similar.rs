//! Words that may have been meant by one that hardly occurs: those with a letter or two wrong, missing, too many or
//! exchanged.

use std::collections::HashMap;

use tantivy::query::{BooleanQuery, FuzzyTermQuery, Query};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

use super::asked::Asked;
use super::query::QueryBuilder;
use super::vocabulary::occurs;
use crate::analysis::{Detection, is_gram, stems_of};
use crate::query::{AskedWord, Matter, ParsedQuery, SimilarWord};
use crate::request::Respelled;

/// A word found in fewer entries than this hardly occurs.
const RARE: usize = 3;
/// Words of a query that are respelled at most.
const MAX_RESPELLED: usize = 3;
/// Words that one word may have been meant as.
const MAX_SIMILAR: usize = 8;
/// Candidates looked at for each word; of those the nearest are looked for in what may be seen.
const MAX_CANDIDATES: usize = 2000;
const MAX_LOOKED_FOR: usize = 64;

/// Gives similar words to those of the query that hardly occur in what is allowed, and looks for them too; tells whether
/// there are any.
pub(super) fn respell(
    builder: &QueryBuilder<'_>,
    allowed: &dyn Query,
    languages: &[Detection],
    parsed: &mut ParsedQuery,
    asked: &mut Asked,
) -> tantivy::Result<bool> {
    let searcher = builder.searcher;
    let mut told = Vec::new();
    for at in 0..parsed.wanted.len() {
        if told.len() >= MAX_RESPELLED {
            break;
        }
        let clause = &parsed.wanted[at];
        let Matter::Words { words, prefix } = &clause.matter else { continue };
        let [word] = words.as_slice() else { continue };
        let Some(distance) = distance_allowed(&word.folded) else { continue };
        let here = asked.wanted(at).count(searcher, allowed, RARE)?;
        // What occurs at all was probably meant; only the likeliest slip is thought of beside it, and none while the
        // word is still being typed.
        let distance = match here {
            RARE.. => continue,
            1.. if *prefix => continue,
            1.. => 1,
            0 => distance,
        };
        let similar = similar_words(searcher, builder, allowed, word, distance)?;
        if similar.is_empty() {
            continue;
        }
        told.push(Respelled { word: word.typed.clone(), tried: similar.clone() });
        let with_stems = similar.into_iter().map(|folded| {
            let mut stems = Vec::new();
            languages.iter().for_each(|language| stems_of(&folded, *language, &mut stems));
            SimilarWord { folded, stems }
        });
        let with_stems = with_stems.collect();
        if let [word] = parsed.wanted[at].words_mut() {
            word.similar = with_stems;
        }
        asked.replace(at, builder.clause(&parsed.wanted[at])?);
    }
    let any = !told.is_empty();
    parsed.understood.respelled = told;
    Ok(any)
}

/// How many letters may be wrong in a word; `None` for what is no word or too short to tell.
fn distance_allowed(word: &str) -> Option<u8> {
    if word.chars().any(|c| !c.is_alphabetic() || is_gram(c)) {
        return None;
    }
    match word.chars().count() {
        0..=3 => None,
        4..=7 => Some(1),
        _ => Some(2),
    }
}

/// The nearest words that occur in what is allowed; all at the same distance, the most frequent first.
fn similar_words(
    searcher: &Searcher,
    builder: &QueryBuilder<'_>,
    allowed: &dyn Query,
    asked: &AskedWord,
    distance: u8,
) -> tantivy::Result<Vec<String>> {
    let fields = builder.fields;
    let mut met: HashMap<String, u64> = HashMap::new();
    // The same for every field.
    let near = FuzzyTermQuery::new(Term::from_field_text(fields.body, &asked.folded), distance, true);
    let near = near.automaton()?;
    'all: for segment in searcher.segment_readers() {
        for field in [fields.body, fields.name, fields.title] {
            let index = segment.inverted_index(field)?;
            let mut terms = index.terms().search(&near).into_stream()?;
            while terms.advance() {
                let Ok(word) = std::str::from_utf8(terms.key()) else { continue };
                if word == asked.folded || distance_allowed(word).is_none() {
                    continue;
                }
                // What others write must not crowd out what the asker may see.
                let is_seen = match &builder.among {
                    None => true,
                    Some(among) => {
                        let word =
                            index.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
                        among.meets(segment, word)
                    }
                };
                if is_seen {
                    *met.entry(word.to_owned()).or_default() += u64::from(terms.value().doc_freq);
                }
                if met.len() >= MAX_CANDIDATES {
                    break 'all;
                }
            }
        }
    }
    let first = asked.folded.chars().next();
    let mut candidates: Vec<(usize, u64, String)> = met
        .into_iter()
        .map(|(word, entries)| (distance_between(&asked.folded, &word), u64::MAX - entries, word))
        // Two slips, one of them in the first letter, are hardly ever made.
        .filter(|(distance, _, word)| *distance < 2 || word.chars().next() == first)
        .collect();
    candidates.sort();
    candidates.truncate(MAX_LOOKED_FOR);
    let mut similar: Vec<String> = Vec::new();
    let mut nearest = usize::MAX;
    for (distance, _, word) in candidates {
        if distance > nearest || similar.len() >= MAX_SIMILAR {
            break;
        }
        let is_seen = builder.among.is_some() || {
            let here = BooleanQuery::intersection(vec![builder.spelled_so(&word), allowed.box_clone()]);
            occurs(searcher, &here, 1)?
        };
        if is_seen {
            nearest = distance;
            similar.push(word);
        }
    }
    Ok(similar)
}

/// Letters that are wrong, missing, too many, or exchanged with their neighbour (which counts once).
fn distance_between(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before_that: Vec<usize> = Vec::new();
    let mut before: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (before[j] + usize::from(a != b)).min(before[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before_that[j - 1] + 1);
            }
            row.push(least);
        }
        before_that = std::mem::replace(&mut before, row);
    }
    before.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (one, other, slips) in [
            ("budget", "budgte", 1),
            ("budget", "bugdet", 1),
            ("budget", "budgets", 1),
            ("budget", "badge", 2),
            ("größe", "grösse", 2),
            ("", "ab", 2),
        ] {
            assert_eq!(distance_between(one, other), slips, "{one} {other}");
            assert_eq!(distance_between(other, one), slips, "{other} {one}");
        }
    }

    #[test]
    fn short_words_and_numbers_are_meant_as_they_are() {
        assert_eq!(
            ["the", "2026", "q3plan", "東京", "plan", "reports", "reporting"].map(distance_allowed),
            [None, None, None, None, Some(1), Some(1), Some(2)]
        );
    }
}
