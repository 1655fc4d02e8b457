//! Router-level tests: the real router, rows, vault and index in a temporary folder; a provider made of a few lines.

mod house;
mod provider;

mod admin;
mod assistants;
mod bad_input;
mod collections;
mod connecting;
mod console;
mod document;
mod files;
mod pages;
mod picker;
mod reference;
mod resumable;
mod resuming;
mod syncing;
mod uploads;
