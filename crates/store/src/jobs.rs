//! Sync jobs: what was asked for, and how far it is.

use std::time::Duration;

use gangway_model::{
    CollectionId, ConnectionId, ConnectorId, JobCounters, JobStatus, ProviderItemId, Reason, SyncJob,
    SyncJobId, SyncMode, Timestamp, UserId,
};
use sqlx::any::AnyRow;

use crate::error::{Result, StoreError};
use crate::paging::{Listed, Paging};
use crate::row::{Columns, read_all, write_json};
use crate::sql::Sql;
use crate::{NewTask, Store};

#[derive(Clone, Debug)]
pub struct NewSyncJob {
    /// Made beforehand, because the job's task carries it.
    pub id: SyncJobId,
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    pub connector_id: ConnectorId,
    pub collection_id: Option<CollectionId>,
    pub mode: SyncMode,
    pub roots: Vec<ProviderItemId>,
    pub allow_mass_removal: bool,
    /// Whether the engine starts it by itself, to see what a feed does not tell.
    pub by_engine: bool,
}

const COLUMNS: &str = "id, user_id, connection_id, connector_id, collection_id, mode, roots, status, found, synced, \
     unchanged, failed, skipped, removed, bytes, roots_resolved, listing_complete, cancel_requested, \
     allow_mass_removal, error_code, error_message, created_at, started_at, completed_at, \
     by_engine";
/// The statuses from which a job may still go on.
const UNFINISHED: &str = " status IN ('pending', 'processing')";

fn read_job(row: &AnyRow) -> Result<SyncJob> {
    Ok(SyncJob {
        id: row.id("id")?,
        user_id: row.id("user_id")?,
        connection_id: row.id("connection_id")?,
        connector_id: row.id("connector_id")?,
        collection_id: row.opt_id("collection_id")?,
        mode: row.word("mode", SyncMode::parse)?,
        roots: row.json("roots")?,
        status: row.word("status", JobStatus::parse)?,
        counters: JobCounters {
            found: row.count("found")?,
            synced: row.count("synced")?,
            unchanged: row.count("unchanged")?,
            failed: row.count("failed")?,
            skipped: row.count("skipped")?,
            removed: row.count("removed")?,
            bytes: row.count("bytes")?,
        },
        listing_complete: row.flag("listing_complete")?,
        cancel_requested: row.flag("cancel_requested")?,
        allow_mass_removal: row.flag("allow_mass_removal")?,
        error: row.opt_reason("error")?,
        created_at: row.time("created_at")?,
        started_at: row.opt_time("started_at")?,
        completed_at: row.opt_time("completed_at")?,
    })
}

fn jobs() -> Sql {
    Sql::new("SELECT ").sql(COLUMNS).sql(" FROM sync_jobs")
}

