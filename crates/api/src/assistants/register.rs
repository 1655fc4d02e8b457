//! `POST /oauth/register`: a program registers itself (RFC 7591).

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gangway_app::{ExposeSecret, RefusalWord, Refused, RegisterClient};
use gangway_model::AssistantScope;
use serde::Deserialize;
use serde_json::json;

use super::refusal::{answer, answer_with};
use crate::state::ApiState;

/// What we read of a program's metadata; the standard has us pass over the rest.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
}

pub async fn register(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let wrong = |message: &str| Refused::new(RefusalWord::InvalidClientMetadata, message);
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let status = rejection.into_response().status();
            return answer_with(status, &wrong("the body is too large or did not arrive"));
        }
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return answer_with(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            &wrong("send JSON: Content-Type: application/json"),
        );
    }
    let Ok(metadata) = serde_json::from_slice::<Metadata>(&body) else {
        return answer(&wrong("the body is not a client's metadata in JSON (RFC 7591)"));
    };
    let said = RegisterClient {
        name: metadata.client_name,
        redirect_uris: metadata.redirect_uris,
        auth: metadata.token_endpoint_auth_method,
        grant_types: metadata.grant_types,
        response_types: metadata.response_types,
    };
    let made = match state.app.register_assistant_client(said).await {
        Ok(made) => made,
        Err(refused) => return answer(&refused),
    };
    let mut told = json!({
        "client_id": made.client.id,
        "client_id_issued_at": made.client.created_at.timestamp(),
        "client_name": made.client.name,
        "redirect_uris": made.client.redirect_uris,
        "token_endpoint_auth_method": made.client.auth.as_str(),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": AssistantScope::words(&AssistantScope::ALL),
    });
    if let Some(secret) = &made.secret {
        told["client_secret"] = json!(secret.expose_secret());
        // It ends with the client, which is forgotten when it is not used; there is no moment to tell.
        told["client_secret_expires_at"] = json!(0);
    }
    (StatusCode::CREATED, Json(told)).into_response()
}
