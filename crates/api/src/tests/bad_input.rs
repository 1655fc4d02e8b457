//! Whatever is wrong with a request is answered with the documented error, and nothing happens.

use axum::body::Body;
use axum::http::{Method, Request};
use gangway_model::Plan;
use serde_json::json;

use super::house::House;

#[tokio::test]
async fn a_token_comes_first() {
    let house = House::build().await;
    for path in ["/rest/connectors", "/rest/me", "/rest/collections", "/rest/admin/users"] {
        let answer = house.get(path).await;
        answer.error(401, "unauthorized");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let user = house.user(Plan::Free).await;
    user.get("/rest/admin/users").await.error(403, "forbidden");
    house.admin().get("/rest/me").await.error(403, "forbidden");
    let request = Request::post("/rest/connectors/stub_drive/token").body(Body::from("{")).unwrap();
    house.send(request).await.flat_error(401, "unauthorized");
}

#[tokio::test]
async fn malformed_bodies_name_the_field() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let path = "/rest/collections";
    for (body, field) in [
        ("{", "body"),
        ("[]", "body"),
        ("null", "body"),
        (r#"["name"]"#, "body"),
        (r#"{"name":"x"} 1"#, "body"),
        ("{}", "name"),
        (r#"{"name":1}"#, "name"),
        (r#"{"name":""}"#, "name"),
        (r#"{"name":"a\u0000b"}"#, "name"),
        (r#"{"name":"\ud800"}"#, "name"),
        (r#"{"name":"x","name":"y"}"#, "name"),
        (r#"{"name":"x","surplus":1}"#, "surplus"),
        (r#"{"name":"x","access":"world"}"#, "access"),
        (r#"{"name":1e999}"#, "name"),
    ] {
        let answer = user.call(Method::POST, path, Some(body.to_owned())).await;
        let answer = answer.error(400, "invalid_request");
        assert_eq!(answer["error"]["details"]["field"], field, "{body}");
    }
    let list = user.get(path).await.ok();
    assert_eq!(list["collections"], json!([]), "nothing was made by any of these");
}

#[tokio::test]
async fn size_and_type_of_a_body_are_checked() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(1 << 20));
    user.call(Method::POST, "/rest/collections", Some(large)).await.error(413, "payload_too_large");
    let plain = user.request(Method::POST, "/rest/collections").header("content-type", "text/plain");
    house.send(plain.body(Body::from(r#"{"name":"x"}"#)).unwrap()).await.error(415, "unsupported_media_type");
    let none = user.request(Method::POST, "/rest/collections").body(Body::from(r#"{"name":"x"}"#)).unwrap();
    house.send(none).await.error(415, "unsupported_media_type");
}

#[tokio::test]
async fn queries_and_paths_are_read_strictly() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    for (path, field) in [
        ("/rest/connectors/stub_drive/files?limit=0", "limit"),
        ("/rest/connectors/stub_drive/files?limit=101", "limit"),
        ("/rest/connectors/stub_drive/files?limit=many", "limit"),
        ("/rest/connectors/stub_drive/files?limit=1&limit=2", "limit"),
        ("/rest/connectors/stub_drive/files?cursor=not-ours!", "cursor"),
        ("/rest/connectors/stub_drive/files?cursor=eHg", "cursor"),
        ("/rest/connectors/stub_drive/files?page=2", "page"),
        ("/rest/connectors/stub_drive/files?query=%00", "query"),
        ("/rest/connectors/stub_drive/files?query=%ff", "query"),
        ("/rest/connectors/stub_drive/files?connection=1", "connection"),
        ("/rest/connectors/stub_drive/sync/not-a-uuid", "job_id"),
        ("/rest/connectors/Stub-Drive", "connector_id"),
        ("/rest/connectors/stub_drive/files/%00/why", "file_id"),
        ("/rest/connectors/stub_drive/files/%ff/why", "file_id"),
        ("/rest/collections/0190a000-0000-7000-8000-00000000000", "uuid"),
        ("/rest/files/not-a-uuid/text", "file_id"),
        ("/rest/files/0190a000-0000-7000-8000-000000000000/text?offset=-1", "offset"),
        ("/rest/files/0190a000-0000-7000-8000-000000000000/text?offset=1000000001", "offset"),
        ("/rest/files/0190a000-0000-7000-8000-000000000000/text?limit=999", "limit"),
        ("/rest/files/0190a000-0000-7000-8000-000000000000/text?limit=200001", "limit"),
        ("/rest/files/0190a000-0000-7000-8000-000000000000/text?page=2", "page"),
        ("/rest/collections/%7B0190a000-0000-7000-8000-000000000000%7D", "uuid"),
    ] {
        let answer = user.get(path).await.error(400, "invalid_request");
        assert_eq!(answer["error"]["details"]["field"], field, "{path}");
    }
}

#[tokio::test]
async fn what_is_wanted_instead_is_said() {
    let house = House::build().await;
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let answer = user.get("/rest/connectors/stub_drive/files?limit=-1").await.error(400, "invalid_request");
    assert_eq!(answer["error"]["message"], "limit must be a whole number from 1 to 100");
    for (body, said) in [
        (json!({ "query": "x", "limit": -1 }), "limit must be a whole number from 1 to 100"),
        (
            json!({ "query": "x", "filters": { "modified_after": "yesterday" } }),
            "filters.modified_after must be a moment such as 2026-01-31T00:00:00Z",
        ),
    ] {
        let answer = user.post("/rest/search", body).await.error(400, "invalid_request");
        assert_eq!(answer["error"]["message"], said);
    }
}

#[tokio::test]
async fn every_answer_carries_the_guarding_headers() {
    let house = House::build().await;
    for path in ["/healthz", "/rest/me", "/nowhere"] {
        let headers = house.get(path).await.headers;
        for name in ["x-request-id", "x-content-type-options", "content-security-policy", "referrer-policy"] {
            assert!(headers.contains_key(name), "{path} {name}");
        }
    }
    let own = Request::get("/healthz").header("x-request-id", "abc-1").body(Body::empty()).unwrap();
    assert_eq!(house.send(own).await.headers["x-request-id"], "abc-1");
    let hostile = Request::get("/healthz").header("x-request-id", "a b;c").body(Body::empty()).unwrap();
    assert_ne!(house.send(hostile).await.headers["x-request-id"], "a b;c");
}

#[tokio::test]
async fn only_listed_origins_may_call_from_a_browser() {
    let house = House::build().await;
    let preflight = |origin: &str| {
        let request = Request::options("/rest/me").header("origin", origin);
        request.header("access-control-request-method", "GET").body(Body::empty()).unwrap()
    };
    let listed = house.send(preflight("https://app.example")).await;
    assert_eq!(listed.headers["access-control-allow-origin"], "https://app.example");
    let foreign = house.send(preflight("https://evil.example")).await;
    assert!(!foreign.headers.contains_key("access-control-allow-origin"));
}
