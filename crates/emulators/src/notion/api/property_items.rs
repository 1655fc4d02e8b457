//! One property of a page, whole and page by page.

use serde_json::{Value, json};

use super::{Call, Result, invalid_cursor, object};
use crate::kernel::answer::Answer;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::render::property_value;
use crate::notion::workspace::{Kind, Property};

/// Types that come as lists of items.
const LISTS: [&str; 4] = ["title", "rich_text", "people", "relation"];

pub fn get(call: &Call<'_>, id: Id, name: &str) -> Result<Answer> {
    call.only_params(&["start_cursor", "page_size"])?;
    let paging = call.paging()?;
    let store = call.notion.read();
    let view = call.view(&store);
    let index = call.find(&view, id, Kind::Page, "page")?;
    let found = match store.row_of(index).and_then(|source| store.source(source)) {
        Some(source) => source.schema.iter().find(|property| property.has_id(name)).cloned(),
        None => (name == "title").then(|| Property {
            id: "title".into(),
            name: "title".into(),
            kind: "title".into(),
            description: None,
            config: json!({}),
        }),
    };
    let property = found.ok_or_else(|| {
        ApiError::new("object_not_found", format!("Could not find property with name or id: {name}"))
    })?;
    let value = view.finish(&property_value(&view, index, &property));
    let kind = property.kind.as_str();
    let rollup_list = kind == "rollup" && value["type"] == "array";
    if !LISTS.contains(&kind) && !rollup_list {
        let mut item = json!({"object": "property_item", "type": kind, "id": property.id});
        item[kind] = value;
        return Ok(object(item));
    }
    let items = if rollup_list { value["array"].as_array() } else { value.as_array() };
    let mut items = items.cloned().unwrap_or_default();
    // The description of single items knows users only; groups stand in the page object.
    items.retain(|item| kind != "people" || item["object"] == "user");
    let base = ids::of_key("property item", &format!("{}/{}", ids::show(id), property.id));
    let start = match &paging.cursor {
        None => 0,
        Some(cursor) => {
            let place = ids::parse(cursor).map(|cursor| cursor.wrapping_sub(base));
            place
                .filter(|place| *place < items.len() as u128)
                .map(|place| place as usize)
                .ok_or_else(|| invalid_cursor(cursor))?
        }
    };
    let (range, next) = paging.cut(start, items.len());
    let results: Vec<Value> = items[range]
        .iter()
        .map(|one| {
            let mut item = json!({"object": "property_item", "id": property.id});
            if rollup_list {
                for (key, inner) in one.as_object().into_iter().flatten() {
                    item[key] = inner.clone();
                }
            } else {
                item["type"] = json!(kind);
                item[kind] = one.clone();
            }
            item
        })
        .collect();
    let cursor = next.map(|at| ids::show(base.wrapping_add(at as u128)));
    let next_url = cursor.as_ref().map(|cursor| {
        format!(
            "{}/v1/pages/{}/properties/{}?start_cursor={cursor}",
            call.notion.base,
            ids::show(id),
            property.id
        )
    });
    let mut summary = json!({"id": property.id, "next_url": next_url, "type": kind});
    summary[kind] = if rollup_list {
        json!({"type": "array", "array": [], "function": value["function"]})
    } else {
        json!({})
    };
    Ok(object(json!({
        "object": "list",
        "results": results,
        "has_more": cursor.is_some(),
        "next_cursor": cursor,
        "type": "property_item",
        "property_item": summary,
    })))
}
