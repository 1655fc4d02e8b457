//! `gangway assistants`: what people have allowed assistants, and its end.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Client, ServerArgs};
use crate::failure::Failure;
use crate::output::table::Rows;
use crate::output::{self, words};

const OWN: &[&str] = &["me", "assistants"];
const ALL: &[&str] = &["admin", "assistants"];

#[derive(Args, Debug)]
pub struct AssistantsArgs {
    /// Those of all users, not only your own (needs the admin key)
    #[arg(long, global = true)]
    all: bool,
    #[command(subcommand)]
    deed: Option<Deed>,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// List the assistants that are allowed something (the default)
    List,
    /// End what an assistant is allowed; its tokens are dead at once
    Revoke {
        /// Its id
        assistant: String,
    },
}

#[derive(Deserialize)]
struct Assistant {
    id: String,
    name: String,
    known_by: Option<String>,
    place: String,
    scopes: Vec<String>,
    created_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct UsersAssistant {
    user: AllowingUser,
    assistant: Assistant,
}

#[derive(Deserialize)]
struct AllowingUser {
    id: String,
    external_id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

impl AllowingUser {
    fn shown(self) -> String {
        self.email.or(self.external_id).or(self.name).unwrap_or(self.id)
    }
}

pub async fn run(server: &ServerArgs, args: AssistantsArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let path = if args.all { ALL } else { OWN };
    match args.deed.unwrap_or(Deed::List) {
        Deed::List if server.json => {
            output::json(&client.get(path).query("limit", 100).send().await?);
            Ok(())
        }
        Deed::List if args.all => list_all(&client).await,
        Deed::List => list(&client).await,
        Deed::Revoke { assistant } => {
            client.delete(&[path, &[assistant.as_str()]].concat()).send().await?;
            match server.json {
                true => output::json(&json!({ "done": true })),
                false => output::line(output::safe(&format!("{assistant} may do nothing any more"))),
            }
            Ok(())
        }
    }
}

async fn list(client: &Client) -> Result<(), Failure> {
    let mut rows = Rows::new(&["name", "may", "known by", "at", "allowed", "last used", "id"]);
    for one in client.list_all::<Assistant>(OWN, &[], "assistants", 10_000).await? {
        rows.row(cells(one));
    }
    rows.print("no assistant may do anything; docs/mcp.md says how to add one");
    Ok(())
}

async fn list_all(client: &Client) -> Result<(), Failure> {
    let mut rows = Rows::new(&["user", "name", "may", "known by", "at", "allowed", "last used", "id"]);
    for one in client.list_all::<UsersAssistant>(ALL, &[], "assistants", 100_000).await? {
        let [name, may, known_by, at, allowed, used, id] = cells(one.assistant);
        rows.row([one.user.shown(), name, may, known_by, at, allowed, used, id]);
    }
    rows.print("nobody has allowed an assistant anything");
    Ok(())
}

fn cells(one: Assistant) -> [String; 7] {
    [
        one.name,
        one.scopes.join(" "),
        one.known_by.unwrap_or_else(|| "-".to_owned()),
        one.place,
        words::moment(one.created_at),
        words::ago(one.last_used_at),
        one.id,
    ]
}
