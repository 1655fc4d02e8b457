//! Turns that go round: so many at a time, and among those who wait each gets one before anybody gets another.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// A fixed number of turns.
pub(crate) struct Turns {
    state: Mutex<State>,
}

struct State {
    free: usize,
    /// Those who wait, in the order in which they come round. Each has somebody in `lines`.
    round: VecDeque<String>,
    lines: HashMap<String, VecDeque<oneshot::Sender<()>>>,
}

/// One turn, given back when it is dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
}

impl Turns {
    pub(crate) fn new(at_once: usize) -> Self {
        let state = State { free: at_once.max(1), round: VecDeque::new(), lines: HashMap::new() };
        Self { state: Mutex::new(state) }
    }

    /// Waits for a turn in the name of `whose`. Whoever drops the future steps out of the line.
    pub(crate) async fn take(&self, whose: &str) -> Turn<'_> {
        loop {
            let called = {
                let mut state = self.state();
                if state.free > 0 {
                    state.free -= 1;
                    return Turn { turns: self };
                }
                let (call, called) = oneshot::channel();
                state.stand_in_line(whose, call);
                called
            };
            let mut waiting = Waiting { turns: self, called };
            if (&mut waiting.called).await.is_ok() {
                return Turn { turns: self };
            }
        }
    }

    fn give_back(&self) {
        let mut state = self.state();
        while let Some(next) = state.next_in_round() {
            if next.send(()).is_ok() {
                return;
            }
        }
        state.free += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn stand_in_line(&mut self, whose: &str, call: oneshot::Sender<()>) {
        match self.lines.get_mut(whose) {
            Some(line) => line.push_back(call),
            None => {
                self.round.push_back(whose.to_owned());
                self.lines.insert(whose.to_owned(), VecDeque::from([call]));
            }
        }
    }

    /// The first of whoever comes next; they go to the end of the round when more of them wait.
    fn next_in_round(&mut self) -> Option<oneshot::Sender<()>> {
        while let Some(whose) = self.round.pop_front() {
            let mut line = self.lines.remove(&whose).unwrap_or_default();
            line.retain(|waiting| !waiting.is_closed());
            let next = line.pop_front();
            if !line.is_empty() {
                self.lines.insert(whose.clone(), line);
                self.round.push_back(whose);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.give_back();
    }
}

/// Somebody in a line. Gone between being called and waking up, they give the turn back like any other.
struct Waiting<'a> {
    turns: &'a Turns,
    called: oneshot::Receiver<()>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.called.close();
        if self.called.try_recv().is_ok() {
            self.turns.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn who_comes_last_does_not_wait_for_all_of_another() {
        let turns = Turns::new(1);
        let now = poll(pin!(turns.take("ada"))).expect("the first turn is free");
        let mut waiting: Vec<_> = ["ada", "ada", "ada", "eve", "bob", "eve"]
            .iter()
            .map(|whose| (*whose, Box::pin(turns.take(whose))))
            .collect();
        for (_, one) in &mut waiting {
            assert!(poll(one.as_mut()).is_none(), "the only turn is taken");
        }
        drop(now);
        let mut order = Vec::new();
        while !waiting.is_empty() {
            let ready = (0..waiting.len()).find_map(|at| Some((at, poll(waiting[at].1.as_mut())?)));
            let (at, turn) = ready.expect("somebody's turn");
            order.push(waiting.remove(at).0);
            assert!(waiting.iter_mut().all(|(_, one)| poll(one.as_mut()).is_none()), "one at a time");
            drop(turn);
        }
        assert_eq!(order, ["ada", "eve", "bob", "ada", "eve", "ada"]);
        assert!(poll(pin!(turns.take("eve"))).is_some(), "none is lost");
    }

    #[test]
    fn who_steps_out_of_the_line_keeps_nobody_waiting() {
        let turns = Turns::new(1);
        let now = poll(pin!(turns.take("ada"))).unwrap();
        let mut leaver = Box::pin(turns.take("ada"));
        let mut called = Box::pin(turns.take("eve"));
        let mut patient = Box::pin(turns.take("bob"));
        assert!(poll(leaver.as_mut()).is_none() && poll(called.as_mut()).is_none());
        assert!(poll(patient.as_mut()).is_none());
        drop(leaver);
        drop(now);
        // Called, and gone before noticing.
        drop(called);
        let turn = poll(patient.as_mut()).expect("the turn went on");
        drop(turn);
        assert!(poll(pin!(turns.take("ada"))).is_some());
        assert!(turns.state().lines.is_empty() && turns.state().round.is_empty());
    }
}
