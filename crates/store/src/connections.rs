//! Connections: one person's links through connectors.

use gangway_model::{Account, Connection, ConnectionId, ConnectionState, ConnectorId, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::error::{Result, StoreError};
use crate::orphans;
use crate::row::{Columns, read_all, write_json};
use crate::sql::Sql;
use crate::{NewTask, Store};

/// Whose account at which connector.
#[derive(Clone, Debug)]
pub struct NewConnection {
    pub user_id: UserId,
    pub connector_id: ConnectorId,
    pub account: Account,
}

const CONNECTION: &str = "SELECT id, user_id, connector_id, account_id, account_email, account_name, account_workspace, \
     state, state_reason, scopes, expires_at, generation, connected_at, consented_at, last_sync_at FROM connections";

/// The connector whose connection every user has without asking anybody.
const LOCAL: &str = "local_upload";

/// `id` is the name of the id's column, which another table's may stand beside.
pub(crate) fn read_connection(row: &AnyRow, id: &str) -> Result<Connection> {
    Ok(Connection {
        id: row.id(id)?,
        user_id: row.id("user_id")?,
        connector_id: row.id("connector_id")?,
        account: Account {
            id: row.text("account_id")?,
            email: row.opt_text("account_email")?,
            name: row.opt_text("account_name")?,
            workspace: row.opt_text("account_workspace")?,
        },
        state: row.word("state", ConnectionState::parse)?,
        state_reason: row.opt_text("state_reason")?,
        scopes: row.json("scopes")?,
        expires_at: row.opt_time("expires_at")?,
        generation: row.int("generation")?,
        connected_at: row.time("connected_at")?,
        consented_at: row.opt_time("consented_at")?.map_or_else(|| row.time("connected_at"), Ok)?,
        last_sync_at: row.opt_time("last_sync_at")?,
    })
}

impl Store {
    /// Any user's connection: for the engine.
    pub async fn find_connection(&self, id: &ConnectionId) -> Result<Option<Connection>> {
        let row = Sql::new(CONNECTION).sql(" WHERE id = ").arg(id).first(&self.read).await?;
        row.as_ref().map(|row| read_connection(row, "id")).transpose()
    }

    /// The user's own connection.
    pub async fn get_connection(&self, user: &UserId, id: &ConnectionId) -> Result<Connection> {
        let row = Sql::new(CONNECTION).sql(" WHERE id = ").arg(id).sql(" AND user_id = ").arg(user);
        read_connection(&row.first(&self.read).await?.ok_or(StoreError::NotFound)?, "id")
    }

    /// A user's connections, the oldest first: of one connector, the first is the default.
    pub async fn find_connections(
        &self,
        user: &UserId,
        connector: Option<&ConnectorId>,
    ) -> Result<Vec<Connection>> {
        let rows = Sql::new(CONNECTION)
            .sql(" WHERE user_id = ")
            .arg(user)
            .arg_if(" AND connector_id = ", connector)
            .sql(" ORDER BY connected_at, id")
            .all(&self.read)
            .await?;
        read_all(rows, |row| read_connection(row, "id"))
    }

    /// Makes the connection of an account, or finds the one that is there: a reconnect keeps its id, and so
    /// its cursors and files. A new one needs reauthorization until its first grant is stored.
    ///
    /// # Errors
    /// `Conflict` while the account's old connection is being taken apart, or when the user is gone.
    pub async fn upsert_connection(&self, new: &NewConnection) -> Result<Connection> {
        self.upsert(new, ConnectionState::NeedsReauth, Some("connecting was not completed")).await
    }

    /// The user's connection for uploads; made when it is absent.
    pub async fn ensure_local_connection(&self, user: &UserId) -> Result<Connection> {
        let connector_id = ConnectorId::from(LOCAL);
        if let Some(found) = self.find_connections(user, Some(&connector_id)).await?.into_iter().next() {
            return Ok(found);
        }
        let account = Account { id: user.to_string(), ..Account::default() };
        let new = NewConnection { user_id: user.clone(), connector_id, account };
        self.upsert(&new, ConnectionState::Active, None).await
    }

    async fn upsert(
        &self,
        new: &NewConnection,
        state: ConnectionState,
        reason: Option<&str>,
    ) -> Result<Connection> {
        let row = Sql::new(
            "INSERT INTO connections (id, user_id, connector_id, account_id, account_email, account_name, \
             account_workspace, state, state_reason, scopes, generation, connected_at) VALUES ",
        )
        .rows(&[new], |new| {
            [
                (&ConnectionId::fresh()).into(),
                (&new.user_id).into(),
                (&new.connector_id).into(),
                (&new.account.id).into(),
                (&new.account.email).into(),
                (&new.account.name).into(),
                (&new.account.workspace).into(),
                state.as_str().into(),
                reason.into(),
                write_json::<[String]>(&[]).into(),
                0_i64.into(),
                self.now().into(),
            ]
        })
        .sql(
            " ON CONFLICT (user_id, connector_id, account_id) DO UPDATE SET \
             account_email = excluded.account_email, account_name = excluded.account_name, \
             account_workspace = excluded.account_workspace \
             WHERE connections.state <> 'disconnecting' RETURNING id",
        )
        .first(&self.write)
        .await?;
        let row = row.ok_or(StoreError::conflict("the connection is being taken apart"))?;
        self.find_connection(&row.id("id")?).await?.ok_or(StoreError::NotFound)
    }

    /// Notes that a person has consented to a connection, for the first time or again.
    pub async fn note_consent(&self, id: &ConnectionId) -> Result<()> {
        Sql::new("UPDATE connections SET consented_at = ")
            .arg(self.now())
            .sql(" WHERE id = ")
            .arg(id)
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// Says what state a connection is in and why. A connection that is being taken apart stays so: then, and
    /// for an unknown one, the answer is false.
    pub async fn set_connection_state(
        &self,
        id: &ConnectionId,
        state: ConnectionState,
        reason: Option<&str>,
    ) -> Result<bool> {
        let changed = Sql::new("UPDATE connections SET state = ")
            .arg(state.as_str())
            .sql(", state_reason = ")
            .arg(reason)
            .sql(" WHERE id = ")
            .arg(id)
            .sql_if(state != ConnectionState::Disconnecting, " AND state <> 'disconnecting'")
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Says that a grant is dead, for the holder `by` of the claim to refresh it. False, and nothing changes, when the grant
    /// has been replaced since `generation` was read, or somebody else holds the claim by now.
    pub async fn set_needs_reauth(
        &self,
        id: &ConnectionId,
        generation: i64,
        by: &str,
        reason: &str,
    ) -> Result<bool> {
        let changed = Sql::new("UPDATE connections SET state = 'needs_reauth', state_reason = ")
            .arg(reason)
            .sql(" WHERE state = 'active' AND id = ")
            .arg(id)
            .sql(" AND generation = ")
            .arg(generation)
            .sql(" AND refreshing_by = ")
            .arg(by)
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Starts taking a connection of the user apart: no new work begins on it, and `task` does the rest.
    pub async fn start_disconnect(&self, user: &UserId, id: &ConnectionId, task: &NewTask) -> Result<()> {
        let mut tx = self.begin().await?;
        let changed =
            Sql::new("UPDATE connections SET state = 'disconnecting', state_reason = NULL WHERE id = ")
                .arg(id)
                .sql(" AND user_id = ")
                .arg(user)
                .run(&mut *tx)
                .await?;
        if changed == 0 {
            return Err(StoreError::NotFound);
        }
        crate::queue::enqueue_in(&mut tx, task, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    pub async fn touch_synced(&self, id: &ConnectionId, at: Timestamp) -> Result<()> {
        Sql::new("UPDATE connections SET last_sync_at = ")
            .arg(at)
            .sql(" WHERE id = ")
            .arg(id)
            .run(&self.write)
            .await?;
        Ok(())
    }

    pub async fn touch_polled(&self, id: &ConnectionId, at: Timestamp) -> Result<()> {
        Sql::new("UPDATE connections SET last_polled_at = ")
            .arg(at)
            .sql(" WHERE id = ")
            .arg(id)
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// Deletes a connection and every row below it; blobs are handed to the orphans.
    pub async fn delete_connection(&self, id: &ConnectionId) -> Result<()> {
        let mut tx = self.begin().await?;
        orphans::orphan_blobs_of_connection(&mut tx, id, self.now()).await?;
        let deleted = Sql::new("DELETE FROM connections WHERE id = ").arg(id).run(&mut *tx).await?;
        if deleted == 0 {
            return Err(StoreError::NotFound);
        }
        tx.commit().await?;
        Ok(())
    }
}
