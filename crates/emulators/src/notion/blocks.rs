//! Blocks: from a short notation or from requests into the body that answers carry.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::text;
use super::workspace::{Content, StoredFile, Workspace};

/// The key under which a stored body names one of the workspace's files; answers carry a signed address instead.
pub const FILE_MARK: &str = "emulated_file";

/// Hands out the bytes of a seed's files.
pub type FileSource<'a> = &'a dyn Fn(&str) -> Option<Bytes>;

/// A block that is about to be made.
pub struct NewBlock {
    pub kind: String,
    pub body: Value,
    pub children: Vec<Value>,
    pub key: Option<String>,
}

const WITH_TEXT: [&str; 14] = [
    "paragraph",
    "heading_1",
    "heading_2",
    "heading_3",
    "heading_4",
    "bulleted_list_item",
    "numbered_list_item",
    "to_do",
    "toggle",
    "quote",
    "callout",
    "code",
    "template",
    "tab_item",
];
const MEDIA: [&str; 5] = ["image", "video", "audio", "pdf", "file"];

/// Every type of block a request may make.
const MAKEABLE: [&str; 27] = [
    "paragraph",
    "heading_1",
    "heading_2",
    "heading_3",
    "heading_4",
    "bulleted_list_item",
    "numbered_list_item",
    "to_do",
    "toggle",
    "quote",
    "callout",
    "code",
    "template",
    "equation",
    "divider",
    "table",
    "table_row",
    "column_list",
    "column",
    "tab",
    "synced_block",
    "image",
    "video",
    "audio",
    "pdf",
    "file",
    "bookmark",
];

/// Says whether a client may create blocks of this type.
pub fn may_create(kind: &str) -> bool {
    MAKEABLE.contains(&kind) || ["embed", "link_to_page", "table_of_contents", "breadcrumb"].contains(&kind)
}

/// Reads a block: `{"paragraph": "text"}` in the short notation, or the form of requests.
pub fn read(given: &Value, store: &mut Workspace, files: FileSource<'_>) -> Result<NewBlock, String> {
    let object = given.as_object().ok_or("a block should be an object")?;
    let kind = match object.get("type").and_then(Value::as_str) {
        Some(kind) => kind.to_owned(),
        None => object
            .keys()
            .find(|key| !["object", "children", "key", "id"].contains(&key.as_str()))
            .cloned()
            .ok_or("a block should have a type")?,
    };
    let wish = object.get(&kind).cloned().unwrap_or_else(|| json!({}));
    let mut children: Vec<Value> =
        object.get("children").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(inner) = wish["children"].as_array() {
        children.extend(inner.iter().cloned());
    }
    let body = read_body(&kind, &wish, &mut children, store, files)?;
    let key = object.get("key").and_then(Value::as_str).map(str::to_owned);
    Ok(NewBlock { kind, body, children, key })
}

