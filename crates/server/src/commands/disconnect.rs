//! `gangway disconnect`: ends a connection and deletes what came through it.

use std::io::{IsTerminal, Write};

use clap::Args;

use crate::client::ServerArgs;
use crate::client::wire::Connector;
use crate::failure::Failure;
use crate::output;

#[derive(Args, Debug)]
pub struct DisconnectArgs {
    /// The connector, such as google_drive
    connector: String,
    /// The connection, when there are several
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub async fn run(server: &ServerArgs, args: DisconnectArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let connector: Connector = client.get(&["connectors", &args.connector]).read().await?;
    let account = match &args.connection {
        Some(id) => format!(" ({id})"),
        None => connector.person().map_or(String::new(), |person| format!(" ({person})")),
    };
    let name = output::safe(&format!("{}{account}", connector.name));
    if !args.yes && !confirm(&format!("Disconnect {name} and delete every document that came through it?"))? {
        output::remark("left as it is");
        return Ok(());
    }
    client.delete(&["connectors", &args.connector]).query_if("connection", args.connection).send().await?;
    match server.json {
        true => output::json(&serde_json::json!({ "disconnected": args.connector })),
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
