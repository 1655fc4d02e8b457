//! Blocks as Markdown, letter by letter.

use serde_json::{Value, json};

use super::make::{block, id, paragraph, text};
use crate::notion::blocks::{Unshown, render};
use crate::notion::properties::Titles;
use crate::notion::walk::Node;
use crate::notion::wire::Block;

/// The page that everything stands on.
const PAGE: u64 = 1;

fn rendered(blocks: Vec<(u16, Value)>) -> (String, Unshown) {
    let node = |(depth, value)| Node { depth, is_foreign: false, block: Block::read(value).unwrap() };
    let nodes: Vec<Node> = blocks.into_iter().map(node).collect();
    render(&id(PAGE), &nodes, &Titles::from([(id(7), "The plan".to_owned())]))
}

fn of_text(kind: &str, words: &str) -> Value {
    block(9, kind, json!({"rich_text": [text(words)]}))
}

fn at(n: u64) -> String {
    format!("https://www.notion.so/{}", id(n).replace('-', ""))
}

fn check(rows: Vec<(Value, &str)>) {
    for (value, expected) in rows {
        let (text, unshown) = rendered(vec![(0, value.clone())]);
        assert_eq!(text, expected, "{value}");
        assert!(unshown.is_empty(), "{value}");
    }
}

#[test]
fn headings_bear_the_name_of_their_block() {
    let name = id(9).replace('-', "");
    for (kind, words, expected) in [
        ("heading_1", "One", "# One"),
        ("heading_2", "Two", "## Two"),
        ("heading_3", "Three\nlines", "### Three lines"),
        ("heading_4", "Four", "#### Four"),
    ] {
        let (text, _) = rendered(vec![(0, of_text(kind, words))]);
        assert_eq!(text, format!("{expected} {{#{name}}}\n"));
    }
    let (text, _) = rendered(vec![(0, of_text("heading_1", ""))]);
    assert!(!text.contains("{#"), "{text:?}");
}

#[test]
fn every_type_of_text_block_has_its_markdown() {
    let task = |done: bool| block(9, "to_do", json!({"rich_text": [text("Buy milk")], "checked": done}));
    let callout = |icon: Value| block(9, "callout", json!({"rich_text": [text("Mind")], "icon": icon}));
    let party = json!({"type": "custom_emoji", "custom_emoji": {"id": id(3), "name": "party", "url": "https://x.example"}});
    let code = |text_: &str, language: &str, caption: Value| {
        block(9, "code", json!({"rich_text": [text(text_)], "language": language, "caption": caption}))
    };
    let meeting =
        |kind: &str, title: Value, status: &str| block(9, kind, json!({"title": title, "status": status}));
    check(vec![
        (of_text("paragraph", "Words"), "Words\n"),
        (of_text("bulleted_list_item", "Point"), "- Point\n"),
        (of_text("numbered_list_item", "First"), "1. First\n"),
        (task(false), "- [ ] Buy milk\n"),
        (task(true), "- [x] Buy milk\n"),
        (of_text("toggle", "More"), "More\n"),
        (of_text("template", "New task"), "New task\n"),
        (of_text("quote", "Said\nso"), "> Said\n> so\n"),
        (callout(json!({"type": "emoji", "emoji": "💡"})), "> 💡 Mind\n"),
        (callout(party), "> :party: Mind\n"),
        (callout(json!({"type": "hologram", "hologram": 1})), "> Mind\n"),
        (
            code("let x = 1;\n# no heading", "rust", json!([text("A caption")])),
            "```rust\nlet x = 1;\n# no heading\n```\n\nA caption\n",
        ),
        (code("a ``` b", "plain text", json!([])), "````\na ``` b\n````\n"),
        (block(9, "equation", json!({"expression": "e=mc^2"})), "$$e=mc^2$$\n"),
        (block(9, "divider", json!({})), "---\n"),
        (meeting("meeting_notes", json!([text("Weekly")]), "notes_ready"), "**Weekly**\n"),
        (
            meeting("transcription", json!([]), "transcription_in_progress"),
            "**Meeting notes** (the notes are not ready yet)\n",
        ),
        (block(9, "table_of_contents", json!({"color": "default"})), ""),
        (block(9, "breadcrumb", json!({})), ""),
        (block(9, "column_list", json!({})), ""),
        (block(9, "column", json!({"width_ratio": 0.5})), ""),
        (block(9, "tab", json!({})), ""),
        (block(9, "synced_block", json!({"synced_from": null})), ""),
        // New in the future, with text in the usual place.
        (of_text("poem", "Roses"), "Roses\n"),
    ]);
}

