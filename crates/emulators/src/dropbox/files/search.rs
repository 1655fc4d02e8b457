//! `search_v2`: names and text, never complete, at most 10 000 matches.

use serde_json::{Value, json};

use super::render::Rendering;
use crate::dropbox::args::{PathForm, tag_of};
use crate::dropbox::call::{Call, Outcome, ok};
use crate::dropbox::cursor::{RowCursor, open, seal};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::tree::{Content, NodeKind, NodeRef, Tree};

const KIND: char = 'S';
const MOST: usize = 10_000;
/// Files longer than this are searched by name only.
const READ_MOST: u64 = 1024 * 1024;

pub fn start(call: &Call<'_>) -> Outcome {
    call.args.only(&["query", "options", "match_field_options", "include_highlights"])?;
    let query = call.args.text("query")?;
    if query.chars().count() > 1000 {
        return Err(call.args.wrong("query", "'query' must be at most 1000 characters"));
    }
    let mut question = json!({"query": query, "path": "", "order": "relevance", "status": "active"});
    let mut limit = 100;
    if let Some(options) = call.args.inner("options")? {
        options.only(&[
            "path",
            "max_results",
            "order_by",
            "file_status",
            "filename_only",
            "file_extensions",
            "file_categories",
            "account_id",
        ])?;
        limit = options.number("max_results", 1, 1000, 100)? as usize;
        if options.value("path").is_some() {
            question["path"] = options.path("path", PathForm::Listing)?.into();
        }
        question["names_only"] = options.flag("filename_only", false)?.into();
        question["endings"] = json!(options.texts("file_extensions")?);
        question["status"] = options.tag("file_status", &["active", "deleted"], "active")?.into();
        question["order"] =
            options.tag("order_by", &["relevance", "last_modified_time"], "relevance")?.into();
        let categories = options.value("file_categories").and_then(Value::as_array).into_iter().flatten();
        question["categories"] = categories.filter_map(tag_of).collect::<Vec<_>>().into();
    }
    answer(call, RowCursor { account: call.me, start: 0, limit, question })
}

pub fn resume(call: &Call<'_>) -> Outcome {
    call.args.only(&["cursor"])?;
    let cursor: RowCursor = open(KIND, call.args.text("cursor")?)?;
    if cursor.account != call.me {
        return Err(ApiError::malformed("Invalid \"cursor\" parameter"));
    }
    answer(call, cursor)
}

fn answer(call: &Call<'_>, cursor: RowCursor) -> Outcome {
    let tree = call.dropbox.read_tree();
    let found = matches(call, &tree, &cursor.question)?;
    let end = (cursor.start + cursor.limit).min(found.len()).min(MOST);
    let rendering = Rendering::new(&tree, &call.view);
    let deleted = cursor.question["status"] == "deleted";
    let rows: Vec<Value> = found[cursor.start.min(end)..end]
        .iter()
        .map(|(node, by_name)| {
            let metadata = if deleted { rendering.deleted(*node) } else { rendering.entry(*node) };
            let matched = if *by_name { "filename" } else { "file_content" };
            json!({
                "metadata": {".tag": "metadata", "metadata": metadata},
                "match_type": {".tag": matched},
            })
        })
        .collect();
    let has_more = end < found.len().min(MOST);
    let mut body = json!({"matches": rows, "has_more": has_more});
    if has_more {
        body["cursor"] = seal(KIND, &RowCursor { start: end, ..cursor }).into();
    }
    ok(body)
}

fn matches(call: &Call<'_>, tree: &Tree, question: &Value) -> Result<Vec<(NodeRef, bool)>, ApiError> {
    let path = question["path"].as_str().unwrap_or_default();
    let base = lookup::find(tree, call, path).map_err(|tag| ApiError::route(&format!("path/{tag}")))?.node;
    let base = tree.container(base);
    let query = question["query"].as_str().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let listed = |field: &str, wish: &str| {
        let list = question[field].as_array().filter(|list| !list.is_empty());
        list.is_none_or(|list| list.iter().any(|known| known == wish))
    };
    let deleted = question["status"] == "deleted";
    let mut found = Vec::new();
    for namespace in tree.namespaces_below(&call.view, base, true) {
        for node in &tree.namespaces[namespace as usize].nodes {
            let row = tree.node(*node);
            let is_file = matches!(row.kind, NodeKind::File(_));
            let ending = row.lower.rsplit_once('.').map_or("", |(_, ending)| ending);
            let category = if is_file { category_of(ending) } else { "folder" };
            let endings_fit = is_file || question["endings"].as_array().is_none_or(Vec::is_empty);
            let fits = row.namespace == namespace
                && row.deleted.is_some() == deleted
                && endings_fit
                && (!is_file || listed("endings", ending))
                && listed("categories", category);
            if !fits || words.is_empty() {
                continue;
            }
            let by_name = words.iter().all(|word| row.lower.contains(word));
            let by_text = || question["names_only"] != true && text_has(tree, *node, &words);
            if (by_name || by_text()) && tree.place(&call.view, *node, base).under_base {
                found.push((*node, by_name));
            }
        }
    }
    if question["order"] == "last_modified_time" {
        found.sort_by_key(|(node, _)| tree.file(*node).map(|data| -data.current.server_ms));
    } else {
        found.sort_by_key(|(_, by_name)| !by_name);
    }
    Ok(found)
}

fn text_has(tree: &Tree, node: NodeRef, words: &[&str]) -> bool {
    let Some(data) = tree.file(node).filter(|data| data.current.content.size() <= READ_MOST) else {
        return false;
    };
    let Content::Bytes(bytes) = &data.current.content else { return false };
    let text = std::str::from_utf8(bytes).unwrap_or_default().to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn category_of(ending: &str) -> &'static str {
    match ending {
        "jpg" | "jpeg" | "png" | "gif" | "webp" | "svg" | "tiff" => "image",
        "doc" | "docx" | "txt" | "md" | "rtf" | "odt" => "document",
        "pdf" => "pdf",
        "xls" | "xlsx" | "csv" | "ods" => "spreadsheet",
        "ppt" | "pptx" | "odp" => "presentation",
        "mp3" | "wav" | "flac" => "audio",
        "mp4" | "mov" | "avi" => "video",
        "paper" | "papert" => "paper",
        _ => "others",
    }
}
