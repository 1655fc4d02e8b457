//! Files as answers and messages show them, by mode.

use serde_json::{Value, json};

use crate::slack::workspace::{ChannelKind, FileMode, SlackFile, Workspace};

/// Returns a file inside a message; stubs stay stubs.
pub fn in_message(workspace: &Workspace, file: &SlackFile) -> Value {
    if let Some(short) = short(file) {
        return short;
    }
    whole(workspace, file, false)
}

/// Returns the object of a file that shows almost nothing of itself.
pub fn short(file: &SlackFile) -> Option<Value> {
    match file.mode {
        FileMode::Tombstone => Some(json!({"id": file.id, "mode": "tombstone"})),
        FileMode::HiddenByLimit => Some(json!({"id": file.id, "mode": "hidden_by_limit"})),
        _ if file.check_file_info => Some(json!({
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "user": file.user,
            "is_external": false,
            "file_access": "check_file_info",
            "mode": "hosted",
        })),
        _ => None,
    }
}

/// Returns the whole object; `with_shares` as `files.info` and `files.list` do.
pub fn whole(workspace: &Workspace, file: &SlackFile, with_shares: bool) -> Value {
    let mode = serde_json::to_value(file.mode).unwrap_or_default();
    let (mut channels, mut groups, mut ims) = (vec![], vec![], vec![]);
    let mut shares = json!({});
    for share in &file.shares {
        let Some(channel) = workspace.channels.get(&share.channel) else { continue };
        let (list, side) = match channel.kind {
            ChannelKind::Public => (&mut channels, "public"),
            ChannelKind::Im => (&mut ims, "private"),
            _ => (&mut groups, "private"),
        };
        if !list.contains(&channel.id.as_str()) {
            list.push(channel.id.as_str());
        }
        let thread = channel.log.messages.get(&share.ts).and_then(|m| m.is_reply_to(share.ts));
        let replies = channel.log.threads.get(&share.ts);
        let mut entry = json!({
            "reply_users": replies.map_or(&[][..], |thread| &thread.users[..]),
            "reply_users_count": replies.map_or(0, |thread| thread.users.len()),
            "reply_count": replies.map_or(0, |thread| thread.replies.len()),
            "ts": share.ts.to_string(),
            "channel_name": channel.name,
            "team_id": channel.team_id,
            "share_user_id": file.user,
            "source": "UNKNOWN",
        });
        if let Some(thread) = thread {
            entry["thread_ts"] = thread.to_string().into();
        }
        let known = &mut shares[side][channel.id.as_str()];
        if known.is_null() {
            *known = json!([]);
        }
        if let Some(list) = known.as_array_mut() {
            list.push(entry);
        }
    }
    let external = file.mode == FileMode::External;
    let name = file.name.as_deref().unwrap_or("");
    let slug = slug(name);
    let team_part = format!("{}-{}", file.team_id, file.id);
    let private = if external {
        file.external_url.clone()
    } else {
        format!("{}/files-pri/{team_part}/{slug}", workspace.files_base)
    };
    let mut shown = json!({
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.filetype,
        "pretty_type": pretty_type(&file.filetype),
        "user": file.user,
        "user_team": file.team_id,
        "editable": matches!(file.mode, FileMode::Snippet | FileMode::Canvas | FileMode::Post),
        "size": if external { 0 } else { file.content.len() },
        "mode": mode,
        "is_external": external,
        "external_type": file.external_type,
        "is_public": !channels.is_empty(),
        "public_url_shared": file.public_url_shared,
        "display_as_bot": false,
        "username": "",
        "url_private": private,
        "permalink": format!("{}files/{}/{}/{slug}", workspace.url, file.user, file.id),
        "is_starred": false,
        "has_rich_preview": false,
        "file_access": "visible",
    });
    if !external {
        shown["url_private_download"] =
            format!("{}/files-pri/{team_part}/download/{slug}", workspace.files_base).into();
        shown["permalink_public"] =
            format!("{}/{team_part}-{}", workspace.files_base, &file.id[1..7].to_lowercase()).into();
        shown["media_display_type"] = "unknown".into();
    }
    if file.mimetype.starts_with("image/") && !external {
        for size in [64, 80, 160, 360] {
            shown[format!("thumb_{size}")] =
                format!("{}/files-tmb/{team_part}/{size}.png", workspace.files_base).into();
        }
    }
    if file.mimetype == "application/pdf" && !external {
        shown["thumb_pdf"] = format!("{}/files-tmb/{team_part}/pdf.png", workspace.files_base).into();
        shown["thumb_pdf_w"] = 909.into();
        shown["thumb_pdf_h"] = 1286.into();
    }
    if let Some(edited) = file.edited {
        shown["updated"] = edited.into();
        shown["edit_timestamp"] = edited.into();
        shown["editor"] = file.user.as_str().into();
        shown["last_editor"] = file.user.as_str().into();
    }
    if matches!(file.mode, FileMode::Snippet | FileMode::Post) {
        let text = String::from_utf8_lossy(&file.content.bytes()).into_owned();
        let lines = text.lines().count();
        shown["preview"] = text.lines().take(5).collect::<Vec<_>>().join("\n").into();
        shown["lines"] = lines.into();
        shown["lines_more"] = lines.saturating_sub(5).into();
        shown["preview_is_truncated"] = (lines > 5).into();
        shown["edit_link"] = format!("{}files/{}/{}/{slug}/edit", workspace.url, file.user, file.id).into();
    }
    if matches!(file.mode, FileMode::Canvas | FileMode::Quip) {
        shown["quip_thread_id"] = format!("{}AAAA", &file.id).into();
    }
    if with_shares {
        shown["channels"] = json!(channels);
        shown["groups"] = json!(groups);
        shown["ims"] = json!(ims);
        shown["comments_count"] = 0.into();
        shown["shares"] = shares;
        shown["has_more_shares"] = false.into();
    }
    shown
}

fn slug(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(
            |letter| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-') { letter } else { '_' },
        )
        .collect();
    if plain.is_empty() { "untitled".to_owned() } else { plain }
}

fn pretty_type(filetype: &str) -> String {
    match filetype {
        "text" => "Plain Text".to_owned(),
        "markdown" => "Markdown".to_owned(),
        "quip" | "canvas" => "Canvas".to_owned(),
        "docx" => "Word Document".to_owned(),
        "gdrive" | "gdoc" => "Google Docs".to_owned(),
        other => other.to_uppercase(),
    }
}
