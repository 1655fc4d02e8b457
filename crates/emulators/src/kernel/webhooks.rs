//! The webhook deliverer: real HTTP POSTs, in order per lane, with retries and misbehaviour on demand.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::clock::pause_ms;

const ATTEMPTS: u32 = 5;
const KEPT_OUTCOMES: usize = 1000;

/// How deliveries are treated before they leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    #[default]
    Normal,
    /// Nothing leaves.
    Drop,
    /// Everything leaves twice.
    Duplicate,
    /// Deliveries are held until a flush sends them last to first.
    Reorder,
}

/// One message on its way.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Messages of one lane arrive in the order they were sent.
    pub lane: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// How attempts differ, for providers whose messages say which attempt they are.
    pub variants: Option<Variants>,
}

/// Builds the further headers and the body of one attempt; attempts count from one.
pub type Remake = Arc<dyn Fn(u32) -> (Vec<(String, String)>, Bytes) + Send + Sync>;

/// Attempts that differ from each other. Every failure is tried again, an unreachable receiver too.
#[derive(Clone)]
pub struct Variants {
    pub attempts: u32,
    pub remake: Remake,
}

impl fmt::Debug for Variants {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Variants").field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

/// How a delivery ended.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    pub lane: String,
    pub attempts: u32,
    /// The last status the receiver answered; absent when it could not be reached.
    pub status: Option<u16>,
    pub delivered: bool,
}

/// Which answers count as received and which are tried again.
#[derive(Debug, Clone)]
pub struct DeliveryRules {
    pub accepted: Vec<u16>,
    pub retried: Vec<u16>,
}

/// Why an attempt did not count as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Timeout,
    Connection,
    Redirects,
    Status(u16),
    Other,
}

/// Makes the headers of one attempt when it leaves; told its number, from 0, and how the one before failed.
pub type AttemptHeaders = Arc<dyn Fn(&Delivery, u32, Option<Failure>) -> Vec<(String, String)> + Send + Sync>;

/// A provider's own way of trying again. Retries go on aside: the lane does not wait for them.
#[derive(Clone)]
pub struct RetryPlan {
    /// The pause before each retry, in multiples of the backoff.
    pub pauses: Vec<u64>,
    pub backoff_ms: u64,
    pub timeout_ms: u64,
    /// How many redirects are followed.
    pub redirects: usize,
    pub headers: AttemptHeaders,
    /// A refusal with this header is not tried again.
    pub stop_header: Option<&'static str>,
}

/// Sends messages in the background.
#[derive(Clone)]
pub struct Deliverer {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    rules: DeliveryRules,
    plan: Option<RetryPlan>,
    state: Mutex<Lanes>,
    idle: Notify,
}

#[derive(Default)]
struct Lanes {
    mode: DeliveryMode,
    backoff_ms: u64,
    waiting: HashMap<String, VecDeque<Delivery>>,
    held: Vec<Delivery>,
    outcomes: VecDeque<Outcome>,
    dropped: u64,
    timeout_ms: u64,
    /// Deliveries being retried aside of their lanes.
    aside: usize,
    /// Grows with every reset; retries of an older epoch give up.
    epoch: u64,
}

