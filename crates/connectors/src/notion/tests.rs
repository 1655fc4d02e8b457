//! Notion: the suite of every connector against the emulator, what only Notion has, bad days word by word, and real
//! answers.

mod make;
mod script;

mod contents;
mod errors;
mod feed;
mod listings;
mod notifications;
mod oauth;
mod outside;
mod recorded;
mod rendering;
mod states;
mod values;
mod words;

mod conformance {
    gangway_connector::conformance_tests!(gangway_standins::NotionStandIn, &crate::notion::Notion);
}
