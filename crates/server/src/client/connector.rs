//! Connectors and their connections, as the commands read them of the API's answers.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::wire::{Reason, yes};

#[derive(Clone, Debug, Deserialize)]
pub struct Connectors {
    pub connectors: Vec<Connector>,
}

/// A connector. What is said of a connection is the default one's.
#[derive(Clone, Debug, Deserialize)]
pub struct Connector {
    pub id: String,
    pub name: String,
    pub connected: bool,
    #[serde(default = "yes")]
    pub available: bool,
    pub reason: Option<String>,
    pub user_email: Option<String>,
    pub consented_at: Option<DateTime<Utc>>,
    pub connection_id: Option<String>,
    pub status: Option<String>,
    pub error: Option<Reason>,
    pub account: Option<Account>,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub sync: Option<Following>,
    #[serde(default)]
    pub scopes: Vec<String>,
    #[serde(default)]
    connections: Vec<ConnectionRow>,
}

impl Connector {
    /// Every connection, whether the answer lists one or several.
    pub fn all(&self) -> Vec<ConnectionRow> {
        let first = self.connection_id.clone().map(|connection_id| ConnectionRow {
            connection_id,
            status: self.status.clone(),
            user_email: self.user_email.clone(),
            account: self.account.clone(),
            consented_at: self.consented_at,
            last_sync_at: self.last_sync_at,
            error: self.error.clone(),
            scopes: self.scopes.clone(),
        });
        match self.connections.is_empty() {
            true => first.into_iter().collect(),
            false => self.connections.clone(),
        }
    }

    /// Every connection with what a consent changes of it.
    pub fn consents(&self) -> Vec<Consent> {
        self.all().iter().map(ConnectionRow::consent).collect()
    }

    pub fn person(&self) -> Option<&str> {
        person(self.user_email.as_deref(), self.account.as_ref())
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct ConnectionRow {
    pub connection_id: String,
    pub status: Option<String>,
    user_email: Option<String>,
    account: Option<Account>,
    consented_at: Option<DateTime<Utc>>,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub error: Option<Reason>,
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl ConnectionRow {
    /// Whose account it is, as people know it.
    pub fn person(&self) -> Option<&str> {
        person(self.user_email.as_deref(), self.account.as_ref())
    }

    pub fn is(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }

    pub fn consent(&self) -> Consent {
        Consent { connection_id: self.connection_id.clone(), consented_at: self.consented_at }
    }
}

fn person<'a>(email: Option<&'a str>, account: Option<&'a Account>) -> Option<&'a str> {
    email
        .or_else(|| account.and_then(|account| account.email.as_deref()))
        .or_else(|| account.and_then(|account| account.name.as_deref()))
}

/// What tells one consent from the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub connection_id: String,
    consented_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    email: Option<String>,
    name: Option<String>,
}

/// How changes come to be known.
#[derive(Clone, Debug, Deserialize)]
pub struct Following {
    pub mode: String,
}