#[test]
fn long_pages_are_marked_at_blocks_and_begin_anew_at_headings() {
    let paragraph = |n: u64, words: &str| block(n, "paragraph", json!({"rich_text": [text(words)]}));
    let long = "word ".repeat(190);
    let (written, _) = rendered(vec![
        (0, paragraph(2, &long)),
        (0, paragraph(3, "still near, but what comes next is a thousand bytes away")),
        (0, paragraph(4, &long)),
        (0, block(5, "heading_2", json!({"rich_text": [text("Part")]}))),
        (0, paragraph(6, "short")),
        (0, block(7, "quote", json!({"rich_text": [text("said <!-- #x -->")]}))),
        (1, paragraph(8, &long)),
        (1, paragraph(9, "within a quotation")),
        (0, paragraph(10, "last")),
    ]);
    let name = |n: u64| id(n).replace('-', "");
    let marks: Vec<String> =
        written.lines().filter(|line| line.starts_with("<!--")).map(str::to_owned).collect();
    assert_eq!(marks, [4, 10].map(|n| format!("<!-- #{} -->", name(n))), "{written}");
    assert!(written.contains(&format!("## Part {{#{}}}\n", name(5))));
    assert!(written.contains("> said \\<!"), "what people write is no mark: {written}");
}

#[test]
fn every_type_of_block_that_leads_elsewhere_is_a_link() {
    let caption = || json!([text("A caption")]);
    let hosted = json!({"type": "file", "name": "report.pdf", "caption": caption(), "file":
        {"url": "https://files.example/secret/x.pdf?X-Signature=abc", "expiry_time": "2026-05-01T11:00:00.000Z"}});
    let pdf =
        json!({"type": "file", "caption": [], "file": {"url": "https://f.example/a/the%20file.pdf?sig=1"}});
    let external =
        json!({"type": "external", "caption": [], "external": {"url": "https://e.org/pic%20one.png"}});
    let on_page = format!("{}#{}", at(PAGE), id(9).replace('-', ""));
    let picture = "[pic one.png](https://e.org/pic%20one.png)\n";
    check(vec![
        (block(9, "child_page", json!({"title": "Below [it]"})), &format!("[Below \\[it\\]]({})\n", at(9))),
        (block(9, "child_database", json!({"title": ""})), &format!("[Untitled]({})\n", at(9))),
        (block(9, "file", hosted), &format!("[report.pdf]({on_page}) A caption\n")),
        (block(9, "pdf", pdf), &format!("[the file.pdf]({on_page})\n")),
        (block(9, "image", external.clone()), picture),
        (block(9, "video", external.clone()), picture),
        (block(9, "audio", external), picture),
        (
            block(9, "bookmark", json!({"url": "https://e.org/a(b)", "caption": caption()})),
            "[A caption](https://e.org/a%28b%29)\n",
        ),
        (
            block(9, "embed", json!({"url": "https://e.org/e", "caption": []})),
            "[https://e.org/e](https://e.org/e)\n",
        ),
        (block(9, "link_preview", json!({"url": "https://e.org/p"})), "[https://e.org/p](https://e.org/p)\n"),
        (
            block(9, "link_to_page", json!({"type": "page_id", "page_id": id(7)})),
            &format!("[The plan]({})\n", at(7)),
        ),
        (
            block(9, "link_to_page", json!({"type": "database_id", "database_id": id(8)})),
            &format!("[a page that cannot be read]({})\n", at(8)),
        ),
        (block(9, "link_to_page", json!({"type": "comment_id", "comment_id": id(8)})), ""),
    ]);
}

