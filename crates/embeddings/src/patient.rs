//! What people who wait for an answer may be asked to wait for a vector.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use gangway_effects::SharedClock;
use gangway_model::Timestamp;
use gangway_search::{EmbedError, Embedder, TextKind};

/// Questions in a row without a vector after which no more are sent for a while.
const FAILURES_IN_A_ROW: u32 = 3;
/// For how long. Whoever asks meanwhile is answered at once.
const PAUSE: Duration = Duration::from_secs(10);

/// Gives questions a deadline, and asks nothing of an embedder that just failed several times. Passages, for which nobody
/// waits, are passed on as they are.
pub struct Patient<E> {
    inner: E,
    clock: SharedClock,
    deadline: Duration,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    failures: u32,
    paused_until: Option<Timestamp>,
}

impl<E: Embedder> Patient<E> {
    pub fn new(inner: E, clock: SharedClock, deadline: Duration) -> Self {
        Self { inner, clock, deadline, health: Mutex::default() }
    }

    pub fn shared(self) -> Arc<dyn Embedder>
    where
        E: 'static,
    {
        Arc::new(self)
    }

    async fn question(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if self.health().paused_until.is_some_and(|until| self.clock.now() < until) {
            return Err(EmbedError::for_now(
                "the embedder failed several times and is left alone for a moment",
            ));
        }
        let answer = tokio::select! {
            biased;
            answer = self.inner.embed(TextKind::Query, texts) => answer,
            () = self.clock.sleep(self.deadline) => {
                Err(EmbedError::for_now("the embedder did not answer a question in time"))
            }
        };
        match &answer {
            // A refusal is about the question, not about the embedder.
            Ok(_) | Err(EmbedError::Refused { .. }) => *self.health() = Health::default(),
            Err(error) => self.note(error),
        }
        answer
    }

    fn note(&self, error: &EmbedError) {
        let mut health = self.health();
        health.failures += 1;
        tracing::warn!(%error, failures = health.failures, "a question has no vector");
        if health.failures >= FAILURES_IN_A_ROW {
            health.paused_until = Some(self.clock.now() + PAUSE);
        }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<E: Embedder> Embedder for Patient<E> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    async fn embed(&self, kind: TextKind, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        match kind {
            TextKind::Query => self.question(texts).await,
            TextKind::Passage => self.inner.embed(kind, texts).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use gangway_effects::{Clock, SteppedClock};

    use super::*;

    /// Counts what it is asked, and answers when `answers` says so.
    struct Slow {
        asked: Arc<AtomicU32>,
        answers: Arc<std::sync::atomic::AtomicBool>,
    }

    #[async_trait]
    impl Embedder for Slow {
        fn model(&self) -> &str {
            "slow"
        }

        async fn embed(&self, _: TextKind, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            match self.answers.load(Ordering::SeqCst) {
                true => Ok(texts.iter().map(|_| vec![1.0]).collect()),
                false => std::future::pending().await,
            }
        }
    }

    #[tokio::test]
    async fn questions_wait_no_longer_than_they_may_and_failures_are_not_repeated() {
        let clock = SteppedClock::starting_at(chrono::DateTime::UNIX_EPOCH);
        let (asked, answers) = (Arc::new(AtomicU32::new(0)), Arc::new(false.into()));
        let slow = Slow { asked: asked.clone(), answers: Arc::clone(&answers) };
        let patient = Arc::new(Patient::new(slow, Arc::new(clock.clone()), Duration::from_millis(300)));
        let ask = || {
            let patient = Arc::clone(&patient);
            tokio::spawn(async move { patient.embed(TextKind::Query, &["a".to_owned()]).await })
        };
        for number in 1..=3 {
            let waiting = ask();
            while asked.load(Ordering::SeqCst) < number {
                tokio::task::yield_now().await;
            }
            tokio::task::yield_now().await;
            clock.advance(Duration::from_millis(299));
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished(), "it waits as long as it may");
            clock.advance(Duration::from_millis(2));
            assert!(matches!(waiting.await.unwrap(), Err(EmbedError::RetryLater { .. })));
        }
        assert!(ask().await.unwrap().is_err(), "answered at once");
        assert_eq!(asked.load(Ordering::SeqCst), 3, "and not asked any more");
        answers.store(true, Ordering::SeqCst);
        clock.advance(PAUSE);
        assert_eq!(ask().await.unwrap().unwrap(), [vec![1.0]], "asked again after a while");
    }

    #[tokio::test]
    async fn passages_are_passed_on_whatever_became_of_questions() {
        let clock = SteppedClock::starting_at(chrono::DateTime::UNIX_EPOCH);
        let slow = Slow { asked: Arc::default(), answers: Arc::new(true.into()) };
        let patient = Patient::new(slow, Arc::new(clock.clone()), Duration::ZERO);
        *patient.health() = Health { failures: 3, paused_until: Some(clock.now() + PAUSE) };
        let texts = ["a".to_owned(), "b".to_owned()];
        assert_eq!(patient.embed(TextKind::Passage, &texts).await.unwrap().len(), 2);
    }
}
