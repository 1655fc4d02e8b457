//! A row's property values in words.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ids::{address, uuid};
use super::rich_text::{date, plain, runs};
use super::wire::{User, field, read};

/// Titles of pages that are referred to by id alone. What is not in it could not be read.
pub type Titles = BTreeMap<String, String>;

/// References that a page's answer holds at most; more are asked for one property at a time.
pub const MOST_REFERENCES: usize = 25;

/// Name and value of each property that has one, the title left out.
pub fn lines(properties: &Map<String, Value>, titles: &Titles) -> Vec<(String, String)> {
    let mut lines = Vec::with_capacity(properties.len());
    for (name, value) in by_name(properties) {
        if kind_of(value) == "title" {
            continue;
        }
        let words = in_words(value, titles);
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if !words.is_empty() {
            lines.push((name.split_whitespace().collect::<Vec<_>>().join(" "), words));
        }
    }
    lines
}

/// The pages that relations refer to, each once, in order.
pub fn related(properties: &Map<String, Value>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let relations = by_name(properties).into_iter().flat_map(|(_, value)| relations_of(value));
    for id in relations {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Ids of the properties whose values may go on beyond what the page's answer holds.
pub fn cut_short(properties: &Map<String, Value>) -> Vec<(String, String)> {
    let is_cut = |value: &Value| {
        let kind = kind_of(value);
        let is_listed = matches!(kind, "title" | "rich_text" | "people" | "relation");
        let count = value.get(kind).and_then(Value::as_array).map_or(0, Vec::len);
        let says_more = value.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        says_more || is_listed && count >= MOST_REFERENCES
    };
    by_name(properties)
        .into_iter()
        .filter(|(_, value)| is_cut(value))
        .filter_map(|(name, value)| Some((name.clone(), field(value, "id")?)))
        .collect()
}

/// Puts the parts of a property, as its own list tells them, in the place of what the page's answer held of it.
pub fn complete(value: &mut Value, parts: &[Value]) {
    let kind = kind_of(value).to_owned();
    let whole: Vec<Value> = parts.iter().filter_map(|part| part.get(&kind).cloned()).collect();
    if let Some(slot) = value.get_mut(&kind).filter(|slot| slot.is_array()) {
        *slot = Value::Array(whole);
    }
}

/// In an order that is the same with every reading: Notion promises none.
fn by_name(properties: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = properties.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    sorted
}

fn relations_of(value: &Value) -> Vec<String> {
    let own = ids_in(value.get("relation"));
    let rolled_up = value.get("rollup").and_then(|rollup| rollup.get("array")).and_then(Value::as_array);
    let rolled_up = rolled_up.into_iter().flatten().flat_map(|part| ids_in(part.get("relation")));
    own.into_iter().chain(rolled_up).collect()
}

fn ids_in(relation: Option<&Value>) -> Vec<String> {
    let list = relation.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| uuid(one.get("id")?.as_str()?)).collect()
}

fn kind_of(value: &Value) -> &str {
    value.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// A value in words; empty when there is none, or when nothing is known of its type.
fn in_words(value: &Value, titles: &Titles) -> String {
    let kind = kind_of(value);
    let body = value.get(kind).unwrap_or(&Value::Null);
    let name_of = |value: &Value| field::<String>(value, "name").unwrap_or_default();
    let list = |each: &dyn Fn(&Value) -> String| {
        let words = body.as_array().into_iter().flatten().map(each).filter(|words| !words.is_empty());
        words.collect::<Vec<_>>().join(", ")
    };
    match kind {
        "title" | "rich_text" => plain(&runs(body)),
        "number" => number(body),
        "select" | "status" => name_of(body),
        "multi_select" => list(&name_of),
        "date" => date(body).unwrap_or_default(),
        "people" => list(&person),
        "created_by" | "last_edited_by" => person(body),
        "files" => list(&|file| name_of(file)),
        "checkbox" => yes_or_no(body),
        "url" | "email" | "phone_number" | "created_time" | "last_edited_time" => {
            body.as_str().unwrap_or_default().to_owned()
        }
        "relation" => linked(&ids_in(Some(body)), titles),
        "formula" => formula(body),
        "rollup" => rollup(body, titles),
        "unique_id" => unique_id(body),
        "verification" => verification(body),
        "place" => place(body),
        // Buttons hold nothing, and what comes later is not known yet.
        _ => String::new(),
    }
}

fn number(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{whole:.0}"),
            _ => number.to_string(),
        },
        _ => String::new(),
    }
}

fn yes_or_no(value: &Value) -> String {
    value.as_bool().map_or("", |yes| if yes { "Yes" } else { "No" }).to_owned()
}

/// A person, an app or a group; nothing is known of one beyond the id without the capability for it.
fn person(value: &Value) -> String {
    let user: User = read(value).unwrap_or_default();
    match (&user.name, user.email()) {
        (Some(name), _) if !name.is_empty() => name.clone(),
        (_, Some(email)) => email.to_owned(),
        _ => String::new(),
    }
}

fn linked(ids: &[String], titles: &Titles) -> String {
    let mut words: Vec<String> = Vec::with_capacity(ids.len());
    let mut unknown = 0;
    for id in ids {
        match titles.get(id) {
            Some(title) => words.push(format!("{title} ({})", address(id))),
            None => unknown += 1,
        }
    }
    match unknown {
        0 => {}
        1 => words.push("1 page that cannot be read".to_owned()),
        more => words.push(format!("{more} pages that cannot be read")),
    }
    words.join(", ")
}

fn formula(value: &Value) -> String {
    match kind_of(value) {
        "string" => field(value, "string").unwrap_or_default(),
        "number" => value.get("number").map(number).unwrap_or_default(),
        "boolean" => value.get("boolean").map(yes_or_no).unwrap_or_default(),
        "date" => value.get("date").and_then(date).unwrap_or_default(),
        _ => String::new(),
    }
}

fn rollup(value: &Value, titles: &Titles) -> String {
    match kind_of(value) {
        "number" => value.get("number").map(number).unwrap_or_default(),
        "date" => value.get("date").and_then(date).unwrap_or_default(),
        "array" => {
            let parts = value.get("array").and_then(Value::as_array).into_iter().flatten();
            // A rollup of rollups has no value of its own in Notion, so nothing goes deeper than this.
            let words = parts.filter(|part| kind_of(part) != "rollup").map(|part| in_words(part, titles));
            words.filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

fn unique_id(value: &Value) -> String {
    let number = value.get("number").map(number).unwrap_or_default();
    match field::<String>(value, "prefix").filter(|prefix| !prefix.is_empty()) {
        Some(prefix) if !number.is_empty() => format!("{prefix}-{number}"),
        _ => number,
    }
}

fn verification(value: &Value) -> String {
    let state: String = field(value, "state").unwrap_or_default();
    let by = value.get("verified_by").map(person).filter(|name| !name.is_empty());
    let by = by.map(|name| format!(" by {name}")).unwrap_or_default();
    let when = value.get("date").and_then(date).map(|when| format!(", {when}")).unwrap_or_default();
    match state.as_str() {
        "" | "unverified" => state,
        state => format!("{state}{by}{when}"),
    }
}

fn place(value: &Value) -> String {
    let text = |name: &str| field::<String>(value, name).filter(|text| !text.is_empty());
    let coordinates = || {
        let at = |name: &str| value.get(name).and_then(Value::as_f64);
        Some(format!("{}, {}", at("lat")?, at("lon")?))
    };
    let words: Vec<String> = [text("name"), text("address")].into_iter().flatten().collect();
    if words.is_empty() { coordinates().unwrap_or_default() } else { words.join(", ") }
}
