//! What a program asks a person for. First where its answer would go is proven; until then nothing is sent anywhere.

use gangway_model::{AssistantClientId, AssistantScope, UserId};
use gangway_store::AssistantClient;
use url::Url;

use super::documents::{client_host, is_address};
use super::redirect::matches;
use super::{RefusalWord, Refused};
use crate::app::App;

/// Characters of a challenge: SHA-256 in base64url (RFC 7636, 4.2).
const CHALLENGE: usize = 43;

/// The parameters of an authorization request, as they came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub response_type: Option<String>,
    pub scope: Option<String>,
    pub resources: Vec<String>,
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
}

/// A client, and an address of it that answers may go to.
#[derive(Clone, Debug)]
pub struct Asker {
    pub client: AssistantClient,
    /// As it was asked for, which is how it has to be shown with the code.
    pub redirect_uri: String,
    back: Url,
}

/// Who asks, as far as that can be told.
#[derive(Clone, Debug)]
pub enum Asking {
    Known(Box<Asker>),
    /// It is known by a document that was not read: that is for when somebody is signed in. Nothing is proven but that the
    /// document would lie on this host.
    Unread {
        host: String,
    },
}

/// What a person is asked to allow.
#[derive(Clone, Debug)]
pub struct Wish {
    pub scopes: Vec<AssistantScope>,
    pub(super) challenge: String,
}

impl Asker {
    /// The address that tells the program an answer. `issuer` says whose answer it is (RFC 9207).
    pub fn back(&self, issuer: &str, state: Option<&str>, answer: &[(&str, &str)]) -> Url {
        let mut url = self.back.clone();
        url.query_pairs_mut()
            .extend_pairs(answer)
            .extend_pairs(state.map(|state| ("state", state)))
            .append_pair("iss", issuer);
        url
    }

    /// Whether answers go to a program on the person's computer, which any program there can be.
    pub fn is_on_this_computer(&self) -> bool {
        self.back.scheme() != "https"
    }

    /// What browsers call the place that answers go to, for a page's policy.
    pub fn source(&self) -> String {
        match (self.back.scheme(), self.back.host_str()) {
            // A policy cannot name an address of IPv6.
            ("http" | "https", Some(host)) if !host.starts_with('[') => {
                self.back.origin().ascii_serialization()
            }
            (scheme, _) => format!("{scheme}:"),
        }
    }
}

impl App {
    /// Who asks, and where the answer goes. What is refused here is shown to the person and sent nowhere. A client's document
    /// is read only for somebody: no stranger makes this server call anybody.
    pub async fn find_asker(
        &self,
        client_id: Option<&str>,
        redirect_uri: Option<&str>,
        reader: Option<&UserId>,
    ) -> Result<Asking, Refused> {
        let id = client_id.ok_or_else(|| Refused::request("client_id is missing"))?;
        let found = match is_address(id) {
            true => match self.documented_client(id, reader).await? {
                Some(client) => Some(client),
                None => return Ok(Asking::Unread { host: client_host(&id.into()).unwrap_or_default() }),
            },
            false => self.store.find_assistant_client(&AssistantClientId::from(id), self.now()).await?,
        };
        let client = found.ok_or_else(|| {
            let message = "this program is not known here, or not any more: let it register again";
            Refused::new(RefusalWord::InvalidClient, message)
        })?;
        let asked = redirect_uri.ok_or_else(|| Refused::request("redirect_uri is missing"))?;
        if !client.redirect_uris.iter().any(|registered| matches(registered, asked)) {
            return Err(Refused::request("redirect_uri is none of those that this program registered"));
        }
        let back = Url::parse(asked).map_err(|_| Refused::request("redirect_uri is not an address"))?;
        Ok(Asking::Known(Box::new(Asker { client, redirect_uri: asked.to_owned(), back })))
    }

    /// What is asked for. What is refused here the program may be told.
    pub fn check_wish(&self, asked: &Asked) -> Result<Wish, Refused> {
        match asked.response_type.as_deref() {
            Some("code") => {}
            Some(_) => {
                let message = "response_type: code is the one that is spoken here";
                return Err(Refused::new(RefusalWord::UnsupportedResponseType, message));
            }
            None => return Err(Refused::request("response_type is missing")),
        }
        // Without the method the challenge would be the verifier itself.
        if asked.code_challenge_method.as_deref() != Some("S256") {
            return Err(Refused::request("code_challenge_method: S256 is required"));
        }
        let challenge = asked.code_challenge.as_deref().filter(|challenge| {
            let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            challenge.len() == CHALLENGE && challenge.bytes().all(is_fine)
        });
        let challenge = challenge.ok_or_else(|| {
            Refused::request("code_challenge: the SHA-256 of the verifier in base64url is required")
        })?;
        for resource in &asked.resources {
            self.check_resource(Some(resource))?;
        }
        let scopes = match asked.scope.as_deref().map(read_scopes) {
            None => AssistantScope::ALL.to_vec(),
            Some(scopes) if scopes.is_empty() => {
                let known = AssistantScope::words(&AssistantScope::ALL);
                return Err(Refused::new(RefusalWord::InvalidScope, format!("scope: some of {known}")));
            }
            Some(scopes) => scopes,
        };
        Ok(Wish { scopes, challenge: challenge.to_owned() })
    }

    /// Tokens are made for `/mcp` of this server and for nothing else (RFC 8707). A program of an older time names nothing.
    pub(super) fn check_resource(&self, named: Option<&str>) -> Result<(), Refused> {
        let Some(named) = named else { return Ok(()) };
        let own = self.settings.assistant_resource();
        let is_own = |url: Url| url.as_str().trim_end_matches('/') == own;
        if Url::parse(named).is_ok_and(is_own) {
            return Ok(());
        }
        let message = format!("resource: tokens of this server are good for {own} only");
        Err(Refused::new(RefusalWord::InvalidTarget, message))
    }
}

/// The scopes we know among those asked for, in our order. Others are passed over, as RFC 6749 (3.3) allows: the answer
/// says what was granted.
pub(super) fn read_scopes(text: &str) -> Vec<AssistantScope> {
    let asked: Vec<_> = text.split_ascii_whitespace().filter_map(AssistantScope::parse).collect();
    AssistantScope::ALL.into_iter().filter(|scope| asked.contains(scope)).collect()
}
