//! Workers: claim a task, keep its lease alive, carry it out, and say what became of it.

use std::sync::Arc;
use std::time::Duration;

use gangway_effects::random_token;
use gangway_store::{Round, Task, TaskLease};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::announced::Announcements;
use crate::context::{Rooms, TaskContext, USER_IS_DISABLED, WHILE_DISABLED};
use crate::slots::{Slot, Slots};
use crate::stop::{LONGEST_PAUSE, LONGEST_WAIT, Stop};
use crate::tasks;

/// How often an idle process looks at the queue although nobody woke it: another process may have added work.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Claims and runs tasks until `shutdown`, then waits for those at work to reach their next checkpoint.
pub async fn run(rooms: Arc<Rooms>, shutdown: CancellationToken) {
    let me = random_token("worker_");
    let mut at_work: JoinSet<()> = JoinSet::new();
    let slots = Arc::new(Slots::default());
    let mut round = Round::default();
    while !shutdown.is_cancelled() {
        while at_work.try_join_next().is_some() {}
        let free = rooms.settings.workers.saturating_sub(slots.taken());
        let claimed = match free {
            0 => Vec::new(),
            free => claim(&rooms, &me, free, &slots, &mut round).await,
        };
        let nothing_new = claimed.is_empty();
        for task in claimed {
            let (rooms, me, shutdown) = (Arc::clone(&rooms), me.clone(), shutdown.child_token());
            let slot = slots.take(task.owner.as_ref(), tasks::kinds::LONG.contains(&task.kind.as_str()));
            at_work.spawn(async move { carry_out(rooms, me, task, shutdown, slot).await });
        }
        if nothing_new {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = rooms.work.notified() => {}
                () = rooms.clock.sleep(LOOK_AGAIN) => {}
                Some(_) = at_work.join_next(), if !at_work.is_empty() => {}
            }
        }
    }
    while at_work.join_next().await.is_some() {}
    if let Err(error) = rooms.store.release_all_of(&me).await {
        tracing::warn!(%error, "leases could not be released; they end by themselves");
    }
}

async fn claim(rooms: &Rooms, me: &str, free: usize, slots: &Slots, round: &mut Round) -> Vec<Task> {
    let limit = u32::try_from(free).unwrap_or(u32::MAX);
    let (lease, shares) = (rooms.settings.lease, rooms.settings.shares(slots.held()));
    match rooms.store.claim_fairly(me, tasks::kinds::ALL, limit, lease, &shares, round).await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::error!(%error, "the queue cannot be read; trying again");
            Vec::new()
        }
    }
}

async fn carry_out(rooms: Arc<Rooms>, me: String, task: Task, stop: CancellationToken, slot: Slot) {
    let span = tracing::info_span!("task", kind = %task.kind, task = %task.id, attempt = task.attempts);
    let lease = TaskLease { task: task.id.clone(), worker: me.clone() };
    let announced = Arc::new(Announcements::default());
    let context = TaskContext {
        rooms: Arc::clone(&rooms),
        task: task.clone(),
        lease: lease.clone(),
        stop: stop.clone(),
        slot,
        announced: Arc::clone(&announced),
    };
    let heart = tokio::spawn(keep_alive(Arc::clone(&rooms), lease, stop.clone()));
    // In a task of its own, so that a panic costs this task and not the worker.
    let result = tokio::spawn(tracing::Instrument::instrument(
        async move { tasks::run(&context).await },
        span.clone(),
    ))
    .await;
    announced.withdraw_all(&rooms).await;
    heart.abort();
    let result = match result {
        Ok(result) => result,
        Err(panic) if panic.is_panic() => {
            Err(Stop::failed("internal", "the task met a fault of this server"))
        }
        Err(_) => Err(Stop::LeaseLost),
    };
    if let Err(error) = settle(&rooms, &me, &task, result).await {
        tracing::error!(parent: &span, %error, "the task's end could not be recorded; its lease will end by itself");
    }
    rooms.wake();
}

/// Extends the lease at a third of its life; gives the task up when the lease is lost.
async fn keep_alive(rooms: Arc<Rooms>, lease: TaskLease, stop: CancellationToken) {
    loop {
        rooms.clock.sleep(rooms.settings.lease / 3).await;
        match rooms.store.extend_lease(&lease.task, &lease.worker, rooms.settings.lease).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(task = %lease.task, "the lease was lost");
                stop.cancel();
                return;
            }
            Err(error) => {
                tracing::warn!(task = %lease.task, %error, "the lease could not be extended; trying again")
            }
        }
    }
}

