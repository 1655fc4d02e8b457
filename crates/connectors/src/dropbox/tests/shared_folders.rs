//! Folders and single files that a friend shares.

use gangway_connector::conformance::StandIn;
use gangway_connector::{BrowseRequest, Change};
use gangway_emulators::dropbox::{Access, Share};
use gangway_model::{FeedKey, ProviderItemId};

use super::harness::{DropboxStage, ME, catch_up, hers, list, mine, start, text, words};

fn share(mount: bool) -> Share {
    Share { email: ME.to_owned(), access: Access::Viewer, mount }
}

/// A friend's folder with a file in a folder of its own; returns its namespace.
fn friends_folder(stage: &DropboxStage, mount: bool) -> String {
    stage.control.create_folder(&hers("/Ours")).unwrap();
    stage.control.write_text(&hers("/Ours/Sub/a.txt"), "words").unwrap();
    stage.control.share(&hers("/Ours"), &share(mount)).unwrap().namespace_id
}

async fn top(stage: &DropboxStage) -> Vec<String> {
    let request = BrowseRequest { limit: 100, ..BrowseRequest::default() };
    let page = stage.source().browse(&request).await.unwrap();
    page.entries.into_iter().map(|entry| entry.name).collect()
}

#[tokio::test]
async fn an_unmounted_folder_is_read_followed_and_left_unmounted() {
    let stage = start().await;
    friends_folder(&stage, false);
    assert_eq!(top(&stage).await, ["Ours", "Shared with me", "Suite"]);
    let request = BrowseRequest { limit: 1, ..BrowseRequest::default() };
    let ours = stage.source().browse(&request).await.unwrap().entries.remove(0);
    let (id, feed) = (ours.id.clone(), ours.feed.clone().unwrap());
    assert_eq!(stage.source().get(&id).await.unwrap(), ours);

    let sub = list(&stage, id.as_str()).await.remove(0);
    let file = list(&stage, sub.id.as_str()).await.remove(0);
    assert_eq!((&sub.parents[0], &file.parents[0]), (&id, &sub.id));
    assert_eq!(stage.source().get(&file.id).await.unwrap(), file, "alone it looks the same");
    assert_eq!(text(&stage, &file).await.unwrap().0, "words");
    assert_eq!(stage.source().versions(&file.id, None).await.unwrap().versions.len(), 1);

    let cursor = stage.source().start_cursor(&feed).await.unwrap();
    stage.control.write_text(&hers("/Ours/Sub/b.txt"), "more").unwrap();
    stage.control.delete_file(&hers("/Ours/Sub/a.txt")).unwrap();
    let (changes, cursor) = catch_up(&stage, &feed, &cursor).await;
    let mut told = words(&changes);
    told.sort();
    let sub_at = sub.locator.clone().unwrap();
    assert_eq!(
        told,
        [format!("b.txt at {sub_at}/b.txt"), format!("nothing at {}", file.locator.clone().unwrap())]
    );
    assert!(stage.source().get(&file.id).await.unwrap_err().is_gone());
    assert_eq!(top(&stage).await, ["Ours", "Shared with me", "Suite"], "nothing was mounted");

    stage.control.unshare(&hers("/Ours"), ME).unwrap();
    let page = stage.source().changes(&feed, &cursor).await.unwrap();
    assert!(matches!(&page.changes[..], [Change::FeedGone { feed: over }] if *over == feed), "{page:?}");
    assert!(stage.source().get(&id).await.unwrap_err().is_gone());
    assert!(stage.source().list(&id, None).await.unwrap_err().is_gone());
    assert_eq!(top(&stage).await, ["Shared with me", "Suite"]);
}