impl Deliverer {
    pub fn new(rules: DeliveryRules) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let state = Mutex::new(Lanes { backoff_ms: 1000, ..Lanes::default() });
        Ok(Self { inner: Arc::new(Inner { client, rules, plan: None, state, idle: Notify::new() }) })
    }

    /// Makes a deliverer that tries again by a plan.
    pub fn with_plan(rules: DeliveryRules, plan: RetryPlan) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::limited(plan.redirects))
            .no_proxy()
            .build()?;
        let (backoff_ms, timeout_ms) = (plan.backoff_ms, plan.timeout_ms);
        let state = Mutex::new(Lanes { backoff_ms, timeout_ms, ..Lanes::default() });
        Ok(Self { inner: Arc::new(Inner { client, rules, plan: Some(plan), state, idle: Notify::new() }) })
    }

    /// Sends one message now, once, and returns status and body of the answer.
    pub async fn ask(&self, delivery: &Delivery) -> Result<(u16, String), Failure> {
        let answer = self.inner.send_once(delivery, 0, None).await?;
        let status = answer.status().as_u16();
        let body = answer.text().await.map_err(|error| failure_of(&error))?;
        Ok((status, body))
    }

    /// Sets how long a receiver may take, where deliveries follow a plan.
    pub fn set_timeout_ms(&self, timeout_ms: u64) {
        self.inner.lock().timeout_ms = timeout_ms;
    }

    /// Queues a message; must be called within a Tokio runtime.
    pub fn send(&self, delivery: Delivery) {
        let mut lanes = self.inner.lock();
        match lanes.mode {
            DeliveryMode::Drop => lanes.dropped += 1,
            DeliveryMode::Reorder => lanes.held.push(delivery),
            DeliveryMode::Normal => self.enqueue(&mut lanes, delivery),
            DeliveryMode::Duplicate => {
                self.enqueue(&mut lanes, delivery.clone());
                self.enqueue(&mut lanes, delivery);
            }
        }
    }

    pub fn set_mode(&self, mode: DeliveryMode) {
        self.inner.lock().mode = mode;
    }

    pub fn mode(&self) -> DeliveryMode {
        self.inner.lock().mode
    }

    /// Sets the pause before the first retry; it doubles each time.
    pub fn set_backoff_ms(&self, backoff_ms: u64) {
        self.inner.lock().backoff_ms = backoff_ms;
    }

    /// Releases held messages, last first, and waits until nothing is on its way.
    pub async fn flush(&self) {
        {
            let mut lanes = self.inner.lock();
            let held = std::mem::take(&mut lanes.held);
            for delivery in held.into_iter().rev() {
                self.enqueue(&mut lanes, delivery);
            }
        }
        loop {
            let idle = self.inner.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            let quiet = {
                let lanes = self.inner.lock();
                lanes.waiting.is_empty() && lanes.aside == 0
            };
            if quiet {
                return;
            }
            idle.await;
        }
    }

    /// Returns how the latest deliveries ended, oldest first.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.inner.lock().outcomes.iter().cloned().collect()
    }

    /// Returns how many messages were dropped on purpose.
    pub fn dropped(&self) -> u64 {
        self.inner.lock().dropped
    }

    /// Forgets held and waiting messages and returns to normal delivery.
    pub fn reset(&self) {
        let mut lanes = self.inner.lock();
        lanes.mode = DeliveryMode::Normal;
        lanes.backoff_ms = self.inner.plan.as_ref().map_or(1000, |plan| plan.backoff_ms);
        lanes.timeout_ms = self.inner.plan.as_ref().map_or(0, |plan| plan.timeout_ms);
        lanes.epoch += 1;
        lanes.held.clear();
        lanes.outcomes.clear();
        lanes.dropped = 0;
        for queue in lanes.waiting.values_mut() {
            queue.clear();
        }
    }

    /// Appends to a lane; a lane that was empty gets a task that empties it again.
    fn enqueue(&self, lanes: &mut Lanes, delivery: Delivery) {
        let lane = delivery.lane.clone();
        if let Some(queue) = lanes.waiting.get_mut(&lane) {
            queue.push_back(delivery);
            return;
        }
        lanes.waiting.insert(lane.clone(), VecDeque::from([delivery]));
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move { inner.drain(lane).await });
    }
}

impl Inner {
    async fn drain(self: Arc<Self>, lane: String) {
        loop {
            let next = {
                let mut lanes = self.lock();
                let next = lanes.waiting.get_mut(&lane).and_then(VecDeque::pop_front);
                if next.is_none() {
                    lanes.waiting.remove(&lane);
                }
                next
            };
            let Some(delivery) = next else {
                self.idle.notify_waiters();
                return;
            };
            if let Some(plan) = &self.plan {
                self.deliver_by_plan(plan, delivery).await;
            } else {
                let outcome = self.deliver(&delivery).await;
                self.note(outcome);
            }
        }
    }

    fn note(&self, outcome: Outcome) {
        let mut lanes = self.lock();
        if lanes.outcomes.len() == KEPT_OUTCOMES {
            lanes.outcomes.pop_front();
        }
        lanes.outcomes.push_back(outcome);
    }

