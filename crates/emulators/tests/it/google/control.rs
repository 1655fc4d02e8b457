//! The control API over HTTP: every endpoint does its deed.

use serde_json::{Value, json};

use super::harness::{ADA, GRACE, World, demo, empty};

async fn call(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_emulator{path}", world.base);
    let request = world.http.request(method.parse().unwrap(), url);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn clock_faults_and_counters() {
    let world = empty().await;
    let token = world.ada().await;
    assert_eq!(call(&world, "GET", "/health", Value::Null).await.1["provider"], "google");
    let now = json!({"now": "2030-01-01T00:00:00Z"});
    assert_eq!(call(&world, "PUT", "/clock", now).await.1["stopped"], true);
    let (_, clock) = call(&world, "POST", "/clock/advance", json!({"seconds": 90})).await;
    assert_eq!(clock["now"], "2030-01-01T00:01:30.000Z");
    assert_eq!(call(&world, "POST", "/clock/resume", Value::Null).await.1["stopped"], false);
    let fault = json!({"operation": "drive.files.list", "effect": {"status": 503}});
    let (_, added) = call(&world, "POST", "/faults", fault).await;
    assert_eq!(world.get(&token, "files", &[]).await.status(), 503);
    assert_eq!(call(&world, "GET", "/faults", Value::Null).await.1["faults"][0]["struck"], 1);
    let path = format!("/faults/{}", added["id"]);
    assert_eq!(call(&world, "DELETE", &path, Value::Null).await.0, 200);
    assert_eq!(call(&world, "DELETE", &path, Value::Null).await.0, 404);
    world.json(&token, "files", &[]).await;
    let (_, calls) = call(&world, "GET", "/calls", Value::Null).await;
    assert_eq!(calls["counts"]["drive.files.list"], 2);
    assert!(!calls.to_string().contains(&token));
    call(&world, "DELETE", "/calls", Value::Null).await;
    assert_eq!(call(&world, "GET", "/calls", Value::Null).await.1["counts"], json!({}));
    assert_eq!(call(&world, "PUT", "/clock", json!({"now": "soon"})).await.0, 400);
}

#[tokio::test]
async fn files_can_be_made_changed_shared_and_deleted() {
    let world = empty().await;
    let new = json!({"path": "a/b.txt", "content": "hello"});
    let (status, file) = call(&world, "POST", "/files", new).await;
    assert_eq!(status, 200, "{file}");
    let id = file["id"].as_str().unwrap();
    let change = json!({"id": id, "name": "c.txt", "content": "bye", "starred": true});
    assert_eq!(call(&world, "PATCH", "/files", change).await.1["name"], "c.txt");
    let share = json!({"target": {"id": id}, "share": {"email": GRACE, "role": "writer"}});
    assert_eq!(call(&world, "POST", "/files/share", share.clone()).await.0, 200);
    assert_eq!(call(&world, "POST", "/files/unshare", share).await.0, 200);
    assert_eq!(call(&world, "GET", &format!("/files?id={id}"), Value::Null).await.1["name"], "c.txt");
    assert_eq!(call(&world, "GET", "/files?path=a/c.txt", Value::Null).await.1["id"], id);
    let doc = json!({"account": GRACE, "path": "Doc", "native": {"kind": "document", "text": "# T"}});
    assert_eq!(
        call(&world, "POST", "/files", doc).await.1["mime_type"],
        "application/vnd.google-apps.document"
    );
    let typo = json!({"path": "x.txt", "contents": "x"});
    assert_eq!(call(&world, "POST", "/files", typo).await.0, 400);
    assert_eq!(call(&world, "DELETE", &format!("/files?id={id}"), Value::Null).await.0, 200);
    assert_eq!(call(&world, "DELETE", &format!("/files?id={id}"), Value::Null).await.0, 400);
    let bulk = json!({"folder": "bulk", "count": 50, "size": 10, "prefix": "n"});
    assert_eq!(call(&world, "POST", "/generate", bulk).await.1["created"], 50);
}

#[tokio::test]
async fn accounts_drives_clients_and_switches() {
    let world = demo().await;
    let account = json!({"email": "new@example.com", "name": "New Example"});
    assert_eq!(call(&world, "POST", "/accounts", account).await.0, 200);
    assert_eq!(
        call(&world, "GET", "/accounts", Value::Null).await.1["accounts"].as_array().unwrap().len(),
        3
    );
    let (_, drive) = call(&world, "POST", "/drives", json!({"name": "D", "organizer": ADA})).await;
    let path = format!("/drives/{}", drive["id"].as_str().unwrap());
    let member = json!({"email": "new@example.com", "role": "fileOrganizer"});
    assert_eq!(call(&world, "POST", &format!("{path}/members"), member).await.0, 200);
    assert_eq!(call(&world, "DELETE", &format!("{path}/members/new@example.com"), Value::Null).await.0, 200);
    assert_eq!(call(&world, "PATCH", &path, json!({"name": "E"})).await.0, 200);
    assert_eq!(call(&world, "GET", "/drives", Value::Null).await.1["drives"][1]["name"], "E");
    assert_eq!(call(&world, "DELETE", &path, Value::Null).await.0, 200);
    let client = json!({"client_id": "c", "client_secret": "s", "redirect_uris": ["http://localhost/a"]});
    assert_eq!(call(&world, "POST", "/oauth/clients", client).await.0, 200);
    let uri = json!({"redirect_uri": "http://localhost/b"});
    assert_eq!(call(&world, "POST", "/oauth/clients/c/redirect_uris", uri.clone()).await.0, 200);
    assert_eq!(call(&world, "POST", "/oauth/clients/nobody/redirect_uris", uri).await.0, 404);
    let url = world.authorize_url(&[("client_id", "c"), ("redirect_uri", "http://localhost/b")]);
    assert_eq!(world.http.get(url).send().await.unwrap().status(), 200);
    assert_eq!(call(&world, "DELETE", "/oauth/clients/c", Value::Null).await.0, 200);
    let wish = json!({"testing_mode": true, "quotas": {"enabled": true}});
    let (_, switches) = call(&world, "PATCH", "/switches", wish).await;
    assert_eq!(
        (&switches["testing_mode"], &switches["quotas"]["units_per_minute_per_user"]),
        (&json!(true), &json!(325_000))
    );
    assert_eq!(call(&world, "PATCH", "/switches", json!({"tessting": true})).await.0, 400);
}

#[tokio::test]
async fn grants_and_access_tokens_can_be_ended() {
    let world = empty().await;
    let tokens = world.sign_in(ADA, super::harness::READONLY).await;
    assert_eq!(call(&world, "GET", "/oauth/grants", Value::Null).await.1["grants"][0]["subject"], ADA);
    assert_eq!(call(&world, "POST", "/oauth/access_tokens/expire", Value::Null).await.1["expired"], 1);
    assert_eq!(world.get(&tokens.access, "files", &[]).await.status(), 401);
    let refresh = tokens.refresh.unwrap();
    assert_eq!(world.refresh(&refresh).await.0, 200);
    let path = format!("/oauth/grants/{ADA}");
    assert_eq!(call(&world, "DELETE", &path, Value::Null).await.1["revoked"], 1);
    assert_eq!(world.refresh(&refresh).await.0, 400);
    assert_eq!(call(&world, "POST", "/reset", json!({"seed": "demo"})).await.0, 200);
    assert_eq!(call(&world, "PUT", "/webhooks", json!({"mode": "drop", "backoff_ms": 5})).await.0, 200);
    assert_eq!(call(&world, "GET", "/webhooks", Value::Null).await.1["mode"], "drop");
    assert_eq!(call(&world, "POST", "/webhooks/flush", Value::Null).await.0, 200);
    assert_eq!(call(&world, "GET", "/webhooks/channels", Value::Null).await.1["channels"], json!([]));
}

#[tokio::test]
async fn an_emulator_stops_when_told_to() {
    let world = empty().await;
    let address = world.emulator.addr();
    world.emulator.shutdown().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
