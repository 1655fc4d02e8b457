//! The rows of a data source.
//!
//! A query ends after ten thousand rows, however many there are. So the rows are asked for in the order in which
//! they were created, and where a query ends the next begins at that moment: creation times never move. What was
//! created within that minute comes twice.

use gangway_connector::{ConnectorError, EntryPage};
use gangway_model::{ProviderItemId, Reason, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ancestry::Memory;
use super::api::Api;
use super::entries;
use super::listing::{Measure, Onward};
use super::wire::{DataSource, Object, Page, read};

/// Where Notion ends a query, whether it says so or not.
const MOST_ROWS: u32 = 10_000;

/// How far the listing of a data source has come.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct InRows {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// The query asks for rows created from this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    /// Or only after it.
    #[serde(default)]
    after: bool,
    /// Rows that this query gave so far.
    #[serde(default)]
    rows: u32,
    /// When the last of them was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Timestamp>,
}

pub async fn list(
    api: &Api,
    memory: &Memory,
    data_source: &str,
    at: InRows,
    measure: Measure,
) -> Result<EntryPage, ConnectorError> {
    let list = api.query(data_source, wish(&at), at.cursor.as_deref(), measure.size()).await?;
    let next = list.next().map(str::to_owned);
    let is_cut_short = list.is_cut_short();
    let mut listed = EntryPage::default();
    let (mut rows, mut last) = (at.rows, at.last);
    for value in list.results {
        rows += 1;
        let created = add(memory, data_source, &value, &mut listed);
        last = created.or(last);
    }
    if next.is_some() && next == at.cursor {
        listed.incomplete = true;
        return Ok(listed);
    }
    let onward = match next {
        Some(cursor) => Some(InRows { cursor: Some(cursor), rows, last, ..at }),
        None if is_cut_short || rows >= MOST_ROWS => match last {
            Some(last) if at.from.is_none_or(|from| last > from) => {
                Some(InRows { from: Some(last), ..InRows::default() })
            }
            // More rows within one minute than a query gives: the rest of that minute cannot be reached.
            Some(last) if !at.after => {
                listed.incomplete = true;
                Some(InRows { from: Some(last), after: true, ..InRows::default() })
            }
            _ => {
                listed.incomplete = true;
                None
            }
        },
        None => None,
    };
    listed.next = onward.map(|at| Onward::Rows(at).token());
    Ok(listed)
}

fn wish(at: &InRows) -> Map<String, Value> {
    let mut wish = Map::new();
    wish.insert("sorts".to_owned(), json!([{"timestamp": "created_time", "direction": "ascending"}]));
    if let Some(from) = at.from {
        let bound = if at.after { "after" } else { "on_or_after" };
        let moment = from.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        wish.insert(
            "filter".to_owned(),
            json!({"timestamp": "created_time", "created_time": {bound: moment}}),
        );
    }
    wish
}

/// Adds one row, and says when it was created.
fn add(memory: &Memory, data_source: &str, value: &Value, listed: &mut EntryPage) -> Option<Timestamp> {
    let parents = vec![ProviderItemId::from(data_source)];
    let object: Object = read(value).unwrap_or_default();
    if object.id.is_empty() {
        listed.incomplete = true;
        return None;
    }
    match object.object.as_str() {
        // A wiki holds tables beside pages.
        "data_source" => {
            let source: DataSource = read(value).unwrap_or_default();
            if !source.is_trashed() {
                listed.entries.push(entries::data_source(&source, parents));
            }
            source.created_time
        }
        _ if object.last_edited_time.is_none() => {
            let reason =
                Reason::new("partial_answer", "Notion tells no more of this row than that it is there");
            listed.failures.push((ProviderItemId::from(object.id), reason));
            None
        }
        _ => {
            let page: Page = read(value).unwrap_or_default();
            if !page.is_trashed() {
                memory.remember_page(&page);
                listed.entries.push(entries::page(&page, parents));
            }
            page.created_time
        }
    }
}
