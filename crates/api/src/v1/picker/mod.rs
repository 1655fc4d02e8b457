//! Picker sessions, as the product's own code sees them. The page itself is in `pages`.

pub mod create;
pub mod get;

use gangway_app::PickedFile;
use serde::Serialize;
use utoipa::ToSchema;

/// A chosen file or folder.
#[derive(Serialize, ToSchema)]
#[schema(as = PickedFile)]
pub struct PickedFileView {
    id: String,
    name: String,
    #[serde(rename = "mimeType")]
    media_type: String,
    size: Option<u64>,
    url: Option<String>,
    /// `file`, `folder` or `link`.
    kind: String,
}

impl From<PickedFile> for PickedFileView {
    fn from(file: PickedFile) -> Self {
        Self {
            id: file.id.into_string(),
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            url: file.url,
            kind: file.kind,
        }
    }
}
