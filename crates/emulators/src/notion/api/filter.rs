//! Filters over the rows of a data source.

use serde_json::{Map, Value};

use super::Result;
use crate::kernel::clock::parse_rfc3339;
use crate::notion::errors::ApiError;
use crate::notion::ids;
use crate::notion::render::{View, property_value};
use crate::notion::text::plain_text;
use crate::notion::workspace::{Index, Property};

const DAY_MS: i64 = 86_400_000;

/// A checked filter.
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Property(Property, Test),
    Created(Test),
    Edited(Test),
}

/// A condition of a type: `{"contains": "tea"}` of `rich_text`.
#[derive(Debug, Clone)]
pub struct Test {
    kind: String,
    condition: Map<String, Value>,
}

/// Reads a filter; nothing when there is none.
pub fn read(view: &View<'_>, source: Index, filter: &Value) -> Result<Option<Filter>> {
    match filter {
        Value::Null => Ok(None),
        Value::Object(object) if object.is_empty() => Ok(None),
        _ => read_level(view, source, filter, 0).map(Some),
    }
}

fn read_level(view: &View<'_>, source: Index, filter: &Value, depth: u32) -> Result<Filter> {
    for (name, make) in [("and", Filter::And as fn(Vec<Filter>) -> Filter), ("or", Filter::Or)] {
        if let Some(parts) = filter[name].as_array() {
            if depth > 1 {
                return Err(ApiError::body(format!("body.filter.{name} is nested too deeply")));
            }
            let parts: Result<Vec<Filter>> =
                parts.iter().map(|part| read_level(view, source, part, depth + 1)).collect();
            return Ok(make(parts?));
        }
    }
    if let Some(name) = filter["timestamp"].as_str() {
        let condition = filter[name].as_object().cloned();
        let condition = condition.ok_or_else(|| {
            ApiError::body(format!("body.filter.{name} should be an object, instead was `undefined`"))
        })?;
        let test = Test { kind: "date".into(), condition };
        test.check()?;
        return match name {
            "created_time" => Ok(Filter::Created(test)),
            "last_edited_time" => Ok(Filter::Edited(test)),
            _ => Err(ApiError::body(
                "body.filter.timestamp should be `\"created_time\"` or `\"last_edited_time\"`",
            )),
        };
    }
    let Some(name) = filter["property"].as_str() else {
        return Err(ApiError::body(
            "body.filter should have `and`, `or`, `property` or `timestamp`, instead had none of them",
        ));
    };
    let property = find_property(view, source, name, "property")?;
    let kind = filter
        .as_object()
        .and_then(|filter| filter.keys().find(|key| key.as_str() != "property" && key.as_str() != "type"))
        .cloned()
        .unwrap_or_default();
    let expected = filter_kind(&property.kind);
    if kind != expected && kind != property.kind {
        return Err(ApiError::validation(format!(
            "database property {} does not match filter {kind}",
            property.kind
        )));
    }
    let condition = filter[&kind].as_object().cloned().unwrap_or_default();
    let test = Test { kind: expected.to_owned(), condition };
    test.check()?;
    Ok(Filter::Property(property, test))
}

/// Finds a column by its name or id.
pub fn find_property(view: &View<'_>, source: Index, name: &str, what: &str) -> Result<Property> {
    let schema = view.store.source(source).map(|source| source.schema.as_slice()).unwrap_or_default();
    let found = schema.iter().find(|property| property.is_called(name));
    found
        .cloned()
        .ok_or_else(|| ApiError::validation(format!("Could not find {what} with name or id: {name}")))
}

/// Returns the word under which a column's type is filtered.
fn filter_kind(kind: &str) -> &str {
    match kind {
        "created_time" | "last_edited_time" | "last_visited_time" => "date",
        "created_by" | "last_edited_by" => "people",
        "title" | "url" | "email" | "phone_number" => "rich_text",
        "unique_id" => "number",
        other => other,
    }
}

