//! Slack's tokens: per app, workspace and user; for ever or rotating; and why each one died.
//!
//! The kernel keeps the grants and says whether an access token still lives; this file knows what it stood for.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::workspace::Workspace;
use crate::kernel::authz::{AccessToken, Authz, RefreshToken};

pub const ACCESS_LIFE_S: i64 = 43_200;
const PKCE_REFRESH_LIFE_MS: i64 = 30 * 86_400_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Bot,
    User,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::User => "user",
        }
    }
}

/// Why a token no longer works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    Revoked,
    Uninstalled,
    Exchanged,
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    pub kind: Kind,
    pub user_id: String,
    pub client_id: String,
    pub team_id: String,
    /// For the whole organisation.
    pub organisation: bool,
}

impl Holder {
    /// Returns the grant's subject: a person's email or a bot's user id.
    pub fn subject(&self, workspace: &Workspace) -> String {
        let email = workspace.users.get(&self.user_id).map(|user| user.email.as_str()).unwrap_or("");
        if email.is_empty() { self.user_id.clone() } else { email.to_owned() }
    }
}

#[derive(Debug, Clone)]
pub struct Token {
    pub holder: Holder,
    pub scopes: Vec<String>,
    pub rotating: bool,
    pub expires_ms: Option<i64>,
    pub death: Option<Death>,
}

