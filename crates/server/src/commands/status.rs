//! `gangway status`: which connectors there are, who is connected, and what is wrong.

use clap::Args;

use crate::client::wire::{Connector, Connectors};
use crate::client::{ServerArgs, parse};
use crate::failure::Failure;
use crate::output::table::Rows;
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct StatusArgs {
    /// Only this connector
    connector: Option<String>,
}

pub async fn run(server: &ServerArgs, args: StatusArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let connectors = match &args.connector {
        Some(id) => {
            let answer = client.get(&["connectors", id]).send().await?;
            if server.json {
                output::json(&answer);
                return Ok(());
            }
            vec![parse::<Connector>(answer)?]
        }
        None => {
            let answer = client.get(&["connectors"]).send().await?;
            if server.json {
                output::json(&answer);
                return Ok(());
            }
            parse::<Connectors>(answer)?.connectors
        }
    };
    let mut rows = Rows::new(&["id", "connector", "state", "account", "last sync"]);
    for connector in &connectors {
        rows.row([
            connector.id.clone(),
            connector.name.clone(),
            state(connector),
            connector.person().unwrap_or("-").to_owned(),
            words::ago(connector.last_sync_at),
        ]);
    }
    rows.print("no connectors");
    for connector in connectors.iter().filter(|connector| connector.status.as_deref() == Some("needs_reauth"))
    {
        let why = connector.error.as_ref().map_or(String::new(), |error| format!(" ({})", error.message));
        output::line(output::safe(&format!(
            "\n{} needs to be connected again{why}: gangway connect {}",
            connector.name, connector.id
        )));
    }
    if args.connector.is_some() && !connectors[0].scopes.is_empty() {
        output::line(format!("\ngranted: {}", connectors[0].scopes.join(", ")));
    }
    Ok(())
}

fn state(connector: &Connector) -> String {
    if connector.connected || connector.status.is_some() {
        return match connector.status.as_deref() {
            Some("needs_reauth") => "needs reconnecting".to_owned(),
            Some("disconnecting") => "disconnecting".to_owned(),
            _ => "connected".to_owned(),
        };
    }
    if connector.available {
        return "not connected".to_owned();
    }
    match (&connector.required_plan, &connector.reason) {
        (Some(plan), _) => format!("needs the {plan} plan"),
        (None, Some(reason)) => reason.clone(),
        (None, None) => "not available".to_owned(),
    }
}
