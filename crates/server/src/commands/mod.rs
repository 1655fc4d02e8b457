//! The commands, one file each. Those that talk to a server use the public API only.

pub mod assistants;
pub mod collections;
pub mod config;
pub mod connect;
pub mod demo;
pub mod disconnect;
pub mod doctor;
pub mod emulate;
pub mod keys;
pub mod ls;
pub mod model;
pub mod organizations;
pub mod read;
mod resume;
pub mod search;
pub mod serve;
pub mod status;
pub mod sync;
pub mod upload;
pub mod users;
pub mod webhooks;
pub mod why;

mod connection;
mod file_path;
