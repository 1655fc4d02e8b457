//! Queues tasks.

use gangway_model::Timestamp;
use sqlx::{Any, Transaction};

use super::{EnqueuedTask, NewTask, Owner, TaskId};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::Columns;
use crate::sql::{Sql, Value};

impl Store {
    /// Queues a task. When one with the same unique key already waits, that one stands for both and runs at
    /// the earlier of the two moments.
    pub async fn enqueue(&self, task: &NewTask) -> Result<EnqueuedTask> {
        let mut tx = self.begin().await?;
        let enqueued = enqueue_in(&mut tx, task, self.now()).await?;
        tx.commit().await?;
        Ok(enqueued)
    }
}

/// Queues a task within a transaction: it exists exactly if the rest of the transaction does.
pub(crate) async fn enqueue_in(
    tx: &mut Transaction<'static, Any>,
    task: &NewTask,
    now: Timestamp,
) -> Result<EnqueuedTask> {
    let id = TaskId::fresh();
    let lane = task.lane.as_deref().unwrap_or(id.as_str());
    let row = Sql::new(
        "INSERT INTO tasks (id, kind, payload, unique_key, lane, state, attempts, run_at, created_at, line) VALUES (",
    );
    let values: [Value; 9] = [
        (&id).into(),
        (&task.kind).into(),
        task.payload.to_string().into(),
        (&task.unique_key).into(),
        (&task.lane).into(),
        "queued".into(),
        0_i64.into(),
        task.run_at.unwrap_or(now).into(),
        now.into(),
    ];
    let row = values.into_iter().fold(row, |row, value| row.arg(value).sql(", "));
    let row = whose(row, &task.owner)
        .sql(" || ' ' || ")
        .arg(lane)
        .sql(")")
        .sql(
            " ON CONFLICT (unique_key) WHERE state = 'queued' DO UPDATE SET run_at = \
             CASE WHEN excluded.run_at < tasks.run_at AND (tasks.attempts = 0 OR 1 = ",
        )
        .arg(i64::from(task.ends_pause))
        .sql(") THEN excluded.run_at ELSE tasks.run_at END, payload = CASE WHEN 1 = ")
        .arg(i64::from(task.starts_over))
        .sql(" THEN excluded.payload ELSE tasks.payload END RETURNING id")
        .first(&mut **tx)
        .await?;
    let waiting: TaskId = row.ok_or(StoreError::NotFound)?.id("id")?;
    Ok(EnqueuedTask { is_new: waiting == id, id: waiting })
}

/// Appends who a task is for, as its line says it.
fn whose(sql: Sql, owner: &Owner) -> Sql {
    let (look_up, id) = match owner {
        Owner::Nobody => return sql.sql("''"),
        Owner::User(id) => return sql.arg(id),
        Owner::Connection(id) => ("SELECT user_id FROM connections WHERE id = ", id.as_str()),
        Owner::Job(id) => ("SELECT user_id FROM sync_jobs WHERE id = ", id.as_str()),
        Owner::Scope(id) => (
            "SELECT c.user_id FROM scopes s JOIN connections c ON c.id = s.connection_id WHERE s.id = ",
            id.as_str(),
        ),
        Owner::Collection(id) => ("SELECT owner_id FROM collections WHERE id = ", id.as_str()),
        Owner::Item(id) => (
            "SELECT c.user_id FROM items i JOIN connections c ON c.id = i.connection_id WHERE i.id = ",
            id.as_str(),
        ),
        Owner::Upload(id) => ("SELECT user_id FROM uploads WHERE id = ", id.as_str()),
    };
    sql.sql("COALESCE((").sql(look_up).arg(id).sql("), '')")
}
