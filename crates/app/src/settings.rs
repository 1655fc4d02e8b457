//! What the operator decides about the use cases.

use std::collections::BTreeSet;
use std::time::Duration;

use url::{Origin, Url};

use crate::assistants::AssistantSettings;
use crate::secret_hash::SecretHash;

#[derive(Clone, Debug)]
pub struct AppSettings {
    /// Where browsers and providers reach this server; without a path of its own.
    pub public_url: Url,
    /// Further redirect addresses that authorizations may name, compared as text, exactly.
    pub redirect_uris: BTreeSet<String>,
    /// Origins whose pages may embed the popup and the picker and call the API, such as `https://app.example`.
    pub allowed_origins: BTreeSet<String>,
    /// SHA-256 of the admin key; `None` closes the admin routes.
    pub admin_key: Option<SecretHash>,
    pub upload: UploadLimits,
    /// How long a request may take before the caller is told to try again; transfers of bytes and events excepted.
    pub longest_request: Duration,
    /// Whether there is a web console, and with it sessions of browsers.
    pub console: bool,
    /// Where providers reach this server with pushes; `None` when they cannot.
    pub webhook_base: Option<Url>,
    /// The authorization server for assistants; `None` when there is none.
    pub assistants: Option<AssistantSettings>,
}

#[derive(Clone, Copy, Debug)]
pub struct UploadLimits {
    /// Bytes of one file.
    pub max_file_bytes: u64,
    /// Files in one request.
    pub max_files: usize,
    /// Resumable uploads that a user may have unfinished.
    pub max_unfinished: u64,
    /// How long an unfinished one waits for its sender.
    pub unfinished_lifetime: Duration,
    /// Bytes of one part of it: as much as a sender may have in memory, and as a crash costs at most.
    pub part_bytes: usize,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            max_file_bytes: 100 << 20,
            max_files: 1000,
            max_unfinished: 100,
            unfinished_lifetime: Duration::from_secs(24 * 3600),
            part_bytes: 4 << 20,
        }
    }
}

impl AppSettings {
    /// Settings with this server's own callback page and origin, and nothing else, allowed.
    pub fn for_public_url(public_url: Url) -> Self {
        Self {
            public_url,
            redirect_uris: BTreeSet::new(),
            allowed_origins: BTreeSet::new(),
            admin_key: None,
            upload: UploadLimits::default(),
            longest_request: Duration::from_secs(60),
            console: true,
            webhook_base: None,
            assistants: Some(AssistantSettings::default()),
        }
    }

    /// An address below the public one.
    pub fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// This server's own callback page, allowed always and used when no address is named.
    pub fn own_callback(&self) -> String {
        self.address("oauth/callback")
    }

    /// Whether an authorization may send the browser back to `uri`. Exact: no prefix, no normalisation.
    pub fn allows_redirect(&self, uri: &str) -> bool {
        uri == self.own_callback() || self.redirect_uris.contains(uri)
    }

    /// The origin of this server's own pages.
    pub fn own_origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// Whether a page of this origin may receive what the popup and the picker have to tell.
    pub fn allows_origin(&self, origin: &str) -> bool {
        origin == self.own_origin() || self.allowed_origins.contains(origin)
    }

    /// The listed origins with our own, for pages that post messages.
    pub fn message_origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.allowed_origins.iter().cloned().collect();
        origins.extend(self.redirect_uris.iter().filter_map(|uri| origin_of(uri)));
        origins.push(self.own_origin());
        origins.sort();
        origins.dedup();
        origins
    }
}

fn origin_of(uri: &str) -> Option<String> {
    match Url::parse(uri).ok()?.origin() {
        origin @ Origin::Tuple(..) => Some(origin.ascii_serialization()),
        Origin::Opaque(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_match_exactly_or_not_at_all() {
        let mut settings = AppSettings::for_public_url("https://gw.example".parse().unwrap());
        settings.redirect_uris.insert("https://app.example/cb".to_owned());
        assert!(settings.allows_redirect("https://gw.example/oauth/callback"));
        assert!(settings.allows_redirect("https://app.example/cb"));
        for wrong in [
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://app.example/cb#x",
            "https://APP.example/cb",
            "https://app.example.evil/cb",
            "http://app.example/cb",
            "",
        ] {
            assert!(!settings.allows_redirect(wrong), "{wrong}");
        }
        assert_eq!(settings.message_origins(), ["https://app.example", "https://gw.example"]);
    }
}
