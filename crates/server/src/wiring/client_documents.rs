//! Whether programs can be known by the address of a document, and whose documents are read.

use gangway_app::DocumentSettings;

use crate::config::Config;

/// Programs that can be known by an address do not register: so they are told that they can only where documents can be read.
pub fn document_settings(config: &Config, uses_a_proxy: bool) -> Option<DocumentSettings> {
    let hosts = &config.mcp_client_document_hosts;
    let network = &config.network;
    let is_reached = |place: &String| {
        let host = place.rsplit_once(':').map_or(place.as_str(), |(host, _)| host);
        network.allowed_hosts.contains(host)
    };
    // A proxy resolves names itself, so nothing here could see that one leads into its network.
    let is_guarded = !uses_a_proxy || !hosts.is_empty();
    let can_read = is_guarded && (!network.only_allowed_hosts || hosts.iter().any(is_reached));
    (config.mcp_client_documents && can_read).then(|| DocumentSettings {
        hosts: hosts.iter().cloned().collect(),
        ours: network.allowed_hosts.clone(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::config::{ConfigArgs, load};

    /// What these settings lead to, directly or behind a proxy.
    fn settings(set: &[&str], uses_a_proxy: bool) -> Option<DocumentSettings> {
        let args =
            ConfigArgs { set: set.iter().map(|one| (*one).to_owned()).collect(), ..Default::default() };
        let settings = load(&args, &BTreeMap::new(), &crate::descriptors()).unwrap();
        document_settings(&Config::from_settings(&settings).unwrap(), uses_a_proxy)
    }

    fn names(hosts: &[&str]) -> BTreeSet<String> {
        hosts.iter().map(|host| (*host).to_owned()).collect()
    }

    #[test]
    fn documents_are_read_from_any_host_unless_that_is_switched_off() {
        assert_eq!(settings(&[], false).unwrap().hosts, BTreeSet::new());
        let named = "mcp.client_document_hosts=app.example,localhost:8443";
        assert_eq!(settings(&[named], false).unwrap().hosts, names(&["app.example", "localhost:8443"]));
        for set in [&["mcp.client_documents=false"][..], &["mcp.client_documents=false", named]] {
            assert!(settings(set, false).is_none(), "{set:?}");
        }
    }

    #[test]
    fn behind_a_proxy_only_documents_on_named_hosts_are_read() {
        assert!(settings(&[], true).is_none());
        let named = ["mcp.client_document_hosts=app.example"];
        assert_eq!(settings(&named, true).unwrap().hosts, names(&["app.example"]));
    }

    #[test]
    fn where_only_some_hosts_may_be_called_one_of_them_has_to_be_named() {
        let only = "outgoing.only_allowed_hosts=true";
        let allowed = "outgoing.allowed_hosts=app.example,localhost";
        let named = |hosts: &str| format!("mcp.client_document_hosts={hosts}");
        assert!(settings(&[only], false).is_none());
        assert!(settings(&[only, allowed], false).is_none(), "on none of them by itself");
        for none in ["other.example", "app.example.other.example,example"] {
            assert!(settings(&[only, allowed, &named(none)], false).is_none(), "{none}");
        }
        for some in ["other.example,app.example", "localhost:8443", "app.example:8443"] {
            for uses_a_proxy in [false, true] {
                assert!(settings(&[only, allowed, &named(some)], uses_a_proxy).is_some(), "{some}");
            }
        }
        assert!(settings(&[&named("other.example")], false).is_some(), "without that rule any host will do");
    }

    #[test]
    fn what_this_server_calls_is_told_with_it() {
        let set = [
            "outgoing.allowed_hosts=inner.example",
            "providers.google.token_url=https://tokens.example/token",
            "search.embeddings.url=http://model.example:9000/v1",
            "search.embeddings.model=m",
        ];
        let told = settings(&set, false).unwrap();
        for host in ["inner.example", "tokens.example", "model.example"] {
            assert!(told.ours.contains(host), "{host}: {:?}", told.ours);
        }
        assert!(!told.ours.contains("app.example"));
        assert_eq!(told.hosts, BTreeSet::new(), "they are not where documents may lie");
    }
}
