//! Google Drive on the emulated Google.

use gangway_connector::conformance::Stage;
use gangway_emulators::google::FileTarget;
use gangway_model::ProviderItemId;
use gangway_standins::GoogleStandIn;

use crate::google_drive::GoogleDrive;

pub const ME: &str = GoogleStandIn::ME;
pub const FRIEND: &str = GoogleStandIn::FRIEND;

pub type GoogleStage = Stage<GoogleStandIn>;

pub async fn start() -> GoogleStage {
    Stage::start(&GoogleDrive).await
}

pub async fn with_scopes(scopes: &[&str]) -> GoogleStage {
    Stage::with_scopes(&GoogleDrive, scopes).await
}

pub fn at(id: &ProviderItemId) -> FileTarget {
    GoogleStandIn::target(id)
}
