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

/// Libraries that are kept quieter than the rest unless they are named.
const QUIET: [(&str, &str); 2] = [
    // Tells of every request of an assistant twice and more, and below `info` of what is in it.
    ("rmcp", "warn"),
    // Warns of merges that it gave up because what they were to merge was deleted meanwhile; they are made anew.
    ("tantivy", "error"),
];

/// What the operator asked for.
fn filter_of(level: &str) -> String {
    if ["error", "off"].contains(&level.trim()) {
        return level.to_owned();
    }
    let quiet = QUIET.iter().filter(|(name, _)| !level.contains(name));
    quiet.fold(level.to_owned(), |level, (name, most)| format!("{level},{name}={most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_quiet_unless_they_are_named() {
        assert_eq!(filter_of("debug"), "debug,rmcp=warn,tantivy=error");
        assert_eq!(filter_of("info,gangway_sync=debug"), "info,gangway_sync=debug,rmcp=warn,tantivy=error");
        assert_eq!(filter_of("info,rmcp=debug"), "info,rmcp=debug,tantivy=error");
        assert_eq!(filter_of("error"), "error");
    }
}
