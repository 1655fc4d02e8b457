//! The demo's workspace, and seeds of one's own.

use gangway_emulators::slack::Seed;
use serde_json::json;

use super::harness::{ADA, demo, start};

#[tokio::test]
async fn the_demo_shows_what_makes_slack_special() {
    let world = demo().await;
    let token = world.ada().await;
    let all = [("types", "public_channel,private_channel,im"), ("limit", "999")];
    let list = world.ok(&token, "conversations.list", &all).await;
    assert_eq!(list["channels"].as_array().unwrap().len(), 7);
    let mut everything = String::new();
    for channel in list["channels"].as_array().unwrap() {
        let query = [("channel", channel["id"].as_str().unwrap()), ("limit", "999")];
        let history = world.ok(&token, "conversations.history", &query).await;
        for message in history["messages"].as_array().unwrap() {
            let query = [("channel", query[0].1), ("ts", message["ts"].as_str().unwrap())];
            everything.push_str(&world.ok(&token, "conversations.replies", &query).await.to_string());
        }
    }
    let ada = world.control.user_id(ADA).unwrap();
    for part in [
        "CC-7",
        "&lt; 50 g",
        "<!channel>",
        "<!here>",
        "|mei>",
        "<!subteam^",
        "<!date^",
        "<mailto:",
        "<tel:",
        "|the price list>",
        "```\\npython3",
        "\"subtype\":\"thread_broadcast\"",
        "\"subtype\":\"bot_message\"",
        "\"edited\":{",
        "check_file_info",
        "\"mode\":\"canvas\"",
        "\"mode\":\"snippet\"",
        "\"mode\":\"external\"",
        "Checkout errors above 2 %",
        &format!("<@{ada}>"),
        &format!("<#{}>", world.channel("support")),
    ] {
        assert!(everything.contains(part), "{part} is missing");
    }
    assert!(!everything.contains("{user:"), "every placeholder was replaced");
}

#[tokio::test]
async fn a_folder_can_be_a_seed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let users = json!({"name": "Two", "domain": "two", "users": [{"email": ADA, "real_name": "Ada"}]});
    write("workspace.json", users.to_string());
    let channel = json!({
        "channel": {"name": "hi", "members": [ADA]},
        "created": "2025-01-01T00:00:00Z",
        "messages": [{"user": ADA, "ts": "2025-01-02T00:00:00Z", "text": "one", "files": [{"path": "a.txt"}]}],
    });
    write("channels/hi.json", channel.to_string());
    write("files/a.txt", "bytes".into());
    let world = start(Seed::Folder(folder.path().to_owned())).await;
    let token = world.ada().await;
    let history = world.ok(&token, "conversations.history", &[("channel", &world.channel("hi"))]).await;
    assert_eq!(history["messages"][0]["ts"], "1735776000.000000");
    assert_eq!(history["messages"][0]["files"][0]["size"], 5);
    assert_eq!(world.ok(&token, "team.info", &[]).await["team"]["name"], "Two");
}
