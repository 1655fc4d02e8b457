//! Slack's markup, every form of it, as Markdown and as plain words.

use serde_json::{Value, json};

use crate::slack::blocks;
use crate::slack::mrkdwn::{Emoji, Piece, decode, encode, markdown, plain, read};
use crate::slack::people::Directory;

fn directory() -> Directory {
    Directory::of(
        &[("U012AB3CD", "ada"), ("W1", "Grace Hopper")],
        &[("C123", "general")],
        &[("S123", "on-call")],
    )
}

fn md(text: &str) -> String {
    markdown(text, &directory(), &Emoji::new())
}

fn words(text: &str) -> String {
    plain(text, &directory(), &Emoji::new())
}

#[test]
fn mentions_become_names() {
    for (raw, shown) in [
        ("<@U012AB3CD>", "@ada"),
        ("<@U012AB3CD|old-name>", "@ada"),
        ("<@W1> hi", "@Grace Hopper hi"),
        ("<@U0UNKNOWN|bob>", "@bob"),
        ("<@U0UNKNOWN>", "@U0UNKNOWN"),
        ("<#C123|general>", "#general"),
        ("<#C123>", "#general"),
        ("<#C123|>", "#general"),
        ("<#C0UNKNOWN>", "#C0UNKNOWN"),
        ("<!subteam^S123|@team>", "@team"),
        ("<!subteam^S123>", "@on-call"),
        ("<!subteam^S0UNKNOWN>", "@S0UNKNOWN"),
        ("<!here>", "@here"),
        ("<!channel|channel>", "@channel"),
        ("<!everyone>", "@everyone"),
        ("<!somethingnew|shown>", "shown"),
    ] {
        assert_eq!(md(raw), shown, "{raw}");
        assert_eq!(words(raw), shown, "{raw}");
    }
}

#[test]
fn dates_show_their_words_or_the_moment() {
    let linked = "<!date^1392734382^{date} at {time}^https://example.com/|Feb 18, 2014 PST>";
    assert_eq!(md(linked), "Feb 18, 2014 PST");
    assert_eq!(md("<!date^1392734382^{date}>"), "2014-02-18 14:39 UTC");
    assert_eq!(md("<!date^soon^{date}>"), "soon");
}

