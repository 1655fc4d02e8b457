//! Our answers against recorded ones of the real service: the same keys, the same types, the same headers.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{World, demo, good, key};
use crate::shared::{kind, shared_folder};

/// Reads the exchanges of a recording as (method, path, version, request body, answer).
fn cassette(name: &str) -> Option<Vec<(String, String, Value, Value)>> {
    let file = shared_folder()?.join("recorded/notion").join(format!("cassette_test_{name}.json"));
    let text: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let all = text["interactions"].as_array().unwrap().iter().map(|one| {
        let request = &one["request"];
        let uri = request["uri"].as_str().unwrap().replace("https://api.notion.com", "");
        let method = request["method"].as_str().unwrap().to_owned();
        (method, uri, request["body"].clone(), one["response"]["body"].clone())
    });
    Some(all.collect())
}

fn answer_of(name: &str, method: &str, part: &str) -> Option<Value> {
    let all = cassette(name)?;
    let found = all.into_iter().find(|(own, uri, ..)| own == method && uri.contains(part));
    Some(found.unwrap_or_else(|| panic!("no {method} {part} in {name}")).3)
}

fn nango(name: &str, method: &str, path: &str) -> Option<Value> {
    let file = shared_folder()?.join("recorded/notion").join(format!("nango_notion__{name}.json"));
    let text: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let found = &text["api"][method][path];
    Some(if found.is_array() { found[0].clone() } else { found.clone() })
}

fn shape(value: &Value, path: &str, found: &mut BTreeMap<String, &'static str>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                let path = format!("{path}/{key}");
                found.insert(path.clone(), kind(inner));
                shape(inner, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, path, found)),
        _ => {}
    }
}

/// Compares key paths and types; below the given paths anything goes.
fn assert_same_shape(ours: &Value, theirs: &Value, loose: &[&str]) {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    shape(ours, "", &mut left);
    shape(theirs, "", &mut right);
    for path in loose {
        left.retain(|own, _| !own.starts_with(path));
        right.retain(|own, _| !own.starts_with(path));
    }
    assert_eq!(left, right);
}

async fn old(world: &World, token: &str, path: &str) -> Value {
    world.json_in("2025-09-03", token, path).await
}

#[tokio::test]
async fn pages_blocks_and_databases_have_the_recorded_shape() {
    let Some(page) = answer_of("is_full_page_or_data_source", "GET", "/v1/pages/") else { return };
    let world = demo().await;
    let token = world.ada().await;
    let plain = json!({"title": "Plain", "key": "plain", "blocks": [{"paragraph": "One"}, {"paragraph": "{{date:2022-12-16}}"}]});
    world.control.create_page(Some(&key("onboarding")), &plain).unwrap();
    let path = format!("pages/{}", world.id("plain"));
    assert_same_shape(&old(&world, &token, &path).await, &page, &[]);

    let paragraph = answer_of("is_full_block", "GET", "/v1/blocks/").unwrap();
    let blocks = world.children(&token, &world.id("plain")).await;
    let path = format!("blocks/{}", blocks[0]["id"].as_str().unwrap());
    assert_same_shape(&old(&world, &token, &path).await, &paragraph, &[]);
    let mention = answer_of("is_mention_rich_text_item_response", "GET", "/v1/blocks/").unwrap();
    let path = format!("blocks/{}", blocks[1]["id"].as_str().unwrap());
    assert_same_shape(&old(&world, &token, &path).await, &mention, &[]);
    let child = answer_of("is_full_block", "DELETE", "/v1/blocks/393abc1e-edcd-8124").unwrap();
    let path = format!("blocks/{}", world.id("plain"));
    assert_same_shape(&old(&world, &token, &path).await, &child, &[]);
    let children = answer_of("async_iterate_paginated_api", "GET", "children?page_size=2").unwrap();
    let path = format!("blocks/{}/children?page_size=1", world.id("plain"));
    assert_same_shape(&old(&world, &token, &path).await, &children, &[]);

    let database = answer_of("data_sources_retrieve", "POST", "/v1/databases").unwrap();
    let wish = json!({"title": "Small", "key": "small", "data_sources": [{"title": "Small", "key": "small-list", "icon": "⚙️"}]});
    world.control.create_database(Some(&key("onboarding")), &wish).unwrap();
    let path = format!("databases/{}", world.id("small"));
    assert_same_shape(&old(&world, &token, &path).await, &database, &[]);
    let source = answer_of("data_sources_retrieve", "GET", "/v1/data_sources/").unwrap();
    let path = format!("data_sources/{}", world.id("small-list"));
    assert_same_shape(&old(&world, &token, &path).await, &source, &[]);
    let markdown = answer_of("pages_retrieve_markdown", "GET", "markdown").unwrap();
    let path = format!("pages/{}/markdown", world.id("plain"));
    assert_same_shape(&old(&world, &token, &path).await, &markdown, &[]);
}

