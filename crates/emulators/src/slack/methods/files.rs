//! `files.list`, `files.info` and `files.delete`.

use serde_json::{Value, json};

use super::paging::ClassicPage;
use crate::slack::call::{Call, done};
use crate::slack::errors::ApiError;
use crate::slack::render::files as render;
use crate::slack::workspace::{FileMode, SlackFile, Workspace};

/// Returns how a file is shown in lists: hidden by the plan, as a stub, or whole.
fn in_list(call: &Call<'_>, workspace: &Workspace, file: &SlackFile) -> Value {
    if is_hidden(call, file) {
        return json!({"id": file.id, "mode": "hidden_by_limit"});
    }
    render::short(file).unwrap_or_else(|| render::whole(workspace, file, true))
}

fn is_hidden(call: &Call<'_>, file: &SlackFile) -> bool {
    file.mode == FileMode::HiddenByLimit || call.hidden_before().is_some_and(|edge| file.created < edge)
}

/// Says whether a file belongs to one of the words of `types`.
fn of_type(file: &SlackFile, word: &str) -> bool {
    match word {
        "all" => true,
        "images" => file.mimetype.starts_with("image/"),
        "pdfs" => file.mimetype == "application/pdf",
        "zips" => file.mimetype == "application/zip",
        "snippets" => file.mode == FileMode::Snippet,
        "spaces" => matches!(file.mode, FileMode::Space | FileMode::Canvas | FileMode::Quip | FileMode::Post),
        "gdocs" => file.external_type == "gdrive",
        _ => false,
    }
}

pub fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let page = ClassicPage::read(call, 100, 1000)?;
    let types = call.args.list("types");
    let known = ["all", "images", "pdfs", "zips", "snippets", "spaces", "gdocs"];
    if types.iter().any(|word| !known.contains(&word.as_str())) {
        return Err("unknown_type".into());
    }
    let seconds = |name: &str| -> Option<i64> { call.args.get(name)?.split('.').next()?.parse().ok() };
    let (from, to) = (seconds("ts_from"), seconds("ts_to"));
    let channel = call.args.get("channel");
    let user = call.args.get("user");
    let show_hidden = call.args.flag("show_files_hidden_by_limit");
    let workspace = call.slack.read();
    call.team_id(&workspace)?;
    if user.as_ref().is_some_and(|user| !workspace.users.contains_key(user)) {
        return Err("user_not_found".into());
    }
    let mut rows: Vec<&SlackFile> = workspace
        .files
        .values()
        .filter(|file| !file.deleted && !file.pending && call.sees_file(&workspace, file))
        .filter(|file| show_hidden || !is_hidden(call, file))
        .filter(|file| types.is_empty() || types.iter().any(|word| of_type(file, word)))
        .filter(|file| from.is_none_or(|from| file.created >= from))
        .filter(|file| to.is_none_or(|to| file.created <= to))
        .filter(|file| user.as_ref().is_none_or(|user| file.user == *user))
        .filter(|file| channel.as_ref().is_none_or(|id| file.shares.iter().any(|share| share.channel == *id)))
        .collect();
    rows.sort_by(|left, right| (right.created, &right.id).cmp(&(left.created, &left.id)));
    let files: Vec<Value> = page.slice(&rows).iter().map(|file| in_list(call, &workspace, file)).collect();
    let files = if call.wants_empty_page() { Vec::new() } else { files };
    let mut body = json!({"files": files, "paging": page.paging(rows.len())});
    if page.too_far {
        body["warning"] = "max_page_limit".into();
        body["response_metadata"] = json!({"warnings": ["max_page_limit"]});
    }
    Ok(body)
}

/// Finds a file the caller may see.
pub fn find<'w>(call: &Call<'_>, workspace: &'w Workspace, id: &str) -> Result<&'w SlackFile, ApiError> {
    let file = workspace.files.get(id).filter(|file| !file.pending).ok_or("file_not_found")?;
    if !call.sees_file(workspace, file) {
        return Err("file_not_found".into());
    }
    if file.deleted {
        return Err("file_deleted".into());
    }
    if let Some(refusal) = &file.refusal {
        return Err(ApiError::new(refusal.clone()));
    }
    Ok(file)
}

pub fn info(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("file")?;
    let page = ClassicPage::read(call, 100, 1000)?;
    let workspace = call.slack.read();
    let file = find(call, &workspace, &id)?;
    if is_hidden(call, file) {
        return Ok(json!({"file": {"id": file.id, "mode": "hidden_by_limit"}}));
    }
    let mut body = json!({
        "file": render::whole(&workspace, file, true),
        "comments": [],
        "paging": page.paging(0),
        "response_metadata": {"next_cursor": ""},
    });
    if matches!(file.mode, FileMode::Snippet | FileMode::Post) {
        let text = String::from_utf8_lossy(&file.content.bytes()).into_owned();
        let shown: String = text.chars().take(CONTENT_CHARS).collect();
        body["is_truncated"] = (shown.len() < text.len()).into();
        body["content_highlight_html_truncated"] = false.into();
        body["content"] = shown.into();
    }
    Ok(body)
}

/// How much of a snippet's text `files.info` carries.
const CONTENT_CHARS: usize = 8000;

pub fn delete(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("file")?;
    {
        let workspace = call.slack.read();
        if find(call, &workspace, &id)?.user != call.me.id {
            return Err("cant_delete_file".into());
        }
    }
    call.slack.change(|workspace, _| workspace.delete_file(&id))?;
    done()
}
