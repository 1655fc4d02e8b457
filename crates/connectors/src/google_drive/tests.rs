//! Google Drive against its emulator: the suite of every connector, what only Drive has, and real answers.

mod drives;
mod errors;
mod exports;
mod harness;
mod notifications;
mod oauth;
mod people;
mod recorded;

mod conformance {
    gangway_connector::conformance_tests!(gangway_standins::GoogleStandIn, &crate::google_drive::GoogleDrive);
}
