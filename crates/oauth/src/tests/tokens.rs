//! Token answers in every shape that providers write them.

use chrono::Duration;
use gangway_model::Grant;
use secrecy::ExposeSecret;

use super::server::{FACTS, answering, now, secret};
use crate::{ClientAuthentication, OAuthFacts, TokenCallBody};

#[tokio::test]
async fn a_full_answer_is_read_in_full() {
    let answer = answering(
        200,
        r#"{"access_token":"ya29.a","expires_in":3599,"refresh_token":"1//r","refresh_token_expires_in":604799,
            "scope":"https://provider.example/files.read openid https://provider.example/userinfo.email",
            "token_type":"Bearer","id_token":"eyJ","team":{"id":"T1"}}"#,
    )
    .exchange()
    .await
    .unwrap();
    assert_eq!(answer.access_token.expose_secret(), "ya29.a");
    assert_eq!(answer.refresh_token.as_ref().unwrap().expose_secret(), "1//r");
    assert_eq!(answer.expires_at, Some(now() + Duration::seconds(3599)));
    assert_eq!(answer.refresh_expires_at, Some(now() + Duration::seconds(604_799)));
    let scopes = answer.scopes.as_ref().unwrap();
    assert_eq!(scopes, &["https://provider.example/files.read", "openid", "email"]);
    assert_eq!(answer.extra.get("team").unwrap()["id"], "T1");
    let shown = format!("{answer:?}");
    for hidden in ["ya29.a", "1//r", "eyJ", "T1"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn the_exchange_sends_what_the_specification_says() {
    let server = answering(200, r#"{"access_token":"a"}"#);
    server.exchange().await.unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        server.form(),
        [
            pair("grant_type", "authorization_code"),
            pair("code", "4/0code"),
            pair("redirect_uri", "https://us.example/callback"),
            pair("code_verifier", "the-verifier"),
            pair("client_id", "the client"),
            pair("client_secret", "app-secret:1"),
        ]
    );
}

#[tokio::test]
async fn basic_authentication_is_encoded_twice_and_leaves_the_form() {
    let facts = OAuthFacts { client_authentication: ClientAuthentication::Basic, ..FACTS };
    let server = answering(200, r#"{"access_token":"a"}"#);
    server.refresh_with(&facts).await.unwrap();
    assert!(server.form().iter().all(|(name, _)| !name.starts_with("client_")));
    let requests = server.requests.lock().unwrap();
    // base64("the+client:app-secret%3A1")
    assert_eq!(requests[0].0["authorization"], "Basic dGhlK2NsaWVudDphcHAtc2VjcmV0JTNBMQ==");
}

#[tokio::test]
async fn a_missing_token_type_means_bearer() {
    let answer = answering(200, r#"{"access_token":"a","expires_in":60}"#).refresh().await.unwrap();
    assert_eq!(answer.token_type, "Bearer");
}

#[tokio::test]
async fn lifetimes_are_numbers_of_any_spelling_or_none() {
    let cases = [
        (r#"{"access_token":"a","expires_in":3600}"#, Some(3600)),
        (r#"{"access_token":"a","expires_in":"3600"}"#, Some(3600)),
        (r#"{"access_token":"a","expires_in":3600.9}"#, Some(3600)),
        (r#"{"access_token":"a","expires_in":"3599.5"}"#, Some(3599)),
        (r#"{"access_token":"a"}"#, None),
        (r#"{"access_token":"a","expires_in":null}"#, None),
        (r#"{"access_token":"a","expires_in":0}"#, None),
        (r#"{"access_token":"a","expires_in":-1}"#, None),
        (r#"{"access_token":"a","expires_in":"soon"}"#, None),
        (r#"{"access_token":"a","expires_in":1e300}"#, None),
        (r#"{"access_token":"a","expires_in":[1]}"#, None),
    ];
    for (body, seconds) in cases {
        let answer = answering(200, body).refresh().await.unwrap();
        assert_eq!(answer.expires_at, seconds.map(|s| now() + Duration::seconds(s)), "{body}");
    }
}

#[tokio::test]
async fn scopes_may_be_separated_by_commas_spaces_or_brackets() {
    for body in [
        r#"{"access_token":"a","scope":"files.read,openid"}"#,
        r#"{"access_token":"a","scope":"files.read, openid"}"#,
        r#"{"access_token":"a","scope":"files.read openid openid"}"#,
        r#"{"access_token":"a","scope":["files.read","openid"]}"#,
    ] {
        let scopes = answering(200, body).refresh().await.unwrap().scopes.unwrap();
        assert_eq!(scopes, ["files.read", "openid"], "{body}");
    }
    assert!(answering(200, r#"{"access_token":"a"}"#).refresh().await.unwrap().scopes.is_none());
}

#[tokio::test]
async fn a_form_encoded_answer_is_read() {
    let answer = answering(200, "access_token=a%2Fb&scope=files.read%2Copenid&expires_in=60")
        .with_header("content-type", "application/x-www-form-urlencoded")
        .refresh()
        .await
        .unwrap();
    assert_eq!(answer.access_token.expose_secret(), "a/b");
    assert_eq!(answer.scopes.unwrap(), ["files.read", "openid"]);
    assert_eq!(answer.expires_at, Some(now() + Duration::seconds(60)));
}

#[tokio::test]
async fn what_a_refresh_leaves_out_stays_as_it_was() {
    let previous = Grant {
        access_token: secret("old"),
        refresh_token: Some(secret("keep-me")),
        scopes: vec!["openid".to_owned()],
        expires_at: Some(now()),
        refresh_expires_at: Some(now() + Duration::days(7)),
    };
    let answer = answering(200, r#"{"access_token":"new","expires_in":60}"#).refresh().await.unwrap();
    assert!(answer.refresh_token.is_none());
    let grant = answer.into_grant(Some(&previous));
    assert_eq!(grant.access_token.expose_secret(), "new");
    assert_eq!(grant.refresh_token.unwrap().expose_secret(), "keep-me");
    assert_eq!(grant.scopes, previous.scopes);
    assert_eq!(grant.refresh_expires_at, previous.refresh_expires_at);

    let rotated = r#"{"access_token":"new","refresh_token":"next"}"#;
    let grant = answering(200, rotated).refresh().await.unwrap().into_grant(Some(&previous));
    assert_eq!(grant.refresh_token.unwrap().expose_secret(), "next");
    assert_eq!(grant.refresh_expires_at, None, "the end of the old token says nothing about the new one");
}

#[tokio::test]
async fn tokens_may_stand_in_an_object_of_their_own() {
    let facts = OAuthFacts { tokens_within: Some("authed_user"), scope_separator: ",", ..FACTS };
    let body = r#"{"ok":true,"access_token":"xoxb-bot","refresh_token":"xoxe-bot","scope":"bot.scope","expires_in":1,
        "team":{"id":"T1"},"authed_user":{"id":"U1","access_token":"xoxp-user","scope":"files.read,openid"}}"#;
    let answer = answering(200, body).refresh_with(&facts).await.unwrap();
    assert_eq!(answer.access_token.expose_secret(), "xoxp-user");
    // The bot's refresh token and lifetime are not the user's.
    assert!(answer.refresh_token.is_none() && answer.expires_at.is_none());
    assert_eq!(answer.scopes.unwrap().len(), 2);
    assert_eq!(answer.extra.get("authed_user").unwrap()["id"], "U1");
    assert!(answer.extra.get("authed_user").unwrap().get("access_token").is_none());

    let refreshed = r#"{"ok":true,"access_token":"xoxe.xoxp-2","refresh_token":"xoxe-2","expires_in":43200}"#;
    let answer = answering(200, refreshed).refresh_with(&facts).await.unwrap();
    assert_eq!(answer.access_token.expose_secret(), "xoxe.xoxp-2");
    assert_eq!(answer.refresh_token.unwrap().expose_secret(), "xoxe-2");
}

#[tokio::test]
async fn a_token_call_may_be_written_as_json() {
    let facts = OAuthFacts {
        token_call_body: TokenCallBody::Json,
        client_authentication: ClientAuthentication::Basic,
        ..FACTS
    };
    let server = answering(200, r#"{"access_token":"a"}"#);
    server.refresh_with(&facts).await.unwrap();
    let requests = server.requests.lock().unwrap();
    assert_eq!(requests[0].0["content-type"], "application/json");
    let body: serde_json::Value = serde_json::from_slice(requests[0].1.as_ref()).unwrap();
    assert_eq!(body["grant_type"], "refresh_token");
    assert!(body.get("client_id").is_none());
}
