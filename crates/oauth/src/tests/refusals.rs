//! Refusals: what is believed, and what it means.

use std::collections::BTreeSet;
use std::time::Duration;

use gangway_effects::NetworkOptions;

use super::server::{FACTS, answering, app, client, client_on, secret};
use crate::{OAuthEndpoints, OAuthError, OAuthFacts, RevocationStyle, Revoked};

#[tokio::test]
async fn a_dead_grant_is_told_from_everything_else() {
    for (status, body) in [
        (400, r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#),
        (400, r#"{"error":"invalid_grant","error_description":"Bad Request"}"#),
        (400, r#"{"error":"invalid_grant","error_subtype":"invalid_rapt"}"#),
        (401, r#"{"error":"invalid_grant"}"#),
        (400, "error=invalid_grant&error_description=gone"),
        (200, r#"{"ok":false,"error":"invalid_refresh_token"}"#),
        (200, r#"{"ok":false,"error":"token_expired"}"#),
        (200, r#"{"error":"bad_verification_code","error_description":"The code is incorrect."}"#),
    ] {
        let error = answering(status, body).refresh().await.unwrap_err();
        assert!(matches!(error, OAuthError::InvalidGrant { .. }), "{body}: {error:?}");
        assert!(!error.is_temporary());
    }
}

#[tokio::test]
async fn a_rejected_app_is_the_operators_affair() {
    for (status, body) in [
        (401, r#"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#),
        (401, r#"{"error":"deleted_client"}"#),
        (401, r#"{"error":"unauthorized_client"}"#),
        (400, r#"{"error":"redirect_uri_mismatch"}"#),
        (200, r#"{"ok":false,"error":"bad_client_secret"}"#),
    ] {
        let error = answering(status, body).exchange().await.unwrap_err();
        assert!(matches!(error, OAuthError::AppRejected { .. }), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn scopes_and_denials_have_their_own_errors() {
    let error = answering(400, r#"{"error":"invalid_scope"}"#).exchange().await.unwrap_err();
    assert!(matches!(error, OAuthError::InvalidScope { .. }));
    for body in [r#"{"error":"access_denied"}"#, r#"{"error":"org_internal"}"#] {
        let error = answering(403, body).exchange().await.unwrap_err();
        assert!(matches!(error, OAuthError::Denied { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_not_believed_about_grants() {
    for (status, body) in [
        (500, r#"{"error":"invalid_grant"}"#),
        (503, "<html>down</html>"),
        (429, r#"{"error":"rate_limited"}"#),
        (200, r#"{"ok":false,"error":"ratelimited"}"#),
        (400, r#"{"error":"temporarily_unavailable"}"#),
    ] {
        let error = answering(status, body).with_header("retry-after", "30").refresh().await.unwrap_err();
        let after = Some(Duration::from_secs(30));
        assert!(matches!(&error, OAuthError::Temporarily { after: a, .. } if *a == after), "{error:?}");
    }
    let error = answering(503, "").with_header("retry-after", "Fri, 15 Jan 2027 08:01:00 GMT");
    let error = error.refresh().await.unwrap_err();
    assert!(
        matches!(&error, OAuthError::Temporarily { after: Some(a), .. } if a.as_secs() == 60),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_token_answer_is_malformed_and_says_nothing_about_the_grant() {
    for (status, body) in [
        (200, "<html>sign in to the network</html>"),
        (200, r#"{"expires_in":3600}"#),
        (200, r#"{"access_token":""}"#),
        (200, r#"["access_token"]"#),
        (200, ""),
        (404, "not found"),
        (400, r#"{"error":"something_new"}"#),
        (200, r#"{"ok":false}"#),
    ] {
        let error = answering(status, body).refresh().await.unwrap_err();
        assert!(matches!(error, OAuthError::Malformed { .. }), "{status} {body}: {error:?}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = answering(307, "").with_header("location", "/elsewhere");
    let error = server.refresh().await.unwrap_err();
    assert!(matches!(error, OAuthError::Malformed { .. }), "{error:?}");
    assert_eq!(server.requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let page: &'static str = String::leak("x".repeat(3 << 20));
    let error = answering(200, page).refresh().await.unwrap_err();
    assert!(matches!(error, OAuthError::Malformed { .. }), "{error:?}");
}

#[tokio::test]
async fn errors_hold_nothing_that_was_sent_and_stay_short() {
    let body = r#"{"error":"invalid_grant","error_description":"4/0code or refresh-token-1\nis bad, says app-secret:1"}"#;
    for error in [answering(400, body).exchange().await, answering(400, body).refresh().await] {
        let error = error.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("is bad"));
        assert!(!shown.contains('\n') && !shown.contains("app-secret"), "{shown}");
        assert!(!(shown.contains("4/0code") && shown.contains("refresh-token-1")), "{shown}");
    }
    let long: &'static str =
        String::leak(format!(r#"{{"error":"invalid_grant","error_description":"{}"}}"#, "a".repeat(9_000)));
    assert!(answering(400, long).refresh().await.unwrap_err().to_string().len() < 300);
}

#[tokio::test]
async fn an_unreachable_server_is_temporary_and_only_its_host_is_named() {
    let endpoints = OAuthEndpoints {
        authorize: "http://127.0.0.1:1/a".parse().unwrap(),
        token: "http://127.0.0.1:1/secret-path?secret=query".parse().unwrap(),
        revoke: None,
    };
    let error = client().refresh(&FACTS, &endpoints, &app(), &secret("r")).await.unwrap_err();
    assert!(error.is_temporary());
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn revoking_a_dead_grant_is_success() {
    let dead = r#"{"error":"invalid_token","error_description":"Token expired or revoked"}"#;
    assert_eq!(answering(400, dead).revoke_with(&FACTS).await, Ok(Revoked::AlreadyDead));
    assert_eq!(answering(200, "{}").revoke_with(&FACTS).await, Ok(Revoked::Done));
    assert_eq!(answering(200, "").revoke_with(&FACTS).await, Ok(Revoked::Done));
    let error = answering(503, dead).revoke_with(&FACTS).await.unwrap_err();
    assert!(matches!(error, OAuthError::Temporarily { .. }));
    let error =
        answering(200, r#"{"ok":false,"error":"fatal_error"}"#).revoke_with(&FACTS).await.unwrap_err();
    assert!(matches!(error, OAuthError::Temporarily { .. }));
}

#[tokio::test]
async fn each_style_of_revocation_sends_what_it_should() {
    let server = answering(200, "{}");
    server.revoke_with(&FACTS).await.unwrap();
    assert_eq!(server.form(), [("token".to_owned(), "refresh-token-1".to_owned())]);

    let server = answering(200, "{}");
    let facts = OAuthFacts { revocation: RevocationStyle::TokenAndClient, ..FACTS };
    server.revoke_with(&facts).await.unwrap();
    assert_eq!(server.form().len(), 3);

    let server = answering(401, "");
    let facts = OAuthFacts { revocation: RevocationStyle::Bearer, ..FACTS };
    assert_eq!(server.revoke_with(&facts).await, Ok(Revoked::AlreadyDead));
    assert!(server.form().is_empty());
    assert_eq!(server.requests.lock().unwrap()[0].0["authorization"], "Bearer refresh-token-1");

    let (client, mut endpoints) = answering(200, "").start().await;
    endpoints.revoke = None;
    let answer = client.revoke(&FACTS, &endpoints, &app(), &secret("r")).await;
    assert_eq!(answer, Ok(Revoked::Unsupported));
}

#[tokio::test]
async fn an_address_that_may_not_be_called_is_told_without_the_operators_words() {
    let only_others = NetworkOptions {
        allow_private_addresses: true,
        allowed_hosts: BTreeSet::from(["drive.example".to_owned()]),
        only_allowed_hosts: true,
        ..NetworkOptions::default()
    };
    // A literal address, a name that is not on the list, and one that is only found out when it is resolved.
    for (options, host) in [
        (NetworkOptions::default(), "127.0.0.1"),
        (only_others, "localhost"),
        (NetworkOptions::default(), "localhost"),
    ] {
        let endpoint = format!("http://{host}:9/token").parse::<url::Url>().unwrap();
        let endpoints = OAuthEndpoints { authorize: endpoint.clone(), token: endpoint, revoke: None };
        let answer = client_on(options).refresh(&FACTS, &endpoints, &app(), &secret("refresh-token-1")).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, OAuthError::AddressRefused { .. }), "{host}: {error:?}");
        let told = error.to_string();
        assert!(told.contains("whoever runs this server"), "{told}");
        assert!(!told.contains(host) && !told.contains("outgoing."), "{told}");
    }
}