fn read_body(
    kind: &str,
    wish: &Value,
    children: &mut Vec<Value>,
    store: &mut Workspace,
    files: FileSource<'_>,
) -> Result<Value, String> {
    if WITH_TEXT.contains(&kind) {
        return read_text_body(kind, wish, store, files);
    }
    if MEDIA.contains(&kind) {
        return read_media(kind, wish, store, files);
    }
    let text_of = |name: &str| wish.as_str().or(wish[name].as_str()).unwrap_or_default().to_owned();
    Ok(match kind {
        "equation" => json!({"expression": text_of("expression")}),
        "bookmark" | "embed" => {
            let url = text_of("url");
            check_url(&url)?;
            json!({"caption": text::read(&wish["caption"])?, "url": url})
        }
        "link_preview" => json!({"url": text_of("url")}),
        "table_of_contents" => json!({"color": wish["color"].as_str().unwrap_or("default")}),
        "divider" | "breadcrumb" | "column_list" | "tab" => json!({}),
        "column" => match wish["width_ratio"].as_f64() {
            Some(ratio) => json!({"width_ratio": ratio}),
            None => json!({}),
        },
        "table" => read_table(wish, children),
        "table_row" => {
            let cells = wish["cells"].as_array().ok_or("table_row.cells should be an array")?;
            let cells: Vec<Vec<Value>> = cells.iter().map(text::read).collect::<Result<_, _>>()?;
            json!({"cells": cells})
        }
        "synced_block" => {
            let from = wish["synced_from"]["block_id"].as_str().or(wish["copy_of"].as_str());
            match from {
                Some(from) => {
                    let id = super::ids::show(super::ids::of_reference(from));
                    json!({"synced_from": {"type": "block_id", "block_id": id}})
                }
                None => json!({"synced_from": null}),
            }
        }
        "link_to_page" => {
            let name = ["page_id", "database_id", "comment_id"]
                .into_iter()
                .find(|name| wish[*name].is_string())
                .ok_or("link_to_page should have an id")?;
            let id = super::ids::of_reference(wish[name].as_str().unwrap_or_default());
            json!({"type": name, name: super::ids::show(id)})
        }
        "meeting_notes" => {
            let mut body = wish.clone();
            if let Some(object) = body.as_object_mut() {
                object.insert("title".into(), json!(text::read(&wish["title"])?));
                for id in object.get_mut("children").and_then(Value::as_object_mut).into_iter().flatten() {
                    let key = id.1.as_str().unwrap_or_default();
                    *id.1 = json!(super::ids::show(super::ids::of_reference(key)));
                }
            }
            body
        }
        // Whatever Notion adds next: carried as it is.
        _ => {
            let mut body = wish.clone();
            if let Some(object) = body.as_object_mut() {
                object.remove("children");
            }
            body
        }
    })
}

fn read_text_body(
    kind: &str,
    wish: &Value,
    store: &mut Workspace,
    files: FileSource<'_>,
) -> Result<Value, String> {
    let words = if wish.is_string() { wish } else { &wish["rich_text"] };
    let mut body = Map::new();
    body.insert("rich_text".into(), json!(text::read(words)?));
    if kind == "code" {
        body.insert("caption".into(), json!(text::read(&wish["caption"])?));
        body.insert("language".into(), json!(wish["language"].as_str().unwrap_or("plain text")));
        return Ok(Value::Object(body));
    }
    if kind == "template" {
        return Ok(Value::Object(body));
    }
    if kind.starts_with("heading_") {
        body.insert("is_toggleable".into(), json!(wish["is_toggleable"].as_bool().unwrap_or(false)));
    }
    if kind == "to_do" {
        body.insert("checked".into(), json!(wish["checked"].as_bool().unwrap_or(false)));
    }
    if kind == "paragraph" || kind == "callout" {
        body.insert("icon".into(), read_icon(&wish["icon"], store, files)?);
    }
    if kind == "numbered_list_item" {
        for name in ["list_start_index", "list_format"] {
            if !wish[name].is_null() {
                body.insert(name.into(), wish[name].clone());
            }
        }
    }
    body.insert("color".into(), json!(wish["color"].as_str().unwrap_or("default")));
    Ok(Value::Object(body))
}

/// Reads `{"rows": [["a", "b"]], "header": true}`, or the form of requests.
fn read_table(wish: &Value, children: &mut Vec<Value>) -> Value {
    let mut width = wish["table_width"].as_u64().unwrap_or(0);
    for row in wish["rows"].as_array().into_iter().flatten() {
        width = width.max(row.as_array().map_or(0, Vec::len) as u64);
        children.push(json!({"table_row": {"cells": row}}));
    }
    let header = wish["header"].as_bool().or(wish["has_column_header"].as_bool()).unwrap_or(false);
    let rows = wish["has_row_header"].as_bool().unwrap_or(false);
    json!({"table_width": width, "has_column_header": header, "has_row_header": rows})
}

fn read_media(
    kind: &str,
    wish: &Value,
    store: &mut Workspace,
    files: FileSource<'_>,
) -> Result<Value, String> {
    let mut body = Map::new();
    body.insert("caption".into(), json!(text::read(&wish["caption"])?));
    let (source, name) = read_file(wish, store, files)?;
    for (key, value) in source {
        body.insert(key, value);
    }
    if kind == "file" {
        body.insert("name".into(), json!(wish["name"].as_str().unwrap_or(&name)));
    }
    Ok(Value::Object(body))
}

