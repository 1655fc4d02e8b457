//! Threads as they are read: whole, with every page of replies, and as they look now.

use gangway_connector::conformance::{Stage, StandIn};
use gangway_emulators::slack::{Deletion, Generate, MessageWish, Seed};
use gangway_model::ProviderItemId;
use gangway_standins::SlackStandIn;
use gangway_standins::slack::parts;
use serde_json::json;

use super::harness::{FRIEND, list, start, text};
use crate::slack::Slack;

#[tokio::test]
async fn a_thread_is_one_item_with_all_its_replies() {
    let stage = start().await;
    let home = stage.home();
    let thread = stage.say(&home, "Who has the *plan*?");
    let reply = stage.reply(&thread, "<@U0UNKNOWN|bob> has it");
    let listed = list(&stage, &home).await;
    assert_eq!(listed.len(), 1);
    let entry = &listed[0];
    assert_eq!((&entry.id, entry.name.as_str(), &entry.inline), (&thread, "Who has the plan?", &None));
    assert_eq!(entry.parents, std::slice::from_ref(&home));
    let (channel, ts) = parts(&thread);
    let path = format!("/archives/{channel}/p{}", ts.replace('.', ""));
    assert!(entry.url.as_ref().unwrap().ends_with(&path), "{:?}", entry.url);
    assert!(entry.modified_at > entry.created_at, "the reply is newer");
    let content = text(&stage, entry).await.unwrap();
    assert!(content.starts_with("**Grace Example** · "), "{content}");
    assert!(content.contains("Who has the **plan**?") && content.contains("> @bob has it"), "{content}");
    let mut alone = stage.source().get(&thread).await.unwrap();
    assert_eq!(alone.inline.take().unwrap().bytes, content);
    assert_eq!(alone, *entry, "unchanged threads look the same and are not fetched again");
    let reply = ProviderItemId::from(format!("{channel}:{reply}"));
    assert!(stage.source().get(&reply).await.unwrap_err().is_gone(), "a reply is no item of its own");
}

#[tokio::test]
async fn more_than_a_thousand_replies_are_paged() {
    let stage = start().await;
    let home = stage.home();
    let wish =
        Generate { channel: home.to_string(), count: 1, size: 10, replies: 2_300, ..Generate::default() };
    stage.control.generate(&wish).unwrap();
    let entry = list(&stage, &home).await.remove(0);
    let content = text(&stage, &entry).await.unwrap();
    assert_eq!(content.matches("\n> **").count(), 2_300);
    assert!(stage.control.call_count("conversations.replies") >= 3);
}

#[tokio::test]
async fn an_edited_reply_is_another_revision_when_it_is_looked_up() {
    let stage = start().await;
    let thread = stage.say(&stage.home(), "a question");
    let reply = stage.reply(&thread, "an answer");
    let before = stage.source().get(&thread).await.unwrap();
    let (channel, _) = parts(&thread);
    stage.control.edit_message(channel, &reply, "another answer").unwrap();
    let after = stage.source().get(&thread).await.unwrap();
    assert_ne!(after.revision, before.revision);
    let content = String::from_utf8(after.inline.unwrap().bytes.to_vec()).unwrap();
    assert!(content.contains("another answer"), "{content}");
    stage.control.delete_message(channel, &reply).unwrap();
    let gone = stage.source().get(&thread).await.unwrap();
    assert_ne!(gone.revision, after.revision);
}

#[tokio::test]
async fn a_deleted_first_message_leaves_its_replies() {
    let stage = start().await;
    let home = stage.home();
    let thread = stage.say(&home, "a question that is taken back");
    let reply = stage.reply(&thread, "an answer that stays");
    let before = stage.source().get(&thread).await.unwrap();
    let (channel, ts) = parts(&thread);
    assert_eq!(stage.control.delete_message(channel, ts).unwrap(), Deletion::Tombstoned);
    let after = stage.source().get(&thread).await.unwrap();
    assert_ne!(after.revision, before.revision);
    let content = String::from_utf8(after.inline.clone().unwrap().bytes.to_vec()).unwrap();
    assert!(!content.contains("taken back") && content.contains("an answer that stays"), "{content}");
    assert_eq!(list(&stage, &home).await.len(), 1);
    stage.control.delete_message(channel, &reply).unwrap();
    if let Ok(entry) = stage.source().get(&thread).await {
        panic!("nothing is left of it: {entry:?}");
    }
}

#[tokio::test]
async fn a_storm_of_change_events_changes_nothing() {
    let stage = start().await;
    let thread = stage.say(&stage.home(), "words");
    let before = stage.source().get(&thread).await.unwrap();
    let (channel, ts) = parts(&thread);
    stage.control.storm(channel, ts, 20).unwrap();
    assert_eq!(stage.source().get(&thread).await.unwrap(), before);
}

