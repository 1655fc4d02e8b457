//! Configuration: one table of settings, read from a file, the environment and flags, in rising precedence.

mod args;
mod error;
mod file;
mod layers;
mod reference;
mod table;
mod typed;
mod value;

pub use args::ConfigArgs;
pub use error::ConfigError;
pub use layers::{Settings, load};
pub use reference::{default_file, markdown};
pub use table::{Setting, settings};
pub use typed::{Config, EmbedderConfig, EmbeddingsConfig};

#[cfg(test)]
mod tests;
#[cfg(test)]
pub use tests::check_generated;
