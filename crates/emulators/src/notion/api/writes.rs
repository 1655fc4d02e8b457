//! Calls that change content; a customer's other client may use them.

use serde_json::{Value, json};

use super::blocks::find_block;
use super::{Call, Result, list, object};
use crate::kernel::answer::Answer;
use crate::notion::blocks::may_create;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::versions::Version;
use crate::notion::workspace::{Hand, Index, Kind, Workspace};

const MOST_CHILDREN: usize = 100;
const MOST_BLOCKS: usize = 1000;

fn no_files(_: &str) -> Option<bytes::Bytes> {
    None
}

impl Call<'_> {
    fn hand(&self, now_ms: i64) -> Hand<'static> {
        Hand { by: self.bot.id, now_ms, files: &no_files, keep_time: self.switches.api_edits_keep_time }
    }

    /// Changes the workspace; refusals are complaints about the body.
    fn change<T>(&self, change: impl FnOnce(&mut Workspace, &Hand<'_>) -> anyhow::Result<T>) -> Result<T> {
        let made = self.notion.change(|store, now_ms| change(store, &self.hand(now_ms)));
        made.map_err(ApiError::from)
    }

    /// Refuses `archived` where the version no longer knows it.
    fn check_archived(&self) -> Result<()> {
        match self.body.get("archived") {
            Some(value) if self.version == Version::V2026 => {
                Err(ApiError::body(format!("body.archived should be not present, instead was `{value}`")))
            }
            _ => Ok(()),
        }
    }
}

/// Counts blocks and refuses what a request may not carry.
fn check_blocks(blocks: &[Value], place: &str, total: &mut usize) -> Result<()> {
    if blocks.len() > MOST_CHILDREN {
        let count = blocks.len();
        return Err(ApiError::body(format!("{place}.length should be ≤ `100`, instead was `{count}`")));
    }
    *total += blocks.len();
    if *total > MOST_BLOCKS {
        return Err(ApiError::body("a request should have at most 1000 blocks"));
    }
    for (at, block) in blocks.iter().enumerate() {
        let kind = block["type"].as_str().or_else(|| {
            let keys = block.as_object().into_iter().flat_map(|block| block.keys());
            keys.map(String::as_str).find(|key| !["object", "type", "children"].contains(key))
        });
        let kind = kind.unwrap_or_default();
        if !may_create(kind) {
            return Err(ApiError::body(format!("{place}[{at}].{kind} should be not present")));
        }
        if let Some(children) = block[kind]["children"].as_array() {
            check_blocks(children, &format!("{place}[{at}].{kind}.children"), total)?;
        }
    }
    Ok(())
}

/// Finds the node that a `parent` of a request names, and checks that the caller may see it.
fn find_parent(call: &Call<'_>, parent: &Value) -> Result<Index> {
    let names = [
        ("page_id", Kind::Page, "page"),
        ("data_source_id", Kind::DataSource, "data_source"),
        ("database_id", Kind::Database, "database"),
        ("block_id", Kind::Block, "block"),
    ];
    let found = names.into_iter().find(|(name, ..)| parent[*name].is_string());
    let Some((name, kind, what)) = found else {
        return Err(ApiError::body("body.parent should be defined, instead was `undefined`"));
    };
    let text = parent[name].as_str().unwrap_or_default();
    let id = ids::parse(text).ok_or_else(|| {
        ApiError::body(format!("body.parent.{name} should be a valid uuid, instead was `\"{text}\"`"))
    })?;
    let store = call.notion.read();
    let view = call.view(&store);
    let index = call.find(&view, id, kind, what)?;
    if kind == Kind::Database {
        return super::databases::only_source(&view, index);
    }
    Ok(index)
}

pub fn create_page(call: &Call<'_>) -> Result<Answer> {
    call.body.only(&[
        "parent",
        "properties",
        "children",
        "icon",
        "cover",
        "content",
        "markdown",
        "template",
        "position",
    ])?;
    let parent = find_parent(call, &call.body.value("parent"))?;
    let children = call.body.value("children").as_array().cloned().unwrap_or_default();
    check_blocks(&children, "body.children", &mut 0)?;
    let wish = call.body.as_value();
    let id = call.change(|store, hand| {
        let index = store.create_page(Some(parent), None, &without_parent(&wish), hand)?;
        Ok(store.node(index).id)
    })?;
    answer_page(call, id)
}

