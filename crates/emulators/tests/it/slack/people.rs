//! Who is who: identity, email, guests and strangers.

use gangway_emulators::slack::UserEdit;
use serde_json::Value;

use super::harness::{ADA, GRACE, column, demo, empty};

#[tokio::test]
async fn auth_test_says_everything_but_the_email() {
    let world = empty().await;
    let token = world.user_token(ADA, "users:read").await;
    let me = world.ok(&token, "auth.test", &[]).await;
    assert_eq!(me["user_id"], world.control.user_id(ADA).unwrap());
    assert_eq!(me["team_id"], "T0LANTERN01");
    assert_eq!(me["url"], format!("{}/", world.base));
    assert_eq!(me["is_enterprise_install"], false);
    assert!(!me.to_string().contains("example.com"));
    let bot = world.bot_token("chat:write").await;
    assert!(world.ok(&bot, "auth.test", &[]).await["bot_id"].as_str().unwrap().starts_with('B'));
}

#[tokio::test]
async fn the_email_needs_a_scope_of_its_own() {
    let world = empty().await;
    let id = world.control.user_id(ADA).unwrap();
    let token = world.user_token(ADA, "users:read").await;
    let user = world.ok(&token, "users.info", &[("user", &id)]).await;
    assert!(user["user"]["profile"].get("email").is_none());
    assert_eq!(world.error(&token, "users.lookupByEmail", &[("email", ADA)]).await, "missing_scope");
    let token = world.user_token(ADA, "users:read,users:read.email").await;
    let user = world.ok(&token, "users.info", &[("user", &id)]).await;
    assert_eq!(user["user"]["profile"]["email"], ADA);
    assert_eq!(user["user"]["profile"]["display_name"], "");
    let found = world.ok(&token, "users.lookupByEmail", &[("email", GRACE)]).await;
    assert_eq!(found["user"]["real_name"], "Grace Example");
    assert_eq!(world.error(&token, "users.lookupByEmail", &[("email", "x@y.z")]).await, "users_not_found");
    assert_eq!(world.error(&token, "users.info", &[("user", "U0")]).await, "user_not_found");
}

#[tokio::test]
async fn the_list_shows_guests_strangers_and_the_deactivated() {
    let world = demo().await;
    let token = world.ada().await;
    let list = world.ok(&token, "users.list", &[]).await;
    let find = |name: &str| -> Value {
        let members = list["members"].as_array().unwrap();
        members.iter().find(|member| member["name"] == name).unwrap().clone()
    };
    assert_eq!(find("rosa")["deleted"], true);
    assert_eq!(find("vera")["is_restricted"], true);
    assert_eq!(find("sam")["is_stranger"], true);
    assert!(find("sam")["profile"].get("email").is_none());
    assert_eq!(find("sam")["team_id"], "T0HARBOUR01");
    assert!(column(&list["members"], "id").contains(&"USLACKBOT".to_owned()));
}

#[tokio::test]
async fn big_workspaces_want_a_limit() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.limit_required_above = 2);
    assert_eq!(world.error(&token, "users.list", &[]).await, "limit_required");
    world.ok(&token, "users.list", &[("limit", "2")]).await;
}

#[tokio::test]
async fn names_groups_bots_and_emoji() {
    let world = demo().await;
    let token = world.ada().await;
    world
        .control
        .edit_user(GRACE, &UserEdit { display_name: Some("gracie".into()), ..UserEdit::default() })
        .unwrap();
    let id = world.control.user_id(GRACE).unwrap();
    let user = world.ok(&token, "users.info", &[("user", &id)]).await;
    assert_eq!(user["user"]["profile"]["display_name"], "gracie");
    let groups = world.ok(&token, "usergroups.list", &[("include_users", "true")]).await;
    assert_eq!(groups["usergroups"][0]["handle"], "warehouse");
    let group = groups["usergroups"][0]["id"].as_str().unwrap();
    let users = world.ok(&token, "usergroups.users.list", &[("usergroup", group)]).await;
    assert_eq!(users["users"].as_array().unwrap().len(), 2);
    let emoji = world.ok(&token, "emoji.list", &[]).await;
    assert_eq!(emoji["emoji"]["teapot"], "alias:lantern");
    let team = world.ok(&token, "team.info", &[]).await;
    assert_eq!(team["team"]["domain"], "lantern-tea");
    let history = world.ok(&token, "conversations.history", &[("channel", &world.channel("support"))]).await;
    let alert = history["messages"].as_array().unwrap().iter().find(|m| m["bot_id"].is_string()).unwrap();
    let bot = world.ok(&token, "bots.info", &[("bot", alert["bot_id"].as_str().unwrap())]).await;
    assert!(bot["bot"]["name"].is_string());
    assert_eq!(world.error(&token, "bots.info", &[("bot", "B0")]).await, "bot_not_found");
}
