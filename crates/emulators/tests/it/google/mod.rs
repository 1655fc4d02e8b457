//! The emulated Google over real HTTP, by topic.

mod authorize;
mod changes;
mod content;
mod control;
mod errors;
mod harness;
mod listing;
mod permissions;
mod recorded;
mod seed;
mod spec;
mod tokens;
mod watch;
