//! Logs: on standard error, in the form the operator chose.

use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Starts logging. A second call in one process changes nothing.
pub fn start(config: &Config) {
    // The filter was checked with the configuration.
    let filter = EnvFilter::try_new(filter_of(&config.log_level)).unwrap_or_else(|_| EnvFilter::new("info"));
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

/// What the operator asked for. The protocol library tells of every request of an assistant twice and more, and below
/// `info` of what is in it: it is kept to its warnings unless it is named.
fn filter_of(level: &str) -> String {
    if level.contains("rmcp") || ["error", "off"].contains(&level.trim()) {
        return level.to_owned();
    }
    format!("{level},rmcp=warn")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_library_is_quiet_unless_it_is_named() {
        assert_eq!(filter_of("debug"), "debug,rmcp=warn");
        assert_eq!(filter_of("info,gangway_sync=debug"), "info,gangway_sync=debug,rmcp=warn");
        assert_eq!(filter_of("info,rmcp=debug"), "info,rmcp=debug");
        assert_eq!(filter_of("error"), "error");
    }
}