#[test]
fn links_keep_their_words_and_their_address() {
    for (raw, shown, spoken) in [
        ("<https://x.y|text>", "[text](https://x.y)", "text"),
        ("<https://x.y>", "https://x.y", "https://x.y"),
        ("<https://x.y|https://x.y>", "https://x.y", "https://x.y"),
        ("<https://x.y?a=1&amp;b=2|q&amp;a>", "[q&a](https://x.y?a=1&b=2)", "q&a"),
        ("<https://x.y/(z)|text>", "[text](<https://x.y/(z)>)", "text"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c", "a@b.c"),
        ("<mailto:a@b.c|write us>", "[write us](mailto:a@b.c)", "write us"),
        ("<tel:+49123|+49123>", "+49123", "+49123"),
    ] {
        assert_eq!((md(raw).as_str(), words(raw).as_str()), (shown, spoken), "{raw}");
    }
}

#[test]
fn escapes_are_decoded_once_and_after_the_tags() {
    assert_eq!(md("a &lt;b&gt; &amp; c"), "a <b> & c");
    assert_eq!(md("&amp;lt;"), "&lt;");
    assert_eq!(md("&lt;@U012AB3CD&gt;"), "<@U012AB3CD>", "written by hand, it mentions nobody");
    assert_eq!(md("&quot; &nbsp;"), "&quot; &nbsp;", "there are only three");
    for text in ["a < b > c & d", "&lt;", "<@U1>", ""] {
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(words(&encode(text)), text);
    }
}

#[test]
fn markers_count_only_in_pairs_at_the_borders_of_words() {
    for (raw, shown, spoken) in [
        ("*bold* _it_ ~gone~", "**bold** _it_ ~~gone~~", "bold it gone"),
        ("*_both_*", "**_both_**", "both"),
        ("*two words*, then", "**two words**, then", "two words, then"),
        ("2*3*4", "2*3*4", "2*3*4"),
        ("snake_case_name", "snake_case_name", "snake_case_name"),
        ("* not bold *", "* not bold *", "* not bold *"),
        ("*open", "*open", "*open"),
        ("**", "**", "**"),
        ("*a\nb*", "*a\nb*", "*a\nb*"),
        ("*<@U012AB3CD>* said", "**@ada** said", "@ada said"),
    ] {
        assert_eq!((md(raw).as_str(), words(raw).as_str()), (shown, spoken), "{raw}");
    }
}

#[test]
fn nothing_is_read_inside_code() {
    assert_eq!(md("`*x* <@U012AB3CD> &lt;`"), "`*x* <@U012AB3CD> <`");
    assert_eq!(
        md("see ```if a &lt; b {\n  *x*\n}``` done"),
        "see\n```\nif a < b {\n  *x*\n}\n```\n done".replace("see\n", "see \n")
    );
    assert_eq!(md("a ` b"), "a ` b");
    assert_eq!(md("```open"), "```open");
    assert_eq!(words("`x` and ```y```"), "x and y");
}

#[test]
fn quotes_stay_quotes_and_accidental_headings_are_none() {
    assert_eq!(md("&gt; said\nanswer"), "> said\nanswer");
    assert_eq!(md("&gt;&gt;&gt;one\ntwo"), "> one\n> two");
    assert_eq!(md("# not a heading"), "\\# not a heading");
    assert_eq!(md("text\n---\nmore"), "text\n\\---\nmore");
    assert_eq!(words("&gt; said"), "said");
}

#[test]
fn broken_and_hostile_text_is_kept_as_it_is() {
    for text in ["<", "<>", "a < b", "<<<<", "`", "``", "<@>", "<!>", "*", "_~*", "<@U012AB3CD", "\u{0}"] {
        assert!(!md(text).is_empty(), "{text}");
    }
    for unit in ["<", "*a ", "`", "<@", "&lt;", "~", "```a``"] {
        let long = unit.repeat(40_000 / unit.len());
        assert!(md(&long).len() >= 10_000 && words(&long).len() >= 10_000, "{unit}");
    }
    assert_eq!(read("<@u_lower>"), [Piece::Words("@u_lower".to_owned())]);
}

fn rich(elements: Value) -> Vec<Value> {
    vec![json!({"type": "rich_text", "elements": elements})]
}

#[test]
fn rich_text_says_what_the_text_says() {
    let section = |elements: Value| json!({"type": "rich_text_section", "elements": elements});
    let blocks = rich(json!([
        section(json!([
            {"type": "text", "text": "Hello "},
            {"type": "user", "user_id": "U012AB3CD"},
            {"type": "text", "text": " in "},
            {"type": "channel", "channel_id": "C123"},
            {"type": "text", "text": ": "},
            {"type": "text", "text": "a < b ", "style": {"bold": true}},
            {"type": "link", "url": "https://x.y/?a&b", "text": "here"},
            {"type": "text", "text": "x && y", "style": {"code": true}},
            {"type": "usergroup", "usergroup_id": "S123"},
            {"type": "broadcast", "range": "here"},
        ])),
        {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements":
            [section(json!([{"type": "text", "text": "one"}])), section(json!([{"type": "text", "text": "two"}]))]},
        {"type": "rich_text_list", "style": "ordered", "indent": 1, "elements":
            [section(json!([{"type": "text", "text": "first"}]))]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said\nso"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "let a = 1;"}]},
    ]));
    let expected = "Hello @ada in #general: **a < b** [here](https://x.y/?a&b)`x && y`@on-call@here\n\
        - one\n- two\n    1. first\n> said\n> so\n```\nlet a = 1;\n```";
    assert_eq!(md(&blocks::of_blocks(&blocks)), expected);
    assert!(!blocks::replace_text(&blocks));
}

#[test]
fn emoji_are_shown_where_slack_tells_them() {
    let blocks = rich(json!([{"type": "rich_text_section", "elements": [
        {"type": "emoji", "name": "tada", "unicode": "1f389"},
        {"type": "emoji", "name": "+1", "unicode": "1f44d-1f3fb", "skin_tone": 2},
        {"type": "emoji", "name": "partyparrot"},
    ]}]));
    let mut emoji = Emoji::new();
    blocks::emoji_of(&blocks, &mut emoji);
    emoji.insert("+1".to_owned(), "👍".to_owned());
    let text = ":tada: :+1::skin-tone-2: :+1: :partyparrot: :smile:";
    assert_eq!(markdown(text, &directory(), &emoji), "🎉 👍🏻 👍 :partyparrot: :smile:");
    assert_eq!(markdown("`:tada:`", &directory(), &emoji), "`:tada:`");
    assert_eq!(md(&blocks::of_blocks(&blocks)), ":tada::+1::skin-tone-2::partyparrot:");
}

#[test]
fn blocks_of_apps_are_read_in_place_of_the_text() {
    let blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": "Build <main> failed"}}),
        json!({"type": "section", "text": {"type": "mrkdwn", "text": "*3* tests in <https://ci|CI>"},
            "fields": [{"type": "mrkdwn", "text": "*Branch*\nmain"}]}),
        json!({"type": "divider"}),
        json!({"type": "context", "elements": [{"type": "image", "alt_text": "logo"}, {"type": "plain_text", "text": "by CI"}]}),
        json!({"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Retry"}}]}),
        json!({"type": "image", "alt_text": "a chart"}),
        json!({"type": "something_new", "text": 7}),
        json!("no object"),
    ];
    assert!(blocks::replace_text(&blocks));
    let expected =
        "Build <main> failed\n**3** tests in [CI](https://ci)\n**Branch**\nmain\nlogo by CI\na chart";
    assert_eq!(md(&blocks::of_blocks(&blocks)), expected);
}

#[test]
fn attachments_are_read_and_previews_of_links_are_not() {
    let alert = json!({"pretext": "Alert", "author_name": "Pager", "title": "Disk", "title_link": "https://x.y",
        "text": "*full*", "fields": [{"title": "Host", "value": "db1"}], "footer": "now", "fallback": "unused"});
    let bare = json!({"fallback": "only this"});
    let preview = json!({"from_url": "https://x.y", "title": "A page", "text": "preview"});
    let quoted = json!({"is_msg_unfurl": true, "from_url": "https://x.y", "author_name": "Grace", "text": "as I said"});
    let of = |attachment: Value| md(&blocks::of_attachments(&[attachment]));
    assert_eq!(of(alert), "Alert\nPager\n[Disk](https://x.y)\n**full**\nHost: db1\nnow");
    assert_eq!(of(bare), "only this");
    assert_eq!(of(preview), "");
    assert_eq!(of(quoted), "Grace\nas I said");
}

#[test]
fn deep_and_endless_blocks_are_bounded() {
    let mut deep = json!({"type": "text", "text": "deep"});
    for _ in 0..100 {
        deep = json!({"type": "rich_text_section", "elements": [deep]});
    }
    assert_eq!(blocks::of_blocks(&rich(json!([deep.clone()]))), "");
    blocks::emoji_of(&rich(json!([deep])), &mut Emoji::new());
    let many = vec![json!({"type": "header", "text": {"type": "plain_text", "text": "x"}}); 30_000];
    assert_eq!(blocks::of_blocks(&many).lines().count(), 10_000);
}
