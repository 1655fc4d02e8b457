//! Databases and data sources by id.

use serde_json::json;

use super::{Call, Result, object};
use crate::kernel::answer::Answer;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::render::View;
use crate::notion::versions::Version;
use crate::notion::workspace::{Index, Kind};

pub fn get(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.only_params(&[])?;
    let store = call.notion.read();
    let view = call.view(&store);
    let index = find_database(call, &view, id)?;
    if call.version == Version::V2022 {
        let source = only_source(&view, index)?;
        return Ok(object(view.legacy_database(index, source)));
    }
    Ok(object(view.database(index)))
}

/// Finds a database; the id of a page is told apart from one that is not there.
pub fn find_database(call: &Call<'_>, view: &View<'_>, id: Id) -> Result<Index> {
    if let Some(index) = view.store.find_kind(id, Kind::Page).filter(|index| view.sees(*index)) {
        let id = ids::show(view.store.node(index).id);
        return Err(ApiError::validation(format!(
            "Provided database_id {id} is a page, not a database. Use the pages API instead, or pass the ID of the database itself."
        )));
    }
    call.find(view, id, Kind::Database, "database")
}

/// Returns the data source of a database that has only one, which is all that old versions can speak of.
pub fn only_source(view: &View<'_>, database: Index) -> Result<Index> {
    let sources = view.sources_of(database);
    match sources.as_slice() {
        [only] => Ok(*only),
        _ => {
            let ids: Vec<String> = sources.iter().map(|one| ids::show(view.store.node(*one).id)).collect();
            Err(ApiError::validation(
                "Databases with multiple data sources are not supported in this API version.",
            )
            .with_data(json!({
                "error_type": "multiple_data_sources_for_database",
                "database_id": ids::show(view.store.node(database).id),
                "child_data_source_ids": ids,
                "minimum_api_version": "2025-09-03",
            })))
        }
    }
}

pub fn get_source(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.only_params(&[])?;
    let store = call.notion.read();
    let view = call.view(&store);
    let index = call.find(&view, id, Kind::DataSource, "data_source")?;
    Ok(object(view.source(index)))
}
