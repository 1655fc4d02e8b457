//! Following: what a poll sees, what it remembers, and what it leaves to others.

use gangway_connector::conformance::StandIn;
use gangway_connector::{Change, ChangePage, Disposition};
use gangway_emulators::slack::{ChannelEdit, ChannelWish, FileWish, MessageWish};
use gangway_model::{Cursor, FeedKey, ProviderItemId};
use gangway_standins::slack::parts;
use serde_json::json;

use super::harness::{FRIEND, ME, SlackStage, start, with_scopes};

async fn begin(stage: &SlackStage, feed: &FeedKey) -> Cursor {
    stage.source().start_cursor(feed).await.unwrap()
}

fn channel_feed(stage: &SlackStage) -> FeedKey {
    FeedKey::from(format!("channel:{}", stage.home()))
}

fn workspace_feed() -> FeedKey {
    FeedKey::from("workspace")
}

/// Reads a feed to its end; upserts by id, looks with a question mark, other changes by their names.
async fn poll(stage: &SlackStage, feed: &FeedKey, cursor: &Cursor) -> (Vec<String>, Cursor) {
    let (mut told, mut cursor) = (Vec::new(), cursor.clone());
    for _ in 0..50 {
        let ChangePage { changes, cursor: next, more } = stage.source().changes(feed, &cursor).await.unwrap();
        told.extend(changes.into_iter().map(|change| match change {
            Change::Upsert(entry) => entry.id.to_string(),
            Change::Look { id } => format!("?{id}"),
            Change::Failure { id, reason } => format!("!{id} {}", reason.code),
            Change::FeedGone { feed } => format!("gone {feed}"),
            other => panic!("{other:?}"),
        }));
        cursor = next;
        if !more {
            told.sort();
            return (told, cursor);
        }
    }
    panic!("the feed does not catch up");
}

/// Says more than is remembered of a channel.
fn talk(stage: &SlackStage, count: usize) {
    for number in 0..count {
        stage.say(&stage.home(), &format!("talk {number}"));
    }
}

#[tokio::test]
async fn a_poll_sees_new_edited_answered_and_missing_messages() {
    let stage = start().await;
    let (home, feed) = (stage.home(), channel_feed(&stage));
    let answered = stage.say(&home, "answered");
    let edited = stage.say(&home, "edited");
    let deleted = stage.say(&home, "deleted");
    let touched = stage.say(&home, "touched");
    let cursor = begin(&stage, &feed).await;
    assert_eq!(poll(&stage, &feed, &cursor).await.0, Vec::<String>::new());

    stage.reply(&answered, "an answer");
    stage.change_content(&edited, "other words").await;
    stage.delete(&deleted).await;
    stage.touch(&touched).await;
    let new = stage.say(&home, "new");
    let (told, cursor) = poll(&stage, &feed, &cursor).await;
    let mut expected = vec![answered.to_string(), edited.to_string(), new.to_string(), format!("?{deleted}")];
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(poll(&stage, &feed, &cursor).await.0, Vec::<String>::new(), "told once");
}

#[tokio::test]
async fn a_poll_of_a_quiet_channel_costs_one_page_of_history() {
    let stage = start().await;
    let feed = channel_feed(&stage);
    stage.create_many().await;
    let cursor = begin(&stage, &feed).await;
    stage.control.reset_calls();
    poll(&stage, &feed, &cursor).await;
    assert_eq!(stage.control.call_count("conversations.history"), 1);
    assert_eq!(stage.control.call_count("conversations.replies"), 0);
    assert!(cursor.as_str().len() < 8_000, "{}", cursor.as_str().len());
}

#[tokio::test]
async fn a_reply_sent_to_the_channel_as_well_leads_to_its_thread() {
    let stage = start().await;
    let (home, feed) = (stage.home(), channel_feed(&stage));
    let thread = stage.say(&home, "a question");
    talk(&stage, 120);
    let cursor = begin(&stage, &feed).await;
    let wish = MessageWish {
        channel: home.to_string(),
        user: Some(FRIEND.to_owned()),
        text: "to all".to_owned(),
        thread_ts: Some(parts(&thread).1.to_owned()),
        broadcast: true,
        ..MessageWish::default()
    };
    stage.control.post(&wish).unwrap();
    let (told, _) = poll(&stage, &feed, &cursor).await;
    assert_eq!(told, [format!("?{thread}")]);
    let listed = super::harness::list(&stage, &home).await;
    assert!(listed.iter().all(|entry| entry.name != "to all"), "it is part of its thread");
}

