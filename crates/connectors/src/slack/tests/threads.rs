//! Threads as documents: golden Markdown, names, and what counts as a change.

use serde_json::{Value, json};

use crate::slack::cursor::Seen;
use crate::slack::people::Directory;
use crate::slack::thread;
use crate::slack::wire::Message;

fn message(value: Value) -> Message {
    serde_json::from_value(value).unwrap()
}

fn directory() -> Directory {
    Directory::of(&[("U1", "Ada"), ("U2", "Grace"), ("B1", "Deploys")], &[], &[])
}

#[test]
fn a_thread_is_one_document_with_its_replies_set_in() {
    let messages = [
        message(
            json!({"user": "U1", "ts": "1767225600.000100", "thread_ts": "1767225600.000100", "reply_count": 4,
            "text": "Who has the *plan*?\n&gt; the old one", "files": [{"id": "F1", "title": "Plan [v2]", "permalink": "https://a/F1"}]}),
        ),
        message(
            json!({"user": "U2", "ts": "1767225660.000100", "thread_ts": "1767225600.000100", "text": "<@U1> me\n\nhere"}),
        ),
        message(json!({"subtype": "bot_message", "bot_id": "B1", "ts": "1767225720.000100",
            "thread_ts": "1767225600.000100", "text": "", "attachments": [{"fallback": "deployed"}]})),
        message(json!({"subtype": "thread_broadcast", "user": "U9", "ts": "1767225780.000100",
            "thread_ts": "1767225600.000100", "text": "to all"})),
        message(json!({"subtype": "channel_join", "user": "U9", "ts": "1767225790.000100",
            "thread_ts": "1767225600.000100", "text": "<@U9> has joined"})),
    ];
    let expected = "**Ada** · 2026-01-01 00:00 UTC\n\n\
        Who has the **plan**?\n> the old one\n\n\
        Attached: [Plan  v2 ](https://a/F1)\n\n\
        > **Grace** · 2026-01-01 00:01 UTC\n>\n> @Ada me\n>\n> here\n\n\
        > **Deploys** · 2026-01-01 00:02 UTC\n>\n> deployed\n\n\
        > **U9** · 2026-01-01 00:03 UTC\n>\n> to all\n";
    let mut wanted = thread::wanted(&messages);
    wanted.person("U1");
    assert_eq!(thread::markdown(&messages, &directory()), expected);
}

/// What is found far down a thread is opened there: as the documentation of `chat.getPermalink` writes addresses of replies.
#[test]
fn long_threads_are_marked_at_replies_that_have_addresses_of_their_own() {
    use gangway_connector::Connector;
    use gangway_model::Place;

    use crate::slack::Slack;

    let said = |ts: &str, text: &str| {
        message(
            json!({"user": "U1", "ts": ts, "thread_ts": "1358546515.000008", "reply_count": 3, "text": text}),
        )
    };
    let messages = [
        said("1358546515.000008", &format!("<!-- #1.000001 -->\n{}", "word ".repeat(300))),
        said("1358546516.000001", &"one ".repeat(100)),
        said("1358546517.000023", &"two ".repeat(200)),
        said("1358546518.000001", "three"),
    ];
    let written = thread::markdown(&messages, &directory());
    let marks: Vec<&str> = written.lines().filter(|line| line.starts_with("<!-- #")).collect();
    assert_eq!(marks, ["<!-- #1358546516.000001 -->", "<!-- #1358546518.000001 -->"], "{written}");

    let url = "https://ghostbusters.slack.com/archives/C1H9RESGL/p1358546515000008";
    let place = |message: &str| Place { message: Some(message.to_owned()), ..Place::default() };
    let of = |place: &Place| Slack.place_url(url, "text/markdown", place);
    assert_eq!(
        of(&place("1358546517.000023")).as_deref(),
        Some(
            "https://ghostbusters.slack.com/archives/C1H9RESGL/p1358546517000023?thread_ts=1358546515.000008&cid=C1H9RESGL"
        )
    );
    assert_eq!(of(&place("1358546515.000008")).as_deref(), Some(url), "the thread's own");
    for none in [place("heading"), place("1358546517.23"), Place::default()] {
        assert_eq!(of(&none), None, "{none:?}");
    }
    let reply = place("1358546517.000023");
    for odd in [
        "https://x.slack.com/files/U1/F1/a.md",
        "https://x.slack.com/archives/C1",
        "https://x.slack.com/archives/C1/p12",
        "https://x.slack.com/archives/C1/p1358546515000008?thread_ts=1",
    ] {
        assert_eq!(Slack.place_url(odd, "text/markdown", &reply), None, "{odd}");
    }
}

