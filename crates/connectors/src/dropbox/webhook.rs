//! Pushes for the whole OAuth app. A push says whose files changed, and never what; it may be lost, merged or repeated.
//! <https://www.dropbox.com/developers/reference/webhooks>

use aws_lc_rs::hmac;
use gangway_connector::{Hint, NotificationKey, NotificationRequest, Rejected, Verdict, Whose};
use gangway_model::{ExposeSecret, SecretString};
use http::{HeaderMap, Method};
use url::form_urlencoded;

use super::wire::Notification;

const LONGEST_CHALLENGE: usize = 512;
const LONGEST_ACCOUNT: usize = 128;

pub fn notification_key(request: &NotificationRequest) -> Result<NotificationKey, Rejected> {
    match request.method {
        // The handshake of an address that was entered in the App Console. Nothing signs it.
        Method::GET => challenge(request).map(|_| NotificationKey::Unsigned),
        Method::POST => signature(&request.headers).map(|_| NotificationKey::App),
        _ => Err(Rejected("wrong_method")),
    }
}

pub fn verify(request: &NotificationRequest, secret: &SecretString) -> Result<Verdict, Rejected> {
    if request.method == Method::GET {
        let body = challenge(request)?;
        return Ok(Verdict::Answer { content_type: "text/plain; charset=utf-8", body });
    }
    if secret.expose_secret().is_empty() {
        return Err(Rejected("no_secret"));
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    // Compared in constant time.
    hmac::verify(&key, &request.body, &signature(&request.headers)?)
        .map_err(|_| Rejected("wrong_signature"))?;
    let Ok(notification) = serde_json::from_slice::<Notification>(&request.body) else {
        return Err(Rejected("unreadable"));
    };
    let mut accounts = notification.list_folder.accounts;
    accounts.retain(|id| is_account_id(id));
    accounts.sort_unstable();
    accounts.dedup();
    if accounts.is_empty() {
        return Ok(Verdict::Nothing);
    }
    Ok(Verdict::Look(Hint {
        whose: Whose::Accounts(accounts),
        items: Vec::new(),
        within: Vec::new(),
        feeds: true,
    }))
}

/// What is to be sent back: only characters that can do no harm on any page.
fn challenge(request: &NotificationRequest) -> Result<String, Rejected> {
    let query = request.query.as_deref().unwrap_or_default();
    let challenge = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "challenge")
        .ok_or(Rejected("no_challenge"))?
        .1;
    let is_harmless = |b: u8| b.is_ascii_alphanumeric() || b"-_.~+=".contains(&b);
    let is_fit = (1..=LONGEST_CHALLENGE).contains(&challenge.len()) && challenge.bytes().all(is_harmless);
    if is_fit { Ok(challenge.into_owned()) } else { Err(Rejected("bad_challenge")) }
}

fn signature(headers: &HeaderMap) -> Result<Vec<u8>, Rejected> {
    let text = headers.get("x-dropbox-signature").ok_or(Rejected("no_signature"))?;
    let bytes = hex::decode(text.as_bytes()).map_err(|_| Rejected("bad_signature"))?;
    if bytes.len() == 32 { Ok(bytes) } else { Err(Rejected("bad_signature")) }
}

fn is_account_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let Some(rest) = text.strip_prefix("dbid:") else { return false };
    (1..=LONGEST_ACCOUNT).contains(&rest.len()) && rest.bytes().all(is_plain)
}