#[tokio::test]
async fn a_mounted_folder_is_part_of_the_tree_until_it_is_unmounted_or_withdrawn() {
    for withdraw in [false, true] {
        let stage = start().await;
        let feed = stage.source().default_feed();
        let start = stage.source().start_cursor(&feed).await.unwrap();
        let namespace = friends_folder(&stage, true);
        let (changes, cursor) = catch_up(&stage, &feed, &start).await;
        let Some(Change::Upsert(file)) =
            changes.iter().find(|it| matches!(it, Change::Upsert(e) if e.name == "a.txt"))
        else {
            panic!("{changes:?}")
        };
        assert_eq!(file.locator.as_deref(), Some("/ours/sub/a.txt"));
        assert_eq!(text(&stage, file).await.unwrap().0, "words");
        let folder = list(&stage, "root").await.into_iter().find(|entry| entry.name == "Ours").unwrap();

        match withdraw {
            true => stage.control.unshare(&hers("/Ours"), ME).unwrap(),
            false => stage.control.unmount(&namespace, ME).unwrap(),
        }
        let (changes, _) = catch_up(&stage, &feed, &cursor).await;
        assert_eq!(words(&changes), ["nothing at /ours"]);
        for id in [&folder.id, &file.id] {
            assert!(stage.source().get(id).await.unwrap_err().is_gone(), "{id}, withdrawn: {withdraw}");
        }
        assert!(stage.source().list(&folder.id, None).await.unwrap_err().is_gone(), "withdrawn: {withdraw}");
        // Unmounted, it is there as a tree of its own.
        let reached = stage.source().get(&format!("ns:{namespace}").into()).await;
        assert_eq!(reached.is_ok(), !withdraw);
    }
}

#[tokio::test]
async fn a_single_file_is_found_fetched_followed_and_missed() {
    let stage = start().await;
    let file = stage.control.write_text(&hers("/gift.txt"), "words").unwrap();
    stage.control.share(&hers("/gift.txt"), &share(false)).unwrap();
    let id = ProviderItemId::from(file.id);
    let entry = list(&stage, "shared-with-me").await.remove(0);
    assert_eq!((&entry.id, entry.name.as_str()), (&id, "gift.txt"));
    assert_eq!(stage.source().get(&id).await.unwrap(), entry);
    assert_eq!(text(&stage, &entry).await.unwrap().0, "words");
    assert!(list(&stage, "root").await.iter().all(|it| it.id != id), "it lies in no folder");
    let request =
        BrowseRequest { container: Some("shared-with-me".into()), limit: 5, ..BrowseRequest::default() };
    assert_eq!(stage.source().browse(&request).await.unwrap().entries[0].id, id);

    let feed = FeedKey::from("shared-with-me");
    assert_eq!(entry.feed, Some(feed.clone()));
    let start = stage.source().start_cursor(&feed).await.unwrap();
    let (_, cursor) = catch_up(&stage, &feed, &start).await;
    stage.control.write_text(&hers("/gift.txt"), "other words").unwrap();
    let (changes, cursor) = catch_up(&stage, &feed, &cursor).await;
    let [Change::Upsert(changed)] = &changes[..] else { panic!("{changes:?}") };
    assert_ne!(changed.revision, entry.revision);
    stage.control.unshare(&hers("/gift.txt"), ME).unwrap();
    let (changes, _) = catch_up(&stage, &feed, &cursor).await;
    assert!(matches!(&changes[..], [Change::Relist { .. }]), "{changes:?}");
    assert!(stage.source().get(&id).await.unwrap_err().is_gone());
    assert!(text(&stage, &entry).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn what_i_share_myself_stays_where_it_is() {
    let stage = start().await;
    let folder = stage.create_container(&stage.home(), "Given").await;
    let file = stage.create_file(&folder, "a.txt", "words").await;
    let give = Share { email: super::harness::FRIEND.to_owned(), access: Access::Editor, mount: false };
    stage.control.share(&mine("/Suite/Given"), &give).unwrap();
    assert_eq!(stage.source().get(&file).await.unwrap().parents, [folder]);
    assert_eq!(top(&stage).await, ["Shared with me", "Suite"]);
    assert!(list(&stage, "shared-with-me").await.is_empty());
}
