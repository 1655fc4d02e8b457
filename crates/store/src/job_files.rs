//! What became of each file of a job, and the job's counters, which follow from it.

use std::collections::{BTreeMap, HashMap};

use gangway_model::{ConnectionId, FileOutcome, Outcome, ProviderItemId, SyncJobId, Timestamp, UserId};
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::page::FoundFile;
use crate::paging::{Listed, Paging};
use crate::row::Columns;
use crate::sql::{LIST_MAX, Sql, Value, row_chunks};

/// In the rows, a file that was met but has no outcome yet.
const FOUND: &str = "found";

fn read_outcome(row: &AnyRow) -> Result<FileOutcome> {
    Ok(FileOutcome {
        provider_id: row.id("provider_id")?,
        name: row.text("name")?,
        outcome: row.word("outcome", Outcome::parse)?,
        reason: row.opt_reason("reason")?,
        at: row.time("at")?,
    })
}

impl Store {
    /// A page of the outcomes in a job of the user's own, in order of the provider's ids; only those with one
    /// outcome when it is given. Files without an outcome yet are left out.
    pub async fn list_job_files(
        &self,
        user: &UserId,
        job: &SyncJobId,
        outcome: Option<Outcome>,
        paging: &Paging,
    ) -> Result<Listed<FileOutcome>> {
        self.get_job(user, job).await?;
        // Written out, not bound: only so can the index of the failed ones be used.
        let which = match outcome {
            Some(outcome) => format!(" AND outcome = '{}'", outcome.as_str()),
            None => format!(" AND outcome <> '{FOUND}'"),
        };
        let rows =
            Sql::new("SELECT provider_id, name, outcome, reason_code, reason_message, at FROM job_files")
                .sql(" WHERE job_id = ")
                .arg(job)
                .sql(" AND provider_id > ")
                .arg(paging.after.as_deref().unwrap_or_default())
                .sql(&which)
                .sql(" ORDER BY provider_id LIMIT ")
                .arg(paging.rows_to_read())
                .all(&self.read)
                .await?;
        Listed::read(rows, paging, read_outcome, |row| row.provider_id.to_string())
    }

    /// What became of one file in the newest job that met it, with that job's id.
    pub async fn find_last_outcome(
        &self,
        connection: &ConnectionId,
        provider_id: &ProviderItemId,
    ) -> Result<Option<(SyncJobId, FileOutcome)>> {
        let row = Sql::new(
            "SELECT f.job_id, f.provider_id, f.name, f.outcome, f.reason_code, f.reason_message, f.at \
             FROM sync_jobs j JOIN job_files f ON f.job_id = j.id WHERE f.outcome <> 'found' AND j.connection_id = ",
        )
        .arg(connection)
        .sql(" AND f.provider_id = ")
        .arg(provider_id)
        .sql(" ORDER BY j.id DESC LIMIT 1")
        .first(&self.read)
        .await?;
        row.map(|row| Ok((row.id("job_id")?, read_outcome(&row)?))).transpose()
    }
}

/// What a file in a state of its row adds to the counters of its job.
fn share_of(state: &str) -> [i64; 6] {
    // found, synced, unchanged, failed, skipped, removed
    match Outcome::parse(state) {
        None => [1, 0, 0, 0, 0, 0],
        Some(Outcome::Synced) => [1, 1, 0, 0, 0, 0],
        Some(Outcome::Unchanged) => [1, 1, 1, 0, 0, 0],
        Some(Outcome::Failed) => [1, 0, 0, 1, 0, 0],
        Some(Outcome::Skipped) => [1, 0, 0, 0, 1, 0],
        // It was not met: it is what was missed.
        Some(Outcome::Removed) => [0, 0, 0, 0, 0, 1],
    }
}

struct FileRow<'a> {
    provider_id: &'a ProviderItemId,
    name: &'a str,
    state: &'static str,
    outcome: Option<&'a FileOutcome>,
}

