//! What is inside what, and the traps of Notion's lists.

use gangway_connector::{BrowseRequest, Disposition, EntryPage, Source};
use gangway_model::{Fetchable, ItemKind, PageToken, ProviderItemId};
use serde_json::{Value, json};

use super::make::{
    block, data_source, database, id, in_block, in_page, in_workspace, list, page, paragraph, refusal, text,
    with_children,
};
use super::script::{Answer, Asked, Script};

fn item(n: u64) -> ProviderItemId {
    ProviderItemId::from(id(n))
}

fn get(kind: &str, n: u64) -> String {
    format!("GET /v1/{kind}/{}", id(n))
}

fn children(n: u64) -> String {
    format!("GET /v1/blocks/{}/children", id(n))
}

const SEARCH: &str = "POST /v1/search";

/// Lists to the end.
async fn all(source: &dyn Source, container: &ProviderItemId) -> (Vec<String>, EntryPage) {
    let mut whole = EntryPage::default();
    let mut next: Option<PageToken> = None;
    for _ in 0..100 {
        let page = source.list(container, next.as_ref()).await.unwrap();
        whole.entries.extend(page.entries);
        whole.failures.extend(page.failures);
        whole.incomplete |= page.incomplete;
        next = page.next;
        if next.is_none() {
            let names = whole.entries.iter().map(|entry| entry.name.clone()).collect();
            return (names, whole);
        }
    }
    panic!("the listing does not end");
}

#[tokio::test]
async fn a_page_holds_pages_databases_and_files_wherever_they_stand() {
    let hosted = |name: &str| json!({"type": "file", "name": name, "caption": [], "file": {"url": "https://f.example/x?sig=1"}});
    let mut row = page(1, "Home", in_workspace());
    row["properties"]["Docs"] = json!({"id": "%3Ax", "type": "files", "files": [
        {"name": "cv.pdf", "type": "file", "file": {"url": "https://f.example/cv?sig=1"}},
        {"name": "web", "type": "external", "external": {"url": "https://example.org/web"}}]});
    let mut trashed = block(19, "child_page", json!({"title": "In the trash"}));
    trashed["in_trash"] = json!(true);
    let script = Script::of(vec![
        (get("pages", 1), row),
        (
            children(1),
            list(
                vec![
                    paragraph(10, "text"),
                    block(11, "child_page", json!({"title": "Child"})),
                    with_children(block(12, "toggle", json!({"rich_text": [text("more")]}))),
                    with_children(block(
                        13,
                        "synced_block",
                        json!({"synced_from": {"type": "block_id", "block_id": id(99)}}),
                    )),
                    block(14, "child_database", json!({"title": "Linked"})),
                    trashed,
                    block(15, "hologram", json!({})),
                ],
                None,
            ),
        ),
        (children(12), list(vec![with_children(block(16, "column_list", json!({})))], None)),
        (
            children(16),
            list(
                vec![
                    block(17, "file", hosted("deep.txt")),
                    block(18, "child_database", json!({"title": "DB"})),
                ],
                None,
            ),
        ),
        (children(13), list(vec![block(30, "file", hosted("of another page.txt"))], None)),
        (get("databases", 18), database(18, "Tasks", in_block(16), &[20])),
    ])
    .await;
    let source = script.source();
    let (mut names, listed) = all(&*source, &item(1)).await;
    names.sort();
    assert_eq!(names, ["Child", "Linked", "Tasks", "cv.pdf", "deep.txt", "web"]);
    assert!(!listed.incomplete && listed.failures.is_empty());
    assert!(listed.entries.iter().all(|entry| entry.parents == [item(1)]));
    let kinds = |name: &str| listed.entries.iter().find(|entry| entry.name == name).unwrap();
    assert_eq!(kinds("Child").kind, ItemKind::FileAndContainer);
    assert_eq!(kinds("Tasks").kind, ItemKind::Container);
    assert_eq!(
        (kinds("deep.txt").kind, kinds("deep.txt").id.as_str()),
        (ItemKind::File, &*format!("block:{}", id(17)))
    );
    assert_eq!(kinds("web").id.as_str(), format!("property:{}:1:%3Ax", id(1)));
    assert!(matches!(&kinds("Linked").fetchable, Fetchable::No(reason) if reason.code == "linked_database"));
    assert_eq!(script.count(&children(13)), 0, "what a synced copy shows is listed where the original is");
}

#[tokio::test]
async fn the_token_and_the_version_travel_with_every_call_and_only_questions_are_asked() {
    let script = Script::of(vec![
        (get("pages", 1), page(1, "Home", in_workspace())),
        (children(1), list(vec![], None)),
    ])
    .await;
    all(&*script.source(), &item(1)).await;
    for asked in script.asked() {
        assert_eq!(asked.headers["notion-version"], "2026-03-11", "{asked:?}");
        assert!(asked.what.starts_with("GET") || asked.what == SEARCH, "{asked:?}");
    }
}