fn without_parent(wish: &Value) -> Value {
    let mut wish = wish.clone();
    if let Some(wish) = wish.as_object_mut() {
        wish.remove("parent");
    }
    wish
}

fn answer_page(call: &Call<'_>, id: Id) -> Result<Answer> {
    let store = call.notion.read();
    let view = call.view(&store);
    let index = call.find(&view, id, Kind::Page, "page")?;
    Ok(object(view.page(index, &[])))
}

pub fn update_page(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.body.only(&[
        "properties",
        "icon",
        "cover",
        "in_trash",
        "archived",
        "is_archived",
        "is_locked",
        "template",
        "erase_content",
    ])?;
    call.check_archived()?;
    let index = {
        let store = call.notion.read();
        call.find(&call.view(&store), id, Kind::Page, "page")?
    };
    let mut wish = call.body.as_value();
    if let Some(wish) = wish.as_object_mut()
        && let Some(trashed) = wish.remove("archived")
    {
        wish.insert("in_trash".into(), trashed);
    }
    call.change(|store, hand| store.edit_page(index, &wish, hand))?;
    answer_page(call, id)
}

pub fn move_page(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.body.only(&["parent"])?;
    let index = {
        let store = call.notion.read();
        call.find(&call.view(&store), id, Kind::Page, "page")?
    };
    let parent = find_parent(call, &call.body.value("parent"))?;
    call.change(|store, hand| store.move_node(index, Some(parent), hand))?;
    answer_page(call, id)
}

pub fn append(call: &Call<'_>, id: Id) -> Result<Answer> {
    let anchor = if call.version == Version::V2026 { "position" } else { "after" };
    call.body.only(&["children", anchor])?;
    let children = match call.body.value("children") {
        Value::Array(children) => children,
        other => {
            return Err(ApiError::body(format!("body.children should be an array, instead was `{other}`")));
        }
    };
    check_blocks(&children, "body.children", &mut 0)?;
    let (parent, at) = {
        let store = call.notion.read();
        let view = call.view(&store);
        let parent = find_block(call, &view, id)?;
        let position = call.body.value(anchor);
        let after = match position["type"].as_str() {
            Some("after_block") => position["after_block"]["id"].as_str().map(str::to_owned),
            _ => position.as_str().map(str::to_owned),
        };
        let at = match after {
            Some(text) => {
                let block = ids::parse(&text).and_then(|id| store.find(id));
                let block = block.filter(|block| store.node(*block).parent == Some(parent));
                let place = block.and_then(|block| store.place_of(block));
                Some(place.ok_or_else(|| ApiError::body(format!("body.{anchor} should name a child")))? + 1)
            }
            None => (position["type"] == "start").then_some(0),
        };
        (parent, at)
    };
    let made = call.change(|store, hand| store.add_blocks(parent, &children, at, hand))?;
    let store = call.notion.read();
    let view = call.view(&store);
    let results = made.iter().map(|index| view.block(*index)).collect();
    Ok(object(list("block", results, None)))
}

pub fn update_block(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.check_archived()?;
    let index = {
        let store = call.notion.read();
        find_block(call, &call.view(&store), id)?
    };
    let wish = call.body.as_value();
    call.change(|store, hand| store.edit_block(index, &wish, hand))?;
    let store = call.notion.read();
    Ok(object(call.view(&store).block(index)))
}

/// Puts a block into the trash; for pages and databases this trashes the page or database.
pub fn delete_block(call: &Call<'_>, id: Id) -> Result<Answer> {
    let index = {
        let store = call.notion.read();
        find_block(call, &call.view(&store), id)?
    };
    call.change(|store, hand| {
        store.set_trashed(index, true, hand);
        Ok(json!({}))
    })?;
    let store = call.notion.read();
    Ok(object(call.view(&store).block(index)))
}