async fn settle(
    rooms: &Rooms,
    me: &str,
    task: &Task,
    result: Result<(), Stop>,
) -> Result<(), gangway_store::StoreError> {
    let kind = task.kind.clone();
    let is_long_pause = result.as_ref().is_err_and(Stop::is_long_pause);
    match result {
        Ok(()) | Err(Stop::Cancelled) => {
            metrics::counter!("gangway_tasks_total", "kind" => kind, "result" => "done").increment(1);
            rooms.store.complete(&task.id, me).await?;
            Ok(())
        }
        Err(Stop::LeaseLost) => {
            metrics::counter!("gangway_tasks_total", "kind" => kind, "result" => "interrupted").increment(1);
            Ok(())
        }
        // Behind those who wait already, whatever the clock's grain; no try of its own.
        Err(Stop::GiveWay) => {
            metrics::counter!("gangway_tasks_total", "kind" => kind, "result" => "gave_way").increment(1);
            let behind = rooms.now() + Duration::from_millis(1);
            rooms.store.pause(&task.id, me, behind, "others have their turn").await?;
            Ok(())
        }
        // Nothing was tried; enabling the user ends it.
        Err(Stop::UserDisabled) => {
            metrics::counter!("gangway_tasks_total", "kind" => kind, "result" => "put_off").increment(1);
            rooms.store.pause(&task.id, me, rooms.now() + WHILE_DISABLED, USER_IS_DISABLED).await?;
            Ok(())
        }
        Err(Stop::RetryLater { after, reason }) => {
            metrics::counter!("gangway_tasks_total", "kind" => kind, "result" => "retried").increment(1);
            let own = backoff(task.attempts).min(longest_own_wait(rooms, &task.kind));
            let wait = wait_for(after, own);
            tracing::warn!(task = %task.id, kind = %task.kind, code = %reason.code, wait = wait.as_secs(), "the task waits for another try");
            let again = rooms.now() + wait;
            match is_long_pause {
                true => rooms.store.pause(&task.id, me, again, &reason.message).await?,
                false => rooms.store.retry(&task.id, me, again, &reason.message).await?,
            };
            Ok(())
        }
        Err(Stop::Failed(reason) | Stop::Reconnect(reason)) => {
            metrics::counter!("gangway_tasks_total", "kind" => kind, "result" => "failed").increment(1);
            tracing::warn!(task = %task.id, kind = %task.kind, code = %reason.code, "the task ended without success");
            rooms.store.give_up(&task.id, me, &reason.message).await?;
            Ok(())
        }
    }
}

/// Whoever follows looks again with the next poll, unless the provider asked for more time.
fn longest_own_wait(rooms: &Rooms, kind: &str) -> Duration {
    match kind {
        tasks::kinds::FOLLOW | tasks::kinds::LOOK | tasks::kinds::CONFIRM_INSIDE => {
            rooms.settings.poll_interval
        }
        _ => LONGEST_WAIT,
    }
}

/// What the provider asks for is kept, within reason. It is the least: what goes on asking for little is asked more
/// rarely each time, as if it had named nothing.
fn wait_for(named: Option<Duration>, own: Duration) -> Duration {
    named.map_or(own, |named| named.min(LONGEST_PAUSE).max(own))
}

/// 2, 4, 8 … seconds, half of it by chance so that many tasks do not come back together.
fn backoff(attempts: u32) -> Duration {
    let exponent = attempts.clamp(1, 10);
    let most = Duration::from_secs(1 << exponent);
    let chance = f64::from(u16::from_le_bytes(gangway_effects::random_bytes())) / f64::from(u16::MAX);
    most / 2 + (most / 2).mul_f64(chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_asks_for_is_the_least_and_ends_within_a_day() {
        let (hour, second) = (Duration::from_secs(3600), Duration::from_secs(1));
        assert_eq!(wait_for(None, 8 * second), 8 * second);
        assert_eq!(wait_for(Some(24 * hour), 8 * second), 24 * hour, "a quota of a day is waited for");
        assert_eq!(wait_for(Some(9000 * hour), second), LONGEST_PAUSE);
        assert_eq!(wait_for(Some(30 * second), 256 * second), 256 * second, "asked for again and again");
    }

    #[test]
    fn only_a_pause_longer_than_ours_is_no_try() {
        let is_long = |after: Option<Duration>| {
            let reason = gangway_model::Reason::new("rate_limit", "later");
            Stop::RetryLater { after, reason }.is_long_pause()
        };
        assert!(is_long(Some(Duration::from_secs(24 * 3600))));
        assert!(!is_long(Some(LONGEST_WAIT)) && !is_long(Some(Duration::from_secs(30))) && !is_long(None));
        assert!(!Stop::Cancelled.is_long_pause());
    }
}
