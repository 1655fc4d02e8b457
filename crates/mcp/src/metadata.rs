//! What this server is as a protected resource (RFC 9728): its name, and who hands out tokens for it.

use axum::Json;
use axum::http::header;
use axum::response::IntoResponse;
use gangway_app::AppSettings;
use gangway_model::AssistantScope;
use serde_json::{Value, json};

use crate::McpSettings;

/// Where the document of the whole host lies.
pub const ROOT: &str = "/.well-known/oauth-protected-resource";
/// Where the document of `/mcp` lies.
pub const PATH: &str = "/.well-known/oauth-protected-resource/mcp";

/// The address of the document of `/mcp`.
pub fn address(settings: &AppSettings) -> String {
    settings.address(PATH.trim_start_matches('/'))
}

pub fn document(settings: &AppSettings, own: &McpSettings) -> Value {
    let (servers, scopes) = match settings.assistant_issuer() {
        Some(issuer) => {
            (vec![issuer], AssistantScope::ALL.iter().map(|scope| scope.as_str().to_owned()).collect())
        }
        None => (own.authorization_servers.clone(), own.scopes.clone()),
    };
    let mut document = json!({
        "resource": settings.address("mcp"),
        "resource_name": "Gangway",
        "bearer_methods_supported": ["header"],
    });
    for (name, values) in [("authorization_servers", servers), ("scopes_supported", scopes)] {
        // An empty list would say that there is none at all.
        if !values.is_empty() {
            document[name] = json!(values);
        }
    }
    document
}

pub async fn answer(document: Value) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "max-age=300")], Json(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_not_claimed() {
        let mut settings = AppSettings::for_public_url("https://gw.example".parse().unwrap());
        let own = document(&settings, &McpSettings::default());
        assert_eq!(own["authorization_servers"], json!(["https://gw.example"]));
        assert_eq!(own["scopes_supported"], json!(["search", "read", "sync"]));
        settings.assistants = None;
        let bare = document(&settings, &McpSettings::default());
        assert_eq!(bare["resource"], "https://gw.example/mcp");
        assert!(bare.get("authorization_servers").is_none() && bare.get("scopes_supported").is_none());
        let own = McpSettings {
            authorization_servers: vec!["https://login.example".to_owned()],
            scopes: vec!["documents".to_owned()],
        };
        let full = document(&settings, &own);
        assert_eq!(full["authorization_servers"], json!(["https://login.example"]));
        assert_eq!(full["scopes_supported"], json!(["documents"]));
        assert_eq!(address(&settings), "https://gw.example/.well-known/oauth-protected-resource/mcp");
    }
}
