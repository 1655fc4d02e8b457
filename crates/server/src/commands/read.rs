//! `gangway read`: the text of a file that was brought in.

use clap::Args;
use serde::Deserialize;

use crate::client::wire::Reason;
use crate::client::{ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output;

#[derive(Args, Debug)]
pub struct ReadArgs {
    /// The file's id, as `gangway search` and `gangway collections files` show it
    file_id: String,
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
    let path = ["files", &args.file_id, "text"];
    let mut offset = args.offset;
    let mut ends_a_line = true;
    loop {
        let answer = client.get(&path).query("offset", offset).send().await?;
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
            Some(next) => offset = next,
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
