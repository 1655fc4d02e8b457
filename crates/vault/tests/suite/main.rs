//! What the vault promises, against a small authorization server that rotates refresh tokens and on every database.

mod provider;
mod world;

mod keys;
mod refresh;
mod revoke;
