//! Sends one large file by tus: in requests of bounded size, going on where the server stands after a broken
//! connection.

use std::io::SeekFrom;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::TryStreamExt;
use gangway_effects::{Clock, SystemClock};
use reqwest::{Body, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::upload::Local;
use crate::client::{Call, Client};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::output::progress::Bytes;

const UPLOADS: [&str; 3] = ["connectors", "local_upload", "uploads"];
/// Bytes of one request: what a proxy on the way has to let through.
const PIECE: u64 = 32 << 20;
/// Tries in a row that bring nothing further, before giving up.
const MOST_TRIES: u32 = 8;
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Sends a file; the answer in the shape of a multipart upload's.
pub(super) async fn send(
    client: &Client,
    collection: &str,
    file: &Local,
    about: &[(&str, &str)],
    bar: &Bytes,
) -> Result<Value, Failure> {
    let media_type = mime_guess::from_path(&file.path).first_or_octet_stream();
    let own = [("collection_uuid", collection), ("path", &file.place), ("filetype", media_type.as_ref())];
    let pairs = own.iter().chain(about).map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
    let metadata = pairs.collect::<Vec<_>>().join(",");
    let mut patience = Patience { tries: 0 };
    let begun = loop {
        let call = spoken(client.post(&UPLOADS))
            .header("upload-length", file.bytes)
            .header("upload-metadata", &metadata);
        match call.open().await {
            Ok(begun) => break begun,
            Err(failure) => patience.pause(failure, file, bar).await?,
        }
    };
    // Only its id is taken from there: the token goes to the server that was named, and to no other.
    let id = text(&begun, "location")?.rsplit('/').next().unwrap_or_default().to_owned();
    let path = [UPLOADS[0], UPLOADS[1], UPLOADS[2], id.as_str()];
    let mut offset = 0;
    let mut shown = 0;
    while offset < file.bytes {
        let sent = Arc::new(AtomicU64::new(0));
        match append(client, &path, file, offset, bar, &sent).await {
            Ok(now) => {
                patience.tries = 0;
                offset = now;
                shown += sent.load(Ordering::Relaxed);
            }
            Err(failure) => {
                shown += sent.load(Ordering::Relaxed);
                patience.pause(failure, file, bar).await?;
                match stand(client, &path).await {
                    Ok(now) => {
                        if now > offset {
                            patience.tries = 0;
                        }
                        offset = now;
                    }
                    // It is asked again with the next try, which meets the same trouble.
                    Err(failure) => patience.bear(failure)?,
                }
            }
        }
        // What was sent and did not arrive is taken back from the bar.
        if let Some(bar) = bar.handle().filter(|_| shown > offset) {
            bar.dec(shown - offset);
        }
        shown = shown.min(offset);
    }
    outcome(client, &path, &mut patience, file, bar).await
}

/// What became of it, once the server has made a file of it.
async fn outcome(
    client: &Client,
    path: &[&str],
    patience: &mut Patience,
    file: &Local,
    bar: &Bytes,
) -> Result<Value, Failure> {
    loop {
        let failure = match client.get(path).send().await {
            Ok(told) if told["status"] == "done" => return Ok(json!({ "files": [told["file"]] })),
            Ok(told) if told["status"] == "failed" => {
                let why = told["reason"]["message"].as_str().unwrap_or("the server does not say why");
                let code = told["reason"]["code"].as_str().unwrap_or("failed");
                return Err(Failure::new(Exit::Incomplete, why).code(code));
            }
            Ok(_) => {
                let mut failure =
                    Failure::failed("the server has all of it and has not made a file of it yet");
                failure.code = Some("unavailable".to_owned());
                failure
            }
            Err(failure) => failure,
        };
        patience.pause(failure, file, bar).await?;
    }
}

async fn append(
    client: &Client,
    path: &[&str],
    file: &Local,
    offset: u64,
    bar: &Bytes,
    sent: &Arc<AtomicU64>,
) -> Result<u64, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::usage(format!("cannot read {}", file.path.display())).why(error);
    let mut open = tokio::fs::File::open(&file.path).await.map_err(unreadable)?;
    open.seek(SeekFrom::Start(offset)).await.map_err(unreadable)?;
    let length = PIECE.min(file.bytes - offset);
    let (moved, sent) = (bar.handle(), Arc::clone(sent));
    let pieces = ReaderStream::with_capacity(open.take(length), 64 * 1024).inspect_ok(move |piece| {
        sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        if let Some(bar) = &moved {
            bar.inc(piece.len() as u64);
        }
    });
    let call = spoken(client.patch(path))
        .header("upload-offset", offset)
        .header("content-length", length)
        .header("content-type", "application/offset+octet-stream");
    offset_of(&call.body(Body::wrap_stream(pieces)).open().await?)
}

async fn stand(client: &Client, path: &[&str]) -> Result<u64, Failure> {
    // Not by HEAD, whose refusals say nothing.
    let told = client.get(path).send().await?;
    told["offset"].as_u64().ok_or_else(|| Failure::failed("the server does not say where the upload stands"))
}

fn spoken<'a>(call: Call<'a>) -> Call<'a> {
    call.header("tus-resumable", "1.0.0")
}

fn offset_of(response: &Response) -> Result<u64, Failure> {
    let offset = text(response, "upload-offset")?;
    offset
        .parse()
        .map_err(|error| Failure::failed("the server does not say where the upload stands").why(error))
}

fn text<'a>(response: &'a Response, name: &str) -> Result<&'a str, Failure> {
    let value = response.headers().get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| {
        Failure::failed(format!("the server's answer has no {name}"))
            .remedy("is it a Gangway of this version?")
    })
}

/// How often it was tried without getting further.
struct Patience {
    tries: u32,
}

impl Patience {
    /// Waits before the next try, longer each time.
    ///
    /// # Errors
    /// The failure, when trying again does not help or was done often enough.
    async fn pause(&mut self, failure: Failure, file: &Local, bar: &Bytes) -> Result<(), Failure> {
        let what = failure.what.clone();
        self.bear(failure)?;
        let pause = Duration::from_millis(250 << self.tries.min(8)).min(LONGEST_PAUSE);
        if self.tries > 1 {
            bar.say(&output::safe(&format!("  {what}; going on with {}", file.place)));
        }
        SystemClock.sleep(pause).await;
        Ok(())
    }

    fn bear(&mut self, failure: Failure) -> Result<(), Failure> {
        self.tries += 1;
        let passes = match failure.exit {
            Exit::Unreachable => true,
            Exit::Failed => matches!(
                failure.code.as_deref(),
                // A proxy's own answer has no code.
                None | Some("unavailable" | "internal" | "locked" | "conflict" | "quota_exceeded")
            ),
            _ => false,
        };
        if passes && self.tries <= MOST_TRIES { Ok(()) } else { Err(failure) }
    }
}