impl Store {
    /// Makes a job and queues its task, in one transaction.
    ///
    /// # Errors
    /// `Conflict` when the connection or the collection is gone or being taken apart, or the connection is
    /// another user's.
    pub async fn create_job(&self, new: &NewSyncJob, task: Option<&NewTask>) -> Result<SyncJob> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let row = Sql::new("INSERT INTO sync_jobs (")
            .sql(COLUMNS)
            .sql(") SELECT ")
            .arg(&new.id)
            .sql(", c.user_id, c.id, ")
            .arg(&new.connector_id)
            .sql(", ")
            .arg(&new.collection_id)
            .sql(", ")
            .arg(new.mode.as_str())
            .sql(", ")
            .arg(write_json(&new.roots))
            .sql(", 'pending', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ")
            .arg(new.allow_mass_removal)
            .sql(", NULL, NULL, ")
            .arg(now)
            .sql(", NULL, NULL, ")
            .arg(new.by_engine)
            .sql(" FROM connections c WHERE c.state <> 'disconnecting' AND c.id = ")
            .arg(&new.connection_id)
            .sql(" AND c.user_id = ")
            .arg(&new.user_id)
            .sql_if(
                new.collection_id.is_some(),
                " AND EXISTS (SELECT 1 FROM collections l WHERE l.deleting = 0",
            )
            .arg_if(" AND l.id = ", new.collection_id.as_ref())
            .sql_if(new.collection_id.is_some(), ")")
            .sql(" RETURNING ")
            .sql(COLUMNS)
            .first(&mut *tx)
            .await?;
        let row = row.ok_or(StoreError::conflict("the connection or the collection is being taken apart"))?;
        if let Some(task) = task {
            crate::queue::enqueue_in(&mut tx, task, now).await?;
        }
        tx.commit().await?;
        read_job(&row)
    }

    /// Any user's job: for the engine.
    pub async fn find_job(&self, id: &SyncJobId) -> Result<Option<SyncJob>> {
        let row = jobs().sql(" WHERE id = ").arg(id).first(&self.read).await?;
        row.as_ref().map(read_job).transpose()
    }

    /// The user's own job.
    pub async fn get_job(&self, user: &UserId, id: &SyncJobId) -> Result<SyncJob> {
        let row =
            jobs().sql(" WHERE id = ").arg(id).sql(" AND user_id = ").arg(user).first(&self.read).await?;
        read_job(&row.ok_or(StoreError::NotFound)?)
    }

    /// A user's jobs, of one connection when it is given, the newest first.
    pub async fn list_jobs(
        &self,
        user: &UserId,
        connection: Option<&ConnectionId>,
        paging: &Paging,
    ) -> Result<Listed<SyncJob>> {
        let rows = jobs()
            .sql(" WHERE user_id = ")
            .arg(user)
            .arg_if(" AND connection_id = ", connection)
            .arg_if(" AND id < ", paging.after.as_deref())
            .sql(" ORDER BY id DESC LIMIT ")
            .arg(paging.rows_to_read())
            .all(&self.read)
            .await?;
        Listed::read(rows, paging, read_job, |row| row.id.to_string())
    }

    /// A connection's jobs that are not finished, the oldest first.
    pub async fn list_unfinished_jobs(&self, connection: &ConnectionId) -> Result<Vec<SyncJob>> {
        let rows = jobs()
            .sql(" WHERE connection_id = ")
            .arg(connection)
            .sql(" AND")
            .sql(UNFINISHED)
            .sql(" ORDER BY id");
        read_all(rows.all(&self.read).await?, read_job)
    }

    /// Moves an unfinished job to `pending` or `processing`; the first time to the latter is its start. False
    /// when the job is finished or gone.
    pub async fn set_job_status(&self, id: &SyncJobId, status: JobStatus, now: Timestamp) -> Result<bool> {
        let sql = Sql::new("UPDATE sync_jobs SET status = ").arg(status.as_str());
        let sql = match status {
            JobStatus::Processing => sql.sql(", started_at = COALESCE(started_at, ").arg(now).sql(")"),
            _ => sql,
        };
        let changed = sql.sql(" WHERE id = ").arg(id).sql(" AND").sql(UNFINISHED).run(&self.write).await?;
        Ok(changed == 1)
    }

    /// Asks a job of the user's own to stop. A finished job is left as it is; either way the job is answered.
    pub async fn request_cancel(&self, user: &UserId, id: &SyncJobId) -> Result<SyncJob> {
        Sql::new("UPDATE sync_jobs SET cancel_requested = 1 WHERE id = ")
            .arg(id)
            .sql(" AND user_id = ")
            .arg(user)
            .sql(" AND")
            .sql(UNFINISHED)
            .run(&self.write)
            .await?;
        self.get_job(user, id).await
    }

    /// Whether the chosen roots have been looked up and put on the frontier.
    pub async fn job_roots_resolved(&self, id: &SyncJobId) -> Result<bool> {
        let row =
            Sql::new("SELECT roots_resolved FROM sync_jobs WHERE id = ").arg(id).first(&self.read).await?;
        row.ok_or(StoreError::NotFound)?.flag("roots_resolved")
    }

    /// Says that every container has been listed. A page can say the same within its transaction.
    pub async fn set_job_listing_complete(&self, id: &SyncJobId) -> Result<()> {
        Sql::new("UPDATE sync_jobs SET listing_complete = 1 WHERE id = ").arg(id).run(&self.write).await?;
        Ok(())
    }

    /// Adds the time of one attempt to what a job has been at work; tells the whole of it.
    pub async fn add_job_work(&self, id: &SyncJobId, took: Duration) -> Result<Duration> {
        let row = Sql::new("UPDATE sync_jobs SET worked_ms = worked_ms + ")
            .arg(i64::try_from(took.as_millis()).unwrap_or(i64::MAX))
            .sql(" WHERE id = ")
            .arg(id)
            .sql(" RETURNING worked_ms")
            .first(&self.write)
            .await?;
        let worked = row.map(|row| row.int("worked_ms")).transpose()?.unwrap_or_default();
        Ok(Duration::from_millis(worked.max(0).unsigned_abs()))
    }

    /// Ends a job. False when it was ended before: the first end stays.
    pub async fn finish_job(
        &self,
        id: &SyncJobId,
        status: JobStatus,
        error: Option<&Reason>,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = Sql::new("UPDATE sync_jobs SET status = ")
            .arg(status.as_str())
            .sql(", error_code = ")
            .arg(error.map(|error| error.code.as_str()))
            .sql(", error_message = ")
            .arg(error.map(|error| error.message.as_str()))
            .sql(", completed_at = ")
            .arg(now)
            .sql(" WHERE id = ")
            .arg(id)
            .sql(" AND")
            .sql(UNFINISHED)
            .run(&self.write)
            .await?;
        Ok(changed == 1)
    }

    /// Deletes jobs that were finished before `before`, and those that the engine had started by itself before
    /// `by_engine_before`, with their files' outcomes: up to `limit` at a time.
    pub async fn delete_old_jobs(
        &self,
        before: Timestamp,
        by_engine_before: Timestamp,
        limit: u32,
    ) -> Result<u64> {
        Sql::new("DELETE FROM sync_jobs WHERE id IN (SELECT id FROM sync_jobs WHERE completed_at < ")
            .arg(before)
            .sql(" OR (by_engine = 1 AND completed_at < ")
            .arg(by_engine_before)
            .sql(") ORDER BY completed_at LIMIT ")
            .arg(limit)
            .sql(")")
            .run(&self.write)
            .await
    }
}
