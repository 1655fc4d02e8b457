//! The product's table of contents: every path, in the order in which one meets them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::console::{self, session};
use crate::problem::flat_errors;
use crate::state::ApiState;
use crate::v1::{
    admin, assistants as own_assistants, collections, connectors, files, me, picker, search, sync, uploads,
};
use crate::{assistants, front, health, layers, openapi, pages, reference, webhooks};

/// The whole API, ready to be served.
pub fn router(state: ApiState) -> Router {
    router_with(state, Router::new())
}

/// The same with routes of another room beside it, which pass through the same layers.
pub fn router_with(state: ApiState, others: Router) -> Router {
    let (quick, _) = quick_routes().split_for_parts();
    let (slow, _) = slow_routes().split_for_parts();
    let quick = quick.merge(assistants::routes(&state.app.settings)).merge(others.with_state(()));
    let quick = quick.layer(from_fn_with_state(state.clone(), layers::limit_time));
    let mut router = quick
        .merge(slow)
        .merge(console::files::routes())
        .merge(reference::routes())
        .route("/", get(front::front_door))
        .fallback(layers::unknown_path)
        .layer(from_fn_with_state(state.clone(), layers::close_console))
        .layer(from_fn(layers::shape_bare_errors))
        .layer(CatchPanicLayer::custom(layers::answer_panic))
        .layer(from_fn(layers::guard_browsers));
    if !state.app.settings.allowed_origins.is_empty() {
        router = router.layer(layers::cors(&state.app.settings));
    }
    router = router.layer(from_fn_with_state(state.clone(), uploads::tus::headers::announce));
    router.layer(from_fn_with_state(state.clone(), layers::observe)).with_state(state)
}

/// Every route, with its description.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(openapi::skeleton()).merge(quick_routes()).merge(slow_routes())
}

/// What is answered within a minute.
fn quick_routes() -> OpenApiRouter<ApiState> {
    let oauth = OpenApiRouter::new()
        .routes(routes!(connectors::authorize::authorize))
        .routes(routes!(connectors::token::exchange_token))
        .routes(routes!(pages::complete::complete_callback))
        .layer(from_fn(flat_errors));
    OpenApiRouter::new()
        // connecting
        .routes(routes!(connectors::list::list_connectors))
        .routes(routes!(connectors::get::get_connector, connectors::disconnect::disconnect))
        .routes(routes!(connectors::contents::get_connection_contents))
        .merge(oauth)
        .routes(routes!(pages::callback::callback_page))
        .routes(routes!(connectors::refresh::refresh_token))
        // looking around
        .routes(routes!(files::list::list_files))
        .routes(routes!(files::versions::list_versions))
        .routes(routes!(files::why::explain_file))
        .routes(routes!(picker::create::create_picker))
        .routes(routes!(picker::get::get_picker))
        .routes(routes!(pages::picker::picker_page))
        .routes(routes!(pages::picker_calls::picker_about))
        .routes(routes!(pages::picker_calls::picker_files))
        .routes(routes!(pages::picker_calls::pick))
        .routes(routes!(pages::picker_calls::cancel_picker))
        .routes(routes!(pages::picker_calls::reconnect_picker))
        // bringing in
        .routes(routes!(sync::list::list_syncs, sync::start::start_sync))
        .routes(routes!(sync::get::get_sync, sync::cancel::cancel_sync))
        .routes(routes!(sync::files::list_sync_files))
        .routes(routes!(uploads::delete::delete_upload))
        // keeping and finding
        .routes(routes!(collections::list::list_collections, collections::create::create_collection))
        .routes(routes!(
            collections::get::get_collection,
            collections::update::update_collection,
            collections::delete::delete_collection
        ))
        .routes(routes!(collections::coverage::get_collection_coverage))
        .routes(routes!(collections::files::list_collection_files))
        .routes(routes!(collections::remove_file::remove_collection_file))
        .routes(routes!(collections::search::search_collection))
        .routes(routes!(search::search))
        .routes(routes!(files::text::read_text))
        // who
        .routes(routes!(me::get_me))
        .routes(routes!(own_assistants::list::list_assistants))
        .routes(routes!(own_assistants::delete::delete_assistant))
        .routes(routes!(
            admin::list_organizations::list_organizations,
            admin::create_organization::create_organization
        ))
        .routes(routes!(admin::list_users::list_users, admin::create_user::create_user))
        .routes(routes!(
            admin::get_user::get_user,
            admin::update_user::update_user,
            admin::delete_user::delete_user
        ))
        .routes(routes!(admin::list_tokens::list_tokens, admin::create_token::create_token))
        .routes(routes!(admin::delete_token::delete_token))
        .routes(routes!(admin::list_assistants::list_users_assistants))
        .routes(routes!(admin::delete_assistant::delete_users_assistant))
        .routes(routes!(admin::list_connectors::list_connector_setups))
        .routes(routes!(admin::list_webhooks::list_webhooks))
        .routes(routes!(admin::confirm_webhook::confirm_webhook))
        .routes(routes!(admin::forget_webhook::forget_webhook))
        .routes(routes!(admin::list_audit::list_audit))
        .routes(routes!(admin::status::get_status))
        // the console
        .routes(routes!(session::get_session, session::sign_in, session::sign_out))
        // machinery
        .routes(routes!(webhooks::receive_push, webhooks::answer_handshake))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(health::openapi))
}

/// What may take as long as the bytes take.
fn slow_routes() -> OpenApiRouter<ApiState> {
    let resumable = OpenApiRouter::new()
        .routes(routes!(uploads::tus::begin::begin_upload, uploads::tus::discover::discover_uploads))
        .routes(routes!(
            uploads::tus::stand::stand_of_upload,
            uploads::tus::append::append_to_upload,
            uploads::tus::take_back::take_back_upload,
            uploads::tus::get::get_upload,
            uploads::tus::instead::act_on_upload,
            uploads::tus::discover::discover_upload
        ))
        .layer(from_fn(uploads::tus::speak));
    OpenApiRouter::new()
        .routes(routes!(sync::events::watch_sync))
        .routes(routes!(uploads::create::upload_files))
        .routes(routes!(uploads::content::download_upload))
        .merge(resumable)
        .layer(DefaultBodyLimit::disable())
}
