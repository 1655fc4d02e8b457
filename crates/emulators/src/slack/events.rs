//! The Events API: who hears what, the envelope, the signature, and what happens when an app leaves.

use std::sync::{Arc, OnceLock, Weak};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::apps::Subscription;
use super::state::{Slack, UninstallOrder};
use super::tokens::{Death, Holder, Kind};
use super::workspace::{Audience, Event, Workspace};
use crate::kernel::secret::random_token;
use crate::kernel::webhooks::{Delivery, Failure, RetryPlan};

const HOUR_MS: i64 = 3_600_000;

/// Returns `v0=<hex>`: the HMAC-SHA256 of version, time and raw body.
pub fn signature(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("v0:{timestamp}:").as_bytes());
    context.update(body);
    let hex: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={hex}")
}

/// A place for the emulator, filled once it exists: signing needs its clock and its apps.
pub type Home = Arc<OnceLock<Weak<Slack>>>;

/// Slack's way of delivering: 3 s to answer, retries at once, after a minute and after five.
pub fn plan(home: Home) -> RetryPlan {
    RetryPlan {
        pauses: vec![0, 1, 5],
        backoff_ms: 60_000,
        timeout_ms: 3000,
        redirects: 2,
        stop_header: Some("x-slack-no-retry"),
        headers: Arc::new(move |delivery, number, before| {
            home.get()
                .and_then(Weak::upgrade)
                .map_or(Vec::new(), |slack| slack.attempt_headers(delivery, number, before))
        }),
    }
}

fn retry_reason(failure: Failure) -> &'static str {
    match failure {
        Failure::Timeout => "http_timeout",
        Failure::Connection => "connection_failed",
        Failure::Redirects => "too_many_redirects",
        Failure::Status(_) => "http_error",
        Failure::Other => "unknown_error",
    }
}

impl Slack {
    /// Signs an attempt anew; the lane is the app's client id.
    fn attempt_headers(
        &self,
        delivery: &Delivery,
        number: u32,
        before: Option<Failure>,
    ) -> Vec<(String, String)> {
        let secret = self.apps().of(&delivery.lane).signing_secret.clone();
        let timestamp = self.now_ms() / 1000;
        let mut headers = vec![
            ("X-Slack-Request-Timestamp".to_owned(), timestamp.to_string()),
            ("X-Slack-Signature".to_owned(), signature(&secret, timestamp, &delivery.body)),
        ];
        if let Some(failure) = before {
            headers.push(("X-Slack-Retry-Num".to_owned(), number.to_string()));
            headers.push(("X-Slack-Retry-Reason".to_owned(), retry_reason(failure).to_owned()));
        }
        headers
    }

    fn delivery(&self, client_id: &str, url: &str, body: &Value) -> Delivery {
        Delivery {
            lane: client_id.to_owned(),
            url: url.to_owned(),
            headers: vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                ("User-Agent".to_owned(), "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
            ],
            body: Bytes::from(body.to_string()),
            variants: None,
        }
    }

    /// Saves a request URL: Slack first makes it prove itself with a challenge.
    pub async fn subscribe(&self, client_id: &str, url: &str, events: &[String]) -> anyhow::Result<()> {
        let challenge = random_token("", 40);
        let token = self.apps().of(client_id).verification_token.clone();
        let body = json!({"token": token, "challenge": challenge, "type": "url_verification"});
        let asked = self.kernel.webhooks.ask(&self.delivery(client_id, url, &body)).await;
        let verified = match &asked {
            Ok((status, answer)) => (200..300).contains(status) && echoes(answer, &challenge),
            Err(_) => false,
        };
        self.apps().of(client_id).subscription =
            Some(Subscription { url: url.to_owned(), events: events.to_vec(), enabled: verified });
        match (verified, asked) {
            (true, _) => Ok(()),
            (false, Ok((status, _))) => {
                anyhow::bail!("the request URL answered {status} without the challenge")
            }
            (false, Err(failure)) => {
                anyhow::bail!("the request URL did not answer: {}", retry_reason(failure))
            }
        }
    }

