//! `auth/token/revoke`: ends a token with its refresh token and everything made from that.

use crate::dropbox::call::{Call, Outcome, nothing};
use crate::dropbox::state::TokenOrigin;

pub fn revoke(call: &Call<'_>) -> Outcome {
    let authz = &call.dropbox.kernel.authz;
    let mut notes = call.dropbox.notes();
    let family = notes.origins.get(&call.token_text).and_then(|origin| origin.refresh.clone());
    let is_kin = |text: &str, origin: &TokenOrigin| match &family {
        Some(refresh) => origin.refresh.as_ref() == Some(refresh),
        None => text == call.token_text,
    };
    let ended: Vec<String> = notes
        .origins
        .iter()
        .filter(|(text, origin)| is_kin(text, origin))
        .map(|(text, _)| text.clone())
        .collect();
    for text in ended.iter().chain(&family) {
        authz.remove_token(text);
        notes.origins.remove(text);
    }
    let (subject, client_id) = (&call.token.subject, &call.token.client_id);
    let others = notes.origins.values().any(|o| o.subject == *subject && o.client_id == *client_id);
    if !others {
        authz.revoke_grant(subject, client_id);
    }
    nothing()
}
