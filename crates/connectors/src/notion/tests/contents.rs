//! Pages as documents: the whole of them, in order, within bounds, and what becomes of what cannot be read.

use gangway_connector::{Disposition, Entry, FetchLimits};
use gangway_model::ItemKind;
use serde_json::{Value, json};

use super::make::{
    block, id, in_page, in_workspace, list, not_found, page, paragraph, refusal, text, with_children,
};
use super::script::{Answer, Asked, Script, content};

fn entry(n: u64) -> Entry {
    Entry::new(id(n), ItemKind::FileAndContainer, "the page")
}

fn get(n: u64) -> String {
    format!("GET /v1/pages/{}", id(n))
}

fn children(n: u64) -> String {
    format!("GET /v1/blocks/{}/children", id(n))
}

fn toggle(n: u64, words: &str) -> Value {
    with_children(block(n, "toggle", json!({"rich_text": [text(words)]})))
}

/// The text below the front matter.
fn body(document: &str) -> &str {
    document.split_once("\n---\n\n").unwrap().1
}

/// A page number 1 with these blocks, and whatever else.
async fn with_blocks(blocks: Vec<Value>, more: Vec<(String, Value)>) -> Script {
    let mut table = vec![(get(1), page(1, "Home", in_workspace())), (children(1), list(blocks, None))];
    table.extend(more);
    Script::of(table).await
}

async fn body_of(script: &Script) -> String {
    body(&content(&*script.source(), &entry(1)).await.unwrap()).to_owned()
}

#[tokio::test]
async fn a_row_says_where_it_stands_and_what_its_properties_are() {
    let mut row = page(3, "Fix [it]\nsoon", json!({"data_source_id": id(2), "database_id": id(20)}));
    row["properties"]["Status"] = json!({"id": "a", "type": "status", "status": {"name": "Done"}});
    row["properties"]["Blocks"] =
        json!({"id": "b", "type": "relation", "relation": [{"id": id(4)}, {"id": id(5)}]});
    row["is_archived"] = json!(true);
    let source = |n: u64| format!("GET /v1/data_sources/{}", id(n));
    let script = Script::of(vec![
        (get(3), row),
        (children(3), list(vec![paragraph(10, "Words")], None)),
        (source(2), super::make::data_source(2, "Tasks", 20, in_page(1))),
        (format!("GET /v1/databases/{}", id(20)), super::make::database(20, "Tasks", in_page(1), &[2])),
        (get(1), page(1, "Team / Home", in_page(88))),
        (get(4), page(4, "Other", in_workspace())),
    ])
    .await;
    let written = content(&*script.source(), &entry(3)).await.unwrap();
    let expected = format!(
        "---\ntitle: Fix [it] soon\n\
         Blocks: Other (https://www.notion.so/{}), 1 page that cannot be read\nStatus: Done\narchived: Yes\n\
         ---\n\nWords\n",
        id(4).replace('-', "")
    );
    assert_eq!(written, expected);
}

#[tokio::test]
async fn levels_come_in_order_across_pages_of_lists() {
    let script = Script::start(|asked: &Asked| {
        let cursor = asked.query.get("start_cursor").map(String::as_str);
        let answer = match (asked.what.as_str(), cursor) {
            (what, None) if what == get(1) => page(1, "Home", in_workspace()),
            (what, None) if what == children(1) => {
                list(vec![paragraph(10, "one"), toggle(11, "two")], Some("next"))
            }
            (what, Some("next")) if what == children(1) => list(vec![paragraph(14, "five")], None),
            (what, None) if what == children(11) => {
                list(vec![toggle(12, "three"), paragraph(15, "four")], None)
            }
            (what, None) if what == children(12) => list(vec![paragraph(13, "deep")], None),
            _ => return None,
        };
        Some(answer.into())
    })
    .await;
    assert_eq!(body_of(&script).await, "one\n\ntwo\n\nthree\n\ndeep\n\nfour\n\nfive\n");
}

