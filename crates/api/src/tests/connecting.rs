//! Authorize, token, refresh, disconnect: what is bound stays bound, and nothing secret comes out.

use std::time::Duration;

use gangway_model::{Account, ConnectionId, ConnectionState, Plan};
use gangway_store::NewConnection;
use serde_json::json;

use super::house::House;

const AUTHORIZE: &str = "/rest/connectors/stub_drive/authorize";
const TOKEN: &str = "/rest/connectors/stub_drive/token";

#[tokio::test]
async fn an_account_is_connected_and_no_token_leaves_the_house() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let body = json!({ "state": "my-state", "redirect_uri": "https://app.example/cb", "scopes": ["read"] });
    let started = user.post(AUTHORIZE, body).await.ok();
    assert_eq!((started["state"].as_str(), started["expires_in"].as_u64()), (Some("my-state"), Some(600)));
    let url = started["auth_url"].as_str().unwrap();
    for part in
        ["code_challenge_method=S256", "state=my-state", "redirect_uri=https%3A%2F%2Fapp.example%2Fcb"]
    {
        assert!(url.contains(part), "{url}");
    }
    let body = json!({ "code": "good-code", "state": "my-state", "redirect_uri": "https://app.example/cb" });
    let answer = user.post(TOKEN, body).await;
    let token = answer.ok();
    assert_eq!(token["connector_id"], "stub_drive");
    assert_eq!(token["expires_in"], 3600);
    assert_eq!(token["user_info"], json!({ "email": "ada@stub.example", "name": "Ada" }));
    assert_eq!(token["scopes"], json!(["read", "email"]));
    assert!(!answer.text().contains("provider-"), "{}", answer.text());
    {
        let script = house.provider.script.lock().unwrap();
        assert_eq!(script.asked["redirect_uri"], "https://app.example/cb");
        assert!(script.asked["code_verifier"].len() >= 43);
    }
    let all = user.get("/rest/connectors").await.ok();
    let stub = &all["connectors"][0];
    assert_eq!((&stub["connected"], &stub["status"]), (&json!(true), &json!("active")));
    assert_eq!(stub["expires_at"], "2026-01-01T01:00:00Z");
    assert_eq!(stub["capabilities"], json!(["picker", "sync", "search", "versions"]));
    let planned = &all["connectors"][1];
    assert_eq!((&planned["connected"], &planned["available"]), (&json!(false), &json!(false)));
    assert_eq!((&planned["required_plan"], planned["reason"].is_string()), (&json!("enterprise"), true));
    assert_eq!(all["connectors"][2]["connected"], true, "uploads need no connecting");
}

#[tokio::test]
async fn a_state_works_once_for_its_user_and_in_its_time() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Pro).await, house.user(Plan::Pro).await);
    user.post(AUTHORIZE, json!({ "state": "s1" })).await.ok();
    user.post(AUTHORIZE, json!({ "state": "s1" })).await.flat_error(400, "invalid_request");

    let code = json!({ "code": "good-code", "state": "s1" });
    let body = other.post(TOKEN, code.clone()).await.flat_error(400, "invalid_grant");
    assert_eq!(body["state"], "s1");
    let elsewhere = json!({ "code": "good-code", "state": "s1", "redirect_uri": "https://app.example/cb" });
    user.post(TOKEN, elsewhere).await.flat_error(400, "invalid_grant");
    assert_eq!(house.provider.script.lock().unwrap().calls, 0, "none of these asked the provider");

    user.post(TOKEN, code.clone()).await.ok();
    user.post(TOKEN, code).await.flat_error(400, "invalid_grant");
    assert_eq!(house.provider.script.lock().unwrap().calls, 1, "a replay asks nobody");

    user.post(AUTHORIZE, json!({ "state": "s2" })).await.ok();
    house.clock.advance(Duration::from_secs(601));
    user.post(TOKEN, json!({ "code": "good-code", "state": "s2" })).await.flat_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_alone_is_enough_while_one_authorization_is_open() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let code = json!({ "code": "good-code" });
    user.post(TOKEN, code.clone()).await.flat_error(400, "invalid_grant");
    user.post(AUTHORIZE, json!({})).await.ok();
    user.post(AUTHORIZE, json!({})).await.ok();
    user.post(TOKEN, code.clone()).await.flat_error(400, "invalid_request");
    house.clock.advance(Duration::from_secs(601));
    user.post(AUTHORIZE, json!({})).await.ok();
    user.post(TOKEN, code).await.ok();
}

