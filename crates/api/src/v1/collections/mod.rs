//! Collections (the guide's Spaces): making, showing, changing, emptying, searching.

pub mod coverage;
pub mod create;
pub mod delete;
pub mod files;
pub mod get;
pub mod list;
pub mod remove_file;
pub mod search;
pub mod update;

mod view;

use gangway_model::CollectionId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::strict::Id;

/// The collection a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CollectionPath {
    /// The collection's UUID.
    #[param(inline)]
    uuid: Id,
}

impl CollectionPath {
    pub fn id(&self) -> CollectionId {
        self.uuid.to()
    }
}