#[tokio::test]
async fn an_id_may_name_a_page_a_database_or_a_data_source() {
    let script = Script::start(|asked: &Asked| {
        let table = [
            (get("databases", 2), database(2, "Tasks", in_workspace(), &[3])),
            (get("data_sources", 3), data_source(3, "Tasks", 2, in_workspace())),
        ];
        if asked.what == get("pages", 2) {
            let message = "Provided ID is a database, not a page. Use the retrieve database API instead.";
            return Some((400, refusal(400, "validation_error", message)).into());
        }
        table.into_iter().find(|(what, _)| *what == asked.what).map(|(_, value)| value.into())
    })
    .await;
    let source = script.source();
    let found = source.get(&item(2)).await.unwrap();
    assert_eq!((found.kind, found.name.as_str()), (ItemKind::Container, "Tasks"));
    assert_eq!(found.parents, [ProviderItemId::from("workspace")]);
    let found = source.get(&item(3)).await.unwrap();
    assert_eq!((found.kind, found.parents), (ItemKind::Container, vec![item(2)]));
    // Upper case, without hyphens: the same thing.
    let bare = ProviderItemId::from(id(3).replace('-', "").to_uppercase());
    assert_eq!(source.get(&bare).await.unwrap().id, item(3));
    assert!(source.get(&item(4)).await.unwrap_err().is_gone());
    let (names, _) = all(&*source, &item(2)).await;
    assert_eq!(names, ["Tasks"]);
}

#[tokio::test]
async fn gone_is_only_what_no_kind_knows() {
    let script = Script::start(|asked: &Asked| {
        asked.what.starts_with("GET /v1/data_sources/").then(|| {
            let message = "path failed validation: it is something else";
            (400, refusal(400, "validation_error", message)).into()
        })
    })
    .await;
    let error = script.source().get(&item(1)).await.unwrap_err();
    assert!(!error.is_gone(), "{error:?}");
}

#[tokio::test]
async fn below_the_trash_everything_is_gone_and_below_the_unshared_it_is_at_the_top() {
    let mut trashed = page(1, "Old", in_workspace());
    trashed["in_trash"] = json!(true);
    let script = Script::of(vec![
        (get("pages", 1), trashed),
        (get("pages", 2), page(2, "Between", in_page(1))),
        (get("pages", 3), page(3, "Below", in_page(2))),
        (get("pages", 4), page(4, "Alone", in_page(77))),
        (get("pages", 5), page(5, "In a toggle", in_block(50))),
        (
            get("blocks", 50),
            json!({"object": "block", "id": id(50), "type": "toggle", "toggle": {}, "parent": in_block(51)}),
        ),
        (
            get("blocks", 51),
            json!({"object": "block", "id": id(51), "type": "column", "column": {}, "parent": in_page(4)}),
        ),
        (get("pages", 6), page(6, "Of an agent", json!({"type": "agent_id", "agent_id": id(60)}))),
        (get("pages", 7), page(7, "Of tomorrow", json!({"type": "galaxy_id", "galaxy_id": id(60)}))),
    ])
    .await;
    let source = script.source();
    for n in 1..=3 {
        assert!(source.get(&item(n)).await.unwrap_err().is_gone(), "{n}");
        assert!(source.list(&item(n), None).await.unwrap_err().is_gone(), "{n}");
    }
    let top = [ProviderItemId::from("workspace")];
    for n in [4, 6, 7] {
        assert_eq!(source.get(&item(n)).await.unwrap().parents, top, "{n}");
    }
    assert_eq!(source.get(&item(5)).await.unwrap().parents, [item(4)]);
}

#[tokio::test]
async fn short_pages_and_empty_pages_are_not_the_end() {
    let script = Script::start(|asked: &Asked| {
        if asked.what != children(1) {
            return (asked.what == get("pages", 1)).then(|| page(1, "Home", in_workspace()).into());
        }
        assert!(asked.query["page_size"].parse::<u32>().unwrap() <= 100);
        let child = |n: u64| block(n, "child_page", json!({"title": format!("Page {n}")}));
        Some(match asked.query.get("start_cursor").map(String::as_str) {
            None => list(vec![child(10)], Some("a")).into(),
            Some("a") => list(vec![], Some("b")).into(),
            Some("b") => list(vec![child(11)], Some("c")).into(),
            // A cursor without more leads nowhere.
            _ => {
                let mut last = list(vec![child(12)], Some("d"));
                last["has_more"] = json!(false);
                last.into()
            }
        })
    })
    .await;
    assert_eq!(all(&*script.source(), &item(1)).await.0, ["Page 10", "Page 11", "Page 12"]);
}

