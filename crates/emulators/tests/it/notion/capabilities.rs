//! Users, comments, and what an app may do.

use gangway_emulators::notion::UserInfo;
use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{ADA, bad, demo, key};
use crate::shared::keys;

#[tokio::test]
async fn people_and_the_bot_are_listed_and_guests_never() {
    let world = demo().await;
    let tokens = world.sign_in(ADA, &[]).await;
    let list = world.json(&tokens.access, "users").await;
    let users = list["results"].as_array().unwrap();
    assert_eq!(list["type"], "user");
    assert_eq!(users.len(), 3);
    assert_eq!(users[0]["person"]["email"], ADA);
    assert_eq!(users[2]["type"], "bot");
    let me = world.json(&tokens.access, "users/me").await;
    assert_eq!(me["id"], tokens.bot);
    assert_eq!(me["bot"]["owner"]["user"]["name"], "Ada Example");
    assert_eq!(me["bot"]["workspace_name"], "Lantern Tea Company");
    let one = world.json(&tokens.access, &format!("users/{}", users[1]["id"].as_str().unwrap())).await;
    assert_eq!(one["name"], "Grace Example");
    let page = world.json(&tokens.access, "users?page_size=2").await;
    assert_eq!(page["has_more"], true);
    let nobody = "users/00000000-0000-4000-8000-000000000000";
    assert_eq!(world.refused(&tokens.access, nobody).await.1, "object_not_found");
}

#[tokio::test]
async fn emails_are_withheld_without_the_capability() {
    let world = demo().await;
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.capabilities.user_info = UserInfo::WithoutEmail);
    let me = world.json(&token, "users/me").await;
    assert_eq!(me["bot"]["owner"]["user"]["person"], json!({}));
    world.control.set_switches(|switches| switches.capabilities.user_info = UserInfo::None);
    let (status, code, _) = world.refused(&token, "users").await;
    assert_eq!((status, code.as_str()), (403, "restricted_resource"));
    let me = world.json(&token, "users/me").await;
    let owner = &me["bot"]["owner"]["user"];
    assert_eq!(keys(owner), ["id", "object"]);
    assert_eq!(world.refused(&token, &format!("users/{}", owner["id"].as_str().unwrap())).await.0, 403);
    let blocks = world.children(&token, &world.id("weekly-2026-03-02")).await;
    assert_eq!(blocks[0]["paragraph"]["rich_text"][1]["plain_text"], "@Anonymous");
}

#[tokio::test]
async fn a_missing_capability_answers_403() {
    let world = demo().await;
    let token = world.ada().await;
    let id = world.id("refund-policy");
    world.control.set_switches(|switches| switches.capabilities.read_comments = false);
    assert_eq!(world.refused(&token, &format!("comments?block_id={id}")).await.0, 403);
    world.control.set_switches(|switches| switches.capabilities.read_content = false);
    assert_eq!(world.refused(&token, &format!("pages/{id}")).await.1, "restricted_resource");
    assert_eq!(world.post_refused(&token, "search", json!({})).await.0, 403);
    world.json(&token, "users/me").await;
    let body = json!({"properties": {}});
    let path = format!("pages/{id}");
    let answer = world.call(Method::PATCH, &token, &path, "2026-03-11", Some(&body)).await;
    assert_eq!(bad(answer).await.0, 403, "writing is off unless switched on");
}

#[tokio::test]
async fn open_comments_are_listed_and_resolved_ones_are_not() {
    let world = demo().await;
    let token = world.ada().await;
    let id = world.id("refund-policy");
    let list = world.json(&token, &format!("comments?block_id={id}")).await;
    assert_eq!(list["type"], "comment");
    let comments = list["results"].as_array().unwrap();
    assert_eq!(comments.len(), 1, "the other thread is resolved");
    assert_eq!(comments[0]["parent"], json!({"type": "page_id", "page_id": id}));
    assert_eq!(comments[0]["display_name"], json!({"type": "user", "resolved_name": "Grace Example"}));
    let comment = comments[0]["id"].as_str().unwrap();
    assert_eq!(
        world.json(&token, &format!("comments/{comment}")).await["discussion_id"],
        comments[0]["discussion_id"]
    );
    world.control.edit_comment(comment, None, Some(true)).unwrap();
    let list = world.json(&token, &format!("comments?block_id={id}")).await;
    assert_eq!(list["results"], json!([]));
    let block = world.children(&token, &id).await[0]["id"].as_str().unwrap().to_owned();
    world.control.add_comment(&key(&block), "On a block", Some(ADA)).unwrap();
    let list = world.json(&token, &format!("comments?block_id={block}")).await;
    assert_eq!(list["results"][0]["parent"]["block_id"], block);
    assert_eq!(world.refused(&token, "comments").await.0, 400);
    assert_eq!(world.refused(&token, &format!("comments?block_id={}", world.id("private"))).await.0, 404);
    let _: Value = list;
}
