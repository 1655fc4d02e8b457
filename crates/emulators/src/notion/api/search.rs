//! Search: a lagging, incomplete index of titles.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Call, Paging, Result, invalid_cursor, list, object};
use crate::kernel::answer::Answer;
use crate::notion::errors::ApiError;
use crate::notion::ids;
use crate::notion::snapshots::{Snapshot, show_cursor};
use crate::notion::versions::Version;
use crate::notion::workspace::{Index, Kind, Workspace};

/// What to look for.
struct Wish {
    words: String,
    kind: Option<Kind>,
    in_trash: bool,
    ascending: bool,
}

pub fn search(call: &Call<'_>) -> Result<Answer> {
    call.body.only(&["query", "filter", "sort", "start_cursor", "page_size"])?;
    let wish = read_wish(call)?;
    let paging = call.body_paging()?;
    let store = call.notion.read();
    let kind = if call.version == Version::V2022 { "page_or_database" } else { "page_or_data_source" };
    let of = ids::of_key("search", &fingerprint(call)) as u64;
    let (rows, next, incomplete) = page_and_end(call, &paging, of, || {
        let mut rows = find(call, &store, &wish);
        let limit = call.switches.search_row_limit.unwrap_or(usize::MAX);
        let incomplete = rows.len() > limit;
        rows.truncate(limit);
        (rows, incomplete)
    })?;
    let view = call.view(&store);
    let results = rows
        .iter()
        // What was deleted or hidden since the listing began leaves a gap.
        .filter(|index| store.by_id.get(&store.node(**index).id) == Some(index) && view.sees(**index))
        .map(|index| match store.node(*index).kind {
            Kind::Page => view.page(*index, &[]),
            Kind::Database => match view.sources_of(*index).first() {
                Some(source) => view.legacy_database(*index, *source),
                None => Value::Null,
            },
            _ => view.source(*index),
        });
    let last = next.is_none();
    let mut body = list(kind, results.collect(), next.map(|(number, at)| show_cursor(number, at)));
    if incomplete && last {
        body["request_status"] = cut_short();
    }
    Ok(object(body))
}

/// What the last page says of a listing that stops before its end.
pub fn cut_short() -> Value {
    json!({"type": "incomplete", "incomplete_reason": "query_result_limit_reached"})
}

/// A text that is the same for every page of one listing.
pub fn fingerprint(call: &Call<'_>) -> String {
    let part = |name: &str| call.body.value(name).to_string();
    format!(
        "{} {} {} {} {}",
        ids::show(call.bot.id),
        part("query"),
        part("filter"),
        part("sort"),
        part("sorts")
    )
}

/// Where the next page of a listing begins: its number and the place.
pub type Next = Option<(u64, usize)>;

/// Returns one page of a listing, which is made at the first page and kept for the others; and says whether the listing
/// stops before its end.
pub fn page_and_end(
    call: &Call<'_>,
    paging: &Paging,
    of: u64,
    make: impl FnOnce() -> (Vec<Index>, bool),
) -> Result<(Vec<Index>, Next, bool)> {
    let (known, snapshot, start) = match &paging.cursor {
        Some(cursor) => {
            let found = call.notion.snapshots.find(cursor);
            let (number, snapshot, start) = found
                .filter(|(_, snapshot, _)| snapshot.bot == call.bot.id && snapshot.of == of)
                .ok_or_else(|| invalid_cursor(cursor))?;
            (Some(number), snapshot, start)
        }
        None => {
            let (rows, incomplete) = make();
            (None, Arc::new(Snapshot { bot: call.bot.id, of, rows, incomplete }), 0)
        }
    };
    let (range, next) = paging.cut(start, snapshot.rows.len());
    let next = next.map(|at| {
        let number = known.unwrap_or_else(|| call.notion.snapshots.keep(Arc::clone(&snapshot)));
        (number, at)
    });
    Ok((snapshot.rows[range].to_vec(), next, snapshot.incomplete))
}