#[tokio::test]
async fn a_list_that_points_at_itself_ends_and_admits_the_gap() {
    let script = Script::start(|asked: &Asked| match asked.what.as_str() {
        what if what == get("pages", 1) => Some(page(1, "Home", in_workspace()).into()),
        what if what == children(1) => Some(list(vec![paragraph(10, "x")], Some("again")).into()),
        what if what == get("data_sources", 2) => Some(data_source(2, "T", 3, in_workspace()).into()),
        what if what.ends_with("/query") => Some(list(vec![], Some("again")).into()),
        SEARCH => Some(list(vec![page(1, "Home", in_workspace())], Some("again")).into()),
        _ => None,
    })
    .await;
    let source = script.source();
    assert!(all(&*source, &item(1)).await.1.incomplete);
    assert!(all(&*source, &item(2)).await.1.incomplete);
    assert!(all(&*source, &"workspace".into()).await.1.incomplete);
}

#[tokio::test]
async fn a_refused_cursor_restarts_the_listing_whatever_the_words() {
    let script = Script::start(|asked: &Asked| {
        if asked.query.contains_key("start_cursor") || asked.body.get("start_cursor").is_some() {
            return Some((400, refusal(400, "validation_error", "this is not valid")).into());
        }
        match asked.what.as_str() {
            what if what == get("pages", 1) => Some(page(1, "Home", in_workspace()).into()),
            what if what == children(1) => Some(list(vec![paragraph(1, "x")], Some("n")).into()),
            SEARCH => Some(list(vec![page(1, "Home", in_workspace())], Some("n")).into()),
            _ => None,
        }
    })
    .await;
    let source = script.source();
    let next = source.list(&"workspace".into(), None).await.unwrap().next;
    let error = source.list(&"workspace".into(), next.as_ref()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
    let error = source.list(&item(1), None).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
    // A token of another kind of listing is none of this one.
    let error = source.list(&item(1), next.as_ref()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
}

#[tokio::test]
async fn the_top_is_what_has_no_visible_parent() {
    let mut table_of_one = data_source(21, "Wiki", 20, in_workspace());
    table_of_one["database_parent"] = in_workspace();
    let row = json!({"type": "data_source_id", "data_source_id": id(21), "database_id": id(20)});
    let script = Script::of(vec![
        (
            SEARCH.to_owned(),
            list(
                vec![
                    page(1, "Shared", in_workspace()),
                    page(2, "Below it", in_page(1)),
                    page(3, "Shared alone", in_page(77)),
                    page(4, "A row", row),
                    table_of_one,
                    data_source(22, "Wiki, too", 20, in_workspace()),
                    data_source(31, "Inline", 30, in_page(1)),
                    data_source(41, "Table without its database", 40, in_page(77)),
                    json!({"object": "page", "id": id(50)}),
                    json!({"object": "hologram", "id": id(51)}),
                ],
                None,
            ),
        ),
        (get("data_sources", 21), data_source(21, "Wiki", 20, in_workspace())),
        (get("databases", 20), database(20, "Wiki", in_workspace(), &[21, 22])),
        (get("databases", 30), database(30, "Inline", in_page(1), &[31])),
    ])
    .await;
    let source = script.source();
    let (names, listed) = all(&*source, &"workspace".into()).await;
    assert_eq!(names, ["Shared", "Shared alone", "Wiki", "Table without its database"]);
    assert!(listed.entries.iter().all(|entry| entry.parents == ["workspace".into()]));
    assert!(!listed.incomplete);
    let sort = &script.asked()[0].body["sort"];
    assert_eq!(sort["direction"], "ascending", "what is edited meanwhile must not slip through");
    let top = source.browse(&BrowseRequest { limit: 50, ..BrowseRequest::default() }).await.unwrap();
    assert_eq!(top.entries.len(), 4);
}

#[tokio::test]
async fn right_after_consent_the_index_may_know_nothing() {
    let script = Script::start(|asked: &Asked| {
        (asked.what == SEARCH).then(|| match asked.before {
            0 | 1 => list(vec![], None).into(),
            _ => list(vec![page(1, "Here at last", in_workspace())], None).into(),
        })
    })
    .await;
    let source = script.source();
    // People see an empty list; a sync comes back, and says what it waits for.
    let top = source.browse(&BrowseRequest { limit: 5, ..BrowseRequest::default() }).await.unwrap();
    assert!(top.entries.is_empty());
    let error = source.list(&"workspace".into(), None).await.unwrap_err();
    assert_eq!(error.code, "waiting_for_index");
    let after = Some(std::time::Duration::from_secs(30));
    assert_eq!(error.disposition, Disposition::RetryLater { after });
    assert_eq!(all(&*source, &"workspace".into()).await.0, ["Here at last"]);
}

/// A data source that ends every query after three rows, as Notion does after ten thousand.
fn rows_answer(asked: &Asked, minutes: &[u32]) -> Answer {
    let wanted = |minute: u32| {
        let moment = format!("2026-05-01T08:{minute:02}:00.000Z");
        let bound = &asked.body["filter"]["created_time"];
        let at_least = bound["on_or_after"].as_str().is_none_or(|from| moment.as_str() >= from);
        at_least && bound["after"].as_str().is_none_or(|from| moment.as_str() > from)
    };
    let rows: Vec<Value> = minutes
        .iter()
        .enumerate()
        .filter(|(_, minute)| wanted(**minute))
        .map(|(n, minute)| {
            let mut row = page(100 + n as u64, &format!("Row {n}"), json!({"data_source_id": id(2)}));
            row["created_time"] = json!(format!("2026-05-01T08:{minute:02}:00.000Z"));
            row
        })
        .collect();
    let is_cut = rows.len() > 3;
    let mut answer = list(rows.into_iter().take(3).collect(), None);
    if is_cut {
        answer["request_status"] =
            json!({"type": "incomplete", "incomplete_reason": "query_result_limit_reached"});
    }
    answer.into()
}

async fn rows_of(minutes: &'static [u32]) -> (Vec<String>, bool, usize) {
    let query = format!("POST /v1/data_sources/{}/query", id(2));
    let script = Script::start(move |asked: &Asked| match asked.what.as_str() {
        what if what == get("data_sources", 2) => Some(data_source(2, "T", 3, in_workspace()).into()),
        what if what == query => {
            assert_eq!(asked.body["sorts"][0]["timestamp"], "created_time");
            Some(rows_answer(asked, minutes))
        }
        _ => None,
    })
    .await;
    let (mut names, listed) = all(&*script.source(), &item(2)).await;
    names.sort();
    names.dedup();
    let queries = script.asked().iter().filter(|asked| asked.what.ends_with("/query")).count();
    (names, listed.incomplete, queries)
}

#[tokio::test]
async fn more_rows_than_a_query_gives_come_in_windows() {
    let (names, incomplete, _) = rows_of(&[1, 1, 2, 2, 3, 4, 5]).await;
    assert_eq!((names.len(), incomplete), (7, false));
    let (names, incomplete, queries) = rows_of(&[1, 2, 3]).await;
    assert_eq!((names.len(), incomplete, queries), (3, false, 1));
}

#[tokio::test]
async fn more_rows_in_one_minute_than_a_query_gives_are_admitted() {
    let (names, incomplete, _) = rows_of(&[1, 2, 2, 2, 2, 2, 3, 4]).await;
    assert!(incomplete);
    assert!(names.contains(&"Row 7".to_owned()), "what comes after that minute is there: {names:?}");
}

#[tokio::test]
async fn odd_rows_spoil_themselves_only() {
    let query = format!("POST /v1/data_sources/{}/query", id(2));
    let mut nested = data_source(9, "Table in a wiki", 2, in_workspace());
    nested["object"] = json!("data_source");
    let rows = vec![
        json!({"object": "page", "id": id(5)}),
        nested,
        json!({"object": "page", "id": id(6), "last_edited_time": "2026-05-01T10:00:00.000Z", "properties": [1], "parent": 7, "cover": "x", "icon": {"type": "hologram"}}),
    ];
    let script = Script::of(vec![
        (get("data_sources", 2), data_source(2, "T", 3, in_workspace())),
        (query, list(rows, None)),
    ])
    .await;
    let (names, listed) = all(&*script.source(), &item(2)).await;
    assert_eq!(names, ["Table in a wiki", "Untitled"]);
    assert_eq!(listed.failures.len(), 1);
    assert_eq!(listed.failures[0].1.code, "partial_answer");
}

#[tokio::test]
async fn titles_are_kept_and_never_empty() {
    let long = "x".repeat(2_000);
    let titles = ["a/b", "\u{202e}right to left", "", "   ", "same", "same", long.as_str()];
    let pages =
        titles.iter().enumerate().map(|(n, title)| page(n as u64 + 1, title, in_workspace())).collect();
    let script = Script::of(vec![(SEARCH.to_owned(), list(pages, None))]).await;
    let (names, _) = all(&*script.source(), &"workspace".into()).await;
    assert_eq!(
        names,
        ["a/b", "\u{202e}right to left", "Untitled", "Untitled", "same", "same", long.as_str()]
    );
}
