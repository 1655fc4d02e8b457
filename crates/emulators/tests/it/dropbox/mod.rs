//! The emulated Dropbox, by topic.

mod authorize;
mod changes;
mod content;
mod control;
mod errors;
mod harness;
mod listing;
mod longpoll;
mod paths;
mod recorded;
mod roots;
mod seed;
mod sharing;
mod spec;
mod tokens;
mod webhooks;
mod writing;
