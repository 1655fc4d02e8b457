//! Webhook subscriptions: the verification handshake, gathering, and signed deliveries.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::{Context, ensure};
use aws_lc_rs::hmac;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::files::hex;
use super::ids::{self, Id};
use super::state::Notion;
use super::versions::Version;
use super::workspace::{Happening, Kind};
use crate::kernel::clock::rfc3339;
use crate::kernel::secret::{random_token, same_secret};
use crate::kernel::webhooks::{Delivery, Remake, Variants};

/// The first delivery and seven more.
const ATTEMPTS: u32 = 8;

/// What one subscription wants, as the developer portal asks for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    pub url: String,
    /// Every type when empty.
    #[serde(default)]
    pub event_types: Vec<String>,
    #[serde(default)]
    pub api_version: Option<String>,
    /// The app it belongs to; the first registered one when absent.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Pastes the token back by itself, so that events flow at once.
    #[serde(default)]
    pub auto_verify: bool,
}

/// A webhook subscription.
#[derive(Debug, Clone, Serialize)]
pub struct Subscription {
    pub id: String,
    pub url: String,
    pub event_types: Vec<String>,
    pub api_version: String,
    pub client_id: String,
    pub integration_id: String,
    /// Also the key of the signatures. Told here because there is no portal to look it up in.
    pub verification_token: String,
    pub active: bool,
}

/// An event that waits for its window to close.
#[derive(Debug, Clone)]
struct Waiting {
    happening: Happening,
    due_ms: i64,
}

#[derive(Debug, Default)]
pub struct Hooks {
    subscriptions: Vec<Subscription>,
    waiting: VecDeque<Waiting>,
}

/// Says whether a type is gathered before it leaves.
fn is_gathered(event: &str) -> bool {
    !(event.starts_with("comment.") || event == "page.locked" || event == "page.unlocked")
}

impl Notion {
    fn hooks(&self) -> std::sync::MutexGuard<'_, Hooks> {
        self.hooks.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Makes a subscription and sends its token; it is pending until the token comes back.
    pub fn subscribe(&self, wish: &NewSubscription) -> anyhow::Result<Subscription> {
        let version = wish.api_version.as_deref().unwrap_or(Version::V2026.show());
        ensure!(Version::parse(version).is_some(), "unknown api_version {version}");
        url::Url::parse(&wish.url).context("the url is not one")?;
        let client_id = match &wish.client_id {
            Some(client_id) => client_id.clone(),
            None => {
                let clients = self.kernel.authz.list_clients();
                clients.first().context("no app is registered")?.client_id.clone()
            }
        };
        let subscription = Subscription {
            id: ids::random(),
            url: wish.url.clone(),
            event_types: wish.event_types.clone(),
            api_version: version.to_owned(),
            integration_id: ids::show(ids::of_key("integration", &client_id)),
            client_id,
            verification_token: random_token("secret_", 32),
            active: wish.auto_verify,
        };
        self.hooks().subscriptions.push(subscription.clone());
        self.send_token(&subscription);
        self.change(|store, _| store.listened_to = true);
        Ok(subscription)
    }

    fn send_token(&self, subscription: &Subscription) {
        self.kernel.webhooks.send(Delivery {
            lane: subscription.id.clone(),
            url: subscription.url.clone(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: json!({"verification_token": subscription.verification_token}).to_string().into(),
            variants: None,
        });
    }

    /// Sends the token of a pending subscription again.
    pub fn resend_token(&self, id: &str) -> anyhow::Result<()> {
        let found = self.hooks().subscriptions.iter().find(|one| one.id == id).cloned();
        let subscription = found.context("no such subscription")?;
        ensure!(!subscription.active, "the subscription is verified already");
        self.send_token(&subscription);
        Ok(())
    }

    /// The operator pastes the token that the receiver showed.
    pub fn verify(&self, id: &str, token: &str) -> anyhow::Result<Subscription> {
        let mut hooks = self.hooks();
        let subscription =
            hooks.subscriptions.iter_mut().find(|one| one.id == id).context("no such subscription")?;
        ensure!(same_secret(&subscription.verification_token, token), "this is not the token");
        subscription.active = true;
        Ok(subscription.clone())
    }

    pub fn unsubscribe(&self, id: &str) -> anyhow::Result<()> {
        let left = {
            let mut hooks = self.hooks();
            let before = hooks.subscriptions.len();
            hooks.subscriptions.retain(|one| one.id != id);
            ensure!(hooks.subscriptions.len() < before, "no such subscription");
            hooks.subscriptions.len()
        };
        self.change(|store, _| store.listened_to = left > 0);
        Ok(())
    }

    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.hooks().subscriptions.clone()
    }

    /// Returns how many events wait for their window to close.
    pub fn waiting_events(&self) -> usize {
        self.hooks().waiting.len()
    }

    /// Forgets subscriptions and waiting events.
    pub fn reset_hooks(&self) {
        *self.hooks() = Hooks::default();
    }

    /// Takes in what happened. Frequent types wait, and are laid together by thing and type.
    pub fn gather(&self, happenings: Vec<Happening>) {
        let window_ms = self.switches().aggregation_ms;
        let mut at_once = Vec::new();
        {
            let mut hooks = self.hooks();
            for happening in happenings {
                if is_gathered(happening.event) && window_ms > 0 {
                    hooks.take_in(happening, window_ms);
                } else {
                    at_once.push(happening);
                }
            }
        }
        for happening in at_once {
            self.announce(&happening);
        }
    }

