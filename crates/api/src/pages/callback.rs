//! `GET /oauth/callback`: where providers send the browser back.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use gangway_app::Code;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::answer;
use crate::documented::{Internal, Unavailable};
use crate::problem::ApiResult;
use crate::state::ApiState;

const TEMPLATE: &str = include_str!("callback.html");
/// Characters of the longest value that is taken over from the address.
const LONGEST: usize = 4096;

/// What the provider says. Providers add parameters of their own; those are passed over.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "documents the parameters; they are read leniently")]
pub struct CallbackParams {
    /// The authorization code.
    code: Option<String>,
    /// The state of the authorization.
    state: Option<String>,
    /// Why there is no code, such as `access_denied`.
    error: Option<String>,
    error_description: Option<String>,
}

/// Hands the code to the page that opened the popup, at the listed origins only; or, when nobody did, shows
/// whom it would connect and lets the person complete the connection.
#[utoipa::path(
    get, path = "/oauth/callback", tag = "oauth", params(CallbackParams),
    responses(
        (status = 200, description = "A page.", body = String, content_type = "text/html"),
        (status = 400, description = "A page: the address holds neither code nor error.", body = String,
         content_type = "text/html"),
        Internal, Unavailable
    )
)]
pub async fn callback_page(State(state): State<ApiState>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let said = read(query.as_deref().unwrap_or_default());
    let settings = &state.app.settings;
    let message = match (&said.code, &said.error) {
        (_, Some(error)) => json!({
            "type": "oauth_callback", "error": error, "error_description": said.error_description,
            "state": said.state,
        }),
        (Some(code), None) => json!({ "type": "oauth_callback", "code": code, "state": said.state }),
        (None, None) => {
            let data = json!({ "problem": "this address holds neither an authorization code nor an error" });
            return Ok(answer(StatusCode::BAD_REQUEST, TEMPLATE, &data, "'none'"));
        }
    };
    let (open, closed) = match &said.state {
        Some(text) => match state.app.find_open_callback(text).await {
            Ok(open) => (open, None),
            // The product is told by its own call; here nobody can complete anything.
            Err(error) if error.code == Code::UserDisabled => (None, Some(error.message)),
            Err(error) => return Err(error.into()),
        },
        None => (None, None),
    };
    let whom = open.as_ref().map(|open| {
        let user = &open.user;
        user.name.clone().or_else(|| user.email.clone()).or_else(|| user.external_id.clone())
    });
    let data = json!({
        "message": message,
        "origins": settings.message_origins(),
        "closed": closed,
        "connector": open.as_ref().map(|open| open.descriptor.name),
        "user": whom.map(|name| name.unwrap_or_else(|| "this user".to_owned())),
    });
    Ok(answer(StatusCode::OK, TEMPLATE, &data, "'none'"))
}

/// Reads what we know and passes over the rest; of a repeated parameter the first counts.
fn read(query: &str) -> CallbackParams {
    let mut said = CallbackParams::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*name {
            "code" => &mut said.code,
            "state" => &mut said.state,
            "error" => &mut said.error,
            "error_description" => &mut said.error_description,
            _ => continue,
        };
        if place.is_none() && !value.is_empty() {
            *place = Some(value.chars().filter(|c| *c != '\0').take(LONGEST).collect());
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_extras_are_passed_over() {
        let said = read("state=s%3C&iss=x&code=4%2F0abc&scope=a+b&prompt=consent&state=other");
        assert_eq!((said.code.as_deref(), said.state.as_deref()), (Some("4/0abc"), Some("s<")));
        assert!(said.error.is_none());
    }
}
