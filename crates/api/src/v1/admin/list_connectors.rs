//! `GET /rest/admin/connectors`

use axum::Json;
use axum::extract::State;
use gangway_app::{App, Descriptor};
use serde::Serialize;
use utoipa::ToSchema;

use super::PlanName;
use crate::caller::Admin;
use crate::documented::{Always, Forbidden};
use crate::problem::ApiResult;
use crate::state::ApiState;

/// The folder of the connectors' own pages.
const GUIDES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/connectors");

#[derive(Serialize, ToSchema)]
pub struct ConnectorSetupList {
    /// In the order of the registry.
    connectors: Vec<ConnectorSetup>,
}

/// How far a connector is set up, and what to register at its provider.
#[derive(Serialize, ToSchema)]
struct ConnectorSetup {
    connector_id: &'static str,
    name: &'static str,
    /// The section of the configuration that its OAuth app stands in: `[providers.<provider>]`.
    provider: &'static str,
    state: SetupState,
    /// The lowest plan that includes it.
    plan: PlanName,
    /// Why nobody can use it here and now.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Where setting it up is described step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    guide: Option<String>,
    /// What to register at the provider as redirect addresses: the first is this server's own callback page.
    redirect_uris: Vec<String>,
    /// What to allow the OAuth app at the provider.
    scopes: Vec<ScopeSetup>,
}

#[derive(Serialize, ToSchema)]
struct ScopeSetup {
    /// The provider's name for it.
    name: &'static str,
    /// What a person allows by it.
    meaning: &'static str,
    /// Whether it is asked for when nobody names scopes.
    default: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SetupState {
    /// People can use it.
    Ready,
    /// No OAuth app is configured for it.
    NeedsApp,
    /// Named in the product, not built yet.
    NotBuilt,
}

impl ConnectorSetup {
    fn of(app: &App, descriptor: &'static Descriptor) -> Self {
        let reason = app.unavailable_reason(descriptor);
        let state = match (&reason, descriptor.is_built()) {
            (None, _) => SetupState::Ready,
            (Some(_), true) => SetupState::NeedsApp,
            (Some(_), false) => SetupState::NotBuilt,
        };
        let own = descriptor.oauth.map(|_| app.settings.own_callback());
        let redirect_uris = own
            .into_iter()
            .flat_map(|own| std::iter::once(own).chain(app.settings.redirect_uris.iter().cloned()));
        let scopes = descriptor.oauth.map(|facts| facts.scopes).unwrap_or_default();
        Self {
            connector_id: descriptor.id,
            name: descriptor.name,
            provider: descriptor.provider,
            state,
            plan: descriptor.plan.into(),
            reason,
            guide: descriptor
                .oauth
                .filter(|_| descriptor.is_built())
                .map(|_| format!("{}/{}.md", GUIDES, descriptor.id)),
            redirect_uris: redirect_uris.collect(),
            scopes: scopes
                .iter()
                .map(|scope| ScopeSetup {
                    name: scope.full,
                    meaning: scope.meaning,
                    default: scope.default || scope.identity,
                })
                .collect(),
        }
    }
}

/// Lists which connectors are configured, and what to register at the providers of the others.
#[utoipa::path(
    get, path = "/rest/admin/connectors", tag = "admin", security(("admin_key" = [])),
    responses((status = 200, description = "Every connector.", body = ConnectorSetupList), Forbidden, Always)
)]
pub async fn list_connector_setups(
    _admin: Admin,
    State(state): State<ApiState>,
) -> ApiResult<Json<ConnectorSetupList>> {
    let all =
        state.app.registry.iter().map(|connector| ConnectorSetup::of(&state.app, connector.descriptor()));
    Ok(Json(ConnectorSetupList { connectors: all.collect() }))
}
