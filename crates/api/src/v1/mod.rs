//! The REST API: one folder for each resource, one file for each endpoint.

pub mod connectors;
pub mod files;
pub mod picker;
pub mod sync;
pub mod uploads;

pub mod collections;
pub mod search;

pub mod admin;
pub mod assistants;
pub mod me;

pub mod params;
