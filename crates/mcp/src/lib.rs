//! The Model Context Protocol at `/mcp`: assistants search, read and sync as the user whose token they send.
//!
//! Every request is an answer of its own: there are no sessions, so nothing is remembered between two requests,
//! any node answers any of them, and a token that was revoked is refused at once.

mod address;
mod gate;
mod limits;
mod metadata;
mod server;
mod tools;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use gangway_app::App;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;

use crate::address::transport;
use crate::gate::Gate;
use crate::server::Assistant;

/// What the operator decides about this room.
#[derive(Clone, Debug, Default)]
pub struct McpSettings {
    /// Authorization servers that hand out this server's user tokens, for clients that look for one.
    pub authorization_servers: Vec<String>,
    /// Scopes that clients should ask such a server for.
    pub scopes: Vec<String>,
}

/// The routes of the protocol and of its metadata.
pub fn router(app: Arc<App>, settings: &McpSettings) -> Router {
    let config = transport(&app.settings);
    let metadata = metadata::document(&app.settings, settings);
    let gate = Gate { app: app.clone(), metadata_url: metadata::address(&app.settings) };
    let assistant = Assistant { app };
    let service = StreamableHttpService::new(
        move || Ok(assistant.clone()),
        Arc::<NeverSessionManager>::default(),
        config,
    );
    let metadata = get(move || metadata::answer(metadata.clone()));
    Router::new()
        .route_service("/mcp", service)
        .layer(from_fn_with_state(gate, gate::let_in))
        .route(metadata::ROOT, metadata.clone())
        .route(metadata::PATH, metadata)
}
