//! The transaction that a page is committed in.

use sqlx::{Any, Transaction};

use super::{CommittedPage, PageEffects, TaskLease};
use super::{gone, items, placements};
use crate::Store;
use crate::error::{Result, StoreError};
use crate::sql::Sql;
use crate::{announced, frontier, job_files, queue, uploads};

impl Store {
    /// Commits a page. Either everything in it is durable when this returns, or nothing has happened.
    ///
    /// Committing a page again (after a crash, or an answer that got lost) changes nothing but the bytes
    /// counted: items, placements, outcomes and tasks with a unique key are written over themselves. Only an
    /// announcement, which is taken out, and a feed's step, which has moved on, are refused the second time.
    ///
    /// # Errors
    /// `Conflict` when the lease is lost, the job is gone, the feed stands elsewhere, a container is not on the
    /// frontier, an item that is placed does not exist, or the upload is not waiting to become a file.
    pub async fn commit_page(&self, page: &PageEffects) -> Result<CommittedPage> {
        let now = self.now();
        let mut tx = self.begin().await?;
        if let Some(lease) = &page.lease {
            hold_lease(&mut tx, lease).await?;
        }
        mark_job(&mut tx, page).await?;
        if let Some(end) = &page.upload {
            uploads::end_upload_in(&mut tx, end, now).await?;
        }
        let written = items::write_items(&mut tx, page, now).await?;
        let unplaced = placements::write_placements(&mut tx, page, &written).await?;
        gone::bury(&mut tx, &page.gone, now).await?;
        if let Some(job) = &page.job {
            job_files::write_outcomes(&mut tx, job, &page.found, &page.outcomes, page.bytes, now).await?;
            frontier::change_frontier(&mut tx, job, &page.frontier).await?;
        }
        if let Some(step) = &page.feed {
            self.step_feed(&mut tx, step).await?;
        }
        for task in &page.tasks {
            queue::enqueue_in(&mut tx, task, now).await?;
        }
        if let Some(announced) = &page.announced {
            announced::settle_in(&mut tx, announced, unplaced.is_empty()).await?;
        }
        tx.commit().await?;
        Ok(CommittedPage { unplaced, ..written.into_answer() })
    }
}

/// Fails unless the worker still holds the task. Writing the row (though nothing in it changes) also keeps
/// others from claiming the task until the page is committed.
async fn hold_lease(tx: &mut Transaction<'static, Any>, lease: &TaskLease) -> Result<()> {
    let held = Sql::new("UPDATE tasks SET locked_by = locked_by WHERE state = 'running' AND id = ")
        .arg(&lease.task)
        .sql(" AND locked_by = ")
        .arg(lease.worker.as_str())
        .run(&mut **tx)
        .await?;
    if held == 1 { Ok(()) } else { Err(StoreError::conflict("the task's lease is lost")) }
}

/// Says what the page says of its job as a whole. Locks the job's row, so that pages of one job follow each
/// other.
async fn mark_job(tx: &mut Transaction<'static, Any>, page: &PageEffects) -> Result<()> {
    let Some(job) = &page.job else {
        let empty = page.found.is_empty()
            && page.outcomes.is_empty()
            && page.frontier.add.is_empty()
            && page.frontier.steps.is_empty();
        return if empty { Ok(()) } else { Err(StoreError::conflict("the page names no job")) };
    };
    let marked = Sql::new("UPDATE sync_jobs SET id = id")
        .sql_if(page.roots_resolved, ", roots_resolved = 1")
        .sql_if(page.listing_complete, ", listing_complete = 1")
        .sql(" WHERE id = ")
        .arg(job)
        .run(&mut **tx)
        .await?;
    if marked == 1 { Ok(()) } else { Err(StoreError::conflict("the job is gone")) }
}