#[tokio::test]
async fn users_comments_and_errors_have_the_recorded_shape() {
    let Some(users) = nango("users", "get", "/v1/users") else { return };
    let world = demo().await;
    let token = world.ada().await;
    world.control.set_deactivated("grace@example.com", true).unwrap();
    let avatars = ["/results/avatar_url", "/results/bot/owner/user/avatar_url"];
    assert_same_shape(&old(&world, &token, "users?page_size=100").await, &users["response"], &avatars);
    let me = nango("get-bot-user", "get", "/v1/users/me").unwrap();
    let avatars = ["/avatar_url", "/bot/owner/user/avatar_url"];
    assert_same_shape(&old(&world, &token, "users/me").await, &me["response"], &avatars);

    world.control.add_comment(&key("onboarding"), "This is a test comment.", None).unwrap();
    let path = format!("comments?block_id={}", world.id("onboarding"));
    let list = old(&world, &token, &path).await;
    assert_same_shape(&list, &answer_of("comments_list", "GET", "/v1/comments?").unwrap(), &[]);
    let path = format!("comments/{}", list["results"][0]["id"].as_str().unwrap());
    let comment = answer_of("comments_retrieve", "GET", "/v1/comments/").unwrap();
    assert_same_shape(&old(&world, &token, &path).await, &comment, &[]);

    let refusal = answer_of("client_request_auth", "GET", "/v1/users").unwrap();
    let answer = world.call(Method::GET, "ntn_wrong", "users", "2025-09-03", None).await;
    let mut ours: Value = answer.json().await.unwrap();
    ours["request_id"] = refusal["request_id"].clone();
    assert_eq!(ours, refusal);
}

#[tokio::test]
async fn searches_have_the_recorded_shape_in_both_versions() {
    let Some(recorded) = nango("search", "post", "/v1/search") else { return };
    let world = demo().await;
    let token = world.ada().await;
    let ask = async |version: &str, body: Value| {
        good(world.call(Method::POST, &token, "search", version, Some(&body)).await).await
    };
    let ours = ask("2022-06-28", json!({"query": "onboarding"})).await;
    assert_same_shape(&ours, &recorded["response"], &["/results/icon"]);
    let tables = nango("data-sources", "post", "/v1/search").unwrap();
    let body = tables["request"]["data"].clone();
    let ours = ask("2022-06-28", body).await;
    assert_same_shape(&ours, &tables["response"], &["/results/properties", "/results/is_inline"]);
    let newer = answer_of("async_collect_paginated_api", "POST", "/v1/search").unwrap();
    let body = json!({"query": "nothing has this title"});
    let ours = ask("2025-09-03", body).await;
    assert_same_shape(&ours, &newer, &["/results"]);
}

#[tokio::test]
async fn answers_have_the_recorded_headers() {
    let Some(recorded) = nango("users", "get", "/v1/users") else { return };
    let world = demo().await;
    let token = world.ada().await;
    let answer = world.get(&token, "users").await;
    // What the recording's proxy added is its own, and what changes with each call is only looked for.
    let theirs = [
        "access-control",
        "content-security-policy-report-only",
        "x-ratelimit",
        "transfer-encoding",
        "connection",
        "set-cookie",
        "alt-svc",
    ];
    let varying = ["date", "cf-ray", "etag", "x-notion-request-id"];
    for (name, value) in recorded["headers"].as_object().unwrap() {
        if theirs.iter().any(|own| name.starts_with(own)) {
            continue;
        }
        let ours = answer.headers().get(name).unwrap_or_else(|| panic!("no {name}"));
        if !varying.contains(&name.as_str()) {
            assert_eq!(ours, value.as_str().unwrap(), "{name}");
        }
    }
}
