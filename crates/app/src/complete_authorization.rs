//! Completes an authorization: one-time state, code for grant, who granted it, and the connection stored.

use std::sync::Arc;

use async_trait::async_trait;
use gangway_connector::Descriptor;
use gangway_model::{Account, Connection, ConnectionId, ConnectionState, Grant, SecretString, User};
use gangway_oauth::{
    AccessToken, OAuthApp, OAuthEndpoints, OAuthError, OAuthFacts, SupplyError, TokenSupplier, missing_scopes,
};
use gangway_store::{NewAuthorizationRequest, NewConnection, TakenRequest};
use gangway_sync::payload;
use gangway_vault::VaultError;
use serde_json::json;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::secret_hash::SecretHash;
use crate::start_authorization::verifier_purpose;

#[derive(Debug)]
pub struct CompleteAuthorization {
    pub code: SecretString,
    /// May be left out only while exactly one authorization of this user and connector is open.
    pub state: Option<String>,
    /// When given, must be the one the authorization was started with.
    pub redirect_uri: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub struct CompletedAuthorization {
    pub connection: Connection,
    /// Seconds the access token has left, when the provider told.
    pub expires_in: Option<i64>,
    /// Sealed stand-ins: no token in them.
    pub access_handle: String,
    pub refresh_handle: Option<String>,
    /// What was asked for and not granted.
    pub missing_scopes: Vec<String>,
}

/// How often a grant is offered to a connection that a refresh changes at the same moment.
const SAVE_TRIES: usize = 5;

impl App {
    /// Exchanges the code and stores the grant. The state is used up whatever comes of the exchange; a
    /// request that does not fit (foreign, expired, used, of another connector) changes nothing.
    pub async fn complete_authorization(
        &self,
        user: &User,
        connector_id: &str,
        request: CompleteAuthorization,
    ) -> AppResult<CompletedAuthorization> {
        let connector = self.usable_connector(user, connector_id)?;
        let descriptor = connector.descriptor();
        let (Some(facts), Some((app, endpoints))) = (descriptor.oauth, self.apps.oauth(descriptor.id)) else {
            let message = format!("{} needs no authorization: use it right away", descriptor.name);
            return Err(AppError::unsupported(descriptor, message));
        };
        let server = Server { descriptor, facts, endpoints, app };
        let open = self.open_request(user, descriptor, &request).await?;
        let taken =
            self.store.take_authorization_request(&open.state_hash, Some(&user.id), self.now()).await?;
        let TakenRequest::Taken(asked) = taken else { return Err(bad_state()) };
        let grant = self.exchange(&server, &asked, &request.code).await?;
        // A grant that is not kept is not revoked either: some providers end every grant of an account and app
        // at once, and that would end a connection that works.
        let saved = self.connect(user, &server, &grant).await?;
        let missing = missing_scopes(facts, &asked.scopes, &grant.scopes);
        let details = json!({
            "connector_id": descriptor.id, "connection_id": saved.id, "scopes": grant.scopes,
        });
        self.store.append_audit(Some(&user.id), "connect", &details).await?;
        self.look_again(&saved.id).await?;
        Ok(CompletedAuthorization {
            expires_in: saved.expires_at.map(|end| (end - self.now()).num_seconds().max(0)),
            access_handle: self.vault.handle(&saved, "access").await?,
            refresh_handle: match grant.refresh_token {
                Some(_) => Some(self.vault.handle(&saved, "refresh").await?),
                None => None,
            },
            missing_scopes: missing,
            connection: saved,
        })
    }

    /// Completes on behalf of whoever holds the state: for our own callback page, which knows no token.
    pub async fn complete_from_callback(
        &self,
        code: SecretString,
        state: String,
    ) -> AppResult<CompletedAuthorization> {
        let Some(found) = self.find_open_callback(&state).await? else { return Err(bad_state()) };
        let request = CompleteAuthorization { code, state: Some(state), redirect_uri: None };
        self.complete_authorization(&found.user, found.descriptor.id, request).await
    }

