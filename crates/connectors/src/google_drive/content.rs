//! Bytes: downloads of blobs, exports of native documents, and the ways around the export limit.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use gangway_connector::entry::ByteStream;
use gangway_connector::http::Download;
use gangway_connector::{ConnectorError, Content, Disposition, Entry, FetchLimits};
use gangway_model::{Fetchable, media};
use md5::{Digest, Md5};
use url::Url;

use super::api::{ALL_DRIVES, Api, ItemRef, no_such_item};
use super::export;
use super::files::{key_in_url, md5_of};
use super::wire::{DriveFile, Operation};

/// How often a cut download is taken up again.
const MOST_RESUMES: u32 = 5;
/// Exports of documents that are too large sometimes answer 500 instead of saying so.
const EXPORT_TRIES: u32 = 2;
/// How long Google may prepare a download on its side.
const LONGEST_PREPARATION: Duration = Duration::from_secs(5 * 60);
/// Plain-text exports start with it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

pub async fn fetch(api: &Api, entry: &Entry, limits: &FetchLimits) -> Result<Content, ConnectorError> {
    if let Fetchable::No(reason) = &entry.fetchable {
        return Err(ConnectorError::new("not_fetchable", reason.message.clone(), Disposition::SkipItem));
    }
    let item = ItemRef { key: entry.url.as_deref().and_then(key_in_url), ..ItemRef::of(&entry.id) };
    if !item.is_plausible() {
        return Err(no_such_item());
    }
    if export::is_native(&entry.media_type) {
        return export_native(api, item, entry, limits.max_bytes).await;
    }
    if entry.size.is_some_and(|size| size > limits.max_bytes) {
        let message = format!("the file is larger than the limit of {} bytes", limits.max_bytes);
        return Err(ConnectorError::new("too_large", message, Disposition::SkipItem));
    }
    let request = api.get("files.get media", &["files", item.id]).query(&[("alt", "media"), ALL_DRIVES]);
    let download = item.add_key(request).stream_resumable(limits.max_bytes, MOST_RESUMES).await?;
    let bytes = match md5_of(&entry.revision) {
        Some(md5) => verified(api.clone(), item, md5.to_owned(), download.bytes),
        None => download.bytes,
    };
    Ok(Content {
        media_type: entry.media_type.clone(),
        revision: Some(entry.revision.clone()),
        size: download.size,
        bytes,
    })
}