fn read_wish(call: &Call<'_>) -> Result<Wish> {
    let words = match call.body.value("query") {
        Value::Null => String::new(),
        Value::String(words) => words.to_lowercase(),
        other => {
            return Err(ApiError::body(format!("body.query should be a string, instead was `{other}`")));
        }
    };
    let mut wish = Wish { words, kind: None, in_trash: false, ascending: false };
    let filter = call.body.value("filter");
    if let Some(filter) = filter.as_object() {
        if let Some(key) =
            filter.keys().find(|key| !["property", "value", "in_trash"].contains(&key.as_str()))
        {
            return Err(ApiError::body(format!("body.filter.{key} should be not present")));
        }
        if let Some(trash) = filter.get("in_trash") {
            wish.in_trash = trash.as_bool().ok_or_else(|| {
                ApiError::body(format!("body.filter.in_trash should be a boolean, instead was `{trash}`"))
            })?;
        }
        if filter.contains_key("property") || filter.contains_key("value") {
            if filter.get("property") != Some(&json!("object")) {
                return Err(ApiError::body("body.filter.property should be `\"object\"`"));
            }
            let value = filter.get("value").and_then(Value::as_str).unwrap_or_default();
            let old = call.version == Version::V2022;
            wish.kind = Some(match value {
                "page" => Kind::Page,
                "database" if old => Kind::Database,
                // Recordings show the new word being understood by old versions, too.
                "data_source" => {
                    if old {
                        Kind::Database
                    } else {
                        Kind::DataSource
                    }
                }
                other => {
                    let word = if old { "database" } else { "data_source" };
                    return Err(ApiError::body(format!(
                        "body.filter.value should be `\"page\"` or `\"{word}\"`, instead was `\"{other}\"`"
                    )));
                }
            });
        }
    } else if !filter.is_null() {
        return Err(ApiError::body(format!("body.filter should be an object, instead was `{filter}`")));
    }
    let sort = call.body.value("sort");
    if sort.is_object() && sort["property"] != "relevance" {
        if sort["timestamp"] != "last_edited_time" {
            return Err(ApiError::body("body.sort.timestamp should be `\"last_edited_time\"`"));
        }
        wish.ascending = match sort["direction"].as_str() {
            Some("ascending") => true,
            Some("descending") | None => false,
            Some(_) => {
                return Err(ApiError::body(
                    "body.sort.direction should be `\"ascending\"` or `\"descending\"`",
                ));
            }
        };
    }
    Ok(wish)
}

fn find(call: &Call<'_>, store: &Workspace, wish: &Wish) -> Vec<Index> {
    let lag_ms = call.switches.search_lag_ms;
    let now_ms = call.notion.now_ms();
    let old = call.version == Version::V2022;
    let table = if old { Kind::Database } else { Kind::DataSource };
    let missing = u128::from(call.switches.search_missing_percent);
    let mut rows = Vec::new();
    if call.bot.shared_ms + lag_ms > now_ms {
        return rows;
    }
    for (place, node) in store.nodes.iter().enumerate() {
        let index = place as Index;
        let fits = match wish.kind {
            Some(kind) => node.kind == kind,
            None => node.kind == Kind::Page || node.kind == table,
        };
        if !fits || node.appeared_ms + lag_ms > now_ms || store.by_id.get(&node.id) != Some(&index) {
            continue;
        }
        if indexed_as_trashed(store, index, lag_ms, now_ms) != wish.in_trash
            || !store.can_see(&call.bot, index)
        {
            continue;
        }
        if missing > 0 && node.id % 100 < missing && !store.shared_directly(&call.bot, index) {
            continue;
        }
        let view_sources = || {
            let live = |child: &&Index| !store.node(**child).trashed;
            node.children.iter().filter(live).count()
        };
        if old && node.kind == Kind::Database && view_sources() != 1 {
            continue;
        }
        if wish.words.is_empty() || store.plain_title(index).to_lowercase().contains(&wish.words) {
            rows.push(index);
        }
    }
    // Times are whole minutes, and so is the order; within a minute it is the index's own.
    let key = |index: &Index| {
        let node = store.node(*index);
        (node.edited_ms / 60_000, node.id)
    };
    rows.sort_by_cached_key(key);
    if !wish.ascending {
        rows.reverse();
    }
    rows
}

/// Says whether the index believes something to be in the trash.
fn indexed_as_trashed(store: &Workspace, index: Index, lag_ms: i64, now_ms: i64) -> bool {
    let mut next = Some(index);
    while let Some(at) = next {
        let node = store.node(at);
        if node.trashed && node.trashed_ms + lag_ms <= now_ms {
            return true;
        }
        next = node.parent;
    }
    false
}
