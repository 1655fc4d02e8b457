//! Metadata and registration.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::program::{Person, Program, REDIRECT, RESOURCE, register};
use crate::tests::house::House;

const METADATA: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn the_metadata_says_what_there_is_and_only_where_there_is_something() {
    let house = House::build().await;
    let told = house.get(METADATA).await.ok();
    assert_eq!(told["issuer"], "https://gw.example");
    for (name, path) in [
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("registration_endpoint", "/oauth/register"),
        ("revocation_endpoint", "/oauth/revoke"),
    ] {
        assert_eq!(told[name], format!("https://gw.example{path}"));
        let answer = house.send(Request::options(path).body(Body::empty()).unwrap()).await;
        assert_ne!(answer.status.as_u16(), 404, "{path}");
    }
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(told["scopes_supported"], json!(["search", "read", "sync"]));
    assert_eq!(told["protected_resources"], json!([RESOURCE]));
    assert_eq!(house.get("/.well-known/openid-configuration").await.ok(), told);

    let without = House::build_with(|settings| settings.assistants = None).await;
    for path in [METADATA, "/.well-known/openid-configuration", "/oauth/authorize"] {
        without.get(path).await.error(404, "not_found");
    }
    assert_eq!(register(&without, json!({ "redirect_uris": [REDIRECT] })).await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_program_registers_itself_and_gets_a_secret_only_if_it_wants_one() {
    let house = House::build().await;
    let about = json!({
        "client_name": "A helper", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "logo_uri": "https://app.example/logo.svg", "software_id": "unknown to us",
    });
    let made = register(&house, about).await;
    assert_eq!(made.status.as_u16(), 201);
    assert_eq!(made.headers["cache-control"], "no-store");
    let told = made.json();
    assert_eq!((&told["client_name"], &told["redirect_uris"]), (&json!("A helper"), &json!([REDIRECT])));
    assert!(told.get("client_secret").is_none() && told.get("logo_uri").is_none(), "{told}");
    for method in ["client_secret_post", "client_secret_basic"] {
        let about = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": method });
        let told = register(&house, about).await.ok();
        assert!(told["client_secret"].as_str().unwrap().len() > 40 && told["client_secret_expires_at"] == 0);
        assert_eq!(told["client_name"], "app.example");
    }
}

#[tokio::test]
async fn a_useless_registration_is_refused_in_the_words_of_the_standard() {
    let house = House::build().await;
    let with = |redirect_uris: serde_json::Value| json!({ "redirect_uris": redirect_uris });
    for (about, word) in [
        (with(json!([])), "invalid_redirect_uri"),
        (json!({}), "invalid_redirect_uri"),
        (with(json!(["http://app.example/cb"])), "invalid_redirect_uri"),
        (with(json!(["javascript:alert(1)"])), "invalid_redirect_uri"),
        (with(json!(["cursor://cb"])), "invalid_redirect_uri"),
        (with(json!(["https://gw.example/oauth/callback"])), "invalid_redirect_uri"),
        (with(json!([REDIRECT, "https://app.example/#x"])), "invalid_redirect_uri"),
        (with(json!(vec![REDIRECT; 11])), "invalid_redirect_uri"),
        (with(json!("not a list")), "invalid_client_metadata"),
        (json!({ "redirect_uris": [REDIRECT], "client_name": "x".repeat(101) }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [REDIRECT], "client_name": 7 }), "invalid_client_metadata"),
        (
            json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt" }),
            "invalid_client_metadata",
        ),
        (json!({ "redirect_uris": [REDIRECT], "grant_types": ["implicit"] }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [REDIRECT], "response_types": ["token"] }), "invalid_client_metadata"),
    ] {
        register(&house, about).await.flat_error(400, word);
    }
    let large = json!({ "redirect_uris": [REDIRECT], "client_name": "x".repeat(40_000) });
    register(&house, large).await.flat_error(413, "invalid_client_metadata");
    let plain = Request::post("/oauth/register").header("content-type", "text/plain");
    let plain = plain.body(Body::from(json!({ "redirect_uris": [REDIRECT] }).to_string())).unwrap();
    house.send(plain).await.flat_error(415, "invalid_client_metadata");

    let named = House::build_with(|settings| {
        settings.assistants.as_mut().unwrap().redirect_schemes.insert("cursor".to_owned());
    })
    .await;
    register(&named, with(json!(["cursor://cb"]))).await.ok();
}

#[tokio::test]
async fn strangers_cannot_register_without_end_and_unused_clients_are_forgotten() {
    let house = House::build().await;
    let first = Program::register(&house).await;
    let person = Person::sign_in(&house, &first).await;
    for _ in 1..30 {
        Program::register(&house).await;
    }
    let refused = register(&house, json!({ "redirect_uris": [REDIRECT] })).await;
    refused.flat_error(429, "temporarily_unavailable");
    assert_eq!(refused.headers["retry-after"], "60");
    house.clock.advance(Duration::from_secs(61));
    let used = Program::register(&house).await;
    used.allowed_by(&person).await;
    house.clock.advance(Duration::from_secs(86_400));
    let gone = person.see(&first.request(&[])).await;
    assert!(gone.text().contains("This program is not known here"), "{}", gone.text());
    assert!(person.see(&used.request(&[])).await.text().contains("A helper"));
}
