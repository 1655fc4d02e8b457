//! What this server is as an authorization server (RFC 8414).

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use gangway_app::{AppSettings, ClientAuth};
use gangway_model::AssistantScope;
use serde_json::{Value, json};

use crate::state::ApiState;

pub const PATH: &str = "/.well-known/oauth-authorization-server";
/// Where programs look that know OpenID Connect alone. It is the same document: nobody is identified here.
pub const PATH_OF_OPENID: &str = "/.well-known/openid-configuration";

pub async fn answer(State(state): State<ApiState>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "max-age=300")], Json(document(&state.app.settings)))
}

fn document(settings: &AppSettings) -> Value {
    let methods = ClientAuth::ALL.map(ClientAuth::as_str);
    let assistants = settings.assistants.as_ref();
    let mut told = json!({
        "issuer": settings.own_origin(),
        "authorization_endpoint": settings.address("oauth/authorize"),
        "token_endpoint": settings.address("oauth/token"),
        "revocation_endpoint": settings.address("oauth/revoke"),
        "scopes_supported": AssistantScope::ALL.map(AssistantScope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "protected_resources": [settings.assistant_resource()],
        "client_id_metadata_document_supported": assistants.is_some_and(|one| one.documents.is_some()),
    });
    if assistants.is_some_and(|one| one.registration) {
        told["registration_endpoint"] = json!(settings.address("oauth/register"));
    }
    told
}
