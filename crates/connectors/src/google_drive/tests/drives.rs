//! Shared drives: reached with every flag, listed one by one, followed by feeds of their own.

use gangway_connector::conformance::StandIn;
use gangway_connector::{BrowseRequest, Change, FetchLimits};
use gangway_emulators::google::{FileEdit, FileTarget, NewFile, Role};
use gangway_model::{Cursor, FeedKey, ItemKind, ProviderItemId};
use serde_json::json;

use super::harness::{FRIEND, GoogleStage, ME, start};

/// A drive of the friend's that the account belongs to, with a folder and a file in it.
fn drive(stage: &GoogleStage) -> (ProviderItemId, ProviderItemId, ProviderItemId) {
    let drive = stage.control.create_drive("Team", FRIEND).unwrap();
    stage.control.add_member(&drive, ME, Role::Reader).unwrap();
    let edit = FileEdit { content: Some("plan".to_owned()), ..FileEdit::default() };
    let target = FileTarget::in_drive("Team", "Plans/plan.txt");
    let file = stage.control.create_file(&NewFile { target, edit, ..NewFile::default() }).unwrap().id;
    let folder = stage.control.find_file(&FileTarget::in_drive("Team", "Plans")).unwrap().id;
    (drive.into(), folder.into(), file.into())
}

#[tokio::test]
async fn a_drive_is_a_container_with_a_feed_of_its_own() {
    let stage = start().await;
    let (drive, folder, file) = drive(&stage);
    let source = stage.source();
    let entry = source.get(&drive).await.unwrap();
    assert_eq!((entry.name.as_str(), entry.kind), ("Team", ItemKind::Container));
    let feed = FeedKey::from(format!("drive:{drive}"));
    assert_eq!(entry.feed, Some(feed.clone()));
    let inside = source.list(&drive, None).await.unwrap();
    assert_eq!((inside.entries.len(), inside.incomplete), (1, false));
    assert_eq!((&inside.entries[0].id, &inside.entries[0].feed), (&folder, &Some(feed)));
    assert_eq!(inside.entries[0].parents, std::slice::from_ref(&drive));
    let below = source.list(&folder, None).await.unwrap().entries;
    assert_eq!((below.len(), &below[0].id), (1, &file));
    let content = source.fetch(&below[0], &FetchLimits { max_bytes: 100 }).await.unwrap();
    assert_eq!(content.size, Some(4));
}

#[tokio::test]
async fn the_top_shows_the_drives_and_what_was_shared() {
    let stage = start().await;
    let (drive, ..) = drive(&stage);
    let request = BrowseRequest { limit: 10, ..BrowseRequest::default() };
    let top = stage.source().browse(&request).await.unwrap().entries;
    let ids: Vec<&str> = top.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["shared-with-me", drive.as_str(), stage.home().as_str()]);
    let search = Some("plan".to_owned());
    for container in [None, Some(drive)] {
        let request = BrowseRequest { container, search: search.clone(), limit: 10, ..Default::default() };
        let found = stage.source().browse(&request).await.unwrap().entries;
        assert!(found.iter().any(|entry| entry.name == "plan.txt"), "{request:?}");
    }
}

#[tokio::test]
async fn an_incomplete_search_says_so() {
    let stage = start().await;
    stage.control.set_switches(|switches| switches.incomplete_search = true);
    let request = BrowseRequest { search: Some("x".to_owned()), limit: 10, ..BrowseRequest::default() };
    assert!(stage.source().browse(&request).await.unwrap().incomplete);
    assert!(!stage.source().list(&stage.home(), None).await.unwrap().incomplete);
}

#[tokio::test]
async fn changes_in_a_drive_are_told_by_its_feed() {
    let stage = start().await;
    let (drive, folder, file) = drive(&stage);
    let feed = FeedKey::from(format!("drive:{drive}"));
    let source = stage.source();
    let start = source.start_cursor(&feed).await.unwrap();
    stage.rename(&file, "renamed.txt").await;
    stage.trash(&folder).await;
    let page = source.changes(&feed, &start).await.unwrap();
    let told = |id: &ProviderItemId| {
        page.changes.iter().any(|change| matches!(change, Change::Tombstone { id: gone } if gone == id))
    };
    assert!(told(&folder), "{:?}", page.changes);
    // Its files are gone with it, whether the feed names them or not.
    assert!(!page.changes.iter().any(|change| matches!(change, Change::Upsert(e) if e.id == file)));
}

#[tokio::test]
async fn what_moves_out_of_a_drive_is_not_gone() {
    let stage = start().await;
    let (drive, _, file) = drive(&stage);
    stage.control.add_member(drive.as_str(), ME, Role::Organizer).unwrap();
    let feed = FeedKey::from(format!("drive:{drive}"));
    let source = stage.source();
    let start = source.start_cursor(&feed).await.unwrap();
    stage.move_to(&file, &stage.home()).await;
    let page = source.changes(&feed, &start).await.unwrap();
    let gone = page.changes.iter().any(|c| matches!(c, Change::Tombstone { id } if *id == file));
    let alive = source.get(&file).await.is_ok();
    assert!(!(gone && alive), "it can still be read: {:?}", page.changes);
}

#[tokio::test]
async fn losing_a_drive_ends_its_feed_and_a_refusal_does_not() {
    let stage = start().await;
    let (drive, ..) = drive(&stage);
    let feed = FeedKey::from(format!("drive:{drive}"));
    let source = stage.source();
    let start = source.start_cursor(&feed).await.unwrap();
    let user = source.start_cursor(&source.default_feed()).await.unwrap();

    let refused = json!({"status": 403, "reason": "teamDriveMembershipRequired"});
    stage.fault("drive.changes.list", 1, refused);
    assert!(!source.changes(&feed, &start).await.unwrap_err().is_gone());
    // A feed that is not found while its drive is there proves nothing either.
    stage.fault("drive.changes.list", 1, json!({"status": 404}));
    assert_eq!(source.changes(&feed, &start).await.unwrap_err().code, "feed_not_found");

    stage.control.remove_member(drive.as_str(), ME).unwrap();
    let ended = |change: &Change| matches!(change, Change::FeedGone { feed: f } if *f == feed);
    let page = source.changes(&source.default_feed(), &user).await.unwrap();
    assert!(page.changes.iter().any(ended), "{:?}", page.changes);
    let page = source.changes(&feed, &start).await.unwrap();
    assert!(page.changes.iter().any(ended) && !page.more, "{page:?}");
    assert!(source.get(&drive).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn feeds_have_names_of_ours_and_tokens_of_their_own() {
    let stage = start().await;
    let source = stage.source();
    let nobody = FeedKey::from("somebody's");
    assert_eq!(source.start_cursor(&nobody).await.unwrap_err().code, "unknown_feed");
    // A feed that says that it goes on where it is would be read for ever.
    let start = source.start_cursor(&source.default_feed()).await.unwrap();
    let stuck = json!({"status": 200, "body": {"changes": [], "nextPageToken": start.as_str()}});
    stage.fault("drive.changes.list", 1, stuck);
    assert_eq!(source.changes(&source.default_feed(), &start).await.unwrap_err().code, "feed_stuck");
    stage.fault("drive.changes.list", 1, json!({"status": 200, "body": {"changes": []}}));
    let error = source.changes(&source.default_feed(), &Cursor::from("1")).await.unwrap_err();
    assert_eq!(error.code, "malformed_answer");
}
