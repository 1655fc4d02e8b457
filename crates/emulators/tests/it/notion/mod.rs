//! The emulated Notion over real HTTP, by topic.

mod authorize;
mod blocks;
mod capabilities;
mod changes;
mod control;
mod databases;
mod errors;
mod files;
mod harness;
mod markdown;
mod paging;
mod query;
mod recorded;
mod search;
mod seed;
mod spec;
mod tokens;
mod versions;
mod webhooks;
mod writes;
