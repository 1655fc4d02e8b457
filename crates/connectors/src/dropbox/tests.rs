//! Dropbox against its emulator: the suite of every connector, what only Dropbox has, and real answers.

mod contents;
mod emulated;
mod errors;
mod exports;
mod feeds;
mod harness;
mod listings;
mod notifications;
mod oauth;
mod places;
mod recorded;
mod roots;
mod script;
mod shared_folders;
mod sharing;
mod team;

mod conformance {
    gangway_connector::conformance_tests!(gangway_standins::DropboxStandIn, &crate::dropbox::Dropbox);
}
