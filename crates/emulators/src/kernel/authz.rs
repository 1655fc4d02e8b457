//! Building blocks of an authorization server: clients, codes, PKCE, grants, tokens, revocation.
//!
//! Providers decide texts and lifetimes; this file keeps the books.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::secret::{pkce_s256, random_token, same_secret};

/// A client registration.
#[derive(Clone, Serialize, Deserialize)]
pub struct OAuthClient {
    pub client_id: String,
    pub client_secret: String,
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OAuthClient")
            .field("client_id", &self.client_id)
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}

/// How a PKCE verifier is compared with its challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PkceMethod {
    S256,
    Plain,
}

/// The challenge of an authorization request.
#[derive(Debug, Clone)]
pub struct Pkce {
    pub challenge: String,
    pub method: PkceMethod,
}

/// What an authorization code stands for.
#[derive(Debug, Clone)]
pub struct CodeGrant {
    pub client_id: String,
    pub subject: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub pkce: Option<Pkce>,
    pub nonce: Option<String>,
    /// Whether redeeming the code yields a refresh token.
    pub with_refresh: bool,
    pub expires_at_ms: i64,
}

/// Why a code was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeRefusal {
    Unknown,
    Used,
    Expired,
    WrongClient,
    WrongRedirect,
    VerifierMissing,
    VerifierWrong,
}

/// A live key to the API.
#[derive(Debug, Clone)]
pub struct AccessToken {
    pub subject: String,
    pub client_id: String,
    pub scopes: Arc<[String]>,
    pub expires_at_ms: i64,
}

/// A key to new access tokens.
#[derive(Debug, Clone)]
pub struct RefreshToken {
    pub subject: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub issued_at_ms: i64,
    pub last_used_ms: i64,
    pub expires_at_ms: Option<i64>,
}

/// What a user has given to a client so far.
#[derive(Debug, Clone, Serialize)]
pub struct Grant {
    pub subject: String,
    pub client_id: String,
    pub scopes: BTreeSet<String>,
    pub granted_at_ms: i64,
    /// Whether a refresh token was ever issued under this grant.
    pub refresh_issued: bool,
}

/// The books of an authorization server.
#[derive(Default)]
pub struct Authz {
    inner: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    clients: BTreeMap<String, OAuthClient>,
    codes: HashMap<String, (CodeGrant, bool)>,
    access: HashMap<String, AccessToken>,
    refresh: HashMap<String, RefreshToken>,
    grants: BTreeMap<(String, String), Grant>,
}

impl Authz {
    pub fn add_client(&self, client: OAuthClient) {
        self.lock().clients.insert(client.client_id.clone(), client);
    }

    pub fn remove_client(&self, client_id: &str) -> bool {
        self.lock().clients.remove(client_id).is_some()
    }

    /// Registers another redirect URI; false when the client is unknown.
    pub fn add_redirect_uri(&self, client_id: &str, redirect_uri: &str) -> bool {
        let mut books = self.lock();
        let Some(client) = books.clients.get_mut(client_id) else {
            return false;
        };
        if !client.redirect_uris.iter().any(|known| known == redirect_uri) {
            client.redirect_uris.push(redirect_uri.to_owned());
        }
        true
    }

    pub fn find_client(&self, client_id: &str) -> Option<OAuthClient> {
        self.lock().clients.get(client_id).cloned()
    }

    pub fn list_clients(&self) -> Vec<OAuthClient> {
        self.lock().clients.values().cloned().collect()
    }

    /// Issues a code; `prefix` carries the provider's habit.
    pub fn issue_code(&self, prefix: &str, grant: CodeGrant) -> String {
        let code = random_token(prefix, 48);
        self.lock().codes.insert(code.clone(), (grant, false));
        code
    }

