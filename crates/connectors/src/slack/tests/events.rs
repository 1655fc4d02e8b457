//! Pushes as Slack really sends them: each leads to what it is about, however late, often or out of order.

use std::collections::BTreeSet;

use gangway_connector::conformance::StandIn;
use gangway_connector::{Connector, Hint, Verdict};
use gangway_emulators::slack::{DEFAULT_CLIENT_ID, FileWish};
use gangway_standins::slack::parts;

use super::harness::{ME, SlackStage, start};
use crate::slack::Slack;

async fn hints(stage: &SlackStage) -> Vec<Hint> {
    let mut hints = Vec::new();
    for push in stage.pushes().await {
        match Slack.verify_notification(&push, &stage.app_secret()).unwrap() {
            Verdict::Look(hint) => hints.push(hint),
            Verdict::Nothing => {}
            answer => panic!("{answer:?}"),
        }
    }
    hints
}

async fn items(stage: &SlackStage) -> BTreeSet<String> {
    hints(stage).await.into_iter().flat_map(|hint| hint.items).map(|id| id.to_string()).collect()
}

#[tokio::test]
async fn each_deed_leads_to_its_thread_or_file() {
    let stage = start().await;
    let old = stage.say(&stage.home(), "said before anybody listened");
    stage.push_to(&stage.push_address()).await;
    stage.pushes().await;

    let thread = stage.say(&stage.home(), "a question");
    assert!(items(&stage).await.contains(thread.as_str()));
    let reply = stage.reply(&thread, "an answer");
    assert!(items(&stage).await.contains(thread.as_str()));
    let (channel, ts) = parts(&thread);
    stage.control.edit_message(channel, &reply, "another answer").unwrap();
    assert!(items(&stage).await.contains(thread.as_str()));
    stage.change_content(&old, "said differently").await;
    assert!(items(&stage).await.contains(old.as_str()), "also what was never told before");
    assert!(stage.source().get(&old).await.is_ok());
    stage.control.delete_message(channel, ts).unwrap();
    assert!(items(&stage).await.contains(thread.as_str()), "the first message is gone, its answers are not");
    stage.delete(&old).await;
    assert!(items(&stage).await.contains(old.as_str()));
    assert!(stage.source().get(&old).await.unwrap_err().is_gone());
    let wish =
        FileWish { name: Some("a.txt".to_owned()), content: Some("a".to_owned()), ..FileWish::default() };
    let file = stage.upload(&stage.home(), wish);
    assert!(items(&stage).await.contains(file.as_str()));
    stage.delete(&file).await;
    assert!(items(&stage).await.contains(file.as_str()));
}

#[tokio::test]
async fn a_storm_for_one_message_names_it_and_nothing_else() {
    let stage = start().await;
    let thread = stage.say(&stage.home(), "words");
    stage.push_to(&stage.push_address()).await;
    stage.pushes().await;
    let (channel, ts) = parts(&thread);
    stage.control.storm(channel, ts, 25).unwrap();
    let hints = hints(&stage).await;
    assert_eq!(hints.len(), 25);
    assert!(hints.iter().all(|hint| hint.items == [thread.clone()] && !hint.feeds));
}

#[tokio::test]
async fn what_ends_access_or_loses_events_asks_for_the_feeds() {
    let stage = start().await;
    stage.push_to(&stage.push_address()).await;
    stage.pushes().await;
    stage.control.send_rate_limited(DEFAULT_CLIENT_ID);
    assert!(hints(&stage).await.iter().all(|hint| hint.feeds));
    stage.control.revoke_user(ME, None).unwrap();
    let hints = hints(&stage).await;
    assert!(!hints.is_empty() && hints.iter().all(|hint| hint.feeds), "{hints:?}");
}
