//! What people are shown: the workspace, its channels by what was granted, and searches.

use gangway_connector::conformance::StandIn;
use gangway_connector::{BrowseRequest, Entry};
use gangway_emulators::slack::{ChannelKind, ChannelWish};
use gangway_model::{ItemKind, ProviderItemId};
use gangway_standins::slack::parts;

use super::harness::{FRIEND, ME, SlackStage, list_with_failures, start, with_scopes};

async fn browse(stage: &SlackStage, container: Option<&ProviderItemId>, search: Option<&str>) -> Vec<Entry> {
    let (container, search) = (container.cloned(), search.map(str::to_owned));
    let mut request = BrowseRequest { container, search, limit: 2, ..BrowseRequest::default() };
    let mut entries = Vec::new();
    for _ in 0..100 {
        let page = stage.source().browse(&request).await.unwrap();
        assert!(page.entries.len() <= 2);
        entries.extend(page.entries);
        request.page = page.next;
        if request.page.is_none() {
            return entries;
        }
    }
    panic!("browsing does not end");
}

fn names(entries: &[Entry]) -> Vec<&str> {
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    names
}

fn channel(stage: &SlackStage, name: &str, kind: ChannelKind, members: &[&str]) -> ProviderItemId {
    let members = members.iter().map(|email| (*email).to_owned()).collect();
    let name = name.to_owned();
    stage.create_channel(ChannelWish { name, kind: Some(kind), members, ..ChannelWish::default() })
}

#[tokio::test]
async fn people_see_the_workspace_and_every_channel_they_may_read() {
    let stage = start().await;
    let before = names(&browse(&stage, None, None).await).len();
    channel(&stage, "mine", ChannelKind::Private, &[ME, FRIEND]);
    let theirs = channel(&stage, "theirs", ChannelKind::Private, &[FRIEND]);
    let public = channel(&stage, "elsewhere", ChannelKind::Public, &[FRIEND]);
    let top = browse(&stage, None, None).await;
    assert_eq!(top.len(), before + 2, "{:?}", names(&top));
    assert!(names(&top).contains(&"mine") && names(&top).contains(&"elsewhere"));
    assert!(stage.source().get(&theirs).await.unwrap_err().is_gone());
    // The workspace comes first and holds the channels that the person is in.
    let workspace = &top[0];
    assert_eq!(workspace.kind, ItemKind::Container);
    let account = stage.source().account().await.unwrap();
    assert_eq!(Some(workspace.id.to_string()), account.workspace);
    let (inside, failures) = list_with_failures(&stage, &workspace.id).await;
    assert!(failures.is_empty() && !inside.iter().any(|entry| entry.id == public), "{failures:?}");
    assert!(names(&inside).contains(&"mine") && names(&inside).contains(&"suite"));
    assert!(inside.iter().all(|entry| entry.parents == [workspace.id.clone()]));
    let open = stage.source().get(&public).await.unwrap();
    assert!(open.parents.is_empty(), "it is read without joining, and lies in nobody's list");
}

#[tokio::test]
async fn a_type_without_permission_is_told_and_the_others_go_on() {
    let stage = with_scopes(&["channels:history", "channels:read", "users:read"]).await;
    channel(&stage, "mine", ChannelKind::Private, &[ME, FRIEND]);
    let workspace = ProviderItemId::from(stage.source().account().await.unwrap().workspace.unwrap());
    let (inside, failures) = list_with_failures(&stage, &workspace).await;
    assert!(names(&inside).contains(&"suite") && !names(&inside).contains(&"mine"));
    assert_eq!(failures, [(workspace.to_string(), "insufficient_scope".to_owned())]);
    assert!(!browse(&stage, None, None).await.is_empty());
}

