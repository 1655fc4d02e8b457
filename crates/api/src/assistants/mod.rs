//! The authorization server for assistants, and its pages. Its routes are described by its metadata (RFC 8414) and the
//! standards that it names, not by our own document.

mod authorize;
mod consent;
mod fields;
mod metadata;
mod page;
mod refusal;
mod register;
mod token;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use gangway_app::AppSettings;

use crate::state::ApiState;

/// Bytes of the largest body: forms and registrations are small.
const BODY_LIMIT: usize = 32 * 1024;

/// The routes, when there is such a server here.
pub fn routes(settings: &AppSettings) -> Router<ApiState> {
    let Some(assistants) = &settings.assistants else { return Router::new() };
    let mut router = Router::new()
        .route(metadata::PATH, get(metadata::answer))
        .route(metadata::PATH_OF_OPENID, get(metadata::answer))
        .route("/oauth/authorize", get(authorize::ask).post(authorize::decide))
        .route("/oauth/token", post(token::token))
        .route("/oauth/revoke", post(token::revoke));
    if assistants.registration {
        router = router.route("/oauth/register", post(register::register));
    }
    router.layer(DefaultBodyLimit::max(BODY_LIMIT))
}
