//! Sessions of browsers: a page shows a token once, and from then on a secret of its own.
//!
//! A session is kept as two hashes: of its secret, and of what signed in. Whoever calls by session is looked up by
//! the second one as if the token itself had been sent, so a token that is deleted or past its end, a user who is
//! deleted and an admin key that was replaced end their sessions in the same moment.

use std::time::Duration;

use gangway_effects::random_token;
use gangway_model::{ExposeSecret, SecretString, Timestamp, User};
use serde_json::json;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::secret_hash::SecretHash;

/// How long a user stays signed in.
pub const USER_SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long an operator stays signed in.
pub const ADMIN_SESSION: Duration = Duration::from_secs(12 * 3600);

/// What a caller shows.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A user token, or the admin key.
    Token(SecretString),
    /// The secret of a browser's session.
    Session(SecretString),
}

/// Whom a session acts as.
#[derive(Clone, Debug)]
pub enum SignedIn {
    User(Box<User>),
    Admin,
}

/// A session just started: the only moment its secret exists outside the browser.
#[derive(Debug)]
pub struct StartedSession {
    pub secret: SecretString,
    pub lifetime: Duration,
    pub expires_at: Timestamp,
    pub who: SignedIn,
}

/// What calls that change something show beside the session, to prove that a page of ours makes them: it follows from
/// the session's secret, which no page can read, and does not give it away.
pub fn csrf_token(session: &SecretString) -> String {
    SecretHash::of(&format!("csrf {}", session.expose_secret())).to_hex()
}

/// Whether `shown` is the session's, compared in constant time.
pub fn is_csrf_token(session: &SecretString, shown: &str) -> bool {
    SecretHash::of(&csrf_token(session)).matches(&SecretHash::of(shown))
}

impl App {
    /// Signs a browser in with a user token or the admin key. `before` is the session it had, which ends.
    pub async fn start_session(
        &self,
        token: &SecretString,
        before: Option<&SecretString>,
    ) -> AppResult<StartedSession> {
        let signed_in = SecretHash::of(token.expose_secret());
        let who = self.whom(&signed_in).await?;
        let lifetime = match who {
            SignedIn::User(_) => USER_SESSION,
            SignedIn::Admin => ADMIN_SESSION,
        };
        let secret = SecretString::from(random_token("gws_"));
        let expires_at = self.now() + lifetime;
        let hash = SecretHash::of(secret.expose_secret()).to_hex();
        self.store.create_session(&hash, &signed_in.to_hex(), expires_at).await?;
        if let Some(before) = before {
            self.store.delete_session(&SecretHash::of(before.expose_secret()).to_hex()).await?;
        }
        self.append_session_deed("sign_in", &who).await?;
        Ok(StartedSession { secret, lifetime, expires_at, who })
    }

    /// Whom a session acts as, and until when.
    pub async fn get_session(&self, session: &SecretString) -> AppResult<(SignedIn, Timestamp)> {
        let (signed_in, expires_at) = self.open_session(session).await?;
        Ok((self.whom(&signed_in).await?, expires_at))
    }

    /// Signs a browser out. One that is not signed in any more is signed out.
    pub async fn end_session(&self, session: &SecretString) -> AppResult<()> {
        let who = match self.get_session(session).await {
            Ok((who, _)) => Some(who),
            Err(error) if matches!(error.code, Code::Unauthorized | Code::UserDisabled) => None,
            Err(error) => return Err(error),
        };
        self.store.delete_session(&SecretHash::of(session.expose_secret()).to_hex()).await?;
        match who {
            Some(who) => self.append_session_deed("sign_out", &who).await,
            None => Ok(()),
        }
    }

    /// The hash that stands for a caller: of the token shown, or of the one behind the session.
    pub(crate) async fn hash_behind(&self, credential: &Credential) -> AppResult<SecretHash> {
        match credential {
            Credential::Token(token) => Ok(SecretHash::of(token.expose_secret())),
            Credential::Session(session) => self.hash_behind_session(session).await,
        }
    }

    /// The hash of the token or key that signed a session in.
    pub(crate) async fn hash_behind_session(&self, session: &SecretString) -> AppResult<SecretHash> {
        Ok(self.open_session(session).await?.0)
    }

    async fn open_session(&self, session: &SecretString) -> AppResult<(SecretHash, Timestamp)> {
        let hash = SecretHash::of(session.expose_secret()).to_hex();
        let found = self.store.find_session(&hash, self.now()).await?;
        let known = found.and_then(|(signed_in, ends)| Some((SecretHash::from_hex(&signed_in)?, ends)));
        known.ok_or_else(|| AppError::new(Code::Unauthorized, "this session has ended: sign in again"))
    }

    async fn whom(&self, signed_in: &SecretHash) -> AppResult<SignedIn> {
        if self.is_admin_key(signed_in) {
            return Ok(SignedIn::Admin);
        }
        Ok(SignedIn::User(Box::new(self.user_behind(signed_in).await?)))
    }

    async fn append_session_deed(&self, deed: &str, who: &SignedIn) -> AppResult<()> {
        let (user, role) = match who {
            SignedIn::User(user) => (Some(&user.id), "user"),
            SignedIn::Admin => (None, "admin"),
        };
        Ok(self.store.append_audit(user, deed, &json!({ "as": role })).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csrf_token_belongs_to_one_session_and_is_not_its_stored_hash() {
        let (one, other) = (SecretString::from("gws_one"), SecretString::from("gws_other"));
        let token = csrf_token(&one);
        assert!(is_csrf_token(&one, &token));
        assert!(
            !is_csrf_token(&other, &token) && !is_csrf_token(&one, "") && !is_csrf_token(&one, &token[1..])
        );
        assert_ne!(token, SecretHash::of("gws_one").to_hex(), "whoever reads the rows cannot make one");
    }
}
