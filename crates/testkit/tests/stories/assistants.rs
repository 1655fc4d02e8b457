//! Assistants at `/mcp`: they see what their user sees, only with a token, and only as long as it is good.

use std::time::Duration;

use gangway_emulators::google::FileTarget;
use gangway_testkit::{ADMIN_KEY, House, Person};
use serde_json::{Value, json};

use crate::house;

const METADATA: &str = ".well-known/oauth-protected-resource/mcp";

/// A message as a client sends it, without a token.
fn message(house: &House, method: &str, params: Value) -> reqwest::RequestBuilder {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = house.http.post(house.url.join("mcp").unwrap());
    request.header("accept", "application/json, text/event-stream").json(&body)
}

async fn sent(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

/// Calls a tool as a person; what it answers and whether that is an error. Text and structure must say the same, and an
/// error has no structure: the schema that clients hold it against is that of the answer.
async fn call(person: &Person<'_>, tool: &str, arguments: Value) -> (Value, bool) {
    let params = json!({ "name": tool, "arguments": arguments });
    let request = message(person.house, "tools/call", params).bearer_auth(&person.token);
    let (status, answer) = sent(request).await;
    assert_eq!(status, 200, "{tool}: {answer}");
    let result = &answer["result"];
    let content = result["content"].as_array().unwrap_or_else(|| panic!("{tool}: {answer}"));
    assert_eq!((content.len(), &content[0]["type"]), (1, &json!("text")));
    let told: Value = serde_json::from_str(content[0]["text"].as_str().unwrap()).unwrap();
    let is_error = result["isError"] == true;
    assert_eq!(result["structuredContent"], if is_error { Value::Null } else { told.clone() });
    (told, is_error)
}

pub async fn used(person: &Person<'_>, tool: &str, arguments: Value) -> Value {
    let (told, is_error) = call(person, tool, arguments).await;
    assert!(!is_error, "{tool}: {told}");
    told
}

/// The code of the error that a tool must answer with.
async fn refused(person: &Person<'_>, tool: &str, arguments: Value) -> (String, Value) {
    let shown = arguments.to_string();
    let (told, is_error) = call(person, tool, arguments).await;
    assert!(is_error, "{tool} {shown}: {told}");
    assert!(told["error"]["message"].is_string(), "{told}");
    (told["error"]["code"].as_str().unwrap().to_owned(), told["error"]["details"].clone())
}

/// Ada, with a file that says `text` in a collection of hers; the collection, and our id of the file.
async fn ada_with_a_file<'a>(house: &'a House, name: &str, text: &str) -> (Person<'a>, String, String) {
    house.control().write_text(&FileTarget::path(name), text).unwrap();
    let ada = house.user("enterprise").await;
    ada.connect().await;
    let collection = ada.collection("Handbook").await;
    ada.sync(&["root"], &collection, "manual").await;
    let placed = ada.ask("GET", &format!("rest/collections/{collection}/files"), None).await;
    let last = name.rsplit('/').next().unwrap();
    let file = placed["files"].as_array().unwrap().iter().find(|file| file["name"] == last).unwrap();
    let id = file["id"].as_str().unwrap().to_owned();
    (ada, collection, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_passes_without_a_user_token() {
    let house = house().await;
    let metadata = house.url.join(METADATA).unwrap();
    for token in [None, Some("gw_nobody"), Some(""), Some(ADMIN_KEY)] {
        for method in ["initialize", "tools/list", "tools/call", "server/discover"] {
            let mut request = message(&house, method, json!({ "name": "list_connectors" }));
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let answer = request.send().await.unwrap();
            let expected = if token == Some(ADMIN_KEY) { 403 } else { 401 };
            assert_eq!(answer.status(), expected, "{method} with {token:?}");
            let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap());
            match expected {
                401 => assert!(
                    challenge.unwrap().ends_with(&format!("resource_metadata=\"{metadata}\"")),
                    "{challenge:?}"
                ),
                _ => assert_eq!(challenge, None),
            }
            let body: Value = answer.json().await.unwrap();
            assert!(body["error"]["code"].is_string() && body.get("result").is_none(), "{body}");
        }
    }
    // In the address a token would stand in logs: it does not count there.
    let ada = house.user("pro").await;
    let mut in_address = house.url.join("mcp").unwrap();
    in_address.set_query(Some(&format!("access_token={}", ada.token)));
    assert_eq!(house.http.get(in_address).send().await.unwrap().status(), 401);

    for path in [METADATA, ".well-known/oauth-protected-resource"] {
        let answer = house.http.get(house.url.join(path).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["resource"], house.url.join("mcp").unwrap().as_str());
        assert_eq!(told["bearer_methods_supported"], json!(["header"]));
        assert_eq!(told["authorization_servers"], json!([house.url.origin().ascii_serialization()]));
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistant_finds_reads_and_brings_in() {
    let house = house().await;
    let (ada, collection, id) =
        ada_with_a_file(&house, "Policies/refund.txt", "The refund takes ten days.").await;
    let version = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let (_, begun) = sent(message(&house, "initialize", version).bearer_auth(&ada.token)).await;
    assert_eq!(begun["result"]["serverInfo"]["name"], "gangway", "{begun}");
    let (_, listed) = sent(message(&house, "tools/list", json!({})).bearer_auth(&ada.token)).await;
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 7, "{listed}");

    let found =
        used(&ada, "search", json!({ "query": "refund", "collection": collection, "limit": 5 })).await;
    let first = &found["results"][0];
    assert_eq!((&first["id"], &first["title"]), (&json!(id), &json!("refund.txt")), "{found}");
    assert!(first["text"].as_str().unwrap().contains("ten days") && first["url"].is_string(), "{found}");
    let read = used(&ada, "fetch", json!({ "id": id })).await;
    assert_eq!(read["text"], "The refund takes ten days.");
    assert_eq!((&read["url"], &read["title"]), (&first["url"], &json!("refund.txt")));
    let about = &read["metadata"];
    assert_eq!(
        (&about["connector"], &about["truncated"]),
        (&json!("google_drive"), &json!(false)),
        "{about}"
    );
    assert_eq!(about["path"], first["path"], "rows and index name the same path");

    house.control().write_text(&FileTarget::path("Policies/leave.txt"), "Leave is thirty days.").unwrap();
    let connectors = used(&ada, "list_connectors", json!({})).await;
    let drive = connectors["connectors"].as_array().unwrap().iter().find(|one| one["id"] == "google_drive");
    assert_eq!(drive.unwrap()["connected"], true, "{connectors}");
    let own = used(&ada, "list_collections", json!({})).await;
    assert_eq!(
        (&own["collections"][0]["uuid"], &own["collections"][0]["own"]),
        (&json!(collection), &json!(true))
    );
    let files = used(&ada, "list_files", json!({ "connector": "google_drive", "query": "leave" })).await;
    let file = &files["files"][0];
    assert_eq!((&file["name"], &file["synced"]), (&json!("leave.txt"), &json!(false)), "{files}");
    let asked =
        json!({ "connector": "google_drive", "file_ids": [file["id"]], "collection_uuid": collection });
    let started = used(&ada, "start_sync", asked).await;
    let job = started["job_id"].as_str().unwrap();
    ada.ended(job).await;
    house.settle().await;
    for asked in [json!({ "job_id": job }), json!({ "job_id": job, "connector": "google_drive" })] {
        let status = used(&ada, "sync_status", asked).await;
        assert_eq!((&status["status"], &status["progress"]), (&json!("completed"), &json!(100)), "{status}");
    }
    let lost =
        json!({ "connector": "google_drive", "file_ids": ["not-there"], "collection_uuid": collection });
    let started = used(&ada, "start_sync", lost).await;
    ada.ended(started["job_id"].as_str().unwrap()).await;
    let status = used(&ada, "sync_status", json!({ "job_id": started["job_id"] })).await;
    assert_eq!((&status["status"], &status["files_failed"]), (&json!("failed"), &json!(1)), "{status}");
    assert_eq!(status["failures"][0]["id"], "not-there", "what failed is named: {status}");
    assert!(
        status["failures"][0]["reason"].as_str().is_some_and(|why| why.contains("does not exist")),
        "{status}"
    );
    let found = used(&ada, "search", json!({ "query": "thirty days" })).await;
    assert_eq!(found["results"][0]["title"], "leave.txt", "{found}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_shown_is_not_read() {
    let house = house().await;
    let (ada, collection, id) = ada_with_a_file(&house, "secret.txt", "the badger sleeps").await;
    let (eve, stranger) = (house.user("enterprise").await, house.user("enterprise").await);
    let made = house.as_admin("POST", "rest/admin/organizations", Some(json!({ "name": "north" }))).await;
    for person in [&ada, &eve] {
        let body = json!({ "organization_id": made["id"] });
        house.as_admin("PATCH", &format!("rest/admin/users/{}", person.id), Some(body)).await;
    }
    let by_rest = format!("rest/files/{id}/text");
    let reads = async |person: &Person<'_>| {
        let (told, is_error) = call(person, "fetch", json!({ "id": id })).await;
        let (status, answer) = person.call("GET", &by_rest, None).await;
        match is_error {
            true => {
                assert_eq!(told["error"]["code"], "not_found", "{told}");
                assert_eq!((status, &answer["error"]["code"]), (404, &json!("not_found")), "{answer}");
                assert!(!told.to_string().contains("badger") && !answer.to_string().contains("badger"));
            }
            false => assert_eq!((status, &answer["text"]), (200, &told["text"]), "{answer}"),
        }
        !is_error
    };
    assert!(reads(&ada).await && !reads(&eve).await && !reads(&stranger).await, "hers alone");
    let share = format!("rest/collections/{collection}");
    ada.ask("PATCH", &share, Some(json!({ "access": "org" }))).await;
    assert!(reads(&ada).await && reads(&eve).await && !reads(&stranger).await, "her organisation's");
    let (code, _) = refused(&eve, "sync_status", json!({ "job_id": id })).await;
    assert_eq!(code, "not_found");
    ada.ask("PATCH", &share, Some(json!({ "access": "private" }))).await;
    assert!(!reads(&eve).await, "hers again");
    ada.ask("PATCH", &share, Some(json!({ "access": "org" }))).await;

    // Closed at once, before anything was taken apart: the engine is not asked.
    house.engine.shut_down().await;
    assert!(reads(&ada).await && reads(&eve).await);
    ada.call("DELETE", "rest/connectors/google_drive", None).await;
    assert!(!reads(&ada).await && !reads(&eve).await, "nothing is read through a connection that is leaving");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_for_one_request_and_a_session_for_none() {
    let house = house().await;
    let (ada, eve) = (house.user("pro").await, house.user("pro").await);
    let path = format!("rest/admin/users/{}/tokens", ada.id);
    let made = house.as_admin("POST", &path, Some(json!({}))).await;
    let token = made["token"].as_str().unwrap();
    let listing = || message(&house, "tools/list", json!({})).bearer_auth(token);
    let begun = listing().send().await.unwrap();
    assert_eq!(begun.status(), 200);
    assert!(!begun.headers().contains_key("mcp-session-id"), "no session is begun");
    house.as_admin("DELETE", &format!("{path}/{}", made["id"].as_str().unwrap()), None).await;
    assert_eq!(sent(listing()).await.0, 401, "revoked is revoked, also for who was in before");

    let foreign = message(&house, "tools/list", json!({})).bearer_auth(&eve.token);
    let (status, answer) = sent(foreign.header("mcp-session-id", "ada-s-session")).await;
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("not_found")));
    let ends =
        house.http.delete(house.url.join("mcp").unwrap()).bearer_auth(&eve.token).send().await.unwrap();
    assert_eq!(ends.status(), 405, "there is nothing to end");

    // A token that ends by itself.
    let made = house.as_admin("POST", &path, Some(json!({ "expires_in": 60 }))).await;
    let ending = || message(&house, "tools/list", json!({})).bearer_auth(made["token"].as_str().unwrap());
    assert_eq!(sent(ending()).await.0, 200);
    house.advance(Duration::from_secs(61));
    assert_eq!(sent(ending()).await.0, 401);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_those_of_the_rest_api() {
    let house = house().await;
    let ada = house.user("pro").await;
    let unknown = "0190a000-0000-7000-8000-000000000000";
    for (tool, arguments, field) in [
        ("search", json!({}), "query"),
        ("search", json!({ "query": "" }), "query"),
        ("search", json!({ "query": "x".repeat(1001) }), "query"),
        ("search", json!({ "query": "a\u{0}b" }), "query"),
        ("search", json!({ "query": 1 }), "query"),
        ("search", json!({ "query": "x", "limit": 0 }), "limit"),
        ("search", json!({ "query": "x", "limit": 101 }), "limit"),
        ("search", json!({ "query": "x", "limit": 1.5 }), "limit"),
        ("search", json!({ "query": "x", "collection": "mine" }), "collection"),
        ("search", json!({ "query": "x", "connector": "nowhere" }), "connector"),
        ("search", json!({ "query": "x", "surplus": 1 }), "surplus"),
        ("fetch", json!({ "id": "one" }), "id"),
        ("fetch", json!({ "id": unknown, "limit": 200_001 }), "limit"),
        ("fetch", json!({ "id": unknown, "offset": -1 }), "offset"),
        ("list_collections", json!({ "cursor": "not-ours!" }), "cursor"),
        (
            "start_sync",
            json!({ "connector": "google_drive", "file_ids": [], "collection_uuid": unknown }),
            "file_ids",
        ),
        (
            "start_sync",
            json!({ "connector": "google_drive", "file_ids": vec!["x"; 1001], "collection_uuid": unknown }),
            "file_ids",
        ),
    ] {
        let (code, details) = refused(&ada, tool, arguments.clone()).await;
        assert_eq!(
            (code.as_str(), &details["field"]),
            ("invalid_request", &json!(field)),
            "{tool} {details}"
        );
    }
    for (tool, arguments, code) in [
        ("fetch", json!({ "id": unknown }), "not_found"),
        ("search", json!({ "query": "x", "collection": unknown }), "not_found"),
        ("sync_status", json!({ "job_id": unknown }), "not_found"),
        ("list_files", json!({ "connector": "google_drive" }), "not_connected"),
        ("list_files", json!({ "connector": "slack" }), "plan_required"),
    ] {
        assert_eq!(refused(&ada, tool, arguments).await.0, code, "{tool}");
    }
    let asking = |name: &str| message(&house, "tools/call", json!({ "name": name })).bearer_auth(&ada.token);
    let (_, answer) = sent(asking("delete_everything")).await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("there is no tool"), "{answer}");
    let large = json!({ "name": "search", "arguments": { "query": "x".repeat(1 << 20) } });
    assert_eq!(sent(message(&house, "tools/call", large).bearer_auth(&ada.token)).await.0, 413);
    for (header, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        assert_eq!(sent(asking("list_connectors").header(header, value)).await.0, 403, "{header}");
    }
    let own = house.url.origin().ascii_serialization();
    assert_eq!(sent(asking("list_connectors").header("origin", own)).await.0, 200);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_comes_in_pieces_and_says_so() {
    let house = house().await;
    let whole = "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. ".repeat(6000);
    let whole = whole.trim_end();
    let (ada, _, id) = ada_with_a_file(&house, "long.txt", whole).await;
    let (mut text, mut offset, mut pieces) = (String::new(), json!(0), 0);
    while !offset.is_null() {
        let read = used(&ada, "fetch", json!({ "id": id, "offset": offset })).await;
        let piece = read["text"].as_str().unwrap();
        assert!(piece.len() <= 200_000 && !piece.is_empty());
        text.push_str(piece);
        offset = read["metadata"]["next_offset"].clone();
        assert_eq!(read["metadata"]["truncated"], !offset.is_null());
        pieces += 1;
    }
    assert!(text == whole && pieces == 2, "{pieces} pieces of {} bytes", text.len());
    let (code, details) = refused(&ada, "fetch", json!({ "id": id, "offset": 999_999_999 })).await;
    assert_eq!((code.as_str(), &details["field"]), ("invalid_request", &json!("offset")));
    house.stop().await;
}