#[tokio::test]
async fn what_is_not_listed_is_refused() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let unlisted = json!({ "redirect_uri": "https://app.example/cb/", "state": "kept" });
    let body = user.post(AUTHORIZE, unlisted).await.flat_error(400, "invalid_request");
    assert_eq!((&body["details"]["field"], &body["state"]), (&json!("redirect_uri"), &json!("kept")));
    user.post(AUTHORIZE, json!({ "scopes": ["write"] })).await.flat_error(400, "invalid_scope");
    let free = house.user(Plan::Free).await;
    let body = free.post(AUTHORIZE, json!({})).await.flat_error(403, "plan_required");
    assert_eq!(body["details"]["required_plan"], "pro");
    // Nobody can use it, whatever their plan.
    let planned = "/rest/connectors/stub_planned/authorize";
    for person in [&user, &house.user(Plan::Enterprise).await] {
        person.post(planned, json!({})).await.flat_error(409, "connector_unavailable");
    }
    user.post("/rest/connectors/local_upload/authorize", json!({})).await.flat_error(409, "conflict");
    user.post("/rest/connectors/unheard_of/authorize", json!({})).await.flat_error(404, "not_found");
    user.post("/rest/connectors/UNHEARD/authorize", json!({})).await.flat_error(400, "invalid_request");
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_in_oauths_words() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.post(AUTHORIZE, json!({})).await.ok();
    user.post(TOKEN, json!({ "code": "bad-code" })).await.flat_error(400, "invalid_grant");

    house.provider.answer_with(503, json!({}));
    user.post(AUTHORIZE, json!({})).await.ok();
    let answer = user.post(TOKEN, json!({ "code": "good-code" })).await;
    answer.flat_error(502, "connector_error");
    assert!(answer.headers.contains_key("retry-after"));

    let nothing_to_read = json!({ "access_token": "t", "scope": "email", "expires_in": 3600 });
    house.provider.answer_with(200, nothing_to_read);
    user.post(AUTHORIZE, json!({})).await.ok();
    user.post(TOKEN, json!({ "code": "good-code" })).await.flat_error(400, "invalid_scope");
    let all = user.get("/rest/connectors/stub_drive").await.ok();
    assert_eq!(all["connected"], false, "nothing was connected by any of these");
}

#[tokio::test]
async fn scopes_that_were_not_granted_are_reported() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.post(AUTHORIZE, json!({ "scopes": ["read", "more"] })).await.ok();
    let token = user.post(TOKEN, json!({ "code": "good-code" })).await.ok();
    assert_eq!((&token["scopes"], &token["missing_scopes"]), (&json!(["read", "email"]), &json!(["more"])));
}

#[tokio::test]
async fn reconnecting_keeps_the_connection() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let (first, second) = (user.connect().await, user.connect().await);
    assert_eq!(first["connection_id"], second["connection_id"]);
    assert_ne!(first["access_token"], second["access_token"], "another generation, another handle");
}

#[tokio::test]
async fn a_refresh_gives_a_new_handle_or_says_why_not() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let refresh = "/rest/connectors/stub_drive/refresh";
    user.post(refresh, json!({})).await.error(409, "not_connected");
    let connected = user.connect().await;
    let fresh = user.post(refresh, json!({})).await.ok();
    assert_ne!(connected["access_token"], fresh["access_token"]);
    assert_eq!(fresh["expires_in"], 3600);
    house.provider.answer_with(400, json!({ "error": "invalid_grant" }));
    let body = user.post(refresh, json!({})).await.error(409, "needs_reauth");
    assert!(body["error"]["details"]["reason"].is_string(), "{body}");
    let state = user.get("/rest/connectors/stub_drive").await.ok();
    assert_eq!((&state["status"], &state["error"]["code"]), (&json!("needs_reauth"), &json!("needs_reauth")));
    user.get("/rest/connectors/stub_drive/files").await.error(409, "needs_reauth");
    house.provider.script.lock().unwrap().answer = None;
    assert_eq!(user.connect().await["connection_id"], connected["connection_id"]);
    user.get("/rest/connectors/stub_drive/files").await.ok();
}

