//! Assistants that a person allowed something: at `/mcp` they do that, nothing else, and only as long as it is allowed.

use std::time::Duration;

use gangway_testkit::{House, Person};
use serde_json::{Value, json};

use crate::{house, house_on_postgres};

const REDIRECT: &str = "http://127.0.0.1:4000/cb";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of the verifier, as RFC 7636 says it.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A program with what it was allowed.
struct Helper<'a> {
    house: &'a House,
    client: String,
    access: String,
    refresh: String,
}

async fn post(house: &House, path: &str, pairs: &[(&str, &str)], cookie: &str) -> reqwest::Response {
    let request = house.http.post(house.url.join(path).unwrap()).form(pairs);
    let own = house.url.origin().ascii_serialization();
    request.header("origin", own).header("cookie", cookie).send().await.unwrap()
}

impl<'a> Helper<'a> {
    /// Registers, asks `person`, who signs in and allows `scopes`, and fetches tokens.
    async fn allowed(person: &Person<'a>, scopes: &[&str]) -> Self {
        let house = person.house;
        let about = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
        let registered = house.http.post(house.url.join("oauth/register").unwrap()).json(&about);
        let registered: Value = registered.send().await.unwrap().json().await.unwrap();
        let client = registered["client_id"].as_str().unwrap().to_owned();
        let resource = house.url.join("mcp").unwrap();
        let mut request = house.url.join("oauth/authorize").unwrap();
        request.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &client),
            ("redirect_uri", REDIRECT),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", resource.as_str()),
            ("state", "s"),
        ]);
        let asked = request.query().unwrap();
        let sign_in = [("decision", "sign_in"), ("token", &person.token), ("request", asked)];
        let door = post(house, "oauth/authorize", &sign_in, "").await;
        let cookie = door.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let page = house.http.get(request.clone()).header("cookie", &cookie).send().await.unwrap();
        let page = page.text().await.unwrap();
        let csrf = page.split_once("name=\"csrf_token\" value=\"").unwrap().1.split('"').next().unwrap();
        let mut decision = vec![("decision", "allow"), ("csrf_token", csrf), ("request", asked)];
        decision.extend(scopes.iter().map(|scope| ("scope", *scope)));
        let back = post(house, "oauth/authorize", &decision, &cookie).await;
        let back: url::Url = back.headers()["location"].to_str().unwrap().parse().unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let tokens = post(
            house,
            "oauth/token",
            &[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("client_id", &client),
                ("redirect_uri", REDIRECT),
                ("code_verifier", VERIFIER),
            ],
            "",
        )
        .await;
        let tokens: Value = tokens.json().await.unwrap();
        let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned();
        Self { house, client, access: text("access_token"), refresh: text("refresh_token") }
    }

    async fn refreshed(&self) -> Option<Value> {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", self.client.as_str()),
            ("refresh_token", &self.refresh),
        ];
        let answer = post(self.house, "oauth/token", &pairs, "").await;
        if answer.status() == 200 { Some(answer.json().await.unwrap()) } else { None }
    }
}

/// One call at `/mcp`: status, challenge, answer.
async fn send(house: &House, token: &str, method: &str, params: Value) -> (u16, String, Value) {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = house.http.post(house.url.join("mcp").unwrap()).bearer_auth(token).json(&body);
    let answer = request.header("accept", "application/json, text/event-stream").send().await.unwrap();
    let status = answer.status().as_u16();
    let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    (status, challenge.unwrap_or_default(), answer.json().await.unwrap_or_default())
}

async fn use_tool(house: &House, token: &str, tool: &str, arguments: Value) -> (u16, String, Value) {
    send(house, token, "tools/call", json!({ "name": tool, "arguments": arguments })).await
}

