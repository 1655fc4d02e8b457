//! The change feed: nothing falls between, everything can be read again, looking is not changing.

use gangway_model::{Cursor, FeedKey};

use super::walk::{catch_up, catch_up_knowing, feed_of, now, refusal};
use super::{Stage, StandIn, Trouble};
use crate::entry::Entry;
use crate::error::Disposition;

async fn home_feed<S: StandIn>(stage: &Stage<S>) -> FeedKey {
    let source = stage.source();
    let home = source.get(&stage.home()).await.unwrap();
    feed_of(&*source, &home)
}

pub async fn nothing_happened_since_now<S: StandIn>(stage: &Stage<S>) {
    let feed = home_feed(stage).await;
    stage.create_file(&stage.home(), "before.txt", "a").await;
    let start = now(stage, &feed).await;
    let (told, place) = catch_up(stage, &feed, &start).await;
    let (again, _) = catch_up(stage, &feed, &place).await;
    if stage.habits().exact_feed {
        assert!(told.is_empty() && again.is_empty(), "{told:?} {again:?}");
    }
    assert!(told.values().chain(again.values()).all(Option::is_some), "nothing is gone");
}

pub async fn what_happens_is_told<S: StandIn>(stage: &Stage<S>) {
    let (home, feed) = (stage.home(), home_feed(stage).await);
    let habits = stage.habits();
    let renamed = stage.create_file(&home, "old name", "a").await;
    let edited = stage.create_file(&home, "edited.txt", "a").await;
    let moved = stage.create_file(&home, "moved.txt", "a").await;
    let folder = match habits.nested {
        true => stage.create_container(&home, "folder").await,
        false => home.clone(),
    };
    let before = stage.source().get(&edited).await.unwrap().revision;
    let start = now(stage, &feed).await;

    if habits.renames {
        stage.rename(&renamed, "new name").await;
    }
    stage.change_content(&edited, "b").await;
    if habits.moves {
        stage.move_to(&moved, &folder).await;
    }
    let created = stage.create_file(&folder, "created.txt", "a").await;

    let (told, _) = catch_up(stage, &feed, &start).await;
    let entry = |id| told.get(id).and_then(Option::as_ref).unwrap_or_else(|| panic!("{id}: {told:?}"));
    if habits.renames {
        assert_eq!(entry(&renamed).name, "new name");
    }
    let within_grain = stage.connector.descriptor().revision_grain > 0;
    assert!(within_grain || entry(&edited).revision != before);
    let container = stage.source().get(&folder).await.unwrap();
    let stands_there = |entry: &Entry| {
        let by_address = entry.parents.is_empty() && entry.parent_locator.is_some();
        match by_address {
            true => assert_eq!(entry.parent_locator, container.locator),
            false => assert_eq!(entry.parents, std::slice::from_ref(&folder)),
        }
    };
    if habits.moves {
        stands_there(entry(&moved));
    }
    stands_there(entry(&created));
}

pub async fn the_same_place_can_be_read_again<S: StandIn>(stage: &Stage<S>) {
    let (home, feed) = (stage.home(), home_feed(stage).await);
    let start = now(stage, &feed).await;
    stage.create_file(&home, "a.txt", "a").await;
    let (first, place) = catch_up(stage, &feed, &start).await;
    let (second, same) = catch_up(stage, &feed, &start).await;
    assert_eq!((&first, &place), (&second, &same));
    assert!(!first.is_empty());
}

pub async fn pages_are_legal_places_to_resume<S: StandIn>(stage: &Stage<S>) {
    let feed = home_feed(stage).await;
    let start = now(stage, &feed).await;
    let count = stage.create_many().await;
    let first = stage.source().changes(&feed, &start).await.unwrap();
    assert!(first.more && first.changes.len() < count, "the feed should need several pages");
    let (rest, _) = catch_up(stage, &feed, &first.cursor).await;
    let (all, _) = catch_up(stage, &feed, &start).await;
    assert!(all.len() >= count, "{} of {count}", all.len());
    assert!(rest.len() < all.len() && rest.len() + first.changes.len() >= all.len());
}

