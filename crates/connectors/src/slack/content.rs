//! Content: threads read whole, and the bytes of files.
//!
//! The file host refuses with a page for people to sign in and status 200, or redirects to one. So what arrives is
//! looked at before it is believed.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use gangway_connector::entry::ByteStream;
use gangway_connector::http::Download;
use gangway_connector::{ConnectorError, Content, Disposition, Entry, FetchLimits};
use gangway_model::{Fetchable, media};
use url::Url;

use super::api::{Api, Workspace};
use super::files::{self, Mode};
use super::ids::{Named, Ts, no_such_item};
use super::people::Directory;
use super::thread;
use super::wire::{File, Message};

/// How often a cut download is taken up again.
const MOST_RESUMES: u32 = 5;
/// Pages of a thread; Slack itself ends threads long before.
const MOST_PAGES: usize = 200;
/// As much of a download's beginning as tells a page from a file.
const HEAD: usize = 2048;

pub async fn fetch(api: &Api, entry: &Entry, limits: &FetchLimits) -> Result<Content, ConnectorError> {
    if let Fetchable::No(reason) = &entry.fetchable {
        return Err(ConnectorError::new("not_fetchable", reason.message.clone(), Disposition::SkipItem));
    }
    match Named::of(&entry.id) {
        Some(Named::Thread(channel, ts)) => {
            let workspace = api.workspace().await?;
            let read = read_thread(api, &workspace, channel, ts).await?;
            let inline = read.inline.ok_or_else(no_such_item)?;
            Ok(Content { revision: Some(read.revision), ..text(inline.bytes, limits)? })
        }
        Some(Named::File(id)) => fetch_file(api, id, limits).await,
        _ => Err(no_such_item()),
    }
}

fn text(bytes: Bytes, limits: &FetchLimits) -> Result<Content, ConnectorError> {
    if bytes.len() as u64 > limits.max_bytes {
        return Err(too_large(limits.max_bytes));
    }
    Ok(Content {
        media_type: media::MARKDOWN.to_owned(),
        revision: None,
        size: Some(bytes.len() as u64),
        bytes: Box::pin(stream::once(async { Ok(bytes) })),
    })
}

fn too_large(most: u64) -> ConnectorError {
    let message = format!("the content is larger than the limit of {most} bytes");
    ConnectorError::new("too_large", message, Disposition::SkipItem)
}

/// Reads a thread with every reply; the entry carries its content.
pub async fn read_thread(
    api: &Api,
    workspace: &Workspace,
    channel: &str,
    ts: Ts,
) -> Result<Entry, ConnectorError> {
    let messages = messages_of(api, channel, ts).await?;
    if messages.first().is_some_and(Message::is_withheld) {
        return Err(withheld());
    }
    let directory: Directory = api.names.find(api, &thread::wanted(&messages)).await?;
    thread::whole(workspace, channel, &messages, &directory).ok_or_else(no_such_item)
}

pub fn withheld() -> ConnectorError {
    let message = "the organisation has withdrawn the key of this message";
    ConnectorError::new("withheld", message, Disposition::SkipItem)
}

/// The messages of a thread, the first one first. A reply's own time names no thread.
async fn messages_of(api: &Api, channel: &str, ts: Ts) -> Result<Vec<Message>, ConnectorError> {
    let mut messages: Vec<Message> = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = api.replies(channel, ts, cursor.as_deref()).await?;
        let next = page.next_cursor().map(str::to_owned);
        for message in page.messages {
            // Every page may begin with the first message again.
            let is_known = messages.last().is_some_and(|last| message.id() <= last.id());
            if !is_known {
                messages.push(message);
            }
        }
        if messages.is_empty() && next.is_none() {
            return Err(nothing_shown());
        }
        if messages.first().is_some_and(|first| first.id() != Some(ts) || first.is_reply()) {
            return Err(no_such_item());
        }
        if next.is_none() || next == cursor {
            return if next.is_none() { Ok(messages) } else { Err(in_circles()) };
        }
        cursor = next;
    }
    let message = "the thread has more replies than can be read at once";
    Err(ConnectorError::new("too_large", message, Disposition::SkipItem))
}

