//! What a page of history shows that is not as it was remembered.

use std::collections::BTreeSet;

use super::cursor::{ChannelMemory, Pass, Seen};
use super::ids::Ts;
use super::wire::{History, Message};

#[derive(Debug, Default)]
pub struct Compared {
    /// New messages and changed ones.
    pub changed: Vec<Message>,
    /// Threads to look up: something happened in them that the page does not show whole.
    pub threads: BTreeSet<Ts>,
    pub files: BTreeSet<String>,
}

pub fn compare(known: &ChannelMemory, pass: &Pass, history: &History) -> Compared {
    let mut compared = Compared::default();
    let mut met = BTreeSet::new();
    for message in &history.messages {
        let Some(ts) = message.id() else { continue };
        let is_new = !known.window.is_empty() || known.since.is_none_or(|since| ts > since);
        if message.is_reply() {
            // A reply that was sent to the channel as well.
            let is_newest = known.since.is_none_or(|since| ts > since);
            compared.threads.extend(message.root().filter(|_| is_newest));
            continue;
        }
        let before = known.window.iter().find(|seen| seen.0 == ts);
        let now = Seen::of(message);
        match (before, &now) {
            (Some(before), Some(now)) => {
                met.insert(ts);
                if before.1 == now.1 {
                    continue;
                }
                compared.files.extend(before.3.iter().filter(|id| !now.3.contains(id)).cloned());
                // It said something, and now it only brings files.
                compared.threads.extend((!message.begins_thread()).then_some(ts));
                compared.changed.push(message.clone());
            }
            (None, Some(_)) if is_new => compared.changed.push(message.clone()),
            (None, None) if is_new && message.is_withheld() => compared.changed.push(message.clone()),
            _ => {}
        }
    }
    if history.is_limited {
        return compared;
    }
    let oldest = history.messages.iter().filter_map(Message::id).min();
    let from = if history.goes_on() { oldest } else { None };
    let was_covered =
        |ts: Ts| pass.latest.is_none_or(|latest| ts < latest) && from.is_none_or(|from| ts >= from);
    let is_unread = history.goes_on() && oldest.is_none();
    for missing in
        known.window.iter().filter(|seen| was_covered(seen.0) && !is_unread && !met.contains(&seen.0))
    {
        compared.threads.insert(missing.0);
        compared.files.extend(missing.3.iter().cloned());
    }
    compared
}