    /// Makes the first attempt; when it fails, goes on with the others without holding up the lane.
    async fn deliver_by_plan(self: &Arc<Self>, plan: &RetryPlan, delivery: Delivery) {
        let (outcome, failure) = self.attempt(plan, &delivery, 0, None).await;
        let Some(mut failure) = failure.filter(|_| !plan.pauses.is_empty()) else {
            self.note(outcome);
            return;
        };
        let epoch = {
            let mut lanes = self.lock();
            lanes.aside += 1;
            lanes.epoch
        };
        let (inner, plan) = (Arc::clone(self), plan.clone());
        tokio::spawn(async move {
            let mut last = outcome;
            for (retry, pause) in (1u32..).zip(&plan.pauses) {
                let backoff_ms = inner.lock().backoff_ms;
                pause_ms(pause * backoff_ms).await;
                if inner.lock().epoch != epoch {
                    break;
                }
                let (outcome, again) = inner.attempt(&plan, &delivery, retry, Some(failure)).await;
                last = outcome;
                match again {
                    Some(again) => failure = again,
                    None => break,
                }
            }
            if inner.lock().epoch == epoch {
                inner.note(last);
            }
            inner.lock().aside -= 1;
            inner.idle.notify_waiters();
        });
    }

    /// Returns how an attempt ended, and the failure when another should follow.
    async fn attempt(
        &self,
        plan: &RetryPlan,
        delivery: &Delivery,
        number: u32,
        before: Option<Failure>,
    ) -> (Outcome, Option<Failure>) {
        let mut outcome =
            Outcome { lane: delivery.lane.clone(), attempts: number + 1, status: None, delivered: false };
        match self.send_once(delivery, number, before).await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                outcome.status = Some(status);
                outcome.delivered = self.rules.accepted.contains(&status);
                let stopped = plan.stop_header.is_some_and(|name| answer.headers().contains_key(name));
                let again = (!outcome.delivered && !stopped).then_some(Failure::Status(status));
                (outcome, again)
            }
            Err(failure) => {
                tracing::debug!(lane = %delivery.lane, ?failure, "webhook not delivered");
                (outcome, Some(failure))
            }
        }
    }

    async fn send_once(
        &self,
        delivery: &Delivery,
        number: u32,
        before: Option<Failure>,
    ) -> Result<reqwest::Response, Failure> {
        let mut request = self.client.post(&delivery.url).body(delivery.body.clone());
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        if let Some(plan) = &self.plan {
            for (name, value) in (plan.headers)(delivery, number, before) {
                request = request.header(name, value);
            }
            request = request.timeout(Duration::from_millis(self.lock().timeout_ms));
        }
        request.send().await.map_err(|error| failure_of(&error))
    }

    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        let mut backoff_ms = self.lock().backoff_ms;
        let mut outcome =
            Outcome { lane: delivery.lane.clone(), attempts: 0, status: None, delivered: false };
        let attempts = delivery.variants.as_ref().map_or(ATTEMPTS, |variants| variants.attempts);
        while outcome.attempts < attempts {
            outcome.attempts += 1;
            let variant = delivery.variants.as_ref().map(|variants| (variants.remake)(outcome.attempts));
            let (further, body) = variant.unwrap_or_else(|| (Vec::new(), delivery.body.clone()));
            let mut request = self.client.post(&delivery.url).body(body);
            for (name, value) in delivery.headers.iter().chain(&further) {
                request = request.header(name, value);
            }
            outcome.status = match request.send().await {
                Ok(answer) => Some(answer.status().as_u16()),
                Err(error) => {
                    tracing::debug!(lane = %delivery.lane, %error, "webhook not delivered");
                    None
                }
            };
            outcome.delivered = outcome.status.is_some_and(|s| self.rules.accepted.contains(&s));
            let again = match &delivery.variants {
                Some(variants) => !outcome.delivered && outcome.attempts < variants.attempts,
                None => outcome.status.is_some_and(|s| self.rules.retried.contains(&s)),
            };
            if !again {
                break;
            }
            pause_ms(backoff_ms).await;
            backoff_ms = backoff_ms.saturating_mul(2);
        }
        outcome
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lanes> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn failure_of(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_redirect() {
        Failure::Redirects
    } else if error.is_connect() {
        Failure::Connection
    } else {
        Failure::Other
    }
}
