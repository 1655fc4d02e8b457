//! Messages: order, windows, threads, broadcasts, edits, deletions.

use gangway_emulators::slack::{Deletion, Generate, MessageWish};

use super::harness::{ADA, GRACE, column, empty, texts};

#[tokio::test]
async fn newest_first_and_pages_go_back_in_time() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    for number in 0..7 {
        world.control.say("general", ADA, &format!("m{number}")).unwrap();
    }
    let query = [("channel", general.as_str()), ("limit", "3")];
    let first = world.ok(&token, "conversations.history", &query).await;
    assert_eq!(texts(&first), ["m6", "m5", "m4"]);
    assert_eq!(first["has_more"], true);
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let query = [("channel", general.as_str()), ("limit", "9"), ("cursor", cursor)];
    let last = world.ok(&token, "conversations.history", &query).await;
    assert_eq!(texts(&last), ["m3", "m2", "m1", "m0"]);
    assert_eq!(last["has_more"], false);
    assert!(last.get("response_metadata").is_none(), "the end has no cursor at all");
}

#[tokio::test]
async fn the_ends_of_a_window_are_outside_unless_inclusive() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let all: Vec<String> =
        (0..5).map(|number| world.control.say("general", ADA, &format!("m{number}")).unwrap()).collect();
    let window = |inclusive| {
        [("channel", general.as_str()), ("oldest", &all[1]), ("latest", &all[3]), ("inclusive", inclusive)]
    };
    let body = world.ok(&token, "conversations.history", &window("false")).await;
    assert_eq!(texts(&body), ["m2"]);
    let body = world.ok(&token, "conversations.history", &window("true")).await;
    assert_eq!(texts(&body), ["m3", "m2", "m1"]);
    for (name, word) in [("oldest", "invalid_ts_oldest"), ("latest", "invalid_ts_latest")] {
        let query = [("channel", general.as_str()), (name, "yesterday")];
        assert_eq!(world.error(&token, "conversations.history", &query).await, word);
    }
}

#[tokio::test]
async fn replies_stay_out_of_history_but_broadcasts_do_not() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let root = world.control.say("general", ADA, "root").unwrap();
    world.control.reply("general", &root, GRACE, "plain").unwrap();
    let broadcast = MessageWish {
        channel: "general".into(),
        user: Some(GRACE.into()),
        text: "loud".into(),
        thread_ts: Some(root.clone()),
        broadcast: true,
        ..MessageWish::default()
    };
    world.control.post(&broadcast).unwrap();
    let history = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    assert_eq!(texts(&history), ["loud", "root"]);
    assert_eq!(history["messages"][0]["subtype"], "thread_broadcast");
    assert_eq!(history["messages"][0]["thread_ts"], root);
    assert_eq!(history["messages"][0]["root"]["reply_count"], 2);
    let replies = world.ok(&token, "conversations.replies", &[("channel", &general), ("ts", &root)]).await;
    assert_eq!(texts(&replies), ["root", "plain", "loud"]);
    assert_eq!(replies["messages"][1]["parent_user_id"], world.control.user_id(ADA).unwrap());
    assert_eq!(replies["messages"][0]["thread_ts"], replies["messages"][0]["ts"]);
}

#[tokio::test]
async fn a_reply_moves_only_the_roots_latest_reply() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let root = world.control.say("general", ADA, "root").unwrap();
    let scan = world.control.say("general", ADA, "later").unwrap();
    let reply = world.control.reply("general", &root, GRACE, "late answer").unwrap();
    let query = [("channel", general.as_str()), ("oldest", scan.as_str())];
    assert!(texts(&world.ok(&token, "conversations.history", &query).await).is_empty());
    let history = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    let parent = &history["messages"][1];
    assert_eq!(parent["ts"], root);
    assert_eq!(parent["latest_reply"], reply);
    assert_eq!((parent["reply_count"].as_i64(), parent["reply_users_count"].as_i64()), (Some(1), Some(1)));
    let second = world.control.reply("general", &root, GRACE, "more").unwrap();
    assert_eq!(world.control.find_message("general", &root).unwrap()["latest_reply"], second);
    world.control.delete_message("general", &second).unwrap();
    assert_eq!(world.control.find_message("general", &root).unwrap()["latest_reply"], reply);
    world.control.delete_message("general", &reply).unwrap();
    assert!(world.control.find_message("general", &root).unwrap().get("thread_ts").is_none());
}

#[tokio::test]
async fn replies_page_oldest_first_behind_their_parent() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let root = world.control.say("general", ADA, "root").unwrap();
    let all: Vec<String> = (0..5)
        .map(|number| world.control.reply("general", &root, GRACE, &format!("r{number}")).unwrap())
        .collect();
    let query = [("channel", general.as_str()), ("ts", &root), ("limit", "3")];
    let first = world.ok(&token, "conversations.replies", &query).await;
    assert_eq!(texts(&first), ["root", "r0", "r1"]);
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let query = [("channel", general.as_str()), ("ts", &root), ("limit", "9"), ("cursor", cursor)];
    let rest = world.ok(&token, "conversations.replies", &query).await;
    assert_eq!(texts(&rest), ["root", "r2", "r3", "r4"]);
    assert_eq!(rest["has_more"], false);
    let query = [("channel", general.as_str()), ("ts", &root), ("oldest", &all[3])];
    let newer = world.ok(&token, "conversations.replies", &query).await;
    assert_eq!(texts(&newer), ["root", "r4"], "the parent is repeated");
    let query = [("channel", general.as_str()), ("ts", &all[2])];
    assert_eq!(texts(&world.ok(&token, "conversations.replies", &query).await), ["r2"]);
    let alone = world.control.say("general", ADA, "alone").unwrap();
    let query = [("channel", general.as_str()), ("ts", alone.as_str())];
    assert_eq!(texts(&world.ok(&token, "conversations.replies", &query).await), ["alone"]);
    let query = [("channel", general.as_str()), ("ts", "1.000000")];
    assert_eq!(world.error(&token, "conversations.replies", &query).await, "thread_not_found");
}

