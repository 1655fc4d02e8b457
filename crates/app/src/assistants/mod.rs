//! The authorization server for assistants: programs register themselves, a person allows them something, and they hold
//! tokens for that, which are good at `/mcp` and nowhere else.
//!
//! A program registers itself, or is known by the address of a document about it.
//!
//! RFC 6749 with PKCE (RFC 7636), as OAuth 2.1 narrows it; RFC 7591 (registration), RFC 8707 (what a token is good for),
//! RFC 9207 (who answers), RFC 7009 (giving back). Of clients' secrets, codes and tokens only hashes are kept.

mod ask;
mod client;
mod decide;
mod documents;
mod exchange;
mod keep;
mod redirect;
mod refusal;
mod register;

use std::collections::BTreeSet;
use std::time::Duration;

pub use ask::{Asked, Asker, Asking, Wish};
pub use client::ShownClient;
pub use documents::{DocumentReads, client_host};
pub use exchange::{IssuedTokens, ShownCode};
pub use redirect::redirect_place;
pub use refusal::{RefusalWord, Refused};
pub use register::{RegisterClient, RegisteredClient};

use crate::settings::AppSettings;

/// How long an access token is good.
pub const ACCESS_LIFETIME: Duration = Duration::from_secs(3600);
/// How long an assistant may stay away before a person has to allow it again.
pub const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 86_400);
/// How long a code waits to be fetched.
const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// How long a client is remembered that nobody has allowed anything.
const UNUSED_CLIENT_LIFETIME: Duration = Duration::from_secs(86_400);
/// How long one is remembered after its last token was fetched: longer than that token lives.
const CLIENT_LIFETIME: Duration = Duration::from_secs(90 * 86_400);
/// Clients that may register within a minute: whoever is there may, so it is a limit for all together.
const PACE: (u32, Duration) = (30, Duration::from_secs(60));
/// Clients that are kept though nobody has allowed them anything; the oldest give way.
const MOST_UNUSED: u32 = 1000;

/// What the operator decides about the authorization server for assistants.
#[derive(Clone, Debug)]
pub struct AssistantSettings {
    /// Private-use URI schemes (RFC 8252) by which programs may be called back.
    pub redirect_schemes: BTreeSet<String>,
    /// Whether programs may register themselves (RFC 7591).
    pub registration: bool,
    /// Whose documents are read, where programs are known by the addresses of documents; `None` where they are not.
    pub documents: Option<DocumentSettings>,
}

/// Which programs may be known by the address of a document.
#[derive(Clone, Debug, Default)]
pub struct DocumentSettings {
    /// Hosts that the documents may lie on; any, when none is named.
    pub hosts: BTreeSet<String>,
    /// Hosts that this server itself calls wherever they are, in its own network too: no program is known by those unless
    /// `hosts` names them.
    pub ours: BTreeSet<String>,
}

impl Default for AssistantSettings {
    fn default() -> Self {
        Self {
            redirect_schemes: BTreeSet::new(),
            registration: true,
            documents: Some(DocumentSettings::default()),
        }
    }
}

impl AppSettings {
    /// What assistants' tokens are good for: `/mcp` of this server.
    pub fn assistant_resource(&self) -> String {
        self.address("mcp")
    }

    /// The authorization server's name (RFC 8414), when there is one.
    pub fn assistant_issuer(&self) -> Option<String> {
        self.assistants.as_ref().map(|_| self.own_origin())
    }
}
