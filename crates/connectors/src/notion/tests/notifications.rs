//! Pushes: the handshake, the signature over the very bytes, and what each kind of event asks for.

use gangway_connector::{
    Connector, Hint, NotificationKey, NotificationRequest, OfferedSecret, Verdict, Whose,
};
use gangway_model::SecretString;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use super::make::id;
use crate::notion::{Notion, webhook};

/// An event, its key and its signature, worked out with another program (OpenSSL).
const BODY: &str = r#"{"id":"367cba44-b6f3-4c92-81e7-6a2e9659efd4","timestamp":"2026-05-01T10:00:00.000Z","workspace_id":"13950b26-c203-4f3b-b97d-93ec06319565","subscription_id":"29d75c0d-5546-4414-8459-7b7a92f1fc4b","type":"page.content_updated","entity":{"id":"153104cd-477e-809d-8dc4-ff2d96ae3090","type":"page"},"data":{}}"#;
const KEY: &str = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl";
const SIGNATURE: &str = "sha256=45887d0fc52cfbb4a8b116d0130d63fab72286693ef07c14e3657e83656cb9a6";

fn request(body: &str, signature: Option<&str>) -> NotificationRequest {
    let header =
        signature.map(|value| ("x-notion-signature".parse().unwrap(), HeaderValue::from_str(value).unwrap()));
    NotificationRequest {
        method: Method::POST,
        headers: HeaderMap::from_iter(header),
        query: None,
        body: body.to_owned().into(),
        received_at: Default::default(),
    }
}

fn key(request: &NotificationRequest) -> Result<NotificationKey, &'static str> {
    Notion.notification_key(request).map_err(|rejected| rejected.0)
}

fn verdict(request: &NotificationRequest, secret: &str) -> Result<Verdict, &'static str> {
    Notion.verify_notification(request, &SecretString::from(secret)).map_err(|rejected| rejected.0)
}

/// What a genuine event of this kind asks for.
fn asked(kind: &str, more: Value) -> Verdict {
    let mut event = json!({"id": id(1), "type": kind, "workspace_id": id(2), "attempt_number": 3,
        "accessible_by": [{"id": id(8), "type": "person"}, {"id": id(9), "type": "bot"}], "data": {}});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    webhook::asked(event.to_string().as_bytes()).unwrap()
}

fn look(items: &[u64], feeds: bool) -> Verdict {
    let items = items.iter().map(|n| id(*n).into()).collect();
    Verdict::Look(Hint { whose: Whose::Workspace(id(2)), items, within: Vec::new(), feeds })
}

#[test]
fn a_genuine_push_points_at_its_page() {
    let genuine = request(BODY, Some(SIGNATURE));
    assert_eq!(key(&genuine), Ok(NotificationKey::App));
    let hint = Hint {
        whose: Whose::Workspace("13950b26-c203-4f3b-b97d-93ec06319565".to_owned()),
        items: vec!["153104cd-477e-809d-8dc4-ff2d96ae3090".into()],
        within: Vec::new(),
        feeds: false,
    };
    assert_eq!(verdict(&genuine, KEY), Ok(Verdict::Look(hint)));
}

#[test]
fn what_is_not_signed_with_our_key_is_rejected() {
    let genuine = request(BODY, Some(SIGNATURE));
    assert_eq!(verdict(&genuine, "secret_another"), Err("wrong_signature"));
    assert_eq!(verdict(&genuine, ""), Err("wrong_signature"));
    // The very bytes: the same JSON written otherwise is another body.
    let spaced = request(&BODY.replace("\":", "\": "), Some(SIGNATURE));
    assert_eq!(verdict(&spaced, KEY), Err("wrong_signature"));
    let bare = SIGNATURE.trim_start_matches("sha256=");
    for (signature, told) in [
        (bare, "bad_signature"),
        (&*format!("sha1={bare}"), "bad_signature"),
        ("sha256=", "wrong_signature"),
        (&*format!("sha256={}", "0".repeat(64)), "wrong_signature"),
        (&*format!("sha256={bare}00"), "wrong_signature"),
    ] {
        assert_eq!(verdict(&request(BODY, Some(signature)), KEY), Err(told), "{signature}");
    }
    assert_eq!(key(&request(BODY, None)), Err("no_signature"));
    assert_eq!(verdict(&request(BODY, None), KEY), Err("no_signature"));
    let get = NotificationRequest { method: Method::GET, ..genuine };
    assert_eq!(key(&get), Err("not_a_post"));
}