#[test]
fn the_author_is_who_people_see() {
    for (value, author) in [
        (json!({"user": "U1"}), "Ada"),
        (json!({"user": "U1", "username": "Robot"}), "Robot"),
        (json!({"bot_id": "B1"}), "Deploys"),
        (json!({"bot_id": "B9", "bot_profile": {"name": "Old bot"}}), "Old bot"),
        (json!({"user": "U9", "bot_profile": {"name": "New bot"}}), "New bot"),
        (json!({"user": "U9"}), "U9"),
        (json!({}), "unknown"),
    ] {
        assert_eq!(message(value.clone()).author(&directory()), author, "{value}");
    }
}

#[test]
fn names_are_first_lines_in_plain_words() {
    let name = |text: &str| thread::name(&message(json!({"ts": "1.000001", "text": text})), &directory());
    assert_eq!(name("\n*Hello* <@U1>\nmore"), "Hello @Ada");
    assert_eq!(name("`code` &amp; <https://x.y|words>"), "code & words");
    let long = name(&"word ".repeat(40));
    assert!(long.ends_with("word…") && long.chars().count() <= 80, "{long}");
    let unbroken = name(&"ä".repeat(400));
    assert_eq!(unbroken.chars().count(), 80);
    let only_files = message(
        json!({"ts": "1.000001", "text": "", "reply_count": 1, "files": [{"id": "F1", "name": "a.pdf"}]}),
    );
    assert_eq!(thread::name(&only_files, &directory()), "a.pdf");
}

#[test]
fn noise_is_left_out_unless_people_answer_it() {
    let begins = |value: Value| message(value).begins_thread();
    for subtype in
        ["channel_join", "channel_topic", "pinned_item", "huddle_thread", "bot_add", "reminder_add"]
    {
        let value = json!({"ts": "1.000001", "subtype": subtype, "text": "noise"});
        assert!(!begins(value.clone()), "{subtype}");
        assert!(Seen::of(&message(value)).is_none());
        assert!(begins(json!({"ts": "1.000001", "subtype": subtype, "text": "noise", "reply_count": 1})));
    }
    for subtype in ["bot_message", "me_message", "file_share", "something_new"] {
        assert!(begins(json!({"ts": "1.000001", "subtype": subtype, "text": "words"})), "{subtype}");
    }
    assert!(!begins(json!({"ts": "1.000002", "thread_ts": "1.000001", "text": "a reply"})));
    assert!(!begins(json!({"ts": "1.000001", "text": "", "files": [{"id": "F1"}]})), "its files are items");
    assert!(!begins(json!({"ts": "1.000001", "subtype": "tombstone", "text": "This message was deleted."})));
    assert!(begins(
        json!({"ts": "1.000001", "subtype": "tombstone", "text": "This message was deleted.", "reply_count": 2})
    ));
}

#[test]
fn the_revision_follows_what_is_read_and_nothing_else() {
    let base = json!({"ts": "1.000001", "user": "U1", "text": "words", "thread_ts": "1.000001", "reply_count": 1,
        "latest_reply": "2.000001"});
    let revision = |changes: Value| {
        let mut value = base.clone();
        value.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        thread::revision(&message(value))
    };
    let before = revision(json!({}));
    for same in [
        json!({"reactions": [{"name": "tada", "count": 3}]}),
        json!({"attachments": [{"from_url": "https://x.y", "text": "a preview"}]}),
        json!({"edited": {"ts": "3.000001"}}),
        json!({"reply_users_count": 2, "subscribed": true, "last_read": "9.000001"}),
        json!({"blocks": [{"type": "rich_text", "elements": []}]}),
    ] {
        assert_eq!(revision(same.clone()), before, "{same}");
    }
    for other in [
        json!({"text": "other words"}),
        json!({"reply_count": 2}),
        json!({"latest_reply": "3.000001"}),
        json!({"files": [{"id": "F1"}]}),
        json!({"attachments": [{"text": "said by an app"}]}),
        json!({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "new"}}]}),
    ] {
        assert_ne!(revision(other.clone()), before, "{other}");
    }
}
