//! What the product's back end does with the admin key: organisations, users, tokens, assistants, OAuth apps, webhook addresses, the audit log, what the server is at.

pub mod create_organization;
pub mod list_organizations;

pub mod create_user;
pub mod delete_user;
pub mod get_user;
pub mod list_users;
pub mod update_user;

pub mod create_token;
pub mod delete_token;
pub mod list_tokens;

pub mod delete_assistant;
pub mod list_assistants;

pub mod list_connectors;

pub mod confirm_webhook;
pub mod forget_webhook;
pub mod list_webhooks;

pub mod list_audit;
pub mod status;

mod view;

pub use view::{OrganizationView, PlanName, UserView};

use gangway_model::UserId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::strict::Id;

/// The user a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct UserPath {
    /// Our id of the user.
    #[param(inline)]
    user_id: Id,
}

impl UserPath {
    pub fn id(&self) -> UserId {
        self.user_id.to()
    }
}
