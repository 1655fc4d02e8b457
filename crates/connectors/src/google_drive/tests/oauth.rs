//! What was granted, and what the connection can do with less.

use std::collections::BTreeMap;

use gangway_connector::conformance::Harness;
use gangway_connector::{BrowseRequest, Disposition, FetchLimits};
use gangway_oauth::{missing_scopes, resolve_scopes};
use serde_json::json;

use super::harness::{GoogleHarness, ME};
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
    let harness = GoogleHarness::start().await;
    let before = harness.tokens.grant();
    assert!(before.refresh_token.is_some());
    let asked = resolve_scopes(&FACTS, &[]).unwrap();
    assert!(missing_scopes(&FACTS, &asked, &before.scopes).is_empty(), "{:?}", before.scopes);
    harness.control.expire_access_tokens();
    harness.source().account().await.unwrap();
    assert_eq!(harness.tokens.generation(), 2, "one refresh for one refused token");
    assert!(
        harness.tokens.grant().refresh_token.is_some(),
        "Google sends none on refresh: the old one stays"
    );
}

#[tokio::test]
async fn the_account_is_told_by_the_identity_or_by_drive_itself() {
    let harness = GoogleHarness::start().await;
    let account = harness.source().account().await.unwrap();
    assert_eq!((account.email.as_deref(), account.name.as_deref()), (Some(ME), Some("Ada Lovelace")));
    assert_eq!(harness.control.call_count("drive.about.get"), 0);
    harness.fault("oauth.userinfo", 9, json!({"status": 403, "reason": "insufficientPermissions"}));
    let account = harness.source().account().await.unwrap();
    assert_eq!(account.email.as_deref(), Some(ME));
    assert_eq!(harness.control.call_count("drive.about.get"), 1);
    harness.control.clear_faults();
    harness.fault("oauth.userinfo", u64::from(u32::MAX), json!({"status": 503}));
    let error = harness.source().account().await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "an outage is not a missing scope");
}

#[tokio::test]
async fn with_less_than_asked_the_rest_still_works() {
    let harness = GoogleHarness::with_scopes(&["drive.metadata.readonly"]).await;
    let file = harness.create_file(harness.home_id(), "a.txt", "a").await;
    let source = harness.source();
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
    let harness = GoogleHarness::start().await;
    let base = harness.emulator.base_url();
    let source = harness.open(BTreeMap::from([("api".to_owned(), base)]));
    assert!(source.get(harness.home_id()).await.is_ok());
    // The identity lies on another host, which this connection may not call: the token stays here.
    assert_eq!(source.account().await.unwrap_err().code, "host_not_allowed");
}
