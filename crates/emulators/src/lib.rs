//! Emulators of the providers: stateful, seedable stand-ins with their own authorization servers.
//!
//! Each provider folder is written from that provider's documentation and shares nothing with the
//! connectors. `kernel` holds what every provider needs: a stepped clock, faults, an authorization
//! server, webhook delivery, the control API and seeding. See `README.md` for the control API.

pub mod cli;
pub mod dropbox;
pub mod google;
pub mod kernel;
pub mod notion;
pub mod slack;
