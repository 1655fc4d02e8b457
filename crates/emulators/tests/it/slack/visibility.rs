//! Who sees what: bots are let in channel by channel, people see what they could see in the app.

use gangway_emulators::slack::{ChannelKind, ChannelWish};

use super::harness::{ADA, GRACE, READ, World, column, demo, empty};

async fn with_secret() -> World {
    let world = empty().await;
    for (name, kind, member) in [("secret", ChannelKind::Private, ADA), ("open", ChannelKind::Public, GRACE)]
    {
        let wish = ChannelWish {
            name: name.to_owned(),
            kind: Some(kind),
            members: vec![member.to_owned()],
            ..ChannelWish::default()
        };
        world.control.create_channel(&wish).unwrap();
        world.control.say(name, member, "hello").unwrap();
    }
    world
}

#[tokio::test]
async fn a_person_reads_every_public_channel_and_their_own_private_ones() {
    let world = with_secret().await;
    let (ada, grace) = (world.ada().await, world.user_token(GRACE, READ).await);
    assert_eq!(world.texts(&ada, &world.channel("open")).await, ["hello"]);
    assert_eq!(world.texts(&ada, &world.channel("secret")).await, ["hello"]);
    let query = [("channel", world.channel("secret"))];
    let query = [("channel", query[0].1.as_str())];
    for method in ["conversations.history", "conversations.info", "conversations.members"] {
        assert_eq!(world.error(&grace, method, &query).await, "channel_not_found", "{method}");
    }
    let list = world.ok(&grace, "conversations.list", &[("types", "public_channel,private_channel")]).await;
    assert!(!column(&list["channels"], "name").contains(&"secret".to_owned()));
}

#[tokio::test]
async fn a_bot_must_be_in_the_channel() {
    let world = with_secret().await;
    let bot = world.bot_token(&format!("{READ},channels:join")).await;
    let (open, secret) = (world.channel("open"), world.channel("secret"));
    let list = world.ok(&bot, "conversations.list", &[]).await;
    let open_row = list["channels"].as_array().unwrap().iter().find(|row| row["id"] == *open).unwrap();
    assert_eq!(open_row["is_member"], false);
    let history = [("channel", open.as_str())];
    assert_eq!(world.error(&bot, "conversations.history", &history).await, "not_in_channel");
    let joined = world.post(&bot, "conversations.join", serde_json::json!({"channel": open})).await;
    assert_eq!(joined["channel"]["is_member"], true);
    let again = world.post(&bot, "conversations.join", serde_json::json!({"channel": open})).await;
    assert_eq!(again["warning"], "already_in_channel");
    let texts = world.texts(&bot, &open).await;
    assert_eq!(texts[1], "hello");
    assert!(texts[0].contains("has joined the channel"), "joining shows");
    assert_eq!(
        world.error(&bot, "conversations.history", &[("channel", &secret)]).await,
        "channel_not_found"
    );
    let join = world.post(&bot, "conversations.join", serde_json::json!({"channel": secret})).await;
    assert_eq!(join["error"], "channel_not_found");
    let bot_id = world.ok(&bot, "auth.test", &[]).await["user_id"].as_str().unwrap().to_owned();
    world.control.add_member("secret", &bot_id).unwrap();
    world.ok(&bot, "conversations.history", &[("channel", &secret)]).await;
    let join = world.post(&bot, "conversations.join", serde_json::json!({"channel": secret})).await;
    assert_eq!(join["error"], "method_not_supported_for_channel_type");
    world.control.remove_member("secret", &bot_id).unwrap();
    assert_eq!(
        world.error(&bot, "conversations.history", &[("channel", &secret)]).await,
        "channel_not_found"
    );
}

#[tokio::test]
async fn old_texts_about_bots_and_replies_can_be_believed() {
    let world = with_secret().await;
    let bot = world.bot_token(&format!("{READ},channels:join")).await;
    let open = world.channel("open");
    let root = world.control.say("open", GRACE, "root").unwrap();
    world.post(&bot, "conversations.join", serde_json::json!({"channel": open})).await;
    let query = [("channel", open.as_str()), ("ts", root.as_str())];
    world.ok(&bot, "conversations.replies", &query).await;
    world.control.set_switches(|switches| switches.bot_replies_refused = true);
    assert_eq!(world.error(&bot, "conversations.replies", &query).await, "not_allowed_token_type");
}

#[tokio::test]
async fn guests_see_only_their_channels() {
    let world = demo().await;
    let vera = world.user_token("vera@studio.example", READ).await;
    let list = world.ok(&vera, "conversations.list", &[]).await;
    assert_eq!(column(&list["channels"], "name"), ["warehouse-move"]);
    let general = world.channel("general");
    assert_eq!(
        world.error(&vera, "conversations.history", &[("channel", &general)]).await,
        "channel_not_found"
    );
}

#[tokio::test]
async fn removal_from_a_channel_and_its_end_are_felt_at_once() {
    let world = with_secret().await;
    let ada = world.ada().await;
    let (secret, open) = (world.channel("secret"), world.channel("open"));
    world.control.remove_member("secret", ADA).unwrap();
    assert_eq!(
        world.error(&ada, "conversations.history", &[("channel", &secret)]).await,
        "channel_not_found"
    );
    world.control.delete_channel("open").unwrap();
    assert_eq!(world.error(&ada, "conversations.history", &[("channel", &open)]).await, "channel_not_found");
}

#[tokio::test]
async fn limited_access_refuses_reading() {
    let world = with_secret().await;
    let ada = world.ada().await;
    let edit = gangway_emulators::slack::ChannelEdit { limited_access: Some(true), ..Default::default() };
    world.control.edit_channel("open", &edit).unwrap();
    let open = world.channel("open");
    assert_eq!(
        world.error(&ada, "conversations.history", &[("channel", &open)]).await,
        "channel_is_limited_access"
    );
}