#[tokio::test]
async fn child_pages_are_links_and_never_content() {
    let child = with_children(block(11, "child_page", json!({"title": "Child"})));
    let table = with_children(block(12, "child_database", json!({"title": "Tasks"})));
    let script = with_blocks(vec![child, table, paragraph(13, "end")], vec![]).await;
    assert!(body_of(&script).await.starts_with("[Child](https://"));
    assert_eq!(script.count(&children(11)) + script.count(&children(12)), 0);
}

#[tokio::test]
async fn synced_blocks_are_read_where_they_may_and_never_round_in_circles() {
    let copy = |n: u64, of: u64| {
        with_children(block(
            n,
            "synced_block",
            json!({"synced_from": {"type": "block_id", "block_id": id(of)}}),
        ))
    };
    let original = with_children(block(11, "synced_block", json!({"synced_from": null})));
    let file = block(
        16,
        "file",
        json!({"type": "file", "name": "a.txt", "file": {"url": "https://f.example/a?s=1"}}),
    );
    let script = with_blocks(
        vec![original, copy(12, 90), copy(13, 91)],
        vec![
            // The original holds a copy of itself; the readable copy holds one of itself as well.
            (children(11), list(vec![paragraph(14, "original"), copy(15, 11)], None)),
            (
                children(12),
                list(vec![paragraph(17, "from elsewhere"), file, copy(12, 90), copy(18, 90)], None),
            ),
        ],
    )
    .await;
    let source = script.source();
    let written = content(&*source, &entry(1)).await.unwrap();
    let on_page = format!("https://www.notion.so/{}#{}", id(1).replace('-', ""), id(16).replace('-', ""));
    let expected = format!(
        "original\n\nfrom elsewhere\n\n[a.txt]({on_page})\n\n\
         *Not readable through Notion's API: 1 × synced block whose original is not shared.*\n"
    );
    assert_eq!(body(&written), expected);
    // The file belongs to the page of the original, and is listed there.
    assert!(source.list(&id(1).into(), None).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn meeting_notes_are_read_from_their_three_places() {
    let places = json!({"summary_block_id": id(21), "notes_block_id": id(22), "transcript_block_id": id(23)});
    let meeting = block(
        11,
        "meeting_notes",
        json!({"title": [text("Weekly")], "status": "notes_ready", "children": places}),
    );
    let script = with_blocks(
        vec![with_children(meeting)],
        vec![
            (children(21), list(vec![paragraph(31, "summary")], None)),
            (children(22), list(vec![paragraph(32, "notes")], None)),
        ],
    )
    .await;
    let expected = "**Weekly**\n\nsummary\n\nnotes\n\n\
                    *Not readable through Notion's API: 1 × meeting notes that are not ready.*\n";
    assert_eq!(body_of(&script).await, expected);
}

#[tokio::test]
async fn unknown_things_are_counted_and_hold_up_nothing() {
    let mut bare = json!({"object": "block", "id": id(12)});
    bare["parent"] = json!({"type": "galaxy_id"});
    let blocks = vec![
        block(11, "unsupported", json!({"block_type": "form"})),
        bare,
        json!({"object": "block"}),
        json!(7),
        with_children(block(13, "hologram", json!({}))),
    ];
    let script = with_blocks(blocks, vec![(children(13), list(vec![paragraph(14, "inside")], None))]).await;
    let expected = "inside\n\n*Not readable through Notion's API: 3 × block, 1 × form.*\n";
    assert_eq!(body_of(&script).await, expected);
}

#[tokio::test]
async fn a_page_that_vanishes_while_it_is_read_is_gone_and_nothing_else_is() {
    // The page goes to the trash, or out of reach, or only one of its blocks is removed.
    for (later, disposition) in
        [(Some(true), Some(Disposition::Gone)), (None, Some(Disposition::Gone)), (Some(false), None)]
    {
        let script = Script::start(move |asked: &Asked| {
            if asked.what == get(1) {
                let mut page = page(1, "Home", in_workspace());
                return match (asked.before, later) {
                    (0, _) => Some(page.into()),
                    (_, Some(trashed)) => {
                        page["in_trash"] = json!(trashed);
                        Some(page.into())
                    }
                    (_, None) => Some(not_found().into()),
                };
            }
            let first = || list(vec![toggle(11, "was here"), paragraph(12, "still here")], None);
            (asked.what == children(1)).then(|| first().into())
        })
        .await;
        let answer = content(&*script.source(), &entry(1)).await;
        assert_eq!(answer.as_ref().err().map(|error| error.disposition), disposition, "{answer:?}");
        if let Ok(text) = answer {
            assert_eq!(body(&text), "was here\n\nstill here\n");
        }
    }
}

#[tokio::test]
async fn an_outage_in_the_middle_is_no_shorter_page() {
    let script = Script::start(|asked: &Asked| match asked.what.as_str() {
        what if what == get(1) => Some(page(1, "Home", in_workspace()).into()),
        what if what == children(1) => Some(list(vec![toggle(11, "more")], None).into()),
        _ => Some(Answer::Bytes(502, "text/html", b"<html>Bad gateway</html>".to_vec())),
    })
    .await;
    let error = content(&*script.source(), &entry(1)).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
}

#[tokio::test]
async fn a_cursor_refused_in_the_middle_means_reading_once_more_from_the_start() {
    let refused = |times: usize| {
        Script::start(move |asked: &Asked| {
            if asked.what != children(1) {
                return (asked.what == get(1)).then(|| page(1, "Home", in_workspace()).into());
            }
            let stale = || (400, refusal(400, "validation_error", "start_cursor is not valid"));
            Some(match (asked.query.contains_key("start_cursor"), asked.before < 2 * times) {
                (false, _) => list(vec![paragraph(10, "one")], Some("next")).into(),
                (true, true) => stale().into(),
                (true, false) => list(vec![paragraph(11, "two")], None).into(),
            })
        })
    };
    assert_eq!(body_of(&refused(1).await).await, "one\n\ntwo\n");
    let error = content(&*refused(99).await.source(), &entry(1)).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
}

#[tokio::test]
async fn depth_without_end_is_cut_off_and_says_so() {
    let script = Script::start(|asked: &Asked| {
        if asked.what == get(1) {
            return Some(page(1, "Home", in_workspace()).into());
        }
        // Below every block there is another.
        Some(list(vec![toggle(1_000 + asked.before as u64, "down")], None).into())
            .filter(|_| asked.what.ends_with("/children"))
    })
    .await;
    let rule = Script::start(|asked: &Asked| {
        if asked.what == get(1) {
            return Some(page(1, "Home", in_workspace()).into());
        }
        let path = asked.what.strip_suffix("/children")?;
        let n: u64 = path.rsplit('-').next()?.parse().ok()?;
        Some(list(vec![toggle(n + 1, "down")], None).into())
    })
    .await;
    for script in [script, rule] {
        let written = content(&*script.source(), &entry(1)).await.unwrap();
        assert!(
            written.ends_with("\n*The page is longer than this: the rest was cut off.*\n")
                || script.asked().len() < 10
        );
        assert!(script.asked().len() < 150, "{} calls", script.asked().len());
    }
}

#[tokio::test]
async fn twenty_thousand_blocks_are_enough() {
    let script = Script::start(|asked: &Asked| {
        if asked.what == get(1) {
            return Some(page(1, "Home", in_workspace()).into());
        }
        let from: u64 = asked.query.get("start_cursor").map_or(0, |cursor| cursor.parse().unwrap());
        let blocks = (from..from + 100).map(|n| block(10 + n, "divider", json!({}))).collect();
        Some(list(blocks, Some(&(from + 100).to_string())).into())
    })
    .await;
    let source = script.source();
    let written = content(&*source, &entry(1)).await.unwrap();
    assert!(written.ends_with("the rest was cut off.*\n"));
    assert_eq!(body(&written).lines().filter(|line| *line == "---").count(), 20_000);
    assert!(script.asked().len() < 210, "{} calls", script.asked().len());
}

#[tokio::test]
async fn a_page_larger_than_the_limit_is_refused_without_reading_it_all() {
    let long = "x".repeat(1_000);
    let script = Script::start(move |asked: &Asked| {
        if asked.what == get(1) {
            return Some(page(1, "Home", in_workspace()).into());
        }
        let from: u64 = asked.query.get("start_cursor").map_or(0, |cursor| cursor.parse().unwrap());
        let blocks = (from..from + 10).map(|n| paragraph(10 + n, &long)).collect();
        Some(list(blocks, Some(&(from + 10).to_string())).into())
    })
    .await;
    let error = script.source().fetch(&entry(1), &FetchLimits { max_bytes: 50_000 }).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("too_large", Disposition::SkipItem));
    assert!(script.asked().len() < 10, "{} calls", script.asked().len());
}

#[tokio::test]
async fn listing_a_page_whose_content_was_just_read_reads_no_blocks_again() {
    let child = block(11, "child_page", json!({"title": "Child"}));
    let script = with_blocks(vec![child, paragraph(12, "x")], vec![]).await;
    let source = script.source();
    content(&*source, &entry(1)).await.unwrap();
    let listed = source.list(&id(1).into(), None).await.unwrap();
    assert_eq!((listed.entries.len(), listed.next.is_none()), (1, true));
    assert_eq!((script.count(&get(1)), script.count(&children(1))), (1, 1));
    // Once: the next listing reads for itself, and finds the same.
    assert_eq!(source.list(&id(1).into(), None).await.unwrap().entries, listed.entries);
    assert_eq!(script.count(&children(1)), 2);
}

#[tokio::test]
async fn references_beyond_twenty_five_are_asked_for_by_the_propertys_own_name() {
    let some = |range: std::ops::Range<u64>| range.map(|n| json!({"id": id(n)})).collect::<Vec<_>>();
    let mut row = page(1, "Home", in_workspace());
    row["properties"]["Links"] =
        json!({"id": "%3AU~p", "type": "relation", "relation": some(100..125), "has_more": true});
    row["properties"]["Bad"] =
        json!({"id": "..", "type": "relation", "relation": some(100..125), "has_more": true});
    let script = Script::start(move |asked: &Asked| match asked.what.as_str() {
        what if what == get(1) => Some(row.clone().into()),
        what if what == children(1) => Some(list(vec![], None).into()),
        what if what == format!("GET /v1/pages/{}/properties/%3AU~p", id(1)) => {
            let part = |n| json!({"object": "property_item", "type": "relation", "relation": {"id": id(n)}});
            Some(match asked.query.get("start_cursor") {
                None => list((100..130).map(part).collect(), Some("next")).into(),
                Some(_) => list((130..140).map(part).collect(), None).into(),
            })
        }
        _ => None,
    })
    .await;
    let written = content(&*script.source(), &entry(1)).await.unwrap();
    assert!(written.contains("\nLinks: 40 pages that cannot be read\n"), "{written}");
    assert!(written.contains("\nBad: 25 pages that cannot be read\n"), "{written}");
    let asked = script.asked();
    assert!(asked.iter().all(|asked| !asked.what.contains("..")), "an odd name is never sent");
    assert!(
        asked.iter().filter(|asked| asked.what.starts_with("GET /v1/pages/")).count() < 35,
        "titles are bounded"
    );
}

#[tokio::test]
async fn the_same_page_is_the_same_text_whatever_the_links_are_signed_with() {
    let text_of = async |signature: &str| {
        let url = format!("https://f.example/a.pdf?X-Signature={signature}");
        let file = json!({"type": "file", "name": "a.pdf", "caption": [], "file": {"url": url, "expiry_time": signature}});
        let script = with_blocks(vec![block(11, "pdf", file)], vec![]).await;
        let listed = script.source().list(&id(1).into(), None).await.unwrap().entries;
        (content(&*script.source(), &entry(1)).await.unwrap(), listed)
    };
    let (first, second) = (text_of("one").await, text_of("two").await);
    assert_eq!(first, second);
    assert!(!first.0.contains("X-Signature") && !format!("{:?}", first.1).contains("X-Signature"));
}
