//! Pages by id.

use super::{Call, Result, object};
use crate::kernel::answer::Answer;
use crate::notion::errors::ApiError;
use crate::notion::ids::{self, Id};
use crate::notion::workspace::Kind;

pub fn get(call: &Call<'_>, id: Id) -> Result<Answer> {
    call.only_params(&["filter_properties"])?;
    let store = call.notion.read();
    let view = call.view(&store);
    if let Some(index) = store.find(id).filter(|index| view.sees(*index))
        && store.node(index).kind == Kind::Database
    {
        return Err(ApiError::validation(format!(
            "Provided ID {} is a database, not a page. Use the retrieve database API instead: https://developers.notion.com/reference/retrieve-a-database",
            ids::show(id)
        )));
    }
    let index = call.find(&view, id, Kind::Page, "page")?;
    Ok(object(view.page(index, &call.params("filter_properties"))))
}
