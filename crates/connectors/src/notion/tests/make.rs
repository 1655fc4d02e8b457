//! Notion's objects, as its documentation writes them.

use serde_json::{Value, json};

/// The id of the nth thing.
pub fn id(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

pub fn text(words: &str) -> Value {
    json!({
        "type": "text", "text": {"content": words, "link": null}, "plain_text": words, "href": null,
        "annotations": {"bold": false, "italic": false, "strikethrough": false, "underline": false,
            "code": false, "color": "default"},
    })
}

/// A run with something else about it.
pub fn run(words: &str, more: Value) -> Value {
    let mut run = text(words);
    for (name, value) in more.as_object().unwrap() {
        match run[name].as_object_mut() {
            Some(inner) => inner.extend(value.as_object().unwrap().clone()),
            None => run[name] = value.clone(),
        }
    }
    run
}

pub fn page(n: u64, title: &str, parent: Value) -> Value {
    json!({
        "object": "page", "id": id(n), "created_time": "2026-05-01T08:00:00.000Z",
        "last_edited_time": "2026-05-01T10:00:00.000Z", "in_trash": false, "is_archived": false, "parent": parent,
        "properties": {"Name": {"id": "title", "type": "title", "title": [text(title)]}},
        "url": format!("https://app.notion.com/p/x-{}", id(n).replace('-', "")), "cover": null, "icon": null,
    })
}

pub fn in_workspace() -> Value {
    json!({"type": "workspace", "workspace": true})
}

pub fn in_page(n: u64) -> Value {
    json!({"type": "page_id", "page_id": id(n)})
}

pub fn in_block(n: u64) -> Value {
    json!({"type": "block_id", "block_id": id(n)})
}

pub fn database(n: u64, title: &str, parent: Value, sources: &[u64]) -> Value {
    let sources: Vec<Value> = sources.iter().map(|n| json!({"id": id(*n), "name": title})).collect();
    json!({
        "object": "database", "id": id(n), "title": [text(title)], "parent": parent, "is_inline": false,
        "in_trash": false, "created_time": "2026-05-01T08:00:00.000Z",
        "last_edited_time": "2026-05-01T10:00:00.000Z", "data_sources": sources,
    })
}

pub fn data_source(n: u64, title: &str, database: u64, above: Value) -> Value {
    json!({
        "object": "data_source", "id": id(n), "title": [text(title)],
        "parent": {"type": "database_id", "database_id": id(database)}, "database_parent": above,
        "in_trash": false, "created_time": "2026-05-01T08:00:00.000Z",
        "last_edited_time": "2026-05-01T10:00:00.000Z", "properties": {},
    })
}

/// A block without children.
pub fn block(n: u64, kind: &str, body: Value) -> Value {
    json!({
        "object": "block", "id": id(n), "type": kind, kind: body, "has_children": false, "in_trash": false,
        "created_time": "2026-05-01T08:00:00.000Z", "last_edited_time": "2026-05-01T10:00:00.000Z",
    })
}

pub fn with_children(mut block: Value) -> Value {
    block["has_children"] = json!(true);
    block
}

pub fn paragraph(n: u64, words: &str) -> Value {
    block(n, "paragraph", json!({"rich_text": [text(words)], "color": "default"}))
}

pub fn list(results: Vec<Value>, next: Option<&str>) -> Value {
    json!({
        "object": "list", "results": results, "next_cursor": next, "has_more": next.is_some(), "type": "block",
        "block": {},
    })
}

pub fn refusal(status: u16, code: &str, message: &str) -> Value {
    json!({"object": "error", "status": status, "code": code, "message": message, "request_id": id(0)})
}

pub fn not_found() -> (u16, Value) {
    (404, refusal(404, "object_not_found", "Could not find it. Is it shared with your integration?"))
}
