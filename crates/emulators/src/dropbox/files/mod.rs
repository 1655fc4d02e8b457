//! The `files` routes.

mod batch;
mod content;
mod export;
pub mod links;
mod list;
pub mod longpoll;
mod metadata;
mod page;
mod preview;
pub mod render;
mod revisions;
mod search;
mod write;

use super::call::{Call, Outcome};
use super::errors::ApiError;

pub fn dispatch(call: &Call<'_>, name: &str) -> Outcome {
    match name {
        "list_folder" => list::start(call),
        "list_folder/continue" => list::resume(call),
        "list_folder/get_latest_cursor" => list::latest(call),
        "get_metadata" => metadata::get(call),
        "download" => content::download(call),
        "download_zip" => content::download_zip(call),
        "export" => export::export(call),
        "get_temporary_link" => links::create(call),
        "get_thumbnail_v2" => preview::thumbnail(call),
        "get_thumbnail_batch" => preview::thumbnails(call),
        "get_preview" => preview::preview(call),
        "search_v2" => search::start(call),
        "search/continue_v2" => search::resume(call),
        "list_revisions" => revisions::list(call),
        "restore" => revisions::restore(call),
        "upload" => write::upload(call),
        "create_folder_v2" => write::create_folder(call),
        "delete_v2" => write::delete(call),
        "delete_batch" => batch::delete(call),
        "delete_batch/check" => batch::check(call),
        "permanently_delete" => write::delete_for_good(call),
        "move_v2" => write::relocate(call, false),
        "copy_v2" => write::relocate(call, true),
        _ => Err(ApiError::malformed("Unknown API function")),
    }
}
