//! The change feeds: one for each channel, and one for all channels of the workspace.
//!
//! A poll reads each channel from the oldest message it remembers to the newest and compares: new messages, edited
//! ones, new replies (they move the first message's `latest_reply`), and missing ones. A few older threads with
//! replies are looked at each time. What happens further back is told by events, or found by listing again.

use std::collections::BTreeSet;

use gangway_connector::{Change, ChangePage, ConnectorError, Disposition, Entry};
use gangway_model::{Cursor, FeedKey, ProviderItemId, Reason};

use super::api::{Api, LARGEST_PAGE, Span, Workspace};
use super::channels::{self, Place, Reach};
use super::compare::compare;
use super::content::read_thread;
use super::cursor::{ChannelMemory, Memory, Seen, digest};
use super::ids::{Feed, Ts, thread_id};
use super::listing::entries_of;
use super::new_files;
use super::wire::{Channel, Message};

/// Channels of a workspace that are followed by polling.
const MOST_CHANNELS: usize = 1_000;
/// Channels read at once when a workspace begins to be followed. The others are read at the first poll.
const READ_AT_START: usize = 20;
/// A poll of a workspace pauses after so many channels or changes, at a place to resume.
const CHANNELS_AT_ONCE: usize = 20;
const CHANGES_AT_ONCE: usize = 200;
/// Older threads looked at in one poll, where it is of one channel and where it is of many.
const LIVE_OF_ONE: usize = 4;
const LIVE_OF_MANY: usize = 1;
/// The page that an app gets which Slack counts as distributed, whatever it asks for.
const SLOW_PAGE: usize = 15;

pub async fn start_cursor(api: &Api, feed: &FeedKey) -> Result<Cursor, ConnectorError> {
    let workspace = api.workspace().await?;
    let mut memory = Memory::new();
    let channel = match Feed::of(feed)? {
        Feed::Channel(channel) => {
            let found = api.channel(channel).await?;
            memory.channels.insert(channel.to_owned(), ChannelMemory::default());
            let looks = looks(&as_entry(api, &workspace, channel, found).await?);
            let known = begin(api, channel, &mut memory).await?;
            memory.channels.insert(channel.to_owned(), ChannelMemory { looks, ..known });
            Some(channel)
        }
        Feed::Workspace => {
            start_workspace(api, &workspace, &mut memory).await?;
            None
        }
    };
    memory.files = new_files::start(api, channel).await?;
    memory.cursor()
}

/// Remembers where each channel stands. Reading all of them at once could take many minutes: the others are
/// remembered by the newest message seen anywhere, which is older than this moment.
async fn start_workspace(
    api: &Api,
    workspace: &Workspace,
    memory: &mut Memory,
) -> Result<(), ConnectorError> {
    let (entries, _) = own_channels(api, workspace).await?;
    for entry in entries.iter().take(MOST_CHANNELS) {
        let known = ChannelMemory { looks: looks(entry), ..ChannelMemory::default() };
        memory.channels.insert(entry.id.to_string(), known);
    }
    let read_now: Vec<String> = memory.channels.keys().take(READ_AT_START).cloned().collect();
    for channel in &read_now {
        let looks = memory.channels.get(channel).map(|known| known.looks.clone()).unwrap_or_default();
        let known = match begin(api, channel, memory).await {
            Ok(known) => ChannelMemory { looks, ..known },
            Err(error) if is_about_channel(&error) => ChannelMemory { looks, ..ChannelMemory::default() },
            Err(error) => return Err(error),
        };
        memory.channels.insert(channel.clone(), known);
    }
    let newest = memory.newest();
    for (channel, known) in &mut memory.channels {
        if !read_now.contains(channel) {
            known.since = newest;
        }
    }
    Ok(())
}

/// Reads the newest messages of a channel, to tell from now on what is new.
async fn begin(api: &Api, channel: &str, memory: &mut Memory) -> Result<ChannelMemory, ConnectorError> {
    let span = Span { limit: memory.window() as u32, ..Span::default() };
    let history = api.history(channel, &span).await?;
    let window = history.messages.iter().filter_map(Seen::of).collect();
    let since = history.messages.iter().filter_map(Message::id).max();
    Ok(ChannelMemory { since, window, ..ChannelMemory::default() })
}

pub async fn changes(api: &Api, feed: &FeedKey, cursor: &Cursor) -> Result<ChangePage, ConnectorError> {
    let feed_of = Feed::of(feed)?;
    let mut memory = Memory::read(cursor)?;
    let workspace = api.workspace().await?;
    let poll = Poll { api, workspace: &workspace };
    let mut changes = Vec::new();
    let more = match feed_of {
        Feed::Channel(channel) => {
            let is_gone = match poll.one_channel(channel, &mut memory, &mut changes).await {
                Err(error) if error.is_gone() => poll.is_gone(channel).await?,
                answer => return page(changes, memory, answer?),
            };
            if !is_gone {
                let message = "Slack does not find a channel that should be there";
                let later = Disposition::RetryLater { after: None };
                return Err(ConnectorError::new("feed_not_found", message, later));
            }
            let changes = vec![Change::FeedGone { feed: feed.clone() }];
            return Ok(ChangePage { changes, cursor: cursor.clone(), more: false });
        }
        Feed::Workspace => poll.many_channels(&mut memory, &mut changes).await?,
    };
    page(changes, memory, more)
}

