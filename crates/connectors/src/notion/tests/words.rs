//! Runs of text: marks, mentions, and words that look like marks.

use serde_json::{Value, json};

use super::make::{id, run, text};
use crate::notion::rich_text::{RichText, markdown, plain, runs};

fn written(value: &Value) -> (String, String) {
    let runs: Vec<RichText> = runs(value);
    (markdown(&runs), plain(&runs))
}

#[test]
fn marks_touch_the_words() {
    let marked = |words: &str, marks: Value| run(words, json!({"annotations": marks}));
    let bold = || json!({"bold": true});
    let link = json!({"href": "https://example.org/x", "annotations": {"italic": true}});
    let inner = json!({"href": "/0000000000004000800000000000000a"});
    for (runs, expected) in [
        (json!([text("plain")]), "plain"),
        (json!([marked("bold ", bold()), text("then")]), "**bold** then"),
        (json!([marked(" x ", json!({"bold": true, "italic": true}))]), " ***x*** "),
        (json!([marked("a*b", json!({"code": true, "bold": true}))]), "**`a*b`**"),
        (json!([marked("a`b", json!({"code": true}))]), "``a`b``"),
        (json!([marked("one", bold()), marked("two", json!({"bold": true, "color": "red"}))]), "**onetwo**"),
        (json!([marked("no", json!({"strikethrough": true}))]), "~~no~~"),
        (json!([marked("under", json!({"underline": true}))]), "under"),
        (json!([run("here", link)]), "[*here*](https://example.org/x)"),
        (json!([run("in", inner)]), "[in](https://www.notion.so/0000000000004000800000000000000a)"),
        (json!([marked("   ", bold())]), "   "),
        (json!([{"type": "equation", "equation": {"expression": "x_1"}, "plain_text": "x_1"}]), "$x_1$"),
        (json!([{"type": "hologram", "plain_text": "still here"}]), "still here"),
        (json!([{"plain_text": 7}, "x", null, {"plain_text": "rest", "annotations": null}]), "rest"),
    ] {
        assert_eq!(written(&runs).0, expected, "{runs}");
    }
}

#[test]
fn words_that_look_like_marks_stay_words() {
    for (words, expected) in [
        ("2 * 3 * 4", "2 \\* 3 \\* 4"),
        ("snake_case and _this_", "snake_case and \\_this\\_"),
        ("# not a heading", "\\# not a heading"),
        ("#hashtag", "#hashtag"),
        ("- not a point", "\\- not a point"),
        ("-5 degrees", "-5 degrees"),
        ("---", "\\---"),
        ("1. not a list", "1\\. not a list"),
        ("In 2026. A year", "In 2026. A year"),
        ("> no quote", "\\> no quote"),
        ("a < b > c", "a < b > c"),
        ("<script>", "\\<script>"),
        ("[x](y)", "\\[x\\](y)"),
        ("C:\\dir", "C:\\dir"),
        ("first\n# second", "first\n\\# second"),
        ("ünïcödé 🚀 – \u{202e}rtl", "ünïcödé 🚀 – \u{202e}rtl"),
    ] {
        assert_eq!(written(&json!([text(words)])), (expected.to_owned(), words.to_owned()), "{words}");
    }
}

#[test]
fn mentions_say_what_they_mean() {
    let plan = format!("https://www.notion.so/{}", id(7).replace('-', ""));
    let day = json!({"start": "2026-05-01", "end": "2026-05-03", "time_zone": "Europe/Berlin"});
    let today = json!({"type": "template_mention_date", "template_mention_date": "today"});
    for (told, kind, body, markdown, plain) in [
        ("@Ada", "user", json!({"object": "user", "id": id(2), "name": "Ada"}), "@Ada", "@Ada"),
        ("Ada", "user", json!({"id": id(2)}), "@Ada", "@Ada"),
        ("", "user", json!({"object": "user", "id": id(2)}), "@somebody", "@somebody"),
        ("The plan", "page", json!({"id": id(7)}), &*format!("[The plan]({plan})"), "The plan"),
        ("", "database", json!({"id": id(7)}), &*format!("[Untitled]({plan})"), "Untitled"),
        (
            "x",
            "date",
            day,
            "2026-05-01 → 2026-05-03 (Europe/Berlin)",
            "2026-05-01 → 2026-05-03 (Europe/Berlin)",
        ),
        (
            "",
            "link_preview",
            json!({"url": "https://e.org/1"}),
            "[https://e.org/1](https://e.org/1)",
            "https://e.org/1",
        ),
        (
            "https://e.org",
            "link_mention",
            json!({"href": "https://e.org", "title": "E"}),
            "[E](https://e.org)",
            "E",
        ),
        ("@Today", "template_mention", today, "@Today", "@Today"),
        ("", "custom_emoji", json!({"id": id(1), "name": "party"}), ":party:", ":party:"),
        ("new thing", "agent", json!({"id": id(1)}), "new thing", "new thing"),
    ] {
        let mention = json!([{"type": "mention", "mention": {"type": kind, kind: body}, "plain_text": told, "href": null}]);
        assert_eq!(written(&mention), (markdown.to_owned(), plain.to_owned()), "{mention}");
    }
}
