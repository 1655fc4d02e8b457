//! The containers a job still has to list: the checkpoint of its listing.

use std::collections::BTreeMap;

use gangway_model::{PageToken, ProviderItemId, Reason, ScopeId, SyncJobId};
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::page::{ContainerStep, FrontierChange, FrontierStep, NewContainer};
use crate::row::{Columns, read_all};
use crate::sql::{Sql, row_chunks};

/// Marks an open container of which a page had rows missing.
const GAP: &str = "gap";

/// A container that is to be listed, from `page` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenContainer {
    pub scope_id: ScopeId,
    pub container_id: ProviderItemId,
    pub page: Option<PageToken>,
}

/// How the listing of a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerEnd {
    Done,
    /// Its contents could not be listed at all.
    Failed,
    /// Something was listed, but not everything, so absence proves nothing.
    Incomplete,
}

impl ContainerEnd {
    pub fn as_str(self) -> &'static str {
        match self {
            ContainerEnd::Done => "done",
            ContainerEnd::Failed => "failed",
            ContainerEnd::Incomplete => "incomplete",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Done, Self::Failed, Self::Incomplete].into_iter().find(|end| end.as_str() == text)
    }
}

/// A container whose listing ended otherwise than well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontierContainer {
    pub scope_id: ScopeId,
    pub container_id: ProviderItemId,
    pub end: ContainerEnd,
    pub reason: Option<Reason>,
}

fn read_open(row: &AnyRow) -> Result<OpenContainer> {
    Ok(OpenContainer {
        scope_id: row.id("scope_id")?,
        container_id: row.id("container_id")?,
        page: row.opt_id("page")?,
    })
}

fn read_ended(row: &AnyRow) -> Result<FrontierContainer> {
    Ok(FrontierContainer {
        scope_id: row.id("scope_id")?,
        container_id: row.id("container_id")?,
        end: row.word("state", ContainerEnd::parse)?,
        reason: row.opt_reason("reason")?,
    })
}

impl Store {
    /// Up to `limit` containers that are still to be listed, in the order they were met.
    pub async fn open_containers(&self, job: &SyncJobId, limit: u32) -> Result<Vec<OpenContainer>> {
        let rows =
            Sql::new("SELECT scope_id, container_id, page FROM frontier WHERE state = 'open' AND job_id = ")
                .arg(job)
                .sql(" ORDER BY seq LIMIT ")
                .arg(limit)
                .all(&self.read)
                .await?;
        read_all(rows, read_open)
    }

    pub async fn has_open_containers(&self, job: &SyncJobId) -> Result<bool> {
        Ok(!self.open_containers(job, 1).await?.is_empty())
    }

    /// Up to `limit` containers of a job that failed or stayed incomplete; of one scope when it is given. A
    /// scope with any of these was not listed completely.
    pub async fn list_failed_containers(
        &self,
        job: &SyncJobId,
        scope: Option<&ScopeId>,
        limit: u32,
    ) -> Result<Vec<FrontierContainer>> {
        let rows =
            Sql::new("SELECT scope_id, container_id, state, reason_code, reason_message FROM frontier")
                .sql(" WHERE state IN ('failed', 'incomplete') AND job_id = ")
                .arg(job)
                .arg_if(" AND scope_id = ", scope)
                .sql(" ORDER BY seq LIMIT ")
                .arg(limit)
                .all(&self.read)
                .await?;
        read_all(rows, read_ended)
    }

    /// Forgets a finished job's frontier, which nobody needs any more.
    pub async fn delete_frontier(&self, job: &SyncJobId) -> Result<()> {
        Sql::new("DELETE FROM frontier WHERE job_id = ").arg(job).run(&self.write).await?;
        Ok(())
    }
}

pub(crate) async fn change_frontier(
    tx: &mut Transaction<'static, Any>,
    job: &SyncJobId,
    change: &FrontierChange,
) -> Result<()> {
    for step in &change.steps {
        let gap = Reason::new(GAP, "the provider admitted that rows were missing");
        let (state, page, reason) = match &step.to {
            ContainerStep::NextPage(page) => ("open", Some(page), None),
            ContainerStep::NextPageAfterGap(page) => ("open", Some(page), Some(&gap)),
            ContainerStep::Restart => ("open", None, None),
            ContainerStep::End(end, reason) => (end.as_str(), None, reason.as_ref()),
        };
        // A gap on an earlier page is not mended by a later page without one.
        let keeps_gap =
            matches!(step.to, ContainerStep::NextPage(_) | ContainerStep::End(ContainerEnd::Done, _));
        if keeps_gap && step_over_gap(tx, job, step, page).await? {
            continue;
        }
        let changed = Sql::new("UPDATE frontier SET state = ")
            .arg(state)
            .sql(", page = ")
            .arg(page)
            .sql(", reason_code = ")
            .arg(reason.map(|reason| reason.code.as_str()))
            .sql(", reason_message = ")
            .arg(reason.map(|reason| reason.message.as_str()))
            .sql(" WHERE job_id = ")
            .arg(job)
            .sql(" AND scope_id = ")
            .arg(&step.scope_id)
            .sql(" AND container_id = ")
            .arg(&step.container_id)
            .run(&mut **tx)
            .await?;
        if changed == 0 {
            return Err(StoreError::conflict("the container is not on the frontier"));
        }
    }
    add_containers(tx, job, &change.add).await
}

/// Moves a container on that has a gap behind it: it stays open with the gap remembered, and ends as
/// incomplete.
async fn step_over_gap(
    tx: &mut Transaction<'static, Any>,
    job: &SyncJobId,
    step: &FrontierStep,
    page: Option<&PageToken>,
) -> Result<bool> {
    let state = if page.is_some() { "open" } else { ContainerEnd::Incomplete.as_str() };
    let changed = Sql::new("UPDATE frontier SET state = ")
        .arg(state)
        .sql(", page = ")
        .arg(page)
        .sql(" WHERE job_id = ")
        .arg(job)
        .sql(" AND scope_id = ")
        .arg(&step.scope_id)
        .sql(" AND container_id = ")
        .arg(&step.container_id)
        .sql(" AND reason_code = ")
        .arg(GAP)
        .run(&mut **tx)
        .await?;
    Ok(changed > 0)
}

/// Adds containers that are not on the frontier yet. One that is there, in whatever state, stays as it is: so
/// a container that is met twice, or holds itself, is listed once.
async fn add_containers(
    tx: &mut Transaction<'static, Any>,
    job: &SyncJobId,
    add: &[NewContainer],
) -> Result<()> {
    if add.is_empty() {
        return Ok(());
    }
    let row = Sql::new("SELECT COALESCE(MAX(seq), 0) AS last FROM frontier WHERE job_id = ")
        .arg(job)
        .first(&mut **tx)
        .await?;
    let last = row.map_or(Ok(0), |row| row.int("last"))?;
    let mut met: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (seq, container) in (last + 1..).zip(add) {
        met.entry((container.scope_id.as_str(), container.container_id.as_str())).or_insert(seq);
    }
    let rows: Vec<((&str, &str), i64)> = met.into_iter().collect();
    for chunk in row_chunks(&rows) {
        Sql::new("INSERT INTO frontier (job_id, scope_id, container_id, state, seq) VALUES ")
            .rows(chunk, |((scope, container), seq)| {
                [job.into(), (*scope).into(), (*container).into(), "open".into(), (*seq).into()]
            })
            .sql(" ON CONFLICT (job_id, scope_id, container_id) DO NOTHING")
            .run(&mut **tx)
            .await?;
    }
    Ok(())
}
