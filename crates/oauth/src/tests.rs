//! The client against an authorization server that answers the way real ones do.

mod authorization;
mod refusals;
mod server;
mod tokens;
