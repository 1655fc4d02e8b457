//! `gangway why`: why a file is here, or why it is not.

use clap::Args;
use serde::Deserialize;

use super::{collections, file_path};
use crate::client::wire::{Connectors, Job, Reason};
use crate::client::{Client, ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct WhyArgs {
    /// The file, by id or by path at the source
    file: String,
    /// The connector; without it, every connected one is asked
    #[arg(long)]
    connector: Option<String>,
    /// The connection, when there are several
    #[arg(long, value_name = "ID", requires = "connector")]
    connection: Option<String>,
}

#[derive(Deserialize)]
struct Explanation {
    file: Asked,
    in_source: Option<bool>,
    state: String,
    reason: Option<Reason>,
    #[serde(default)]
    notes: Vec<Note>,
    #[serde(default)]
    truncated: bool,
    #[serde(default)]
    collections: Vec<String>,
    last_job: Option<Job>,
}

/// A part of the file whose text is missing.
#[derive(Deserialize)]
struct Note {
    place: String,
    reason: Reason,
}

#[derive(Deserialize)]
struct Asked {
    name: Option<String>,
}

pub async fn run(server: &ServerArgs, args: WhyArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let connectors = match &args.connector {
        Some(id) => vec![id.clone()],
        None => connected(&client).await?,
    };
    if connectors.is_empty() {
        return Err(Failure::new(Exit::Failed, "nothing is connected")
            .remedy("`gangway connect <connector>` connects an account; `gangway status` lists connectors"));
    }
    let mut last = None;
    for connector in &connectors {
        match ask(server, &client, connector, args.connection.as_deref(), &args.file).await {
            Err(failure) if failure.exit == Exit::NotFound => last = Some(failure),
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| Failure::new(Exit::NotFound, format!("nobody knows {:?}", args.file))))
}

async fn connected(client: &Client) -> Result<Vec<String>, Failure> {
    let all: Connectors = client.get(&["connectors"]).read().await?;
    Ok(all
        .connectors
        .into_iter()
        .filter(|connector| connector.connected)
        .map(|connector| connector.id)
        .collect())
}

async fn ask(
    server: &ServerArgs,
    client: &Client,
    connector: &str,
    connection: Option<&str>,
    file: &str,
) -> Result<(), Failure> {
    let id = file_path::resolve(client, connector, connection, file).await?;
    let answer = client
        .get(&["connectors", connector, "files", &id, "why"])
        .query_if("connection", connection)
        .send()
        .await?;
    if server.json {
        output::json(&answer);
        return Ok(());
    }
    let told: Explanation = parse(answer)?;
    let name = told.file.name.as_deref().unwrap_or(&id);
    output::line(output::styled(&output::safe(name), "1"));
    output::line(format!(
        "  at the source:  {}",
        match told.in_source {
            Some(true) => "it is there",
            Some(false) => "it is gone, or not visible to this account",
            None => "could not be asked",
        }
    ));
    output::line(output::safe(&format!("  here:           {}", told.state)));
    if let Some(reason) = &told.reason {
        output::line(output::safe(&format!("  because:        {} ({})", reason.message, reason.code)));
    }
    for note in &told.notes {
        let place = if note.place.is_empty() { "a part of it" } else { &note.place };
        let said = format!("  left out:       {place}: {} ({})", note.reason.message, note.reason.code);
        output::line(output::safe(&said));
    }
    if told.truncated {
        output::line("  left out:       what comes after the limit of text for one file");
    }
    let names = names(client, &told.collections).await?;
    output::line(output::safe(&format!("  collections:    {names}")));
    if let Some(job) = &told.last_job {
        output::line(output::safe(&format!(
            "  last sync:      {} {}",
            words::ago(job.completed_at),
            job.status
        )));
    }
    Ok(())
}

/// The names of collections, in reading order.
async fn names(client: &Client, ids: &[String]) -> Result<String, Failure> {
    if ids.is_empty() {
        return Ok("none".to_owned());
    }
    let mut names = Vec::with_capacity(ids.len());
    for id in ids {
        let name = collections::find(client, id).await?.map(|collection| collection.name);
        names.push(name.unwrap_or_else(|| id.clone()));
    }
    names.sort();
    Ok(names.join(", "))
}