#[tokio::test]
async fn what_an_app_shows_in_blocks_is_what_is_read() {
    let stage = start().await;
    let home = stage.home();
    let wish = MessageWish {
        channel: home.to_string(),
        bot: Some("Deploys".to_owned()),
        blocks: Some(json!([{"type": "section", "text": {"type": "mrkdwn", "text": "*Release* is out"}}])),
        ..MessageWish::default()
    };
    stage.control.post(&wish).unwrap();
    let wish = MessageWish {
        channel: home.to_string(),
        bot: Some("Pager".to_owned()),
        attachments: Some(json!([{"title": "Disk full", "text": "on db1"}])),
        ..MessageWish::default()
    };
    stage.control.post(&wish).unwrap();
    let mut contents = Vec::new();
    for entry in list(&stage, &home).await {
        contents.push((entry.name.clone(), text(&stage, &entry).await.unwrap()));
    }
    contents.sort();
    assert_eq!(contents[0].0, "Disk full");
    assert!(contents[0].1.starts_with("**Pager** · ") && contents[0].1.contains("on db1"), "{contents:?}");
    assert!(contents[1].1.starts_with("**Deploys** · ") && contents[1].1.contains("**Release** is out"));
}

#[tokio::test]
async fn noise_is_no_item_and_messages_between_it_are_all_there() {
    let stage = start().await;
    let home = stage.home();
    let mut said = Vec::new();
    for number in 0..5 {
        said.push(stage.say(&home, &format!("words {number}")));
        let wish = MessageWish {
            channel: home.to_string(),
            user: Some(FRIEND.to_owned()),
            text: "set the channel topic".to_owned(),
            subtype: Some("channel_topic".to_owned()),
            ..MessageWish::default()
        };
        stage.control.post(&wish).unwrap();
    }
    let mut listed: Vec<ProviderItemId> =
        list(&stage, &home).await.into_iter().map(|entry| entry.id).collect();
    listed.sort();
    assert_eq!(listed, said);
}

#[tokio::test]
async fn short_pages_and_repeated_cursors_lose_nothing() {
    let stage = start().await;
    let home = stage.home();
    let count = stage.create_many().await;
    stage.control.set_switches(|switches| switches.short_pages = true);
    let ids = |listed: Vec<gangway_connector::Entry>| {
        listed.into_iter().map(|entry| entry.id).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(ids(list(&stage, &home).await).len(), count);
    stage.fault("conversations.history", 2, json!({"hint": "repeat_page_token"}));
    assert_eq!(ids(list(&stage, &home).await).len(), count);
}

#[tokio::test]
async fn hidden_history_makes_a_listing_incomplete() {
    let stage = start().await;
    let home = stage.home();
    stage.say(&home, "old words");
    stage.set_clock(stage.now() + chrono::Duration::days(200));
    stage.control.set_switches(|switches| switches.hidden_after_days = 90);
    let page = stage.source().list(&home, None).await.unwrap();
    assert!(page.entries.is_empty() && page.incomplete, "absence proves nothing here");
}

#[tokio::test]
async fn a_whole_companys_talk_reads_as_people_read_it() {
    let stand_in = SlackStandIn::start().await;
    stand_in.control.reset(Some(&Seed::Demo)).unwrap();
    stand_in.control.set_switches(|switches| {
        switches.auto_approve = true;
        switches.rate_limits = false;
    });
    let stage = Stage::on(stand_in, &Slack, &[]).await;
    let workspace = stage.source().account().await.unwrap().workspace.unwrap().into();
    let (mut threads, mut files) = (0, 0);
    for channel in list(&stage, &workspace).await {
        for entry in list(&stage, &channel.id).await {
            if entry.fetchable != gangway_model::Fetchable::Yes {
                continue;
            }
            let content = text(&stage, &entry).await.unwrap();
            if !entry.id.as_str().contains(':') {
                files += 1;
                continue;
            }
            threads += 1;
            assert!(content.starts_with("**") && content.contains(" UTC"), "{content}");
            assert!(!entry.name.is_empty() && entry.name.chars().count() <= 80 && !entry.name.contains('\n'));
            let without_code: String = content.split('`').step_by(2).collect();
            for raw in ["<@", "<#", "<!", "&amp;", "&lt;", "|>"] {
                assert!(!without_code.contains(raw), "{raw} in {content}");
            }
        }
    }
    assert!(threads > 10 && files > 0, "{threads} threads and {files} files");
}
