//! Under which names this server may be asked, and from pages of which origins.

use gangway_app::AppSettings;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use url::Url;

/// The largest message, as with the bodies of the REST API.
const MESSAGE_LIMIT: usize = 1024 * 1024;
/// Names that no page of the internet can be loaded under.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The transport without sessions and with plain JSON answers, closed to strange hosts and origins.
pub fn transport(settings: &AppSettings) -> StreamableHttpServerConfig {
    let hosts =
        LOOPBACK.into_iter().map(str::to_owned).chain(settings.public_url.host_str().map(str::to_owned));
    let own = settings.own_origin();
    let origins = settings.allowed_origins.iter().chain([&own]).filter_map(|origin| with_port(origin));
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MESSAGE_LIMIT)
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .enforce_origin_validation()
}

/// An origin with its port written out: without one it would stand for every port of its host.
fn with_port(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    Some(format!("{}://{}:{}", url.scheme(), url.host_str()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_origins_follow_the_public_address() {
        let mut settings = AppSettings::for_public_url("https://gw.example".parse().unwrap());
        settings.allowed_origins.insert("http://app.example:3000".to_owned());
        let config = transport(&settings);
        assert_eq!(config.allowed_hosts, ["localhost", "127.0.0.1", "[::1]", "gw.example"]);
        assert_eq!(config.allowed_origins, ["http://app.example:3000", "https://gw.example:443"]);
        assert!(!config.legacy_session_mode && config.json_response);
    }
}
