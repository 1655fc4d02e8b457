//! Webhooks that an operator sets up at a provider: the handshakes, the secret that is offered once, and what strangers
//! can and cannot do at the public address.

use std::sync::Arc;

use gangway_connector::conformance::StandIn;
use gangway_model::ExposeSecret;
use gangway_standins::{DropboxStandIn, NotionStandIn, SlackStandIn};

use gangway_testkit::{ADMIN_KEY, House, HouseOptions};
use serde_json::{Value, json};

use crate::options;

async fn house_with(stand_in: Arc<dyn StandIn>) -> House {
    House::start(HouseOptions { stand_ins: vec![stand_in], webhooks: true, ..options() }).await
}

async fn post(house: &House, connector: &str, body: Value) -> u16 {
    let sent = house.http.post(house.webhook_address(connector)).json(&body).send().await.unwrap();
    sent.status().as_u16()
}

/// How far a connector's webhook is, as the operator sees it.
async fn webhook(house: &House, connector: &str) -> Value {
    let all = house.as_admin("GET", "rest/admin/webhooks", None).await;
    let found = all["webhooks"].as_array().unwrap().iter().find(|one| one["connector_id"] == connector);
    found.unwrap_or_else(|| panic!("{connector} in {all}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offered_secret_is_shown_until_it_is_confirmed_and_then_stays() {
    let house = house_with(Arc::new(NotionStandIn::start().await)).await;
    assert_eq!(webhook(&house, "notion").await["state"], "waits_for_handshake");
    assert_eq!(post(&house, "notion", json!({ "verification_token": "secret_first_0123456789" })).await, 200);
    house.advance(std::time::Duration::from_secs(6));
    assert_eq!(
        post(&house, "notion", json!({ "verification_token": "secret_second_0123456789" })).await,
        200
    );
    let offered = webhook(&house, "notion").await;
    assert_eq!(
        (offered["state"].as_str(), offered["verification_token"].as_str()),
        (Some("offered"), Some("secret_second_0123456789")),
        "{offered}"
    );
    assert_eq!(offered["address"], house.webhook_address("notion").as_str());
    // In the rows it lies sealed.
    let kept = house.store.find_app_secret(&"notion".into()).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&kept.sealed).contains("secret_second_0123456789"));

    let body = json!({ "verification_token": "secret_second_0123456789" });
    house.as_admin("POST", "rest/admin/webhooks/notion/confirm", Some(body)).await;
    let ready = webhook(&house, "notion").await;
    assert_eq!(ready["state"], "ready");
    assert!(ready.get("verification_token").is_none(), "{ready}");
    let forged = post(&house, "notion", json!({ "verification_token": "secret_of_somebody_else_01" })).await;
    assert!((400..500).contains(&forged), "{forged}");
    assert_eq!(webhook(&house, "notion").await["state"], "ready");

    house.as_admin("DELETE", "rest/admin/webhooks/notion", None).await;
    assert_eq!(webhook(&house, "notion").await["state"], "waits_for_handshake");
    house.stop().await;
}

