//! Who uses Gangway: users and the organisations they belong to.

use serde::{Deserialize, Serialize};

use crate::{OrganizationId, Plan, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: String,
    pub plan: Plan,
    pub created_at: Timestamp,
}

/// A person in the product that embeds Gangway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub organization_id: Option<OrganizationId>,
    /// The product's own name for this user (an id or an address); unique when given.
    pub external_id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    /// The user's own plan; the organisation's applies when it is higher.
    pub own_plan: Plan,
    /// The plan that applies: the higher of the user's own and the organisation's.
    pub plan: Plan,
    pub created_at: Timestamp,
    /// Since when the user is disabled: nobody acts as them, and nothing is brought in for them.
    pub disabled_at: Option<Timestamp>,
}