/// Writes a page's found files and outcomes, and adds to the job's counters the difference they make to what
/// was there before. So a page that is committed again, or a file with a second outcome, is not counted
/// twice.
pub(crate) async fn write_outcomes(
    tx: &mut Transaction<'static, Any>,
    job: &SyncJobId,
    found: &[FoundFile],
    outcomes: &[FileOutcome],
    bytes: u64,
    now: Timestamp,
) -> Result<()> {
    let mut files: BTreeMap<&str, FileRow<'_>> = BTreeMap::new();
    for file in found {
        let row = FileRow { provider_id: &file.provider_id, name: &file.name, state: FOUND, outcome: None };
        files.insert(file.provider_id.as_str(), row);
    }
    for file in outcomes {
        let state = file.outcome.as_str();
        let row = FileRow { provider_id: &file.provider_id, name: &file.name, state, outcome: Some(file) };
        files.insert(file.provider_id.as_str(), row);
    }
    let before = states_before(tx, job, files.values().map(|file| file.provider_id)).await?;
    // A file that is found again keeps its outcome.
    files.retain(|id, file| file.outcome.is_some() || !before.contains_key(*id));

    let mut difference = [0_i64; 6];
    for (id, file) in &files {
        let old = before.get(*id).map_or([0; 6], |state| share_of(state));
        for (sum, (new, old)) in difference.iter_mut().zip(share_of(file.state).into_iter().zip(old)) {
            *sum += new - old;
        }
    }
    let rows: Vec<&FileRow<'_>> = files.values().collect();
    for chunk in row_chunks(&rows) {
        Sql::new("INSERT INTO job_files (job_id, provider_id, name, outcome, reason_code, reason_message, at) VALUES ")
            .rows(chunk, |file| columns(job, file, now))
            .sql(
                " ON CONFLICT (job_id, provider_id) DO UPDATE SET name = excluded.name, outcome = excluded.outcome, \
                 reason_code = excluded.reason_code, reason_message = excluded.reason_message, at = excluded.at",
            )
            .run(&mut **tx)
            .await?;
    }
    add_to_counters(tx, job, difference, bytes).await
}

fn columns(job: &SyncJobId, file: &FileRow<'_>, now: Timestamp) -> [Value; 7] {
    let reason = file.outcome.and_then(|outcome| outcome.reason.as_ref());
    [
        job.into(),
        file.provider_id.into(),
        file.name.into(),
        file.state.into(),
        reason.map(|reason| reason.code.as_str()).into(),
        reason.map(|reason| reason.message.as_str()).into(),
        file.outcome.map_or(now, |outcome| outcome.at).into(),
    ]
}

async fn states_before(
    tx: &mut Transaction<'static, Any>,
    job: &SyncJobId,
    files: impl Iterator<Item = &ProviderItemId>,
) -> Result<HashMap<String, String>> {
    let ids: Vec<&ProviderItemId> = files.collect();
    let mut states = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(LIST_MAX) {
        let rows = Sql::new("SELECT provider_id, outcome FROM job_files WHERE job_id = ")
            .arg(job)
            .sql(" AND provider_id IN ")
            .list(chunk.iter().copied())
            .all(&mut **tx)
            .await?;
        for row in rows {
            states.insert(row.text("provider_id")?, row.text("outcome")?);
        }
    }
    Ok(states)
}

async fn add_to_counters(
    tx: &mut Transaction<'static, Any>,
    job: &SyncJobId,
    difference: [i64; 6],
    bytes: u64,
) -> Result<()> {
    if difference == [0; 6] && bytes == 0 {
        return Ok(());
    }
    let mut sql = Sql::new("UPDATE sync_jobs SET bytes = bytes + ").arg(bytes);
    for (column, by) in
        ["found", "synced", "unchanged", "failed", "skipped", "removed"].iter().zip(difference)
    {
        sql = sql.sql(", ").sql(column).sql(" = ").sql(column).sql(" + ").arg(by);
    }
    match sql.sql(" WHERE id = ").arg(job).run(&mut **tx).await? {
        1 => Ok(()),
        _ => Err(StoreError::conflict("the job is gone")),
    }
}
