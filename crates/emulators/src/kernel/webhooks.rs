//! The webhook deliverer: real HTTP POSTs, in order per lane, with retries and misbehaviour on demand.

use std::collections::{HashMap, VecDeque};
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

/// Sends messages in the background.
#[derive(Clone)]
pub struct Deliverer {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    rules: DeliveryRules,
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
}

impl Deliverer {
    pub fn new(rules: DeliveryRules) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let state = Mutex::new(Lanes { backoff_ms: 1000, ..Lanes::default() });
        Ok(Self { inner: Arc::new(Inner { client, rules, state, idle: Notify::new() }) })
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
            if self.inner.lock().waiting.is_empty() {
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
        lanes.backoff_ms = 1000;
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
            let outcome = self.deliver(&delivery).await;
            let mut lanes = self.lock();
            if lanes.outcomes.len() == KEPT_OUTCOMES {
                lanes.outcomes.pop_front();
            }
            lanes.outcomes.push_back(outcome);
        }
    }

    async fn deliver(&self, delivery: &Delivery) -> Outcome {
        let mut backoff_ms = self.lock().backoff_ms;
        let mut outcome =
            Outcome { lane: delivery.lane.clone(), attempts: 0, status: None, delivered: false };
        while outcome.attempts < ATTEMPTS {
            outcome.attempts += 1;
            let mut request = self.client.post(&delivery.url).body(delivery.body.clone());
            for (name, value) in &delivery.headers {
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
            let again = outcome.status.is_some_and(|s| self.rules.retried.contains(&s));
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
