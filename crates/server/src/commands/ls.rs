//! `gangway ls`: what is at the source, and whether it is synced.

use clap::Args;

use super::{connection, file_path};
use crate::client::wire::File;
use crate::client::{Client, ServerArgs};
use crate::failure::Failure;
use crate::output::table::Rows;
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct LsArgs {
    /// The connector, such as google_drive
    connector: String,
    /// A folder by path or id; without one, the top
    folder: Option<String>,
    /// Search at the source instead
    #[arg(long, short, value_name = "TEXT", conflicts_with = "folder")]
    query: Option<String>,
    /// Show what is below folders too, down to this depth
    #[arg(long, value_name = "LEVELS", default_value_t = 1)]
    depth: usize,
    /// The account or the connection's id, as `gangway status` shows them, when there are several
    #[arg(long, value_name = "ACCOUNT")]
    connection: Option<String>,
    /// The most rows to show
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

pub async fn run(server: &ServerArgs, mut args: LsArgs) -> Result<(), Failure> {
    let client = server.client()?;
    args.connection = connection::id_of(&client, &args.connector, args.connection.as_deref()).await?;
    let connection = args.connection.as_deref();
    let folder = match &args.folder {
        Some(text) => Some(file_path::resolve(&client, &args.connector, connection, text).await?),
        None => None,
    };
    if server.json {
        let call = client
            .get(&["connectors", &args.connector, "files"])
            .query("limit", args.limit.clamp(1, 100))
            .query_if("folder_id", folder)
            .query_if("query", args.query)
            .query_if("connection", args.connection);
        output::json(&call.send().await?);
        return Ok(());
    }
    let found = match &args.query {
        Some(text) => search(&client, &args, text).await?,
        None => walk(&client, &args, folder).await?,
    };
    let mut rows = Rows::new(&["name", "size", "changed", "synced", "id"]).right(1);
    for (depth, file) in &found {
        let slash = if file.is_folder() { "/" } else { "" };
        rows.row([
            format!("{}{}{slash}", "  ".repeat(*depth), file.name),
            file.size.map_or_else(|| "-".to_owned(), words::size),
            words::moment(file.modified_at),
            synced(file).to_owned(),
            file.id.clone(),
        ]);
    }
    rows.print("nothing here");
    Ok(())
}

async fn search(client: &Client, args: &LsArgs, text: &str) -> Result<Vec<(usize, File)>, Failure> {
    let mut query = vec![("query", text.to_owned())];
    query.extend(args.connection.clone().map(|id| ("connection", id)));
    let files =
        client.list_all(&["connectors", &args.connector, "files"], &query, "files", args.limit).await?;
    Ok(files.into_iter().map(|file| (0, file)).collect())
}

/// Goes down the folders in reading order, never past the limit.
async fn walk(client: &Client, args: &LsArgs, top: Option<String>) -> Result<Vec<(usize, File)>, Failure> {
    let connection = args.connection.as_deref();
    let mut found = Vec::new();
    let mut waiting: Vec<(usize, File)> =
        sorted(file_path::children(client, &args.connector, connection, top.as_deref()).await?, 0);
    while let Some((depth, file)) = waiting.pop() {
        if found.len() >= args.limit {
            output::remark(format!("more than {} rows; --limit shows more", args.limit));
            break;
        }
        let below = (file.is_folder() && depth + 1 < args.depth).then(|| file.id.clone());
        found.push((depth, file));
        if let Some(id) = below {
            let files = file_path::children(client, &args.connector, connection, Some(&id)).await?;
            waiting.extend(sorted(files, depth + 1));
        }
    }
    Ok(found)
}

/// Folders first, then by name; reversed, because rows are taken from the end.
fn sorted(mut files: Vec<File>, depth: usize) -> Vec<(usize, File)> {
    files.sort_by_key(|file| (!file.is_folder(), file.name.to_lowercase()));
    files.into_iter().rev().map(|file| (depth, file)).collect()
}

fn synced(file: &File) -> &str {
    match file.sync_state.as_deref() {
        _ if file.is_in_part() => "in part",
        Some("structure") => "-",
        Some("name_only") => "by name only",
        Some(state) => state,
        None if file.synced => "yes",
        None => "-",
    }
}