    /// Sends what has waited long enough; everything with `all`.
    pub fn release(&self, all: bool) {
        let now_ms = self.now_ms();
        let due: Vec<Happening> = {
            let mut hooks = self.hooks();
            if hooks.waiting.is_empty() {
                return;
            }
            let (due, rest): (Vec<Waiting>, Vec<Waiting>) =
                hooks.waiting.drain(..).partition(|waiting| all || waiting.due_ms <= now_ms);
            hooks.waiting = rest.into();
            due.into_iter().map(|waiting| waiting.happening).collect()
        };
        for happening in due {
            self.announce(&happening);
        }
    }

    fn announce(&self, happening: &Happening) {
        let live: Vec<(Id, String, String)> = {
            let store = self.read();
            happening
                .seen_by
                .iter()
                .filter_map(|id| store.bots.get(id).filter(|bot| bot.live))
                .map(|bot| (bot.id, bot.client_id.clone(), bot.email.clone()))
                .collect()
        };
        for subscription in self.subscriptions().into_iter().filter(|one| one.active) {
            let bots: Vec<&(Id, String, String)> = live
                .iter()
                .filter(|(_, client, email)| {
                    *client == subscription.client_id && self.kernel.authz.find_grant(email, client).is_some()
                })
                .collect();
            if bots.is_empty() {
                continue;
            }
            let event = self.event(&subscription, happening, &bots);
            let wanted = subscription.event_types.is_empty()
                || subscription.event_types.iter().any(|one| event["type"] == *one);
            if wanted {
                self.deliver(&subscription, event);
            }
        }
    }

    /// Builds an event; content is never in it.
    fn event(
        &self,
        subscription: &Subscription,
        happening: &Happening,
        bots: &[&(Id, String, String)],
    ) -> Value {
        let store = self.read();
        let mut kind = happening.event.to_owned();
        let mut entity = happening.entity;
        let mut entity_kind = kind.split('.').next().unwrap_or_default().to_owned();
        let old = subscription.api_version == Version::V2022.show();
        if old && entity_kind == "data_source" {
            // Old versions know only databases.
            kind = kind.replace("data_source.", "database.");
            entity_kind = "database".to_owned();
            let parent = store.find_kind(entity, Kind::DataSource).and_then(|index| store.node(index).parent);
            entity = parent.map_or(entity, |parent| store.node(parent).id);
        }
        let author = if store.bots.contains_key(&happening.by) { "bot" } else { "person" };
        let mut seen = Vec::new();
        for (bot, _, email) in bots {
            if let Some(person) = store.find_person(email) {
                seen.push(json!({"id": ids::show(person.id), "type": "person"}));
            }
            seen.push(json!({"id": ids::show(*bot), "type": "bot"}));
        }
        let mut data = json!({});
        if let Some(page) = happening.page {
            data["page_id"] = json!(ids::show(page));
        }
        data["parent"] = happening.parent.clone();
        if kind.ends_with("content_updated") {
            let touched: Vec<Value> = happening
                .updated_blocks
                .iter()
                .map(|(id, kind)| json!({"id": ids::show(*id), "type": kind}))
                .collect();
            data["updated_blocks"] = json!(touched);
        }
        if kind.ends_with("properties_updated") || kind.ends_with("schema_updated") {
            data["updated_properties"] = json!(happening.updated_properties);
        }
        json!({
            "id": ids::random(),
            "timestamp": rfc3339(happening.at_ms),
            "workspace_id": ids::show(store.id),
            "workspace_name": store.name,
            "subscription_id": subscription.id,
            "integration_id": subscription.integration_id,
            "authors": [{"id": ids::show(happening.by), "type": author}],
            "accessible_by": seen,
            "attempt_number": 1,
            "api_version": subscription.api_version,
            "entity": {"id": ids::show(entity), "type": entity_kind},
            "type": kind,
            "data": data,
        })
    }

    fn deliver(&self, subscription: &Subscription, event: Value) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, subscription.verification_token.as_bytes());
        // Each attempt says its number, so each has its own bytes and its own signature.
        let remake: Remake = Arc::new(move |attempt| {
            let mut event = event.clone();
            event["attempt_number"] = json!(attempt);
            let body = event.to_string();
            let signature = format!("sha256={}", hex(hmac::sign(&key, body.as_bytes()).as_ref()));
            (vec![("X-Notion-Signature".to_owned(), signature)], Bytes::from(body))
        });
        let delivery = Delivery {
            lane: subscription.id.clone(),
            url: subscription.url.clone(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: Bytes::new(),
            variants: Some(Variants { attempts: ATTEMPTS, remake }),
        };
        self.kernel.webhooks.send(delivery);
    }
}

impl Hooks {
    fn take_in(&mut self, happening: Happening, window_ms: i64) {
        // Made and thrown away within one window: nothing to tell.
        if happening.event.ends_with(".deleted") {
            let made = happening.event.replace(".deleted", ".created");
            let entity = happening.entity;
            if self.waiting.iter().any(|one| one.happening.entity == entity && one.happening.event == made) {
                self.waiting.retain(|one| one.happening.entity != entity);
                return;
            }
        }
        let same = self
            .waiting
            .iter_mut()
            .find(|one| one.happening.entity == happening.entity && one.happening.event == happening.event);
        match same {
            Some(known) => {
                let known = &mut known.happening;
                for touched in happening.updated_blocks {
                    if !known.updated_blocks.contains(&touched) && known.updated_blocks.len() < 100 {
                        known.updated_blocks.push(touched);
                    }
                }
                for property in happening.updated_properties {
                    if !known.updated_properties.contains(&property) {
                        known.updated_properties.push(property);
                    }
                }
                known.at_ms = happening.at_ms;
                known.parent = happening.parent;
            }
            None => {
                let due_ms = happening.at_ms + window_ms;
                self.waiting.push_back(Waiting { happening, due_ms });
            }
        }
    }
}
