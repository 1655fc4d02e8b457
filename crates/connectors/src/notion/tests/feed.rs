//! The change feed made of a search: what it tells, how far back it reads, and what it never concludes.

use gangway_connector::{Change, ChangePage, Disposition, Source};
use gangway_model::{Cursor, FeedKey, ProviderItemId};
use serde_json::{Value, json};

use super::make::{data_source, database, id, in_page, in_workspace, list, page, refusal};
use super::script::{Answer, Asked, Script};

fn feed() -> FeedKey {
    FeedKey::from("search")
}

fn edited(n: u64, minute: &str) -> Value {
    let mut page = page(n, &format!("Page {n}"), in_workspace());
    page["last_edited_time"] = json!(format!("2026-05-01T{minute}:00.000Z"));
    page
}

fn is_trash(asked: &Asked) -> bool {
    asked.body["filter"]["in_trash"] == json!(true)
}

/// A search over these live and trashed things, newest first, so many at once.
async fn searching(live: Vec<Value>, trash: Vec<Value>, size: usize) -> Script {
    Script::start(move |asked: &Asked| {
        if asked.what != "POST /v1/search" {
            return None;
        }
        assert_eq!(asked.body["sort"], json!({"timestamp": "last_edited_time", "direction": "descending"}));
        let from: usize = asked.body["start_cursor"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
        let size = size.min(asked.body["page_size"].as_u64().unwrap() as usize);
        let all = if is_trash(asked) { &trash } else { &live };
        let rows: Vec<Value> = all.iter().skip(from).take(size).cloned().collect();
        let next = (from + size < all.len()).then(|| (from + size).to_string());
        Some(list(rows, next.as_deref()).into())
    })
    .await
}

/// Reads until caught up: what was told, and the last page.
async fn catch_up(source: &dyn Source, cursor: &Cursor) -> (Vec<Change>, ChangePage) {
    let (mut told, mut cursor) = (Vec::new(), cursor.clone());
    for _ in 0..100 {
        let page = source.changes(&feed(), &cursor).await.unwrap();
        told.extend(page.changes.clone());
        assert!(page.cursor != cursor || !page.more, "a place that does not move is no place to go on from");
        cursor = page.cursor.clone();
        if !page.more {
            return (told, page);
        }
    }
    panic!("the feed does not end");
}

fn names(changes: &[Change]) -> Vec<String> {
    let name = |change: &Change| match change {
        Change::Upsert(entry) => entry.name.clone(),
        Change::Look { id } => {
            format!("look {}", id.as_str().trim_start_matches("00000000-0000-4000-8000-0000000000"))
        }
        other => format!("{other:?}"),
    };
    changes.iter().map(name).collect()
}

#[tokio::test]
async fn a_reading_goes_back_to_before_the_watermark_and_no_further() {
    let live = vec![
        edited(1, "10:30"),
        edited(2, "10:29"),
        edited(3, "10:00"),
        edited(4, "09:51"),
        edited(5, "09:49"),
        edited(6, "09:48"),
        edited(7, "09:00"),
    ];
    let before = searching(live[2..].to_vec(), vec![], 2).await;
    let start = before.source().start_cursor(&feed()).await.unwrap();
    let after = searching(live, vec![], 2).await;
    let (told, last) = catch_up(&*after.source(), &start).await;
    // Ten minutes before 10:00: the index may have been late, and minutes are rounded down.
    assert_eq!(names(&told), ["Page 1", "Page 2", "Page 3", "Page 4"]);
    // It ends with the first page that is old throughout.
    assert_eq!(after.asked().iter().filter(|asked| !is_trash(asked)).count(), 3);
    let (told, _) = catch_up(&*after.source(), &last.cursor).await;
    assert_eq!(names(&told), ["Page 1", "Page 2"]);
}

#[tokio::test]
async fn an_edit_that_the_index_learnt_late_is_told() {
    let early = searching(vec![edited(1, "10:04")], vec![], 100).await;
    let start = early.source().start_cursor(&feed()).await.unwrap();
    let late = searching(vec![edited(1, "10:04"), edited(2, "10:00")], vec![], 100).await;
    assert!(names(&catch_up(&*late.source(), &start).await.0).contains(&"Page 2".to_owned()));
}

#[tokio::test]
async fn a_feed_that_began_with_nothing_tells_everything() {
    let empty = searching(vec![], vec![], 100).await;
    let start = empty.source().start_cursor(&feed()).await.unwrap();
    let (told, last) = catch_up(&*empty.source(), &start).await;
    assert!(told.is_empty());
    let full = searching(vec![edited(1, "10:00"), edited(2, "03:00")], vec![], 1).await;
    assert_eq!(names(&catch_up(&*full.source(), &last.cursor).await.0), ["Page 1", "Page 2"]);
}

#[tokio::test]
async fn what_the_index_calls_trashed_is_looked_at_and_not_buried() {
    let mut trashed = edited(3, "10:01");
    trashed["in_trash"] = json!(true);
    let old = edited(4, "08:00");
    let script = searching(vec![edited(1, "10:00")], vec![trashed, old], 100).await;
    let start = script.source().start_cursor(&feed()).await.unwrap();
    let (told, last) = catch_up(&*script.source(), &start).await;
    assert_eq!(names(&told), ["Page 1", "look 03"]);
    assert!(!told.iter().any(|change| matches!(change, Change::Tombstone { .. })));
    // The trash does not move the watermark: what is edited there is not news.
    assert!(last.cursor.as_str().contains("\"mark\":\"2026-05-01T10:00"), "{:?}", last.cursor);
}

#[tokio::test]
async fn the_trash_is_not_looked_through_for_ever_because_nothing_else_happens() {
    let trash: Vec<Value> =
        ["12:00", "11:55", "11:00", "10:30"].iter().zip(3..).map(|(at, n)| edited(n, at)).collect();
    let script = searching(vec![edited(1, "10:00")], trash, 100).await;
    let start = script.source().start_cursor(&feed()).await.unwrap();
    let (told, last) = catch_up(&*script.source(), &start).await;
    assert_eq!(names(&told), ["Page 1", "look 03", "look 04", "look 05", "look 06"]);
    let (told, _) = catch_up(&*script.source(), &last.cursor).await;
    assert_eq!(names(&told), ["Page 1", "look 03", "look 04"]);
}

#[tokio::test]
async fn a_notion_that_cannot_list_its_trash_is_read_all_the_same() {
    let script = Script::start(|asked: &Asked| {
        let refused = || (400, refusal(400, "validation_error", "body.filter.in_trash is not known")).into();
        Some(if is_trash(asked) { refused() } else { Answer::from(list(vec![edited(1, "10:00")], None)) })
    })
    .await;
    let start = script.source().start_cursor(&feed()).await.unwrap();
    let (told, _) = catch_up(&*script.source(), &start).await;
    assert_eq!(names(&told), ["Page 1"]);
}

#[tokio::test]
async fn a_table_brings_its_database_along() {
    let script = Script::start(|asked: &Asked| match asked.what.as_str() {
        "POST /v1/search" if is_trash(asked) => Some(list(vec![], None).into()),
        "POST /v1/search" => Some(
            list(vec![data_source(3, "Tasks", 2, in_page(1)), json!({"object": "page", "id": id(9)})], None)
                .into(),
        ),
        what if what == format!("GET /v1/databases/{}", id(2)) => {
            Some(database(2, "Tasks DB", in_page(1), &[3]).into())
        }
        what if what == format!("GET /v1/pages/{}", id(1)) => Some(page(1, "Home", in_workspace()).into()),
        _ => None,
    })
    .await;
    let source = script.source();
    let start = Cursor::from("{\"mark\":null}");
    let (told, _) = catch_up(&*source, &start).await;
    assert_eq!(names(&told), ["Tasks DB", "Tasks", "look 09"]);
    let parents = |change: &Change| match change {
        Change::Upsert(entry) => entry.parents.clone(),
        _ => Vec::new(),
    };
    assert_eq!(parents(&told[0]), [ProviderItemId::from(id(1))]);
    assert_eq!(parents(&told[1]), [ProviderItemId::from(id(2))]);
}

#[tokio::test]
async fn what_stands_below_the_unshared_stays_at_the_top_whoever_tells() {
    let alone = || {
        let mut page = edited(2, "10:00");
        page["parent"] = in_page(77);
        page
    };
    let script = Script::start(move |asked: &Asked| match asked.what.as_str() {
        "POST /v1/search" if is_trash(asked) => Some(list(vec![], None).into()),
        "POST /v1/search" => Some(list(vec![alone()], None).into()),
        what if what == format!("GET /v1/pages/{}", id(2)) => Some(alone().into()),
        _ => None,
    })
    .await;
    let source = script.source();
    let (told, _) = catch_up(&*source, &Cursor::from("{\"mark\":null}")).await;
    let Change::Upsert(entry) = &told[0] else { panic!("{told:?}") };
    assert_eq!(entry.parents, [ProviderItemId::from("workspace")]);
    assert_eq!(source.get(&entry.id).await.unwrap(), **entry);
    let listed = source.list(&"workspace".into(), None).await.unwrap();
    assert_eq!(listed.entries, std::slice::from_ref(&**entry));
    assert_eq!(script.count(&format!("GET /v1/pages/{}", id(77))), 1, "what was learnt is remembered");
}

#[tokio::test]
async fn places_that_are_none_restart_the_feed() {
    let script = searching(vec![edited(1, "10:00")], vec![], 100).await;
    for nonsense in ["", "x", "[]", "{\"mark\":\"soon\"}"] {
        let error = script.source().changes(&feed(), &Cursor::from(nonsense)).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RestartFeed, "{nonsense}");
    }
    let error = script.source().start_cursor(&FeedKey::from("other")).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Fail);
}

