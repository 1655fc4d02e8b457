//! What must be true of every entry of the registry.

use std::collections::BTreeSet;

use gangway_connector::{Availability, ConnectorKind, Push};
use gangway_model::Plan;
use gangway_oauth::{OAuthEndpoints, resolve_scopes};
use url::Url;

use crate::{ALL, find};

#[test]
fn the_guides_connectors_are_there_in_its_order() {
    let rows: Vec<_> = ALL
        .iter()
        .map(|connector| connector.descriptor())
        .map(|it| (it.id, it.kind.as_str(), it.plan, it.is_built()))
        .collect();
    let expected = [
        ("google_drive", "file_storage", Plan::Pro, true),
        ("microsoft_onedrive", "file_storage", Plan::Enterprise, false),
        ("microsoft_sharepoint", "file_storage", Plan::Enterprise, false),
        ("dropbox", "file_storage", Plan::Enterprise, true),
        ("box", "file_storage", Plan::Enterprise, false),
        ("notion", "productivity", Plan::Pro, true),
        ("confluence", "productivity", Plan::Enterprise, false),
        ("slack", "communication", Plan::Enterprise, true),
        ("local_upload", "local", Plan::Free, true),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn connectors_are_found_by_id_and_nothing_else_is() {
    for connector in ALL {
        let id = connector.descriptor().id;
        assert_eq!(find(id).unwrap().descriptor().id, id);
    }
    assert!(find("google").is_none() && find("").is_none() && find("Google_Drive").is_none());
    let ids: BTreeSet<_> = ALL.iter().map(|connector| connector.descriptor().id).collect();
    assert_eq!(ids.len(), ALL.len());
}

#[test]
fn descriptors_hold_together() {
    for connector in ALL {
        let it = connector.descriptor();
        for endpoint in it.endpoints {
            let url: Url = endpoint.default_url.parse().unwrap();
            assert_eq!(url.scheme(), "https", "{}", endpoint.name);
            assert!(url.host_str().is_some() && url.query().is_none());
        }
        if let Some(facts) = it.oauth {
            OAuthEndpoints::of(facts).unwrap();
            let defaults = resolve_scopes(facts, &[]).unwrap();
            assert!(facts.scopes.iter().any(|scope| scope.default && defaults.contains(&scope.full.into())));
        }
        let is_local = it.kind == ConnectorKind::Local;
        assert_eq!(it.is_built() && !is_local, it.oauth.is_some(), "{}", it.id);
        if let Availability::Planned(reason) = it.availability {
            assert!(reason.contains("not built yet"));
            let can = it.capabilities;
            assert!(!(can.browse || can.change_feed || can.push != Push::None || can.search || can.versions));
        }
    }
}