    /// Takes a code out of circulation and checks everything that was bound to it.
    pub fn redeem_code(
        &self,
        code: &str,
        client_id: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        now_ms: i64,
    ) -> Result<CodeGrant, CodeRefusal> {
        let mut books = self.lock();
        let (grant, used) = books.codes.get_mut(code).ok_or(CodeRefusal::Unknown)?;
        if grant.client_id != client_id {
            return Err(CodeRefusal::WrongClient);
        }
        if *used {
            return Err(CodeRefusal::Used);
        }
        if now_ms >= grant.expires_at_ms {
            return Err(CodeRefusal::Expired);
        }
        if redirect_uri != Some(grant.redirect_uri.as_str()) {
            return Err(CodeRefusal::WrongRedirect);
        }
        if let Some(pkce) = &grant.pkce {
            let verifier = verifier.ok_or(CodeRefusal::VerifierMissing)?;
            let answer = match pkce.method {
                PkceMethod::S256 => pkce_s256(verifier),
                PkceMethod::Plain => verifier.to_owned(),
            };
            if !same_secret(&answer, &pkce.challenge) {
                return Err(CodeRefusal::VerifierWrong);
            }
        }
        *used = true;
        Ok(grant.clone())
    }

    /// Issues an access token.
    pub fn issue_access(&self, prefix: &str, token: AccessToken) -> String {
        let text = random_token(prefix, 60);
        self.lock().access.insert(text.clone(), token);
        text
    }

    /// Issues a refresh token and notes on the grant that one was issued.
    pub fn issue_refresh(&self, prefix: &str, token: RefreshToken) -> String {
        let text = random_token(prefix, 60);
        let mut books = self.lock();
        let key = (token.subject.clone(), token.client_id.clone());
        if let Some(grant) = books.grants.get_mut(&key) {
            grant.refresh_issued = true;
        }
        books.refresh.insert(text.clone(), token);
        text
    }

    /// Returns a live access token.
    pub fn find_access(&self, text: &str, now_ms: i64) -> Option<AccessToken> {
        self.lock().access.get(text).filter(|token| now_ms < token.expires_at_ms).cloned()
    }

    /// Returns a live refresh token of this client and notes its use.
    pub fn use_refresh(&self, text: &str, client_id: &str, now_ms: i64) -> Option<RefreshToken> {
        let mut books = self.lock();
        let token = books.refresh.get_mut(text)?;
        let expired = token.expires_at_ms.is_some_and(|end| now_ms >= end);
        if expired || token.client_id != client_id {
            return None;
        }
        token.last_used_ms = now_ms;
        Some(token.clone())
    }

    /// Drops the oldest refresh tokens of a user and client until at most `keep` are left.
    pub fn evict_refresh(&self, subject: &str, client_id: &str, keep: usize) {
        let mut books = self.lock();
        let mut live: Vec<(i64, String)> = books
            .refresh
            .iter()
            .filter(|(_, token)| token.subject == subject && token.client_id == client_id)
            .map(|(text, token)| (token.issued_at_ms, text.clone()))
            .collect();
        live.sort();
        let surplus = live.len().saturating_sub(keep);
        for (_, text) in live.into_iter().take(surplus) {
            books.refresh.remove(&text);
        }
    }

    /// Adds scopes to what a user has given to a client.
    pub fn record_grant(&self, subject: &str, client_id: &str, scopes: &[String], now_ms: i64) {
        let mut books = self.lock();
        let grant = books.grants.entry((subject.to_owned(), client_id.to_owned())).or_insert_with(|| Grant {
            subject: subject.to_owned(),
            client_id: client_id.to_owned(),
            scopes: BTreeSet::new(),
            granted_at_ms: now_ms,
            refresh_issued: false,
        });
        grant.scopes.extend(scopes.iter().cloned());
    }

    pub fn find_grant(&self, subject: &str, client_id: &str) -> Option<Grant> {
        self.lock().grants.get(&(subject.to_owned(), client_id.to_owned())).cloned()
    }

    pub fn list_grants(&self) -> Vec<Grant> {
        self.lock().grants.values().cloned().collect()
    }