/// Reads where a file comes from: `{"upload": {…}}`, `{"external": {"url"}}` or `"https://…"`.
pub fn read_file(
    wish: &Value,
    store: &mut Workspace,
    files: FileSource<'_>,
) -> Result<(Map<String, Value>, String), String> {
    let mut made = Map::new();
    if wish["upload"].is_object() {
        let (id, name) = store_upload(&wish["upload"], store, files)?;
        made.insert("type".into(), json!("file"));
        made.insert("file".into(), json!({FILE_MARK: super::ids::show(id)}));
        return Ok((made, name));
    }
    if let Some(id) = wish["file"][FILE_MARK].as_str() {
        made.insert("type".into(), json!("file"));
        made.insert("file".into(), json!({FILE_MARK: id}));
        return Ok((made, wish["name"].as_str().unwrap_or_default().to_owned()));
    }
    let url = wish["external"]["url"]
        .as_str()
        .or(wish["external"].as_str())
        .or(wish.as_str())
        .ok_or("a file should have `upload` or `external`")?;
    check_url(url)?;
    let name = url.rsplit('/').next().unwrap_or_default().to_owned();
    made.insert("type".into(), json!("external"));
    made.insert("external".into(), json!({"url": url}));
    Ok((made, name))
}

fn check_url(url: &str) -> Result<(), String> {
    if url.chars().count() > 2000 { Err("url.length should be ≤ `2000`".to_owned()) } else { Ok(()) }
}

/// Keeps the bytes of `{"name", "path" | "content" | "content_base64" | "filler"}`.
fn store_upload(
    wish: &Value,
    store: &mut Workspace,
    files: FileSource<'_>,
) -> Result<(super::ids::Id, String), String> {
    use base64::Engine;
    let path = wish["path"].as_str();
    let name = wish["name"]
        .as_str()
        .or(path.and_then(|path| path.rsplit('/').next()))
        .ok_or("upload.name is missing")?
        .to_owned();
    let id = store.next_id();
    let bytes = if let Some(path) = path {
        Content::Given(files(path).ok_or_else(|| format!("no file {path} in the seed"))?)
    } else if let Some(text) = wish["content"].as_str() {
        Content::Given(Bytes::from(text.to_owned()))
    } else if let Some(text) = wish["content_base64"].as_str() {
        let decoded = base64::engine::general_purpose::STANDARD.decode(text);
        Content::Given(Bytes::from(decoded.map_err(|error| error.to_string())?))
    } else {
        let size = wish["filler"].as_u64().ok_or("upload has no content")? as usize;
        Content::Filler { seed: id as u64, size }
    };
    let content_type = match wish["content_type"].as_str() {
        Some(given) => given.to_owned(),
        None => mime_guess::from_path(&name).first_or_octet_stream().to_string(),
    };
    store.files.insert(id, StoredFile { id, name: name.clone(), content_type, bytes });
    Ok((id, name))
}

/// Reads an icon or cover: an emoji as text, an address, an upload, or the form of requests.
pub fn read_icon(wish: &Value, store: &mut Workspace, files: FileSource<'_>) -> Result<Value, String> {
    match wish {
        Value::Null => Ok(Value::Null),
        Value::String(text) if text.starts_with("http") => {
            Ok(json!({"type": "external", "external": {"url": text}}))
        }
        Value::String(emoji) => Ok(json!({"type": "emoji", "emoji": emoji})),
        Value::Object(object) => {
            if wish["upload"].is_object() || object.contains_key("external") {
                return Ok(Value::Object(read_file(wish, store, files)?.0));
            }
            let mut made = object.clone();
            if !made.contains_key("type")
                && let Some(kind) = object.keys().next()
            {
                made.insert("type".into(), json!(kind));
            }
            Ok(Value::Object(made))
        }
        _ => Err("an icon should be an object".to_owned()),
    }
}
