//! Slack against its emulator: the suite of every connector, what only Slack has, and real answers.

mod browsing;
mod conversations;
mod errors;
mod events;
mod feeds;
mod files;
mod grants;
mod harness;
mod ids;
mod mrkdwn;
mod notifications;
mod oauth;
mod people;
mod recorded;
mod regimes;
mod threads;

mod conformance {
    gangway_connector::conformance_tests!(gangway_standins::SlackStandIn, &crate::slack::Slack);
}
