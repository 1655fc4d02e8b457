//! `gangway disconnect`: ends a connection and deletes what came through it.

use std::io::{IsTerminal, Write};

use clap::Args;
use serde_json::json;

use super::connection;
use crate::client::ServerArgs;
use crate::client::wire::{ConnectionRow, Connector};
use crate::failure::Failure;
use crate::output;

#[derive(Args, Debug)]
#[command(after_help = "Where several accounts are connected, --connection has to say which. \
    The command always tells the server whose connection it ends. Of a DELETE /rest/connectors/<id> that names no \
    connection, a second one within two minutes means the same connection again, and ends no other (docs/embed.md).")]
pub struct DisconnectArgs {
    /// The connector, such as google_drive
    connector: String,
    /// The account or the connection's id, as `gangway status` shows them, when there are several
    #[arg(long, value_name = "ACCOUNT")]
    connection: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub async fn run(server: &ServerArgs, args: DisconnectArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let connector: Connector = client.get(&["connectors", &args.connector]).read().await?;
    let meant = match &args.connection {
        Some(named) => Some(connection::find(&connector, named)?),
        None => connection::only(&connector)?,
    };
    let person = meant.as_ref().and_then(ConnectionRow::person);
    let name = match person {
        Some(person) => output::safe(&format!("{} ({person})", connector.name)),
        None => output::safe(&connector.name),
    };
    let question = format!("Disconnect {name} and delete every document that came through it?");
    if !args.yes && !confirm(&question)? {
        output::remark("left as it is");
        if server.json {
            output::json(&json!({ "disconnected": null }));
        }
        return Ok(());
    }
    let id = meant.as_ref().map(|row| &row.connection_id);
    // Without a connection the server says why there is nothing to end.
    client.delete(&["connectors", &args.connector]).query_if("connection", id).send().await?;
    match server.json {
        true => {
            output::json(&json!({ "disconnected": args.connector, "connection_id": id, "account": person }))
        }
        false => output::line(format!(
            "{name} is disconnected; its grant is revoked and its documents are deleted in the background"
        )),
    }
    Ok(())
}

/// Asks on the terminal; without one, `--yes` is needed.
fn confirm(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::usage("there is no terminal to ask on").remedy("--yes goes ahead without asking")
        );
    }
    let mut out = std::io::stderr();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
