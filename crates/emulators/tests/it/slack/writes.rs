//! What a client may write: messages, reactions, conversations, uploads.

use serde_json::{Value, json};

use super::harness::{ADA, GRACE, World, empty};

const WRITE: &str = "channels:read,groups:read,im:read,mpim:read,channels:history,groups:history,im:history,\
    mpim:history,chat:write,channels:write,groups:write,im:write,mpim:write,files:read,files:write,\
    reactions:read,reactions:write";

async fn writer() -> (World, String) {
    let world = empty().await;
    let token = world.user_token(ADA, WRITE).await;
    (world, token)
}

#[tokio::test]
async fn a_message_is_posted_changed_and_deleted() {
    let (world, token) = writer().await;
    let general = world.channel("general");
    let posted = world.post(&token, "chat.postMessage", json!({"channel": general, "text": "hi"})).await;
    assert_eq!(posted["message"]["text"], "hi");
    let ts = posted["ts"].as_str().unwrap();
    let link = world.ok(&token, "chat.getPermalink", &[("channel", &general), ("message_ts", ts)]).await;
    assert_eq!(link["permalink"], format!("{}/archives/{general}/p{}", world.base, ts.replace('.', "")));
    let update = json!({"channel": general, "ts": ts, "text": "ho"});
    assert_eq!(world.post(&token, "chat.update", update).await["text"], "ho");
    let grace = world.user_token(GRACE, WRITE).await;
    let place = json!({"channel": general, "ts": ts});
    assert_eq!(world.post(&grace, "chat.delete", place.clone()).await["error"], "cant_delete_message");
    assert_eq!(world.post(&token, "chat.delete", place.clone()).await["ok"], true);
    assert_eq!(world.post(&token, "chat.delete", place).await["error"], "message_not_found");
    let empty = json!({"channel": general});
    assert_eq!(world.post(&token, "chat.postMessage", empty).await["error"], "no_text");
    let lost = json!({"channel": general, "text": "x", "thread_ts": "1.000000"});
    assert_eq!(world.post(&token, "chat.postMessage", lost).await["error"], "thread_not_found");
}

#[tokio::test]
async fn reactions_come_and_go() {
    let (world, token) = writer().await;
    let general = world.channel("general");
    let ts = world.control.say("general", GRACE, "tea?").unwrap();
    let body = json!({"channel": general, "timestamp": ts, "name": "tea"});
    assert_eq!(world.post(&token, "reactions.add", body.clone()).await["ok"], true);
    assert_eq!(world.post(&token, "reactions.add", body.clone()).await["error"], "already_reacted");
    let got = world.ok(&token, "reactions.get", &[("channel", &general), ("timestamp", &ts)]).await;
    assert_eq!(got["message"]["reactions"][0]["count"], 1);
    let list = world.ok(&token, "reactions.list", &[]).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.post(&token, "reactions.remove", body.clone()).await["ok"], true);
    assert_eq!(world.post(&token, "reactions.remove", body).await["error"], "no_reaction");
}

#[tokio::test]
async fn conversations_are_opened_named_and_closed() {
    let (world, token) = writer().await;
    let post = async |method: &str, body: Value| world.post(&token, method, body).await;
    let created = post("conversations.create", json!({"name": "tea-tests"})).await;
    let id = created["channel"]["id"].as_str().unwrap().to_owned();
    assert_eq!(post("conversations.create", json!({"name": "tea-tests"})).await["error"], "name_taken");
    assert_eq!(
        post("conversations.create", json!({"name": "Tea Tests"})).await["error"],
        "invalid_name_specials"
    );
    let grace = world.control.user_id(GRACE).unwrap();
    post("conversations.invite", json!({"channel": id, "users": grace})).await;
    let renamed = post("conversations.rename", json!({"channel": id, "name": "tea-trials"})).await;
    assert_eq!(renamed["channel"]["previous_names"][0], "tea-tests");
    let topic = post("conversations.setTopic", json!({"channel": id, "topic": "oolong"})).await;
    assert_eq!(topic["channel"]["topic"]["value"], "oolong");
    assert_eq!(post("conversations.kick", json!({"channel": id, "user": grace})).await["ok"], true);
    assert_eq!(post("conversations.archive", json!({"channel": id})).await["ok"], true);
    let late = post("chat.postMessage", json!({"channel": id, "text": "late"})).await;
    assert_eq!(late["error"], "is_archived");
    assert_eq!(post("conversations.unarchive", json!({"channel": id})).await["ok"], true);
    let opened = post("conversations.open", json!({"users": grace})).await;
    assert!(opened["channel"]["id"].as_str().unwrap().starts_with('D'));
    let again = post("conversations.open", json!({"users": grace, "return_im": true})).await;
    assert_eq!(
        (again["already_open"].as_bool(), &again["channel"]["id"]),
        (Some(true), &opened["channel"]["id"])
    );
    let general = world.channel("general");
    assert_eq!(
        post("conversations.archive", json!({"channel": general})).await["error"],
        "cant_archive_general"
    );
}

#[tokio::test]
async fn a_file_goes_up_in_two_steps() {
    let (world, token) = writer().await;
    let general = world.channel("general");
    let query = [("filename", "plan.txt"), ("length", "4")];
    let ticket = world.ok(&token, "files.getUploadURLExternal", &query).await;
    let (url, id) = (ticket["upload_url"].as_str().unwrap(), ticket["file_id"].as_str().unwrap());
    assert!(url.starts_with(&world.files));
    let complete = json!({"files": [{"id": id, "title": "The plan"}], "channel_id": general});
    let early = world.post(&token, "files.completeUploadExternal", complete.clone()).await;
    assert_eq!(early["error"], "file_not_found");
    assert_eq!(world.http.post(url).body("too long").send().await.unwrap().status(), 400);
    assert_eq!(world.http.post(url).body("plan").send().await.unwrap().status(), 200);
    let done = world.post(&token, "files.completeUploadExternal", complete).await;
    assert_eq!(done["files"][0]["title"], "The plan");
    let shown = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    assert_eq!(shown["messages"][0]["files"][0]["id"], id);
}
