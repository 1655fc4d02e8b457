//! Connectors: what there is, connecting, refreshing, disconnecting.

pub mod authorize;
pub mod contents;
pub mod disconnect;
pub mod get;
pub mod list;
pub mod refresh;
pub mod token;

mod view;

use serde::Deserialize;
use utoipa::IntoParams;

use crate::strict::ConnectorName;

/// The connector a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ConnectorPath {
    /// The connector's id, such as `google_drive`.
    #[param(inline)]
    pub connector_id: ConnectorName,
}

impl ConnectorPath {
    pub fn id(&self) -> &str {
        self.connector_id.as_str()
    }
}
