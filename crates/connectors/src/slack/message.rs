//! One message: whether it says anything, what it says, who says it, and what changes when it says something else.

use gangway_model::Timestamp;
use md5::{Digest, Md5};

use super::blocks;
use super::ids::Ts;
use super::mrkdwn::{self, Emoji};
use super::people::{Directory, Wanted};
use super::wire::{File, Message};

/// What Slack writes into channels about the channels themselves.
const NOISE: &[&str] = &[
    "bot_add",
    "bot_remove",
    "channel_archive",
    "channel_canvas_updated",
    "channel_convert_to_private",
    "channel_join",
    "channel_leave",
    "channel_name",
    "channel_posting_permissions",
    "channel_purpose",
    "channel_topic",
    "channel_unarchive",
    "group_archive",
    "group_join",
    "group_leave",
    "group_name",
    "group_purpose",
    "group_topic",
    "group_unarchive",
    "huddle_thread",
    "pinned_item",
    "reminder_add",
    "unpinned_item",
];

/// Stands for a message whose key the organisation has withdrawn.
pub const WITHHELD: &str = "ekm_access_denied";
const TOMBSTONE: &str = "tombstone";

pub fn is_noise(subtype: Option<&str>) -> bool {
    subtype.is_some_and(|subtype| NOISE.contains(&subtype))
}

impl Message {
    pub fn id(&self) -> Option<Ts> {
        Ts::parse(self.ts.as_deref()?)
    }

    /// The message that begins the thread it is in: itself, unless it is a reply.
    pub fn root(&self) -> Option<Ts> {
        match self.thread_ts.as_deref().and_then(Ts::parse) {
            Some(root) => Some(root),
            None => self.id(),
        }
    }

    pub fn is_reply(&self) -> bool {
        self.root() != self.id()
    }

    pub fn replies(&self) -> i64 {
        self.reply_count.unwrap_or_default()
    }

    pub fn is_withheld(&self) -> bool {
        self.subtype.as_deref() == Some(WITHHELD)
    }

    /// Whether it is a reply, or a first message, that people read.
    pub fn is_said(&self) -> bool {
        let is_deleted = self.subtype.as_deref() == Some(TOMBSTONE);
        !is_noise(self.subtype.as_deref()) && !self.is_withheld() && !is_deleted
    }

    /// Whether a conversation begins here. A message without words that only brings files is none: its files are
    /// items of their own. Whatever people reply to is one, be it noise or deleted.
    pub fn begins_thread(&self) -> bool {
        !self.is_reply() && (self.replies() > 0 || self.is_said() && !self.body().is_empty())
    }

    pub fn edited_at(&self) -> Option<Ts> {
        Ts::parse(self.edited.as_ref()?.ts.as_deref()?)
    }

    /// When it last said something new, itself or by its replies as far as it tells.
    pub fn newest(&self) -> Option<Ts> {
        let reply = self.latest_reply.as_deref().and_then(Ts::parse);
        [self.id(), self.edited_at(), reply].into_iter().flatten().max()
    }

    /// Its words as mrkdwn: the text, or the blocks and attachments that people see in its place.
    pub fn body(&self) -> String {
        let text = self.text.as_deref().unwrap_or_default().trim();
        let in_blocks = match text.is_empty() || blocks::replace_text(&self.blocks) {
            true => blocks::of_blocks(&self.blocks),
            false => String::new(),
        };
        let mut body = if in_blocks.is_empty() { text.to_owned() } else { in_blocks };
        if !self.attachments.is_empty() {
            let attached = blocks::of_attachments(&self.attachments);
            if !attached.is_empty() && attached != body {
                body = [body, attached]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n");
            }
        }
        body
    }

    pub fn emoji(&self) -> Emoji {
        let mut emoji = Emoji::new();
        blocks::emoji_of(&self.blocks, &mut emoji);
        emoji
    }

    /// Notes whose names it needs.
    pub fn collect_wanted(&self, wanted: &mut Wanted) {
        mrkdwn::collect_wanted(&self.body(), wanted);
        if self.own_name().is_some() {
            return;
        }
        match (&self.user, &self.bot_id) {
            (Some(user), _) => wanted.person(user),
            (None, Some(bot)) if self.profile_name().is_none() => wanted.person(bot),
            _ => {}
        }
    }

    /// Who says it, as people know them.
    pub fn author<'a>(&'a self, directory: &'a Directory) -> &'a str {
        let user = self.user.as_deref();
        let bot = self.bot_id.as_deref();
        self.own_name()
            .or_else(|| user.and_then(|user| directory.person(user)))
            .or_else(|| self.profile_name())
            .or_else(|| bot.and_then(|bot| directory.person(bot)))
            .or(user)
            .or(bot)
            .unwrap_or("unknown")
    }

    /// The name that an app gave itself for this one message.
    fn own_name(&self) -> Option<&str> {
        self.username.as_deref().map(str::trim).filter(|name| !name.is_empty())
    }

    fn profile_name(&self) -> Option<&str> {
        self.bot_profile.as_ref()?.name.as_deref().filter(|name| !name.is_empty())
    }

    /// A digest of what people read in it. Reactions, previews of links and whatever else Slack writes to a message
    /// without anybody saying something new leave it as it is.
    pub fn digest(&self) -> String {
        let mut hasher = Md5::new();
        let mut field = |text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        field(&self.body());
        for part in [&self.user, &self.bot_id, &self.username] {
            field(part.as_deref().unwrap_or_default());
        }
        for file in &self.files {
            field(file.id.as_deref().unwrap_or_default());
            field(file.shown_name().unwrap_or_default());
        }
        hex::encode(&hasher.finalize()[..8])
    }
}

impl File {
    /// Its title, which people may change, else its name. Both may be missing.
    pub fn shown_name(&self) -> Option<&str> {
        [&self.title, &self.name].into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty())
    }
}

pub fn moment(ts: Option<Ts>) -> Option<Timestamp> {
    ts.and_then(Ts::moment)
}
