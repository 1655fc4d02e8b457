//! `gangway upload`: files and folders from this machine into a collection.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Body;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use super::{collections, resume};
use crate::client::{Client, ServerArgs, parse};
use crate::failure::{Exit, Failure};
use crate::output::progress::Bytes;
use crate::output::{self, words};

#[derive(Args, Debug)]
pub struct UploadArgs {
    /// Files and folders; a folder with every file below it
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The collection, by name or uuid; a new name makes one
    #[arg(long, short)]
    collection: String,
    /// What happens to a file whose place in the collection is taken by one with other content
    #[arg(long, value_enum, default_value_t = Conflict::KeepBoth)]
    on_conflict: Conflict,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Conflict {
    /// It is left out
    Skip,
    /// It becomes the next version of the file that is there
    Replace,
    /// It stands beside, with a number
    KeepBoth,
}

impl Conflict {
    /// As the API spells it.
    fn word(self) -> &'static str {
        match self {
            Conflict::Skip => "skip",
            Conflict::Replace => "replace",
            Conflict::KeepBoth => "keep_both",
        }
    }
}

/// Files on their way at the same time.
const AT_ONCE: usize = 4;

/// A larger file is sent so that it can go on after a broken connection.
const LARGE: u64 = 16_000_000;

/// How the server refuses a request whose only file is too large.
const TOO_LARGE: &str = "payload_too_large";

/// A file that cannot be opened on this machine.
pub(super) const UNREADABLE: &str = "file_unreadable";