/// Compares what arrived with Drive's checksum. When they differ, the file may have changed since it was
/// listed: then the bytes are right and the listing is old. Otherwise they were damaged on the way.
fn verified(api: Api, item: ItemRef<'_>, expected: String, bytes: ByteStream) -> ByteStream {
    struct Check {
        api: Api,
        id: String,
        key: Option<String>,
        expected: String,
        hasher: Md5,
        bytes: ByteStream,
    }
    let (id, key) = (item.id.to_owned(), item.key.map(str::to_owned));
    let check = Check { api, id, key, expected, hasher: Md5::new(), bytes };
    Box::pin(stream::unfold(Some(check), |check| async move {
        let mut check = check?;
        match check.bytes.next().await {
            Some(Ok(chunk)) => {
                check.hasher.update(&chunk);
                Some((Ok(chunk), Some(check)))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => {
                let found = hex::encode(check.hasher.finalize());
                if found.eq_ignore_ascii_case(&check.expected) {
                    return None;
                }
                let item = ItemRef { id: &check.id, key: check.key.as_deref() };
                match check.api.file(item, "md5Checksum").await {
                    Ok(now) if now.md5_checksum.as_deref() == Some(found.as_str()) => None,
                    Ok(_) => Some((Err(damaged()), None)),
                    Err(error) => Some((Err(error), None)),
                }
            }
        }
    }))
}

fn damaged() -> ConnectorError {
    let message = "the download does not have the checksum that Google names";
    ConnectorError::new("checksum_mismatch", message, Disposition::RetryLater { after: None })
}

/// Exports a native document, falling back to its other types, its export links, and a prepared download.
async fn export_native(
    api: &Api,
    item: ItemRef<'_>,
    entry: &Entry,
    max_bytes: u64,
) -> Result<Content, ConnectorError> {
    let targets = export::targets(&entry.media_type);
    let mut refused = no_such_export();
    for target in targets {
        let request = api.get("files.export", &["files", item.id, "export"]).query(&[("mimeType", target)]);
        match item.add_key(request).tries(EXPORT_TRIES).stream(max_bytes).await {
            Ok(download) => return Ok(exported(target, download)),
            Err(error) if is_too_large(&error) => {
                return export_large(api, item, target, max_bytes, error).await;
            }
            // This document cannot be had as this type; perhaps as the next.
            Err(error) if error.code == "bad_request" => refused = error,
            Err(error) => return Err(error),
        }
    }
    Err(refused)
}

fn is_too_large(error: &ConnectorError) -> bool {
    error.code == "export_too_large" || is_own_failure(error)
}

fn no_such_export() -> ConnectorError {
    ConnectorError::new("no_export", "Google offers no export of it", Disposition::SkipItem)
}

fn exported(target: &str, download: Download) -> Content {
    let bytes = match target {
        media::PLAIN => without_byte_order_mark(download.bytes),
        _ => download.bytes,
    };
    Content { media_type: target.to_owned(), revision: None, size: None, bytes }
}

/// Gets a document above the export limit. What cannot be had either way stays too large, unless nobody said so: when
/// every way ended in a failure of Google's own, Google has a problem, and the document may have any size.
async fn export_large(
    api: &Api,
    item: ItemRef<'_>,
    target: &str,
    max_bytes: u64,
    too_large: ConnectorError,
) -> Result<Content, ConnectorError> {
    let file = match api.file(item, "exportLinks").await {
        Err(error) if !error.is_gone() && error.disposition == Disposition::SkipItem => DriveFile::default(),
        answer => answer?,
    };
    let link = match by_export_link(api, item, &file, target, max_bytes).await {
        Ok(Some(content)) => return Ok(content),
        Err(error) if error.code == "too_large" || error.is_gone() || may_pass(&error) => return Err(error),
        answer => answer,
    };
    let is_size_known = !is_own_failure(&too_large) || link.is_err_and(|error| !is_own_failure(&error));
    match by_prepared_download(api, item, target, max_bytes).await {
        Ok(content) => Ok(content),
        Err(error) if error.code == "too_large" || may_pass(&error) => Err(error),
        Err(error) if is_own_failure(&error) && !is_size_known => Err(error),
        Err(error) => {
            let message = "the document is too large for Google to export";
            let skipped = ConnectorError::new("export_too_large", message, Disposition::SkipItem);
            Err(skipped.because(error.because(too_large)))
        }
    }
}

/// Whether time mends it. A plain 500 does not count here: it is how oversize exports fail.
fn may_pass(error: &ConnectorError) -> bool {
    matches!(error.disposition, Disposition::RetryLater { .. }) && !is_own_failure(error)
}

/// A plain 500: how exports of documents that are too large fail at times, and what an outage looks like.
fn is_own_failure(error: &ConnectorError) -> bool {
    error.code == "internal_error"
}

/// Follows the file's own export link, which is not bound by the limit in practice.
async fn by_export_link(
    api: &Api,
    item: ItemRef<'_>,
    file: &DriveFile,
    target: &str,
    max_bytes: u64,
) -> Result<Option<Content>, ConnectorError> {
    let link = file.export_links.get(target).and_then(|link| Url::parse(link).ok());
    let Some(link) = link.filter(|link| api.http.allows(link)) else { return Ok(None) };
    let request = item.add_key(api.http.get(link).named("export link")).tries(EXPORT_TRIES);
    let download = request.stream(max_bytes).await?;
    // Without permission Google's editors answer with a page for people to sign in.
    if download.media_type().is_some_and(|found| found.starts_with(media::HTML)) {
        return Ok(None);
    }
    Ok(Some(exported(target, download)))
}

/// Lets Google prepare the download, waits for it, and fetches the result.
async fn by_prepared_download(
    api: &Api,
    item: ItemRef<'_>,
    target: &str,
    max_bytes: u64,
) -> Result<Content, ConnectorError> {
    let request = api.post("files.download", &["files", item.id, "download"]).query(&[("mimeType", target)]);
    let mut operation: Operation = item.add_key(request).send_json().await?;
    if !operation.done {
        let name = operation.name.unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        let poll = api.get("operations.get", &["operations", name]);
        operation = poll.poll_json(|operation: &Operation| operation.done, LONGEST_PREPARATION).await?;
    }
    let address = operation.response.and_then(|response| response.download_uri);
    let Some(address) = address.and_then(|address| Url::parse(&address).ok()) else {
        return Err(no_such_export());
    };
    let request = api.http.get(address.clone()).named("prepared download");
    let request = if api.http.allows(&address) { request } else { request.without_token() };
    Ok(exported(target, request.stream(max_bytes).await?))
}

fn without_byte_order_mark(bytes: ByteStream) -> ByteStream {
    let mut at_start = true;
    Box::pin(bytes.map(move |chunk| {
        let is_first = std::mem::take(&mut at_start);
        chunk.map(|chunk: Bytes| match is_first && chunk.starts_with(BYTE_ORDER_MARK) {
            true => chunk.slice(BYTE_ORDER_MARK.len()..),
            false => chunk,
        })
    }))
}
