//! The apps' own settings: ids, signing secrets, and where their events go.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::secret::{stable_digits, stable_id};

const KEPT_CONTEXTS: usize = 1000;

/// Where an app hears of events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub url: String,
    /// Names such as `message.channels`; `*` stands for all.
    pub events: Vec<String>,
    /// False after verification failed, or when deliveries were given up.
    pub enabled: bool,
}

/// What the app's settings page shows.
#[derive(Clone)]
pub struct App {
    pub app_id: String,
    pub signing_secret: String,
    pub verification_token: String,
    /// A token of the app itself, for `apps.event.authorizations.list`.
    pub app_token: String,
    pub subscription: Option<Subscription>,
    /// Start of the current hour of deliveries, and how many there were.
    pub hour: (i64, u32),
    /// The minute in which `app_rate_limited` was last told.
    pub limited_minute: i64,
}

/// Every app, by its client id; made when first asked for.
pub struct Apps {
    default_secret: String,
    by_client: BTreeMap<String, App>,
    /// Authorizations behind recent events, by `event_context`.
    contexts: VecDeque<(String, Vec<Value>)>,
}

impl Apps {
    pub fn new(default_secret: String) -> Self {
        Self { default_secret, by_client: BTreeMap::new(), contexts: VecDeque::new() }
    }

    pub fn of(&mut self, client_id: &str) -> &mut App {
        let default = client_id == super::DEFAULT_CLIENT_ID;
        let secret = if default {
            self.default_secret.clone()
        } else {
            stable_id(&format!("signing/{client_id}"), 1, 32)
        };
        self.by_client.entry(client_id.to_owned()).or_insert_with(|| App {
            app_id: format!("A0{}", stable_digits("app", client_id, 9)),
            signing_secret: secret,
            verification_token: stable_id(&format!("verification/{client_id}"), 1, 24),
            app_token: format!("xapp-1-{}", stable_id(&format!("app token/{client_id}"), 1, 40)),
            subscription: None,
            hour: (0, 0),
            limited_minute: 0,
        })
    }

    pub fn list(&self) -> Vec<(String, App)> {
        self.by_client.iter().map(|(client, app)| (client.clone(), app.clone())).collect()
    }

    pub fn client_of_app_token(&self, token: &str) -> Option<String> {
        self.by_client.iter().find(|(_, app)| app.app_token == token).map(|(client, _)| client.clone())
    }

    pub fn remember_context(&mut self, context: String, authorizations: Vec<Value>) {
        if self.contexts.len() == KEPT_CONTEXTS {
            self.contexts.pop_front();
        }
        self.contexts.push_back((context, authorizations));
    }

    pub fn find_context(&self, context: &str) -> Option<Vec<Value>> {
        self.contexts.iter().rev().find(|(known, _)| known == context).map(|(_, list)| list.clone())
    }

    /// Forgets subscriptions and contexts.
    pub fn reset(&mut self) {
        self.by_client.clear();
        self.contexts.clear();
    }
}
