//! What was granted, and what the connection can do with less.

use std::collections::BTreeMap;

use gangway_connector::conformance::StandIn;
use gangway_connector::{BrowseRequest, Disposition, FetchLimits};
use gangway_oauth::{missing_scopes, resolve_scopes};
use serde_json::json;

use super::harness::{ME, start, with_scopes};
use crate::google_drive::oauth::FACTS;

#[test]
fn only_reading_is_on_the_list() {
    let asks = |name: &str| resolve_scopes(&FACTS, &[name.to_owned()]).is_ok();
    for name in ["drive.readonly", "drive.metadata.readonly", "drive.file", "drive.metadata"] {
        assert!(asks(name) && asks(&format!("https://www.googleapis.com/auth/{name}")), "{name}");
    }
    assert!(!asks("drive") && !asks("drive.appdata") && !asks("gmail.readonly"));
    let defaults = resolve_scopes(&FACTS, &[]).unwrap();
    assert_eq!(defaults, ["https://www.googleapis.com/auth/drive.readonly", "openid", "email", "profile"]);
}

#[tokio::test]
async fn consent_brings_a_grant_that_survives_refreshing() {
    let stage = start().await;
    let before = stage.tokens.grant();
    assert!(before.refresh_token.is_some());
    let asked = resolve_scopes(&FACTS, &[]).unwrap();
    assert!(missing_scopes(&FACTS, &asked, &before.scopes).is_empty(), "{:?}", before.scopes);
    stage.control.expire_access_tokens();
    stage.source().account().await.unwrap();
    assert_eq!(stage.tokens.generation(), 2, "one refresh for one refused token");
    assert!(stage.tokens.grant().refresh_token.is_some(), "Google sends none on refresh: the old one stays");
}

#[tokio::test]
async fn the_account_is_told_by_the_identity_or_by_drive_itself() {
    let stage = start().await;
    let account = stage.source().account().await.unwrap();
    assert_eq!((account.email.as_deref(), account.name.as_deref()), (Some(ME), Some("Ada Lovelace")));
    assert_eq!(stage.control.call_count("drive.about.get"), 0);
    stage.fault("oauth.userinfo", 9, json!({"status": 403, "reason": "insufficientPermissions"}));
    let account = stage.source().account().await.unwrap();
    assert_eq!(account.email.as_deref(), Some(ME));
    assert_eq!(stage.control.call_count("drive.about.get"), 1);
    stage.control.clear_faults();
    stage.fault("oauth.userinfo", u64::from(u32::MAX), json!({"status": 503}));
    let error = stage.source().account().await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "an outage is not a missing scope");
}

#[tokio::test]
async fn with_less_than_asked_the_rest_still_works() {
    let stage = with_scopes(&["drive.metadata.readonly"]).await;
    let file = stage.create_file(&stage.home(), "a.txt", "a").await;
    let source = stage.source();
    let entry = source.get(&file).await.unwrap();
    let error = source.fetch(&entry, &FetchLimits { max_bytes: 10 }).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("insufficient_scope", Disposition::SkipItem));
    // The shared drives cannot be listed with it; the top is shown without them.
    let request = BrowseRequest { limit: 10, ..BrowseRequest::default() };
    let top = source.browse(&request).await.unwrap().entries;
    assert_eq!(top.len(), 2);
}

#[tokio::test]
async fn endpoints_fall_back_to_googles_own() {
    let stage = start().await;
    let base = stage.emulator.base_url();
    let source = stage.open(BTreeMap::from([("api".to_owned(), base)]));
    assert!(source.get(&stage.home()).await.is_ok());
    // The identity lies on another host, which this connection may not call: the token stays here.
    assert_eq!(source.account().await.unwrap_err().code, "host_not_allowed");
}
