//! What an operator does at the providers for webhooks of a whole OAuth app: enters the address, confirms the token.

use std::time::Duration;

use anyhow::{Context, anyhow};
use gangway_effects::{Clock, SystemClock};
use gangway_emulators::{dropbox, notion, slack};

use super::emulators::Emulators;
use crate::client::Client;
use crate::client::wire::{Webhook, Webhooks};
use crate::failure::Failure;

/// How long the token may be on its way.
const PATIENCE: u32 = 100;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Enters the addresses that `gangway webhooks` tells. Returns the connectors for which that was to be done.
pub async fn set_up_webhooks(admin: &Client, emulators: &Emulators) -> Result<Vec<String>, Failure> {
    let mut done = Vec::new();
    for webhook in list(admin).await? {
        let Some(address) = webhook.address.as_deref().filter(|_| webhook.state != "automatic") else {
            continue;
        };
        match webhook.connector_id.as_str() {
            "slack" => {
                let control = emulators.slack.control();
                control.subscribe(slack::DEFAULT_CLIENT_ID, address, &["*"]).await?;
            }
            "dropbox" => {
                emulators.dropbox.control().add_webhook(dropbox::DEFAULT_CLIENT_ID, address).await?;
            }
            "notion" => confirm_notion(admin, &emulators.notion.control(), &webhook, address).await?,
            _ => continue,
        }
        done.push(webhook.name);
    }
    Ok(done)
}

/// Notion sends a token to the address; only who runs the server can read it there and enter it at Notion.
async fn confirm_notion(
    admin: &Client,
    portal: &notion::Control,
    webhook: &Webhook,
    address: &str,
) -> Result<(), Failure> {
    let id = webhook.connector_id.as_str();
    if webhook.state != "waits_for_handshake" {
        // A former demo's Notion is gone, and its token with it.
        admin.delete(&["admin", "webhooks", id]).send().await?;
    }
    let subscription = portal.subscribe(&notion::NewSubscription {
        url: address.to_owned(),
        event_types: Vec::new(),
        api_version: None,
        client_id: Some(notion::DEFAULT_CLIENT_ID.to_owned()),
        auto_verify: false,
    })?;
    for _ in 0..PATIENCE {
        let offered = list(admin).await?.into_iter().find(|webhook| webhook.connector_id == id);
        if let Some(token) = offered.and_then(|webhook| webhook.verification_token) {
            portal.verify_subscription(&subscription.id, &token).context("the token is not accepted")?;
            admin.post(&["admin", "webhooks", id, "confirm"]).send().await?;
            return Ok(());
        }
        SystemClock.sleep(LOOK_EVERY).await;
    }
    Err(anyhow!("no verification token arrived at {address}").into())
}

async fn list(admin: &Client) -> Result<Vec<Webhook>, Failure> {
    let listed: Webhooks = admin.get(&["admin", "webhooks"]).read().await?;
    Ok(listed.webhooks)
}
