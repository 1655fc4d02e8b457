//! Grants: sealed on the way in, opened for one exchange, refreshed once however many ask.
//!
//! A refresh is single-flight twice over: inside this process by a gate per connection, across processes
//! by a claim on the row that names the grant's generation. The new grant replaces the old one only while
//! the generation is still the one that was refreshed. So a rotating refresh token is presented once.

mod app_secrets;
mod data_keys;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gangway_effects::{SharedClock, random_bytes, random_token};
use gangway_model::{
    Connection, ConnectionId, ConnectionState, ExposeSecret, Grant, SealedGrant, SecretString, Timestamp,
    UserId,
};
use gangway_oauth::{
    AccessToken, OAuthApp, OAuthClient, OAuthEndpoints, OAuthError, OAuthFacts, RevocationStyle, Revoked,
    SupplyError, TokenSupplier,
};
use gangway_store::{SealedGrantNew, Store, StoreError, UserKey};
use zeroize::Zeroizing;

use crate::apps::AppDirectory;
use crate::keyring::{KeyRing, KeyRingError};
use crate::seal::{self, CannotOpen, DataKey};
use crate::supplier::GrantSupplier;

/// A token is replaced when it has less than this left.
pub const REFRESH_AHEAD: Duration = Duration::from_secs(300);
/// How long a process may hold the claim to refresh before another may take over.
const CLAIM: Duration = Duration::from_secs(60);
/// How often a process that lost the claim looks whether the winner is done.
const CLAIM_POLL: Duration = Duration::from_millis(200);
/// How long a refusal is not believed where somebody's claim had run out before: as long as an answer travels and is saved.
const SAVING: Duration = Duration::from_secs(5);
/// How often a fresh grant is offered to the rows before it is given up as unsaveable.
const SAVE_TRIES: u32 = 20;
/// Opened data keys and access tokens kept in memory, each.
const CACHE_ENTRIES: usize = 4096;

/// What finds the OAuth facts of a connector; the registry, handed in.
pub type FactsOf = Arc<dyn Fn(&str) -> Option<&'static OAuthFacts> + Send + Sync>;

