//! The emulators over real HTTP, by provider and topic. Every fact stands in the provider's documentation.

mod browser;
mod dropbox;
mod google;
mod notion;
mod receiver;
mod shared;
mod slack;
