//! A token answer, read the way providers really write it.

use std::fmt;
use std::time::Duration;

use gangway_model::{Grant, Timestamp};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::error::OAuthError;
use crate::facts::OAuthFacts;
use crate::scopes::split_scopes;

/// What an exchange or a refresh gave.
#[derive(Clone, Debug)]
pub struct TokenAnswer {
    pub access_token: SecretString,
    /// `None` from a refresh means: the old one stays valid (see [`TokenAnswer::into_grant`]).
    pub refresh_token: Option<SecretString>,
    /// Usually `Bearer`; assumed where the provider does not say.
    pub token_type: String,
    /// What was granted, by canonical names; `None` when the answer does not say.
    pub scopes: Option<Vec<String>>,
    /// `None` when the answer does not say, or says nothing usable.
    pub expires_at: Option<Timestamp>,
    /// When the refresh token itself ends, where the provider tells.
    pub refresh_expires_at: Option<Timestamp>,
    pub id_token: Option<SecretString>,
    /// Everything else in the answer (workspace ids and the like).
    pub extra: ExtraFields,
}

impl TokenAnswer {
    /// The grant in force after this answer. What a refresh leaves out stays as it was in `previous`:
    /// above all the refresh token, whose loss would be the loss of the account.
    pub fn into_grant(self, previous: Option<&Grant>) -> Grant {
        let keeps_refresh_token = self.refresh_token.is_none();
        Grant {
            access_token: self.access_token,
            refresh_token: self.refresh_token.or_else(|| previous.and_then(|g| g.refresh_token.clone())),
            scopes: self.scopes.or_else(|| previous.map(|g| g.scopes.clone())).unwrap_or_default(),
            expires_at: self.expires_at,
            refresh_expires_at: self
                .refresh_expires_at
                .or_else(|| previous.filter(|_| keeps_refresh_token).and_then(|g| g.refresh_expires_at)),
        }
    }
}

/// The fields of a token answer that have no place of their own. Hides its values: they may be secrets.
#[derive(Clone, Default)]
pub struct ExtraFields(Map<String, Value>);

impl ExtraFields {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

impl fmt::Debug for ExtraFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

const SECRET_FIELDS: [&str; 3] = ["access_token", "refresh_token", "id_token"];

/// The fields that belong to one token.
const TOKEN_FIELDS: [&str; 7] = [
    "access_token",
    "refresh_token",
    "token_type",
    "scope",
    "expires_in",
    "refresh_token_expires_in",
    "id_token",
];

/// The fields of an answer, from JSON or from a form.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body; `None` when it is neither a JSON object nor a form.
    pub fn parse(body: &[u8]) -> Option<Self> {
        if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
            return Some(Self(fields));
        }
        let text = std::str::from_utf8(body).ok()?.trim();
        let looks_like_a_form = text.contains('=') && !text.starts_with(['<', '{', '[']);
        if !looks_like_a_form || text.contains(char::is_whitespace) {
            return None;
        }
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        Some(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()))
    }

    /// Whether the answer is a refusal, whatever its status says.
    pub fn is_refusal(&self) -> bool {
        self.0.get("ok") == Some(&Value::Bool(false)) || self.error_code().is_some()
    }

    /// The refusal's code. Some put their sentence behind it (`invalid_client: Invalid client_id`), some name it
    /// `code` in an object that calls itself an error.
    pub fn error_code(&self) -> Option<String> {
        let is_error = self.0.get("object").and_then(Value::as_str) == Some("error");
        if is_error && let Some(code) = self.0.get("code").and_then(Value::as_str) {
            return Some(code.to_owned());
        }
        match self.0.get("error")? {
            Value::String(code) if !code.is_empty() => {
                let bare = code.split_once(": ").map_or(code.as_str(), |(bare, _)| bare);
                Some(bare.to_owned())
            }
            Value::Object(error) => error
                .get("code")
                .or_else(|| error.get("status"))
                .or_else(|| error.get("type"))
                .map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned)),
            _ => None,
        }
    }

    pub fn error_description(&self) -> Option<String> {
        let nested = self.0.get("error").and_then(|error| error.get("message"));
        let text = self.0.get("error_description").or(nested).or_else(|| self.0.get("message"))?;
        text.as_str().map(str::to_owned)
    }

    /// Reads the tokens out of an answer that is no refusal.
    pub fn into_answer(mut self, facts: &OAuthFacts, now: Timestamp) -> Result<TokenAnswer, OAuthError> {
        self.raise_tokens(facts);
        let access_token = self
            .take_secret("access_token")
            .ok_or_else(|| OAuthError::Malformed { message: "there is no access token in it".to_owned() })?;
        let token_type = match self.0.remove("token_type") {
            Some(Value::String(text)) if !text.is_empty() => text,
            _ => "Bearer".to_owned(),
        };
        Ok(TokenAnswer {
            access_token,
            refresh_token: self.take_secret("refresh_token"),
            token_type,
            scopes: self.take_scopes(facts),
            expires_at: self.take_lifetime("expires_in").and_then(|life| now.checked_add_signed(life)),
            refresh_expires_at: self
                .take_lifetime("refresh_token_expires_in")
                .and_then(|life| now.checked_add_signed(life)),
            id_token: self.take_secret("id_token"),
            extra: ExtraFields(self.0),
        })
    }

    /// Puts what stands in the object that holds the tokens in the place of what stands at the top.
    fn raise_tokens(&mut self, facts: &OAuthFacts) {
        let within = facts.tokens_within.and_then(|name| self.0.get(name)).and_then(Value::as_object);
        let Some(within) = within.filter(|fields| fields.get("access_token").is_some_and(Value::is_string))
        else {
            return;
        };
        let within = within.clone();
        // What is missing there belongs to another token, and must not be taken for this one's.
        for name in TOKEN_FIELDS {
            self.0.remove(name);
            if let Some(value) = within.get(name) {
                self.0.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(Value::Object(kept)) = facts.tokens_within.and_then(|name| self.0.get_mut(name)) {
            kept.retain(|name, _| !TOKEN_FIELDS.contains(&name.as_str()));
        }
    }

    fn take_secret(&mut self, name: &str) -> Option<SecretString> {
        match self.0.remove(name)? {
            Value::String(text) if !text.is_empty() => Some(SecretString::from(text)),
            _ => None,
        }
    }

    fn take_scopes(&mut self, facts: &OAuthFacts) -> Option<Vec<String>> {
        match self.0.remove("scope").or_else(|| self.0.remove("scopes"))? {
            Value::String(text) => Some(split_scopes(facts, &text)),
            Value::Array(list) => {
                let text: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                Some(split_scopes(facts, &text.join(" ")))
            }
            _ => None,
        }
    }

    /// A number of seconds written as integer, float or text. Zero and less are no lifetime.
    fn take_lifetime(&mut self, name: &str) -> Option<chrono::Duration> {
        let seconds = match self.0.remove(name)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse::<f64>().ok()?,
            _ => return None,
        };
        let is_usable = seconds.is_finite() && seconds >= 1.0;
        let life = is_usable.then(|| Duration::try_from_secs_f64(seconds.floor()).ok()).flatten()?;
        chrono::Duration::from_std(life).ok()
    }
}

impl Fields {
    /// The values that must not appear in an error built from this answer.
    pub fn secrets(&self) -> Vec<&str> {
        let objects = std::iter::once(&self.0).chain(self.0.values().filter_map(Value::as_object));
        objects
            .flat_map(|fields| SECRET_FIELDS.iter().filter_map(|name| fields.get(*name)?.as_str()))
            .collect()
    }
}
