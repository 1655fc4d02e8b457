//! The vault: sealing with a key ring, grant storage, single-flight refresh, revocation.
//! The only room that opens a sealed grant.

pub mod apps;
pub mod keyring;
pub mod seal;
mod supplier;
pub mod vault;

pub use apps::{AppDirectory, ConnectorSettings};
pub use keyring::{KeyRing, KeyRingError};
pub use vault::{FactsOf, Refreshed, Vault, VaultError, VaultOptions};
