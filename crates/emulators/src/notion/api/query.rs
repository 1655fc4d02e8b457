//! Queries over the rows of a data source.

use serde_json::Value;

use super::databases::{find_database, only_source};
use super::search::{cut_short, fingerprint, page_and_end};
use super::{Call, Result, filter, list, object, order};
use crate::kernel::answer::Answer;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::render::View;
use crate::notion::snapshots::show_cursor;
use crate::notion::workspace::{Index, Kind};

const KNOWN: [&str; 8] =
    ["filter", "sorts", "start_cursor", "page_size", "archived", "in_trash", "result_type", "is_archived"];

pub fn query(call: &Call<'_>, id: Id) -> Result<Answer> {
    let store = call.notion.read();
    let view = call.view(&store);
    let source = call.find(&view, id, Kind::DataSource, "data_source")?;
    run(call, &view, source, "page_or_data_source")
}

/// The same by the id of the database, as before 2025-09-03.
pub fn legacy(call: &Call<'_>, id: Id) -> Result<Answer> {
    let store = call.notion.read();
    let view = call.view(&store);
    let database = find_database(call, &view, id)?;
    let source = only_source(&view, database)?;
    run(call, &view, source, "page_or_database")
}

fn run(call: &Call<'_>, view: &View<'_>, source: Index, kind: &str) -> Result<Answer> {
    call.only_params(&["filter_properties"])?;
    call.body.only(&KNOWN)?;
    let wanted = call.body.value("result_type");
    if !wanted.is_null() && wanted != "page" && wanted != "data_source" {
        return Err(ApiError::body("body.result_type should be `\"page\"` or `\"data_source\"`"));
    }
    let paging = call.body_paging()?;
    let filter = filter::read(view, source, &call.body.value("filter"))?;
    let sorts = order::read(view, source, &call.body.value("sorts"))?;
    let limit = call.switches.query_row_limit;
    let flags: Vec<String> = ["archived", "in_trash", "is_archived", "result_type"]
        .iter()
        .map(|name| call.body.value(name).to_string())
        .collect();
    let of = format!("{} {} {}", fingerprint(call), view.store.node(source).id, flags.join(" "));
    let of = ids::of_key("query", &of) as u64;
    let (rows, next, incomplete) = page_and_end(call, &paging, of, || {
        let in_trash = call.body.value("in_trash") == true || call.body.value("archived") == true;
        let archived = call.body.value("is_archived") == true;
        let mut rows: Vec<Index> = Vec::new();
        if wanted != "data_source" {
            let children = view.store.node(source).children.iter().copied();
            rows.extend(children.filter(|row| {
                let node = view.store.node(*row);
                node.trashed == in_trash
                    && node.archived == archived
                    && !view.bot.denied.contains(&node.id)
                    && filter.as_ref().is_none_or(|filter| filter.fits(view, *row))
            }));
        }
        if !sorts.is_empty() {
            order::sort(view, &mut rows, &sorts);
        } else if call.switches.shuffle_unsorted {
            rows.sort_by_key(|row| view.store.node(*row).id);
        }
        let incomplete = rows.len() > limit;
        rows.truncate(limit);
        (rows, incomplete)
    })?;
    let only = call.params("filter_properties");
    let results: Vec<Value> = rows
        .iter()
        .filter(|row| view.store.by_id.get(&view.store.node(**row).id) == Some(row) && view.sees(**row))
        .map(|row| view.page(*row, &only))
        .collect();
    let last = next.is_none();
    let mut body = list(kind, results, next.map(|(number, at)| show_cursor(number, at)));
    if incomplete && last {
        body["request_status"] = cut_short();
    }
    Ok(object(body))
}