#[tokio::test]
async fn threads_that_fall_out_of_sight_are_looked_at_for_a_while() {
    let stage = start().await;
    let (home, feed) = (stage.home(), channel_feed(&stage));
    let thread = stage.say(&home, "a question");
    stage.reply(&thread, "first answer");
    let cursor = begin(&stage, &feed).await;
    talk(&stage, 120);
    let (_, cursor) = poll(&stage, &feed, &cursor).await;
    stage.reply(&thread, "late answer");
    let (told, cursor) = poll(&stage, &feed, &cursor).await;
    assert_eq!(told, [thread.to_string()]);
    assert!(poll(&stage, &feed, &cursor).await.0.is_empty());
}

#[tokio::test]
async fn files_that_come_with_replies_are_found() {
    let stage = start().await;
    let (home, feed) = (stage.home(), channel_feed(&stage));
    let thread = stage.say(&home, "a question");
    let early =
        FileWish { name: Some("early.txt".to_owned()), content: Some("e".to_owned()), ..FileWish::default() };
    stage.upload(&home, early);
    let cursor = begin(&stage, &feed).await;
    stage.set_clock(stage.now() + chrono::Duration::minutes(1));
    let late = FileWish {
        name: Some("late.txt".to_owned()),
        content: Some("late".to_owned()),
        thread_ts: Some(parts(&thread).1.to_owned()),
        ..FileWish::default()
    };
    let file = stage.upload(&home, late);
    let (told, cursor) = poll(&stage, &feed, &cursor).await;
    assert_eq!(told, [thread.to_string(), file.to_string()]);
    assert!(poll(&stage, &feed, &cursor).await.0.is_empty());
    let listed = super::harness::list(&stage, &home).await;
    let mut names: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a question", "early.txt", "late.txt"]);
}

#[tokio::test]
async fn the_workspace_follows_every_channel_and_who_is_in_it() {
    let stage = start().await;
    let feed = workspace_feed();
    let named = |name: &str, members: &[&str]| {
        let members = members.iter().map(|email| (*email).to_owned()).collect();
        stage.create_channel(ChannelWish { name: name.to_owned(), members, ..ChannelWish::default() })
    };
    let left = named("left", &[ME, FRIEND]);
    let renamed = named("renamed", &[ME, FRIEND]);
    let elsewhere = named("elsewhere", &[FRIEND]);
    let cursor = begin(&stage, &feed).await;
    let joined = named("joined", &[ME, FRIEND]);
    let message = stage.say(&renamed, "words");
    stage.say(&elsewhere, "words that are none of the account's");
    stage.control.rename_channel(renamed.as_str(), "other-name").unwrap();
    stage.control.remove_member(left.as_str(), ME).unwrap();
    let (told, cursor) = poll(&stage, &feed, &cursor).await;
    let mut expected = vec![joined.to_string(), message.to_string(), renamed.to_string(), format!("?{left}")];
    expected.sort();
    assert_eq!(told, expected);
    assert!(poll(&stage, &feed, &cursor).await.0.is_empty());
    // A public channel can still be read, but it is none of the person's any more.
    assert!(stage.source().get(&left).await.unwrap().parents.is_empty());
}

#[tokio::test]
async fn a_channel_that_was_left_is_noticed_with_few_permissions_too() {
    let stage = with_scopes(&["channels:history", "channels:read", "users:read"]).await;
    let members = vec![ME.to_owned(), FRIEND.to_owned()];
    let left =
        stage.create_channel(ChannelWish { name: "left".to_owned(), members, ..ChannelWish::default() });
    let cursor = begin(&stage, &workspace_feed()).await;
    stage.control.remove_member(left.as_str(), ME).unwrap();
    assert_eq!(poll(&stage, &workspace_feed(), &cursor).await.0, [format!("?{left}")]);
}

