//! The scopes Google knows, their full names, and what the consent page says about them.

use crate::google::operations::SCOPE_PREFIX;

const EXPLANATIONS: [(&str, &str); 14] = [
    ("openid", "Associate you with your personal info"),
    ("userinfo.email", "See your primary email address"),
    ("userinfo.profile", "See your personal info"),
    ("drive", "See, edit, create, and delete all of your Drive files"),
    ("drive.readonly", "See and download all your Drive files"),
    ("drive.file", "See, edit, create, and delete only the Drive files you use with this app"),
    ("drive.metadata", "See and manage metadata of files in your Drive"),
    ("drive.metadata.readonly", "See information about your Drive files"),
    ("drive.appdata", "See, create, and delete its own configuration data in your Drive"),
    ("drive.apps.readonly", "See your Drive apps"),
    ("drive.meet.readonly", "See and download Drive files created or edited by Meet"),
    ("drive.photos.readonly", "See the photos, videos and albums in your Photos"),
    ("drive.scripts", "Modify your scripts' behavior"),
    ("drive.activity.readonly", "See the activity record of files in your Drive"),
];

/// Returns the full names of the asked scopes in order, or the first unknown one.
pub fn expand(asked: &str) -> Result<Vec<String>, String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked.split_whitespace() {
        let full = match scope {
            "openid" => scope.to_owned(),
            "email" | "profile" => format!("{SCOPE_PREFIX}userinfo.{scope}"),
            other => other.to_owned(),
        };
        let short = short_name(&full);
        let spelled_out = full == "openid" || full.starts_with(SCOPE_PREFIX);
        if !spelled_out || EXPLANATIONS.iter().all(|(known, _)| *known != short) {
            return Err(scope.to_owned());
        }
        if !scopes.contains(&full) {
            scopes.push(full);
        }
    }
    Ok(scopes)
}

/// Returns a scope without the common prefix.
pub fn short_name(scope: &str) -> &str {
    scope.strip_prefix(SCOPE_PREFIX).unwrap_or(scope)
}

pub fn explanation(scope: &str) -> &'static str {
    let short = short_name(scope);
    let known = EXPLANATIONS.iter().find(|(name, _)| *name == short);
    known.map_or("Use this permission", |(_, text)| text)
}

/// Says whether a scope is about who the user is; those cannot be unticked.
pub fn is_identity(scope: &str) -> bool {
    matches!(short_name(scope), "openid" | "userinfo.email" | "userinfo.profile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_identity_scopes_are_spelled_out() {
        let scopes = expand("openid email profile").unwrap();
        assert_eq!(scopes[1], "https://www.googleapis.com/auth/userinfo.email");
        assert_eq!(scopes[2], "https://www.googleapis.com/auth/userinfo.profile");
        assert_eq!(expand("drive.readonly"), Err("drive.readonly".into()));
        assert_eq!(
            expand("https://www.googleapis.com/auth/nope").unwrap_err(),
            "https://www.googleapis.com/auth/nope"
        );
    }
}
