//! The error forms: plain-text 400s, dots, rate limits, hosts, faults.

use std::collections::BTreeSet;
use std::time::Duration;

use gangway_emulators::dropbox::RateLimit;
use serde_json::{Value, json};

use super::harness::*;

#[tokio::test]
async fn malformed_calls_get_plain_text() {
    let world = empty().await;
    let token = world.ada().await;
    let route = "files/list_folder";
    for (arg, part) in [
        (json!({}), "missing required field 'path'"),
        (json!({"path": 7}), "expected string"),
        (json!({"path": "", "recursive": "yes"}), "expected boolean"),
        (json!({"path": "", "colour": "blue"}), "unknown field 'colour'"),
        (json!([]), "expected object"),
        (json!({"path": "", "shared_link": {"url": "x"}, "recursive": true}), "recursive"),
    ] {
        let text = world.malformed(&token, route, arg).await;
        assert!(text.contains(part), "{text}");
    }
    let url = format!("{}/2/{route}", world.emulator.api_url());
    let post = || world.http.post(&url).bearer_auth(&token);
    let typed =
        |kind: &'static str, body: &'static str| post().header("Content-Type", kind).body(body).send();
    let not_json = typed("application/json", "{path").await.unwrap();
    assert!(not_json.text().await.unwrap().contains("could not decode input as JSON"));
    let wrong_type = typed("application/x-www-form-urlencoded", "path=").await.unwrap();
    assert_eq!(wrong_type.status(), 400);
    assert!(wrong_type.text().await.unwrap().contains("Bad HTTP \"Content-Type\" header"));
    let bare = world.http.post(&url).json(&json!({"path": ""})).send().await.unwrap();
    assert_eq!(bare.status(), 400);
    assert!(bare.text().await.unwrap().contains("Must provide HTTP header \"Authorization\""));
    let get = world.http.get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(get.status(), 405, "reads are POSTs too");
}

#[tokio::test]
async fn void_arguments_are_null_or_nothing_at_all() {
    let world = empty().await;
    let token = world.ada().await;
    let url = format!("{}/2/users/get_current_account", world.emulator.api_url());
    let post = || world.http.post(&url).bearer_auth(&token);
    assert_eq!(post().json(&Value::Null).send().await.unwrap().status(), 200);
    assert_eq!(post().send().await.unwrap().status(), 200);
    let empty_json = post().header("Content-Type", "application/json").send().await.unwrap();
    assert_eq!(empty_json.status(), 400);
    assert_eq!(post().json(&json!({})).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn summaries_end_in_a_number_of_dots_that_changes() {
    let world = empty().await;
    let token = world.ada().await;
    let mut seen = BTreeSet::new();
    for _ in 0..12 {
        let answer = world.rpc(&token, "files/get_metadata", json!({"path": "/x"})).await;
        let body: Value = answer.json().await.unwrap();
        let expected = json!({".tag": "path", "path": {".tag": "not_found"}});
        assert_eq!(body["error"], expected);
        seen.insert(body["error_summary"].as_str().unwrap().to_owned());
    }
    assert!(seen.len() > 1, "{seen:?}");
}

#[tokio::test]
async fn unions_may_be_bare_texts_or_objects() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "a");
    for mode in [json!("id"), json!({".tag": "id"})] {
        world.json(&token, "files/list_revisions", json!({"path": "/a.txt", "mode": mode})).await;
    }
    world.malformed(&token, "files/list_revisions", json!({"path": "/a.txt", "mode": "colour"})).await;
}

