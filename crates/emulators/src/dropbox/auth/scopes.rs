//! The scopes an app can have, and what the consent page says about each.

const SCOPES: [(&str, &str); 14] = [
    ("account_info.read", "View basic information about your Dropbox account"),
    ("files.metadata.read", "View information about your Dropbox files and folders"),
    ("files.metadata.write", "View and edit information about your Dropbox files and folders"),
    ("files.content.read", "View content of your Dropbox files and folders"),
    ("files.content.write", "Edit content of your Dropbox files and folders"),
    ("files.permanent_delete", "Permanently delete your Dropbox files and folders"),
    ("sharing.read", "View your Dropbox sharing settings and collaborators"),
    ("sharing.write", "View and manage your Dropbox sharing settings and collaborators"),
    ("file_requests.read", "View your Dropbox file requests"),
    ("contacts.read", "View your manually added Dropbox contacts"),
    ("account_info.write", "View and edit basic information about your Dropbox account"),
    ("openid", "Know who you are"),
    ("email", "View your email address"),
    ("profile", "View your name"),
];

/// Returns every scope an app has when its console says nothing else; identity is asked for by name only.
pub fn usual() -> Vec<String> {
    let all = SCOPES.iter().map(|(scope, _)| *scope);
    all.filter(|scope| !is_identity(scope)).map(str::to_owned).collect()
}

pub fn is_identity(scope: &str) -> bool {
    ["openid", "email", "profile"].contains(&scope)
}

/// Says whether an app with these ticked scopes may ask for one.
pub fn may_ask(ticked: &[String], scope: &str) -> bool {
    let known = SCOPES.iter().any(|(name, _)| *name == scope);
    known && (ticked.is_empty() || ticked.iter().any(|name| name == scope))
}

pub fn explanation(scope: &str) -> String {
    let found = SCOPES.iter().find(|(name, _)| *name == scope);
    found.map_or_else(|| scope.to_owned(), |(_, text)| (*text).to_owned())
}
