//! Claims tasks, and holds or lets go of claims.

use std::time::Duration;

use gangway_model::{Timestamp, UserId};

use super::lines::Head;
use super::{Shares, TASK_COLUMNS, Task, TaskId, read_task};
use crate::Store;
use crate::error::Result;
use crate::open::Backend;
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql};

/// How often a claim is tried when others took the same tasks, or some of the same lanes, in the same moment.
const TRIES: usize = 4;
/// Looks that one claim takes at the lines, when there are more than one shows.
const LOOKS: usize = 4;

/// How far a worker's claims have come round the lines. Where one look shows them all, it stays at the start.
#[derive(Clone, Debug, Default)]
pub struct Round(Option<String>);

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
        self.claim_fairly(worker, kinds, limit, lease, &Shares::default(), &mut Round::default()).await
    }

    /// The same for one of many users' workers: those who have least at work come first, by these shares. The work
    /// grows neither with the tasks that wait in a line nor, beyond some hundreds, with the lines.
    pub async fn claim_fairly(
        &self,
        worker: &str,
        kinds: &[&str],
        limit: u32,
        lease: Duration,
        shares: &Shares,
        round: &mut Round,
    ) -> Result<Vec<Task>> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let limit = (limit as usize).min(LIST_MAX);
        for _ in 0..TRIES {
            let chosen = self.look_round(kinds, limit, shares, round).await?;
            if chosen.is_empty() {
                return Ok(Vec::new());
            }
            match self.take(worker, &chosen, lease).await {
                // Somebody else was faster: what is left is looked at again.
                Ok(taken) if taken.is_empty() => {}
                Err(error) if error.is_conflict() => {}
                answer => return answer,
            }
        }
        // The tasks are fought over: leave them to the others and come back later.
        Ok(Vec::new())
    }

    /// Whether a long task of `owner` keeps somebody waiting who has fewer of them at work.
    /// `kinds` are those that wait in any line.
    pub async fn keeps_others_waiting(
        &self,
        kinds: &[&str],
        owner: Option<&UserId>,
        shares: &Shares,
    ) -> Result<bool> {
        let own: Vec<&str> = owner.map(UserId::as_str).into_iter().collect();
        let seen = self.look_at_lines(kinds, None, &own, self.now()).await?;
        Ok(shares.is_outwaited(&seen.heads, own.first().copied()))
    }

    /// What is to be claimed next, by one look at the lines, or by some where one does not show any.
    async fn look_round(
        &self,
        kinds: &[&str],
        limit: usize,
        shares: &Shares,
        round: &mut Round,
    ) -> Result<Vec<Head>> {
        for _ in 0..LOOKS {
            let began = round.0.take();
            let seen = self.look_at_lines(kinds, began.as_deref(), &shares.full(), self.now()).await?;
            let is_whole = began.is_none() && seen.last.is_none();
            round.0 = seen.last;
            let chosen = shares.choose(seen.heads, limit);
            if is_whole || !chosen.is_empty() {
                return Ok(chosen);
            }
        }
        Ok(Vec::new())
    }

    /// Claims those of the chosen that are still to be had.
    async fn take(&self, worker: &str, chosen: &[Head], lease: Duration) -> Result<Vec<Task>> {
        let now = self.now();
        let is_free = |sql: Sql| {
            sql.sql(" AND ((state = 'queued' AND run_at <= ")
                .arg(now)
                .sql(") OR (state = 'running' AND locked_until <= ")
                .arg(now)
                .sql("))")
        };
        let sql = Sql::new("UPDATE tasks SET state = 'running', attempts = attempts + 1, locked_by = ")
            .arg(worker)
            .sql(", locked_until = ")
            .arg(now + lease)
            .sql(" WHERE id IN (SELECT id FROM tasks WHERE id IN ")
            .list(chosen.iter().map(|head| &head.id));
        let skip_locked = match self.backend() {
            Backend::Sqlite => ")",
            Backend::Postgres => " FOR UPDATE SKIP LOCKED)",
        };
        let sql = is_free(is_free(sql).sql(skip_locked)).sql(" RETURNING ").sql(TASK_COLUMNS);
        let mut tasks = read_all(sql.all(&self.write).await?, read_task)?;
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
