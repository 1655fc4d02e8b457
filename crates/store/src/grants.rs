//! Sealed grants, replaced by compare-and-swap on their generation so that none is ever lost to a race.

use std::fmt;

use gangway_model::{ConnectionId, SealedGrant, Timestamp};

use crate::Store;
use crate::error::Result;
use crate::row::{Columns, write_json};
use crate::sql::Sql;

/// A grant to be stored, sealed for the generation after the one it replaces.
#[derive(Clone)]
pub struct SealedGrantNew {
    pub access: Vec<u8>,
    pub refresh: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
}

impl fmt::Debug for SealedGrantNew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedGrantNew").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Store {
    /// `None` without such a connection, and for one without a grant.
    pub async fn sealed_grant(&self, connection: &ConnectionId) -> Result<Option<SealedGrant>> {
        let row = Sql::new(
            "SELECT user_id, generation, refreshing_by, access_sealed, refresh_sealed, scopes, expires_at, \
             refresh_expires_at FROM connections WHERE access_sealed IS NOT NULL AND id = ",
        )
        .arg(connection)
        .first(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SealedGrant {
            connection_id: connection.clone(),
            user_id: row.id("user_id")?,
            generation: row.int("generation")?,
            refresh_claimed: row.opt_text("refreshing_by")?.is_some(),
            access_token: row.bytes("access_sealed")?,
            refresh_token: row.opt_bytes("refresh_sealed")?,
            scopes: row.json("scopes")?,
            expires_at: row.opt_time("expires_at")?,
            refresh_expires_at: row.opt_time("refresh_expires_at")?,
        }))
    }

    /// Stores a grant in place of the one with `expected_generation`, makes the connection active again and
    /// ends any claim to refresh. False when another generation is there by now: then nothing changed, and
    /// the caller reads again. A connection that is being taken apart keeps that state but takes the grant,
    /// so that it can be revoked.
    pub async fn replace_grant(
        &self,
        connection: &ConnectionId,
        expected_generation: i64,
        grant: &SealedGrantNew,
    ) -> Result<bool> {
        let changed = Sql::new("UPDATE connections SET generation = generation + 1, access_sealed = ")
            .arg(&grant.access)
            .sql(", refresh_sealed = ")
            .arg(&grant.refresh)
            .sql(", scopes = ")
            .arg(write_json(&grant.scopes))
            .sql(", expires_at = ")
            .arg(grant.expires_at)
            .sql(", refresh_expires_at = ")
            .arg(grant.refresh_expires_at)
            .sql(
                ", state = CASE WHEN state = 'disconnecting' THEN state ELSE 'active' END, state_reason = NULL, \
                 refreshing_by = NULL, refreshing_until = NULL WHERE id = ",
            )
            .arg(connection)
            .sql(" AND generation = ")
            .arg(expected_generation)
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Claims the right to refresh the grant of `generation` until `until`; false when somebody else holds it
    /// or the grant has been replaced. `by` must be different for each attempt, or two attempts of one
    /// process would both believe they hold it.
    pub async fn claim_refresh(
        &self,
        connection: &ConnectionId,
        generation: i64,
        by: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = Sql::new("UPDATE connections SET refreshing_by = ")
            .arg(by)
            .sql(", refreshing_until = ")
            .arg(until)
            .sql(" WHERE id = ")
            .arg(connection)
            .sql(" AND generation = ")
            .arg(generation)
            .sql(" AND access_sealed IS NOT NULL AND (refreshing_by IS NULL OR refreshing_until <= ")
            .arg(now)
            .sql(")")
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Gives a claim back without a new grant. Somebody else's claim stays.
    pub async fn release_refresh(&self, connection: &ConnectionId, by: &str) -> Result<()> {
        Sql::new("UPDATE connections SET refreshing_by = NULL, refreshing_until = NULL WHERE id = ")
            .arg(connection)
            .sql(" AND refreshing_by = ")
            .arg(by)
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// Forgets a connection's grant. The generation moves on, so a refresh that is under way cannot bring it
    /// back.
    pub async fn clear_grant(&self, connection: &ConnectionId) -> Result<()> {
        Sql::new(
            "UPDATE connections SET generation = generation + 1, access_sealed = NULL, refresh_sealed = NULL, \
             expires_at = NULL, refresh_expires_at = NULL, refreshing_by = NULL, refreshing_until = NULL WHERE id = ",
        )
        .arg(connection)
        .run(&self.write)
        .await?;
        Ok(())
    }
}
