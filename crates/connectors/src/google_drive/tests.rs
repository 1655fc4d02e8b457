//! Google Drive against its emulator: the suite of every connector, what only Drive has, and real answers.

mod drives;
mod errors;
mod exports;
mod harness;
mod notifications;
mod oauth;
mod people;
mod recorded;

use harness::GoogleHarness;

mod conformance {
    use super::GoogleHarness;

    gangway_connector::conformance_tests!(GoogleHarness);
}
