//! Names: asked for when needed, and as they are now.

use gangway_connector::conformance::StandIn;
use gangway_emulators::slack::{ChannelKind, ChannelWish, UserEdit};

use super::harness::{FRIEND, ME, list, start, text, with_scopes};

#[tokio::test]
async fn renamed_and_deactivated_people_have_their_present_names() {
    let stage = start().await;
    let thread = stage.say(&stage.home(), "words");
    let read = || async { text(&stage, &stage.source().get(&thread).await.unwrap()).await.unwrap() };
    assert!(read().await.starts_with("**Grace Example**"));
    let edit = UserEdit { display_name: Some("Amazing Grace".to_owned()), ..UserEdit::default() };
    stage.control.edit_user(FRIEND, &edit).unwrap();
    assert!(read().await.starts_with("**Amazing Grace**"));
    stage.control.deactivate_user(FRIEND).unwrap();
    assert!(read().await.starts_with("**Amazing Grace**"), "whoever left is still named");
}

#[tokio::test]
async fn mentions_are_resolved_and_each_name_is_asked_for_once() {
    let stage = start().await;
    let me = stage.control.user_id(ME).unwrap();
    let group = stage.control.add_group("on-call", "On call", &[]).unwrap();
    let home = stage.home();
    let words = format!("<@{me}> see <#{home}> and <!subteam^{group}>, :tada: &amp; <@U0NOBODY>");
    let thread = stage.say(&home, &words);
    stage.control.reset_calls();
    let source = stage.source();
    for _ in 0..3 {
        assert_eq!(
            source.get(&thread).await.unwrap().name,
            "@Ada Example see #suite and @on-call, :tada: & @U0NOBODY"
        );
    }
    assert_eq!(stage.control.call_count("users.info"), 3, "two people and a stranger, once each");
    assert_eq!(stage.control.call_count("usergroups.list"), 1);
    assert_eq!(stage.control.call_count("conversations.info"), 1);
    assert_eq!(stage.control.call_count("users.list"), 0);
}

#[tokio::test]
async fn many_people_are_asked_for_at_once() {
    let stage = start().await;
    for number in 0..30 {
        let email = format!("p{number}@example.com");
        stage.control.add_account(&email, &format!("Person {number}")).unwrap();
        stage.control.say(stage.home().as_str(), &email, "hello").unwrap();
    }
    stage.control.reset_calls();
    let listed = list(&stage, &stage.home()).await;
    assert_eq!(listed.len(), 30);
    assert!(listed.iter().any(|entry| {
        let inline = entry.inline.as_ref().unwrap();
        inline.bytes.starts_with(b"**Person 29**")
    }));
    assert_eq!((stage.control.call_count("users.list"), stage.control.call_count("users.info")), (1, 0));
}

#[tokio::test]
async fn without_the_permission_people_stay_ids() {
    let stage = with_scopes(&["channels:history", "channels:read"]).await;
    let friend = stage.control.user_id(FRIEND).unwrap();
    let thread = stage.say(&stage.home(), "words");
    let entry = stage.source().get(&thread).await.unwrap();
    assert!(text(&stage, &entry).await.unwrap().starts_with(&format!("**{friend}**")));
    let account = stage.source().account().await.unwrap();
    assert!(account.email.is_none() && account.name.is_some(), "{account:?}");
}

#[tokio::test]
async fn trouble_with_names_is_trouble() {
    let stage = start().await;
    let thread = stage.say(&stage.home(), "words");
    stage.fault("users.info", 99, serde_json::json!({"status": 503}));
    let error = stage.source().get(&thread).await.unwrap_err();
    assert_eq!(error.code, "server_error", "a text without its names would look finished");
}

#[tokio::test]
async fn direct_messages_are_named_by_who_is_in_them() {
    let scopes = ["users:read", "im:read", "im:history", "mpim:read", "mpim:history", "channels:read"];
    let stage = with_scopes(&scopes).await;
    stage.control.add_account("linus@example.com", "Linus Example").unwrap();
    let direct = |kind: ChannelKind, members: &[&str]| {
        let members = members.iter().map(|email| (*email).to_owned()).collect();
        stage.create_channel(ChannelWish { kind: Some(kind), members, ..ChannelWish::default() })
    };
    let two = direct(ChannelKind::Im, &[ME, FRIEND]);
    let three = direct(ChannelKind::Mpim, &[ME, FRIEND, "linus@example.com"]);
    let source = stage.source();
    assert_eq!(source.get(&two).await.unwrap().name, "Grace Example");
    let name = source.get(&three).await.unwrap().name;
    assert!(name.contains(", ") && !name.contains("mpdm") && !name.contains("--"), "{name}");
    let thread = stage.say(&two, "between us");
    let listed = list(&stage, &two).await;
    assert_eq!((listed.len(), &listed[0].id), (1, &thread));
}