    /// Finds the authorization that is meant and checks everything that it is bound to.
    async fn open_request(
        &self,
        user: &User,
        descriptor: &Descriptor,
        request: &CompleteAuthorization,
    ) -> AppResult<NewAuthorizationRequest> {
        let found = match &request.state {
            Some(state) => {
                let hash = SecretHash::of(state).to_hex();
                self.store.find_authorization_request(&hash).await?.map(|found| found.request)
            }
            None => {
                let (id, now) = (descriptor.id.into(), self.now());
                let mut open = self.store.list_open_authorization_requests(&user.id, &id, now, 2).await?;
                match open.len() {
                    0 | 1 => open.pop(),
                    _ => {
                        let message = "several authorizations are open: say which by its state";
                        return Err(AppError::invalid("state", message));
                    }
                }
            }
        };
        let found = found.ok_or_else(bad_state)?;
        if found.user_id != user.id || found.connector_id.as_str() != descriptor.id {
            return Err(bad_state());
        }
        if request.redirect_uri.as_ref().is_some_and(|uri| *uri != found.redirect_uri) {
            let message = "this is not the redirect_uri that the authorization was started with";
            return Err(AppError::new(Code::InvalidGrant, message));
        }
        Ok(found)
    }

    async fn exchange(
        &self,
        server: &Server<'_>,
        asked: &NewAuthorizationRequest,
        code: &SecretString,
    ) -> AppResult<Grant> {
        let purpose = verifier_purpose(&asked.state_hash);
        let verifier = self.vault.open(&asked.user_id, &purpose, &asked.verifier_sealed).await?;
        let verifier = std::str::from_utf8(&verifier).map_err(AppError::internal)?.into();
        let Server { descriptor, facts, endpoints, app } = server;
        let answer = self
            .oauth
            .exchange(facts, endpoints, app, code, &asked.redirect_uri, &verifier)
            .await
            .map_err(|error| refused(descriptor, error))?;
        let mut grant = answer.into_grant(None);
        if grant.scopes.is_empty() {
            // RFC 6749 §5.1: no scopes in the answer means that all were granted as asked.
            grant.scopes = asked.scopes.clone();
        }
        let reads_files =
            grant.scopes.iter().any(|scope| facts.find_scope(scope).is_none_or(|fact| !fact.identity));
        if !reads_files {
            let message = format!("nothing that was granted allows reading files from {}", descriptor.name);
            return Err(AppError::new(Code::InvalidScope, message));
        }
        Ok(grant)
    }

