//! One search: parse, collect, and read only the entries that are shown.

use gangway_model::{ItemId, Place, from_millis, to_millis};
use tantivy::collector::Count;
use tantivy::schema::{Field, Value};
use tantivy::{DocAddress, IndexReader, Score, Searcher, TantivyDocument};

use super::allowed::Listed;
use super::asked::{ALL_WORDS_SCORE, Asked};
use super::collect::{self, Best, Found, Order};
use super::duplicates::{self, Folded};
use super::matching::Sought;
use super::query::QueryBuilder;
use super::schema::Fields;
use super::seen::Seen;
use super::similar::respell;
use super::vocabulary::languages;
use crate::analysis::Detection;
use crate::contract::IndexStats;
use crate::meaning::Meaning;
use crate::query::{ParsedQuery, parse};
use crate::request::{ByMeaning, Hit, MAX_LIMIT, MAX_OFFSET, Passage, SearchPage, SearchRequest};
use crate::snippet::Highlighter;

/// How far down the list items are compared and ranked anew; deeper than any page reaches.
const MAX_RANKED: usize = duplicates::MAX_COMPARED;
/// With fewer items than this found, a word may have been misspelled.
const FEW: u64 = 3;

#[allow(clippy::disallowed_methods, reason = "measures how long a search took; nothing is decided by it")]
pub(super) fn search(
    reader: &IndexReader,
    fields: &Fields,
    request: &SearchRequest,
    meaning: Option<&Meaning>,
) -> tantivy::Result<SearchPage> {
    let started = std::time::Instant::now();
    let searcher = reader.searcher();
    let mut builder = QueryBuilder::new(fields, &searcher);
    let mut parsed = parse(&request.query, &request.names, request.now);
    let mut allowed = builder.allowed(&request.visible, &request.filters, &parsed);
    if let Some(listed) = Listed::of(&searcher, &*allowed)? {
        allowed = Box::new(listed.clone());
        builder.among = Some(listed);
    }
    let languages = languages(&searcher, fields, &*allowed)?;
    parsed.add_stems(&languages);
    let keep = if request.fold_duplicates || meaning.is_some() { MAX_RANKED } else { 0 };
    let excluded = builder.excluded_items(&parsed, &*allowed)?;
    let is_blank = parsed.is_blank();
    // By relevance, or the latest first when there is nothing to rank by.
    let collect = |asked: &Asked| {
        let (sought, order) = match is_blank {
            true => (Sought::query(&*builder.first_entries(), &searcher, 1.0)?, Order::Modified),
            false => (asked.ranking(), Order::Score { now: to_millis(request.now) }),
        };
        let wanted = request.offset.min(MAX_OFFSET).saturating_add(limit_of(request)).max(keep);
        collect::collect(&searcher, &*allowed, &sought, order, wanted, &excluded)
    };
    let seen = Seen::new(&searcher, &*allowed, builder.among.as_ref())?;
    let mut asked = Asked::new(&builder, &parsed)?;
    asked.weigh(&seen)?;
    let mut found = None;
    // Where a word occurs nowhere, nothing can hold all.
    if !asked.lacks_any() {
        found = Some(collect(&asked)?);
    }
    let may_be_misspelled = found.as_ref().is_none_or(|found| may_be_misspelled(&parsed, found));
    if may_be_misspelled && respell(&builder, &*allowed, &languages, &mut parsed, &mut asked)? {
        asked.weigh(&seen)?;
        found = None;
    }
    let mut found = match found {
        Some(found) => found,
        None => collect(&asked)?,
    };
    let by_meaning = match meaning {
        Some(meaning) => {
            builder.fuse(meaning, &parsed, &asked.ranking(), &*allowed, &excluded, &mut found)?
        }
        None => ByMeaning::Off,
    };
    let mut total = found.total;
    let mut total_is_exact = found.total_is_exact;
    let folded = match request.fold_duplicates {
        true => {
            let folded = duplicates::fold(&searcher, found.best)?;
            // What stands further down was not compared: it may be another hit or not.
            total_is_exact &= total <= MAX_RANKED as u64;
            total = folded.len() as u64;
            folded
        }
        false => {
            let whole = |best| Folded { best, duplicates: Vec::new() };
            found.best.into_iter().map(whole).collect()
        }
    };
    let limit = if request.offset > MAX_OFFSET { 0 } else { limit_of(request) };
    let highlighter = Highlighter::new(&parsed);
    let shown = Shown { searcher: &searcher, fields, highlighter: &highlighter };
    let hits = folded.iter().skip(request.offset).take(limit).map(|one| shown.hit(one));
    Ok(SearchPage {
        hits: hits.collect::<tantivy::Result<_>>()?,
        total,
        total_is_exact,
        took: started.elapsed(),
        understood: parsed.understood,
        by_meaning,
    })
}

