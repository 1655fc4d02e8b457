//! `export`: Paper documents and other files that have no bytes of their own.

use serde_json::json;

use super::content::readable;
use super::render::Rendering;
use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Outcome, Reply};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::text::hex;
use crate::dropbox::tree::{Export, block_hash};
use crate::kernel::consent::escape;

pub fn export(call: &Call<'_>) -> Outcome {
    call.args.only(&["path", "export_format"])?;
    let path = call.args.path("path", PathForm::Read)?;
    let tree = call.dropbox.read_tree();
    let found = lookup::find(&tree, call, path).map_err(|tag| ApiError::route(&format!("path/{tag}")))?;
    let data = readable(&tree, found)?;
    let export = data.extra.as_ref().and_then(|extra| extra.export.as_ref());
    let export = export.ok_or_else(|| ApiError::route("non_exportable"))?;
    let format = call.args.find_text("export_format")?.unwrap_or(&export.export_as);
    let known = format == export.export_as || export.export_options.iter().any(|known| known == format);
    let text = text_of(export, format).filter(|_| known);
    let text = text.ok_or_else(|| ApiError::route("invalid_export_format"))?;
    if call.switches.export_retry_once && is_first_try(call, found.node) {
        return Err(ApiError::route("retry_error"));
    }
    let node = tree.node(found.node);
    let (ending, content_type) = kind_of(format);
    let stem = node.name.rsplit_once('.').map_or(&*node.name, |(stem, _)| stem);
    let name = format!("{stem}.{ending}");
    let bytes: bytes::Bytes = text.into();
    let result = json!({
        "export_metadata": {
            "name": name,
            "size": bytes.len(),
            "export_hash": hex(&block_hash(&bytes)),
            "paper_revision": data.current.version,
        },
        "file_metadata": Rendering::new(&tree, &call.view).plain(found.node, None),
    });
    Ok(Reply::Content { result, bytes, content_type: content_type.into(), name, etag: None })
}

fn is_first_try(call: &Call<'_>, node: u32) -> bool {
    let tried = call.dropbox.export_tried.lock();
    tried.unwrap_or_else(|poisoned| poisoned.into_inner()).insert(node)
}

fn text_of(export: &Export, format: &str) -> Option<String> {
    if let Some(text) = export.texts.get(format) {
        return Some(text.clone());
    }
    let markdown = export.texts.get("markdown")?;
    (format == "html").then(|| page_of(markdown))
}

fn kind_of(format: &str) -> (&'static str, &'static str) {
    match format {
        "markdown" => ("md", "text/markdown; charset=utf-8"),
        "html" => ("html", "text/html; charset=utf-8"),
        "docx" => ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "xlsx" => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "pptx" => ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        _ => ("txt", "text/plain; charset=utf-8"),
    }
}

/// Makes a plain page of headings, list rows and paragraphs.
fn page_of(markdown: &str) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n");
    let mut in_list = false;
    for line in markdown.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        if item.is_some() != in_list {
            out.push_str(if in_list { "</ul>\n" } else { "<ul>\n" });
            in_list = !in_list;
        }
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        match item {
            Some(item) => out.push_str(&format!("<li>{}</li>\n", escape(item))),
            None if (1..=6).contains(&level) => {
                let text = escape(line[level..].trim());
                out.push_str(&format!("<h{level}>{text}</h{level}>\n"));
            }
            None => out.push_str(&format!("<p>{}</p>\n", escape(line))),
        }
    }
    if in_list {
        out.push_str("</ul>\n");
    }
    out.push_str("</body></html>\n");
    out
}
