//! The handle against a server that follows a script, on a clock that never makes anybody wait.

mod credentials;
mod downloads;
mod redirects;
mod retries;
mod server;
