//! `get_metadata`.

use super::render::Rendering;
use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Outcome, ok};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;

const FIELDS: [&str; 5] = [
    "path",
    "include_media_info",
    "include_deleted",
    "include_has_explicit_shared_members",
    "include_property_groups",
];

pub fn get(call: &Call<'_>) -> Outcome {
    let args = &call.args;
    args.only(&FIELDS)?;
    let path = args.path("path", PathForm::Read)?;
    args.flag("include_media_info", false)?;
    let tree = call.dropbox.read_tree();
    let mut rendering =
        Rendering::new(&tree, &call.view).with_previews(call.dropbox, call.switches.preview_urls);
    rendering.explicit_members = args.flag("include_has_explicit_shared_members", false)?;
    match lookup::find(&tree, call, path) {
        Ok(found) if found.node == call.view.root => {
            Err(ApiError::malformed("request body: path: The root folder is unsupported."))
        }
        Ok(found) if found.version.is_some() => {
            let mut value = rendering.plain(found.node, found.version);
            value[".tag"] = "file".into();
            ok(value)
        }
        Ok(found) => ok(rendering.entry(found.node)),
        Err(tag) => {
            let deleted = args.flag("include_deleted", false)?;
            let gone = if deleted { lookup::find_deleted(&tree, &call.view, path) } else { None };
            match gone {
                Some(node) => ok(rendering.deleted(node)),
                None => Err(ApiError::route(&format!("path/{tag}"))),
            }
        }
    }
}
