//! Open comments on pages and blocks.

use serde_json::{Value, json};

use super::{Call, Result, blocks, list_by_id, object};
use crate::kernel::answer::Answer;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::render::{View, minute};
use crate::notion::workspace::{Comment, Hand, Kind};

fn render(view: &View<'_>, comment: &Comment) -> Value {
    let on = view.store.find(comment.on);
    let is_page = on.is_some_and(|index| view.store.node(index).kind == Kind::Page);
    let name = if is_page { "page_id" } else { "block_id" };
    let author = view.user(comment.by);
    let kind = if view.store.bots.contains_key(&comment.by) { "integration" } else { "user" };
    json!({
        "object": "comment",
        "id": ids::show(comment.id),
        "parent": {"type": name, name: ids::show(comment.on)},
        "discussion_id": ids::show(comment.discussion),
        "created_time": minute(comment.created_ms),
        "last_edited_time": minute(comment.edited_ms),
        "created_by": view.partial_user(comment.by),
        "rich_text": view.finish(&Value::Array(comment.rich_text.clone())),
        "display_name": {"type": kind, "resolved_name": author["name"]},
    })
}

/// Lists the open comments of one page or block; resolved threads are not shown.
pub fn list_on(call: &Call<'_>) -> Result<Answer> {
    call.only_params(&["block_id", "start_cursor", "page_size"])?;
    let text = call.param("block_id").ok_or_else(|| {
        ApiError::validation(
            "query failed validation: query.block_id should be defined, instead was `undefined`.",
        )
    })?;
    let id = ids::parse(text).ok_or_else(|| {
        ApiError::validation(format!(
            "query failed validation: query.block_id should be a valid uuid, instead was `\"{text}\"`."
        ))
    })?;
    let paging = call.paging()?;
    let store = call.notion.read();
    let view = call.view(&store);
    blocks::find_block(call, &view, id)?;
    let open = store.comments.iter().filter(|comment| comment.on == id && !comment.resolved);
    let rows: Vec<(Id, Value)> = open.map(|comment| (comment.id, render(&view, comment))).collect();
    Ok(object(list_by_id("comment", &rows, &paging)?))
}

pub fn get(call: &Call<'_>, id: Id) -> Result<Answer> {
    let store = call.notion.read();
    let view = call.view(&store);
    let found = store.comments.iter().find(|comment| comment.id == id);
    let seen = found.filter(|comment| store.find(comment.on).is_some_and(|index| view.sees(index)));
    let comment = seen.ok_or_else(|| call.not_found("comment", id))?;
    Ok(object(render(&view, comment)))
}

pub fn create(call: &Call<'_>) -> Result<Answer> {
    call.body.only(&["parent", "discussion_id", "rich_text", "attachments", "display_name"])?;
    let parent = call.body.value("parent");
    let discussion = call.body.value("discussion_id").as_str().and_then(ids::parse);
    let on = parent["page_id"].as_str().or(parent["block_id"].as_str()).and_then(ids::parse);
    let on = {
        let store = call.notion.read();
        let thread = discussion.and_then(|id| store.comments.iter().find(|one| one.discussion == id));
        let on = on.or(thread.map(|comment| comment.on));
        let on =
            on.ok_or_else(|| ApiError::body("body.parent should be defined, instead was `undefined`"))?;
        blocks::find_block(call, &call.view(&store), on)?;
        on
    };
    let words = call.body.value("rich_text");
    let id = call.notion.change(|store, now_ms| {
        let hand = Hand { by: call.bot.id, now_ms, files: &|_| None, keep_time: false };
        store.add_comment(on, discussion, &words, &hand)
    })?;
    get(call, id)
}
