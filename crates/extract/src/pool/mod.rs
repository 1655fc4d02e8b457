//! The workers: started when needed, one file each at a time, replaced when old, killed when late.

mod process;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::io::AsyncRead;
use tokio::time::timeout;

use crate::effort::Busy;
use crate::error::ExtractError;
use crate::limits::Limits;
use crate::protocol::{Answer, Confinement, Job};
use crate::turns::{Turn, Turns};
use process::{Failure, WorkerProcess};

/// How a worker is started: a program, by its absolute path, that ends up in [`crate::worker_main`]. It gets nothing
/// of this process's environment, and `/` as its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    pub program: PathBuf,
    pub args: Vec<String>,
}

/// Keeps up to a fixed number of workers. Callers wait, holding no more than they came with; turns go round by user.
pub(crate) struct Pool {
    command: WorkerCommand,
    limits: Limits,
    turns: Turns,
    idle: Mutex<Vec<Idle>>,
    reaping: AtomicBool,
    confined: OnceLock<Confinement>,
}

/// Why a job gave no answer.
pub(crate) struct Ended {
    pub error: ExtractError,
    /// The mark of the member of an archive that was being read.
    pub member: Option<String>,
}

impl From<ExtractError> for Ended {
    fn from(error: ExtractError) -> Self {
        Self { error, member: None }
    }
}

struct Idle {
    worker: WorkerProcess,
    /// Set when the reaper has seen it; the next time it is ended.
    rested: bool,
}

impl Pool {
    pub(crate) fn new(command: WorkerCommand, workers: usize, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            command,
            limits,
            turns: Turns::new(workers),
            idle: Mutex::new(Vec::new()),
            reaping: AtomicBool::new(false),
            confined: OnceLock::new(),
        })
    }

    /// Has a worker read one file; returns its answer and the pictures that go with it. Dropping the future kills the
    /// worker that was reading.
    pub(crate) async fn run(
        self: &Arc<Self>,
        job: &Job,
        content: &mut (impl AsyncRead + Unpin),
        whose: &str,
        busy: &Busy,
    ) -> Result<(Answer, Vec<Vec<u8>>), Ended> {
        let _turn = self.turn(whose).await;
        let _busy = busy.reading();
        let mut worker = match self.take_idle() {
            Some(worker) => worker,
            None => self.start().await?,
        };
        let limit = self.limits.time_per_file;
        let mut member = None;
        let outcome = match timeout(limit, worker.exchange(job, content, &mut member)).await {
            Err(_late) => return Err(Ended { error: self.timed_out(), member }),
            Ok(outcome) => outcome,
        };
        match outcome {
            Ok(exchanged) => {
                if !exchanged.last && worker.files() < self.limits.files_per_worker {
                    self.keep(worker);
                }
                Ok((exchanged.answer, exchanged.pictures))
            }
            Err(Failure::Content(cause)) => {
                Err(ExtractError::Unreadable { cause: cause.kind().to_string() }.into())
            }
            Err(Failure::Pipe(error)) => {
                let death = worker.cause_of_death().await;
                tracing::warn!(?death, %error, media_type = job.media_type, "an extraction worker died");
                let error = match death {
                    process::Death::OutOfTime => self.timed_out(),
                    process::Death::OutOfMemory => {
                        ExtractError::OutOfMemory { mebibytes: self.limits.worker_memory_bytes >> 20 }
                    }
                    process::Death::Other(_) => ExtractError::Crashed,
                };
                Err(Ended { error, member })
            }
        }
    }

    /// Waits until one more process may run.
    pub(crate) async fn turn(&self, whose: &str) -> Turn<'_> {
        self.turns.take(whose).await
    }

    /// Starts a worker, to be used by the next file, and tells what the kernel enforces on it.
    pub(crate) async fn check(self: &Arc<Self>) -> Result<Confinement, ExtractError> {
        let _turn = self.turn("").await;
        let worker = self.start().await?;
        let confined = worker.confined();
        self.keep(worker);
        Ok(confined)
    }

    async fn start(&self) -> Result<WorkerProcess, ExtractError> {
        let worker = WorkerProcess::start(&self.command, &self.limits).await.map_err(|cause| {
            tracing::error!(program = %self.command.program.display(), cause, "an extraction worker did not start");
            ExtractError::WorkerUnavailable { program: self.command.program.clone(), cause }
        })?;
        self.confined.get_or_init(|| report(worker.confined()));
        Ok(worker)
    }

    fn take_idle(&self) -> Option<WorkerProcess> {
        // The one used last is the warmest. One that died meanwhile is passed over.
        std::iter::from_fn(|| self.idle().pop()).map(|idle| idle.worker).find_map(WorkerProcess::if_alive)
    }

    fn keep(self: &Arc<Self>, worker: WorkerProcess) {
        if worker.resident_bytes().is_some_and(|bytes| bytes > self.limits.worker_resident_bytes) {
            return;
        }
        self.idle().push(Idle { worker, rested: false });
        if !self.reaping.swap(true, Ordering::AcqRel) {
            tokio::spawn(reap(Arc::downgrade(self), self.limits.worker_idle));
        }
    }

    /// Ends workers that rested for a whole round; false when none is left.
    fn end_rested(&self) -> bool {
        let mut idle = self.idle();
        idle.retain_mut(|idle| !std::mem::replace(&mut idle.rested, true));
        if idle.is_empty() {
            self.reaping.store(false, Ordering::Release);
        }
        !idle.is_empty()
    }

    fn timed_out(&self) -> ExtractError {
        ExtractError::TimedOut { seconds: self.limits.time_per_file.as_secs().max(1) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says once how workers are confined: in the log, and as a metric.
fn report(confined: Confinement) -> Confinement {
    for (means, holds) in [("landlock", confined.landlock), ("seccomp", confined.seccomp)] {
        metrics::gauge!("gangway_extract_confined", "means" => means).set(f64::from(u8::from(holds)));
    }
    match confined {
        Confinement { landlock: true, seccomp: true } => {
            tracing::info!("extraction workers are confined by landlock and seccomp");
        }
        Confinement { landlock, seccomp } => tracing::warn!(
            landlock,
            seccomp,
            "this kernel does not confine extraction workers fully; limits of memory and time hold all the same"
        ),
    }
    confined
}

#[allow(
    clippy::disallowed_methods,
    reason = "frees memory of real processes; nothing is decided by the time"
)]
async fn reap(pool: Weak<Pool>, round: std::time::Duration) {
    loop {
        tokio::time::sleep(round).await;
        if !pool.upgrade().is_some_and(|pool| pool.end_rested()) {
            return;
        }
    }
}