#[tokio::test]
async fn direct_messages_come_only_with_their_permission() {
    let of = async |scopes: &[&str]| {
        let stage = with_scopes(scopes).await;
        let direct = channel(&stage, "", ChannelKind::Im, &[ME, FRIEND]);
        let workspace = ProviderItemId::from(stage.source().account().await.unwrap().workspace.unwrap());
        let (inside, failures) = list_with_failures(&stage, &workspace).await;
        (inside.iter().any(|entry| entry.id == direct), failures.len())
    };
    assert_eq!(of(&[]).await, (false, 0), "nothing is missing that was asked for");
    let all = ["channels:read", "groups:read", "mpim:read", "im:read", "im:history", "users:read"];
    assert_eq!(of(&all).await, (true, 0));
}

#[tokio::test]
async fn channels_are_found_by_name_and_messages_by_their_words() {
    let stage = start().await;
    let plans = channel(&stage, "plans-2026", ChannelKind::Public, &[ME, FRIEND]);
    let thread = stage.say(&plans, "the zeppelin question");
    stage.reply(&thread, "a zeppelin answer");
    stage.say(&stage.home(), "zeppelin elsewhere");
    assert_eq!(names(&browse(&stage, None, Some("PLANS")).await), ["plans-2026"]);
    let everywhere = browse(&stage, None, Some("zeppelin")).await;
    assert!(everywhere.iter().any(|entry| entry.id == thread), "{everywhere:?}");
    assert!(everywhere.iter().all(|entry| entry.kind == ItemKind::File));
    let inside = browse(&stage, Some(&plans), Some("zeppelin")).await;
    assert!(!inside.is_empty() && inside.iter().all(|entry| entry.id == thread), "{inside:?}");
    assert_eq!(parts(&inside[0].id).0, plans.as_str());
    assert!(browse(&stage, None, Some("from:@grace zeppelin")).await.is_empty(), "words, not operators");
    assert!(browse(&stage, None, Some("\" \"")).await.is_empty());
}

#[tokio::test]
async fn direct_messages_are_found_by_searching_in_them_only() {
    let scopes = ["channels:read", "channels:history", "im:read", "im:history", "search:read", "users:read"];
    let stage = with_scopes(&scopes).await;
    let direct = channel(&stage, "", ChannelKind::Im, &[ME, FRIEND]);
    let between_us = stage.say(&direct, "a zeppelin between us");
    let public = stage.say(&stage.home(), "a zeppelin for all");
    let ids = |found: Vec<Entry>| found.into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(browse(&stage, None, Some("zeppelin")).await), [public]);
    assert_eq!(ids(browse(&stage, Some(&direct), Some("zeppelin")).await), [between_us]);
}

#[tokio::test]
async fn without_the_permission_to_search_channels_are_still_found() {
    let stage = with_scopes(&["channels:history", "channels:read", "users:read"]).await;
    assert_eq!(names(&browse(&stage, None, Some("sui")).await), ["suite"]);
    let request = BrowseRequest {
        container: Some(stage.home()),
        search: Some("words".to_owned()),
        limit: 5,
        ..BrowseRequest::default()
    };
    assert_eq!(stage.source().browse(&request).await.unwrap_err().code, "insufficient_scope");
}

#[tokio::test]
async fn a_message_with_many_files_is_shown_over_several_pages() {
    let stage = start().await;
    let files = (0..5).map(|number| gangway_emulators::slack::FileWish {
        name: Some(format!("{number}.txt")),
        content: Some("x".to_owned()),
        ..Default::default()
    });
    let wish = gangway_emulators::slack::MessageWish {
        channel: stage.home().to_string(),
        user: Some(FRIEND.to_owned()),
        text: "five files".to_owned(),
        files: files.collect(),
        ..Default::default()
    };
    stage.say(&stage.home(), "before");
    stage.control.post(&wish).unwrap();
    let shown = browse(&stage, Some(&stage.home()), None).await;
    assert_eq!(names(&shown), ["0.txt", "1.txt", "2.txt", "3.txt", "4.txt", "before", "five files"]);
}