pub struct VaultOptions {
    pub store: Arc<Store>,
    pub keys: Arc<KeyRing>,
    pub oauth: OAuthClient,
    pub apps: Arc<AppDirectory>,
    pub facts: FactsOf,
    pub clock: SharedClock,
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    #[error(transparent)]
    CannotOpen(#[from] CannotOpen),
    #[error("the grant was replaced by another one meanwhile")]
    Superseded,
    #[error("the key was not derived: {0}")]
    Interrupted(String),
}

/// A grant's new state after a refresh.
#[derive(Clone, Copy, Debug)]
pub struct Refreshed {
    pub generation: i64,
    pub expires_at: Option<Timestamp>,
}

#[derive(Clone)]
pub struct Vault {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    options: VaultOptions,
    data_keys: Mutex<HashMap<UserId, DataKey>>,
    /// Data keys of app secrets, by their wrapped form.
    app_keys: Mutex<HashMap<Vec<u8>, DataKey>>,
    tokens: Mutex<HashMap<ConnectionId, CachedToken>>,
    gates: Mutex<HashMap<ConnectionId, Weak<tokio::sync::Mutex<()>>>>,
}

#[derive(Clone)]
pub(crate) struct CachedToken {
    token: AccessToken,
    expires_at: Option<Timestamp>,
}

impl Vault {
    pub fn new(options: VaultOptions) -> Self {
        let inner = Inner {
            options,
            data_keys: Mutex::default(),
            app_keys: Mutex::default(),
            tokens: Mutex::default(),
            gates: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Makes the key material of a new user: a data key, wrapped.
    pub async fn create_user_key(&self, user: &UserId) -> Result<UserKey, VaultError> {
        let data_key = Zeroizing::new(random_bytes());
        self.inner.wrap(user, &data_key).await
    }

    /// Seals bytes under a user's data key, for the place that `purpose` names.
    pub async fn seal(&self, user: &UserId, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(seal::seal(&self.inner.data_key(user).await?, &aad(user, purpose), plain))
    }

    /// Opens what [`Vault::seal`] made for the same user and purpose.
    pub async fn open(
        &self,
        user: &UserId,
        purpose: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        Ok(seal::open(&self.inner.data_key(user).await?, &aad(user, purpose), sealed)?)
    }

    /// Stores a grant that replaces generation `expected`; [`VaultError::Superseded`] when that is not the
    /// present one any more. Returns the new generation.
    pub async fn save_grant(
        &self,
        connection: &ConnectionId,
        user: &UserId,
        expected: i64,
        grant: &Grant,
    ) -> Result<i64, VaultError> {
        if !self.inner.replace_grant(connection, user, expected, grant).await? {
            return Err(VaultError::Superseded);
        }
        Ok(expected + 1)
    }

    /// Hands out access tokens for one connection.
    pub fn supplier(&self, connection: &ConnectionId) -> Arc<dyn TokenSupplier> {
        Arc::new(GrantSupplier { vault: self.clone(), connection: connection.clone() })
    }

    /// Refreshes the grant now, whatever time it has left.
    pub async fn refresh_now(&self, connection: &ConnectionId) -> Result<Refreshed, SupplyError> {
        let row = self.inner.grant_row(connection).await?;
        let fresh = self.inner.refreshed(connection, Some(row.generation)).await?;
        Ok(Refreshed { generation: fresh.token.generation, expires_at: fresh.expires_at })
    }

    /// Tells the provider that the grant is over. An error means "not confirmed": try again later.
    /// Without a grant there is nothing to tell, which counts as done.
    pub async fn revoke(&self, connection: &Connection) -> Result<Revoked, SupplyError> {
        let inner = &self.inner;
        let Some(row) = inner.options.store.sealed_grant(&connection.id).await.map_err(unavailable)? else {
            return Ok(Revoked::AlreadyDead);
        };
        let connector = connection.connector_id.as_str();
        let (facts, app, endpoints) = inner.oauth_of(connector)?;
        let grant = inner.open_grant(&row).await.map_err(unavailable)?;
        let token = match (&grant.refresh_token, facts.revocation) {
            (Some(refresh), RevocationStyle::TokenOnly | RevocationStyle::TokenAndClient) => refresh.clone(),
            // Only a living access token can speak for the grant.
            (Some(_), _) if grant.expires_at.is_some_and(|end| end <= inner.options.clock.now()) => {
                match inner.renewed_to_end(&row, &grant, facts, app, endpoints).await? {
                    Some(token) => token,
                    None => return Ok(Revoked::AlreadyDead),
                }
            }
            (_, _) => grant.access_token.clone(),
        };
        let revoked = inner.options.oauth.revoke(facts, endpoints, app, &token).await.map_err(unavailable)?;
        inner.forget(&connection.id);
        Ok(revoked)
    }

    /// The opaque stand-in for a token in the API's answers: names a generation, holds no token.
    pub async fn handle(&self, connection: &Connection, kind: &str) -> Result<String, VaultError> {
        let text = format!("{}|{kind}|{}", connection.id, connection.generation);
        let sealed = self.seal(&connection.user_id, "handle", text.as_bytes()).await?;
        Ok(format!("gwh1.{}", URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Drops what memory still holds of a user. Called when the user's rows are deleted.
    pub fn forget_user(&self, user: &UserId) {
        lock(&self.inner.data_keys).remove(user);
    }

    /// Drops the access token that memory still holds of a connection.
    pub fn forget_connection(&self, connection: &ConnectionId) {
        self.inner.forget(connection);
    }
}

impl Inner {
    /// A token that has at least [`REFRESH_AHEAD`] left.
    pub(crate) async fn current(&self, connection: &ConnectionId) -> Result<AccessToken, SupplyError> {
        if let Some(cached) = lock(&self.tokens).get(connection)
            && self.is_fresh(cached.expires_at)
        {
            return Ok(cached.token.clone());
        }
        Ok(self.refreshed(connection, None).await?.token)
    }

    /// A token newer than `refused`.
    pub(crate) async fn newer_than(
        &self,
        connection: &ConnectionId,
        refused: i64,
    ) -> Result<AccessToken, SupplyError> {
        Ok(self.refreshed(connection, Some(refused)).await?.token)
    }

    /// A living access token for a grant that is about to be revoked; `None` when the grant is dead. Apart from the
    /// other ways to a token, because a connection that is being taken apart changes its state no more.
    async fn renewed_to_end(
        &self,
        row: &SealedGrant,
        grant: &Grant,
        facts: &OAuthFacts,
        app: &OAuthApp,
        endpoints: &OAuthEndpoints,
    ) -> Result<Option<SecretString>, SupplyError> {
        let Some(refresh) = &grant.refresh_token else { return Ok(None) };
        let answer = match self.options.oauth.refresh(facts, endpoints, app, refresh).await {
            Ok(answer) => answer,
            Err(OAuthError::InvalidGrant { .. }) => {
                // Another process may have used the refresh token up a moment ago; then it is its grant that must end.
                if self.is_replaced(row).await? {
                    return Err(SupplyError::Unavailable("the grant was renewed meanwhile".to_owned()));
                }
                return Ok(None);
            }
            Err(error) => return Err(unavailable(error)),
        };
        let renewed = answer.into_grant(Some(grant));
        let token = renewed.access_token.clone();
        // Kept for the case that the provider has to be told once more; the old refresh token may be used up.
        let kept = self.replace_grant(&row.connection_id, &row.user_id, row.generation, &renewed).await;
        if !matches!(kept, Ok(true)) {
            tracing::debug!(connection = %row.connection_id, "the renewed grant is not kept");
        }
        Ok(Some(token))
    }

    /// The one way to a token: through the gate, the row, and if need be the provider.
    /// With `stale`, that generation and all before it do not count as good, however long they have left.
    async fn refreshed(
        &self,
        connection: &ConnectionId,
        stale: Option<i64>,
    ) -> Result<CachedToken, SupplyError> {
        let gate = self.gate(connection);
        let _one_at_a_time = gate.lock().await;
        loop {
            let row = self.grant_row(connection).await?;
            let newer = stale.is_none_or(|stale| row.generation > stale);
            if newer && self.is_fresh(row.expires_at) {
                return self.remember(&row).await;
            }
            let now = self.options.clock.now();
            let claim = random_token("refresh_");
            let claimed = self
                .options
                .store
                .claim_refresh(connection, row.generation, &claim, now + CLAIM, now)
                .await
                .map_err(unavailable)?;
            if !claimed {
                self.options.clock.sleep(CLAIM_POLL).await;
                continue;
            }
            match self.refresh_claimed(&row, &claim).await {
                Ok(Some(fresh)) => return Ok(fresh),
                // The row moved on meanwhile: look at it again.
                Ok(None) => continue,
                Err(error) => {
                    self.options.store.release_refresh(connection, &claim).await.map_err(unavailable)?;
                    let still_good = newer && row.expires_at.is_none_or(|end| end > self.options.clock.now());
                    if matches!(error, SupplyError::Unavailable(_)) && still_good {
                        tracing::warn!(connection = %connection, %error, "refresh ahead of expiry did not succeed");
                        return self.remember(&row).await;
                    }
                    return Err(error);
                }
            }
        }
    }

    fn oauth_of(
        &self,
        connector: &str,
    ) -> Result<(&'static OAuthFacts, &OAuthApp, &OAuthEndpoints), SupplyError> {
        let facts = (self.options.facts)(connector)
            .ok_or_else(|| SupplyError::AppRejected(format!("{connector} does not use OAuth")))?;
        let (app, endpoints) =
            self.options.apps.oauth(connector).ok_or_else(|| {
                SupplyError::AppRejected(format!("no OAuth app is configured for {connector}"))
            })?;
        Ok((facts, app, endpoints))
    }

    /// Refreshes while holding the claim. `None` when the row has a newer generation by now.
    async fn refresh_claimed(
        &self,
        row: &SealedGrant,
        claim: &str,
    ) -> Result<Option<CachedToken>, SupplyError> {
        let store = &self.options.store;
        let connection =
            store.find_connection(&row.connection_id).await.map_err(unavailable)?.ok_or_else(|| {
                SupplyError::NeedsReauth("the connection does not exist any more".to_owned())
            })?;
        let old = self.open_grant(row).await.map_err(unavailable)?;
        let Some(refresh_token) = &old.refresh_token else {
            let why = "the provider gave no refresh token, and the access token has ended";
            return self.give_up(row, claim, why).await;
        };
        let connector = connection.connector_id.as_str();
        let (facts, app, endpoints) = self.oauth_of(connector)?;
        match self.options.oauth.refresh(facts, endpoints, app, refresh_token).await {
            Ok(answer) => {
                let grant = answer.into_grant(Some(&old));
                if self.save_at_all_costs(row, &grant).await? {
                    let fresh = CachedToken {
                        token: AccessToken { secret: grant.access_token, generation: row.generation + 1 },
                        expires_at: grant.expires_at,
                    };
                    self.put_in_cache(&row.connection_id, fresh.clone());
                    return Ok(Some(fresh));
                }
                Ok(None)
            }
            Err(OAuthError::InvalidGrant { description }) => {
                let why = match description {
                    Some(text) => format!("the provider says \u{201c}{}\u{201d}", text.trim_end_matches('.')),
                    None => "the provider ended the grant".to_owned(),
                };
                if row.refresh_claimed && self.is_replaced_soon(row).await? {
                    return Ok(None);
                }
                self.give_up(row, claim, &why).await
            }
            Err(error @ OAuthError::AppRejected { .. }) => Err(SupplyError::AppRejected(error.to_string())),
            Err(error) => Err(SupplyError::Unavailable(error.to_string())),
        }
    }

    /// Whether another grant comes in place of this one within [`SAVING`]. Somebody's claim had run out before ours: if they
    /// are not dead but slow, they have used the refresh token up and are about to save what they got for it.
    async fn is_replaced_soon(&self, row: &SealedGrant) -> Result<bool, SupplyError> {
        let until = self.options.clock.now() + SAVING;
        while !self.is_replaced(row).await? {
            if self.options.clock.now() >= until {
                return Ok(false);
            }
            self.options.clock.sleep(CLAIM_POLL).await;
        }
        Ok(true)
    }

    async fn is_replaced(&self, row: &SealedGrant) -> Result<bool, SupplyError> {
        let now = self.options.store.sealed_grant(&row.connection_id).await.map_err(unavailable)?;
        Ok(now.is_some_and(|now| now.generation != row.generation))
    }

    /// Believes that a grant is dead only while the row still holds it and the claim is ours: another process may have
    /// replaced the refresh token that was just refused, or be about to. A connection that is being disconnected is not
    /// marked, but its grant is as dead.
    async fn give_up(
        &self,
        row: &SealedGrant,
        claim: &str,
        why: &str,
    ) -> Result<Option<CachedToken>, SupplyError> {
        let store = &self.options.store;
        self.forget(&row.connection_id);
        let marked = store
            .set_needs_reauth(&row.connection_id, row.generation, claim, why)
            .await
            .map_err(unavailable)?;
        if marked {
            tracing::info!(connection = %row.connection_id, "connection needs to be connected again");
            return Err(SupplyError::NeedsReauth(why.to_owned()));
        }
        let connection = store.find_connection(&row.connection_id).await.map_err(unavailable)?;
        let is_active = connection.is_some_and(|found| found.state == ConnectionState::Active);
        if is_active || self.is_replaced(row).await? {
            return Ok(None);
        }
        Err(SupplyError::NeedsReauth(why.to_owned()))
    }

    /// A rotated refresh token exists nowhere but here until it is saved: so saving is tried for long.
    async fn save_at_all_costs(&self, row: &SealedGrant, grant: &Grant) -> Result<bool, SupplyError> {
        let mut tries = 0;
        loop {
            match self.replace_grant(&row.connection_id, &row.user_id, row.generation, grant).await {
                Ok(saved) => return Ok(saved),
                Err(error) if tries < SAVE_TRIES => {
                    tries += 1;
                    tracing::error!(connection = %row.connection_id, %error, tries, "a fresh grant is not saved yet");
                    self.options.clock.sleep(Duration::from_millis(250) * tries).await;
                }
                Err(error) => return Err(SupplyError::Unavailable(error.to_string())),
            }
        }
    }

    async fn replace_grant(
        &self,
        connection: &ConnectionId,
        user: &UserId,
        expected: i64,
        grant: &Grant,
    ) -> Result<bool, VaultError> {
        let key = self.data_key(user).await?;
        let generation = expected + 1;
        let sealed = |field: &str, secret: &SecretString| {
            let aad = grant_aad(user, connection, field, generation);
            seal::seal(&key, &aad, secret.expose_secret().as_bytes())
        };
        let new = SealedGrantNew {
            access: sealed("access", &grant.access_token),
            refresh: grant.refresh_token.as_ref().map(|token| sealed("refresh", token)),
            scopes: grant.scopes.clone(),
            expires_at: grant.expires_at,
            refresh_expires_at: grant.refresh_expires_at,
        };
        let replaced = self.options.store.replace_grant(connection, expected, &new).await?;
        self.forget(connection);
        Ok(replaced)
    }

    async fn grant_row(&self, connection: &ConnectionId) -> Result<SealedGrant, SupplyError> {
        let store = &self.options.store;
        if let Some(found) = store.find_connection(connection).await.map_err(unavailable)?
            && found.state == ConnectionState::NeedsReauth
        {
            let why = found.state_reason.unwrap_or_else(|| "the grant has ended".to_owned());
            return Err(SupplyError::NeedsReauth(why));
        }
        store
            .sealed_grant(connection)
            .await
            .map_err(unavailable)?
            .ok_or_else(|| SupplyError::NeedsReauth("the connection has no grant".to_owned()))
    }

    async fn open_grant(&self, row: &SealedGrant) -> Result<Grant, VaultError> {
        let key = self.data_key(&row.user_id).await?;
        let open = |field: &str, sealed: &[u8]| -> Result<SecretString, VaultError> {
            let aad = grant_aad(&row.user_id, &row.connection_id, field, row.generation);
            let plain = seal::open(&key, &aad, sealed)?;
            Ok(std::str::from_utf8(&plain).map_err(|_| CannotOpen)?.into())
        };
        Ok(Grant {
            access_token: open("access", &row.access_token)?,
            refresh_token: row.refresh_token.as_deref().map(|sealed| open("refresh", sealed)).transpose()?,
            scopes: row.scopes.clone(),
            expires_at: row.expires_at,
            refresh_expires_at: row.refresh_expires_at,
        })
    }

    async fn remember(&self, row: &SealedGrant) -> Result<CachedToken, SupplyError> {
        let grant = self.open_grant(row).await.map_err(unavailable)?;
        let cached = CachedToken {
            token: AccessToken { secret: grant.access_token, generation: row.generation },
            expires_at: row.expires_at,
        };
        self.put_in_cache(&row.connection_id, cached.clone());
        Ok(cached)
    }

    fn is_fresh(&self, expires_at: Option<Timestamp>) -> bool {
        expires_at.is_none_or(|end| end > self.options.clock.now() + REFRESH_AHEAD)
    }

    fn put_in_cache(&self, connection: &ConnectionId, token: CachedToken) {
        let mut tokens = lock(&self.tokens);
        if tokens.len() >= CACHE_ENTRIES {
            tokens.clear();
        }
        tokens.insert(connection.clone(), token);
    }

    fn forget(&self, connection: &ConnectionId) {
        lock(&self.tokens).remove(connection);
    }

    fn gate(&self, connection: &ConnectionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = lock(&self.gates);
        if let Some(gate) = gates.get(connection).and_then(Weak::upgrade) {
            return gate;
        }
        gates.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::default();
        gates.insert(connection.clone(), Arc::downgrade(&gate));
        gate
    }
}

fn aad(user: &UserId, purpose: &str) -> String {
    format!("gangway|{user}|{purpose}")
}

fn grant_aad(user: &UserId, connection: &ConnectionId, field: &str, generation: i64) -> String {
    format!("gangway|{user}|{connection}|{field}|{generation}")
}

fn unavailable(error: impl std::fmt::Display) -> SupplyError {
    SupplyError::Unavailable(error.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no holder of the vault's locks panics")
}
