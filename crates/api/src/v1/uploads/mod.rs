//! Uploads: files from the user's own disk, kept byte for byte.

pub mod content;
pub mod create;
pub mod delete;
pub mod tus;

mod parts;
mod view;

use gangway_model::ItemId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::strict::Id;

/// The upload a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct UploadPath {
    /// `id` of the uploaded file.
    #[param(inline)]
    file_id: Id,
}

impl UploadPath {
    fn id(&self) -> ItemId {
        self.file_id.to()
    }
}
