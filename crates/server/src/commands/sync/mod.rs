//! `gangway sync`: brings files and folders into a collection and shows how it goes.

mod follow;

pub use follow::{report, watch};

use clap::Args;
use serde_json::json;

use super::{collections, connection, file_path};
use crate::client::wire::SyncStarted;
use crate::client::{ServerArgs, parse};
use crate::failure::Failure;
use crate::output;

#[derive(Args, Debug)]
pub struct SyncArgs {
    /// The connector, such as google_drive
    connector: String,
    /// Files and folders, by id or by path such as "Handbook/Travel.pdf"
    #[arg(required = true)]
    files: Vec<String>,
    /// The collection, by name or uuid; a new name makes one
    #[arg(long, short)]
    collection: String,
    /// Keep following: what is new, changed, moved or deleted later comes along
    #[arg(long)]
    auto: bool,
    /// With --auto: stay after the first sync and show later ones until Ctrl-C; with --json one on each line
    #[arg(long, conflicts_with = "detach")]
    follow: bool,
    /// Start the sync and do not wait for it
    #[arg(long)]
    detach: bool,
    /// Allow a sweep that removes an unusual share of what was synced
    #[arg(long)]
    allow_mass_removal: bool,
    /// The account or the connection's id, as `gangway status` shows them, when there are several
    #[arg(long, value_name = "ACCOUNT")]
    connection: Option<String>,
}

pub async fn run(server: &ServerArgs, args: SyncArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let connection = connection::id_of(&client, &args.connector, args.connection.as_deref()).await?;
    let connection = connection.as_deref();
    let known = collections::find(&client, &args.collection).await?;
    let mut ids = Vec::with_capacity(args.files.len());
    for text in &args.files {
        let id = file_path::resolve(&client, &args.connector, connection, text).await?;
        // What was found by its name is there. No collection is made for what is not.
        if id == *text && (known.is_none() || file_path::looks_like_path(text)) {
            file_path::must_exist(&client, &args.connector, connection, &id).await?;
        }
        ids.push(id);
    }
    let made = known.is_none();
    let collection = match known {
        Some(found) => found,
        None => collections::create(&client, &args.collection).await?,
    };
    if made && !server.json {
        output::remark(output::safe(&format!("made the collection {}", collection.name)));
    }
    let mut body = json!({
        "file_ids": ids,
        "collection_uuid": collection.uuid,
        "sync_mode": if args.auto { "auto" } else { "manual" },
    });
    if args.allow_mass_removal {
        body["allow_mass_removal"] = json!(true);
    }
    let start = client.post(&["connectors", &args.connector, "sync"]).query_if("connection", connection);
    let answer = match start.json(&body).send().await {
        Ok(answer) => answer,
        Err(refused) => {
            // Best effort: what counts is why the sync was refused. Without an answer it may have begun.
            if made && refused.code.is_some() {
                let _ = client.delete(&["collections", &collection.uuid]).send().await;
            }
            return Err(refused);
        }
    };
    let started: SyncStarted = parse(answer.clone())?;
    if args.detach {
        match server.json {
            true => output::json(&answer),
            false => output::line(format!("sync {} has started", started.job_id)),
        }
        return Ok(());
    }
    let job = watch(&client, &args.connector, &started.job_id, server.json).await?;
    if !(args.follow && args.auto) {
        return report(&client, &args.connector, &job, server.json).await;
    }
    if server.json {
        let first = match follow::ended(&client, &args.connector, &job).await {
            Err(failure) if failure.result.is_some() => failure.for_machines(),
            other => other?,
        };
        output::line(first.to_string());
    } else if let Err(failure) = report(&client, &args.connector, &job, false).await {
        output::remark(failure.for_people());
    }
    let followed = follow::follow(&client, &args.connector, &started.job_id, server.json).await;
    followed.map_err(|failure| Failure { ends_lines: true, ..failure })
}
