//! Searches at the source: channels by name, and messages by Slack's own search of their history.

use std::collections::BTreeSet;

use gangway_connector::{ConnectorError, Disposition, Entry, EntryPage};
use gangway_model::PageToken;

use super::api::{Api, Workspace};
use super::channels::{self, Place};
use super::ids::{Ts, is_channel};
use super::listing::bad_page_token;
use super::message::moment;
use super::thread;
use super::wire::{Message, SearchMatch};

/// From the next page on, Slack finds nothing more.
const LAST_PAGE: u32 = 100;

/// Searches everything: first the channels whose name holds the words, then messages.
pub async fn everywhere(
    api: &Api,
    workspace: &Workspace,
    words: &str,
    limit: u32,
    page: Option<&PageToken>,
) -> Result<EntryPage, ConnectorError> {
    let place = match page {
        Some(token) if token.as_str().starts_with("search ") => {
            return messages(api, workspace, words, None, limit, page).await;
        }
        Some(token) => Place::read(token)?,
        None => Place::default(),
    };
    let (entries, next) = channels::browse(api, workspace, &place, Some(words), limit as usize).await?;
    let next = next.map_or_else(|| page_token(1), |next| next.page_token());
    Ok(EntryPage { entries, next: Some(next), ..EntryPage::default() })
}

/// Searches messages, in one channel or everywhere. Without the permission to search, nothing is found.
pub async fn messages(
    api: &Api,
    workspace: &Workspace,
    words: &str,
    channel: Option<&str>,
    limit: u32,
    page: Option<&PageToken>,
) -> Result<EntryPage, ConnectorError> {
    let page = match page {
        Some(token) => number(token)?,
        None => 1,
    };
    let mut query = harmless(words);
    if query.is_empty() {
        return Ok(EntryPage::default());
    }
    if let Some(channel) = channel {
        // Slack searches a channel by its name. What is found elsewhere under the same name is left out below.
        let named = api.channel(channel).await?;
        query.extend(named.name.filter(|_| !named.is_im).map(|name| format!(" in:{name}")));
    }
    let found = match api.search(&query, limit, page).await {
        Err(error) if error.code == "insufficient_scope" && channel.is_none() => {
            return Ok(EntryPage::default());
        }
        Err(error) if error.disposition == Disposition::Gone => return Err(bad_page_token()),
        answer => answer?,
    };
    let pages = found.paging.and_then(|paging| paging.pages).unwrap_or_default();
    let is_last = i64::from(page) >= pages || page >= LAST_PAGE;
    let is_meant = |hit: &&SearchMatch| match (&hit.channel, channel) {
        (Some(at), Some(channel)) => at.id.as_deref() == Some(channel),
        // Direct messages are found by searching in them, not by the way.
        (Some(at), None) => !at.is_im && !at.is_mpim,
        (None, _) => false,
    };
    let hits: Vec<&SearchMatch> = found.matches.iter().filter(is_meant).collect();
    let directory = api.names.find(api, &thread::wanted(hits.iter().map(|hit| &hit.message))).await?;
    let mut threads = BTreeSet::new();
    let entries = hits.iter().filter_map(|hit| {
        let channel = hit.channel.as_ref()?.id.as_deref().filter(|id| is_channel(id))?;
        let root = hit.root()?;
        let entry = entry(workspace, channel, root, &hit.message, &directory)?;
        threads.insert(entry.id.clone()).then_some(entry)
    });
    let entries = entries.take(limit as usize).collect();
    let next = (!is_last).then(|| page_token(page + 1));
    Ok(EntryPage { entries, next, ..EntryPage::default() })
}

/// The thread that a hit is in, named by the words that were found. Its own look is asked for when it is chosen.
fn entry(
    workspace: &Workspace,
    channel: &str,
    root: Ts,
    hit: &Message,
    directory: &super::people::Directory,
) -> Option<Entry> {
    let found = Message { ts: Some(root.to_string()), thread_ts: None, ..hit.clone() };
    let mut entry = thread::entry(workspace, channel, &found, directory)?;
    entry.modified_at = moment(hit.id());
    entry.inline = None;
    Some(entry)
}

impl SearchMatch {
    /// The first message of the thread that was hit. Only the address says that a hit is a reply.
    fn root(&self) -> Option<Ts> {
        let in_address = self.permalink.as_deref().and_then(|link| link.split_once("thread_ts="));
        let in_address = in_address.map(|(_, rest)| rest.split('&').next().unwrap_or_default());
        in_address.and_then(Ts::parse).or_else(|| self.message.root())
    }
}

/// Words that are only looked for: without what makes operators of them (`from:`, `-word`, quotation marks).
fn harmless(words: &str) -> String {
    let bare = words.replace([':', '"'], " ");
    let bare =
        bare.split_whitespace().map(|word| word.trim_start_matches('-')).filter(|word| !word.is_empty());
    bare.collect::<Vec<_>>().join(" ")
}

fn page_token(page: u32) -> PageToken {
    PageToken::from(format!("search {page}"))
}

fn number(token: &PageToken) -> Result<u32, ConnectorError> {
    let page = token.as_str().strip_prefix("search ").and_then(|page| page.parse().ok());
    page.filter(|page| (1..=LAST_PAGE).contains(page)).ok_or_else(bad_page_token)
}