impl Token {
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }

    /// Returns the scopes as answers list them; a person's token always has `identify`.
    pub fn provided(&self) -> String {
        match self.holder.kind {
            Kind::Bot => self.scopes.join(","),
            Kind::User => {
                let mut all = vec!["identify".to_owned()];
                all.extend(self.scopes.iter().filter(|scope| *scope != "identify").cloned());
                all.join(",")
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Refresh {
    holder: Holder,
    used: bool,
    pkce: bool,
}

/// What a code was given for, beyond what the kernel keeps.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub bot_scopes: Vec<String>,
    pub user_scopes: Vec<String>,
    /// Whether the authorization request named the redirect.
    pub redirect_given: bool,
    /// `v2`, `v2_user` or `openid`.
    pub flow: &'static str,
    pub local_redirect: bool,
}

/// A fresh token with its refresh token, as answers show it.
#[derive(Debug, Clone)]
pub struct Issued {
    pub access: String,
    pub refresh: Option<String>,
    pub scopes: Vec<String>,
}

#[derive(Default)]
pub struct TokenBooks {
    tokens: HashMap<String, Token>,
    refresh: HashMap<String, Refresh>,
    codes: HashMap<String, Asked>,
    /// Scopes given so far; they only grow.
    given: HashMap<Holder, Vec<String>>,
    exchanged: HashSet<String>,
}

impl TokenBooks {
    pub fn note_code(&mut self, code: &str, asked: Asked) {
        self.codes.insert(code.to_owned(), asked);
    }

    pub fn find_code(&self, code: &str) -> Option<&Asked> {
        self.codes.get(code)
    }

    /// Gives a holder scopes and a token: the same one as before unless it rotates.
    #[expect(clippy::too_many_arguments, reason = "the two sides of one deed: who and how")]
    pub fn install(
        &mut self,
        authz: &Authz,
        holder: &Holder,
        subject: &str,
        scopes: &[String],
        rotating: bool,
        pkce: bool,
        now_ms: i64,
    ) -> Issued {
        authz.record_grant(subject, &holder.client_id, scopes, now_ms);
        let given = self.given.entry(holder.clone()).or_default();
        for scope in scopes {
            if !given.contains(scope) {
                given.push(scope.clone());
            }
        }
        let given = given.clone();
        if !rotating {
            let known = self.tokens.iter_mut().find(|(text, token)| {
                token.holder == *holder
                    && !token.rotating
                    && token.death.is_none()
                    && authz.find_access(text, now_ms).is_some()
            });
            if let Some((text, token)) = known {
                token.scopes.clone_from(&given);
                return Issued { access: text.clone(), refresh: None, scopes: given };
            }
        }
        self.issue(authz, holder, subject, given, rotating, pkce, now_ms)
    }

    #[expect(clippy::too_many_arguments, reason = "the two sides of one deed: who and how")]
    fn issue(
        &mut self,
        authz: &Authz,
        holder: &Holder,
        subject: &str,
        scopes: Vec<String>,
        rotating: bool,
        pkce: bool,
        now_ms: i64,
    ) -> Issued {
        let prefix = match (holder.kind, rotating) {
            (Kind::Bot, false) => "xoxb-",
            (Kind::User, false) => "xoxp-",
            (Kind::Bot, true) => "xoxe.xoxb-1-",
            (Kind::User, true) => "xoxe.xoxp-1-",
        };
        let expires_ms = rotating.then(|| now_ms + ACCESS_LIFE_S * 1000);
        let access = authz.issue_access(
            prefix,
            AccessToken {
                subject: subject.to_owned(),
                client_id: holder.client_id.clone(),
                scopes: Arc::from([]),
                expires_at_ms: expires_ms.unwrap_or(i64::MAX),
            },
        );
        let token =
            Token { holder: holder.clone(), scopes: scopes.clone(), rotating, expires_ms, death: None };
        self.tokens.insert(access.clone(), token);
        let refresh = rotating.then(|| {
            let text = authz.issue_refresh(
                "xoxe-1-",
                RefreshToken {
                    subject: subject.to_owned(),
                    client_id: holder.client_id.clone(),
                    scopes: Vec::new(),
                    issued_at_ms: now_ms,
                    last_used_ms: now_ms,
                    expires_at_ms: pkce.then_some(now_ms + PKCE_REFRESH_LIFE_MS),
                },
            );
            self.refresh.insert(text.clone(), Refresh { holder: holder.clone(), used: false, pkce });
            text
        });
        Issued { access, refresh, scopes }
    }

    /// Says whether a refresh token came from a flow with PKCE.
    pub fn is_pkce_refresh(&self, text: &str) -> bool {
        self.refresh.get(text).is_some_and(|refresh| refresh.pkce)
    }

    /// Takes a refresh token, once, and issues its successor pair.
    pub fn rotate(
        &mut self,
        authz: &Authz,
        text: &str,
        client_id: &str,
        subject_of: impl Fn(&Holder) -> Option<String>,
        now_ms: i64,
    ) -> Option<(Holder, Issued)> {
        let refresh = self.refresh.get(text).filter(|refresh| !refresh.used)?;
        authz.use_refresh(text, client_id, now_ms)?;
        let (holder, pkce) = (refresh.holder.clone(), refresh.pkce);
        let subject = subject_of(&holder)?;
        if let Some(refresh) = self.refresh.get_mut(text) {
            refresh.used = true;
        }
        let scopes = self.given.get(&holder).cloned().unwrap_or_default();
        let issued = self.issue(authz, &holder, &subject, scopes, true, pkce, now_ms);
        Some((holder, issued))
    }

    /// Exchanges a token that lives for ever for a rotating pair.
    pub fn exchange(
        &mut self,
        authz: &Authz,
        text: &str,
        subject: &str,
        now_ms: i64,
    ) -> Result<(Holder, Issued), &'static str> {
        if self.exchanged.contains(text) {
            return Err("token_already_exchanged");
        }
        let token = self.tokens.get_mut(text).ok_or("invalid_token")?;
        if token.rotating {
            return Err("invalid_token");
        }
        token.death = Some(Death::Exchanged);
        let (holder, scopes) = (token.holder.clone(), token.scopes.clone());
        self.exchanged.insert(text.to_owned());
        let issued = self.issue(authz, &holder, subject, scopes, true, false, now_ms);
        Ok((holder, issued))
    }

    pub fn is_exchanged(&self, text: &str) -> bool {
        self.exchanged.contains(text)
    }

    /// Returns a live token, or Slack's word for why it is none.
    pub fn authenticate(
        &self,
        authz: &Authz,
        workspace: &Workspace,
        text: &str,
        now_ms: i64,
    ) -> Result<Token, &'static str> {
        let token = self.tokens.get(text).ok_or("invalid_auth")?;
        let revoked = || match token.holder.kind {
            Kind::Bot => "account_inactive",
            Kind::User => "token_revoked",
        };
        match token.death {
            Some(Death::Revoked | Death::Exchanged) => return Err("token_revoked"),
            Some(Death::Uninstalled) => return Err(revoked()),
            None => {}
        }
        match workspace.users.get(&token.holder.user_id) {
            None => return Err("account_inactive"),
            Some(user) if user.deleted => return Err("account_inactive"),
            Some(_) => {}
        }
        if authz.find_access(text, now_ms).is_some() {
            return Ok(token.clone());
        }
        let subject = token.holder.subject(workspace);
        if authz.find_grant(&subject, &token.holder.client_id).is_none() {
            return Err(revoked());
        }
        Err("token_expired")
    }

    pub fn find(&self, text: &str) -> Option<&Token> {
        self.tokens.get(text)
    }

    /// Ends one token, and the refresh tokens of its holder.
    pub fn revoke(&mut self, text: &str) {
        let Some(token) = self.tokens.get_mut(text) else { return };
        token.death = Some(Death::Revoked);
        let holder = token.holder.clone();
        self.end_refresh(&holder);
        self.given.remove(&holder);
    }

    /// Ends every token of a holder the filter accepts; says whose they were.
    pub fn end(&mut self, death: Death, filter: impl Fn(&Holder) -> bool) -> Vec<Holder> {
        let mut ended: Vec<Holder> = Vec::new();
        for token in self.tokens.values_mut() {
            if token.death.is_none() && filter(&token.holder) {
                token.death = Some(death);
                if !ended.contains(&token.holder) {
                    ended.push(token.holder.clone());
                }
            }
        }
        for holder in &ended {
            self.end_refresh(holder);
            self.given.remove(holder);
        }
        ended.sort_by(|left, right| left.user_id.cmp(&right.user_id));
        ended
    }

    fn end_refresh(&mut self, holder: &Holder) {
        for refresh in self.refresh.values_mut().filter(|refresh| refresh.holder == *holder) {
            refresh.used = true;
        }
    }

    /// Returns holders and scopes of an app's live installs, bots first.
    pub fn installs(&self, client_id: &str) -> Vec<(Holder, Vec<String>)> {
        let mut installs: Vec<(Holder, Vec<String>)> = Vec::new();
        for token in self.tokens.values() {
            let holder = &token.holder;
            if token.death.is_none()
                && holder.client_id == client_id
                && !installs.iter().any(|(known, _)| known == holder)
            {
                installs.push((holder.clone(), token.scopes.clone()));
            }
        }
        installs.sort_by(|(left, _), (right, _)| {
            (left.kind == Kind::User, &left.user_id).cmp(&(right.kind == Kind::User, &right.user_id))
        });
        installs
    }
}
