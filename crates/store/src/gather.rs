//! Answers one kind of question for many callers with one look-up, and nothing from memory.
//!
//! A question that comes while a look-up runs waits for the next one. So every answer was read after its
//! question came, and what was gone by then is not shown: this is no cache. Under load many questions share a
//! trip to the database; a lone one makes its trip at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::error::{Result, StoreError};

/// What a look-up found, by question; a question without an entry is answered with nothing.
pub(crate) type Found<A> = HashMap<String, Arc<A>>;

type LookUp<A> = dyn Fn(Vec<String>) -> BoxFuture<'static, Result<Found<A>>> + Send + Sync;

pub(crate) struct Gather<A> {
    open: Mutex<Open<A>>,
    look_up: Box<LookUp<A>>,
}

/// Where an answer goes to.
type Asking<A> = oneshot::Sender<Result<Option<Arc<A>>>>;

struct Open<A> {
    questions: HashMap<String, Vec<Asking<A>>>,
    /// Whether somebody is looking up, and will take the questions afterwards.
    running: bool,
}

impl<A: Send + Sync + 'static> Gather<A> {
    pub(crate) fn new(
        look_up: impl Fn(Vec<String>) -> BoxFuture<'static, Result<Found<A>>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let open = Open { questions: HashMap::new(), running: false };
        Arc::new(Self { open: Mutex::new(open), look_up: Box::new(look_up) })
    }

    pub(crate) async fn ask(self: &Arc<Self>, question: &str) -> Result<Option<Arc<A>>> {
        let (answer, answered) = oneshot::channel();
        let was_running = {
            let mut open = self.open();
            open.questions.entry(question.to_owned()).or_default().push(answer);
            std::mem::replace(&mut open.running, true)
        };
        if !was_running {
            // A task of its own: whoever asked may lose interest, and others wait for the same trip.
            tokio::spawn(Rounds { gather: Arc::clone(self), ended: false }.run());
        }
        answered.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the look-up broke off".to_owned())))
    }

    fn open(&self) -> MutexGuard<'_, Open<A>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Look-ups, one after the other, until nobody asks any more.
struct Rounds<A: Send + Sync + 'static> {
    gather: Arc<Gather<A>>,
    ended: bool,
}

impl<A: Send + Sync + 'static> Rounds<A> {
    async fn run(mut self) {
        loop {
            // Whoever is about to ask comes first: under load that makes one trip of many.
            tokio::task::yield_now().await;
            let questions = {
                let mut open = self.gather.open();
                if open.questions.is_empty() {
                    open.running = false;
                    self.ended = true;
                    return;
                }
                std::mem::take(&mut open.questions)
            };
            let found = (self.gather.look_up)(questions.keys().cloned().collect()).await;
            for (question, asking) in questions {
                let answer = found.as_ref().map(|found| found.get(&question).cloned());
                for one in asking {
                    // Whoever does not listen any more has left.
                    let _ = one.send(answer.clone().map_err(Clone::clone));
                }
            }
        }
    }
}