#[test]
fn what_cannot_be_shown_is_counted_by_type() {
    let (text, unshown) = rendered(vec![
        (0, block(1, "unsupported", json!({"block_type": "button"}))),
        (0, block(2, "unsupported", json!({"block_type": "button"}))),
        (0, block(3, "hologram", json!({"depth": 3}))),
        (0, block(4, "image", json!({"type": "file_upload"}))),
        (0, paragraph(5, "Words")),
    ]);
    assert_eq!(text, "Words\n");
    let expected = [("button", 2), ("hologram", 1), ("image", 1)];
    assert_eq!(unshown, expected.map(|(kind, count)| (kind.to_owned(), count)).into());
}

#[test]
fn lists_nest_and_count() {
    let seventh = json!({"rich_text": [text("x")], "list_start_index": 7, "list_format": "letters"});
    let (written, _) = rendered(vec![
        (0, of_text("bulleted_list_item", "a")),
        (1, of_text("bulleted_list_item", "b\nsecond line")),
        (2, of_text("to_do", "c")),
        (1, of_text("numbered_list_item", "d")),
        (1, of_text("numbered_list_item", "e")),
        (2, of_text("paragraph", "below e")),
        (0, of_text("numbered_list_item", "f")),
        (0, of_text("numbered_list_item", "g")),
        (0, of_text("paragraph", "between")),
        (0, block(9, "numbered_list_item", seventh.clone())),
        (0, of_text("numbered_list_item", "y")),
        (0, of_text("bulleted_list_item", "")),
        (0, of_text("numbered_list_item", "z")),
    ]);
    let expected = "\
- a
  - b
    second line
    - [ ] c
  1. d
  2. e

     below e

1. f
2. g

between

7. x
8. y
-
1. z
";
    assert_eq!(written, expected);
}

#[test]
fn quotes_hold_what_is_in_them() {
    let (text, _) = rendered(vec![
        (0, of_text("quote", "outer")),
        (1, of_text("paragraph", "inside")),
        (1, of_text("bulleted_list_item", "point")),
        (1, of_text("quote", "deeper")),
        (0, of_text("paragraph", "after")),
    ]);
    assert_eq!(text, "> outer\n>\n> inside\n>\n> - point\n>\n> > deeper\n\nafter\n");
}

#[test]
fn tables_are_pipes_with_or_without_a_head() {
    let row = |cells: &[&str]| {
        let cells: Vec<Value> = cells.iter().map(|cell| json!([text(cell)])).collect();
        block(9, "table_row", json!({"cells": cells}))
    };
    let table = |head: bool| {
        let body = json!({"table_width": 2, "has_column_header": head, "has_row_header": false});
        rendered(vec![
            (0, block(8, "table", body)),
            (1, row(&["Name", "a|b"])),
            (1, row(&["two\nlines", ""])),
        ])
        .0
    };
    assert_eq!(table(true), "| Name | a\\|b |\n| --- | --- |\n| two lines |  |\n");
    assert_eq!(table(false), "|  |  |\n| --- | --- |\n| Name | a\\|b |\n| two lines |  |\n");
}

#[test]
fn forty_levels_are_forty_margins() {
    let deep =
        (0..40).map(|depth| (depth, of_text("bulleted_list_item", &format!("level {depth}")))).collect();
    let (text, _) = rendered(deep);
    assert_eq!(text.lines().count(), 40);
    assert!(text.ends_with(&format!("{}- level 39\n", " ".repeat(78))));
}