#[tokio::test]
async fn a_huge_thread_comes_in_pages_of_a_thousand() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let wish = Generate { channel: "general".into(), count: 1, replies: 1500, ..Generate::default() };
    let (root, _) = world.control.generate(&wish).unwrap();
    let query = [("channel", general.as_str()), ("ts", root.as_str()), ("limit", "2000")];
    let first = world.ok(&token, "conversations.replies", &query).await;
    assert_eq!(first["messages"].as_array().unwrap().len(), 1000);
    assert_eq!(first["messages"][0]["reply_count"], 1500);
    assert_eq!(first["has_more"], true);
}

#[tokio::test]
async fn an_edit_keeps_the_timestamp_and_a_deletion_vanishes() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let ts = world.control.say("general", ADA, "first").unwrap();
    world.control.edit_message("general", &ts, "second").unwrap();
    let history = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    assert_eq!(history["messages"][0]["ts"], ts);
    assert_eq!(history["messages"][0]["text"], "second");
    assert_eq!(history["messages"][0]["edited"]["user"], world.control.user_id(ADA).unwrap());
    assert!(history["messages"][0]["edited"]["ts"].as_str().unwrap().ends_with(".000000"));
    assert_eq!(world.control.delete_message("general", &ts).unwrap(), Deletion::Removed);
    assert!(world.texts(&token, &general).await.is_empty());
}

#[tokio::test]
async fn a_deleted_root_with_replies_leaves_a_stone() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let root = world.control.say("general", ADA, "root").unwrap();
    let reply = world.control.reply("general", &root, GRACE, "reply").unwrap();
    assert_eq!(world.control.delete_message("general", &root).unwrap(), Deletion::Tombstoned);
    let history = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    let stone = &history["messages"][0];
    assert_eq!(stone["subtype"], "tombstone");
    assert_eq!(stone["user"], "USLACKBOT");
    assert_eq!(stone["text"], "This message was deleted.");
    assert_eq!(stone["hidden"], true);
    assert_eq!(
        (stone["thread_ts"].as_str(), stone["latest_reply"].as_str()),
        (Some(root.as_str()), Some(reply.as_str()))
    );
    let replies = world.ok(&token, "conversations.replies", &[("channel", &general), ("ts", &root)]).await;
    assert_eq!(texts(&replies), ["This message was deleted.", "reply"]);
    world.control.delete_message("general", &reply).unwrap();
    assert!(world.texts(&token, &general).await.is_empty(), "the last reply takes the stone with it");
}

#[tokio::test]
async fn free_workspaces_hide_what_is_old() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let old = MessageWish {
        channel: "general".into(),
        text: "old".into(),
        ts: Some("2025-01-01T00:00:00Z".into()),
        ..MessageWish::default()
    };
    world.control.set_clock("2026-01-01T00:00:00Z").unwrap();
    world.control.post(&old).unwrap();
    world.control.say("general", ADA, "new").unwrap();
    world.control.set_switches(|switches| switches.hidden_after_days = 90);
    let history = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    assert_eq!(texts(&history), ["new"]);
    assert_eq!(history["is_limited"], true);
}

#[tokio::test]
async fn search_finds_words_people_and_places() {
    let world = super::harness::demo().await;
    let token = world.ada().await;
    let search = async |query: &str| world.ok(&token, "search.messages", &[("query", query)]).await;
    let found = search("carrier claim CC-7").await;
    assert_eq!(found["messages"]["total"], 1);
    let hit = &found["messages"]["matches"][0];
    assert_eq!(hit["channel"]["name"], "support");
    assert!(hit["permalink"].as_str().unwrap().contains("?thread_ts="));
    assert_eq!(search("\"damaged parcel\" in:#support from:@mei").await["messages"]["total"], 1);
    assert_eq!(search("parcel in:general from:tomas").await["messages"]["total"], 1);
    assert_eq!(search("refund after:2026-02-10").await["messages"]["total"], 1);
    assert_eq!(search("nothingofthekind").await["messages"]["total"], 0);
    assert_eq!(world.error(&token, "search.messages", &[("query", " ")]).await, "no_query");
    let paged = [("query", "the"), ("count", "2"), ("page", "2")];
    let page = world.ok(&token, "search.messages", &paged).await;
    assert_eq!(page["messages"]["paging"]["page"], 2);
    assert_eq!(page["messages"]["matches"].as_array().unwrap().len(), 2);
    let files = world.ok(&token, "search.files", &[("query", "steeping")]).await;
    assert_eq!(column(&files["files"]["matches"], "title"), ["Steeping times 2026"]);
}
