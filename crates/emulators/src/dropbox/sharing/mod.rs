//! The `sharing` routes: shared folders, shared files, members and links.

mod files;
mod folders;
pub mod links;
mod members;
mod rows;

use super::call::{Call, Outcome};
use super::errors::ApiError;

pub fn dispatch(call: &Call<'_>, name: &str) -> Outcome {
    match name {
        "list_folders" => folders::list(call, false),
        "list_folders/continue" => folders::resume(call, false),
        "list_mountable_folders" => folders::list(call, true),
        "list_mountable_folders/continue" => folders::resume(call, true),
        "get_folder_metadata" => folders::get(call),
        "mount_folder" => folders::mount(call),
        "unmount_folder" => folders::unmount(call),
        "list_folder_members" => members::of_folder(call),
        "list_folder_members/continue" => members::of_folder_resume(call),
        "list_file_members" => members::of_file(call),
        "list_file_members/batch" => members::of_files(call),
        "list_file_members/continue" => members::of_file_resume(call),
        "get_file_metadata" => files::get(call),
        "get_file_metadata/batch" => files::get_batch(call),
        "list_received_files" => files::received(call),
        "list_received_files/continue" => files::received_resume(call),
        "list_shared_links" => links::list(call),
        "create_shared_link_with_settings" => links::create(call),
        "get_shared_link_metadata" => links::metadata(call),
        "get_shared_link_file" => links::file(call),
        "modify_shared_link_settings" => links::modify(call),
        "revoke_shared_link" => links::revoke(call),
        _ => Err(ApiError::malformed("Unknown API function")),
    }
}
