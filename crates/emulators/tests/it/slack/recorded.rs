//! Our answers beside recorded answers of the real service: the same keys, the same types, the same headers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::harness::{ADA, World, empty};
use crate::shared::{kind, shared_folder};

fn recorded(name: &str, path: &str) -> Option<Value> {
    let file = shared_folder()?.join("recorded/slack").join(name);
    let exchanges: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let api = &exchanges["api"];
    let found = if api["get"][path].is_null() { &api["post"][path] } else { &api["get"][path] };
    Some(if found.is_array() { found[0].clone() } else { found.clone() })
}

/// Collects every key path with its type; lists count as their elements.
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

fn assert_same_shape(ours: &Value, theirs: &Value, may_differ: &[&str]) {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    shape(ours, "", &mut left);
    shape(theirs, "", &mut right);
    let differs = |path: &String| may_differ.iter().any(|prefix| path.starts_with(prefix));
    left.retain(|path, _| !differs(path));
    right.retain(|path, _| !differs(path));
    assert_eq!(left, right);
}

async fn seen(world: &World, method: &str, query: &[(&str, &str)]) -> Value {
    let token = world.ada().await;
    world.ok(&token, method, query).await
}

#[tokio::test]
async fn answers_have_the_recorded_keys_and_types() {
    let world = empty().await;
    let ada = world.control.user_id(ADA).unwrap();
    let Some(team) = recorded("nango_slack__get-team-info.json", "/team.info") else { return };
    assert_same_shape(&seen(&world, "team.info", &[]).await, &team["response"], &[]);

    // `properties` are extras of single channels.
    let list = recorded("nango_slack__list-channels.json", "/conversations.list").unwrap();
    assert_same_shape(
        &seen(&world, "conversations.list", &[]).await,
        &list["response"],
        &["/channels/properties"],
    );
    let members = recorded("nango_slack__conversations.json", "/conversations.members").unwrap();
    let general = world.channel("general");
    let ours = seen(&world, "conversations.members", &[("channel", &general)]).await;
    assert_same_shape(&ours, &members["response"], &[]);

    let bot = recorded("nango_slack__get-user-info.json", "/users.info").unwrap();
    let ours = seen(&world, "users.info", &[("user", "USLACKBOT")]).await;
    assert_same_shape(&ours, &bot["response"], &["/user/profile/always_active"]);
    let person = recorded("nango_slack__lookup-user-by-email.json", "/users.lookupByEmail").unwrap();
    let ours = seen(&world, "users.lookupByEmail", &[("email", ADA)]).await;
    assert_same_shape(&ours, &person["response"], &[]);
    let people = recorded("nango_slack__list-users.json", "/users.list").unwrap();
    let ours = seen(&world, "users.list", &[]).await;
    let theirs = &people["response"];
    assert_eq!(kind(&ours["cache_ts"]), kind(&theirs["cache_ts"]));
    assert_eq!(ours["response_metadata"], theirs["response_metadata"]);

    let emoji = recorded("nango_slack__list-custom-emoji.json", "/emoji.list").unwrap();
    let ours = seen(&world, "emoji.list", &[]).await;
    assert_same_shape(&ours, &emoji["response"], &["/emoji/", "/categories", "/categories_version"]);
    let files = recorded("nango_slack__list-files.json", "/files.list").unwrap();
    assert_same_shape(&seen(&world, "files.list", &[]).await, &files["response"], &["/files/"]);
    let groups = recorded("nango_slack__list-user-groups.json", "/usergroups.list").unwrap();
    assert_same_shape(&seen(&world, "usergroups.list", &[]).await, &groups["response"], &[]);

    let ts = world.control.say("general", ADA, "Second test message for reaction").unwrap();
    world.control.react("general", &ts, "fire", ADA, true).unwrap();
    let reactions = recorded("nango_slack__list-user-reactions.json", "/reactions.list").unwrap();
    let ours = seen(&world, "reactions.list", &[("user", &ada)]).await;
    let theirs = &reactions["response"];
    assert_eq!(ours["response_metadata"], theirs["response_metadata"]);
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    shape(&ours, "", &mut left);
    shape(theirs, "", &mut right);
    // Theirs were written by a bot, and some of them have threads.
    left.remove("/items/message/client_msg_id");
    for (path, kind) in &left {
        assert_eq!(right.get(path), Some(kind), "{path}");
    }

    let token = world.user_token(ADA, "files:write").await;
    let upload = recorded("nango_slack__get-upload-url.json", "/files.getUploadURLExternal").unwrap();
    let query = [("filename", "test.txt"), ("length", "1024")];
    let ours = world.ok(&token, "files.getUploadURLExternal", &query).await;
    assert_same_shape(&ours, &upload["response"], &[]);
}

#[tokio::test]
async fn answers_have_the_recorded_headers() {
    let Some(folder) = shared_folder() else { return };
    let file = folder.join("recorded/slack/nango_slack__conversations.json");
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let list = &all["api"]["get"]["/conversations.list"];
    let theirs = if list.is_array() { &list[0]["headers"] } else { &list["headers"] };
    let world = empty().await;
    let token = world.ada().await;
    let answer = world.get(&token, "conversations.list", &[]).await;
    let mut compared = 0;
    for name in [
        "content-type",
        "server",
        "vary",
        "pragma",
        "cache-control",
        "expires",
        "referrer-policy",
        "x-content-type-options",
        "x-xss-protection",
        "strict-transport-security",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "access-control-allow-headers",
        "x-slack-backend",
        "x-backend",
        "timing-allow-origin",
    ] {
        let Some(theirs) = theirs[name].as_str() else { continue };
        assert_eq!(answer.headers()[name], theirs, "{name}");
        compared += 1;
    }
    assert!(compared > 6, "{compared}");
    assert!(
        answer.headers()["x-accepted-oauth-scopes"]
            .to_str()
            .unwrap()
            .starts_with("channels:read,groups:read")
    );
}
