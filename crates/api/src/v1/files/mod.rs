//! Files: looking around at the source, versions, why a file is or is not here, and the text of those that are.

pub mod list;
pub mod text;
pub mod versions;
pub mod why;

mod view;

pub use view::{ReasonView, SourceFileView};

use gangway_model::ProviderItemId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::strict::{ConnectorName, ProviderId};

/// The file a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct FilePath {
    /// The connector's id, such as `google_drive`.
    #[param(inline)]
    connector_id: ConnectorName,
    /// The provider's id of the file.
    #[param(inline)]
    file_id: ProviderId,
}

impl FilePath {
    fn connector(&self) -> &str {
        self.connector_id.as_str()
    }

    fn file(&self) -> ProviderItemId {
        ProviderItemId::from(&*self.file_id)
    }
}
