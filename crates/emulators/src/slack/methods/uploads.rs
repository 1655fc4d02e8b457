//! The two-step upload: an address to send bytes to, then sharing what arrived.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::kernel::secret::stable_id;
use crate::slack::call::Call;
use crate::slack::errors::ApiError;
use crate::slack::render::files as render;
use crate::slack::workspace::{Content, NewFile, NewMessage, Ts};

/// Returns the unguessable end of an upload's address.
pub fn upload_secret(id: &str) -> String {
    format!("{id}-{}", stable_id("upload", id.bytes().map(u64::from).sum(), 24))
}

pub fn get_url(call: &Call<'_>) -> Result<Value, ApiError> {
    let name = call.args.need("filename")?;
    let length = call.args.need("length")?;
    let length: u64 = length
        .parse()
        .map_err(|_| ApiError::invalid_arguments("[ERROR] must provide an integer [json-pointer:/length]"))?;
    let mut new = NewFile::hosted(&call.me.id, &name, Bytes::new());
    new.content = Content::Filler { seed: 0, size: length };
    new.pending = true;
    if call.args.get("snippet_type").is_some() {
        new.mode = crate::slack::workspace::FileMode::Snippet;
    }
    let id = call.slack.change(|workspace, now_ms| workspace.add_file(new, now_ms));
    let url = format!("{}/upload/v1/{}", call.slack.files_base, upload_secret(&id));
    Ok(json!({"upload_url": url, "file_id": id}))
}

pub fn complete(call: &Call<'_>) -> Result<Value, ApiError> {
    let files = call.args.nested("files").ok().flatten();
    let files = files.as_ref().and_then(Value::as_array).ok_or(ApiError::missing_field("files"))?;
    let mut channels = call.args.list("channels");
    channels.extend(call.args.get("channel_id"));
    let mut ids: Vec<(String, Option<String>)> = Vec::new();
    {
        let workspace = call.slack.read();
        for wish in files {
            let id = wish["id"].as_str().unwrap_or_default();
            let file = workspace.files.get(id).ok_or("file_not_found")?;
            let arrived = matches!(file.content, Content::Bytes(_));
            if file.user != call.me.id || !file.pending || !arrived {
                return Err("file_not_found".into());
            }
            ids.push((id.to_owned(), wish["title"].as_str().map(str::to_owned)));
        }
        for id in &channels {
            let channel = call.channel(&workspace, id)?;
            if !channel.members.contains(&call.me.id) {
                return Err("not_in_channel".into());
            }
        }
    }
    let thread = call.args.get("thread_ts").and_then(|text| Ts::parse(&text));
    let comment = call.args.get("initial_comment").unwrap_or_default();
    call.slack.change(|workspace, now_ms| {
        for (id, title) in &ids {
            if let Some(file) = workspace.files.get_mut(id) {
                file.pending = false;
                if title.is_some() {
                    file.title.clone_from(title);
                }
            }
            workspace.tell_file("file_created", id);
        }
        for channel in &channels {
            let mut new = NewMessage::written(&call.me.id, &comment);
            new.thread = thread;
            new.files = ids.iter().map(|(id, _)| id.clone()).collect();
            new.bot_id = call.me.bot_id.clone();
            if call.me.bot_id.is_none() {
                new.subtype = None;
            }
            workspace.post(channel, new, now_ms)?;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    let workspace = call.slack.read();
    let shown: Vec<Value> = ids
        .iter()
        .filter_map(|(id, _)| workspace.files.get(id))
        .map(|file| render::whole(&workspace, file, true))
        .collect();
    Ok(json!({"files": shown}))
}
