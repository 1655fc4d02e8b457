//! Events: signatures, the handshake, and what each event asks to look at.

use aws_lc_rs::hmac;
use gangway_connector::{Connector, NotificationKey, NotificationRequest, Verdict, Whose};
use gangway_model::{SecretString, Timestamp};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::slack::Slack;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const NOW: i64 = 1_531_420_618;

fn request(body: &str, signature: &str, sent_at: &str) -> NotificationRequest {
    let mut headers = HeaderMap::new();
    headers.insert("x-slack-signature", signature.parse().unwrap());
    headers.insert("x-slack-request-timestamp", sent_at.parse().unwrap());
    NotificationRequest {
        method: Method::POST,
        headers,
        query: None,
        body: body.to_owned().into(),
        received_at: Timestamp::from_timestamp(NOW, 0).unwrap(),
    }
}

fn signed(body: &Value) -> NotificationRequest {
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, format!("v0:{NOW}:{body}").as_bytes());
    request(&body, &format!("v0={}", hex::encode(tag)), &NOW.to_string())
}

fn verdict(request: &NotificationRequest) -> Result<Verdict, &'static str> {
    Slack.verify_notification(request, &SecretString::from(SECRET)).map_err(|rejected| rejected.0)
}

fn told(event: Value) -> Verdict {
    let body = json!({"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event_time": NOW, "event": event});
    verdict(&signed(&body)).unwrap()
}

/// The items to look at, and whether the feeds are to be read.
fn asks(event: Value) -> (Vec<String>, bool) {
    match told(event) {
        Verdict::Look(hint) => {
            assert_eq!(hint.whose, Whose::Workspace("T1".to_owned()));
            (hint.items.iter().map(ToString::to_string).collect(), hint.feeds)
        }
        Verdict::Nothing => (Vec::new(), false),
        other => panic!("{other:?}"),
    }
}

const OFFICIAL_BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const OFFICIAL_SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

#[test]
fn the_official_vector_opens_and_its_neighbours_do_not() {
    // Signed rightly, and then no event: only what was signed gets that far.
    let at = |sent_at: &str, signature: &str| verdict(&request(OFFICIAL_BODY, signature, sent_at));
    assert_eq!(at("1531420618", OFFICIAL_SIGNATURE), Err("not_json"));
    assert_eq!(at("1531420619", OFFICIAL_SIGNATURE), Err("wrong_signature"));
    assert_eq!(at("1531420618", &OFFICIAL_SIGNATURE.replace("v0", "v1")), Err("unknown_signature"));
    assert_eq!(at("1531420618", &OFFICIAL_SIGNATURE[..66]), Err("wrong_signature"));
    let other = request(&OFFICIAL_BODY.replace("foobar", "foobaz"), OFFICIAL_SIGNATURE, "1531420618");
    assert_eq!(verdict(&other), Err("wrong_signature"));
    let secret = SecretString::from("another");
    assert!(
        Slack
            .verify_notification(&request(OFFICIAL_BODY, OFFICIAL_SIGNATURE, "1531420618"), &secret)
            .is_err()
    );
}

#[test]
fn times_too_far_from_ours_are_refused_either_way() {
    let mut push =
        signed(&json!({"type": "event_callback", "team_id": "T1", "event": {"type": "team_join"}}));
    for (seconds, verdict_then) in
        [(0, Ok(Verdict::Nothing)), (300, Ok(Verdict::Nothing)), (301, Err("too_old"))]
    {
        for sign in [1, -1] {
            push.received_at = Timestamp::from_timestamp(NOW + sign * seconds, 0).unwrap();
            assert_eq!(verdict(&push), verdict_then, "{seconds}");
        }
    }
    push.headers.insert("x-slack-request-timestamp", "now".parse().unwrap());
    assert_eq!(verdict(&push), Err("bad_timestamp"));
    push.headers.insert("x-slack-request-timestamp", i64::MIN.to_string().parse().unwrap());
    assert_eq!(verdict(&push), Err("too_old"));
    push.headers.remove("x-slack-request-timestamp");
    assert_eq!(verdict(&push), Err("no_timestamp"));
}