    /// Tells every app what it may hear.
    pub fn tell(&self, events: Vec<Event>) {
        let clients: Vec<String> = {
            let apps = self.apps();
            apps.list()
                .into_iter()
                .filter(|(_, app)| app.subscription.as_ref().is_some_and(|known| known.enabled))
                .map(|(client, _)| client)
                .collect()
        };
        if clients.is_empty() {
            return;
        }
        for client_id in clients {
            let installs = self.tokens().installs(&client_id);
            for event in &events {
                let wanted =
                    self.apps().of(&client_id).subscription.as_ref().is_some_and(|known| {
                        known.events.iter().any(|name| name == "*" || *name == event.name)
                    });
                if !wanted {
                    continue;
                }
                let hearing: Vec<Value> = {
                    let workspace = self.read();
                    let joined_only = !self.switches().events_without_joining;
                    installs
                        .iter()
                        .filter(|(_, scopes)| {
                            event.scopes.iter().any(|scope| scopes.iter().any(|known| known == scope))
                        })
                        .filter(|(holder, _)| hears(&workspace, holder, event, joined_only))
                        .map(|(holder, _)| authorization(holder))
                        .collect()
                };
                if !hearing.is_empty() {
                    self.send_event(&client_id, &event.team_id, event.is_ext_shared, &event.body, hearing);
                }
            }
        }
    }

    /// Wraps an event and sends it to an app, within its hourly allowance.
    pub fn send_event(
        &self,
        client_id: &str,
        team_id: &str,
        is_ext_shared: bool,
        event: &Value,
        authorizations: Vec<Value>,
    ) {
        let now_ms = self.now_ms();
        if !self.may_deliver(client_id, team_id, now_ms) {
            return;
        }
        let ts = {
            let mut workspace = self.workspace.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            workspace.next_ts(now_ms).to_string()
        };
        let mut event = event.clone();
        let has_no_ts = matches!(event["type"].as_str(), Some("tokens_revoked" | "app_uninstalled"));
        if event["event_ts"].is_null() && !has_no_ts {
            event["event_ts"] = ts.into();
        }
        let enterprise = self.enterprise().map(|(id, _)| id);
        let id = random_token("", 8).replace(['-', '_'], "0").to_uppercase();
        let plain = json!({"et": event["type"], "tid": team_id, "eid": id});
        let context = format!("4-{}", URL_SAFE_NO_PAD.encode(plain.to_string()));
        let body = {
            let mut apps = self.apps();
            apps.remember_context(context.clone(), authorizations.clone());
            let app = apps.of(client_id);
            json!({
                "token": app.verification_token,
                "team_id": team_id,
                "enterprise_id": enterprise,
                "context_team_id": team_id,
                "context_enterprise_id": enterprise,
                "api_app_id": app.app_id,
                "event": event,
                "type": "event_callback",
                "event_id": format!("Ev0{id}"),
                "event_time": now_ms / 1000,
                "authorizations": authorizations.into_iter().take(1).collect::<Vec<_>>(),
                "is_ext_shared_channel": is_ext_shared,
                "event_context": context,
            })
        };
        self.post_to_app(client_id, &body);
    }

    fn post_to_app(&self, client_id: &str, body: &Value) {
        let url = self.apps().of(client_id).subscription.as_ref().map(|known| known.url.clone());
        if let Some(url) = url {
            let timeout_ms = self.switches().ack_timeout_ms;
            self.kernel.webhooks.set_timeout_ms(timeout_ms);
            self.kernel.webhooks.send(self.delivery(client_id, &url, body));
        }
    }

    /// Counts a delivery; above the hourly allowance tells `app_rate_limited`, once a minute.
    fn may_deliver(&self, client_id: &str, team_id: &str, now_ms: i64) -> bool {
        let allowed = self.switches().deliveries_per_hour;
        let minute = now_ms / 60_000 * 60;
        {
            let mut apps = self.apps();
            let app = apps.of(client_id);
            if now_ms - app.hour.0 >= HOUR_MS {
                app.hour = (now_ms, 0);
            }
            app.hour.1 += 1;
            if app.hour.1 <= allowed {
                return true;
            }
            if app.limited_minute == minute {
                return false;
            }
            app.limited_minute = minute;
        }
        self.send_rate_limited(client_id, team_id, minute);
        false
    }

