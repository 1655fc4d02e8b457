//! A thread: a message with its replies, as one entry and as one Markdown document.

use bytes::Bytes;
use gangway_connector::{Entry, Inline};
use gangway_model::{ItemKind, ProviderItemId, Revision, media};

use super::api::Workspace;
use super::ids::{Ts, channel_feed, thread_id};
use super::message::moment;
use super::mrkdwn;
use super::people::{Directory, Wanted};
use super::wire::{File, Message};
use crate::parts::Parts;

const LONGEST_NAME: usize = 80;

/// Describes the thread that a message begins; with its content where that is all of it.
///
/// The revision comes of what a page of history tells, so that a listing finds unchanged threads unchanged. Whether
/// replies were edited only shows when they are read: see [`whole`].
pub fn entry(workspace: &Workspace, channel: &str, root: &Message, directory: &Directory) -> Option<Entry> {
    let ts = root.id().filter(|_| root.begins_thread())?;
    let name = name(root, directory);
    let mut entry = Entry {
        parents: vec![ProviderItemId::from(channel)],
        feed: Some(channel_feed(channel)),
        media_type: media::MARKDOWN.to_owned(),
        created_at: ts.moment(),
        modified_at: moment(root.newest()),
        url: workspace.archive(&[channel, &ts.in_address()]).map(String::from),
        revision: Revision::from(revision(root)),
        ..Entry::new(thread_id(channel, ts), ItemKind::File, name)
    };
    if root.replies() == 0 {
        entry.inline = Some(inline(std::slice::from_ref(root), directory));
    }
    Some(entry)
}

/// Describes a thread of which every message was read.
pub fn whole(
    workspace: &Workspace,
    channel: &str,
    messages: &[Message],
    directory: &Directory,
) -> Option<Entry> {
    let (root, replies) = messages.split_first()?;
    let mut entry = entry(workspace, channel, root, directory)?;
    let edited = replies.iter().filter_map(Message::edited_at).max();
    if let Some(edited) = edited {
        entry.revision = Revision::from(format!("{}-e{edited}", entry.revision));
        entry.modified_at = entry.modified_at.max(edited.moment());
    }
    entry.inline = Some(inline(messages, directory));
    Some(entry)
}

pub fn revision(root: &Message) -> String {
    let latest = root.latest_reply.as_deref().filter(|_| root.replies() > 0).unwrap_or("0");
    format!("{}-{latest}-{}", root.replies(), root.digest())
}

fn inline(messages: &[Message], directory: &Directory) -> Inline {
    Inline { media_type: media::MARKDOWN, bytes: Bytes::from(markdown(messages, directory)) }
}

/// Notes whose names the words of messages need.
pub fn wanted<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Wanted {
    let mut wanted = Wanted::default();
    messages.into_iter().for_each(|message| message.collect_wanted(&mut wanted));
    wanted
}

/// The first line in plain words; where there are none, the first file's name.
pub fn name(root: &Message, directory: &Directory) -> String {
    let words = mrkdwn::plain(&root.body(), directory, &root.emoji());
    let line = words.lines().map(str::trim).find(|line| !line.is_empty());
    let file = || root.files.iter().find_map(File::shown_name);
    shortened(line.or_else(file).unwrap_or("Thread"))
}

fn shortened(line: &str) -> String {
    if line.chars().nth(LONGEST_NAME).is_none() {
        return line.to_owned();
    }
    let end = line.char_indices().nth(LONGEST_NAME - 1).map_or(line.len(), |(at, _)| at);
    let cut = &line[..end];
    let at_word = cut.rfind(char::is_whitespace).filter(|at| *at > end / 2);
    format!("{}…", cut[..at_word.unwrap_or(end)].trim_end())
}

/// The conversation as people read it: who, when, what; replies set in below the message that they answer.
pub fn markdown(messages: &[Message], directory: &Directory) -> String {
    let mut written = String::new();
    let mut marks = Parts::default();
    for (number, message) in messages.iter().enumerate() {
        let is_root = number == 0;
        let words = mrkdwn::markdown(&message.body(), directory, &message.emoji());
        let files = attached(&message.files);
        let says_nothing = words.is_empty() && files.is_empty();
        if !is_root && (says_nothing || !message.is_said()) {
            continue;
        }
        let time = message.id().and_then(Ts::moment);
        let time = time.map(|at| format!(" · {}", at.format("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
        let mut parts = vec![format!("**{}**{time}", message.author(directory).replace(['*', '\n'], " "))];
        parts.extend(Some(words).filter(|words| !words.is_empty()));
        parts.extend(Some(files).filter(|files| !files.is_empty()));
        let part = parts.join("\n\n");
        if is_root {
            for line in part.lines() {
                // What people write is no mark.
                let looks_like_one = line.starts_with("<!-- #") && line.ends_with(" -->");
                written.push_str(if looks_like_one { "\\" } else { "" });
                written.push_str(line);
                written.push('\n');
            }
            continue;
        }
        written.push('\n');
        let mark = message.id().and_then(|ts| marks.mark(written.len(), &ts.to_string()));
        written.extend(mark);
        for line in part.lines() {
            written.push_str(if line.is_empty() { ">" } else { "> " });
            written.push_str(line);
            written.push('\n');
        }
    }
    written
}

/// The files that a message brings, by name: what is in them is found in themselves.
fn attached(files: &[File]) -> String {
    let names = files.iter().filter_map(|file| {
        let name = file.shown_name()?.replace(['[', ']', '\n'], " ");
        Some(match &file.permalink {
            Some(link) => format!("[{name}]({link})"),
            None => name,
        })
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() { String::new() } else { format!("Attached: {}", names.join(", ")) }
}
