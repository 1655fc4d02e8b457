//! The Web API's methods: one list with tier, scopes and the function that answers.

mod auth;
mod chat;
mod conversation_edits;
mod conversations;
mod files;
mod messages;
mod paging;
mod people;
mod reactions;
mod search;
mod uploads;

use serde_json::Value;

use super::call::Call;
use super::errors::ApiError;
use super::limits::Tier;
use super::tokens::Kind;

pub use self::uploads::upload_secret;

type Run = fn(&Call<'_>) -> Result<Value, ApiError>;

/// One method of the Web API.
pub struct Method {
    pub name: &'static str,
    pub tier: Tier,
    /// Any one of these lets a bot's token in; empty means no scope is asked, `None` that bots are not let in.
    pub bot: Option<&'static [&'static str]>,
    pub user: Option<&'static [&'static str]>,
    /// Reads JSON bodies.
    pub takes_json: bool,
    pub run: Run,
}

impl Method {
    pub fn scopes(&self, kind: Kind) -> Option<&'static [&'static str]> {
        match kind {
            Kind::Bot => self.bot,
            Kind::User => self.user,
        }
    }
}

const fn read(name: &'static str, tier: Tier, scopes: &'static [&'static str], run: Run) -> Method {
    Method { name, tier, bot: Some(scopes), user: Some(scopes), takes_json: false, run }
}

const fn write(
    name: &'static str,
    tier: Tier,
    bot: &'static [&'static str],
    user: &'static [&'static str],
    run: Run,
) -> Method {
    Method { name, tier, bot: Some(bot), user: Some(user), takes_json: true, run }
}

const fn user_only(name: &'static str, tier: Tier, user: &'static [&'static str], run: Run) -> Method {
    Method { name, tier, bot: None, user: Some(user), takes_json: false, run }
}

pub const LIST_SCOPES: &[&str] = &["channels:read", "groups:read", "mpim:read", "im:read"];
pub const HISTORY_SCOPES: &[&str] = &["channels:history", "groups:history", "mpim:history", "im:history"];
const MANAGE: &[&str] = &["channels:manage", "groups:write", "mpim:write", "im:write"];
const WRITE: &[&str] = &["channels:write", "groups:write", "mpim:write", "im:write"];
const OPEN: &[&str] = &["channels:manage", "groups:write", "im:write", "mpim:write"];
const TOPIC: &[&str] = &["channels:manage", "channels:write.topic", "groups:write", "im:write", "mpim:write"];
const SEARCH: &[&str] = &["search:read"];
const FILES: &[&str] = &["files:read"];
const FILES_WRITE: &[&str] = &["files:write"];
const CHAT: &[&str] = &["chat:write"];
const USERS: &[&str] = &["users:read"];
const GROUPS: &[&str] = &["usergroups:read"];
const REACTIONS: &[&str] = &["reactions:read"];
const REACT: &[&str] = &["reactions:write"];

static METHODS: &[Method] = &[
    read("auth.test", Tier::Special, &[], auth::test),
    read("auth.revoke", Tier::Three, &[], auth::revoke),
    read("auth.teams.list", Tier::Two, &[], auth::teams_list),
    read("apps.uninstall", Tier::One, &[], auth::uninstall),
    read("team.info", Tier::Three, &["team:read"], auth::team_info),
    read("users.info", Tier::Four, USERS, people::info),
    read("users.list", Tier::Two, USERS, people::list),
    read("users.lookupByEmail", Tier::Three, &["users:read.email"], people::lookup_by_email),
    read("users.conversations", Tier::Three, LIST_SCOPES, conversations::of_user),
    user_only("users.identity", Tier::Three, &["identity.basic"], people::identity),
    read("bots.info", Tier::Three, USERS, people::bot_info),
    read("conversations.list", Tier::Two, LIST_SCOPES, conversations::list),
    read("conversations.info", Tier::Three, LIST_SCOPES, conversations::info),
    read("conversations.members", Tier::Four, LIST_SCOPES, conversations::members),
    read("conversations.history", Tier::Three, HISTORY_SCOPES, messages::history),
    read("conversations.replies", Tier::Three, HISTORY_SCOPES, messages::replies),
    write(
        "conversations.join",
        Tier::Three,
        &["channels:join"],
        &["channels:write"],
        conversation_edits::join,
    ),
    write("conversations.leave", Tier::Three, MANAGE, WRITE, conversation_edits::leave),
    write("conversations.open", Tier::Three, OPEN, WRITE, conversation_edits::open),
    write("conversations.create", Tier::Two, MANAGE, WRITE, conversation_edits::create),
    write("conversations.rename", Tier::Two, MANAGE, WRITE, conversation_edits::rename),
    write("conversations.archive", Tier::Two, MANAGE, WRITE, conversation_edits::archive),
    write("conversations.unarchive", Tier::Two, MANAGE, WRITE, conversation_edits::unarchive),
    write("conversations.invite", Tier::Three, MANAGE, WRITE, conversation_edits::invite),
    write("conversations.kick", Tier::Three, MANAGE, WRITE, conversation_edits::kick),
    write("conversations.setTopic", Tier::Two, TOPIC, WRITE, conversation_edits::set_topic),
    write("conversations.setPurpose", Tier::Two, TOPIC, WRITE, conversation_edits::set_purpose),
    write("conversations.mark", Tier::Three, MANAGE, WRITE, conversation_edits::mark),
    write("chat.postMessage", Tier::Special, CHAT, CHAT, chat::post),
    write("chat.update", Tier::Three, CHAT, CHAT, chat::update),
    write("chat.delete", Tier::Three, CHAT, CHAT, chat::delete),
    read("chat.getPermalink", Tier::Special, &[], chat::permalink),
    read("files.list", Tier::Three, FILES, files::list),
    read("files.info", Tier::Four, FILES, files::info),
    write("files.delete", Tier::Three, FILES_WRITE, FILES_WRITE, files::delete),
    read("files.getUploadURLExternal", Tier::Four, FILES_WRITE, uploads::get_url),
    write("files.completeUploadExternal", Tier::Four, FILES_WRITE, FILES_WRITE, uploads::complete),
    user_only("search.messages", Tier::Two, SEARCH, search::messages),
    user_only("search.files", Tier::Two, SEARCH, search::files),
    user_only("search.all", Tier::Two, SEARCH, search::all),
    read("emoji.list", Tier::Two, &["emoji:read"], people::emoji),
    read("usergroups.list", Tier::Two, GROUPS, people::groups),
    read("usergroups.users.list", Tier::Two, GROUPS, people::group_users),
    read("reactions.get", Tier::Three, REACTIONS, reactions::get),
    read("reactions.list", Tier::Two, REACTIONS, reactions::list),
    write("reactions.add", Tier::Three, REACT, REACT, reactions::add),
    write("reactions.remove", Tier::Two, REACT, REACT, reactions::remove),
    read("pins.list", Tier::Two, &["pins:read"], reactions::pins),
    read("bookmarks.list", Tier::Three, &["bookmarks:read"], reactions::bookmarks),
    user_only("openid.connect.userInfo", Tier::Three, &["openid"], auth::user_info),
];

pub fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

pub fn names() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|method| method.name)
}
