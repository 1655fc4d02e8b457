//! Pushes for the whole app. The operator enters our address at Notion; Notion offers a secret, which the operator gives
//! back to it by hand, and signs everything with it from then on.
//! <https://developers.notion.com/reference/webhooks>

use gangway_connector::signature::is_hmac_sha256;
use gangway_connector::{
    Hint, NotificationKey, NotificationRequest, OfferedSecret, Rejected, Verdict, Whose,
};
use gangway_model::{ProviderItemId, SecretString};
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::ids::uuid;
use super::wire::{field, lenient};

const SIGNATURE: &str = "x-notion-signature";
/// The largest handshake that is looked at: it holds one word.
const LARGEST_HANDSHAKE: usize = 4 << 10;
const LONGEST_SECRET: usize = 512;

/// A push says what it is about, never what became of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(rename = "type", deserialize_with = "lenient")]
    kind: String,
    #[serde(deserialize_with = "lenient")]
    workspace_id: String,
    #[serde(deserialize_with = "lenient")]
    entity: Value,
}

pub fn notification_key(request: &NotificationRequest) -> Result<NotificationKey, Rejected> {
    if request.method != Method::POST {
        return Err(Rejected("not_a_post"));
    }
    match (request.header(SIGNATURE), offered_secret(&request.body)) {
        // Nothing can sign the handshake: its key is what it brings.
        (_, Some(secret)) => Ok(NotificationKey::Offer { secret: OfferedSecret(secret) }),
        (Some(_), None) => Ok(NotificationKey::App),
        (None, None) => Err(Rejected("no_signature")),
    }
}

/// The secret in a handshake; `None` for anything that is not just that.
fn offered_secret(body: &[u8]) -> Option<SecretString> {
    if body.len() > LARGEST_HANDSHAKE {
        return None;
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let secret: String = field(&body, "verification_token")?;
    let is_event = body.get("entity").is_some() || body.get("workspace_id").is_some();
    let is_plausible =
        (16..=LONGEST_SECRET).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic());
    (!is_event && is_plausible).then(|| SecretString::from(secret))
}

pub fn verify(request: &NotificationRequest, secret: &SecretString) -> Result<Verdict, Rejected> {
    let signature = request.header(SIGNATURE).ok_or(Rejected("no_signature"))?;
    let claimed = signature.strip_prefix("sha256=").ok_or(Rejected("bad_signature"))?;
    if !is_hmac_sha256(secret, &[&request.body], claimed) {
        return Err(Rejected("wrong_signature"));
    }
    asked(&request.body)
}

/// What a genuine event asks for.
pub fn asked(body: &[u8]) -> Result<Verdict, Rejected> {
    let event: Event = serde_json::from_slice(body).map_err(|_| Rejected("not_an_event"))?;
    Ok(hint(&event).map_or(Verdict::Nothing, Verdict::Look))
}

/// What to look at. Kinds of events that concern nothing we keep, or that are not known yet, ask for nothing.
fn hint(event: &Event) -> Option<Hint> {
    let (family, deed) = event.kind.split_once('.')?;
    if !matches!(family, "page" | "database" | "data_source") {
        return None;
    }
    // Who may see it is told as well, but as one account of each kind: whoever is connected to the workspace looks, and
    // finds what it may.
    let workspace = uuid(&event.workspace_id)?;
    let id: Option<String> = field::<String>(&event.entity, "id").and_then(|id| uuid(&id));
    let items: Vec<ProviderItemId> = id.map(ProviderItemId::from).into_iter().collect();
    // Rows came or went: which, only the feed can tell.
    let feeds = items.is_empty() || family != "page" && deed == "content_updated";
    Some(Hint { whose: Whose::Workspace(workspace), items, within: Vec::new(), feeds })
}
