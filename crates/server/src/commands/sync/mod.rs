//! `gangway sync`: brings files and folders into a collection and shows how it goes.

mod follow;

pub use follow::{report, watch};

use clap::Args;
use serde_json::json;

use super::{collections, file_path};
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
    /// With --auto: stay after the first sync and show later ones until Ctrl-C
    #[arg(long, conflicts_with = "detach")]
    follow: bool,
    /// Start the sync and do not wait for it
    #[arg(long)]
    detach: bool,
    /// Allow a sweep that removes an unusual share of what was synced
    #[arg(long)]
    allow_mass_removal: bool,
    /// The connection, when there are several
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
}

pub async fn run(server: &ServerArgs, args: SyncArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let connection = args.connection.as_deref();
    let mut ids = Vec::with_capacity(args.files.len());
    for text in &args.files {
        ids.push(file_path::resolve(&client, &args.connector, connection, text).await?);
    }
    let (collection, made) = collections::find_or_create(&client, &args.collection).await?;
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
    let answer = client
        .post(&["connectors", &args.connector, "sync"])
        .query_if("connection", connection)
        .json(&body)
        .send()
        .await?;
    let started: SyncStarted = parse(answer.clone())?;
    if args.detach {
        match server.json {
            true => output::json(&answer),
            false => output::line(format!("sync {} has started", started.job_id)),
        }
        return Ok(());
    }
    let job = watch(&client, &args.connector, &started.job_id, server.json).await?;
    let ended = report(&client, &args.connector, &job, server.json).await;
    if args.follow && args.auto {
        if let Err(failure) = ended {
            output::remark(failure.for_people());
        }
        return follow::follow(&client, &args.connector, &started.job_id, server.json).await;
    }
    ended
}