#[test]
fn only_signed_posts_are_for_us() {
    let key = |request: &NotificationRequest| Slack.notification_key(request).map_err(|rejected| rejected.0);
    let mut push = signed(&json!({}));
    assert_eq!(key(&push), Ok(NotificationKey::App));
    push.method = Method::GET;
    assert_eq!(key(&push), Err("not_a_post"));
    push.method = Method::POST;
    push.headers.remove("x-slack-signature");
    assert_eq!(key(&push), Err("no_signature"));
}

#[test]
fn the_handshake_is_answered_when_it_is_signed() {
    let hello = json!({"token": "t", "challenge": "3eZbrw1a", "type": "url_verification"});
    let answer = Verdict::Answer { content_type: "text/plain", body: "3eZbrw1a".to_owned() };
    assert_eq!(verdict(&signed(&hello)), Ok(answer));
    let forged = request(&hello.to_string(), OFFICIAL_SIGNATURE, &NOW.to_string());
    assert_eq!(verdict(&forged), Err("wrong_signature"));
    assert_eq!(verdict(&signed(&json!({"type": "url_verification"}))), Err("no_challenge"));
}

#[test]
fn a_retry_may_be_the_first_that_arrives() {
    let body = json!({"type": "event_callback", "team_id": "T1",
        "event": {"type": "message", "channel": "C1", "ts": "5.000001", "text": "x"}});
    let mut push = signed(&body);
    push.headers.insert("x-slack-retry-num", "1".parse().unwrap());
    push.headers.insert("x-slack-retry-reason", "connection_failed".parse().unwrap());
    assert!(matches!(verdict(&push), Ok(Verdict::Look(_))));
}

