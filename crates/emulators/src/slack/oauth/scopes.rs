//! The scopes apps may ask for, for bots and for people.

/// Asked for both bots and people.
const BOTH: &[(&str, &str)] = &[
    ("bookmarks:read", "List bookmarks"),
    ("canvases:read", "Read the contents of canvases"),
    ("channels:history", "View messages and other content in public channels"),
    ("channels:read", "View basic information about public channels"),
    ("channels:write.invites", "Invite members to public channels"),
    ("channels:write.topic", "Set the description of public channels"),
    ("chat:write", "Send messages"),
    ("emoji:read", "View custom emoji"),
    ("files:read", "View files shared in channels and conversations"),
    ("files:write", "Upload, edit and delete files"),
    ("groups:history", "View messages and other content in private channels"),
    ("groups:read", "View basic information about private channels"),
    ("groups:write", "Manage private channels"),
    ("groups:write.invites", "Invite members to private channels"),
    ("im:history", "View messages and other content in direct messages"),
    ("im:read", "View basic information about direct messages"),
    ("im:write", "Start direct messages"),
    ("links:read", "View URLs in messages"),
    ("mpim:history", "View messages and other content in group direct messages"),
    ("mpim:read", "View basic information about group direct messages"),
    ("mpim:write", "Start group direct messages"),
    ("pins:read", "View pinned content"),
    ("reactions:read", "View emoji reactions"),
    ("reactions:write", "Add and edit emoji reactions"),
    ("remote_files:read", "View remote files"),
    ("team:read", "View the name and domain of the workspace"),
    ("usergroups:read", "View user groups"),
    ("users.profile:read", "View profile details about people"),
    ("users:read", "View people in the workspace"),
    ("users:read.email", "View email addresses of people"),
];

const BOT_ONLY: &[(&str, &str)] = &[
    ("app_mentions:read", "View messages that mention the app"),
    ("channels:join", "Join public channels"),
    ("channels:manage", "Manage public channels"),
    ("chat:write.customize", "Send messages with a customized username"),
    ("chat:write.public", "Send messages to channels the app is not in"),
    ("commands", "Add shortcuts and slash commands"),
    ("metadata.message:read", "View metadata in messages"),
];

const USER_ONLY: &[(&str, &str)] = &[
    ("channels:write", "Manage public channels"),
    ("identify", "View who you are"),
    ("identity.basic", "View who you are"),
    ("identity.email", "View your email address"),
    ("search:read", "Search the workspace's content"),
    ("search:read.files", "Search files"),
    ("search:read.private", "Search private channels"),
    ("search:read.public", "Search public channels"),
    ("stars:read", "View saved items"),
];

const OPENID: &[(&str, &str)] = &[
    ("openid", "Confirm who you are"),
    ("email", "View your email address"),
    ("profile", "View your profile"),
];

/// Reads a comma-separated list, or names the first unknown scope.
fn read(asked: &str, tables: &[&[(&str, &str)]]) -> Result<Vec<String>, String> {
    let mut scopes = Vec::new();
    for scope in asked.split([',', ' ']).map(str::trim).filter(|scope| !scope.is_empty()) {
        if !tables.iter().any(|table| table.iter().any(|(known, _)| *known == scope)) {
            return Err(scope.to_owned());
        }
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Ok(scopes)
}

pub fn for_bot(asked: &str) -> Result<Vec<String>, String> {
    // Slack writes lists with commas only; a list with spaces is one unknown scope.
    if asked.contains(' ') {
        return Err(asked.to_owned());
    }
    read(asked, &[BOTH, BOT_ONLY])
}

pub fn for_user(asked: &str) -> Result<Vec<String>, String> {
    if asked.contains(' ') {
        return Err(asked.to_owned());
    }
    read(asked, &[BOTH, USER_ONLY])
}

pub fn for_openid(asked: &str) -> Result<Vec<String>, String> {
    read(asked, &[OPENID])
}

pub fn explanation(scope: &str) -> &'static str {
    [BOTH, BOT_ONLY, USER_ONLY, OPENID]
        .iter()
        .flat_map(|table| table.iter())
        .find(|(known, _)| *known == scope)
        .map_or("Use this permission", |(_, text)| text)
}