#[test]
fn a_handshake_offers_its_secret_and_nothing_more() {
    let offer = format!(r#"{{"verification_token":"{KEY}"}}"#);
    let offered = OfferedSecret(SecretString::from(KEY));
    // Whether it is taken is decided where it is known whether one is in use.
    assert_eq!(key(&request(&offer, None)), Ok(NotificationKey::Offer { secret: offered.clone() }));
    assert_eq!(key(&request(&offer, Some("sha256=00"))), Ok(NotificationKey::Offer { secret: offered }));
    assert_eq!(verdict(&request(&offer, None), KEY), Err("no_signature"));
    let with_event = format!(r#"{{"verification_token":"{KEY}","type":"page.created","entity":{{}}}}"#);
    for body in [
        r#"{"verification_token":""}"#,
        r#"{"verification_token":"short"}"#,
        r#"{"verification_token":7}"#,
        r#"{"verification_token":"with blanks in it, and long"}"#,
        &with_event,
        &format!(r#"{{"verification_token":"{}"}}"#, "x".repeat(5_000)),
        "[]",
        "",
    ] {
        assert_eq!(key(&request(body, None)), Err("no_signature"), "{body}");
    }
    let told = format!("{:?}", key(&request(&offer, None)));
    assert!(!told.contains("tMrlL1"), "{told}");
}

#[test]
fn each_kind_of_event_asks_for_what_it_is_about() {
    let page = || json!({"entity": {"id": id(7), "type": "page"}});
    for deed in
        ["created", "content_updated", "properties_updated", "moved", "deleted", "undeleted", "locked"]
    {
        assert_eq!(asked(&format!("page.{deed}"), page()), look(&[7], false), "{deed}");
    }
    let table = |kind: &str| json!({"entity": {"id": id(7).replace('-', ""), "type": kind}});
    assert_eq!(asked("data_source.schema_updated", table("data_source")), look(&[7], false));
    assert_eq!(asked("data_source.deleted", table("data_source")), look(&[7], false));
    assert_eq!(asked("database.moved", table("database")), look(&[7], false));
    // Rows came or went: which is for the feed to tell.
    assert_eq!(asked("data_source.content_updated", table("data_source")), look(&[7], true));
    assert_eq!(asked("database.content_updated", table("database")), look(&[7], true));
    // Of something that it does not name.
    assert_eq!(asked("page.created", json!({"entity": {"id": "x"}})), look(&[], true));
}

#[test]
fn what_concerns_nothing_we_keep_or_is_not_known_asks_for_nothing() {
    let entity = || json!({"entity": {"id": id(7), "type": "comment"}});
    for kind in [
        "comment.created",
        "comment.deleted",
        "file_upload.completed",
        "view.updated",
        "agent.created",
        "x",
        "",
    ] {
        assert_eq!(asked(kind, entity()), Verdict::Nothing, "{kind}");
    }
    assert_eq!(asked("page.created", json!({"workspace_id": "../x"})), Verdict::Nothing);
    assert_eq!(webhook::asked(b"[").unwrap_err().0, "not_an_event");
}

#[test]
fn the_same_event_again_asks_for_the_same() {
    let twice = [1, 2]
        .map(|attempt| asked("page.created", json!({"attempt_number": attempt, "entity": {"id": id(7)}})));
    assert_eq!(twice[0], twice[1]);
}
