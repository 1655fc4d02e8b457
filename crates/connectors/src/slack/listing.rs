//! One item, the channels of a workspace, the threads and files of a channel, and searches; a page at a time.
//!
//! A channel's pages follow the times of its messages, not Slack's cursors: those end, times do not. A cursor is used
//! only where a page comes without any message to tell the time by.

use gangway_connector::{BrowseRequest, ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::{PageToken, ProviderItemId};

use super::api::{Api, FileSpan, LARGEST_PAGE, Span, Workspace};
use super::channels::{self, Place};
use super::content::{read_thread, withheld};
use super::files;
use super::ids::{Named, Ts, no_such_item, thread_id};
use super::message::is_noise;
use super::wire::{History, Message};
use super::{search, thread};

const MOST_BROWSED: u32 = 100;
const FILES_AT_ONCE: u32 = 200;
/// From the next page on, Slack answers the first one again.
const LAST_FILE_PAGE: u32 = 100;

pub async fn get(api: &Api, id: &ProviderItemId) -> Result<Entry, ConnectorError> {
    let named = Named::of(id).ok_or_else(no_such_item)?;
    let workspace = api.workspace().await?;
    match named {
        Named::Workspace(id) if id == workspace.id => Ok(channels::workspace_entry(&workspace)),
        Named::Workspace(_) => Err(no_such_item()),
        Named::Channel(id) => {
            let mut channel = api.channel(id).await?;
            channel.id = Some(id.to_owned());
            let entries = channels::entries(api, &workspace, &[channel]).await?;
            entries.into_iter().next().ok_or_else(no_such_item)
        }
        Named::File(id) => files::entry(&files::describe(api, id).await?, None).ok_or_else(no_such_item),
        Named::Thread(channel, ts) => read_thread(api, &workspace, channel, ts).await,
    }
}

/// Lists everything directly inside a container.
pub async fn list(
    api: &Api,
    container: &ProviderItemId,
    page: Option<&PageToken>,
) -> Result<EntryPage, ConnectorError> {
    let named = Named::of(container).ok_or_else(no_such_item)?;
    let workspace = api.workspace().await?;
    match named {
        Named::Workspace(id) if id == workspace.id => channels::list(api, &workspace, page).await,
        Named::Workspace(_) => Err(no_such_item()),
        Named::Channel(channel) => match page.map(ChannelPlace::read).transpose()? {
            Some(ChannelPlace::Files { page, to }) => list_files(api, channel, page, to).await,
            Some(ChannelPlace::Messages { latest, cursor, .. }) => {
                list_messages(api, &workspace, channel, latest, cursor).await
            }
            None => list_messages(api, &workspace, channel, None, None).await,
        },
        Named::File(_) | Named::Thread(..) => {
            Err(ConnectorError::new("not_a_container", "it is not a channel", Disposition::SkipItem))
        }
    }
}

/// Where a listing of a channel stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ChannelPlace {
    Messages {
        /// Everything from here on was listed.
        latest: Option<Ts>,
        cursor: Option<String>,
        /// Entries after that which were shown to people already.
        skip: usize,
    },
    /// Files that came with replies. `to` bounds when they were made, once the pages have run out.
    Files { page: u32, to: Option<i64> },
}

impl ChannelPlace {
    fn read(page: &PageToken) -> Result<Self, ConnectorError> {
        let mut parts = page.as_str().splitn(4, ' ');
        let mut part = || parts.next().ok_or_else(bad_page_token);
        let bad = |_| bad_page_token();
        match part()? {
            "messages" => {
                let latest = match part()? {
                    "-" => None,
                    ts => Some(Ts::parse(ts).ok_or_else(bad_page_token)?),
                };
                let skip = part()?.parse().map_err(bad)?;
                let cursor = Some(part()?.to_owned()).filter(|cursor| !cursor.is_empty());
                Ok(ChannelPlace::Messages { latest, cursor, skip })
            }
            "files" => {
                let page = part()?.parse().map_err(bad)?;
                let to = match part()? {
                    "-" => None,
                    seconds => Some(seconds.parse().map_err(bad)?),
                };
                Ok(ChannelPlace::Files { page, to })
            }
            _ => Err(bad_page_token()),
        }
    }

    fn page_token(&self) -> PageToken {
        PageToken::from(match self {
            ChannelPlace::Messages { latest, cursor, skip } => {
                let latest = latest.map_or_else(|| "-".to_owned(), |ts| ts.to_string());
                format!("messages {latest} {skip} {}", cursor.as_deref().unwrap_or_default())
            }
            ChannelPlace::Files { page, to } => {
                let to = to.map_or_else(|| "-".to_owned(), |seconds| seconds.to_string());
                format!("files {page} {to}")
            }
        })
    }
}

