//! `gangway collections`: the sets of documents that searches can be limited to.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::wire::{Collection, File};
use crate::client::{Client, ServerArgs};
use crate::failure::{Exit, Failure};
use crate::output::table::Rows;
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct CollectionsArgs {
    #[command(subcommand)]
    deed: Option<Deed>,
}

#[derive(Subcommand, Debug)]
enum Deed {
    /// List collections (the default)
    List,
    /// Make a collection
    Create {
        name: String,
        #[arg(long, default_value = "")]
        description: String,
        /// Who may search it: private or org
        #[arg(long, default_value = "private")]
        access: String,
    },
    /// List what is in a collection
    Files {
        /// Name or uuid
        collection: String,
    },
    /// Take a file out of a collection
    Remove {
        /// Name or uuid
        collection: String,
        file_id: String,
    },
    /// Delete a collection and what only it holds
    Delete {
        /// Name or uuid
        collection: String,
    },
}

pub async fn run(server: &ServerArgs, args: CollectionsArgs) -> Result<(), Failure> {
    let client = server.client()?;
    match args.deed.unwrap_or(Deed::List) {
        Deed::List => list(server, &client).await,
        Deed::Create { name, description, access } => {
            if let Some(same) = find(&client, &name).await? {
                let what = format!("there is a collection {name:?} already ({})", same.uuid);
                return Err(Failure::failed(what)
                    .why("commands name collections by their names, and would not know which is meant")
                    .remedy("use that one, or choose another name")
                    .code("conflict"));
            }
            let mut body = json!({ "name": name, "access": access });
            if !description.is_empty() {
                body["description"] = json!(description);
            }
            let answer = client.post(&["collections"]).json(&body).send().await?;
            if server.json {
                output::json(&answer);
            } else {
                let made: Collection = crate::client::parse(answer)?;
                output::line(output::safe(&format!("made {} ({})", made.name, made.uuid)));
            }
            Ok(())
        }
        Deed::Files { collection } => files(server, &client, &collection).await,
        Deed::Remove { collection, file_id } => {
            let found = get(&client, &collection).await?;
            client.delete(&["collections", &found.uuid, "files", &file_id]).send().await?;
            done(server, &format!("took {file_id} out of {}", found.name));
            Ok(())
        }
        Deed::Delete { collection } => {
            let found = get(&client, &collection).await?;
            client.delete(&["collections", &found.uuid]).send().await?;
            done(server, &format!("deleted {}", found.name));
            Ok(())
        }
    }
}

async fn list(server: &ServerArgs, client: &Client) -> Result<(), Failure> {
    if server.json {
        output::json(&client.get(&["collections"]).query("limit", 100).send().await?);
        return Ok(());
    }
    let mut rows = Rows::new(&["name", "files", "access", "uuid", "description"]).right(1);
    for collection in all(client).await? {
        rows.row([
            collection.name,
            collection.file_count.map_or_else(|| "-".to_owned(), |count| count.to_string()),
            collection.access.unwrap_or_default(),
            collection.uuid,
            collection.description.unwrap_or_default(),
        ]);
    }
    rows.print("no collections yet; `gangway collections create <name>` makes one");
    Ok(())
}

async fn files(server: &ServerArgs, client: &Client, collection: &str) -> Result<(), Failure> {
    let found = get(client, collection).await?;
    let path = ["collections", &found.uuid, "files"];
    if server.json {
        output::json(&client.get(&path).query("limit", 100).send().await?);
        return Ok(());
    }
    let mut rows = Rows::new(&["name", "size", "changed", "state", "id", "what is missing"]).right(1);
    for file in client.list_all::<File>(&path, &[], "files", 10_000).await? {
        let state =
            if file.is_in_part() { "in part".to_owned() } else { file.sync_state.unwrap_or_default() };
        rows.row([
            file.name,
            file.size.map_or_else(|| "-".to_owned(), words::size),
            words::moment(file.modified_at),
            state,
            file.id,
            file.reason.map(|reason| reason.message).unwrap_or_default(),
        ]);
    }
    rows.print("nothing in it yet");
    Ok(())
}

fn done(server: &ServerArgs, text: &str) {
    match server.json {
        true => output::json(&json!({ "done": true })),
        false => output::line(output::safe(text)),
    }
}

async fn all(client: &Client) -> Result<Vec<Collection>, Failure> {
    client.list_all(&["collections"], &[], "collections", 10_000).await
}

/// The collection of a name or uuid.
pub async fn find(client: &Client, named: &str) -> Result<Option<Collection>, Failure> {
    let mut same: Vec<Collection> = all(client)
        .await?
        .into_iter()
        .filter(|collection| collection.uuid == named || collection.name == named)
        .collect();
    if same.len() > 1 {
        return Err(Failure::new(Exit::Usage, format!("there are several collections named {named:?}"))
            .remedy("name it by its uuid: `gangway collections` shows them"));
    }
    Ok(same.pop())
}

async fn get(client: &Client, named: &str) -> Result<Collection, Failure> {
    find(client, named).await?.ok_or_else(|| missing(named))
}

/// The collection of a name or uuid, made when a name is new. True when it was made.
pub async fn find_or_create(client: &Client, named: &str) -> Result<(Collection, bool), Failure> {
    match find(client, named).await? {
        Some(found) => Ok((found, false)),
        None => Ok((create(client, named).await?, true)),
    }
}

/// Makes the collection of a name that is new.
pub async fn create(client: &Client, named: &str) -> Result<Collection, Failure> {
    if uuid::Uuid::parse_str(named).is_ok() {
        return Err(missing(named));
    }
    client.post(&["collections"]).json(&json!({ "name": named })).read().await
}

/// Takes away a collection that was made for nothing; false where somebody has put something into it meanwhile.
pub async fn delete_if_empty(client: &Client, collection: &Collection) -> Result<bool, Failure> {
    let path = ["collections", collection.uuid.as_str()];
    let now: Collection = client.get(&path).read().await?;
    if now.file_count != Some(0) {
        return Ok(false);
    }
    client.delete(&path).send().await?;
    Ok(true)
}

fn missing(named: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no collection {named:?}"))
        .remedy("`gangway collections` lists them")
}
