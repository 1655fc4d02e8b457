//! Notifications: who changed, never what; signed with the app's secret.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use aws_lc_rs::hmac;
use serde_json::json;

use super::state::Dropbox;
use super::text::hex;
use super::tree::AccountRef;
use crate::kernel::secret::random_token;
use crate::kernel::webhooks::Delivery;

const AGENT: &str = "DropboxWebhooks/1.0";

/// Returns the signature of a body: HMAC-SHA256 in lower-case hexadecimal.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex(hmac::sign(&key, body).as_ref())
}

impl Dropbox {
    /// Tells every linked app about these people, or keeps them for one merged message.
    pub fn notify(&self, people: BTreeSet<AccountRef>) {
        if self.switches().merge_webhooks {
            self.pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).extend(people);
            return;
        }
        self.send_to_apps(&people);
    }

    /// Sends what was kept.
    pub fn release_webhooks(&self) {
        let mut pending = self.pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let people = std::mem::take(&mut *pending);
        drop(pending);
        self.send_to_apps(&people);
    }

    fn send_to_apps(&self, people: &BTreeSet<AccountRef>) {
        let apps = self.apps.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        for (client_id, app) in apps.iter().filter(|(_, app)| !app.webhook_uris.is_empty()) {
            let linked: Vec<(String, u64)> = {
                let tree = self.read_tree();
                let all = people.iter().filter_map(|person| tree.accounts.get(*person as usize));
                all.filter(|a| !a.suspended && self.kernel.authz.find_grant(&a.email, client_id).is_some())
                    .map(|a| (a.id.clone(), a.uid))
                    .collect()
            };
            if !linked.is_empty() {
                let (ids, uids): (Vec<String>, Vec<u64>) = linked.into_iter().unzip();
                for uri in &app.webhook_uris {
                    self.send_webhook(client_id, uri, &ids, &uids, None);
                }
            }
        }
    }

    /// Sends one message; `signed_with` replaces the app's secret.
    pub fn send_webhook(
        &self,
        client_id: &str,
        uri: &str,
        ids: &[String],
        uids: &[u64],
        signed_with: Option<&str>,
    ) {
        let Some(client) = self.kernel.authz.find_client(client_id) else { return };
        let body = json!({"list_folder": {"accounts": ids}, "delta": {"users": uids}}).to_string();
        let secret = signed_with.unwrap_or(&client.client_secret);
        let headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("User-Agent".to_owned(), AGENT.to_owned()),
            ("X-Dropbox-Signature".to_owned(), signature(secret, body.as_bytes())),
        ];
        let delivery = Delivery {
            lane: uri.to_owned(),
            url: uri.to_owned(),
            headers,
            body: body.into(),
            variants: None,
        };
        self.kernel.webhooks.send(delivery);
    }
}

/// Asks a receiver to echo a challenge: ten seconds, one try, unsigned.
pub async fn verify(uri: &str) -> anyhow::Result<()> {
    let client = reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let challenge = random_token("", 24);
    let answer = client
        .get(uri)
        .query(&[("challenge", &challenge)])
        .header("User-Agent", AGENT)
        .send()
        .await
        .context("the receiver cannot be reached")?;
    ensure!(answer.status() == 200, "the receiver answered {}", answer.status());
    ensure!(answer.text().await? == challenge, "the receiver did not echo the challenge");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_the_documented_body() {
        let body = br#"{"list_folder":{"accounts":["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"]},"delta":{"users":[12345678]}}"#;
        let expected = "a3033e3659e89e8d72ce584ce1972e2068468c1b4e4e5f102c11e1ef4f398dea";
        assert_eq!(signature("appsecret", body), expected);
    }
}