async fn tools(house: &House, token: &str) -> Vec<String> {
    let (status, _, answer) = send(house, token, "tools/list", json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let listed = answer["result"]["tools"].as_array().unwrap();
    listed.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_does_what_it_was_allowed_and_nothing_else() {
    let house = house().await;
    let ada = house.user("enterprise").await;
    ada.connect().await;
    let collection = ada.collection("Handbook").await;
    let searching = Helper::allowed(&ada, &["search"]).await;
    let unknown = "0190a000-0000-7000-8000-000000000000";
    let sync = json!({ "connector": "google_drive", "file_ids": ["root"], "collection_uuid": collection });

    assert_eq!(tools(&house, &searching.access).await, ["search", "list_connectors", "list_collections"]);
    for (tool, arguments) in
        [("search", json!({ "query": "x" })), ("list_connectors", json!({})), ("list_collections", json!({}))]
    {
        let (status, _, answer) = use_tool(&house, &searching.access, tool, arguments).await;
        assert_eq!((status, &answer["result"]["isError"]), (200, &json!(false)), "{tool}: {answer}");
    }
    for (tool, arguments, scope) in [
        ("fetch", json!({ "id": unknown }), "search read"),
        ("start_sync", sync.clone(), "search sync"),
        ("list_files", json!({ "connector": "google_drive" }), "search sync"),
        ("sync_status", json!({ "job_id": unknown }), "search sync"),
    ] {
        let (status, challenge, answer) = use_tool(&house, &searching.access, tool, arguments).await;
        assert_eq!((status, &answer["error"]["code"]), (403, &json!("forbidden")), "{tool}: {answer}");
        let wanted = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\", resource_metadata=");
        assert!(challenge.starts_with(&wanted), "{challenge}");
    }
    let jobs = ada.ask("GET", "rest/connectors/google_drive/sync", None).await;
    assert_eq!(jobs["jobs"], json!([]), "nothing was started");

    let syncing = Helper::allowed(&ada, &["sync"]).await;
    let (status, _, answer) = use_tool(&house, &syncing.access, "start_sync", sync).await;
    assert_eq!((status, &answer["result"]["isError"]), (200, &json!(false)), "{answer}");
    assert_eq!(use_tool(&house, &syncing.access, "search", json!({ "query": "x" })).await.0, 403);
    let reading = Helper::allowed(&ada, &["read"]).await;
    assert_eq!(tools(&house, &reading.access).await, ["fetch"]);
    let (status, _, answer) = use_tool(&house, &reading.access, "fetch", json!({ "id": unknown })).await;
    assert_eq!(
        (status, &answer["result"]["isError"]),
        (200, &json!(true)),
        "allowed, but there is no such file"
    );
    assert_eq!(tools(&house, &ada.token).await.len(), 7, "a user's own token does everything");
    house.settle().await;
    house.stop().await;
}

async fn ends_at_once(house: House) {
    let ada = house.user("pro").await;
    let helper = Helper::allowed(&ada, &["search", "read", "sync"]).await;
    assert_eq!(tools(&house, &helper.access).await.len(), 7);
    let (status, challenge, _) = send(&house, &helper.refresh, "tools/list", json!({})).await;
    assert_eq!(status, 401, "a refresh token is no access token");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");

    house.advance(Duration::from_secs(3600));
    assert_eq!(send(&house, &helper.access, "tools/list", json!({})).await.0, 401, "an hour and no longer");
    let again = helper.refreshed().await.unwrap();
    let access = again["access_token"].as_str().unwrap();
    assert_eq!(tools(&house, access).await.len(), 7);
    let listed = ada.ask("GET", "rest/me/assistants", None).await;
    let path = format!("rest/me/assistants/{}", listed["assistants"][0]["id"].as_str().unwrap());
    ada.ask("DELETE", &path, None).await;
    assert_eq!(send(&house, access, "tools/list", json!({})).await.0, 401);

    let helper = Helper::allowed(&ada, &["search"]).await;
    assert_eq!(tools(&house, &helper.access).await.len(), 3);
    assert!(helper.refreshed().await.is_some());
    assert!(helper.refreshed().await.is_none(), "shown twice");
    assert_eq!(send(&house, &helper.access, "tools/list", json!({})).await.0, 401, "so all of it has ended");

    let helper = Helper::allowed(&ada, &["search"]).await;
    house.as_admin("DELETE", &format!("rest/admin/users/{}", ada.id), None).await;
    assert_eq!(send(&house, &helper.access, "tools/list", json!({})).await.0, 401);
    assert!(helper.refreshed().await.is_none());
    house.let_due_work_happen().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_ends_at_once() {
    ends_at_once(house().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_ends_at_once_on_postgres() {
    ends_at_once(house_on_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_server_is_none_here() {
    let house = house().await;
    let ada = house.user("pro").await;
    let helper = Helper::allowed(&ada, &["search"]).await;
    // As if this server had been another one when it made the token: the rows know what it was made for.
    let pool = sqlx::AnyPool::connect(&house.store_options().url).await.unwrap();
    sqlx::query("UPDATE assistants SET resource = 'https://other.example/mcp'").execute(&pool).await.unwrap();
    pool.close().await;
    assert_eq!(send(&house, &helper.access, "tools/list", json!({})).await.0, 401);
    assert!(helper.refreshed().await.is_none(), "nor is it made good again");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_users_assistants_wait() {
    let house = house().await;
    let ada = house.user("pro").await;
    let helper = Helper::allowed(&ada, &["search"]).await;
    let path = format!("rest/admin/users/{}", ada.id);
    house.as_admin("PATCH", &path, Some(json!({ "disabled": true }))).await;
    for token in [&helper.access, &ada.token] {
        let (status, challenge, answer) = send(&house, token, "tools/list", json!({})).await;
        assert_eq!((status, &answer["error"]["code"]), (403, &json!("user_disabled")), "{answer}");
        assert_eq!(challenge, "", "no better token would help");
    }
    let pairs = [
        ("grant_type", "refresh_token"),
        ("client_id", helper.client.as_str()),
        ("refresh_token", helper.refresh.as_str()),
    ];
    let refused = post(&house, "oauth/token", &pairs, "").await;
    assert_eq!(refused.status(), 400);
    let told: Value = refused.json().await.unwrap();
    assert_eq!(told["error"], "access_denied", "no word that has the program throw its token away: {told}");
    house.as_admin("PATCH", &path, Some(json!({ "disabled": false }))).await;
    assert_eq!(tools(&house, &helper.access).await.len(), 3);
    assert!(helper.refreshed().await.is_some());

    let listed = house.as_admin("GET", "rest/admin/assistants", None).await;
    assert_eq!(listed["assistants"][0]["user"]["id"], ada.id.as_str(), "{listed}");
    let end =
        format!("rest/admin/assistants/{}", listed["assistants"][0]["assistant"]["id"].as_str().unwrap());
    house.as_admin("DELETE", &end, None).await;
    assert_eq!(
        send(&house, &helper.access, "tools/list", json!({})).await.0,
        401,
        "the operator ends it at once"
    );
    house.stop().await;
}