/// Anybody can offer a token at any moment, before and after the provider does, which does so once. The operator still finds
/// the provider's, and chooses it.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_offers_do_not_keep_the_providers_out() {
    let house = house_with(Arc::new(NotionStandIn::start().await)).await;
    let offer = async |token: &str| post(&house, "notion", json!({ "verification_token": token })).await;
    // All within one moment.
    for number in 0..5 {
        assert_eq!(offer(&format!("secret_of_a_stranger_before_{number}")).await, 200);
    }
    assert_eq!(offer("secret_of_the_provider_0123").await, 200);
    for number in 0..5 {
        assert_eq!(offer(&format!("secret_of_a_stranger_after_{number}")).await, 200);
    }
    let shown = webhook(&house, "notion").await;
    let offers: Vec<&str> = shown["offers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| offer["verification_token"].as_str().unwrap())
        .collect();
    assert_eq!((offers.len(), offers[0]), (11, "secret_of_a_stranger_after_4"));
    assert!(offers.contains(&"secret_of_the_provider_0123"), "{offers:?}");
    let confirm = async |body: Value| {
        let url = house.url.join("rest/admin/webhooks/notion/confirm").unwrap();
        let sent = house.http.post(url).bearer_auth(ADMIN_KEY).json(&body).send().await.unwrap();
        sent.status().as_u16()
    };
    assert_eq!(confirm(json!({})).await, 409, "which of them?");
    assert_eq!(confirm(json!({ "verification_token": "secret_that_nobody_offered" })).await, 409);
    assert_eq!(confirm(json!({ "verification_token": "secret_of_the_provider_0123" })).await, 204);
    assert_eq!(webhook(&house, "notion").await["state"], "ready");
    let kept = house.store.find_app_secret(&"notion".into()).await.unwrap().unwrap();
    let secret = house.vault.open_app_secret(&kept).await.unwrap();
    assert_eq!(secret.expose_secret(), "secret_of_the_provider_0123");
    // Confirming another is no way round forgetting it first.
    assert_eq!(confirm(json!({ "verification_token": "secret_of_a_stranger_after_4" })).await, 409);
    // Any number of offers takes a bounded place.
    house.as_admin("DELETE", "rest/admin/webhooks/notion", None).await;
    for number in 0..50 {
        offer(&format!("secret_of_a_stranger_{number:02}_0123")).await;
    }
    assert!(webhook(&house, "notion").await["offers"].as_array().unwrap().len() <= 21);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_offered_verifies_nothing() {
    let provider = Arc::new(NotionStandIn::start().await);
    let house = house_with(provider.clone()).await;
    provider.push_to(&house.webhook_address("notion")).await;
    assert_eq!(webhook(&house, "notion").await["state"], "offered");
    // Signed with the offered word, as whoever offered it can.
    provider.create_file(&provider.home(), "note.txt", "words").await;
    provider.flush_pushes().await;
    assert_eq!(webhook(&house, "notion").await["state"], "offered", "only the operator confirms");
    assert_eq!(house.store.count_due_tasks().await.unwrap(), (0, 0));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_refused_and_start_nothing() {
    let house = house_with(Arc::new(SlackStandIn::start().await)).await;
    let forged = json!({ "type": "event_callback", "team_id": "T1", "event": { "type": "message" } });
    for connector in ["slack", "notion", "dropbox"] {
        let status = post(&house, connector, forged.clone()).await;
        assert!((400..500).contains(&status), "{connector}: {status}");
    }
    assert_eq!(post(&house, "no_such_connector", forged.clone()).await, 404);
    assert_eq!(house.store.count_due_tasks().await.unwrap(), (0, 0));
    // Only the operator may look.
    let person = house.user("enterprise").await;
    for (method, path) in [
        ("GET", "rest/admin/webhooks"),
        ("POST", "rest/admin/webhooks/notion/confirm"),
        ("DELETE", "rest/admin/webhooks/notion"),
    ] {
        let (status, _) = person.call(method, path, None).await;
        assert_eq!(status, 403, "{method} {path}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_echoed_as_plain_text_and_as_nothing_else() {
    let house = house_with(Arc::new(DropboxStandIn::start().await)).await;
    let ask = async |challenge: &str| {
        let mut address = house.webhook_address("dropbox");
        address.query_pairs_mut().append_pair("challenge", challenge);
        house.http.get(address).send().await.unwrap()
    };
    let answer = ask("abc123").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(answer.text().await.unwrap(), "abc123");
    for odd in ["<script>alert(1)</script>", "", &"a".repeat(5000)] {
        let answer = ask(odd).await;
        assert!(answer.status().is_client_error(), "{odd:.20}: {}", answer.status());
    }
    house.stop().await;
}