#[tokio::test]
async fn functions_live_on_their_own_host() {
    let world = empty().await;
    let token = world.ada().await;
    let on = |base: String, route: &str| {
        let request = world.http.post(format!("{base}/2/{route}")).bearer_auth(&token);
        request.json(&json!({"path": ""})).send()
    };
    assert_eq!(on(world.emulator.content_url(), "files/list_folder").await.unwrap().status(), 404);
    assert_eq!(on(world.emulator.api_url(), "files/download").await.unwrap().status(), 404);
    let unknown = on(world.emulator.api_url(), "files/list_folders").await.unwrap();
    assert_eq!(unknown.status(), 400);
    assert!(unknown.text().await.unwrap().starts_with("Unknown API function"));
    let base = world.emulator.base_url();
    world.write("/a.txt", "a");
    let by_name = world.http.post(format!("{base}2/files/download")).header("Host", "content.localhost");
    let arg = json!({"path": "/a.txt"}).to_string();
    let answer = by_name.bearer_auth(&token).header("Dropbox-API-Arg", arg).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the first label of the host also decides");
    for path in ["oauth2/authorize", "www/oauth2/authorize"] {
        let page =
            world.http.get(format!("{base}{path}")).header("Host", "www.localhost").send().await.unwrap();
        assert_eq!(page.status(), 400, "the page about a missing client id");
    }
    let account_shape = [("Dropbox-API-Select-User", "dbmid:x")];
    let (status, summary, _) =
        world.refused_with(&token, "files/list_folder", json!({"path": ""}), &account_shape).await;
    assert_eq!((status, summary.as_str()), (401, "invalid_select_user"), "only for team tokens");
}

#[tokio::test]
async fn the_rate_limit_answers_json_or_text_with_retry_after() {
    let world = empty().await;
    world.control.set_clock("2026-03-01T00:00:00Z").unwrap();
    let (ada, grace) = (world.ada().await, world.grace().await);
    for as_text in [false, true] {
        world.control.set_switches(|switches| {
            switches.rate_limit =
                RateLimit { enabled: true, calls_per_minute: 2, retry_after_seconds: 15, as_text };
        });
        let call = || world.rpc(&ada, "files/list_folder", json!({"path": ""}));
        assert_eq!(call().await.status(), 200);
        assert_eq!(call().await.status(), 200);
        let limited = call().await;
        assert_eq!(
            (limited.status().as_u16(), &limited.headers()["retry-after"]),
            (429, &"15".parse().unwrap())
        );
        let kind = limited.headers()["content-type"].to_str().unwrap().to_owned();
        if as_text {
            assert!(kind.starts_with("text/plain"));
        } else {
            let body: Value = limited.json().await.unwrap();
            let error = json!({"reason": {".tag": "too_many_requests"}, "retry_after": 15});
            assert_eq!(body["error"], error);
        }
        let other = world.rpc(&grace, "files/list_folder", json!({"path": ""})).await;
        assert_ne!(other.status(), 429, "limits are per token");
        world.control.advance_clock(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn faults_wear_the_providers_clothes() {
    let world = empty().await;
    let token = world.ada().await;
    let arm = |effect: Value| {
        let fault = json!({"operation": "files/list_folder", "times": 1, "effect": effect});
        world.control.add_fault_json(fault).unwrap();
    };
    let call = || world.rpc(&token, "files/list_folder", json!({"path": ""}));
    arm(json!({"status": 429, "retry_after": 300, "reason": "too_many_write_operations"}));
    let answer = call().await;
    assert_eq!(answer.headers()["retry-after"], "300");
    assert_eq!(outcome(answer).await.1, "too_many_write_operations");
    arm(json!({"status": 429}));
    assert!(call().await.headers().get("retry-after").is_none());
    arm(json!({"status": 429, "reason": "text", "retry_after": 15}));
    assert!(call().await.text().await.unwrap().contains("too_many_requests"));
    arm(json!({"status": 401}));
    assert_eq!(outcome(call().await).await.1, "expired_access_token");
    arm(json!({"status": 403, "reason": "team_access_denied"}));
    assert_eq!(outcome(call().await).await.1, "team_access_denied");
    arm(json!({"status": 409, "reason": "path/restricted_content"}));
    let (_, _, body) = outcome(call().await).await;
    assert_eq!(body["error"]["path"][".tag"], "restricted_content");
    arm(json!({"status": 503, "retry_after": 7}));
    let answer = call().await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"7".parse().unwrap()));
    assert!(answer.text().await.unwrap().starts_with("<html>"));
    arm(json!({"status": 500, "body": "plain trouble"}));
    assert_eq!(call().await.text().await.unwrap(), "plain trouble");
    assert_eq!(world.control.call_count("files/list_folder"), 8);
}
