//! `POST /webhooks/{connector_id}`: what providers push to us.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gangway_app::{NotificationAnswer, NotificationRequest};

use crate::documented::{BadRequest, Internal, NotFound, PayloadTooLarge, Unavailable};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Segment, collect};
use crate::v1::connectors::ConnectorPath;

/// Takes a provider's push: verified on its raw body, answered at once, looked into afterwards.
#[utoipa::path(
    post, path = "/webhooks/{connector_id}", tag = "webhooks", params(ConnectorPath),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "Taken, or the answer to a handshake.", body = String, content_type = "text/plain"),
        BadRequest, NotFound, PayloadTooLarge, Internal, Unavailable
    )
)]
pub async fn receive_push(
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    request: Request,
) -> ApiResult<Response> {
    answer(&state, path.id(), request).await
}

/// Answers a provider's handshake that comes by GET.
#[utoipa::path(
    get, path = "/webhooks/{connector_id}", tag = "webhooks", params(ConnectorPath),
    responses(
        (status = 200, description = "The answer to a handshake, or nothing to say.", body = String, content_type = "text/plain"),
        BadRequest, NotFound, PayloadTooLarge, Internal, Unavailable
    )
)]
pub async fn answer_handshake(
    State(state): State<ApiState>,
    Segment(path): Segment<ConnectorPath>,
    request: Request,
) -> ApiResult<Response> {
    answer(&state, path.id(), request).await
}

async fn answer(state: &ApiState, connector_id: &str, request: Request) -> ApiResult<Response> {
    let method = request.method().clone();
    let headers = request.headers().clone();
    let query = request.uri().query().map(str::to_owned);
    let body = collect(request).await?;
    let push = NotificationRequest { method, headers, query, body, received_at: state.app.clock.now() };
    Ok(match state.app.receive_notification(connector_id, &push).await? {
        // Not 204: some providers take nothing but 200 for an answer, and send again.
        NotificationAnswer::Accepted => StatusCode::OK.into_response(),
        NotificationAnswer::Handshake { content_type, body } => {
            let headers = [(header::CONTENT_TYPE, content_type), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, body).into_response()
        }
    })
}
