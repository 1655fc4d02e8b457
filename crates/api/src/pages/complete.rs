//! `POST /oauth/callback/complete`: what the callback page's button does.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use gangway_app::Code;
use gangway_model::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::documented::flat::{
    BadRequest, Conflict, Internal, NotFound, PayloadTooLarge, PlanRequired, ProviderFailed, RateLimit,
    Unavailable, UnsupportedMediaType,
};
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;
use crate::strict::{Body, Text};
use crate::v1::connectors::token::UserInfo;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    code: Text<1, 4096>,
    state: Text<1, 512>,
}

#[derive(Serialize, ToSchema)]
pub struct CompleteAnswer {
    connector_id: String,
    connection_id: String,
    user_info: UserInfo,
}

/// Completes a connection from our own callback page. Whoever holds the state may: it names the user.
#[utoipa::path(
    post, path = "/oauth/callback/complete", tag = "oauth", request_body = CompleteRequest,
    responses(
        (status = 200, description = "Connected.", body = CompleteAnswer),
        BadRequest, PlanRequired, NotFound, Conflict, PayloadTooLarge, UnsupportedMediaType, RateLimit,
        ProviderFailed, Internal, Unavailable
    )
)]
pub async fn complete_callback(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Body(body): Body<CompleteRequest>,
) -> ApiResult<Json<CompleteAnswer>> {
    if !comes_from_here(&headers, &state.app.settings.own_origin()) {
        return Err(ApiError::new(Code::Forbidden, "only this server's own callback page may do this"));
    }
    let text = body.state.into_string();
    let code = SecretString::from(body.code.into_string());
    let done = state
        .app
        .complete_from_callback(code, text.clone())
        .await
        .map_err(|error| ApiError::from(error).with_state(Some(text)))?;
    Ok(Json(CompleteAnswer {
        connector_id: done.connection.connector_id.into_string(),
        connection_id: done.connection.id.into_string(),
        user_info: done.connection.account.into(),
    }))
}

/// Browsers name the page's origin. A call without one comes from no browser, so from no foreign page.
fn comes_from_here(headers: &HeaderMap, own_origin: &str) -> bool {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or("?"));
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = text(header::HOST).unwrap_or("?");
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    origin == own_origin || authority == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_pages_cannot_complete_a_connection() {
        let with = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
            comes_from_here(&headers, "https://gw.example")
        };
        assert!(with("https://gw.example") && with("http://127.0.0.1:8080"));
        assert!(!with("https://evil.example") && !with("null") && !with("https://gw.example.evil"));
        assert!(comes_from_here(&HeaderMap::new(), "https://gw.example"));
    }
}
