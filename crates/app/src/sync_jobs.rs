//! What became of a sync job: its state, its files, its progress as it happens, and calling it off.

use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use gangway_model::{ConnectionId, FileOutcome, Outcome, SyncJob, SyncJobId, User};

use crate::app::App;
use crate::error::{AppError, AppResult};
use crate::page::{Page, PageOf};

impl App {
    /// A job of this user and connector.
    pub async fn get_sync(&self, user: &User, connector_id: &str, job: &SyncJobId) -> AppResult<SyncJob> {
        self.usable_connector(user, connector_id)?;
        self.store
            .find_job(job)
            .await?
            .filter(|job| job.user_id == user.id && job.connector_id.as_str() == connector_id)
            .ok_or_else(|| AppError::not_found("sync job"))
    }

    /// A job of this user, whatever its connector.
    pub async fn find_sync(&self, user: &User, job: &SyncJobId) -> AppResult<SyncJob> {
        let found = self.store.find_job(job).await?.filter(|job| job.user_id == user.id);
        let job = found.ok_or_else(|| AppError::not_found("sync job"))?;
        self.usable_connector(user, job.connector_id.as_str())?;
        Ok(job)
    }

    /// A connection's jobs, the latest first.
    pub async fn list_syncs(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
        page: &PageOf,
    ) -> AppResult<Page<SyncJob>> {
        let (_, connection) = self.get_connection(user, connector_id, wanted).await?;
        Ok(Page::of(self.store.list_jobs(&user.id, Some(&connection.id), &page.paging()?).await?))
    }

    /// What became of each file.
    pub async fn list_sync_files(
        &self,
        user: &User,
        connector_id: &str,
        job: &SyncJobId,
        outcome: Option<Outcome>,
        page: &PageOf,
    ) -> AppResult<Page<FileOutcome>> {
        let job = self.get_sync(user, connector_id, job).await?;
        self.list_files_of(user, &job, outcome, page).await
    }

    /// The same of a job that was looked up for this user.
    pub async fn list_files_of(
        &self,
        user: &User,
        job: &SyncJob,
        outcome: Option<Outcome>,
        page: &PageOf,
    ) -> AppResult<Page<FileOutcome>> {
        Ok(Page::of(self.store.list_job_files(&user.id, &job.id, outcome, &page.paging()?).await?))
    }

    /// The states of a job from now on, ending with a final one.
    pub async fn watch_sync(
        &self,
        user: &User,
        connector_id: &str,
        job: &SyncJobId,
    ) -> AppResult<BoxStream<'static, SyncJob>> {
        let job = self.get_sync(user, connector_id, job).await?;
        Ok(until_failure(self.engine.watch(&job.id)).boxed())
    }

    /// Asks a job to stop at its next checkpoint. What it brought in stays. A finished job stays as it is.
    pub async fn cancel_sync(&self, user: &User, connector_id: &str, job: &SyncJobId) -> AppResult<SyncJob> {
        let job = self.get_sync(user, connector_id, job).await?;
        if job.status.is_final() {
            return Ok(job);
        }
        let job = self.store.request_cancel(&user.id, &job.id).await?;
        self.engine.announce(&job.id);
        self.engine.wake();
        Ok(job)
    }
}

/// A watcher whose rows cannot be read any more ends: the client connects again.
fn until_failure<E: std::fmt::Debug + Send>(
    states: impl Stream<Item = Result<SyncJob, E>> + Send + 'static,
) -> impl Stream<Item = SyncJob> + Send {
    states
        .take_while(|state| std::future::ready(state.is_ok()))
        .filter_map(|state| std::future::ready(state.ok()))
}

/// How far a job is, 0–100. 100 means finished, and nothing else does. While folders are still being listed the
/// total is not known, so the first half of the bar is all there is to reach.
pub fn progress(job: &SyncJob) -> u8 {
    if job.status.is_final() {
        return 100;
    }
    let counters = &job.counters;
    if counters.found == 0 {
        return 0;
    }
    let share = counters.done().min(counters.found) as f64 / counters.found as f64;
    let reach = if job.listing_complete { 99.0 } else { 50.0 };
    (share * reach).floor() as u8
}

#[cfg(test)]
mod tests {
    use gangway_model::{JobCounters, JobStatus, SyncMode};

    use super::*;

    #[test]
    fn only_a_finished_job_is_at_100() {
        let mut job = SyncJob {
            id: SyncJobId::fresh(),
            user_id: "u".into(),
            connection_id: "c".into(),
            connector_id: "x".into(),
            collection_id: None,
            mode: SyncMode::Manual,
            roots: Vec::new(),
            status: JobStatus::Processing,
            counters: JobCounters::default(),
            listing_complete: false,
            cancel_requested: false,
            allow_mass_removal: false,
            error: None,
            created_at: Default::default(),
            started_at: None,
            completed_at: None,
        };
        assert_eq!(progress(&job), 0);
        job.counters = JobCounters { found: 10, synced: 9, failed: 1, ..JobCounters::default() };
        assert_eq!(progress(&job), 50);
        job.listing_complete = true;
        assert_eq!(progress(&job), 99);
        job.status = JobStatus::Failed;
        assert_eq!(progress(&job), 100);
    }
}