impl<A: Send + Sync + 'static> Drop for Rounds<A> {
    /// After a panic: those who wait are told, and the next question starts anew.
    fn drop(&mut self) {
        if !self.ended {
            let mut open = self.gather.open();
            open.questions.clear();
            open.running = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::{Semaphore, mpsc};

    use super::*;

    /// A look-up that says what it is asked, waits to be let through, and then reads `rows`.
    struct Bench {
        gather: Arc<Gather<String>>,
        asked: mpsc::UnboundedReceiver<Vec<String>>,
        gate: Arc<Semaphore>,
        rows: Arc<Mutex<HashMap<String, String>>>,
        panics: Arc<AtomicBool>,
    }

    impl Bench {
        fn new() -> Self {
            let (say, asked) = mpsc::unbounded_channel();
            let gate = Arc::new(Semaphore::new(0));
            let rows = Arc::new(Mutex::new(HashMap::from([("ann".to_owned(), "here".to_owned())])));
            let panics = Arc::new(AtomicBool::new(false));
            let (gate_, rows_, panics_) = (Arc::clone(&gate), Arc::clone(&rows), Arc::clone(&panics));
            let gather = Gather::new(move |mut questions: Vec<String>| {
                questions.sort();
                let (say, gate, rows, panics) =
                    (say.clone(), Arc::clone(&gate_), Arc::clone(&rows_), Arc::clone(&panics_));
                let look_up: BoxFuture<'static, Result<Found<String>>> = Box::pin(async move {
                    // Read first and answered late: the worst that a database can do.
                    let found = rows.lock().unwrap().clone();
                    say.send(questions.clone()).unwrap();
                    gate.acquire().await.unwrap().forget();
                    assert!(!panics.load(Ordering::Relaxed), "on purpose");
                    if questions.contains(&"broken".to_owned()) {
                        return Err(StoreError::Unavailable("no answer".to_owned()));
                    }
                    Ok(found.into_iter().map(|(name, row)| (name, Arc::new(row))).collect())
                });
                look_up
            });
            Self { gather, asked, gate, rows, panics }
        }

        /// What the next look-up is asked.
        async fn asked(&mut self) -> Vec<String> {
            let asked = tokio::time::timeout(std::time::Duration::from_secs(10), self.asked.recv());
            asked.await.expect("there is a next look-up").unwrap()
        }

        /// Asks in a task of its own, and returns when the question is in the queue.
        async fn ask(&self, name: &'static str) -> tokio::task::JoinHandle<Result<Option<Arc<String>>>> {
            let gather = Arc::clone(&self.gather);
            let (say, asked) = oneshot::channel();
            let waiting = tokio::spawn(async move {
                let mut asking = std::pin::pin!(gather.ask(name));
                let first = futures::poll!(&mut asking);
                say.send(()).unwrap();
                match first {
                    std::task::Poll::Ready(answer) => answer,
                    std::task::Poll::Pending => {
                        tokio::time::timeout(std::time::Duration::from_secs(10), asking)
                            .await
                            .expect("every question is answered")
                    }
                }
            });
            asked.await.unwrap();
            waiting
        }
    }

    #[tokio::test]
    async fn a_question_never_gets_an_answer_that_was_read_before_it() {
        let mut bench = Bench::new();
        let before = bench.ask("ann").await;
        bench.asked().await;
        bench.rows.lock().unwrap().clear();
        let after = bench.ask("ann").await;
        bench.gate.add_permits(2);
        assert_eq!(before.await.unwrap().unwrap().as_deref().map(String::as_str), Some("here"));
        assert_eq!(after.await.unwrap().unwrap(), None, "it was gone when this question came");
    }

    #[tokio::test]
    async fn what_waits_together_shares_one_look_up() {
        let mut bench = Bench::new();
        let first = bench.ask("ann").await;
        assert_eq!(bench.asked().await, ["ann"]);
        let waiting = [bench.ask("ann").await, bench.ask("ben").await, bench.ask("ann").await];
        bench.gate.add_permits(2);
        assert_eq!(bench.asked().await, ["ann", "ben"]);
        assert!(first.await.unwrap().unwrap().is_some());
        let mut there = Vec::new();
        for one in waiting {
            there.push(one.await.unwrap().unwrap().is_some());
        }
        assert_eq!(there, [true, false, true]);
    }

    #[tokio::test]
    async fn a_failure_and_a_panic_end_with_those_who_asked() {
        let mut bench = Bench::new();
        let broken = bench.ask("broken").await;
        bench.gate.add_permits(1);
        assert!(matches!(broken.await.unwrap(), Err(StoreError::Unavailable(_))));
        bench.panics.store(true, Ordering::Relaxed);
        let unlucky = bench.ask("ann").await;
        bench.gate.add_permits(1);
        assert!(matches!(unlucky.await.unwrap(), Err(StoreError::Unavailable(_))));
        bench.panics.store(false, Ordering::Relaxed);
        let lucky = bench.ask("ann").await;
        bench.gate.add_permits(1);
        assert!(lucky.await.unwrap().unwrap().is_some());
        while bench.asked.try_recv().is_ok() {}
    }

    #[tokio::test]
    async fn one_who_leaves_does_not_take_the_look_up_along() {
        let mut bench = Bench::new();
        let leaving = bench.ask("ann").await;
        bench.asked().await;
        let staying = bench.ask("ann").await;
        leaving.abort();
        bench.gate.add_permits(2);
        assert!(staying.await.unwrap().unwrap().is_some());
    }
}
