//! `gangway assistants`: what a person has allowed assistants, and its end.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Client, ServerArgs};
use crate::failure::Failure;
use crate::output::table::Rows;
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct AssistantsArgs {
    #[command(subcommand)]
    deed: Option<Deed>,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// List the assistants that you have allowed something (the default)
    List,
    /// End what you have allowed an assistant; its tokens are dead at once
    Revoke {
        /// Its id
        assistant: String,
    },
}

#[derive(Deserialize)]
struct Assistant {
    id: String,
    name: String,
    place: String,
    scopes: Vec<String>,
    created_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

pub async fn run(server: &ServerArgs, args: AssistantsArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let path = ["me", "assistants"];
    match args.deed.unwrap_or(Deed::List) {
        Deed::List if server.json => {
            output::json(&client.get(&path).query("limit", 100).send().await?);
            Ok(())
        }
        Deed::List => list(&client, &path).await,
        Deed::Revoke { assistant } => {
            client.delete(&["me", "assistants", &assistant]).send().await?;
            match server.json {
                true => output::json(&json!({ "done": true })),
                false => output::line(output::safe(&format!("{assistant} may do nothing any more"))),
            }
            Ok(())
        }
    }
}

async fn list(client: &Client, path: &[&str]) -> Result<(), Failure> {
    let mut rows = Rows::new(&["name", "may", "at", "allowed", "last used", "id"]);
    for one in client.list_all::<Assistant>(path, &[], "assistants", 10_000).await? {
        rows.row([
            one.name,
            one.scopes.join(" "),
            one.place,
            words::moment(one.created_at),
            words::ago(one.last_used_at),
            one.id,
        ]);
    }
    rows.print("no assistant may do anything; docs/mcp.md says how to add one");
    Ok(())
}