/// An answer without messages proves nothing: only Slack's own word that there is no such thread does.
fn nothing_shown() -> ConnectorError {
    let message = "Slack shows nothing of this thread: the workspace's plan may hide what is older";
    ConnectorError::new("hidden_by_limit", message, Disposition::SkipItem)
}

fn in_circles() -> ConnectorError {
    let message = "Slack answered the same place in a thread again";
    ConnectorError::new("repeated_cursor", message, Disposition::RetryLater { after: None })
}

async fn fetch_file(api: &Api, id: &str, limits: &FetchLimits) -> Result<Content, ConnectorError> {
    let file = files::describe(api, id).await?;
    let entry = files::entry(&file, None).ok_or_else(no_such_item)?;
    if let Fetchable::No(reason) = entry.fetchable {
        return Err(ConnectorError::new("not_fetchable", reason.message, Disposition::SkipItem));
    }
    if entry.size.is_some_and(|size| size > limits.max_bytes) {
        return Err(too_large(limits.max_bytes));
    }
    let address = file.url_private_download.as_deref().or(file.url_private.as_deref());
    let address = address.and_then(|address| Url::parse(address).ok()).ok_or_else(no_address)?;
    if !api.http.allows(&address) {
        return Err(no_address());
    }
    let request = api.http.get(address).named("file download");
    let download = request.stream_resumable(limits.max_bytes, MOST_RESUMES).await?;
    let media_type = match file.kind() {
        Mode::Canvas => media::HTML.to_owned(),
        _ => entry.media_type,
    };
    let size = download.size;
    let bytes = checked(&file, &media_type, download).await?;
    Ok(Content { media_type, revision: Some(entry.revision), size, bytes })
}

fn no_address() -> ConnectorError {
    let message = "Slack names no address of its own to download the file from";
    ConnectorError::new("no_address", message, Disposition::SkipItem)
}

/// Looks at headers, length and the first bytes: a page to sign in is a refusal, whatever its status.
pub async fn checked(
    file: &File,
    media_type: &str,
    download: Download,
) -> Result<ByteStream, ConnectorError> {
    let expects_page = media::essence(media_type) == media::HTML;
    let says_refused = download.headers.get("x-slack-meta");
    if says_refused.is_some_and(|meta| String::from_utf8_lossy(meta.as_bytes()).contains("acl_fail")) {
        return Err(files::files_read_missing());
    }
    let is_page = download.media_type().is_some_and(|found| media::essence(found) == media::HTML);
    if is_page && !expects_page {
        return Err(files::files_read_missing());
    }
    let told = file.size.and_then(|size| u64::try_from(size).ok()).filter(|_| file.kind() == Mode::Hosted);
    let has_other_length = matches!((told, download.size), (Some(told), Some(found)) if told != found);
    let mut rest = download.bytes.fuse();
    let mut head = BytesMut::new();
    while head.len() < HEAD {
        let Some(chunk) = rest.next().await else { break };
        head.extend_from_slice(&chunk?);
    }
    if is_sign_in(&head, expects_page && !has_other_length) {
        return Err(files::files_read_missing());
    }
    if has_other_length {
        let message = "the download is not as long as Slack says that the file is";
        let later = Disposition::RetryLater { after: None };
        return Err(ConnectorError::new("changed_meanwhile", message, later));
    }
    let head = stream::iter((!head.is_empty()).then(|| Ok(head.freeze())));
    Ok(Box::pin(head.chain(rest)))
}

/// Whether these bytes begin a page for people to sign in. Where a page is what was asked for, it must look like
/// Slack's own.
fn is_sign_in(head: &[u8], expects_page: bool) -> bool {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_page = text.starts_with("<!doctype html") || text.starts_with("<html");
    let is_slacks = text.contains("slack") && (text.contains("sign in") || text.contains("signin"));
    is_page && (!expects_page || is_slacks)
}
