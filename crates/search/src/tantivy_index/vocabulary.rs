//! What the part of the index that may be seen holds: whether something occurs in it, and which languages.

use tantivy::query::{BooleanQuery, EnableScoring, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Searcher, TERMINATED, Term};

use super::schema::Fields;
use crate::analysis::Detection;

/// Whether at least so many entries match a query. Stops as soon as that is known.
pub(super) fn occurs(searcher: &Searcher, query: &dyn Query, at_least: usize) -> tantivy::Result<bool> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut met = 0;
    for segment in searcher.segment_readers() {
        let mut entries = weight.scorer(segment, 1.0)?;
        let alive = segment.alive_bitset();
        while entries.doc() != TERMINATED {
            if alive.is_none_or(|alive| alive.is_alive(entries.doc())) {
                met += 1;
                if met >= at_least {
                    return Ok(true);
                }
            }
            entries.advance();
        }
    }
    Ok(false)
}

/// The languages of what is allowed. Texts of unknown language are always thought of: names are.
pub(super) fn languages(
    searcher: &Searcher,
    fields: &Fields,
    allowed: &dyn Query,
) -> tantivy::Result<Vec<Detection>> {
    let mut codes: Vec<String> = Vec::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(fields.language)?;
        let mut terms = index.terms().stream()?;
        while terms.advance() {
            let code = String::from_utf8_lossy(terms.key()).into_owned();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    codes.sort();
    let mut languages = vec![Detection::Unknown];
    for code in codes {
        let Detection::Known(_) = Detection::of_code(&code) else { continue };
        let term = TermQuery::new(Term::from_field_text(fields.language, &code), IndexRecordOption::Basic);
        let here = BooleanQuery::intersection(vec![Box::new(term), allowed.box_clone()]);
        if occurs(searcher, &here, 1)? {
            languages.push(Detection::of_code(&code));
        }
    }
    Ok(languages)
}
