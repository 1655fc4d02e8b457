//! `gangway read`: the text of a file that was brought in.

use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use super::why;
use crate::client::wire::Reason;
use crate::client::{Client, ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output;

#[derive(Args, Debug)]
pub struct ReadArgs {
    /// The file, by id as `gangway search` and `gangway collections files` show it, or by path at the source
    file: String,
    /// With a path: the connector; without it, every connected one is asked
    #[arg(long)]
    connector: Option<String>,
    /// The account or the connection's id, as `gangway status` shows them, when there are several
    #[arg(long, value_name = "ACCOUNT", requires = "connector")]
    connection: Option<String>,
    /// Begin at this byte of the text
    #[arg(long, default_value_t = 0)]
    offset: u64,
}

/// A piece of the text.
#[derive(Deserialize)]
struct Piece {
    text: String,
    next_offset: Option<u64>,
    #[serde(default)]
    incomplete: bool,
    reason: Option<Reason>,
}

/// Prints the text piece by piece, to its end; with `--json` one piece, which says where the next begins.
pub async fn run(server: &ServerArgs, args: ReadArgs) -> Result<(), Failure> {
    let client = server.client()?;
    let mut offset = args.offset;
    let (id, mut answer) = begin(&client, &args).await?;
    let path = ["files", &id, "text"];
    let mut ends_a_line = true;
    loop {
        if server.json {
            output::json(&answer);
            return Ok(());
        }
        let piece: Piece = parse(answer)?;
        if let (true, Some(reason)) = (piece.text.is_empty() && offset == 0, &piece.reason) {
            let message = output::safe(&format!("there is no text: {}", reason.message));
            return Err(Failure::new(Exit::Failed, message));
        }
        if !piece.text.is_empty() {
            output::text(&piece.text);
            ends_a_line = piece.text.ends_with('\n');
        }
        // A server that points back would never end.
        match piece.next_offset.filter(|next| *next > offset) {
            Some(next) => {
                offset = next;
                answer = client.get(&path).query("offset", offset).send().await?;
            }
            None => {
                if !ends_a_line {
                    output::line("");
                }
                if let Some(reason) = piece.reason {
                    output::remark(output::safe(&reason.message));
                } else if piece.incomplete {
                    output::remark("parts of this file could not be read; `gangway why` says which");
                }
                return Ok(());
            }
        }
    }
}

/// Our id of the file, and the first piece of its text.
async fn begin(client: &Client, args: &ReadArgs) -> Result<(String, Value), Failure> {
    let text = async |id: &str| client.get(&["files", id, "text"]).query("offset", args.offset).send().await;
    let is_ours = args.connector.is_none() && uuid::Uuid::parse_str(&args.file).is_ok();
    if is_ours {
        match text(&args.file).await {
            // Some providers' ids look like ours.
            Err(failure) if failure.exit == Exit::NotFound => {}
            answer => return Ok((args.file.clone(), answer?)),
        }
    }
    let told =
        why::explain(client, args.connector.as_deref(), args.connection.as_deref(), &args.file).await?;
    let Some(id) = told["file"]["file_id"].as_str() else {
        let message = told["reason"]["message"].as_str().unwrap_or_default();
        let name = told["file"]["name"].as_str().unwrap_or(&args.file);
        return Err(Failure::new(Exit::NotFound, output::safe(&format!("{name} was not brought in")))
            .why(output::safe(message))
            .remedy("`gangway sync` brings it in; `gangway search` finds what is here"));
    };
    Ok((id.to_owned(), text(id).await?))
}
