//! The Events API: challenge, signature, envelope, who hears what, and leaving.

use gangway_emulators::slack::{
    ChannelKind, ChannelWish, DEFAULT_CLIENT_ID, DEFAULT_SIGNING_SECRET, FileWish, UninstallOrder, UserEdit,
    signature,
};
use serde_json::{Value, json};

use super::harness::{ADA, GRACE, empty};
use super::inbox::{inbox, listening, types};

#[tokio::test]
async fn a_request_url_must_echo_a_signed_challenge() {
    let world = empty().await;
    let good = inbox().await;
    world.control.subscribe(DEFAULT_CLIENT_ID, &good.url, &["*"]).await.unwrap();
    let (headers, body) = good.received.lock().unwrap().remove(0);
    let json: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(json["type"], "url_verification");
    let timestamp: i64 = headers["x-slack-request-timestamp"].to_str().unwrap().parse().unwrap();
    let expected = signature(DEFAULT_SIGNING_SECRET, timestamp, body.as_bytes());
    assert_eq!(headers["x-slack-signature"], expected);
    assert!(world.control.subscription(DEFAULT_CLIENT_ID).unwrap().enabled);

    let silent = crate::receiver::receiver(&[]).await;
    assert!(world.control.subscribe(DEFAULT_CLIENT_ID, &silent.url, &["*"]).await.is_err());
    assert!(!world.control.subscription(DEFAULT_CLIENT_ID).unwrap().enabled);
    *good.answers.lock().unwrap() = vec![500];
    assert!(world.control.subscribe(DEFAULT_CLIENT_ID, &good.url, &["*"]).await.is_err());
}

#[tokio::test]
async fn a_message_comes_in_a_signed_envelope() {
    let (world, inbox) = listening().await;
    let ts = world.control.say("general", GRACE, "hello").unwrap();
    world.control.flush_webhooks().await;
    let (headers, raw) = inbox.received.lock().unwrap().remove(0);
    let timestamp: i64 = headers["x-slack-request-timestamp"].to_str().unwrap().parse().unwrap();
    assert_eq!(headers["x-slack-signature"], signature(DEFAULT_SIGNING_SECRET, timestamp, raw.as_bytes()));
    assert!(!headers.contains_key("x-slack-retry-num"));
    let body: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(body["type"], "event_callback");
    assert!(body["event_id"].as_str().unwrap().starts_with("Ev"));
    assert_eq!(body["api_app_id"], world.control.app(DEFAULT_CLIENT_ID)["app_id"]);
    assert_eq!(body["authorizations"][0]["user_id"], world.control.user_id(ADA).unwrap());
    let event = &body["event"];
    assert_eq!((event["type"].as_str(), event["text"].as_str()), (Some("message"), Some("hello")));
    assert_eq!(event["channel"], world.channel("general"));
    assert_eq!((event["channel_type"].as_str(), event["ts"].as_str()), (Some("channel"), Some(ts.as_str())));
    assert_eq!(event["event_ts"], ts);
    assert!(inbox.take().is_empty(), "one delivery per app and workspace");

    let token = world.control.app(DEFAULT_CLIENT_ID)["app_token"].as_str().unwrap().to_owned();
    let query = [("event_context", body["event_context"].as_str().unwrap())];
    let list = world.ok(&token, "apps.event.authorizations.list", &query).await;
    assert_eq!(list["authorizations"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn every_deed_is_told() {
    let (world, inbox) = listening().await;
    let control = &world.control;
    let told = async || {
        control.flush_webhooks().await;
        inbox.events()
    };
    let root = control.say("general", GRACE, "root").unwrap();
    let reply = control.reply("general", &root, ADA, "reply").unwrap();
    let events = told().await;
    assert_eq!(types(&events), ["message", "message"]);
    assert_eq!(events[1]["thread_ts"], root);
    control.edit_message("general", &reply, "better").unwrap();
    let events = told().await;
    assert_eq!(types(&events), ["message/message_changed"]);
    assert_eq!(events[0]["hidden"], true);
    assert_eq!(
        (events[0]["message"]["ts"].as_str(), events[0]["message"]["text"].as_str()),
        (Some(reply.as_str()), Some("better"))
    );
    assert_eq!(events[0]["previous_message"]["text"], "reply");
    assert_ne!(events[0]["ts"], reply);
    control.delete_message("general", &root).unwrap();
    let events = told().await;
    assert_eq!(
        types(&events),
        ["message/message_changed"],
        "a root with replies is not announced as deleted"
    );
    assert_eq!(events[0]["message"]["subtype"], "tombstone");
    control.delete_message("general", &reply).unwrap();
    let events = told().await;
    assert_eq!(types(&events), ["message/message_deleted"]);
    assert_eq!(events[0]["deleted_ts"], reply);

    let wish = ChannelWish { name: "news".into(), members: vec![ADA.into()], ..ChannelWish::default() };
    control.create_channel(&wish).unwrap();
    control.add_member("news", GRACE).unwrap();
    control.rename_channel("news", "old-news").unwrap();
    control.archive_channel("old-news", true).unwrap();
    control.archive_channel("old-news", false).unwrap();
    control.remove_member("old-news", ADA).unwrap();
    let words = types(&told().await);
    assert_eq!(
        words,
        [
            "channel_created",
            "member_joined_channel",
            "message/channel_join",
            "channel_rename",
            "message/channel_name",
            "message/channel_archive",
            "channel_archive",
            "message/channel_unarchive",
            "channel_unarchive",
            "member_left_channel",
            "channel_left"
        ]
    );
    control.delete_channel("old-news").unwrap();
    assert_eq!(types(&told().await), ["channel_deleted"]);

    let wish = FileWish {
        name: Some("a.txt".into()),
        channels: vec!["general".into()],
        user: Some(ADA.into()),
        ..FileWish::default()
    };
    let file = control.upload(&wish).unwrap();
    control.edit_file(&file, Some("b"), None).unwrap();
    control.publish_file(&file).unwrap();
    control.delete_file(&file).unwrap();
    let events = told().await;
    assert_eq!(
        types(&events),
        ["file_created", "message/file_share", "file_shared", "file_change", "file_public", "file_deleted"]
    );
    assert_eq!(events[2]["file"], json!({"id": file}), "only ids");

    control.edit_user(GRACE, &UserEdit { real_name: Some("Grace E".into()), ..UserEdit::default() }).unwrap();
    control.add_account("new@example.com", "New Person").unwrap();
    control.purge("general", "2090-01-01T00:00:00Z").unwrap();
    let words = types(&told().await);
    assert_eq!(words[..2], ["user_change", "team_join"]);
    assert_eq!(words.last().unwrap(), "channel_history_changed");
}

#[tokio::test]
async fn private_words_are_told_only_to_installs_that_see_them() {
    let (world, inbox) = listening().await;
    for (name, member) in [("mine", ADA), ("yours", GRACE)] {
        let wish = ChannelWish {
            name: name.into(),
            kind: Some(ChannelKind::Private),
            members: vec![member.into()],
            ..ChannelWish::default()
        };
        world.control.create_channel(&wish).unwrap();
        world.control.say(name, member, name).unwrap();
    }
    world.control.flush_webhooks().await;
    let events = inbox.events();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0]["text"].as_str(), events[0]["channel_type"].as_str()),
        (Some("mine"), Some("group"))
    );
}

