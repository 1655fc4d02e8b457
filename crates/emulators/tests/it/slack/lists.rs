//! Lists and their paging: cursors, ends, ceilings, short pages.

use gangway_emulators::slack::{ChannelKind, ChannelWish};

use super::harness::{ADA, GRACE, World, column, empty};

async fn with_channels(count: usize) -> World {
    let world = empty().await;
    for number in 0..count {
        let wish = ChannelWish {
            name: format!("room-{number}"),
            members: vec![if number % 2 == 0 { ADA } else { GRACE }.to_owned()],
            ..ChannelWish::default()
        };
        world.control.create_channel(&wish).unwrap();
    }
    world
}

async fn walk(
    world: &World,
    token: &str,
    method: &str,
    key: &str,
    query: &[(&str, &str)],
) -> (usize, Vec<String>) {
    let (mut pages, mut ids, mut cursor) = (0, Vec::new(), String::new());
    loop {
        let mut query = query.to_vec();
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let body = world.ok(token, method, &query).await;
        ids.extend(column(&body[key], "id"));
        pages += 1;
        cursor = body["response_metadata"]["next_cursor"].as_str().unwrap_or("").to_owned();
        if cursor.is_empty() {
            return (pages, ids);
        }
        assert!(pages < 100);
    }
}

#[tokio::test]
async fn a_list_ends_with_an_empty_cursor() {
    let world = with_channels(24).await;
    let token = world.ada().await;
    let (pages, ids) = walk(&world, &token, "conversations.list", "channels", &[("limit", "10")]).await;
    assert_eq!((pages, ids.len()), (3, 25));
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 25);
    let (pages, mine) = walk(&world, &token, "users.conversations", "channels", &[("limit", "5")]).await;
    assert_eq!((pages, mine.len()), (3, 13), "only those ada is in");
    let body = world.ok(&token, "conversations.list", &[("limit", "10")]).await;
    let cursor = body["response_metadata"]["next_cursor"].as_str().unwrap();
    assert!(cursor.ends_with('='), "cursors must be encoded in an address: {cursor}");
}

#[tokio::test]
async fn pages_may_be_short_or_empty_before_the_end() {
    let world = with_channels(24).await;
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.short_pages = true);
    for number in 0..12 {
        world.control.archive_channel(&format!("room-{number}"), true).unwrap();
    }
    let (pages, ids) = walk(
        &world,
        &token,
        "conversations.list",
        "channels",
        &[("limit", "2"), ("exclude_archived", "true")],
    )
    .await;
    assert_eq!(ids.len(), 13);
    assert_eq!(pages, 25, "archived ones count before they are left out");
}

#[tokio::test]
async fn ceilings_and_wrong_cursors_are_refused() {
    let world = with_channels(3).await;
    let token = world.ada().await;
    let general = world.channel("general");
    for (method, limit) in [
        ("conversations.list", "1000"),
        ("users.conversations", "1000"),
        ("conversations.list", "-1"),
        ("conversations.list", "many"),
    ] {
        assert_eq!(world.error(&token, method, &[("limit", limit)]).await, "invalid_limit", "{limit}");
    }
    world.ok(&token, "conversations.list", &[("limit", "999")]).await;
    let query = [("channel", general.as_str()), ("limit", "1000")];
    assert_eq!(world.error(&token, "conversations.members", &query).await, "invalid_limit");
    for method in ["conversations.list", "users.list", "conversations.history", "conversations.members"] {
        for cursor in ["garbage!", "bmV4dF90czpub3BlCg==", "dGVhbTo="] {
            let query = [("cursor", cursor), ("channel", general.as_str())];
            assert_eq!(world.error(&token, method, &query).await, "invalid_cursor", "{method} {cursor}");
        }
    }
}

#[tokio::test]
async fn only_public_channels_unless_types_says_more() {
    let world = empty().await;
    let token = world.ada().await;
    for (kind, name) in [(ChannelKind::Private, "secret"), (ChannelKind::Im, ""), (ChannelKind::Mpim, "")] {
        let wish = ChannelWish {
            name: name.to_owned(),
            kind: Some(kind),
            members: vec![ADA.to_owned(), GRACE.to_owned()],
            ..ChannelWish::default()
        };
        world.control.create_channel(&wish).unwrap();
    }
    let list = world.ok(&token, "conversations.list", &[]).await;
    assert_eq!(column(&list["channels"], "name"), ["general"]);
    let all = [("types", "public_channel,private_channel,mpim,im")];
    let list = world.ok(&token, "conversations.list", &all).await;
    let channels = list["channels"].as_array().unwrap();
    assert_eq!(channels.len(), 4);
    let im = channels.iter().find(|channel| channel["is_im"] == true).unwrap();
    assert!(im.get("name").is_none());
    assert_eq!(im["user"], world.control.user_id(GRACE).unwrap());
    assert!(im["id"].as_str().unwrap().starts_with('D'));
    let group = channels.iter().find(|channel| channel["is_mpim"] == true).unwrap();
    assert_eq!(group["name"], "mpdm-ada--grace-1");
    assert!(group["id"].as_str().unwrap().starts_with('C'), "the prefix says nothing about privacy");
    let secret = channels.iter().find(|channel| channel["name"] == "secret").unwrap();
    assert!(secret["updated"].as_i64().unwrap() > 1_000_000_000_000, "in milliseconds");
    assert!(secret["created"].as_i64().unwrap() < 100_000_000_000, "in seconds");
}

#[tokio::test]
async fn members_are_paged_ids() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    for number in 0..5 {
        world.control.add_account(&format!("p{number}@example.com"), "Person").unwrap();
    }
    let first = world.ok(&token, "conversations.members", &[("channel", &general), ("limit", "4")]).await;
    assert_eq!(first["members"].as_array().unwrap().len(), 4);
    let cursor = first["response_metadata"]["next_cursor"].as_str().unwrap();
    let query = [("channel", general.as_str()), ("limit", "4"), ("cursor", cursor)];
    let second = world.ok(&token, "conversations.members", &query).await;
    assert_eq!(second["members"].as_array().unwrap().len(), 3);
    assert_eq!(second["response_metadata"]["next_cursor"], "");
}

#[tokio::test]
async fn info_counts_members_when_asked() {
    let world = empty().await;
    let token = world.ada().await;
    let general = world.channel("general");
    let info = world.ok(&token, "conversations.info", &[("channel", &general)]).await;
    assert!(info["channel"].get("num_members").is_none());
    let query = [("channel", general.as_str()), ("include_num_members", "true")];
    assert_eq!(world.ok(&token, "conversations.info", &query).await["channel"]["num_members"], 2);
    world.control.rename_channel("general", "everyone").unwrap();
    let info = world.ok(&token, "conversations.info", &query).await;
    assert_eq!(info["channel"]["previous_names"][0], "general");
    assert_eq!(world.error(&token, "conversations.info", &[("channel", "C0")]).await, "channel_not_found");
}
