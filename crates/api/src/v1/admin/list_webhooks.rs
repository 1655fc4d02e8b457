//! `GET /rest/admin/webhooks`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::{ExposeSecret, Offer, Webhook, WebhookState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Admin;
use crate::documented::{Always, Forbidden};
use crate::problem::ApiResult;
use crate::state::ApiState;

#[derive(Serialize, ToSchema)]
pub struct WebhookList {
    webhooks: Vec<WebhookView>,
}

/// How far a connector's pushes are set up.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookView {
    connector_id: &'static str,
    name: &'static str,
    /// What to enter at the provider. `null` while providers cannot call this server, whatever `state` says: `public_url`
    /// has to be an https address first, and webhooks have to be on.
    address: Option<String>,
    state: WebhookStateName,
    /// The token to enter at the provider to confirm the address: the latest. Only while `state` is `offered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_token: Option<String>,
    /// When it was offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered_at: Option<DateTime<Utc>>,
    /// All tokens that were offered lately, the latest first: anybody can offer one, and only the provider's own is
    /// accepted there. Only while `state` is `offered`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    offers: Vec<OfferView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OfferedToken)]
struct OfferView {
    verification_token: String,
    offered_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WebhookStateName {
    /// Every connection asks for its own pushes; nothing is to be done where there is an `address`.
    Automatic,
    /// Pushes are taken.
    Ready,
    /// The connector's `webhook_secret` is not configured.
    NeedsSecret,
    /// The provider has not called the address yet.
    WaitsForHandshake,
    /// The provider offered a token, which has to be entered there.
    Offered,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        let (state, offers) = match webhook.state {
            WebhookState::Automatic => (WebhookStateName::Automatic, Vec::new()),
            WebhookState::Ready => (WebhookStateName::Ready, Vec::new()),
            WebhookState::NeedsSecret => (WebhookStateName::NeedsSecret, Vec::new()),
            WebhookState::WaitsForHandshake => (WebhookStateName::WaitsForHandshake, Vec::new()),
            WebhookState::Offered { offers } => (WebhookStateName::Offered, offers),
        };
        let shown = |offer: &Offer| OfferView {
            verification_token: offer.secret.expose_secret().to_owned(),
            offered_at: offer.at,
        };
        let offers: Vec<OfferView> = offers.iter().map(shown).collect();
        Self {
            connector_id: webhook.descriptor.id,
            name: webhook.descriptor.name,
            address: webhook.address.map(String::from),
            state,
            verification_token: offers.first().map(|latest| latest.verification_token.clone()),
            offered_at: offers.first().map(|latest| latest.offered_at),
            offers,
        }
    }
}

/// Lists the webhook addresses to enter at providers, and how far each is.
#[utoipa::path(
    get, path = "/rest/admin/webhooks", tag = "admin", security(("admin_key" = [])),
    responses((status = 200, description = "Every connector that takes pushes.", body = WebhookList), Forbidden, Always)
)]
pub async fn list_webhooks(_admin: Admin, State(state): State<ApiState>) -> ApiResult<Json<WebhookList>> {
    let webhooks = state.app.list_webhooks().await?.into_iter().map(Into::into).collect();
    Ok(Json(WebhookList { webhooks }))
}
