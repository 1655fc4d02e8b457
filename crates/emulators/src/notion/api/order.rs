//! Sorting the rows of a query.

use std::cmp::Ordering;

use serde_json::Value;

use super::Result;
use super::filter::{find_property, moment_of};
use crate::notion::errors::ApiError;
use crate::notion::render::{View, property_value};
use crate::notion::text::plain_text;
use crate::notion::workspace::{Index, Property};

/// One wish of order.
pub struct Sort {
    by: By,
    descending: bool,
}

enum By {
    Property(Property),
    Created,
    Edited,
}

/// What rows are compared by; empty values come last in both directions.
#[derive(Debug, PartialEq, PartialOrd)]
enum Key {
    Number(f64),
    Text(String),
    Empty,
}

pub fn read(view: &View<'_>, source: Index, sorts: &Value) -> Result<Vec<Sort>> {
    let list = match sorts {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        other => return Err(ApiError::body(format!("body.sorts should be an array, instead was `{other}`"))),
    };
    list.iter()
        .map(|sort| {
            let descending = match sort["direction"].as_str() {
                Some("ascending") => false,
                Some("descending") => true,
                _ => {
                    return Err(ApiError::body(
                        "body.sorts[0].direction should be `\"ascending\"` or `\"descending\"`",
                    ));
                }
            };
            let by = match (sort["property"].as_str(), sort["timestamp"].as_str()) {
                (Some(name), _) => By::Property(find_property(view, source, name, "sort")?),
                (None, Some("created_time")) => By::Created,
                (None, Some("last_edited_time")) => By::Edited,
                _ => return Err(ApiError::body("body.sorts[0].property should be defined")),
            };
            Ok(Sort { by, descending })
        })
        .collect()
}

pub fn sort(view: &View<'_>, rows: &mut Vec<Index>, sorts: &[Sort]) {
    let mut keyed: Vec<(Vec<Key>, Index)> =
        rows.iter().map(|row| (sorts.iter().map(|sort| key(view, *row, &sort.by)).collect(), *row)).collect();
    keyed.sort_by(|(left, _), (right, _)| {
        for ((left, right), sort) in left.iter().zip(right).zip(sorts) {
            let found = match (left, right) {
                (Key::Empty, Key::Empty) => Ordering::Equal,
                (Key::Empty, _) => Ordering::Greater,
                (_, Key::Empty) => Ordering::Less,
                _ => {
                    let order = left.partial_cmp(right).unwrap_or(Ordering::Equal);
                    if sort.descending { order.reverse() } else { order }
                }
            };
            if found != Ordering::Equal {
                return found;
            }
        }
        Ordering::Equal
    });
    *rows = keyed.into_iter().map(|(_, row)| row).collect();
}

fn key(view: &View<'_>, row: Index, by: &By) -> Key {
    let node = view.store.node(row);
    let property = match by {
        By::Created => return Key::Number((node.created_ms / 60_000) as f64),
        By::Edited => return Key::Number((node.edited_ms / 60_000) as f64),
        By::Property(property) => property,
    };
    let value = property_value(view, row, property);
    match property.kind.as_str() {
        "select" | "status" => {
            let options = property.config["options"].as_array();
            let place = options.and_then(|all| all.iter().position(|one| one["id"] == value["id"]));
            place.map_or(Key::Empty, |place| Key::Number(place as f64))
        }
        _ => key_of(&value),
    }
}

fn key_of(value: &Value) -> Key {
    match value {
        Value::Number(number) => Key::Number(number.as_f64().unwrap_or(0.0)),
        Value::Bool(flag) => Key::Number(f64::from(u8::from(*flag))),
        Value::String(text) if text.is_empty() => Key::Empty,
        Value::String(text) => Key::Text(text.to_lowercase()),
        Value::Array(items) if items.is_empty() => Key::Empty,
        Value::Array(items) => {
            let words = plain_text(items);
            let names: String = items.iter().filter_map(|item| item["name"].as_str()).collect();
            Key::Text((words + &names).to_lowercase())
        }
        Value::Object(object) => {
            if let Some(start) = object.get("start").and_then(Value::as_str) {
                return moment_of(start).map_or(Key::Empty, |at_ms| Key::Number(at_ms as f64));
            }
            let inner = object.get("type").and_then(Value::as_str).and_then(|kind| object.get(kind));
            match inner.or(object.get("number")).or(object.get("name")) {
                Some(inner) => key_of(inner),
                None => Key::Empty,
            }
        }
        Value::Null => Key::Empty,
    }
}
