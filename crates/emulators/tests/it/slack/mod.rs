//! The emulated Slack over real HTTP, by topic.

mod authorize;
mod bulk;
mod control;
mod deliveries;
mod events;
mod faults;
mod files;
mod grid;
mod harness;
mod history;
mod inbox;
mod lists;
mod people;
mod rates;
mod recorded;
mod scopes;
mod seed;
mod spec;
mod tokens;
mod visibility;
mod writes;