#[tokio::test]
async fn without_the_scope_or_the_subscription_nothing_comes() {
    let world = empty().await;
    world.user_token(ADA, "channels:read").await;
    let inbox = inbox().await;
    world.control.subscribe(DEFAULT_CLIENT_ID, &inbox.url, &["message.channels"]).await.unwrap();
    inbox.take();
    world.control.say("general", ADA, "unheard").unwrap();
    world.user_token(ADA, "channels:history").await;
    world.control.say("general", ADA, "heard").unwrap();
    world.control.rename_channel("general", "all").unwrap();
    world.control.flush_webhooks().await;
    assert_eq!(types(&inbox.events()), ["message", "message/channel_name"]);
    world.control.enable_subscription(DEFAULT_CLIENT_ID, false).unwrap();
    world.control.say("all", ADA, "unheard").unwrap();
    world.control.flush_webhooks().await;
    assert!(inbox.events().is_empty());
}

#[tokio::test]
async fn a_public_channel_nobody_joined_is_quiet_unless_switched() {
    let (world, inbox) = listening().await;
    let wish = ChannelWish { name: "far".into(), members: vec![GRACE.into()], ..ChannelWish::default() };
    world.control.create_channel(&wish).unwrap();
    world.control.flush_webhooks().await;
    inbox.take();
    world.control.say("far", GRACE, "quiet").unwrap();
    world.control.set_switches(|switches| switches.events_without_joining = true);
    world.control.say("far", GRACE, "loud").unwrap();
    world.control.flush_webhooks().await;
    let events = inbox.events();
    assert_eq!((events.len(), events[0]["text"].as_str()), (1, Some("loud")));
}

#[tokio::test]
async fn leaving_is_told_in_either_order() {
    for (order, expected) in [
        (UninstallOrder::TokensFirst, ["tokens_revoked", "app_uninstalled"]),
        (UninstallOrder::AppFirst, ["app_uninstalled", "tokens_revoked"]),
    ] {
        let (world, inbox) = listening().await;
        world.control.set_switches(|switches| switches.uninstall_order = order);
        assert_eq!(world.control.uninstall(DEFAULT_CLIENT_ID), 1);
        world.control.flush_webhooks().await;
        let events = inbox.events();
        assert_eq!(types(&events), expected);
        let revoked = events.iter().find(|event| event["type"] == "tokens_revoked").unwrap();
        let ada = world.control.user_id(ADA).unwrap();
        assert_eq!(revoked["tokens"], json!({"oauth": [ada], "bot": []}), "user ids, not tokens");
    }
}

#[tokio::test]
async fn a_revoked_person_is_named() {
    let (world, inbox) = listening().await;
    assert_eq!(world.control.revoke_user(ADA, None).unwrap(), 1);
    world.control.flush_webhooks().await;
    assert_eq!(types(&inbox.events()), ["tokens_revoked"]);
}

#[tokio::test]
async fn a_merged_or_shared_channel_is_told() {
    let (world, inbox) = listening().await;
    let edit =
        gangway_emulators::slack::ChannelEdit { connect: Some("T0OTHER0001".into()), ..Default::default() };
    world.control.edit_channel("general", &edit).unwrap();
    let old = world.channel("general");
    let fresh = world.control.change_channel_id("general").unwrap();
    world.control.flush_webhooks().await;
    let events = inbox.events();
    assert_eq!(types(&events), ["channel_shared", "channel_id_changed"]);
    assert_eq!((&events[1]["old_channel_id"], &events[1]["new_channel_id"]), (&json!(old), &json!(fresh)));
}
