//! Ends attempts: done, to be tried again, or given up.

use gangway_model::{Timestamp, UserId};

use super::lines::lines_of;
use super::{TASK_COLUMNS, Task, TaskId, read_task};
use crate::Store;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::Sql;

impl Store {
    /// Deletes a task that is done. False when the claim was lost: then it is somebody else's to finish.
    pub async fn complete(&self, task: &TaskId, worker: &str) -> Result<bool> {
        let deleted = Sql::new("DELETE FROM tasks WHERE state = 'running' AND id = ")
            .arg(task)
            .sql(" AND locked_by = ")
            .arg(worker)
            .run(&self.write)
            .await?;
        Ok(deleted == 1)
    }

    /// Puts a task back to be tried again at `run_at`. When another with its unique key waits by now, that
    /// one takes over the moment and the attempts, so that a burst of wishes does not get round a pause.
    /// False when the claim was lost.
    pub async fn retry(&self, task: &TaskId, worker: &str, run_at: Timestamp, error: &str) -> Result<bool> {
        self.put_back(task, worker, run_at, error, |attempts| attempts).await
    }

    /// The same for a pause that is nobody's failure: this try is not counted. The count stays above zero, which
    /// tells a task that was tried from one that was not.
    pub async fn pause(&self, task: &TaskId, worker: &str, run_at: Timestamp, error: &str) -> Result<bool> {
        self.put_back(task, worker, run_at, error, |attempts| (attempts - 1).max(1)).await
    }

    /// Ends the pauses of a user's tasks that wait for this reason: they are due now.
    pub async fn end_pauses_of(&self, user: &UserId, reason: &str) -> Result<u64> {
        let (from, to) = lines_of(user.as_str());
        Sql::new("UPDATE tasks SET run_at = ")
            .arg(self.now())
            .sql(" WHERE state = 'queued' AND line >= ")
            .arg(from)
            .sql(" AND line < ")
            .arg(to)
            .sql(" AND last_error = ")
            .arg(reason)
            .sql(" AND run_at > ")
            .arg(self.now())
            .run(&self.write)
            .await
    }

    async fn put_back(
        &self,
        task: &TaskId,
        worker: &str,
        run_at: Timestamp,
        error: &str,
        counted: fn(i64) -> i64,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let row = Sql::new("UPDATE tasks SET locked_by = locked_by WHERE state = 'running' AND id = ")
            .arg(task)
            .sql(" AND locked_by = ")
            .arg(worker)
            .sql(" RETURNING unique_key, attempts")
            .first(&mut *tx)
            .await?;
        let Some(row) = row else { return Ok(false) };
        let attempts = counted(row.int("attempts")?);
        if let Some(key) = row.opt_text("unique_key")? {
            let merged = Sql::new("UPDATE tasks SET run_at = ")
                .arg(run_at)
                .sql(", attempts = ")
                .arg(attempts)
                .sql(", last_error = ")
                .arg(error)
                .sql(" WHERE state = 'queued' AND unique_key = ")
                .arg(key)
                .run(&mut *tx)
                .await?;
            if merged == 1 {
                Sql::new("DELETE FROM tasks WHERE id = ").arg(task).run(&mut *tx).await?;
                tx.commit().await?;
                return Ok(true);
            }
        }
        Sql::new("UPDATE tasks SET state = 'queued', locked_by = NULL, locked_until = NULL, run_at = ")
            .arg(run_at)
            .sql(", attempts = ")
            .arg(attempts)
            .sql(", last_error = ")
            .arg(error)
            .sql(" WHERE id = ")
            .arg(task)
            .run(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a task up: it is not tried again, but kept with its error. False when the claim was lost.
    pub async fn give_up(&self, task: &TaskId, worker: &str, error: &str) -> Result<bool> {
        let changed = Sql::new(
            "UPDATE tasks SET state = 'failed', locked_by = NULL, locked_until = NULL, last_error = ",
        )
        .arg(error)
        .sql(" WHERE state = 'running' AND id = ")
        .arg(task)
        .sql(" AND locked_by = ")
        .arg(worker)
        .run(&self.write)
        .await?;
        Ok(changed == 1)
    }

    /// Up to `limit` tasks that were given up, the newest first.
    pub async fn list_given_up_tasks(&self, limit: u32) -> Result<Vec<Task>> {
        let rows = Sql::new("SELECT ")
            .sql(TASK_COLUMNS)
            .sql(" FROM tasks WHERE state = 'failed' ORDER BY id DESC LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, read_task)
    }

    /// How many tasks wait and how many run.
    pub async fn count_tasks(&self) -> Result<(u64, u64)> {
        let row = Sql::new(
            "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'queued' THEN 1 ELSE 0 END), 0) AS BIGINT) AS queued, \
             CAST(COALESCE(SUM(CASE WHEN state = 'running' THEN 1 ELSE 0 END), 0) AS BIGINT) AS running FROM tasks",
        )
        .first(&self.read)
        .await?;
        row.map_or(Ok((0, 0)), |row| Ok((row.count("queued")?, row.count("running")?)))
    }

    /// How many tasks of these kinds wait, due or not.
    pub async fn count_waiting(&self, kinds: &[&str]) -> Result<u64> {
        let row = Sql::new("SELECT COUNT(*) AS waiting FROM tasks WHERE state = 'queued' AND kind IN ")
            .list(kinds.iter().copied())
            .first(&self.read)
            .await?;
        row.map_or(Ok(0), |row| row.count("waiting"))
    }
}