    /// Says whom an access or refresh token belongs to, as (subject, client id).
    pub fn find_owner(&self, text: &str) -> Option<(String, String)> {
        let books = self.lock();
        if let Some(token) = books.refresh.get(text) {
            return Some((token.subject.clone(), token.client_id.clone()));
        }
        books.access.get(text).map(|token| (token.subject.clone(), token.client_id.clone()))
    }

    /// Ends one access or refresh token; the grant and its other tokens stay.
    pub fn remove_token(&self, text: &str) -> bool {
        let mut books = self.lock();
        let access = books.access.remove(text).is_some();
        books.refresh.remove(text).is_some() || access
    }

    /// Ends a grant: scopes, codes and every token of that user and client.
    pub fn revoke_grant(&self, subject: &str, client_id: &str) -> bool {
        let mut books = self.lock();
        books.access.retain(|_, token| token.subject != subject || token.client_id != client_id);
        books.refresh.retain(|_, token| token.subject != subject || token.client_id != client_id);
        books.codes.retain(|_, (code, _)| code.subject != subject || code.client_id != client_id);
        books.grants.remove(&(subject.to_owned(), client_id.to_owned())).is_some()
    }

    /// Ends every grant of a user and returns how many there were.
    pub fn revoke_all(&self, subject: &str) -> usize {
        let clients: Vec<String> = self
            .list_grants()
            .into_iter()
            .filter(|grant| grant.subject == subject)
            .map(|grant| grant.client_id)
            .collect();
        clients.iter().filter(|client| self.revoke_grant(subject, client)).count()
    }

    /// Makes every access token expire now; refresh tokens stay.
    pub fn expire_access_tokens(&self) -> usize {
        let mut books = self.lock();
        let count = books.access.len();
        books.access.clear();
        count
    }

    /// Drops refresh tokens not used since a moment.
    pub fn drop_idle_refresh(&self, unused_since_ms: i64) {
        self.lock().refresh.retain(|_, token| token.last_used_ms >= unused_since_ms);
    }

    /// Forgets codes, tokens and grants; clients stay.
    pub fn reset(&self) {
        let mut books = self.lock();
        let clients = std::mem::take(&mut books.clients);
        *books = Books { clients, ..Books::default() };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Books> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_for(authz: &Authz, pkce: Option<Pkce>) -> String {
        authz.issue_code(
            "4/0A",
            CodeGrant {
                client_id: "client".into(),
                subject: "ada@example.com".into(),
                redirect_uri: "http://localhost/cb".into(),
                scopes: vec![],
                pkce,
                nonce: None,
                with_refresh: true,
                expires_at_ms: 100,
            },
        )
    }

    #[test]
    fn a_code_works_once_in_time_and_for_its_client() {
        let authz = Authz::default();
        let redirect = Some("http://localhost/cb");
        let code = code_for(&authz, None);
        let redeem = |client, uri, now| authz.redeem_code(&code, client, uri, None, now).err();
        assert_eq!(redeem("other", redirect, 0), Some(CodeRefusal::WrongClient));
        assert_eq!(redeem("client", Some("http://localhost/cb/"), 0), Some(CodeRefusal::WrongRedirect));
        assert_eq!(redeem("client", redirect, 100), Some(CodeRefusal::Expired));
        assert_eq!(redeem("client", redirect, 99), None);
        assert_eq!(redeem("client", redirect, 99), Some(CodeRefusal::Used));
    }

    #[test]
    fn pkce_is_checked() {
        let authz = Authz::default();
        let redirect = Some("http://localhost/cb");
        let pkce = Pkce { challenge: pkce_s256("right"), method: PkceMethod::S256 };
        let code = code_for(&authz, Some(pkce));
        let redeem = |verifier| authz.redeem_code(&code, "client", redirect, verifier, 0).err();
        assert_eq!(redeem(None), Some(CodeRefusal::VerifierMissing));
        assert_eq!(redeem(Some("wrong")), Some(CodeRefusal::VerifierWrong));
        assert_eq!(redeem(Some("right")), None);
    }
}