/// A file to send.
pub(super) struct Local {
    pub path: PathBuf,
    /// Where it stands among the folders that were named; of a file that was named itself, its name.
    pub place: String,
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Uploaded {
    files: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    path: String,
    status: String,
    reason: Option<Value>,
}

pub async fn run(server: &ServerArgs, args: UploadArgs) -> Result<(), Failure> {
    let mut files = Vec::new();
    for path in &args.paths {
        gather(path, &named(path), false, &mut files)?;
    }
    if files.is_empty() {
        return Err(Failure::usage("there is nothing to upload in there"));
    }
    let client = server.client()?;
    let (collection, made) = collections::find_or_create(&client, &args.collection).await?;
    if made && !server.json {
        output::remark(output::safe(&format!("made the collection {}", collection.name)));
    }
    let total = files.iter().map(|file| file.bytes).sum();
    let count = files.len();
    let bar = Bytes::new(total, server.json);
    let answers: Vec<Sent> = stream::iter(files)
        .map(|file| {
            let (client, bar, collection) = (&client, &bar, collection.uuid.as_str());
            async move {
                let answer = send(client, collection, args.on_conflict, &file, bar).await;
                Sent { file, answer }
            }
        })
        .buffer_unordered(AT_ONCE)
        .inspect(|sent| {
            if !server.json {
                bar.say(&output::safe(&line(sent)));
            }
        })
        .collect()
        .await;
    bar.finish();
    if made && answers.iter().all(Sent::left_nothing) {
        match collections::delete_if_empty(&client, &collection).await {
            Ok(true) if !server.json => output::remark(output::safe(&format!(
                "took the collection {} away again: no file was taken",
                collection.name
            ))),
            Ok(_) => {}
            Err(failure) => output::remark(output::safe(&format!(
                "the collection {} was made and stays, empty: {}",
                collection.name, failure.what
            ))),
        }
    }
    tell(server, count, total, answers)
}

/// A file that was sent, and what the server said.
struct Sent {
    file: Local,
    answer: Result<Value, Failure>,
}

impl Sent {
    /// Whether nothing of the file can be at the server: it was refused, or never left.
    fn left_nothing(&self) -> bool {
        match &self.answer {
            Ok(value) => {
                let files = value.get("files").and_then(Value::as_array);
                files.is_some_and(|files| files.iter().all(|file| file["status"] == "rejected"))
            }
            Err(failure) => is_refusal(failure) || failure.code.as_deref() == Some(UNREADABLE),
        }
    }
}

/// Whether the server looked at the file and did not want it, as opposed to what befell its way there.
fn is_refusal(failure: &Failure) -> bool {
    failure.exit == Exit::Incomplete || failure.code.as_deref() == Some(TOO_LARGE)
}

/// What became of a file that the server has no outcome for, in the shape of those it has.
fn without_outcome(file: &Local, failure: &Failure) -> Value {
    let code = match failure.code_word() {
        // As the server says it of one file among several.
        TOO_LARGE => "file_too_large",
        code => code,
    };
    json!({
        "id": null, "file_id": null, "name": named(&file.path), "path": file.place, "size": file.bytes, "sha256": null,
        "status": if is_refusal(failure) { "rejected" } else { "failed" },
        "reason": { "code": code, "message": failure.what },
    })
}

fn tell(server: &ServerArgs, count: usize, total: u64, answers: Vec<Sent>) -> Result<(), Failure> {
    let mut outcomes = Vec::new();
    let mut missing = 0;
    let mut mishap = None;
    for Sent { file, answer } in answers {
        match answer {
            Ok(value) => {
                let files = value.get("files").and_then(Value::as_array).cloned().unwrap_or_default();
                missing += files.iter().filter(|file| file["status"] == "rejected").count();
                outcomes.extend(files);
            }
            Err(failure) => {
                missing += 1;
                outcomes.push(without_outcome(&file, &failure));
                mishap = mishap.or(Some(failure).filter(|failure| !is_refusal(failure)));
            }
        }
    }
    let failure = match (missing, mishap) {
        (0, _) => None,
        // Nothing arrived: whatever was in the way decides.
        (_, Some(mishap)) if missing == count => Some(mishap),
        _ => Some(Failure::new(
            Exit::Incomplete,
            format!("{} not stored", words::count(missing as u64, "file")),
        )),
    };
    if !server.json {
        let tally = tally(&outcomes);
        output::line(format!("{}: {tally} ({})", words::count(count as u64, "file"), words::size(total)));
        return failure.map_or(Ok(()), Err);
    }
    let told = json!({ "files": outcomes });
    match failure {
        Some(failure) => Err(failure.result(told)),
        None => {
            output::json(&told);
            Ok(())
        }
    }
}

/// How many files came to which end: `3 stored, 1 duplicate`.
fn tally(outcomes: &[Value]) -> String {
    let count = |status: &str| outcomes.iter().filter(|one| one["status"] == status).count();
    ["stored", "replaced", "duplicate", "skipped", "rejected", "failed"]
        .into_iter()
        .map(|status| (count(status), status))
        .filter(|(count, _)| *count > 0)
        .map(|(count, status)| format!("{count} {status}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn line(sent: &Sent) -> String {
    let shown = sent.file.path.display();
    let answer = sent.answer.as_ref().map(|value| parse::<Uploaded>(value.clone()));
    match answer {
        Ok(Ok(uploaded)) => uploaded
            .files
            .iter()
            .map(|file| match &file.reason {
                Some(reason) => format!("  {}: {} ({})", file.status, file.path, reason_text(reason)),
                None => format!("  {}: {}", file.status, file.path),
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Ok(Err(failure)) => format!("  failed: {shown}: {}", failure.what),
        Err(failure) if is_refusal(failure) => format!("  rejected: {shown} ({})", failure.what),
        Err(failure) => format!("  failed: {shown}: {}", failure.what),
    }
}

fn reason_text(reason: &Value) -> String {
    reason.get("message").unwrap_or(reason).as_str().map_or_else(|| reason.to_string(), str::to_owned)
}

/// Collects what is to be sent. What systems and editors leave behind stays here, and so do links.
fn gather(path: &Path, place: &str, in_folder: bool, files: &mut Vec<Local>) -> Result<(), Failure> {
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("cannot read {}", path.display())).why(error);
    let metadata = std::fs::symlink_metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(unreadable)?;
        inside.sort();
        for entry in inside {
            if !is_leftover(&entry) {
                let name = named(&entry);
                let below = if place.is_empty() { name } else { format!("{place}/{name}") };
                gather(&entry, &below, true, files)?;
            }
        }
    } else if metadata.is_file() {
        let place = if place.is_empty() { named(path) } else { place.to_owned() };
        files.push(Local { path: path.to_owned(), place, bytes: metadata.len() });
    } else if !in_folder {
        return Err(Failure::usage(format!("{} is neither a file nor a folder", path.display())));
    }
    Ok(())
}

/// The last part of a path; empty for `.`, `..` and `/`, whose files stand at the top.
fn named(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_leftover(path: &Path) -> bool {
    let name = named(path);
    matches!(name.as_str(), ".DS_Store" | "Thumbs.db" | "desktop.ini" | ".git" | "node_modules")
        || name.starts_with("~$")
        || path.is_symlink()
}

async fn send(
    client: &Client,
    collection: &str,
    on_conflict: Conflict,
    file: &Local,
    bar: &Bytes,
) -> Result<Value, Failure> {
    let name = named(&file.path);
    if file.bytes > LARGE {
        let about = [("filename", name.as_str()), ("on_conflict", on_conflict.word())];
        return resume::send(client, collection, file, &about, bar).await;
    }
    let open = tokio::fs::File::open(&file.path).await.map_err(|error| {
        Failure::failed(format!("cannot read {}", file.path.display())).why(error).code(UNREADABLE)
    })?;
    let moved = bar.handle();
    let body = ReaderStream::new(open).inspect_ok(move |part| {
        if let Some(bar) = &moved {
            bar.inc(part.len() as u64);
        }
    });
    let media_type = mime_guess::from_path(&file.path).first_or_octet_stream();
    let part = Part::stream_with_length(Body::wrap_stream(body), file.bytes)
        .file_name(name)
        .mime_str(media_type.as_ref())
        .map_err(|error| Failure::failed("cannot describe the file").why(error))?;
    client
        .post(&["connectors", "local_upload", "upload"])
        .query("collection_uuid", collection)
        .query("on_conflict", on_conflict.word())
        .multipart(Form::new().text("path", file.place.clone()).part("file", part))
        .send()
        .await
}
