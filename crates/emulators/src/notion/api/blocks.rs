//! Blocks by id, and one level of children.

use serde_json::Value;

use super::{Call, Result, invalid_cursor, list, object};
use crate::kernel::answer::Answer;
use crate::notion::ids::{self, Id};
use crate::notion::render::View;
use crate::notion::workspace::{Detail, Index, Kind};

pub fn get(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.only_params(&[])?;
    let store = call.notion.read();
    let view = call.view(&store);
    let index = find_block(call, &view, id)?;
    Ok(object(view.block(index)))
}

/// Finds anything that is a block: pages and databases are, data sources are not.
pub fn find_block(call: &Call<'_>, view: &View<'_>, id: Id) -> Result<Index> {
    view.store
        .find(id)
        .filter(|index| view.store.node(*index).kind != Kind::DataSource && view.sees(*index))
        .ok_or_else(|| call.not_found("block", id))
}

pub fn children(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.only_params(&["start_cursor", "page_size"])?;
    let paging = call.paging()?;
    let store = call.notion.read();
    let view = call.view(&store);
    let index = find_block(call, &view, id)?;
    let missing = || call.not_found("block", id);
    let holder = view.children_holder(index).ok_or_else(missing)?;
    let node = store.node(holder);
    if node.kind == Kind::Database {
        return Ok(object(list("block", Vec::new(), None)));
    }
    if let Detail::Generated { .. } = node.detail {
        let rows: Vec<(Id, Value)> = store
            .generated_blocks(holder)
            .into_iter()
            .map(|(id, detail)| (id, view.generated_block(holder, id, &detail)))
            .collect();
        return Ok(object(super::list_by_id("block", &rows, &paging)?));
    }
    // The cursor is the id of the next block, which knows its place: no page costs more than its own rows.
    let start = match &paging.cursor {
        None => 0,
        Some(cursor) => ids::parse(cursor)
            .and_then(|id| store.find(id))
            .filter(|child| store.node(*child).parent == Some(holder))
            .and_then(|child| store.place_of(child))
            .ok_or_else(|| invalid_cursor(cursor))?,
    };
    let (range, mut next) = paging.cut(start, node.children.len());
    let results = node.children[range].iter().filter(|child| view.listed(**child));
    let results: Vec<Value> = results.map(|child| view.block(*child)).collect();
    // Nothing but hidden blocks left is no reason to promise more.
    while let Some(at) = next
        && !view.listed(node.children[at.min(node.children.len() - 1)])
    {
        next = (at + 1 < node.children.len()).then_some(at + 1);
    }
    let next = next.and_then(|at| node.children.get(at)).map(|child| ids::show(store.node(*child).id));
    Ok(object(list("block", results, next)))
}
