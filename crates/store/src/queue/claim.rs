//! Claims tasks, and holds or lets go of claims.

use std::time::Duration;

use gangway_model::Timestamp;

use super::{TASK_COLUMNS, Task, TaskId, read_task};
use crate::Store;
use crate::error::Result;
use crate::open::Backend;
use crate::row::{Columns, read_all};
use crate::sql::Sql;

/// How often a claim is tried anew when another worker took a task of the same lane in the same moment.
const TRIES: usize = 4;

impl Store {
    /// Claims up to `limit` due tasks of these kinds for `worker`, until `lease` from now. Each task goes to
    /// one worker only. The one that has waited longest comes first; at most one of a lane is among them.
    pub async fn claim(
        &self,
        worker: &str,
        kinds: &[&str],
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Task>> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        for _ in 1..TRIES {
            match self.try_claim(worker, kinds, limit, lease).await {
                Err(error) if error.is_conflict() => continue,
                answer => return answer,
            }
        }
        // Lanes are fought over: leave these tasks to the others and come back later.
        match self.try_claim(worker, kinds, limit, lease).await {
            Err(error) if error.is_conflict() => Ok(Vec::new()),
            answer => answer,
        }
    }

    async fn try_claim(
        &self,
        worker: &str,
        kinds: &[&str],
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Task>> {
        let now = self.now();
        let skip_locked = match self.backend() {
            Backend::Sqlite => "",
            Backend::Postgres => " FOR UPDATE SKIP LOCKED",
        };
        let rows = Sql::new("WITH due AS MATERIALIZED (SELECT t.id FROM tasks t WHERE t.kind IN ")
            .list(kinds.iter().copied())
            .sql(" AND ((t.state = 'running' AND t.locked_until <= ")
            .arg(now)
            .sql(") OR (t.state = 'queued' AND t.run_at <= ")
            .arg(now)
            .sql(
                " AND (t.lane IS NULL OR NOT EXISTS (SELECT 1 FROM tasks o WHERE o.lane = t.lane \
                 AND (o.state = 'running' OR (o.state = 'queued' AND o.run_at <= ",
            )
            .arg(now)
            .sql(" AND (o.run_at < t.run_at OR (o.run_at = t.run_at AND o.id < t.id)) AND o.kind IN ")
            .list(kinds.iter().copied())
            .sql("))))))  ORDER BY t.run_at, t.id LIMIT ")
            .arg(limit)
            .sql(skip_locked)
            .sql(") UPDATE tasks SET state = 'running', attempts = attempts + 1, locked_by = ")
            .arg(worker)
            .sql(", locked_until = ")
            .arg(now + lease)
            .sql(" WHERE id IN (SELECT id FROM due) RETURNING ")
            .sql(TASK_COLUMNS)
            .all(&self.write)
            .await?;
        let mut tasks = read_all(rows, read_task)?;
        tasks.sort_by(|one, other| (one.run_at, &one.id).cmp(&(other.run_at, &other.id)));
        Ok(tasks)
    }

    /// Extends a claim to `lease` from now. False when it is lost: then the worker must stop at once.
    pub async fn extend_lease(&self, task: &TaskId, worker: &str, lease: Duration) -> Result<bool> {
        let extended = Sql::new("UPDATE tasks SET locked_until = ")
            .arg(self.now() + lease)
            .sql(" WHERE state = 'running' AND id = ")
            .arg(task)
            .sql(" AND locked_by = ")
            .arg(worker)
            .run(&self.write)
            .await?;
        Ok(extended == 1)
    }

    /// Lets go of everything a worker holds, so that others take it up at once; how many tasks that were.
    pub async fn release_all_of(&self, worker: &str) -> Result<u64> {
        Sql::new(
            "UPDATE tasks SET locked_by = NULL, locked_until = 0 WHERE state = 'running' AND locked_by = ",
        )
        .arg(worker)
        .run(&self.write)
        .await
    }

    /// Lets go of every claim there is. Only for a database that no other process works on: at the start of a
    /// server that has its rows for itself, so that nothing waits for the leases of its former life.
    pub async fn release_leases_at_start(&self) -> Result<u64> {
        Sql::new("UPDATE tasks SET locked_by = NULL, locked_until = 0 WHERE state = 'running'")
            .run(&self.write)
            .await
    }

    /// When there will next be something to claim: the earliest moment among waiting tasks and ends of
    /// leases. `None` when nothing is queued. Lanes are not considered, so a claim at that moment may find
    /// nothing.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        let row = Sql::new(
            "SELECT MIN(due) AS due FROM (SELECT MIN(run_at) AS due FROM tasks WHERE state = 'queued' \
             UNION ALL SELECT MIN(locked_until) AS due FROM tasks WHERE state = 'running') moments",
        )
        .first(&self.read)
        .await?;
        row.map_or(Ok(None), |row| row.opt_time("due"))
    }
}
