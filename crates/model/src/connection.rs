//! A person's link through a connector, and the grant behind it.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, ConnectorId, Timestamp, UserId};

/// Whom the provider says a connection belongs to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The provider's stable key for the account; never the email address, which may change.
    pub id: String,
    pub email: Option<String>,
    pub name: Option<String>,
    /// The provider's stable key for the workspace or team that the account works in, where pushes are addressed to
    /// those.
    pub workspace: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    Active,
    /// The grant is dead; only the user can mend it by connecting again.
    NeedsReauth,
    /// Being taken apart: no new work starts on it.
    Disconnecting,
}

impl ConnectionState {
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionState::Active => "active",
            ConnectionState::NeedsReauth => "needs_reauth",
            ConnectionState::Disconnecting => "disconnecting",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::NeedsReauth, Self::Disconnecting]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// One person's or workspace's link through a connector. Survives a reconnect.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    pub id: ConnectionId,
    pub user_id: UserId,
    pub connector_id: ConnectorId,
    pub account: Account,
    pub state: ConnectionState,
    /// Why the state is what it is, in a sentence a person can act on.
    pub state_reason: Option<String>,
    /// The scopes that were granted, in full form; not those that were asked for.
    pub scopes: Vec<String>,
    /// When the access token ends; `None` when the provider did not say or there is no grant.
    pub expires_at: Option<Timestamp>,
    /// Counts the grants this connection has had; every refresh and reconnect adds one.
    pub generation: i64,
    pub connected_at: Timestamp,
    /// When a person last consented; later than `connected_at` once it was connected again.
    pub consented_at: Timestamp,
    pub last_sync_at: Option<Timestamp>,
}

/// What was given, opened. Lives only as long as one exchange needs it.
#[derive(Clone, Debug)]
pub struct Grant {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
}

/// A grant as it lies in the rows: sealed, with the generation it is bound to.
#[derive(Clone, Debug)]
pub struct SealedGrant {
    pub connection_id: ConnectionId,
    pub user_id: UserId,
    pub generation: i64,
    /// Whether somebody had claimed its refresh when it was read. Once that claim has run out, they may be dead, or slow.
    pub refresh_claimed: bool,
    pub access_token: Vec<u8>,
    pub refresh_token: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
}
