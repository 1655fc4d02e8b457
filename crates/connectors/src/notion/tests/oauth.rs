//! What the authorization server is told, and who is said to be behind a connection.

use std::collections::BTreeMap;

use gangway_connector::{AppSecret, Connector, Push};
use gangway_model::{Account, SecretString};
use gangway_oauth::{
    AuthorizationRequest, OAuthApp, OAuthEndpoints, authorization_url, missing_scopes, resolve_scopes,
};
use serde_json::{Value, json};

use super::make::id;
use super::script::{Asked, Script};
use crate::notion::Notion;
use crate::notion::oauth::FACTS;

#[test]
fn the_consent_address_names_the_owner_and_no_scope() {
    let app = OAuthApp { client_id: id(1), client_secret: SecretString::from("secret") };
    let scopes = resolve_scopes(&FACTS, &["read_content".to_owned()]).unwrap();
    let request = AuthorizationRequest {
        redirect_uri: "https://gangway.example/oauth/callback",
        scopes: &scopes,
        state: "the-state",
        challenge: "the-challenge",
        login_hint: None,
    };
    let url = authorization_url(&FACTS, &OAuthEndpoints::of(&FACTS).unwrap(), &app, &request);
    let told: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let expected = [
        ("client_id", &*id(1)),
        ("owner", "user"),
        ("redirect_uri", "https://gangway.example/oauth/callback"),
        ("response_type", "code"),
        ("state", "the-state"),
    ];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
fn the_capability_is_the_only_scope_there_is() {
    assert_eq!(resolve_scopes(&FACTS, &[]).unwrap(), ["read_content"]);
    assert!(resolve_scopes(&FACTS, &["write_content".to_owned()]).is_err());
    // An answer without scopes grants what was asked.
    let asked = resolve_scopes(&FACTS, &[]).unwrap();
    assert!(missing_scopes(&FACTS, &asked, &asked).is_empty());
}

#[test]
fn the_pace_is_kept_unasked_and_pushes_are_the_operators() {
    let descriptor = Notion.descriptor();
    assert_eq!((descriptor.rates[0].lane, descriptor.rates[0].per_second), ("", 3.0));
    assert_eq!(descriptor.revision_grain, 120);
    assert!(!descriptor.capabilities.reports_deletions);
    assert_eq!(descriptor.capabilities.push, Push::PerApp(AppSecret::Offered));
}

async fn account(bot: Value) -> Account {
    let me = json!({"object": "user", "id": id(5), "type": "bot", "name": "Our app", "bot": bot});
    let script =
        Script::start(move |asked: &Asked| (asked.what == "GET /v1/users/me").then(|| me.clone().into()))
            .await;
    script.source().account().await.unwrap()
}

#[tokio::test]
async fn the_account_is_the_user_in_the_workspace() {
    let person = json!({"object": "user", "id": id(1), "name": "Ada", "type": "person", "person": {"email": "ada@example.org"}});
    let bot = |user: Value| json!({"owner": {"type": "user", "user": user}, "workspace_id": id(2), "workspace_name": "Acme"});
    let whole = account(bot(person)).await;
    assert_eq!(
        (whole.email.as_deref(), whole.name.as_deref()),
        (Some("ada@example.org"), Some("Ada — Acme"))
    );
    assert_eq!((whole.id, whole.workspace), (format!("{}:{}", id(2), id(1)), Some(id(2))));
    // Without the capability for user information: the same account, and no more than the workspace's name.
    let hidden = account(bot(json!({"object": "user", "id": id(1)}))).await;
    assert_eq!(hidden.id, format!("{}:{}", id(2), id(1)));
    assert_eq!((hidden.email, hidden.name.as_deref()), (None, Some("Acme")));
    let nameless = json!({"object": "user", "id": id(1), "name": "Ada", "person": {}});
    assert_eq!(account(bot(nameless)).await.email, None);
}

#[tokio::test]
async fn a_workspace_can_own_a_connection_too() {
    let owned = account(json!({"owner": {"type": "workspace", "workspace": true}, "workspace_id": id(2), "workspace_name": "Acme"})).await;
    assert_eq!((owned.id, owned.name.as_deref()), (format!("{}:workspace", id(2)), Some("Acme")));
    // Older answers do not name the workspace.
    let old =
        account(json!({"owner": {"type": "workspace", "workspace": true}, "workspace_name": null})).await;
    assert_eq!((old.id, old.workspace), (id(5), None));
}
