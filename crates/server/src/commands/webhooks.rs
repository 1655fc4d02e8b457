//! `gangway webhooks`: the addresses to enter at providers, and how far each is. Needs the admin key.

use clap::{Args, Subcommand};

use crate::client::wire::{OfferedToken, Webhook, Webhooks};
use crate::client::{ServerArgs, parse};
use crate::failure::Failure;
use crate::output;
use crate::output::table::Rows;

/// What there is to say where no address can be entered anywhere.
const UNREACHABLE: &str = "providers cannot call this server: public_url has to be its https address first, and \
                           sync.webhooks on; until then changes are polled for";

#[derive(Args, Debug)]
pub struct WebhooksArgs {
    #[command(subcommand)]
    deed: Option<Deed>,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// List the addresses and what is still to be done at each provider (the default)
    List,
    /// Say that the offered verification token was accepted at the provider
    Confirm {
        connector: String,
        /// The token that was accepted, when several were offered
        #[arg(long, value_name = "TOKEN")]
        offered: Option<String>,
    },
    /// Forget a connector's token, so that the provider can offer another
    Forget { connector: String },
}

pub async fn run(server: &ServerArgs, args: WebhooksArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let path = ["admin", "webhooks"];
    match args.deed.unwrap_or(Deed::List) {
        Deed::List => {
            let answer = client.get(&path).send().await?;
            if server.json {
                output::json(&answer);
                return Ok(());
            }
            let listed: Webhooks = parse(answer)?;
            if !listed.webhooks.is_empty() && listed.webhooks.iter().all(|webhook| webhook.address.is_none())
            {
                output::line(UNREACHABLE);
                return Ok(());
            }
            let mut rows = Rows::new(&["connector", "address", "what to do"]);
            for webhook in listed.webhooks {
                let to_do = to_do(&webhook);
                let address = webhook.address.unwrap_or_else(|| "-".to_owned());
                rows.row([webhook.connector_id, address, to_do]);
            }
            rows.print("no connector takes webhooks");
        }
        Deed::Confirm { connector, offered } => {
            let body = serde_json::json!({ "verification_token": offered });
            client.post(&["admin", "webhooks", &connector, "confirm"]).json(&body).send().await?;
            done(server, &format!("{connector}: the token is confirmed"));
        }
        Deed::Forget { connector } => {
            client.delete(&["admin", "webhooks", &connector]).send().await?;
            done(server, &format!("{connector}: the token is forgotten"));
        }
    }
    Ok(())
}

fn done(server: &ServerArgs, text: &str) {
    match server.json {
        true => output::json(&serde_json::json!({ "done": true })),
        false => output::line(output::safe(text)),
    }
}

fn to_do(webhook: &Webhook) -> String {
    let id = &webhook.connector_id;
    match (webhook.state.as_str(), &webhook.verification_token) {
        ("automatic", _) => "nothing: every connection subscribes by itself".to_owned(),
        ("ready", _) => "nothing: webhooks are taken".to_owned(),
        ("needs_secret", _) => format!("set connectors.{id}.webhook_secret"),
        ("offered", Some(_)) if webhook.offers.len() > 1 => {
            let told = |offer: &OfferedToken| format!("{} ({})", offer.verification_token, offer.offered_at);
            let tokens: Vec<String> = webhook.offers.iter().map(told).collect();
            format!(
                "several tokens were offered: enter the one of the moment when you entered the address at the \
                 provider, then `gangway webhooks confirm {id} --offered TOKEN`: {}",
                tokens.join(", ")
            )
        }
        ("offered", Some(token)) => {
            format!("enter this token at the provider, then `gangway webhooks confirm {id}`: {token}")
        }
        _ => "enter the address at the provider".to_owned(),
    }
}
