//! `gangway why`: why a file is here, or why it is not.

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use super::{collections, connection, file_path};
use crate::client::wire::{ConnectionRow, Connector, Connectors, Job, Reason};
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
    /// The account or the connection's id, as `gangway status` shows them, when there are several
    #[arg(long, value_name = "ACCOUNT", requires = "connector")]
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
    id: String,
    name: Option<String>,
}

pub async fn run(server: &ServerArgs, args: WhyArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let answer = explain(&client, args.connector.as_deref(), args.connection.as_deref(), &args.file).await?;
    if server.json {
        output::json(&answer);
        return Ok(());
    }
    let told: Explanation = parse(answer)?;
    let name = told.file.name.as_deref().unwrap_or(&told.file.id);
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
    let names = names(&client, &told.collections).await?;
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

/// What the server says of a file that is named by id or by path, wherever it is.
pub async fn explain(
    client: &Client,
    connector: Option<&str>,
    connection: Option<&str>,
    file: &str,
) -> Result<Value, Failure> {
    let places = places(client, connector, connection).await?;
    let mut last = None;
    for (connector, connection) in &places {
        match ask(client, connector, connection.as_deref(), file).await {
            Err(failure) if failure.exit == Exit::NotFound => last = Some(failure),
            other => return other,
        }
    }
    match (places.len(), last) {
        (1, Some(failure)) => Err(failure),
        (0, _) => Err(Failure::new(Exit::Failed, "nothing is connected")
            .remedy("`gangway connect <connector>` connects an account; `gangway status` lists connectors")),
        _ => Err(Failure::new(Exit::NotFound, format!("there is no {file:?} at any source"))
            .remedy("`gangway ls <connector>` shows what there is, `gangway search` what was brought in")),
    }
}

/// Where a file is looked for: connectors, with a connection where there are several.
async fn places(
    client: &Client,
    connector: Option<&str>,
    connection: Option<&str>,
) -> Result<Vec<(String, Option<String>)>, Failure> {
    if let (Some(connector), Some(named)) = (connector, connection) {
        return Ok(vec![(connector.to_owned(), connection::id_of(client, connector, Some(named)).await?)]);
    }
    let connectors = match connector {
        Some(id) => vec![client.get(&["connectors", id]).read::<Connector>().await?],
        None => client.get(&["connectors"]).read::<Connectors>().await?.connectors,
    };
    let mut places = Vec::new();
    for found in connectors {
        let working: Vec<ConnectionRow> = found.all().into_iter().filter(|row| row.is("active")).collect();
        match working.len() {
            // Of a connector that was named, the server says why it cannot be asked.
            0 if found.connected || connector.is_some() => places.push((found.id, None)),
            0 => {}
            _ => places.extend(working.into_iter().map(|row| (found.id.clone(), Some(row.connection_id)))),
        }
    }
    Ok(places)
}

async fn ask(
    client: &Client,
    connector: &str,
    connection: Option<&str>,
    file: &str,
) -> Result<Value, Failure> {
    let id = file_path::resolve(client, connector, connection, file).await?;
    let path = ["connectors", connector, "files", &id, "why"];
    client.get(&path).query_if("connection", connection).send().await
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
