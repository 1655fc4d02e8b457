//! Bytes: downloads, checked against Dropbox's own hash of them, and exports of what has no bytes.

use futures::{StreamExt, stream};
use gangway_connector::entry::ByteStream;
use gangway_connector::http::Download;
use gangway_connector::{ConnectorError, Content, Disposition, Entry, FetchLimits};
use gangway_model::{Fetchable, Revision, media};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::api::{Api, Bytes, RESULT};
use super::error::{INVALID_EXPORT_FORMAT, UNSUPPORTED_FILE};
use super::export::{self, Choice};
use super::files::{self, hash_of};
use super::hash::ContentHash;
use super::place::{Area, Place, no_such_item};
use super::wire::{ExportResult, Metadata};
use super::{header_json, received};
use crate::media_types;

pub async fn fetch(api: &Api, entry: &Entry, limits: &FetchLimits) -> Result<Content, ConnectorError> {
    if let Fetchable::No(reason) = &entry.fetchable {
        return Err(ConnectorError::new("not_fetchable", reason.message.clone(), Disposition::SkipItem));
    }
    let Some(Place::Item(area, id)) = Place::of(&entry.id) else { return Err(no_such_item()) };
    let item = Item { api, entry, area, id, max_bytes: limits.max_bytes };
    if export::is_native(&entry.media_type) {
        return item.export().await;
    }
    if entry.size.is_some_and(|size| size > limits.max_bytes) {
        let message = format!("the file is larger than the limit of {} bytes", limits.max_bytes);
        return Err(ConnectorError::new("too_large", message, Disposition::SkipItem));
    }
    match item.download().await {
        Err(error) if error.code == UNSUPPORTED_FILE => item.export().await,
        Err(error) if error.is_gone() && received::is_received(entry) => item.download_by_link(error).await,
        answer => answer,
    }
}

struct Item<'a> {
    api: &'a Api,
    entry: &'a Entry,
    area: Area,
    id: String,
    max_bytes: u64,
}

impl Item<'_> {
    /// Downloads what the file is now, which is what the answer says it is, whatever was listed.
    async fn download(&self) -> Result<Content, ConnectorError> {
        let argument = json!({ "path": self.id });
        self.served(self.get("files/download", &argument, Bytes::Stored).await?)
    }

    /// Downloads a single file by the link that its owner's sharing gave it.
    async fn download_by_link(&self, gone: ConnectorError) -> Result<Content, ConnectorError> {
        let Some(url) = &self.entry.url else { return Err(gone) };
        let argument = json!({ "url": url });
        match self.get("sharing/get_shared_link_file", &argument, Bytes::Stored).await {
            // A closed link does not say whether the file is still shared.
            Err(refused) if refused.disposition == Disposition::SkipItem => {
                match received::get_by_link(self.api, &self.id, gone).await {
                    Ok(_) => Err(refused),
                    Err(error) => Err(error),
                }
            }
            answer => self.served(answer?),
        }
    }

    async fn get(
        &self,
        route: &'static str,
        argument: &serde_json::Value,
        bytes: Bytes,
    ) -> Result<Download, ConnectorError> {
        self.api.download(&self.area, route, argument, bytes, self.max_bytes).await
    }

    fn served(&self, download: Download) -> Result<Content, ConnectorError> {
        let row: Metadata = result(&download)?;
        let revision = files::revision(&row);
        let size = row.size.and_then(|size| u64::try_from(size).ok());
        let expected = Expected { hash: hash_of(&revision).map(str::to_owned), size };
        Ok(Content {
            media_type: self.entry.media_type.clone(),
            revision: Some(revision),
            size: download.size,
            bytes: verified(expected, download.bytes),
        })
    }

    /// Exports the file as the best that it offers. What that is, only its metadata says.
    async fn export(&self) -> Result<Content, ConnectorError> {
        let row = self.api.metadata(&self.area, &self.id).await?;
        let info = row.export_info.unwrap_or_default();
        let Some(choice) = export::choice(Some(&info)) else {
            let reason = export::no_export_reason();
            return Err(ConnectorError::new("no_export", reason.message, Disposition::SkipItem));
        };
        match self.export_as(&choice).await {
            // Offered, and refused all the same: what comes without asking is left.
            Err(error) if error.code == INVALID_EXPORT_FORMAT && choice.format.is_some() => {
                let media_type = export::type_by_itself(&info);
                self.export_as(&Choice { format: None, media_type }).await
            }
            answer => answer,
        }
    }

    async fn export_as(&self, choice: &Choice) -> Result<Content, ConnectorError> {
        let mut argument = json!({ "path": self.id });
        if let Some(format) = &choice.format {
            argument["export_format"] = json!(format);
        }
        let download = self.get("files/export", &argument, Bytes::Made).await?;
        let told: ExportResult = result(&download)?;
        let size = told.export_metadata.size.and_then(|size| u64::try_from(size).ok());
        let by_name = || told.export_metadata.name.as_deref().map(media_types::of_name);
        let media_type = choice.media_type.map(str::to_owned).or_else(by_name);
        Ok(Content {
            media_type: media_type.unwrap_or_else(|| media::OCTET_STREAM.to_owned()),
            revision: revision_of_export(&told),
            size: download.size,
            bytes: verified(Expected { hash: None, size }, download.bytes),
        })
    }
}

/// What Dropbox says of the bytes that it sends. Without it they are somebody else's.
fn result<T: DeserializeOwned>(download: &Download) -> Result<T, ConnectorError> {
    header_json::read(download.headers.get(&RESULT)).ok_or_else(|| {
        let message = "the answer does not say what it brings: it is not Dropbox's";
        ConnectorError::new("malformed_answer", message, Disposition::RetryLater { after: None })
    })
}

/// The revision that was exported, where the answer tells of the file at all.
fn revision_of_export(told: &ExportResult) -> Option<Revision> {
    let row = &told.file_metadata;
    (row.rev.is_some() || row.content_hash.is_some()).then(|| files::revision(row))
}

/// What must have arrived by the end.
struct Expected {
    hash: Option<String>,
    size: Option<u64>,
}

/// Compares what arrived with what Dropbox said it would send. A short or damaged body ends in an error.
fn verified(expected: Expected, bytes: ByteStream) -> ByteStream {
    struct Check {
        expected: Expected,
        received: u64,
        hash: ContentHash,
        bytes: ByteStream,
    }
    let check = Check { expected, received: 0, hash: ContentHash::default(), bytes };
    Box::pin(stream::unfold(Some(check), |check| async move {
        let mut check = check?;
        match check.bytes.next().await {
            Some(Ok(chunk)) => {
                check.received += chunk.len() as u64;
                if check.expected.hash.is_some() {
                    check.hash.update(&chunk);
                }
                Some((Ok(chunk), Some(check)))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None if check.expected.size.is_some_and(|size| size != check.received) => {
                Some((Err(cut_short()), None))
            }
            None => {
                let expected = check.expected.hash?;
                let is_whole = check.hash.finish().eq_ignore_ascii_case(&expected);
                (!is_whole).then(|| (Err(damaged()), None))
            }
        }
    }))
}

fn cut_short() -> ConnectorError {
    let message = "the download does not have the length that Dropbox names";
    ConnectorError::new("download_interrupted", message, Disposition::RetryLater { after: None })
}

fn damaged() -> ConnectorError {
    let message = "the download does not have the hash that Dropbox names";
    ConnectorError::new("checksum_mismatch", message, Disposition::RetryLater { after: None })
}
