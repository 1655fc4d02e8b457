//! Sync jobs: starting, watching, calling off.

pub mod cancel;
pub mod events;
pub mod files;
pub mod get;
pub mod list;
pub mod start;

mod view;

pub use view::JobView;

use gangway_model::SyncJobId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::strict::{ConnectorName, Id};

/// The job a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct JobPath {
    /// The connector's id, such as `google_drive`.
    #[param(inline)]
    connector_id: ConnectorName,
    /// `job_id` of the sync job.
    #[param(inline)]
    job_id: Id,
}

impl JobPath {
    fn connector(&self) -> &str {
        self.connector_id.as_str()
    }

    fn job(&self) -> SyncJobId {
        self.job_id.to()
    }
}