#[tokio::test]
async fn a_search_that_points_at_itself_is_not_read_for_ever() {
    let script = Script::start(|_: &Asked| Some(list(vec![edited(1, "10:00")], Some("same")).into())).await;
    let source = script.source();
    let start = Cursor::from("{\"mark\":null}");
    let first = source.changes(&feed(), &start).await.unwrap();
    let error = source.changes(&feed(), &first.cursor).await.unwrap_err();
    assert_eq!(error.code, "listing_stuck");
}

#[tokio::test]
async fn one_page_that_is_refused_does_not_hold_up_the_others() {
    let script = Script::start(|asked: &Asked| match asked.what.as_str() {
        "POST /v1/search" if is_trash(asked) => Some(list(vec![], None).into()),
        "POST /v1/search" => {
            let mut refused = edited(2, "10:00");
            refused["parent"] = in_page(50);
            Some(list(vec![refused, edited(1, "10:00")], None).into())
        }
        what if what == format!("GET /v1/pages/{}", id(50)) => {
            Some((403, refusal(403, "restricted_resource", "no")).into())
        }
        _ => None,
    })
    .await;
    let (told, _) = catch_up(&*script.source(), &Cursor::from("{\"mark\":null}")).await;
    assert!(
        matches!(&told[0], Change::Failure { reason, .. } if reason.code == "missing_capability"),
        "{told:?}"
    );
    assert_eq!(names(&told[1..]), ["Page 1"]);
}
