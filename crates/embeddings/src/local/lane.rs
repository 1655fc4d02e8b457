//! Threads that work for a model, and the line in which work waits for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// How far work that gives way stands below the rest: it gets a tenth of a core that others want, and all of an idle one.
#[cfg(target_os = "linux")]
const STEPS_DOWN: i32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    Usual,
    /// Gives way to everything else in this process.
    Low,
}

/// A line of work. Its threads end when it is dropped.
pub struct Lane {
    jobs: Sender<Job>,
}

impl Lane {
    pub fn start(name: &str, threads: usize, priority: Priority) -> std::io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads {
            let waiting = Arc::clone(&waiting);
            std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&waiting, priority))?;
        }
        Ok(Self { jobs })
    }

    /// Puts work in line. It is done unless the future is dropped before its turn comes; `None` when it panicked.
    pub fn run<T, W>(&self, work: W) -> impl Future<Output = Option<T>> + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move || {
            if !reply.is_closed()
                && let Ok(done) = catch_unwind(AssertUnwindSafe(work))
            {
                let _ = reply.send(done);
            }
        });
        // Without threads the job is dropped, and so is its answer.
        let _ = self.jobs.send(job);
        async move { answer.await.ok() }
    }
}

fn work(waiting: &Mutex<Receiver<Job>>, priority: Priority) {
    if priority == Priority::Low {
        give_way();
    }
    // Whatever the libraries below want to divide stays on this thread.
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build() {
        tracing::warn!(%error, "the model uses more threads than it is allowed");
    }
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        job();
    }
}

/// On Linux a priority is the thread's own.
#[cfg(target_os = "linux")]
fn give_way() {
    use rustix::process::{getpriority_process, setpriority_process};
    let lower = |now: i32| setpriority_process(None, (now + STEPS_DOWN).min(19));
    if let Err(error) = getpriority_process(None).and_then(lower) {
        tracing::debug!(%error, "the model's threads keep the usual priority");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_harms_no_other() {
        let lane = Lane::start("test", 1, Priority::Low).unwrap();
        let panicked = lane.run(|| -> u32 { panic!("over") });
        let fine = lane.run(|| 7);
        assert_eq!(panicked.await, None);
        assert_eq!(fine.await, Some(7));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_left_out() {
        let lane = Lane::start("test", 1, Priority::Usual).unwrap();
        let (open, opened) = channel::<()>();
        let first = lane.run(move || opened.recv().is_ok());
        let done = Arc::new(Mutex::new(Vec::new()));
        let note = |number: u32| {
            let done = Arc::clone(&done);
            move || done.lock().unwrap().push(number)
        };
        drop(lane.run(note(1)));
        let second = lane.run(note(2));
        open.send(()).unwrap();
        assert_eq!(first.await, Some(true));
        second.await.unwrap();
        assert_eq!(*done.lock().unwrap(), [2]);
    }

    #[tokio::test]
    async fn what_divides_its_work_stays_on_its_thread() {
        use rayon::prelude::*;
        let lane = Lane::start("test", 1, Priority::Usual).unwrap();
        let threads = lane.run(|| {
            let names: Vec<_> = (0..64).into_par_iter().map(|_| std::thread::current().id()).collect();
            names.iter().all(|id| *id == std::thread::current().id())
        });
        assert_eq!(threads.await, Some(true));
    }
}