#[test]
fn messages_lead_to_their_thread() {
    let plain = json!({"type": "message", "channel": "C1", "user": "U1", "ts": "5.000001", "text": "x"});
    assert_eq!(asks(plain), (vec!["C1:5.000001".to_owned()], false));
    let reply =
        json!({"type": "message", "channel": "C1", "ts": "6.000001", "thread_ts": "5.000001", "text": "x"});
    assert_eq!(asks(reply), (vec!["C1:5.000001".to_owned()], false));
    let edited = json!({"type": "message", "subtype": "message_changed", "hidden": true, "channel": "C1",
        "ts": "9.000001", "message": {"ts": "6.000001", "thread_ts": "5.000001", "text": "y"},
        "previous_message": {"ts": "6.000001", "thread_ts": "5.000001", "text": "x"}});
    assert_eq!(asks(edited), (vec!["C1:5.000001".to_owned()], false));
    let deleted = json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "ts": "9.000001",
        "deleted_ts": "5.000001", "previous_message": {"ts": "5.000001", "files": [{"id": "F1"}]}});
    assert_eq!(asks(deleted), (vec!["C1:5.000001".to_owned(), "F1".to_owned()], false));
    let bare =
        json!({"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "5.000001"});
    assert_eq!(asks(bare), (vec!["C1:5.000001".to_owned()], false));
    let root_deleted = json!({"type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.000001",
        "message": {"subtype": "tombstone", "ts": "5.000001", "thread_ts": "5.000001", "reply_count": 2}});
    assert_eq!(asks(root_deleted), (vec!["C1:5.000001".to_owned()], false));
    let shared = json!({"type": "message", "subtype": "file_share", "channel": "D1", "ts": "5.000001",
        "files": [{"id": "F1"}, {"id": "F1"}, {"id": "../x"}]});
    assert_eq!(asks(shared), (vec!["D1:5.000001".to_owned(), "F1".to_owned()], false));
    let joined = json!({"type": "message", "subtype": "channel_join", "channel": "C1", "ts": "5.000001"});
    assert_eq!(told(joined), Verdict::Nothing);
}

#[test]
fn files_and_channels_lead_to_themselves() {
    for (event, items, feeds) in [
        (json!({"type": "file_shared", "file_id": "F1", "channel_id": "C1"}), vec!["F1"], false),
        (json!({"type": "file_deleted", "file_id": "F1", "channel_ids": ["C1"]}), vec!["F1"], false),
        (json!({"type": "file_change", "file": {"id": "F1"}}), vec!["F1"], false),
        (json!({"type": "channel_rename", "channel": {"id": "C1", "name": "new"}}), vec!["C1"], false),
        (json!({"type": "channel_deleted", "channel": "C1"}), vec!["C1"], false),
        (json!({"type": "channel_history_changed", "channel": "C1", "latest": "5.000001"}), vec!["C1"], true),
        (json!({"type": "member_left_channel", "user": "U1", "channel": "C1"}), vec!["C1"], true),
        (
            json!({"type": "channel_id_changed", "old_channel_id": "C1", "new_channel_id": "C2"}),
            vec!["C1", "C2"],
            true,
        ),
        (json!({"type": "app_uninstalled"}), vec![], true),
        (json!({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}), vec![], true),
        (json!({"type": "user_change", "user": {"id": "U1"}}), vec![], false),
        (json!({"type": "something_new"}), vec![], false),
        (json!({"type": "message", "channel": "not a channel", "ts": "5.000001"}), vec![], false),
        (json!({}), vec![], false),
    ] {
        let items: Vec<String> = items.into_iter().map(str::to_owned).collect();
        assert_eq!(asks(event.clone()), (items, feeds), "{event}");
    }
}

#[test]
fn lost_events_are_caught_up_with_by_the_feeds() {
    let body =
        json!({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1, "api_app_id": "A1"});
    let Ok(Verdict::Look(hint)) = verdict(&signed(&body)) else { panic!("{body}") };
    assert!(hint.feeds && hint.items.is_empty());
}

#[test]
fn the_workspace_is_the_one_with_the_app_in_it() {
    let body = json!({"type": "event_callback", "team_id": "T2", "context_team_id": "T1",
        "authorizations": [{"team_id": "T1", "user_id": "U1"}],
        "event": {"type": "message", "channel": "C1", "ts": "5.000001", "team": "T2"}});
    let Ok(Verdict::Look(hint)) = verdict(&signed(&body)) else { panic!("{body}") };
    assert_eq!(hint.whose, Whose::Workspace("T1".to_owned()));
    let nobody =
        json!({"type": "event_callback", "event": {"type": "message", "channel": "C1", "ts": "5.000001"}});
    assert_eq!(verdict(&signed(&nobody)), Ok(Verdict::Nothing));
}

/// Whoever follows a whole workspace is concerned by a channel that is new to everybody; a file without a channel
/// concerns those who have it, and not the whole workspace.
#[test]
fn an_event_says_whom_it_concerns() {
    for (event, within) in [
        (json!({"type": "channel_created", "channel": {"id": "C9", "name": "new"}}), vec!["C9", "T1"]),
        (json!({"type": "channel_rename", "channel": {"id": "C1", "name": "new"}}), vec!["C1", "T1"]),
        (json!({"type": "message", "channel": "C1", "ts": "5.000001", "text": "x"}), vec!["C1"]),
        (json!({"type": "file_shared", "file_id": "F1", "channel_id": "C1"}), vec!["C1"]),
        (json!({"type": "file_change", "file": {"id": "F1"}}), vec!["F1"]),
        (json!({"type": "file_deleted", "file_id": "F1"}), vec!["F1"]),
        (json!({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}), vec![]),
    ] {
        let Verdict::Look(hint) = told(event.clone()) else { panic!("{event}") };
        let places: Vec<&str> = hint.within.iter().map(|place| place.as_str()).collect();
        assert_eq!(places, within, "{event}");
    }
}