#[tokio::test]
async fn disconnecting_closes_the_door_at_once() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Pro).await, house.user(Plan::Pro).await);
    let connected = user.connect().await;
    let id = connected["connection_id"].as_str().unwrap();
    let foreign = format!("/rest/connectors/stub_drive?connection={id}");
    other.delete(&foreign).await.error(404, "not_found");
    other.delete("/rest/connectors/stub_drive").await.error(409, "not_connected");
    let answer = user.delete("/rest/connectors/stub_drive").await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
    user.get("/rest/connectors/stub_drive/files").await.error(409, "not_connected");
    let state = user.get("/rest/connectors/stub_drive").await.ok();
    assert_eq!((&state["connected"], &state["status"]), (&json!(false), &json!("disconnecting")));
    assert_eq!(
        user.delete("/rest/connectors/stub_drive").await.status.as_u16(),
        204,
        "leaving twice is leaving"
    );
}

/// Clients send a request again whose answer was lost. One that names no connection must then mean the same one as the
/// first time, although another is the first by now.
#[tokio::test]
async fn a_repeated_disconnect_ends_no_second_account() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let path = "/rest/connectors/stub_drive";
    let first = user.connect().await["connection_id"].as_str().unwrap().to_owned();
    let owner = house.app.store.find_connection(&first.as_str().into()).await.unwrap().unwrap().user_id;
    let connect = async |account: &str| {
        house.clock.advance(Duration::from_secs(1));
        let new = NewConnection {
            user_id: owner.clone(),
            connector_id: "stub_drive".into(),
            account: Account { id: account.to_owned(), ..Account::default() },
        };
        let made = house.app.store.upsert_connection(&new).await.unwrap().id;
        house.app.store.set_connection_state(&made, ConnectionState::Active, None).await.unwrap();
        house.clock.advance(Duration::from_secs(1));
        made
    };
    let state = async |id: &ConnectionId| {
        house.app.store.find_connection(id).await.unwrap().map(|connection| connection.state)
    };
    let second = connect("second").await;
    assert_eq!(user.delete(path).await.status.as_u16(), 204);
    assert_eq!(state(&first.as_str().into()).await, Some(ConnectionState::Disconnecting));
    assert_eq!(user.delete(path).await.status.as_u16(), 204, "the same answer");
    // Also when the first has been taken apart meanwhile.
    house.app.store.delete_connection(&first.as_str().into()).await.unwrap();
    assert_eq!(user.delete(path).await.status.as_u16(), 204);
    assert_eq!(state(&second).await, Some(ConnectionState::Active));
    // Whoever means the other one names it.
    let third = connect("third").await;
    assert_eq!(user.delete(&format!("{path}?connection={second}")).await.status.as_u16(), 204);
    assert_eq!(state(&second).await, Some(ConnectionState::Disconnecting));
    // What was connected since is meant by no repetition, and after a while nothing is one.
    assert_eq!(user.delete(path).await.status.as_u16(), 204);
    assert_eq!(state(&third).await, Some(ConnectionState::Disconnecting));
    let fourth = connect("fourth").await;
    assert_eq!(user.delete(path).await.status.as_u16(), 204);
    let fifth = connect("fifth").await;
    assert_eq!(state(&fourth).await, Some(ConnectionState::Disconnecting));
    house.clock.advance(Duration::from_secs(121));
    assert_eq!(user.delete(path).await.status.as_u16(), 204);
    assert_eq!(state(&fifth).await, Some(ConnectionState::Disconnecting));
}

#[tokio::test]
async fn each_consent_shows_and_nothing_else_does() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let told = async || {
        let one = user.get("/rest/connectors/stub_drive").await.ok();
        let of_list = &user.get("/rest/connectors").await.ok()["connectors"][0];
        assert_eq!(of_list["consented_at"], one["consented_at"]);
        (one["connected_at"].clone(), one["consented_at"].clone())
    };
    user.connect().await;
    let first = json!("2026-01-01T00:00:00Z");
    assert_eq!(told().await, (first.clone(), first.clone()));
    house.clock.advance(Duration::from_secs(60));
    user.post("/rest/connectors/stub_drive/refresh", json!({})).await.ok();
    assert_eq!(told().await, (first.clone(), first.clone()), "the server renews by itself");
    user.connect().await;
    assert_eq!(told().await, (first, json!("2026-01-01T00:01:00Z")));
}
