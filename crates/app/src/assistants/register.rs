//! A program registers itself (RFC 7591). Whoever reaches the server may, so little of it is believed and all of it is
//! bounded.

use gangway_effects::random_token;
use gangway_model::{AssistantClientId, ExposeSecret, SecretString};
use gangway_store::{AssistantClient, ClientAuth};

use super::redirect::{check, redirect_place};
use super::{MOST_UNUSED, PACE, RefusalWord, Refused, UNUSED_CLIENT_LIFETIME};
use crate::app::App;
use crate::secret_hash::SecretHash;

/// Addresses that one client may name.
const MOST_REDIRECTS: usize = 10;
/// Characters of the longest name.
const LONGEST_NAME: usize = 100;

/// What a program says of itself.
#[derive(Clone, Debug, Default)]
pub struct RegisterClient {
    pub name: Option<String>,
    pub redirect_uris: Vec<String>,
    pub auth: Option<String>,
    pub grant_types: Option<Vec<String>>,
    pub response_types: Option<Vec<String>>,
}

/// A client just registered: the only moment its secret exists outside its own hands.
#[derive(Debug)]
pub struct RegisteredClient {
    pub client: AssistantClient,
    pub secret: Option<SecretString>,
}

impl App {
    /// Registers a client. It may do nothing by that: a person has to allow it something.
    pub async fn register_assistant_client(&self, said: RegisterClient) -> Result<RegisteredClient, Refused> {
        let refused = |message: String| Refused::new(RefusalWord::InvalidClientMetadata, message);
        if lacks(&said.grant_types, "authorization_code") {
            return Err(refused("grant_types: authorization_code is the one that is spoken here".to_owned()));
        }
        if lacks(&said.response_types, "code") {
            return Err(refused("response_types: code is the one that is spoken here".to_owned()));
        }
        // RFC 7591 names the default.
        let auth = said.auth.as_deref().unwrap_or(ClientAuth::Basic.as_str());
        let auth = ClientAuth::parse(auth).ok_or_else(|| {
            let known = ClientAuth::ALL.map(ClientAuth::as_str).join(", ");
            refused(format!("token_endpoint_auth_method: one of {known}"))
        })?;
        self.check_redirects(&said.redirect_uris)?;
        let secret = (auth != ClientAuth::None).then(|| SecretString::from(random_token("gwcs_")));
        let now = self.now();
        let client = AssistantClient {
            id: AssistantClientId::fresh(),
            name: shown_name(said.name.as_deref(), &said.redirect_uris[0]).map_err(refused)?,
            redirect_uris: said.redirect_uris,
            auth,
            secret_hash: secret.as_ref().map(|secret| SecretHash::of(secret.expose_secret()).to_hex()),
            created_at: now,
            expires_at: now + UNUSED_CLIENT_LIFETIME,
            fresh_until: None,
        };
        match self.store.create_assistant_client(&client, PACE, MOST_UNUSED).await? {
            Some(()) => Ok(RegisteredClient { client, secret }),
            None => {
                let message = "too many programs register just now: try again in a minute";
                let refused = Refused::new(RefusalWord::TemporarilyUnavailable, message);
                Err(Refused { retry_after: Some(PACE.1.as_secs()), ..refused })
            }
        }
    }

    fn check_redirects(&self, uris: &[String]) -> Result<(), Refused> {
        let refused = |message: String| Err(Refused::new(RefusalWord::InvalidRedirectUri, message));
        if uris.is_empty() || uris.len() > MOST_REDIRECTS {
            return refused(format!("redirect_uris: name 1 to {MOST_REDIRECTS}"));
        }
        let Some(settings) = &self.settings.assistants else {
            return refused("this server signs nobody in for assistants".to_owned());
        };
        let own = self.settings.own_origin();
        for (position, uri) in uris.iter().enumerate() {
            if let Err(why) = check(uri, &settings.redirect_schemes, &own) {
                return refused(format!("redirect_uris[{position}]: {why}"));
            }
        }
        Ok(())
    }
}

/// Whether a list is given and a word is not on it.
pub(super) fn lacks(list: &Option<Vec<String>>, word: &str) -> bool {
    list.as_ref().is_some_and(|list| !list.iter().any(|one| one == word))
}

/// A name as people are shown it: without characters that could change how what stands around it is read.
pub(super) fn shown_name(said: Option<&str>, redirect_uri: &str) -> Result<String, String> {
    let is_shown = |c: &char| {
        let turns_or_hides = matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        !c.is_control() && !turns_or_hides
    };
    let name: String = said.unwrap_or_default().chars().filter(is_shown).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("client_name: at most {LONGEST_NAME} characters"));
    }
    Ok(if name.is_empty() { redirect_place(redirect_uri) } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_turn_the_page_around() {
        let shown = |name: &str| shown_name(Some(name), "https://app.example/cb");
        assert_eq!(shown("  An   assistant\n").unwrap(), "An assistant");
        assert_eq!(shown("safe\u{202e}elpmaxe\u{200b}").unwrap(), "safeelpmaxe");
        assert_eq!(shown("\u{0}\u{200f} ").unwrap(), "app.example");
        assert_eq!(shown_name(None, "https://app.example/cb").unwrap(), "app.example");
        assert!(shown(&"x".repeat(101)).is_err());
    }
}