    /// Tells an app that events were lost in a minute.
    pub fn send_rate_limited(&self, client_id: &str, team_id: &str, minute: i64) {
        let body = {
            let mut apps = self.apps();
            let app = apps.of(client_id);
            json!({
                "token": app.verification_token,
                "type": "app_rate_limited",
                "team_id": team_id,
                "minute_rate_limited": minute,
                "api_app_id": app.app_id,
            })
        };
        self.post_to_app(client_id, &body);
    }

    /// Tells an app whose tokens were revoked: user ids, not tokens.
    pub fn tell_revoked(&self, holders: &[Holder]) {
        let mut clients: Vec<&str> = holders.iter().map(|holder| holder.client_id.as_str()).collect();
        clients.sort_unstable();
        clients.dedup();
        for client_id in clients {
            let of = |kind: Kind| -> Vec<&str> {
                holders
                    .iter()
                    .filter(|holder| holder.client_id == client_id && holder.kind == kind)
                    .map(|holder| holder.user_id.as_str())
                    .collect()
            };
            let event = json!({
                "type": "tokens_revoked", "tokens": {"oauth": of(Kind::User), "bot": of(Kind::Bot)},
            });
            self.send_of_app(client_id, "tokens_revoked", &event);
        }
    }

    fn send_of_app(&self, client_id: &str, name: &str, event: &Value) {
        let wanted = self.apps().of(client_id).subscription.as_ref().is_some_and(|known| {
            known.enabled && known.events.iter().any(|word| word == "*" || word == name)
        });
        if wanted {
            let team_id = self.read().team().id.clone();
            self.send_event(client_id, &team_id, false, event, Vec::new());
        }
    }

    /// Ends every token of an app in the workspace.
    pub fn uninstall(&self, client_id: &str) -> usize {
        let ended = self.tokens().end(Death::Uninstalled, |holder| holder.client_id == client_id);
        let event = json!({"type": "app_uninstalled"});
        match self.switches().uninstall_order {
            UninstallOrder::TokensFirst => {
                self.tell_revoked(&ended);
                self.send_of_app(client_id, "app_uninstalled", &event);
            }
            UninstallOrder::AppFirst => {
                self.send_of_app(client_id, "app_uninstalled", &event);
                self.tell_revoked(&ended);
            }
        }
        ended.len()
    }

    /// Ends a person's tokens, of one app or of all.
    pub fn revoke_user(&self, user_id: &str, client_id: Option<&str>) -> usize {
        let ended = self.tokens().end(Death::Revoked, |holder| {
            holder.user_id == user_id && client_id.is_none_or(|client| holder.client_id == client)
        });
        self.tell_revoked(&ended);
        ended.len()
    }
}

fn echoes(answer: &str, challenge: &str) -> bool {
    let text = answer.trim();
    if text == challenge || text == format!("challenge={challenge}") {
        return true;
    }
    let json: Option<Value> = serde_json::from_str(text).ok();
    json.is_some_and(|json| json["challenge"] == challenge || json == challenge)
}

fn hears(workspace: &Workspace, holder: &Holder, event: &Event, joined_only: bool) -> bool {
    let Some(user) = workspace.users.get(&holder.user_id) else { return false };
    match &event.audience {
        Audience::Team => !user.deleted,
        Audience::Only(only) => *only == user.id,
        Audience::Members(members) => members.contains(&user.id),
        Audience::Public(members) => {
            let about_messages = event.name.starts_with("message.");
            let must_join = about_messages && (joined_only || holder.kind == Kind::Bot);
            members.contains(&user.id) || !(must_join || user.is_guest())
        }
    }
}

fn authorization(holder: &Holder) -> Value {
    json!({
        "enterprise_id": holder.organisation.then_some(super::state::ENTERPRISE_ID),
        "team_id": holder.team_id,
        "user_id": holder.user_id,
        "is_bot": holder.kind == Kind::Bot,
        "is_enterprise_install": holder.organisation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_slacks_own_example() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        assert_eq!(
            signature("8f742231b10e8888abcd99yyyzzz85a5", 1_531_420_618, body.as_bytes()),
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        );
    }
}
