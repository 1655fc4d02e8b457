//! One search: parse, collect, and read only the entries that are shown.

use std::collections::HashSet;
use std::sync::Arc;

use gangway_model::{Place, from_millis};
use tantivy::collector::Count;
use tantivy::query::{BooleanQuery, Query};
use tantivy::schema::{Field, Value};
use tantivy::{IndexReader, TantivyDocument};

use super::collect::{Best, ItemCollector, KeyCollector, Order};
use super::query::QueryBuilder;
use super::schema::Fields;
use crate::contract::IndexStats;
use crate::query::{ParsedQuery, parse};
use crate::request::{Hit, MAX_LIMIT, MAX_OFFSET, SearchPage, SearchRequest};
use crate::snippet::Highlighter;

#[allow(clippy::disallowed_methods, reason = "measures how long a search took; nothing is decided by it")]
pub(super) fn search(
    reader: &IndexReader,
    fields: &Fields,
    request: &SearchRequest,
) -> tantivy::Result<SearchPage> {
    let started = std::time::Instant::now();
    let parsed = parse(&request.query);
    let limit = request.limit.clamp(1, MAX_LIMIT);
    let builder = QueryBuilder { fields };
    let searcher = reader.searcher();
    let allowed = builder.allowed(&request.visible, &request.filters);
    let excluded = match builder.excluded(&parsed) {
        None => HashSet::new(),
        Some(query) => {
            searcher.search(&BooleanQuery::intersection(vec![query, allowed.box_clone()]), &KeyCollector)?
        }
    };
    let (query, order) = ranked(&builder, &parsed, allowed);
    let collector = ItemCollector {
        wanted: request.offset.min(MAX_OFFSET).saturating_add(limit),
        order,
        excluded: Arc::new(excluded),
    };
    let found = searcher.search(&query, &collector)?;
    let highlighter = Highlighter::new(&parsed);
    let shown =
        found.best.iter().skip(request.offset).take(if request.offset > MAX_OFFSET { 0 } else { limit });
    let hits = shown.map(|best| {
        let entry: TantivyDocument = searcher.doc(best.address)?;
        Ok(hit(fields, &entry, best, &highlighter))
    });
    Ok(SearchPage {
        hits: hits.collect::<tantivy::Result<_>>()?,
        total: found.total,
        took: started.elapsed(),
    })
}

/// What is searched and how it is ordered: by relevance, or the latest first when there is nothing to rank by.
fn ranked(
    builder: &QueryBuilder<'_>,
    parsed: &ParsedQuery,
    allowed: Box<dyn Query>,
) -> (BooleanQuery, Order) {
    match parsed.is_blank() {
        true => (BooleanQuery::intersection(vec![builder.first_entries(), allowed]), Order::Modified),
        false => (BooleanQuery::intersection(vec![builder.ranking(parsed), allowed]), Order::Score),
    }
}

pub(super) fn stats(reader: &IndexReader, fields: &Fields) -> tantivy::Result<IndexStats> {
    let searcher = reader.searcher();
    let builder = QueryBuilder { fields };
    Ok(IndexStats {
        chunks: searcher.num_docs(),
        items: searcher.search(&builder.first_entries(), &Count)? as u64,
        bytes: searcher.space_usage()?.total().get_bytes(),
    })
}

fn hit(fields: &Fields, entry: &TantivyDocument, best: &Best, highlighter: &Highlighter) -> Hit {
    let text = |field: Field| entry.get_first(field).and_then(|value| value.as_str());
    let owned = |field: Field| text(field).map(str::to_owned);
    Hit {
        item_id: text(fields.item).unwrap_or_default().into(),
        connection_id: text(fields.connection).unwrap_or_default().into(),
        connector_id: text(fields.connector).unwrap_or_default().into(),
        score: best.score,
        name: owned(fields.name).unwrap_or_default(),
        title: owned(fields.title),
        path: owned(fields.path),
        url: owned(fields.url),
        media_type: owned(fields.media_type).unwrap_or_default(),
        modified_at: entry.get_first(fields.modified).and_then(|value| value.as_i64()).map(from_millis),
        chunk: entry
            .get_first(fields.chunk)
            .and_then(|value| value.as_u64())
            .and_then(|n| u32::try_from(n).ok()),
        place: text(fields.place)
            .and_then(|place| serde_json::from_str::<Place>(place).ok())
            .unwrap_or_default(),
        snippet: highlighter.snippet(text(fields.body).unwrap_or_default()),
    }
}
