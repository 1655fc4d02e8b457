//! The change feed: nothing falls between, everything can be read again, looking is not changing.

use gangway_model::{Cursor, FeedKey};

use super::walk::{catch_up, feed_of, now, refusal};
use super::{Harness, Trouble};
use crate::error::Disposition;

async fn home_feed<H: Harness>(harness: &H) -> FeedKey {
    let source = harness.source();
    let home = source.get(&harness.home().await).await.unwrap();
    feed_of(&*source, &home)
}

pub async fn nothing_happened_since_now<H: Harness>(harness: &H) {
    let feed = home_feed(harness).await;
    harness.create_file(&harness.home().await, "before.txt", "a").await;
    let start = now(harness, &feed).await;
    let (told, place) = catch_up(harness, &feed, &start).await;
    assert!(told.is_empty(), "{told:?}");
    let (told, _) = catch_up(harness, &feed, &place).await;
    assert!(told.is_empty(), "{told:?}");
}

pub async fn what_happens_is_told<H: Harness>(harness: &H) {
    let (home, feed) = (harness.home().await, home_feed(harness).await);
    let renamed = harness.create_file(&home, "old name", "a").await;
    let edited = harness.create_file(&home, "edited.txt", "a").await;
    let moved = harness.create_file(&home, "moved.txt", "a").await;
    let folder = harness.create_container(&home, "folder").await;
    let before = harness.source().get(&edited).await.unwrap().revision;
    let start = now(harness, &feed).await;

    harness.rename(&renamed, "new name").await;
    harness.change_content(&edited, "b").await;
    harness.move_to(&moved, &folder).await;
    let created = harness.create_file(&folder, "created.txt", "a").await;

    let (told, _) = catch_up(harness, &feed, &start).await;
    let entry = |id| told.get(id).and_then(Option::as_ref).unwrap_or_else(|| panic!("{id}: {told:?}"));
    assert_eq!(entry(&renamed).name, "new name");
    assert_ne!(entry(&edited).revision, before);
    assert_eq!(entry(&moved).parents, std::slice::from_ref(&folder));
    assert_eq!(entry(&created).parents, [folder]);
}

pub async fn the_same_place_can_be_read_again<H: Harness>(harness: &H) {
    let (home, feed) = (harness.home().await, home_feed(harness).await);
    let start = now(harness, &feed).await;
    harness.create_file(&home, "a.txt", "a").await;
    let (first, place) = catch_up(harness, &feed, &start).await;
    let (second, same) = catch_up(harness, &feed, &start).await;
    assert_eq!((&first, &place), (&second, &same));
    assert!(!first.is_empty());
}

pub async fn pages_are_legal_places_to_resume<H: Harness>(harness: &H) {
    let (home, feed) = (harness.home().await, home_feed(harness).await);
    let start = now(harness, &feed).await;
    let count = harness.create_many(&home).await;
    let first = harness.source().changes(&feed, &start).await.unwrap();
    assert!(first.more && first.changes.len() < count, "the feed should need several pages");
    let (rest, _) = catch_up(harness, &feed, &first.cursor).await;
    let (all, _) = catch_up(harness, &feed, &start).await;
    assert!(all.len() >= count, "{} of {count}", all.len());
    assert!(rest.len() < all.len() && rest.len() + first.changes.len() >= all.len());
}

pub async fn looking_at_an_item_does_not_change_its_revision<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let file = harness.create_file(&home, "a.txt", "a").await;
    let before = harness.source().get(&file).await.unwrap().revision;
    harness.touch(&file).await;
    assert_eq!(harness.source().get(&file).await.unwrap().revision, before);
    harness.change_content(&file, "other words").await;
    assert_ne!(harness.source().get(&file).await.unwrap().revision, before);
}

pub async fn what_was_removed_is_told<H: Harness>(harness: &H) {
    if !harness.connector().descriptor().capabilities.reports_deletions {
        return;
    }
    let (home, feed) = (harness.home().await, home_feed(harness).await);
    let trashed = harness.create_file(&home, "a.txt", "a").await;
    let deleted = harness.create_file(&home, "b.txt", "b").await;
    let folder = harness.create_container(&home, "folder").await;
    harness.create_file(&folder, "c.txt", "c").await;
    let start = now(harness, &feed).await;
    harness.trash(&trashed).await;
    harness.delete(&deleted).await;
    harness.trash(&folder).await;
    let (told, _) = catch_up(harness, &feed, &start).await;
    for id in [trashed, deleted, folder] {
        assert_eq!(told.get(&id), Some(&None), "{id}");
    }
}

pub async fn what_is_no_longer_shared_is_told<H: Harness>(harness: &H) {
    let feed = harness.source().default_feed();
    let start = now(harness, &feed).await;
    let Some(received) = harness.receive("from a friend.txt", "words").await else { return };
    let (told, place) = catch_up(harness, &feed, &start).await;
    assert!(matches!(told.get(&received), Some(Some(_))), "{told:?}");
    harness.withdraw(&received).await;
    let (told, _) = catch_up(harness, &feed, &place).await;
    assert_eq!(told.get(&received), Some(&None), "{told:?}");
    assert!(refusal(harness.source().get(&received).await).is_gone());
}

pub async fn a_place_that_is_refused_restarts_the_feed<H: Harness>(harness: &H) {
    let feed = home_feed(harness).await;
    let start = now(harness, &feed).await;
    harness.cause(Trouble::RefusedPlace { times: 1 }).await;
    let error = refusal(harness.source().changes(&feed, &start).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
    let nonsense = Cursor::from("no cursor of ours");
    let error = refusal(harness.source().changes(&feed, &nonsense).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
}