pub async fn looking_at_an_item_does_not_change_its_revision<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let file = stage.create_file(&home, "a.txt", "a").await;
    let before = stage.source().get(&file).await.unwrap().revision;
    stage.touch(&file).await;
    assert_eq!(stage.source().get(&file).await.unwrap().revision, before);
    stage.change_content(&file, "other words").await;
    if stage.connector.descriptor().revision_grain == 0 {
        assert_ne!(stage.source().get(&file).await.unwrap().revision, before);
    }
}

pub async fn what_comes_inside_shows_in_the_revision<S: StandIn>(stage: &Stage<S>) {
    if !stage.source().content_shows_inside() {
        return;
    }
    let page = stage.create_container(&stage.home(), "folder").await;
    let before = stage.source().get(&page).await.unwrap().revision;
    let grain = stage.connector.descriptor().revision_grain;
    stage.set_clock(stage.now() + chrono::Duration::seconds(i64::from(grain)));
    stage.create_file(&page, "a.txt", "a").await;
    assert_ne!(stage.source().get(&page).await.unwrap().revision, before);
}

pub async fn what_was_removed_is_told<S: StandIn>(stage: &Stage<S>) {
    if !stage.connector.descriptor().capabilities.reports_deletions {
        return;
    }
    let (home, feed) = (stage.home(), home_feed(stage).await);
    let trashed = stage.create_file(&home, "a.txt", "a").await;
    let deleted = stage.create_file(&home, "b.txt", "b").await;
    let mut removed = vec![trashed.clone(), deleted.clone()];
    if stage.habits().nested {
        let folder = stage.create_container(&home, "folder").await;
        stage.create_file(&folder, "c.txt", "c").await;
        removed.push(folder);
    }
    let mut known = Vec::new();
    for id in &removed {
        known.push(stage.source().get(id).await.unwrap());
    }
    let start = now(stage, &feed).await;
    for id in &removed {
        if *id == deleted { stage.delete(id).await } else { stage.trash(id).await }
    }
    let (told, _) = catch_up_knowing(stage, &feed, &start, &known).await;
    for id in removed {
        assert_eq!(told.get(&id), Some(&None), "{id}");
    }
}

/// Where names are unique, a new item of an old name may be told without a word about the old one.
pub async fn what_took_the_place_of_another_is_told_with_its_end<S: StandIn>(stage: &Stage<S>) {
    let can = stage.connector.descriptor().capabilities;
    if !stage.habits().unique_names || !can.reports_deletions {
        return;
    }
    let (home, feed) = (stage.home(), home_feed(stage).await);
    let old = stage.create_file(&home, "a.txt", "old").await;
    let known = stage.source().get(&old).await.unwrap();
    let start = now(stage, &feed).await;
    stage.delete(&old).await;
    let new = stage.create_file(&home, "a.txt", "new").await;
    assert_ne!(old, new);
    let (told, _) = catch_up_knowing(stage, &feed, &start, &[known]).await;
    assert_eq!(told.get(&old), Some(&None), "{told:?}");
    assert!(matches!(told.get(&new), Some(Some(_))), "{told:?}");
}

pub async fn what_is_no_longer_shared_is_told<S: StandIn>(stage: &Stage<S>) {
    let feed = stage.source().default_feed();
    let start = now(stage, &feed).await;
    let Some(received) = stage.receive("from a friend.txt", "words").await else { return };
    let (told, place) = catch_up(stage, &feed, &start).await;
    let Some(Some(known)) = told.get(&received).cloned() else { panic!("{told:?}") };
    stage.withdraw(&received).await;
    let (told, _) = catch_up_knowing(stage, &feed, &place, &[known]).await;
    match stage.connector.descriptor().capabilities.reports_deletions {
        true => assert_eq!(told.get(&received), Some(&None), "{told:?}"),
        // Then the engine finds out by listing, and by asking for what a listing no longer shows.
        false => assert!(told.get(&received).is_none_or(Option::is_none), "{told:?}"),
    }
    assert!(refusal(stage.source().get(&received).await).is_gone());
}

pub async fn a_place_that_is_refused_restarts_the_feed<S: StandIn>(stage: &Stage<S>) {
    let feed = home_feed(stage).await;
    let start = now(stage, &feed).await;
    stage.cause(Trouble::RefusedPlace { times: 1 }).await;
    let error = refusal(stage.source().changes(&feed, &start).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
    let nonsense = Cursor::from("no cursor of ours");
    let error = refusal(stage.source().changes(&feed, &nonsense).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
}
