//! Slack against its emulator: the suite of every connector, what only Slack has, and real answers.

mod errors;
mod ids;
mod mrkdwn;
mod notifications;
mod oauth;
mod recorded;
mod threads;
