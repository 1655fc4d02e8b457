//! Pushes and the handshake before them.

use gangway_connector::conformance::StandIn;
use gangway_connector::{Connector, Hint, NotificationKey, NotificationRequest, Verdict, Whose};
use gangway_emulators::dropbox::{Access, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, Share};
use gangway_emulators::kernel::webhooks::DeliveryMode;
use gangway_model::SecretString;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::harness::{ME, hers, start};
use crate::dropbox::Dropbox;

/// The vector of the documentation: this very body, signed with `appsecret`.
const BODY: &str = r#"{"list_folder":{"accounts":["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"]},"delta":{"users":[12345678]}}"#;
const SIGNATURE: &str = "a3033e3659e89e8d72ce584ce1972e2068468c1b4e4e5f102c11e1ef4f398dea";
const SECRET: &str = "appsecret";

fn request(method: Method, query: Option<&str>, signature: Option<&str>, body: &str) -> NotificationRequest {
    let name = HeaderName::from_static("x-dropbox-signature");
    let headers = signature.map(|value| (name, HeaderValue::from_str(value).unwrap()));
    NotificationRequest {
        method,
        headers: HeaderMap::from_iter(headers),
        query: query.map(str::to_owned),
        body: body.to_owned().into(),
        received_at: Default::default(),
    }
}

fn push(signature: Option<&str>, body: &str) -> NotificationRequest {
    request(Method::POST, None, signature, body)
}

/// A body signed as Dropbox does.
fn signed(body: &str) -> NotificationRequest {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hex::encode(aws_lc_rs::hmac::sign(&key, body.as_bytes()));
    push(Some(&signature), body)
}

fn key(request: &NotificationRequest) -> Result<NotificationKey, &'static str> {
    Dropbox.notification_key(request).map_err(|rejected| rejected.0)
}

fn verdict(request: &NotificationRequest, secret: &str) -> Result<Verdict, &'static str> {
    Dropbox.verify_notification(request, &SecretString::from(secret)).map_err(|rejected| rejected.0)
}

fn look(accounts: &[&str]) -> Result<Verdict, &'static str> {
    let accounts = accounts.iter().map(|id| (*id).to_owned()).collect();
    Ok(Verdict::Look(Hint {
        whose: Whose::Accounts(accounts),
        items: Vec::new(),
        within: Vec::new(),
        feeds: true,
    }))
}

#[test]
fn the_documented_vector_is_genuine() {
    let push = push(Some(SIGNATURE), BODY);
    assert_eq!(key(&push), Ok(NotificationKey::App));
    assert_eq!(verdict(&push, SECRET), look(&["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"]));
    // A duplicate says the same: nothing is kept in between.
    assert_eq!(verdict(&push, SECRET), verdict(&push, SECRET));
}

#[test]
fn whatever_is_not_signed_with_the_secret_is_rejected() {
    let genuine = push(Some(SIGNATURE), BODY);
    assert_eq!(verdict(&genuine, "appsecreT"), Err("wrong_signature"));
    assert_eq!(verdict(&genuine, ""), Err("no_secret"));
    assert_eq!(verdict(&push(Some(SIGNATURE), &format!("{BODY} ")), SECRET), Err("wrong_signature"));
    assert_eq!(verdict(&push(Some(SIGNATURE), ""), SECRET), Err("wrong_signature"));
    let flipped = SIGNATURE.replace("a3", "b3");
    assert_eq!(verdict(&push(Some(&flipped), BODY), SECRET), Err("wrong_signature"));
    for odd in [
        "",
        "a3",
        "not hexadecimal",
        &SIGNATURE[..62],
        &format!("{SIGNATURE}00"),
        &format!("sha256={SIGNATURE}"),
    ] {
        let push = push(Some(odd), BODY);
        assert_eq!(
            (key(&push), verdict(&push, SECRET)),
            (Err("bad_signature"), Err("bad_signature")),
            "{odd}"
        );
    }
    assert_eq!(key(&push(None, BODY)), Err("no_signature"));
    // Without a body even the empty key's signature opens nothing.
    let empty = aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b""), b"{}");
    assert_eq!(verdict(&push(Some(&hex::encode(empty)), "{}"), ""), Err("no_secret"));
}

#[test]
fn several_accounts_are_named_once_each_and_odd_ones_left_out() {
    let body = r#"{"list_folder":{"accounts":["dbid:b","dbid:a","dbid:b","dbmid:c","x","dbid:","dbid:a b","dbid:a/b"],"teams":{"dbtid:1":["dbmid:2"]}},"new":1}"#;
    assert_eq!(verdict(&signed(body), SECRET), look(&["dbid:a", "dbid:b"]));
}

