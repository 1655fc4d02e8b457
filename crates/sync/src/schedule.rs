//! The scheduler: puts into the queue what has become due. Any number of processes may run it at the same time.

use std::sync::Arc;
use std::time::Duration;

use gangway_store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::context::Rooms;
use crate::embedding::COUNT_AGAIN;
use crate::finish::KEEP_UPLOADS;
use crate::stop::Stop;
use crate::tasks::payload;
use crate::unread;

/// Between two looks at what is due.
const TICK: Duration = Duration::from_secs(5);
/// Subscriptions are renewed when they have less than this left.
pub(crate) const RENEW_AHEAD: Duration = Duration::from_secs(12 * 3600);
/// How long a finished job and its files' outcomes can be asked for.
const KEEP_JOBS: Duration = Duration::from_secs(30 * 86_400);
/// The same for jobs that the engine started by itself.
const KEEP_ENGINE_JOBS: Duration = Duration::from_secs(3600);
/// How long after a push for a whole OAuth app further ones are counted on. Nothing renews such pushes and nobody says
/// when they end, so silence means polling.
pub const PUSHES_TRUSTED: Duration = Duration::from_secs(3600);
const KEEP_AUDIT: Duration = Duration::from_secs(365 * 86_400);
/// Connections taken up in one look.
const AT_ONCE: u32 = 500;

/// Looks for due work until `shutdown`.
pub async fn run(rooms: Arc<Rooms>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(stop) = tick(&rooms).await {
            tracing::error!(?stop, "due work could not be looked up; trying again");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = rooms.clock.sleep(TICK.min(rooms.settings.poll_interval)) => {}
        }
    }
}

/// Enqueues what is due now.
pub async fn tick(rooms: &Rooms) -> Result<(), Stop> {
    let now = rooms.now();
    let mut found_work = false;
    let polled_before = now - rooms.settings.poll_interval;
    let pushed_before = now - rooms.settings.poll_interval_with_push;
    let heard_since = now - PUSHES_TRUSTED;
    let due = rooms.store.list_follow_due(polled_before, pushed_before, heard_since, now, AT_ONCE).await?;
    for connection in due {
        found_work |= enqueue(rooms, payload::follow(&connection, now)).await?;
    }
    if rooms.settings.webhook_base.is_some() {
        for subscription in rooms.store.list_expiring(now + RENEW_AHEAD, AT_ONCE).await? {
            found_work |=
                enqueue(rooms, payload::subscriptions(&subscription.subscription.connection_id, now)).await?;
        }
    }
    rooms.store.delete_expired_authorization_requests(now).await?;
    rooms.store.delete_expired_picker_sessions(now).await?;
    rooms.store.expire_uploads(now, now + KEEP_UPLOADS, AT_ONCE).await?;
    rooms.store.delete_old_uploads(now).await?;
    rooms.store.delete_expired_sessions(now).await?;
    rooms.store.delete_expired_assistants(now).await?;
    rooms.store.delete_old_jobs(now - KEEP_JOBS, now - KEEP_ENGINE_JOBS, AT_ONCE).await?;
    rooms.store.delete_old_audit(now - KEEP_AUDIT).await?;
    if !rooms.store.list_orphaned_blobs(now - crate::tasks::BLOB_GRACE, 1).await?.is_empty()
        || !rooms.store.list_announced_entries(now - crate::tasks::ENTRIES_GRACE, 1).await?.is_empty()
    {
        found_work |= enqueue(rooms, payload::collect_blobs(now)).await?;
    }
    if rooms.embeddings.is_some() {
        rooms.embedding_notes.counts(&rooms.store, now, COUNT_AGAIN).await?;
        if !rooms.store.list_to_embed(1).await?.is_empty() {
            found_work |= enqueue(rooms, payload::embed(now)).await?;
        }
    }
    found_work |= unread::look_through(rooms).await?;
    if found_work {
        rooms.wake();
    }
    Ok(())
}

/// Enqueues unless such a task waits already.
pub(crate) async fn enqueue(rooms: &Rooms, task: gangway_store::NewTask) -> Result<bool, Stop> {
    match rooms.store.enqueue(&task).await {
        Ok(enqueued) => Ok(enqueued.is_new),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