    /// Asks who granted this, and stores the connection. The same account keeps its connection.
    async fn connect(&self, user: &User, server: &Server<'_>, grant: &Grant) -> AppResult<Connection> {
        let descriptor = server.descriptor;
        let account = self.account_behind(descriptor, grant).await?;
        let known = self.store.find_connections(&user.id, Some(&descriptor.id.into())).await?;
        let same = known.iter().find(|connection| connection.account.id == account.id);
        if same.is_some_and(|connection| connection.state == ConnectionState::Disconnecting) {
            let message =
                format!("this {} account is being disconnected: try again in a moment", descriptor.name);
            return Err(AppError::new(Code::Conflict, message).with("retry_after", 5));
        }
        let new = NewConnection { user_id: user.id.clone(), connector_id: descriptor.id.into(), account };
        let mut connection = self.store.upsert_connection(&new).await?;
        for _ in 0..SAVE_TRIES {
            match self.vault.save_grant(&connection.id, &user.id, connection.generation, grant).await {
                Ok(_) => {
                    self.store.note_consent(&connection.id).await?;
                    return self.reread(&connection).await;
                }
                Err(VaultError::Superseded) => connection = self.reread(&connection).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Superseded.into())
    }

    /// Whatever was chosen through this connection is due: after a reconnect it may have waited for long. Pushes are
    /// asked for anew, since those asked for with the grant before may have ended with it.
    async fn look_again(&self, connection: &ConnectionId) -> AppResult<()> {
        let now = self.now();
        for old in self.store.list_by_connection(connection).await? {
            self.store.mark_stopping(&old.subscription.id).await?;
        }
        // What one grant was told to wait for is no matter of the next.
        self.store.enqueue(&payload::follow(connection, now).ending_a_pause()).await?;
        self.store.enqueue(&payload::subscriptions(connection, now).ending_a_pause()).await?;
        self.engine.wake();
        Ok(())
    }

    async fn reread(&self, connection: &Connection) -> AppResult<Connection> {
        let found = self.store.find_connection(&connection.id).await?;
        found.ok_or_else(|| AppError::new(Code::Conflict, "the connection was removed meanwhile"))
    }

    async fn account_behind(&self, descriptor: &'static Descriptor, grant: &Grant) -> AppResult<Account> {
        let token = AccessToken { secret: grant.access_token.clone(), generation: 0 };
        let source = self
            .opener
            .open_with(descriptor.id, &ConnectionId::fresh(), Arc::new(FreshToken { token }))
            .map_err(|reason| AppError::new(Code::ConnectorUnavailable, reason.message))?;
        source
            .account()
            .await
            .map_err(|error| AppError::from_connector(descriptor, "tell the account at", error))
    }
}

/// The authorization server of one connector.
struct Server<'a> {
    descriptor: &'static Descriptor,
    facts: &'static OAuthFacts,
    endpoints: &'a OAuthEndpoints,
    app: &'a OAuthApp,
}

/// Hands out the token of a grant that is not stored yet.
struct FreshToken {
    token: AccessToken,
}

#[async_trait]
impl TokenSupplier for FreshToken {
    async fn access_token(&self) -> Result<AccessToken, SupplyError> {
        Ok(self.token.clone())
    }

    async fn replace(&self, _refused: &AccessToken) -> Result<AccessToken, SupplyError> {
        Err(SupplyError::NeedsReauth("the provider refused the token it had just given".to_owned()))
    }
}

/// One answer for unknown, used, expired and foreign states: none of them tells anything.
pub(crate) fn bad_state() -> AppError {
    let message = "this authorization is unknown, expired or was completed before: start again";
    AppError::new(Code::InvalidGrant, message)
}

fn refused(descriptor: &Descriptor, error: OAuthError) -> AppError {
    let name = descriptor.name;
    let answer = match &error {
        OAuthError::InvalidGrant { .. } => AppError::new(
            Code::InvalidGrant,
            format!("{name} does not accept this authorization code: start again"),
        ),
        OAuthError::InvalidScope { .. } => {
            AppError::new(Code::InvalidScope, format!("{name} does not grant these scopes"))
        }
        OAuthError::Denied { .. } => {
            AppError::new(Code::AccessDenied, format!("access to {name} was denied"))
        }
        OAuthError::AppRejected { .. } => {
            let message = format!("{name} does not accept this server's OAuth app: tell the operator");
            AppError::new(Code::ConnectorError, message).with("error_type", "app_rejected")
        }
        OAuthError::AddressRefused { message } => {
            AppError::new(Code::ConnectorError, format!("{name} cannot be asked: {message}"))
                .with("error_type", "address_refused")
        }
        OAuthError::Temporarily { after, .. } => {
            let seconds = after.map_or(5, |wait| wait.as_secs().max(1));
            AppError::new(Code::ConnectorError, format!("{name} cannot complete the authorization right now"))
                .with("error_type", "temporarily_unavailable")
                .with("retry_after", seconds)
        }
        OAuthError::Malformed { .. } => {
            AppError::new(Code::ConnectorError, format!("{name} gave an answer that makes no sense"))
                .with("error_type", "malformed_answer")
        }
    };
    answer.with("connector_id", descriptor.id).because(error)
}