#[test]
fn genuine_pushes_about_nobody_ask_for_nothing() {
    for body in [
        "{}",
        r#"{"list_folder":null}"#,
        r#"{"list_folder":{"accounts":null}}"#,
        r#"{"list_folder":{"accounts":[]}}"#,
    ] {
        assert_eq!(verdict(&signed(body), SECRET), Ok(Verdict::Nothing), "{body}");
    }
    for body in ["", "words", "[1]", r#"{"list_folder":{"accounts":[1]}}"#] {
        assert_eq!(verdict(&signed(body), SECRET), Err("unreadable"), "{body}");
    }
}

#[test]
fn the_challenge_is_answered_as_plain_text_and_only_if_it_is_harmless() {
    let hello = |query: &str| request(Method::GET, Some(query), None, "");
    let challenge = hello("challenge=2wXYbA-_9.~%2B%3D&other=1");
    assert_eq!(key(&challenge), Ok(NotificationKey::Unsigned));
    let answer = verdict(&challenge, "");
    let body = "2wXYbA-_9.~+=".to_owned();
    assert_eq!(answer, Ok(Verdict::Answer { content_type: "text/plain; charset=utf-8", body }));
    for bad in ["", "%3Cscript%3E", "a%20b", "a%0d%0ab", "%22", "%C3%BC", &"x".repeat(513)] {
        let request = hello(&format!("challenge={bad}"));
        assert_eq!(
            (key(&request), verdict(&request, "")),
            (Err("bad_challenge"), Err("bad_challenge")),
            "{bad}"
        );
    }
    assert_eq!(key(&hello("Challenge=x")), Err("no_challenge"));
    assert_eq!(key(&request(Method::GET, None, None, "")), Err("no_challenge"));
    assert_eq!(key(&request(Method::PUT, Some("challenge=x"), Some(SIGNATURE), BODY)), Err("wrong_method"));
    // A push is never answered by what stands in its query.
    let both = request(Method::POST, Some("challenge=x"), Some(SIGNATURE), BODY);
    assert!(matches!(verdict(&both, SECRET), Ok(Verdict::Look(_))));
}

/// What a push of the emulated Dropbox is taken for.
fn received(push: &NotificationRequest) -> Result<Verdict, &'static str> {
    assert_eq!(key(push), Ok(NotificationKey::App));
    verdict(push, DEFAULT_CLIENT_SECRET)
}

#[tokio::test]
async fn pushes_come_twice_for_strangers_and_from_strangers() {
    let stage = start().await;
    stage.push_to(&stage.push_address()).await;
    let me = stage.control.account_id(ME).unwrap();
    stage.control.set_delivery_mode(DeliveryMode::Duplicate);
    stage.create_file(&stage.home(), "a.txt", "a").await;
    let pushes = stage.pushes().await;
    assert!(pushes.len() >= 2, "{}", pushes.len());
    assert!(pushes.iter().all(|push| received(push) == look(&[&me])));

    stage.control.set_delivery_mode(DeliveryMode::Normal);
    let stranger = "dbid:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let both = [me.clone(), stranger.clone()];
    stage.control.send_webhook(DEFAULT_CLIENT_ID, &both, None).unwrap();
    stage.control.send_webhook(DEFAULT_CLIENT_ID, &both, Some("another secret")).unwrap();
    let verdicts: Vec<_> = stage.pushes().await.iter().map(received).collect();
    // Whether an account is known here is not for the connector to say.
    assert!(
        verdicts.contains(&look(&[&stranger, &me])) || verdicts.contains(&look(&[&me, &stranger])),
        "{verdicts:?}"
    );
    assert!(verdicts.contains(&Err("wrong_signature")));

    // A friend's change in a folder of both is pushed to each.
    stage.control.create_folder(&hers("/Ours")).unwrap();
    let share = Share { email: ME.to_owned(), access: Access::Editor, mount: true };
    stage.control.share(&hers("/Ours"), &share).unwrap();
    stage.pushes().await;
    stage.control.write_text(&hers("/Ours/a.txt"), "a").unwrap();
    let told = stage.pushes().await;
    assert!(told.iter().any(|push| matches!(received(push), Ok(Verdict::Look(hint))
        if matches!(&hint.whose, Whose::Accounts(ids) if ids.contains(&me)))));
}
