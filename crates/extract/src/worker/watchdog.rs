//! Ends a worker whose job takes too long, also when the server that should kill it is gone.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The exit code of a worker that ended itself over time.
pub(crate) const EXIT_TIMED_OUT: i32 = 124;

/// The server kills at the limit; this comes later, for when it does not.
const GRACE_SECONDS: u64 = 5;

pub(crate) struct Watchdog {
    orders: Sender<Option<Duration>>,
}

impl Watchdog {
    pub(crate) fn start() -> io::Result<Self> {
        let (orders, received) = channel();
        std::thread::Builder::new().stack_size(128 << 10).spawn(move || guard(&received))?;
        Ok(Self { orders })
    }

    pub(crate) fn watch(&self, seconds: u64) {
        let limit = Duration::from_secs(seconds.saturating_add(GRACE_SECONDS));
        self.orders.send(Some(limit)).ok();
    }

    pub(crate) fn rest(&self) {
        self.orders.send(None).ok();
    }
}

fn guard(orders: &Receiver<Option<Duration>>) {
    while let Ok(order) = orders.recv() {
        let Some(limit) = order else { continue };
        if orders.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            std::process::exit(EXIT_TIMED_OUT);
        }
    }
}