#[tokio::test]
async fn a_channel_that_is_lost_or_refused_does_not_stop_the_others() {
    let stage = start().await;
    let feed = workspace_feed();
    let members = || vec![ME.to_owned(), FRIEND.to_owned()];
    let channel =
        |name: &str| ChannelWish { name: name.to_owned(), members: members(), ..ChannelWish::default() };
    let limited = stage.create_channel(channel("limited"));
    let cursor = begin(&stage, &feed).await;
    let message = stage.say(&stage.home(), "words");
    let edit = ChannelEdit { limited_access: Some(true), ..ChannelEdit::default() };
    stage.control.edit_channel(limited.as_str(), &edit).unwrap();
    let (told, cursor) = poll(&stage, &feed, &cursor).await;
    assert_eq!(told, [format!("!{limited} forbidden"), message.to_string()]);
    // One call finds a channel missing that the list still holds.
    let next = stage.say(&stage.home(), "more words");
    stage.fault("conversations.history", 1, json!({"reason": "channel_not_found"}));
    let (told, cursor) = poll(&stage, &feed, &cursor).await;
    assert_eq!(told.iter().filter(|it| it.starts_with('?')).count(), 1, "{told:?}");
    stage.calm();
    let (again, _) = poll(&stage, &feed, &cursor).await;
    assert!(told.contains(&next.to_string()) || again.contains(&next.to_string()), "{told:?} {again:?}");
}

#[tokio::test]
async fn the_feed_of_a_channel_ends_with_it() {
    let stage = start().await;
    let feed = channel_feed(&stage);
    let cursor = begin(&stage, &feed).await;
    stage.fault("conversations.history", 1, json!({"reason": "channel_not_found"}));
    let error = stage.source().changes(&feed, &cursor).await.unwrap_err();
    assert!(
        matches!(error.disposition, Disposition::RetryLater { .. }),
        "the channel itself is there: {error:?}"
    );
    stage.calm();
    stage.delete(&stage.home()).await;
    assert_eq!(poll(&stage, &feed, &cursor).await.0, [format!("gone {feed}")]);
}

#[tokio::test]
async fn the_feed_of_a_private_channel_ends_when_the_person_leaves() {
    let stage = start().await;
    let wish = ChannelWish {
        name: "secret".to_owned(),
        kind: Some(gangway_emulators::slack::ChannelKind::Private),
        members: vec![ME.to_owned(), FRIEND.to_owned()],
        ..ChannelWish::default()
    };
    let secret = stage.create_channel(wish);
    let feed = FeedKey::from(format!("channel:{secret}"));
    let cursor = begin(&stage, &feed).await;
    stage.control.remove_member(secret.as_str(), ME).unwrap();
    assert_eq!(poll(&stage, &feed, &cursor).await.0, [format!("gone {feed}")]);
    assert!(stage.source().get(&secret).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn what_events_did_not_tell_is_caught_up_with() {
    let stage = start().await;
    let (home, feed) = (stage.home(), channel_feed(&stage));
    let cursor = begin(&stage, &feed).await;
    let lost: Vec<ProviderItemId> =
        (0..30).map(|number| stage.say(&home, &format!("lost {number}"))).collect();
    let (told, _) = poll(&stage, &feed, &cursor).await;
    assert_eq!(told.len(), lost.len());
}

#[tokio::test]
async fn what_a_retention_rule_removed_is_looked_up() {
    let stage = start().await;
    let (home, feed) = (stage.home(), channel_feed(&stage));
    let old = [stage.say(&home, "old"), stage.say(&home, "older")];
    stage.set_clock(stage.now() + chrono::Duration::days(2));
    let kept = stage.say(&home, "kept");
    let cursor = begin(&stage, &feed).await;
    let before = (stage.now() - chrono::Duration::days(1)).to_rfc3339();
    stage.control.purge(home.as_str(), &before).unwrap();
    let (told, _) = poll(&stage, &feed, &cursor).await;
    assert_eq!(told, old.each_ref().map(|id| format!("?{id}")));
    assert!(stage.source().get(&old[0]).await.unwrap_err().is_gone());
    assert!(stage.source().get(&kept).await.is_ok());
}

#[tokio::test]
async fn an_empty_page_does_not_end_a_poll() {
    let stage = start().await;
    let (home, feed) = (stage.home(), channel_feed(&stage));
    stage.say(&home, "before");
    let cursor = begin(&stage, &feed).await;
    let new = stage.say(&home, "new");
    stage.fault("conversations.history", 1, json!({"hint": "empty_page"}));
    assert_eq!(poll(&stage, &feed, &cursor).await.0, [new.to_string()], "nothing is taken for missing");
}

#[tokio::test]
async fn cursors_of_others_begin_anew() {
    let stage = start().await;
    let feed = channel_feed(&stage);
    for cursor in ["", "{}", "null", r#"{"v":2,"channels":{}}"#, r#"{"v":1,"channels":{"../x":{}}}"#] {
        let error = stage.source().changes(&feed, &Cursor::from(cursor)).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RestartFeed, "{cursor}");
    }
}
