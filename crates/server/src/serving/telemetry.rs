//! Logs: on standard error, in the form the operator chose.

use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Starts logging. A second call in one process changes nothing.
pub fn start(config: &Config) {
    // The filter was checked with the configuration.
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(crate::output::is_watched());
    let _ = match config.log_format.as_str() {
        "json" => builder.json().flatten_event(true).try_init(),
        "pretty" => builder.pretty().try_init(),
        _ => builder.compact().try_init(),
    };
}
