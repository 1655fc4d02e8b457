//! Files that people share in channels, from Slack's description to our entries.

use gangway_connector::{ConnectorError, Disposition, Entry};
use gangway_model::{Fetchable, ItemKind, ProviderItemId, Reason, Revision, Timestamp, media};

use super::api::Api;
use super::ids::{channel_feed, is_channel, is_file};
use super::wire::File;

/// What a file is like, by its `mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Bytes that never change.
    Hosted,
    /// Written and rewritten in Slack: snippets, posts, mails.
    Editable,
    /// A canvas: its download is a page of HTML.
    Canvas,
    /// A table of Slack's own, without a download.
    List,
    /// Lies at another service.
    External,
    /// Was deleted.
    Tombstone,
    /// Older than the workspace's plan shows.
    HiddenByLimit,
}

impl File {
    pub fn kind(&self) -> Mode {
        match self.mode.as_deref() {
            Some("tombstone") => Mode::Tombstone,
            Some("hidden_by_limit") => Mode::HiddenByLimit,
            _ if self.is_external => Mode::External,
            Some("external") => Mode::External,
            Some("canvas" | "quip" | "space" | "docs") => Mode::Canvas,
            Some("list") => Mode::List,
            Some("snippet" | "post" | "email") => Mode::Editable,
            _ => Mode::Hosted,
        }
    }

    /// Whether this is only a sign that there is a file: shared from another organisation.
    pub fn is_stub(&self) -> bool {
        self.file_access.as_deref() == Some("check_file_info")
    }

    pub fn plausible_id(&self) -> Option<&str> {
        self.id.as_deref().filter(|id| is_file(id))
    }

    /// Every conversation it is shared in that this connection may see.
    fn channels(&self) -> Vec<ProviderItemId> {
        let shared = self.shares.iter().flat_map(|shares| [&shares.public, &shares.private]);
        let shared = shared.flatten().flat_map(|channels| channels.keys());
        let named = [&self.channels, &self.groups, &self.ims].into_iter().flatten();
        let mut channels: Vec<ProviderItemId> = Vec::new();
        for channel in named.chain(shared).filter(|channel| is_channel(channel)) {
            let id = ProviderItemId::from(channel.as_str());
            if !channels.contains(&id) {
                channels.push(id);
            }
        }
        channels
    }

    /// Whether it came with a reply in this channel, where no history shows it. Unknown counts as yes.
    pub fn came_with_reply(&self, channel: &str) -> bool {
        let Some(shares) = &self.shares else { return true };
        let places = [&shares.public, &shares.private].into_iter().flatten();
        let places: Vec<&serde_json::Value> =
            places.filter_map(|channels| channels.get(channel)?.as_array()).flatten().collect();
        let is_first = |place: &&serde_json::Value| {
            let thread = place.get("thread_ts").filter(|ts| !ts.is_null());
            thread.is_none() || thread == place.get("ts")
        };
        !places.iter().any(is_first)
    }
}

/// Describes a file that was met in a channel.
pub fn entry(file: &File, met_in: Option<&str>) -> Option<Entry> {
    let id = file.plausible_id()?;
    let mut parents = file.channels();
    if parents.is_empty() {
        parents.extend(met_in.map(ProviderItemId::from));
    }
    let made = file.created.or(file.timestamp);
    let edited = file.updated.max(file.edit_timestamp);
    let kind = file.kind();
    Some(Entry {
        feed: met_in.or(parents.first().map(ProviderItemId::as_str)).map(channel_feed),
        media_type: file.mimetype.clone().unwrap_or_else(|| media::OCTET_STREAM.to_owned()),
        size: file.size.filter(|_| kind == Mode::Hosted).and_then(|size| u64::try_from(size).ok()),
        created_at: moment(made),
        modified_at: moment(edited.or(file.timestamp).or(file.created)),
        url: file.permalink.clone(),
        revision: Revision::from(match kind {
            // There is no checksum, and none is needed; a new title is no new content.
            Mode::Hosted => format!("{}-{}", made.unwrap_or_default(), file.size.unwrap_or_default()),
            _ => format!("{}-{}", edited.or(made).unwrap_or_default(), file.size.unwrap_or_default()),
        }),
        fetchable: fetchable(file),
        parents,
        ..Entry::new(id, ItemKind::File, file.shown_name().unwrap_or(id))
    })
}

fn moment(seconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_timestamp(seconds.filter(|seconds| *seconds > 0)?, 0)
}

fn fetchable(file: &File) -> Fetchable {
    let no = |code: &str, message: &str| Fetchable::No(Reason::new(code, message));
    match file.kind() {
        Mode::Hosted | Mode::Editable | Mode::Canvas => Fetchable::Yes,
        Mode::External => {
            let service = file.external_type.as_deref().filter(|it| !it.is_empty() && *it != "unknown");
            let message = format!(
                "the file lies at another service ({}): bring it in from there to find what is in it",
                service.unwrap_or("not Slack")
            );
            no("external_file", &message)
        }
        Mode::List => no("no_export", "Slack does not hand out lists as files"),
        Mode::Tombstone => no("deleted", "the file was deleted in Slack"),
        Mode::HiddenByLimit => no(
            "hidden_by_limit",
            "the workspace's plan hides files of this age; a paid plan shows them again",
        ),
    }
}

/// A file as Slack describes it in full. Deleted ones are gone.
pub async fn describe(api: &Api, id: &str) -> Result<File, ConnectorError> {
    let mut file = api.file(id).await.map_err(explain)?;
    if file.kind() == Mode::Tombstone {
        return Err(ConnectorError::new("deleted", "the file was deleted in Slack", Disposition::Gone));
    }
    if file.plausible_id().is_none() {
        file.id = Some(id.to_owned());
    }
    Ok(file)
}

/// Says of a missing permission that it is the one for files.
fn explain(error: ConnectorError) -> ConnectorError {
    if error.code == "insufficient_scope" { files_read_missing() } else { error }
}

pub fn files_read_missing() -> ConnectorError {
    let message =
        "the connection was not granted the permission to download files (files:read); connect again with it";
    ConnectorError::new("files_read_missing", message, Disposition::SkipItem)
}
