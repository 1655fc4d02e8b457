//! `gangway organizations`: groups of users with a plan of their own. Needs the admin key.

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::json;

use crate::client::{ServerArgs, parse};
use crate::failure::Failure;
use crate::output;
use crate::output::table::Rows;

#[derive(Args, Debug)]
pub struct OrganizationsArgs {
    #[command(subcommand)]
    deed: Option<Deed>,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// List organisations (the default)
    List,
    /// Make an organisation
    Create {
        name: String,
        /// free, pro or enterprise
        #[arg(long)]
        plan: Option<String>,
    },
}

#[derive(Deserialize)]
struct Organization {
    id: String,
    name: String,
    plan: Option<String>,
}

pub async fn run(server: &ServerArgs, args: OrganizationsArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let path = ["admin", "organizations"];
    match args.deed.unwrap_or(Deed::List) {
        Deed::List if server.json => output::json(&client.get(&path).query("limit", 100).send().await?),
        Deed::List => {
            let mut rows = Rows::new(&["id", "name", "plan"]);
            for found in client.list_all::<Organization>(&path, &[], "organizations", 100_000).await? {
                rows.row([found.id, found.name, found.plan.unwrap_or_else(|| "-".to_owned())]);
            }
            rows.print("no organisations");
        }
        Deed::Create { name, plan } => {
            let mut body = json!({ "name": name });
            if let Some(plan) = plan {
                body["plan"] = json!(plan);
            }
            let answer = client.post(&path).json(&body).send().await?;
            if server.json {
                output::json(&answer);
            } else {
                let made: Organization = parse(answer)?;
                output::line(output::safe(&format!("made {} ({})", made.name, made.id)));
            }
        }
    }
    Ok(())
}