fn page(changes: Vec<Change>, memory: Memory, more: bool) -> Result<ChangePage, ConnectorError> {
    Ok(ChangePage { changes, cursor: memory.cursor()?, more })
}

struct Poll<'a> {
    api: &'a Api,
    workspace: &'a Workspace,
}

impl Poll<'_> {
    /// Reads one page of one channel; says whether there are more.
    async fn one_channel(
        &self,
        channel: &str,
        memory: &mut Memory,
        changes: &mut Vec<Change>,
    ) -> Result<bool, ConnectorError> {
        let mut known = memory.channels.remove(channel).unwrap_or_default();
        if known.pass.is_none() {
            let found = self.api.channel(channel).await?;
            let entry = as_entry(self.api, self.workspace, channel, found).await?;
            if !known.looks_like(&looks(&entry)) {
                known.looks = looks(&entry);
                changes.push(Change::Upsert(Box::new(entry)));
            }
        }
        let more = self.step(channel, &mut known, memory, changes).await?;
        if !more {
            self.look_at_live(channel, &mut known, memory.slow, LIVE_OF_ONE, changes).await?;
        }
        memory.channels.insert(channel.to_owned(), known);
        if !more {
            new_files::since(self.api, Some(channel), memory, changes).await?;
        }
        Ok(more)
    }

    async fn is_gone(&self, channel: &str) -> Result<bool, ConnectorError> {
        match self.api.channel(channel).await {
            Err(error) if error.is_gone() => Ok(true),
            Err(error) => Err(error),
            Ok(_) => Ok(false),
        }
    }

    /// Reads the next few channels; says whether there are more.
    async fn many_channels(
        &self,
        memory: &mut Memory,
        changes: &mut Vec<Change>,
    ) -> Result<bool, ConnectorError> {
        let is_under_way = memory.at.is_some();
        if !is_under_way {
            self.refresh_channels(memory, changes).await?;
            memory.at = Some(String::new());
        }
        for _ in 0..CHANNELS_AT_ONCE {
            let at = memory.at.clone().unwrap_or_default();
            let next = memory.channels.keys().find(|id| **id > at).cloned();
            let Some(channel) = next else {
                memory.at = None;
                new_files::since(self.api, None, memory, changes).await?;
                return Ok(false);
            };
            let mut known = memory.channels.get(&channel).cloned().unwrap_or_default();
            let more = match self.step(&channel, &mut known, memory, changes).await {
                Ok(more) => more,
                // Lost between two calls, or refused: the others go on.
                Err(error) if error.is_gone() => {
                    changes.push(Change::Look { id: ProviderItemId::from(channel.as_str()) });
                    false
                }
                Err(error) if is_about_channel(&error) => {
                    let id = ProviderItemId::from(channel.as_str());
                    changes.push(Change::Failure { id, reason: error.reason() });
                    false
                }
                Err(error) => return Err(error),
            };
            if !more {
                self.look_at_live(&channel, &mut known, memory.slow, LIVE_OF_MANY, changes).await?;
                memory.at = Some(channel.clone());
            }
            memory.channels.insert(channel, known);
            if more || changes.len() >= CHANGES_AT_ONCE {
                break;
            }
        }
        Ok(true)
    }

    /// Compares the channels that the person is in with those remembered.
    async fn refresh_channels(
        &self,
        memory: &mut Memory,
        changes: &mut Vec<Change>,
    ) -> Result<(), ConnectorError> {
        let (entries, is_complete) = own_channels(self.api, self.workspace).await?;
        let newest = memory.newest();
        let mut present = BTreeSet::new();
        let mut too_many = 0;
        for entry in entries {
            let id = entry.id.to_string();
            present.insert(id.clone());
            let looks = looks(&entry);
            let is_full = memory.channels.len() >= MOST_CHANNELS;
            match memory.channels.get_mut(&id) {
                Some(known) if known.looks_like(&looks) => continue,
                Some(known) => known.looks = looks,
                None if is_full => {
                    too_many += 1;
                    continue;
                }
                // Its past is listed when the engine is told of it.
                None => {
                    let known = ChannelMemory { looks, since: newest, ..ChannelMemory::default() };
                    memory.channels.insert(id, known);
                }
            }
            changes.push(Change::Upsert(Box::new(entry)));
        }
        if is_complete {
            let lost: Vec<String> =
                memory.channels.keys().filter(|id| !present.contains(*id)).cloned().collect();
            for id in lost {
                memory.channels.remove(&id);
                changes.push(Change::Look { id: ProviderItemId::from(id) });
            }
        }
        if too_many > 0 {
            let message = format!(
                "{too_many} channels beyond the first {MOST_CHANNELS} are followed only by events; choose channels one by one"
            );
            let id = ProviderItemId::from(self.workspace.id.as_str());
            changes.push(Change::Failure { id, reason: Reason::new("too_many_channels", message) });
        }
        Ok(())
    }

    /// Reads one page of a channel and compares it with what is remembered. Says whether there are more pages.
    async fn step(
        &self,
        channel: &str,
        known: &mut ChannelMemory,
        memory: &mut Memory,
        changes: &mut Vec<Change>,
    ) -> Result<bool, ConnectorError> {
        let mut pass = known.pass.take().unwrap_or_default();
        let floor = known.window.last().map(|seen| seen.0);
        let span = Span {
            latest: pass.latest,
            // What stands exactly there is left out.
            oldest: floor.map(Ts::just_before),
            cursor: pass.cursor.take(),
            limit: LARGEST_PAGE,
            ..Span::default()
        };
        let history = self.api.history(channel, &span).await?;
        let got = history.messages.len();
        memory.slow = (history.goes_on() && got == SLOW_PAGE) || (memory.slow && got <= SLOW_PAGE);
        let told = compare(known, &pass, &history);
        let entries = entries_of(self.api, self.workspace, channel, &told.changed).await?;
        changes.extend(entries.entries.into_iter().map(|(_, entry)| Change::Upsert(Box::new(entry))));
        changes.extend(entries.failures.into_iter().map(|(id, reason)| Change::Failure { id, reason }));
        changes.extend(told.threads.into_iter().map(|ts| Change::Look { id: thread_id(channel, ts) }));
        changes.extend(told.files.into_iter().map(|id| Change::Look { id: ProviderItemId::from(id) }));

        pass.newest = pass.newest.max(history.messages.iter().filter_map(Message::id).max());
        let width = memory.window();
        let room = width.saturating_sub(pass.fresh.len());
        pass.fresh.extend(history.messages.iter().filter_map(Seen::of).take(room));
        let oldest = history.messages.iter().filter_map(Message::id).min();
        let reached = floor.is_none() && known.since.is_some() && oldest <= known.since;
        let moves_on = oldest.is_some() && (pass.latest.is_none() || oldest < pass.latest);
        // Only where a page has no message does Slack's own cursor say how to go on.
        let next_cursor =
            history.next_cursor().filter(|next| !moves_on && Some(*next) != span.cursor.as_deref());
        if history.goes_on() && !reached && (moves_on || next_cursor.is_some()) {
            pass.cursor = next_cursor.map(str::to_owned);
            pass.latest = if moves_on { oldest } else { pass.latest };
            known.pass = Some(pass);
            return Ok(true);
        }
        known.finish(pass, width);
        Ok(false)
    }

    /// Looks at a few older threads with replies, each poll at the next ones.
    async fn look_at_live(
        &self,
        channel: &str,
        known: &mut ChannelMemory,
        is_slow: bool,
        most: usize,
        changes: &mut Vec<Change>,
    ) -> Result<(), ConnectorError> {
        let count = if is_slow { 0 } else { most.min(known.live.len()) };
        for (ts, before) in known.live.drain(..count).collect::<Vec<_>>() {
            match read_thread(self.api, self.workspace, channel, ts).await {
                Ok(entry) => {
                    let now = digest(entry.revision.as_str());
                    if now != before {
                        changes.push(Change::Upsert(Box::new(entry)));
                    }
                    known.live.push((ts, now));
                }
                Err(error) if error.is_gone() => changes.push(Change::Look { id: thread_id(channel, ts) }),
                Err(error) if is_about_channel(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Every conversation that the person is in, and whether the list is complete.
async fn own_channels(api: &Api, workspace: &Workspace) -> Result<(Vec<Entry>, bool), ConnectorError> {
    let mut entries = Vec::new();
    let mut place = Some(Place::default());
    // Each type has a page at least, and a page a thousand rows.
    for _ in 0..4 * (MOST_CHANNELS / 100) {
        let Some(at) = place else { return Ok((entries, true)) };
        let found = channels::page(api, Reach::Own, &at).await?;
        // A type without permission was not seen before either: scopes only ever add up.
        entries.extend(channels::entries(api, workspace, &found.channels).await?);
        place = found.next;
    }
    Ok((entries, false))
}

async fn as_entry(
    api: &Api,
    workspace: &Workspace,
    id: &str,
    mut channel: Channel,
) -> Result<Entry, ConnectorError> {
    channel.id = Some(id.to_owned());
    let entries = channels::entries(api, workspace, &[channel]).await?;
    entries.into_iter().next().ok_or_else(super::ids::no_such_item)
}

fn looks(entry: &Entry) -> String {
    digest(&format!("{}\n{}", entry.name, entry.parents.len()))
}

/// A refusal that concerns one channel (or one permission) and nothing else.
fn is_about_channel(error: &ConnectorError) -> bool {
    error.disposition == Disposition::SkipItem
}
