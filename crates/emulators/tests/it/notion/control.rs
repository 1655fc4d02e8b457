//! The control API over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{ADA, NOW, World, demo, title};
use crate::receiver::receiver;

async fn deed(world: &World, method: Method, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/_emulator{path}", world.base);
    let mut request = world.http.request(method.clone(), url);
    if method != Method::GET && method != Method::DELETE {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn done(world: &World, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = deed(world, method, path, body).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

#[tokio::test]
async fn pages_blocks_and_databases() {
    let world = demo().await;
    let token = world.ada().await;
    assert_eq!(done(&world, Method::GET, "/health", Value::Null).await["provider"], "notion");
    let body = json!({"parent": {"path": "Handbook/Policies"}, "title": "Pets", "icon": "🐈", "blocks": [{"paragraph": "Cats only."}]});
    let page = done(&world, Method::POST, "/pages", body).await;
    let id = page["id"].as_str().unwrap();
    let found = done(&world, Method::GET, "/pages?path=Handbook/Policies/Pets", Value::Null).await;
    assert_eq!(found["id"], id);
    done(&world, Method::PATCH, "/pages", json!({"id": id, "title": "Animals"})).await;
    assert_eq!(title(&world.json(&token, &format!("pages/{id}")).await), "Animals");
    let made =
        done(&world, Method::POST, "/blocks", json!({"id": id, "blocks": [{"heading_1": "Dogs"}]})).await;
    let block = made[0]["id"].as_str().unwrap();
    done(&world, Method::PATCH, "/blocks", json!({"id": block, "heading_1": "No dogs"})).await;
    assert_eq!(super::harness::words(&world.children(&token, id).await[1]), "No dogs");
    done(&world, Method::DELETE, &format!("/blocks?id={block}"), Value::Null).await;
    done(&world, Method::POST, "/blocks", json!({"id": id, "blocks": [{"divider": {}}], "replace": true}))
        .await;
    let kinds: Vec<Value> = world.children(&token, id).await.iter().map(|one| one["type"].clone()).collect();
    assert_eq!(kinds, ["divider"]);
    let path = json!({"path": ["Handbook", "Policies", "Travel & expenses: trains / flights"], "parent": {"id": id}});
    done(&world, Method::POST, "/pages/move", path).await;
    done(&world, Method::POST, "/pages/unshare", json!({"id": id, "account": ADA})).await;
    assert_eq!(world.refused(&token, &format!("pages/{id}")).await.0, 404);
    assert_eq!(done(&world, Method::POST, "/pages/share", json!({"id": id})).await["connections"], 1);
    done(&world, Method::PATCH, "/pages", json!({"id": id, "trashed": true})).await;
    assert_eq!(world.json(&token, &format!("pages/{id}")).await["in_trash"], true);
    done(&world, Method::DELETE, &format!("/pages?id={id}"), Value::Null).await;
    assert_eq!(world.refused(&token, &format!("pages/{id}")).await.0, 404);

    let body = json!({"parent": {"path": "Handbook"}, "title": "Trips", "properties": {"Trip": "title", "Cost": "number"},
        "rows": [{"properties": {"Trip": "Oslo", "Cost": 300}}]});
    let database = done(&world, Method::POST, "/databases", body).await;
    let id = database["id"].as_str().unwrap();
    let rows =
        json!({"id": id, "rows": [{"properties": {"Trip": "Rome"}}, {"properties": {"Trip": "Graz"}}]});
    done(&world, Method::POST, "/rows", rows).await;
    let body = json!({"database": {"id": id}, "title": "Wishes", "properties": {"Wish": "title"}});
    done(&world, Method::POST, "/data_sources", body).await;
    let shown = world.json(&token, &format!("databases/{id}")).await;
    assert_eq!(shown["data_sources"].as_array().unwrap().len(), 2);
    let source = shown["data_sources"][0]["id"].as_str().unwrap();
    let list = world.post(&token, &format!("data_sources/{source}/query"), json!({})).await;
    assert_eq!(list["results"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn bulk_accounts_bots_comments_and_refusals() {
    let world = demo().await;
    let token = world.ada().await;
    let body = json!({"parent": {"path": "Handbook"}, "count": 1000, "size": 100, "prefix": "Bulk "});
    assert_eq!(done(&world, Method::POST, "/generate", body).await["created"], 1000);
    let list = world.search(&token, json!({"query": "bulk 000999"})).await;
    assert_eq!(list["results"].as_array().unwrap().len(), 1);
    done(&world, Method::POST, "/accounts", json!({"email": "linus@example.com", "name": "Linus"})).await;
    world.sign_in("linus@example.com", &[]).await;
    let bots = done(&world, Method::GET, "/bots", Value::Null).await;
    assert_eq!(bots["bots"].as_array().unwrap().len(), 2);
    let bot = bots["bots"].as_array().unwrap().iter().find(|bot| bot["account"] == ADA).unwrap();
    let id = bot["id"].as_str().unwrap().to_owned();
    let comment =
        done(&world, Method::POST, "/comments", json!({"id": "home", "text": "Hi", "by": ADA})).await;
    let path = format!("/comments/{}", comment["id"].as_str().unwrap());
    done(&world, Method::PATCH, &path, json!({"resolved": true})).await;
    done(&world, Method::DELETE, &path, Value::Null).await;
    done(&world, Method::POST, "/cursors/expire", json!({})).await;
    done(&world, Method::DELETE, &format!("/bots/{id}"), Value::Null).await;
    assert_eq!(world.refused(&token, "users/me").await.0, 401);
    done(&world, Method::PATCH, "/accounts/linus@example.com", json!({"deactivated": true})).await;
    for (path, body) in [
        ("/pages", json!({"parent": {"path": "Nowhere"}, "title": "x"})),
        ("/pages", json!({"title": "x", "key": "home"})),
        ("/rows", json!({"id": "project-list", "rows": [{"properties": {"Nope": 1}}]})),
        ("/comments", json!({"id": "nothing", "text": "x"})),
    ] {
        assert_eq!(deed(&world, Method::POST, path, body.clone()).await.0, 400, "{path} {body}");
    }
    assert_eq!(deed(&world, Method::PATCH, "/switches", json!({"nope": 1})).await.0, 400);
    let switches =
        done(&world, Method::PATCH, "/switches", json!({"capabilities": {"read_comments": false}})).await;
    assert_eq!(switches["capabilities"]["read_content"], true);
}

#[tokio::test]
async fn webhooks_follow_the_control_clock() {
    let world = demo().await;
    world.ada().await;
    let receiver = receiver(&[]).await;
    let body = json!({"url": receiver.url, "event_types": ["page.properties_updated"]});
    let made = done(&world, Method::POST, "/webhooks/subscriptions", body).await;
    let id = made["id"].as_str().unwrap();
    done(&world, Method::POST, "/webhooks/flush", json!({})).await;
    let told: Value = serde_json::from_str(&receiver.received.lock().unwrap()[0].body).unwrap();
    let body = json!({"token": told["verification_token"]});
    let path = format!("/webhooks/subscriptions/{id}/verify");
    assert_eq!(deed(&world, Method::POST, &path, json!({"token": "x"})).await.0, 400);
    assert_eq!(done(&world, Method::POST, &path, body).await["active"], true);
    done(&world, Method::PATCH, "/pages", json!({"id": "home", "title": "Home"})).await;
    let list = done(&world, Method::GET, "/webhooks/subscriptions", Value::Null).await;
    assert_eq!(list["waiting_events"], 1);
    done(&world, Method::POST, "/clock/advance", json!({"seconds": 60})).await;
    let list = done(&world, Method::GET, "/webhooks/subscriptions", Value::Null).await;
    assert_eq!(list["waiting_events"], 0);
    done(&world, Method::PATCH, "/pages", json!({"id": "home", "title": "Home again"})).await;
    done(&world, Method::POST, "/webhooks/flush", json!({})).await;
    assert_eq!(receiver.received.lock().unwrap().len(), 3);
    done(&world, Method::DELETE, &format!("/webhooks/subscriptions/{id}"), Value::Null).await;
}

#[tokio::test]
async fn reset_returns_to_the_seed() {
    let world = demo().await;
    let token = world.ada().await;
    done(&world, Method::DELETE, "/pages?id=home", Value::Null).await;
    done(&world, Method::PATCH, "/switches", json!({"short_pages": true})).await;
    done(&world, Method::POST, "/reset", json!({})).await;
    assert_eq!(world.get(&token, "users/me").await.status(), 401);
    assert!(!world.control.switches().short_pages);
    assert_eq!(world.control.find(&super::harness::key("home")).unwrap().title, "Lantern Tea Company");
    done(&world, Method::POST, "/reset", json!({"seed": "empty"})).await;
    assert!(world.control.find(&super::harness::key("home")).is_err());
    let clock = done(&world, Method::GET, "/clock", Value::Null).await;
    assert_ne!(clock["now"], NOW);
    world.ada().await;
}