impl Test {
    /// Refuses conditions that their type does not have.
    fn check(&self) -> Result<()> {
        let known: &[&str] = match self.kind.as_str() {
            "rich_text" => &[
                "equals",
                "does_not_equal",
                "contains",
                "does_not_contain",
                "starts_with",
                "ends_with",
                "is_empty",
                "is_not_empty",
            ],
            "number" => &[
                "equals",
                "does_not_equal",
                "greater_than",
                "less_than",
                "greater_than_or_equal_to",
                "less_than_or_equal_to",
                "is_empty",
                "is_not_empty",
            ],
            "checkbox" => &["equals", "does_not_equal"],
            "select" | "status" => &["equals", "does_not_equal", "is_empty", "is_not_empty"],
            "multi_select" | "people" | "relation" => {
                &["contains", "does_not_contain", "is_empty", "is_not_empty"]
            }
            "date" => &[
                "equals",
                "before",
                "after",
                "on_or_before",
                "on_or_after",
                "this_week",
                "past_week",
                "past_month",
                "past_year",
                "next_week",
                "next_month",
                "next_year",
                "is_empty",
                "is_not_empty",
            ],
            "files" => &["is_empty", "is_not_empty"],
            "formula" => &["string", "checkbox", "number", "date"],
            "rollup" => &["any", "none", "every", "date", "number"],
            "verification" => &["status", "does_not_equal"],
            _ => return Err(ApiError::body(format!("body.filter.{} cannot be filtered", self.kind))),
        };
        if self.condition.len() != 1 {
            return Err(ApiError::body(format!("body.filter.{} should have one condition", self.kind)));
        }
        match self.condition.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => {
                Err(ApiError::body(format!("body.filter.{}.{key} should be not present", self.kind)))
            }
            None => self.check_date(),
        }
    }

    fn check_date(&self) -> Result<()> {
        if self.kind != "date" {
            return Ok(());
        }
        for (name, value) in &self.condition {
            if let Some(text) = value.as_str()
                && relative(text, 0).is_none()
                && span(text).is_none()
            {
                return Err(ApiError::body(format!(
                    "body.filter.date.{name} should be a valid ISO 8601 date string, instead was `\"{text}\"`"
                )));
            }
        }
        Ok(())
    }

    fn fits(&self, view: &View<'_>, value: &Value) -> bool {
        let Some((name, wanted)) = self.condition.iter().next() else { return true };
        let empty = is_empty(value);
        match name.as_str() {
            "is_empty" => return empty == (wanted != &Value::Bool(false)),
            "is_not_empty" => return empty != (wanted != &Value::Bool(false)),
            _ => {}
        }
        match self.kind.as_str() {
            "rich_text" => text_fits(name, &words_of(value), wanted.as_str().unwrap_or_default()),
            "number" => number_fits(name, value, wanted.as_f64()),
            "checkbox" => (value == wanted) == (name == "equals"),
            "select" | "status" => {
                let one = |wanted: &Value| value["name"] == *wanted || value["id"] == *wanted;
                let hit = wanted.as_array().map_or_else(|| one(wanted), |all| all.iter().any(one));
                hit == (name == "equals")
            }
            "multi_select" | "people" | "relation" => list_has(view, value, wanted) == (name == "contains"),
            "date" => date_fits(name, value, wanted, view.now_ms),
            "formula" => formula_fits(view, name, wanted, value),
            "rollup" => rollup_fits(view, name, wanted, value),
            "verification" => (value["state"] == *wanted) == (name == "status"),
            _ => true,
        }
    }
}

