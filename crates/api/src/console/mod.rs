//! The web console: signing in, and the files of its pages.

pub mod files;
pub mod session;