/// The place after a page of history; `None` at its end.
fn after(history: &History, latest: Option<Ts>, cursor: Option<&str>) -> Option<ChannelPlace> {
    let next_cursor = history.next_cursor();
    if !history.goes_on() {
        return None;
    }
    let oldest = history.messages.iter().filter_map(Message::id).min();
    let moves_on = oldest.filter(|oldest| latest.is_none_or(|latest| *oldest < latest));
    match (moves_on, next_cursor) {
        (Some(oldest), _) => Some(ChannelPlace::Messages { latest: Some(oldest), cursor: None, skip: 0 }),
        (None, Some(next)) if Some(next) != cursor => {
            let cursor = Some(next.to_owned());
            Some(ChannelPlace::Messages { latest, cursor, skip: 0 })
        }
        _ => None,
    }
}

/// Reads a page of history. A cursor that is refused is not needed where the time is known.
async fn history(
    api: &Api,
    channel: &str,
    latest: Option<Ts>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<History, ConnectorError> {
    let span = Span { latest, cursor: cursor.map(str::to_owned), limit, ..Span::default() };
    match api.history(channel, &span).await {
        Err(error)
            if error.disposition == Disposition::RestartFeed && cursor.is_some() && latest.is_some() =>
        {
            api.history(channel, &Span { cursor: None, ..span }).await
        }
        answer => answer,
    }
}

async fn list_messages(
    api: &Api,
    workspace: &Workspace,
    channel: &str,
    latest: Option<Ts>,
    cursor: Option<String>,
) -> Result<EntryPage, ConnectorError> {
    let history = history(api, channel, latest, cursor.as_deref(), LARGEST_PAGE).await?;
    let told = entries_of(api, workspace, channel, &history.messages).await?;
    let next = after(&history, latest, cursor.as_deref());
    let is_stuck = next.is_none() && history.goes_on();
    Ok(EntryPage {
        entries: told.entries.into_iter().map(|(_, entry)| entry).collect(),
        failures: told.failures,
        next: Some(next.unwrap_or(ChannelPlace::Files { page: 1, to: None }).page_token()),
        incomplete: history.is_limited || is_stuck,
    })
}

/// What messages hold: each entry with the message that it came with.
pub struct Told {
    pub entries: Vec<(Ts, Entry)>,
    pub failures: Vec<(ProviderItemId, gangway_model::Reason)>,
}

/// The threads that messages begin, and the files that they bring. Replies that were sent to the channel as well
/// belong to their thread.
pub async fn entries_of(
    api: &Api,
    workspace: &Workspace,
    channel: &str,
    messages: &[Message],
) -> Result<Told, ConnectorError> {
    let directory = api.names.find(api, &thread::wanted(messages)).await?;
    let mut told = Told { entries: Vec::new(), failures: Vec::new() };
    for message in messages {
        let Some(ts) = message.id() else { continue };
        if message.is_withheld() {
            told.failures.push((thread_id(channel, ts), withheld().reason()));
            continue;
        }
        told.entries.extend(thread::entry(workspace, channel, message, &directory).map(|entry| (ts, entry)));
        if is_noise(message.subtype.as_deref()) {
            continue;
        }
        for file in &message.files {
            let Some(id) = file.plausible_id() else { continue };
            if !file.is_stub() {
                told.entries.extend(files::entry(file, Some(channel)).map(|entry| (ts, entry)));
                continue;
            }
            match files::describe(api, id).await {
                Ok(file) => told.entries.extend(files::entry(&file, Some(channel)).map(|entry| (ts, entry))),
                Err(error) if error.is_gone() => {}
                Err(error) if error.disposition == Disposition::SkipItem => {
                    told.failures.push((ProviderItemId::from(id), error.reason()));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(told)
}

/// Lists the files that came with replies: no history shows those.
async fn list_files(
    api: &Api,
    channel: &str,
    page: u32,
    to: Option<i64>,
) -> Result<EntryPage, ConnectorError> {
    let span = FileSpan { from: None, to, count: FILES_AT_ONCE, page };
    let list = match api.files(Some(channel), &span).await {
        // Files that messages bring are told all the same, and say what is missing when they are fetched.
        Err(error) if error.code == "insufficient_scope" => return Ok(EntryPage::default()),
        answer => answer?,
    };
    let entries = list.files.iter().filter(|file| file.came_with_reply(channel));
    let entries = entries.filter_map(|file| files::entry(file, Some(channel))).collect();
    let pages = list.paging.as_ref().and_then(|paging| paging.pages).unwrap_or_default();
    let oldest = list.files.iter().filter_map(|file| file.created.or(file.timestamp)).min();
    let (next, incomplete) = match (i64::from(page) < pages, page < LAST_FILE_PAGE) {
        (false, _) => (None, false),
        (true, true) => (Some(ChannelPlace::Files { page: page + 1, to }), false),
        (true, false) if oldest.is_some() && oldest != to => {
            (Some(ChannelPlace::Files { page: 1, to: oldest }), false)
        }
        (true, false) => (None, true),
    };
    Ok(EntryPage { entries, failures: Vec::new(), next: next.map(|it| it.page_token()), incomplete })
}

/// Lists a page for people.
pub async fn browse(api: &Api, request: &BrowseRequest) -> Result<EntryPage, ConnectorError> {
    let limit = request.limit.clamp(1, MOST_BROWSED);
    let named = match &request.container {
        Some(container) => Some(Named::of(container).ok_or_else(no_such_item)?),
        None => None,
    };
    let workspace = api.workspace().await?;
    match named {
        Some(Named::Workspace(id)) if id != workspace.id => Err(no_such_item()),
        Some(Named::File(_) | Named::Thread(..)) => {
            Err(ConnectorError::new("not_a_container", "it is not a channel", Disposition::SkipItem))
        }
        Some(Named::Channel(channel)) => match &request.search {
            Some(words) => {
                let is_page = request.page.as_ref();
                search::messages(api, &workspace, words, Some(channel), limit, is_page).await
            }
            None => browse_channel(api, &workspace, channel, request, limit).await,
        },
        Some(Named::Workspace(_)) | None => match &request.search {
            Some(words) => search::everywhere(api, &workspace, words, limit, request.page.as_ref()).await,
            None => browse_workspace(api, &workspace, request, limit as usize).await,
        },
    }
}

/// Shows the conversations; at the top, the workspace before them.
async fn browse_workspace(
    api: &Api,
    workspace: &Workspace,
    request: &BrowseRequest,
    limit: usize,
) -> Result<EntryPage, ConnectorError> {
    let mut page = EntryPage::default();
    let place = match &request.page {
        Some(token) => Place::read(token)?,
        None => {
            page.entries.extend(request.container.is_none().then(|| channels::workspace_entry(workspace)));
            Place::default()
        }
    };
    let room = limit - page.entries.len();
    if room == 0 {
        page.next = Some(place.page_token());
        return Ok(page);
    }
    let (channels, next) = channels::browse(api, workspace, &place, None, room).await?;
    page.entries.extend(channels);
    page.next = next.map(|next| next.page_token());
    Ok(page)
}

async fn browse_channel(
    api: &Api,
    workspace: &Workspace,
    channel: &str,
    request: &BrowseRequest,
    limit: u32,
) -> Result<EntryPage, ConnectorError> {
    let place = request.page.as_ref().map(ChannelPlace::read).transpose()?;
    let (latest, cursor, skip) = match place {
        Some(ChannelPlace::Messages { latest, cursor, skip }) => (latest, cursor, skip),
        Some(ChannelPlace::Files { .. }) => return Err(bad_page_token()),
        None => (None, None, 0),
    };
    let history = history(api, channel, latest, cursor.as_deref(), limit).await?;
    let told = entries_of(api, workspace, channel, &history.messages).await?;
    let wanted = |(_, entry): &(Ts, Entry)| is_wanted(&request.media_types, &entry.media_type);
    let shown: Vec<(Ts, Entry)> = told.entries.into_iter().filter(wanted).skip(skip).collect();
    // One message may bring many files: the page then ends between them.
    let next = match shown.get(limit as usize) {
        Some(_) => Some(ChannelPlace::Messages { latest, cursor, skip: skip + limit as usize }),
        None => after(&history, latest, cursor.as_deref()),
    };
    Ok(EntryPage {
        entries: shown.into_iter().take(limit as usize).map(|(_, entry)| entry).collect(),
        failures: told.failures,
        next: next.map(|next| next.page_token()),
        incomplete: history.is_limited,
    })
}

/// Whether a media type is one of those asked for (`text/*`), or nothing was asked for.
fn is_wanted(media_types: &[String], media_type: &str) -> bool {
    media_types.is_empty()
        || media_types.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(family) => media_type.starts_with(family),
            None => wanted == media_type,
        })
}

pub fn bad_page_token() -> ConnectorError {
    let message = "this page token is not one of ours";
    ConnectorError::new("page_token_rejected", message, Disposition::RestartFeed)
}