fn limit_of(request: &SearchRequest) -> usize {
    request.limit.clamp(1, MAX_LIMIT)
}

/// Whether no item was found that has all that was asked for, or hardly any.
fn may_be_misspelled(parsed: &ParsedQuery, found: &Found) -> bool {
    match parsed.wanted.len() {
        0 => false,
        1 if parsed.required.is_empty() => found.total < FEW,
        _ => best_score(found) < ALL_WORDS_SCORE,
    }
}

fn best_score(found: &Found) -> Score {
    found.best.first().map_or(0.0, Best::score)
}

pub(super) fn stats(reader: &IndexReader, fields: &Fields) -> tantivy::Result<IndexStats> {
    let searcher = reader.searcher();
    let builder = QueryBuilder::new(fields, &searcher);
    Ok(IndexStats {
        chunks: searcher.num_docs(),
        items: searcher.search(&builder.first_entries(), &Count)? as u64,
        bytes: searcher.space_usage()?.total().get_bytes(),
    })
}

/// Reads and cuts what is shown.
struct Shown<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
    highlighter: &'a Highlighter,
}

impl Shown<'_> {
    fn hit(&self, folded: &Folded) -> tantivy::Result<Hit> {
        let fields = self.fields;
        let best = &folded.best;
        let entry: TantivyDocument = self.searcher.doc(best.address())?;
        let text = |field: Field| entry.get_first(field).and_then(|value| value.as_str());
        let owned = |field: Field| text(field).map(str::to_owned);
        let mut more_passages = Vec::new();
        for address in best.others() {
            let passage = self.passage(&self.searcher.doc(address)?);
            // An entry may match by the item's name alone; its text says nothing then.
            more_passages.extend(passage.filter(|passage| !passage.snippet.highlights.is_empty()));
        }
        let first = self.passage(&entry);
        let chunk = first.as_ref().map(|passage| passage.chunk);
        let (place, snippet) = first.map(|passage| (passage.place, passage.snippet)).unwrap_or_default();
        Ok(Hit {
            item_id: text(fields.item).unwrap_or_default().into(),
            connection_id: text(fields.connection).unwrap_or_default().into(),
            connector_id: text(fields.connector).unwrap_or_default().into(),
            score: best.score(),
            name: owned(fields.name).unwrap_or_default(),
            title: owned(fields.title),
            path: owned(fields.path),
            url: owned(fields.url),
            media_type: owned(fields.media_type).unwrap_or_default(),
            modified_at: entry.get_first(fields.modified).and_then(|value| value.as_i64()).map(from_millis),
            chunk,
            place,
            snippet,
            more_passages,
            duplicates: folded
                .duplicates
                .iter()
                .map(|address| self.item_at(*address))
                .collect::<tantivy::Result<_>>()?,
        })
    }

    /// The passage of an entry; `None` for an item without text.
    fn passage(&self, entry: &TantivyDocument) -> Option<Passage> {
        let fields = self.fields;
        let text = |field: Field| entry.get_first(field).and_then(|value| value.as_str());
        let language = Detection::of_code(text(fields.language).unwrap_or_default());
        Some(Passage {
            chunk: u32::try_from(entry.get_first(fields.chunk)?.as_u64()?).ok()?,
            place: text(fields.place)
                .and_then(|place| serde_json::from_str::<Place>(place).ok())
                .unwrap_or_default(),
            snippet: self.highlighter.snippet(text(fields.body).unwrap_or_default(), language),
        })
    }

    fn item_at(&self, address: DocAddress) -> tantivy::Result<ItemId> {
        let entry: TantivyDocument = self.searcher.doc(address)?;
        Ok(entry.get_first(self.fields.item).and_then(|value| value.as_str()).unwrap_or_default().into())
    }
}
