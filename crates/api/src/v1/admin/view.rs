//! Users and organisations as the API shows them.

use chrono::{DateTime, Utc};
use gangway_model::{Organization, Plan, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a user may use; a later plan includes the earlier ones.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Plan)]
pub enum PlanName {
    Free,
    Pro,
    Enterprise,
}

impl From<PlanName> for Plan {
    fn from(name: PlanName) -> Self {
        match name {
            PlanName::Free => Plan::Free,
            PlanName::Pro => Plan::Pro,
            PlanName::Enterprise => Plan::Enterprise,
        }
    }
}

impl From<Plan> for PlanName {
    fn from(plan: Plan) -> Self {
        match plan {
            Plan::Free => PlanName::Free,
            Plan::Pro => PlanName::Pro,
            Plan::Enterprise => PlanName::Enterprise,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    id: String,
    /// The product's own name for the user.
    external_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
    /// The plan that applies: the higher of the user's own and the organisation's.
    plan: PlanName,
    own_plan: PlanName,
    organization_id: Option<String>,
    created_at: DateTime<Utc>,
    /// Since when the user is disabled; null for one who is not.
    disabled_at: Option<DateTime<Utc>>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.into_string(),
            external_id: user.external_id,
            name: user.name,
            email: user.email,
            plan: user.plan.into(),
            own_plan: user.own_plan.into(),
            organization_id: user.organization_id.map(|id| id.into_string()),
            created_at: user.created_at,
            disabled_at: user.disabled_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationView {
    id: String,
    name: String,
    plan: PlanName,
    created_at: DateTime<Utc>,
}

impl From<Organization> for OrganizationView {
    fn from(organization: Organization) -> Self {
        Self {
            id: organization.id.into_string(),
            name: organization.name,
            plan: organization.plan.into(),
            created_at: organization.created_at,
        }
    }
}
