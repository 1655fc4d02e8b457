//! Open authorization requests, each good for one code.

use std::fmt;

use gangway_model::{ConnectionId, ConnectorId, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{Columns, read_all, write_json};
use crate::sql::Sql;

/// A redirect to a consent screen, to be remembered until its code comes back.
#[derive(Clone)]
pub struct NewAuthorizationRequest {
    /// SHA-256 of the state, in hex.
    pub state_hash: String,
    pub user_id: UserId,
    pub connector_id: ConnectorId,
    /// Set when an existing connection is being connected again.
    pub connection_id: Option<ConnectionId>,
    pub redirect_uri: String,
    /// Full scope names.
    pub scopes: Vec<String>,
    pub verifier_sealed: Vec<u8>,
    pub expires_at: Timestamp,
}

impl fmt::Debug for NewAuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAuthorizationRequest")
            .field("user_id", &self.user_id)
            .field("connector_id", &self.connector_id)
            .finish_non_exhaustive()
    }
}

/// A remembered request, and whether its one code was already presented.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    pub request: NewAuthorizationRequest,
    pub used: bool,
}

/// What came of taking a request.
#[derive(Clone, Debug)]
pub enum TakenRequest {
    /// It is the caller's now, and nobody's after that.
    Taken(Box<NewAuthorizationRequest>),
    NotFound,
    /// A code was presented with this state before.
    Used,
    Expired,
    /// It belongs to a user other than the one who asks.
    OtherUser,
}

const COLUMNS: &str = "state_hash, user_id, connector_id, connection_id, redirect_uri, scopes, verifier_sealed, expires_at, used";

fn read_request(row: &AnyRow) -> Result<AuthorizationRequest> {
    let request = NewAuthorizationRequest {
        state_hash: row.text("state_hash")?,
        user_id: row.id("user_id")?,
        connector_id: row.id("connector_id")?,
        connection_id: row.opt_id("connection_id")?,
        redirect_uri: row.text("redirect_uri")?,
        scopes: row.json("scopes")?,
        verifier_sealed: row.bytes("verifier_sealed")?,
        expires_at: row.time("expires_at")?,
    };
    Ok(AuthorizationRequest { request, used: row.flag("used")? })
}

impl Store {
    /// # Errors
    /// `Conflict` when the state is already in use.
    pub async fn create_authorization_request(&self, request: &NewAuthorizationRequest) -> Result<()> {
        Sql::new("INSERT INTO authorization_requests (")
            .sql(COLUMNS)
            .sql(") VALUES ")
            .rows(&[request], |request| {
                [
                    (&request.state_hash).into(),
                    (&request.user_id).into(),
                    (&request.connector_id).into(),
                    (&request.connection_id).into(),
                    (&request.redirect_uri).into(),
                    write_json(&request.scopes).into(),
                    (&request.verifier_sealed).into(),
                    request.expires_at.into(),
                    false.into(),
                ]
            })
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// Looks at a request without taking it.
    pub async fn find_authorization_request(&self, state_hash: &str) -> Result<Option<AuthorizationRequest>> {
        let row = Sql::new("SELECT ")
            .sql(COLUMNS)
            .sql(" FROM authorization_requests WHERE state_hash = ")
            .arg(state_hash)
            .first(&self.read)
            .await?;
        row.as_ref().map(read_request).transpose()
    }

    /// The requests of a user at a connector that still wait for their code, newest first.
    pub async fn list_open_authorization_requests(
        &self,
        user: &UserId,
        connector: &ConnectorId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<NewAuthorizationRequest>> {
        let rows = Sql::new("SELECT ")
            .sql(COLUMNS)
            .sql(" FROM authorization_requests WHERE used = 0 AND user_id = ")
            .arg(user)
            .sql(" AND connector_id = ")
            .arg(connector)
            .sql(" AND expires_at > ")
            .arg(now)
            .sql(" ORDER BY expires_at DESC, state_hash LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, |row| Ok(read_request(row)?.request))
    }

    /// Takes the request of a state, once: whoever comes second finds it used. With a user, only that user's
    /// request is taken; a stranger changes nothing.
    pub async fn take_authorization_request(
        &self,
        state_hash: &str,
        user: Option<&UserId>,
        now: Timestamp,
    ) -> Result<TakenRequest> {
        let taken = Sql::new("UPDATE authorization_requests SET used = 1 WHERE state_hash = ")
            .arg(state_hash)
            .sql(" AND used = 0 AND expires_at > ")
            .arg(now)
            .arg_if(" AND user_id = ", user)
            .sql(" RETURNING ")
            .sql(COLUMNS)
            .first(&self.write)
            .await?;
        if let Some(row) = taken {
            return Ok(TakenRequest::Taken(Box::new(read_request(&row)?.request)));
        }
        let Some(found) = self.find_authorization_request(state_hash).await? else {
            return Ok(TakenRequest::NotFound);
        };
        if user.is_some_and(|user| *user != found.request.user_id) {
            return Ok(TakenRequest::OtherUser);
        }
        if found.used {
            return Ok(TakenRequest::Used);
        }
        Ok(TakenRequest::Expired)
    }

    /// Forgets requests that ended before `before`; how many there were.
    pub async fn delete_expired_authorization_requests(&self, before: Timestamp) -> Result<u64> {
        Sql::new("DELETE FROM authorization_requests WHERE expires_at < ").arg(before).run(&self.write).await
    }
}

impl From<AuthorizationRequest> for NewAuthorizationRequest {
    fn from(found: AuthorizationRequest) -> Self {
        found.request
    }
}

impl TakenRequest {
    /// The request, or an error of the rows' own kinds for callers that need no finer answer.
    pub fn into_result(self) -> Result<NewAuthorizationRequest> {
        match self {
            TakenRequest::Taken(request) => Ok(*request),
            TakenRequest::NotFound | TakenRequest::OtherUser => Err(StoreError::NotFound),
            TakenRequest::Used => Err(StoreError::conflict("the state was already used")),
            TakenRequest::Expired => Err(StoreError::conflict("the state has expired")),
        }
    }
}