impl Filter {
    pub fn fits(&self, view: &View<'_>, row: Index) -> bool {
        let node = view.store.node(row);
        // Times are compared as they are shown: in whole minutes.
        let shown = |at_ms: i64| Value::String(crate::notion::render::minute(at_ms));
        match self {
            Filter::And(parts) => parts.iter().all(|part| part.fits(view, row)),
            Filter::Or(parts) => parts.iter().any(|part| part.fits(view, row)),
            Filter::Created(test) => test.fits(view, &shown(node.created_ms)),
            Filter::Edited(test) => test.fits(view, &shown(node.edited_ms)),
            Filter::Property(property, test) => test.fits(view, &property_value(view, row, property)),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn words_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => plain_text(items),
        _ => String::new(),
    }
}

fn text_fits(name: &str, words: &str, wanted: &str) -> bool {
    let (words, wanted) = (words.to_lowercase(), wanted.to_lowercase());
    match name {
        "equals" => words == wanted,
        "does_not_equal" => words != wanted,
        "contains" => words.contains(&wanted),
        "does_not_contain" => !words.contains(&wanted),
        "starts_with" => words.starts_with(&wanted),
        _ => words.ends_with(&wanted),
    }
}

fn number_fits(name: &str, value: &Value, wanted: Option<f64>) -> bool {
    let number = value.as_f64().or(value["number"].as_f64());
    let (Some(number), Some(wanted)) = (number, wanted) else { return name == "does_not_equal" };
    match name {
        "equals" => number == wanted,
        "does_not_equal" => number != wanted,
        "greater_than" => number > wanted,
        "less_than" => number < wanted,
        "greater_than_or_equal_to" => number >= wanted,
        _ => number <= wanted,
    }
}

fn list_has(view: &View<'_>, value: &Value, wanted: &Value) -> bool {
    let one = |wanted: &str| {
        let id = match wanted {
            "me" => Some(ids::show(view.bot.id)),
            text => ids::parse(text).map(ids::show),
        };
        let same = |item: &Value| item["name"] == wanted || id.as_ref().is_some_and(|id| item["id"] == *id);
        match value {
            Value::Array(items) => items.iter().any(same),
            other => same(other),
        }
    };
    match wanted {
        Value::Array(all) => all.iter().filter_map(Value::as_str).any(one),
        other => other.as_str().is_some_and(one),
    }
}

/// Reads a date or a moment.
pub fn moment_of(text: &str) -> Option<i64> {
    parse_rfc3339(text).ok()
}

/// Returns the first and last moment that a date or a time stands for.
fn span(text: &str) -> Option<(i64, i64)> {
    let from = moment_of(text)?;
    Some(if text.len() == 10 { (from, from + DAY_MS - 1) } else { (from, from) })
}

fn relative(text: &str, now_ms: i64) -> Option<(i64, i64)> {
    let days = match text {
        "today" => 0,
        "tomorrow" => 1,
        "yesterday" => -1,
        "one_week_ago" => -7,
        "one_week_from_now" => 7,
        "one_month_ago" => -30,
        "one_month_from_now" => 30,
        _ => return None,
    };
    let from = (now_ms.div_euclid(DAY_MS) + days) * DAY_MS;
    Some((from, from + DAY_MS - 1))
}

fn date_fits(name: &str, value: &Value, wanted: &Value, now_ms: i64) -> bool {
    let start = value.as_str().or(value["start"].as_str());
    let Some(at_ms) = start.and_then(moment_of) else { return false };
    let within = |from_days: i64, to_days: i64| {
        (now_ms + from_days * DAY_MS..=now_ms + to_days * DAY_MS).contains(&at_ms)
    };
    match name {
        "past_week" => return within(-7, 0),
        "past_month" => return within(-30, 0),
        "past_year" => return within(-365, 0),
        "next_week" => return within(0, 7),
        "next_month" => return within(0, 30),
        "next_year" => return within(0, 365),
        "this_week" => {
            let day = now_ms.div_euclid(DAY_MS);
            let monday = day - (day + 3).rem_euclid(7);
            return (monday * DAY_MS..(monday + 7) * DAY_MS).contains(&at_ms);
        }
        _ => {}
    }
    let text = wanted.as_str().unwrap_or_default();
    let Some((from, to)) = relative(text, now_ms).or_else(|| span(text)) else { return false };
    match name {
        "equals" => (from..=to).contains(&at_ms),
        "before" => at_ms < from,
        "after" => at_ms > to,
        "on_or_before" => at_ms <= to,
        _ => at_ms >= from,
    }
}

/// Tests what a formula or a rollup came to.
fn inner_fits(view: &View<'_>, kind: &str, condition: &Value, value: &Value) -> bool {
    let kind = match kind {
        "string" => "rich_text",
        other => filter_kind(other),
    };
    let condition = condition.as_object().cloned().unwrap_or_default();
    Test { kind: kind.to_owned(), condition }.fits(view, value)
}

fn formula_fits(view: &View<'_>, name: &str, condition: &Value, value: &Value) -> bool {
    let inner = match name {
        "checkbox" => &value["boolean"],
        other => &value[other],
    };
    inner_fits(view, name, condition, inner)
}

fn rollup_fits(view: &View<'_>, name: &str, condition: &Value, value: &Value) -> bool {
    if name == "number" || name == "date" {
        return inner_fits(view, name, condition, &value[name]);
    }
    let Some((kind, inner)) = condition.as_object().and_then(|object| object.iter().next()) else {
        return true;
    };
    let items = value["array"].as_array().cloned().unwrap_or_default();
    let mut hits = items.iter().map(|item| {
        let own = item["type"].as_str().unwrap_or_default();
        inner_fits(view, kind, inner, &item[own])
    });
    match name {
        "any" => hits.any(|hit| hit),
        "none" => !hits.any(|hit| hit),
        _ => hits.all(|hit| hit),
    }
}
