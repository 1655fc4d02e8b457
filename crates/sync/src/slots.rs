//! The workers' slots: each task at work has one, and may leave it to others while it only waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Tasks that may be at work without a slot; each holds what it came with.
const MOST_AWAY: usize = 64;

/// How many slots are taken, and how many tasks have left theirs.
#[derive(Default)]
pub struct Slots {
    taken: AtomicUsize,
    away: AtomicUsize,
}

/// One task's slot. It is free again when this is dropped, or left.
pub struct Slot {
    slots: Arc<Slots>,
    left: AtomicBool,
}

impl Slots {
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    pub fn take(self: &Arc<Self>) -> Slot {
        self.taken.fetch_add(1, Ordering::AcqRel);
        Slot { slots: Arc::clone(self), left: AtomicBool::new(false) }
    }
}

impl Slot {
    /// Leaves the slot for good: what follows is little work, or waits for a turn elsewhere. False when it was left
    /// before, or when too many have left theirs.
    pub fn leave(&self) -> bool {
        let more = |away: usize| (away < MOST_AWAY).then_some(away + 1);
        if self.left.swap(true, Ordering::AcqRel) {
            return false;
        }
        if self.slots.away.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_err() {
            self.left.store(false, Ordering::Release);
            return false;
        }
        self.slots.taken.fetch_sub(1, Ordering::AcqRel);
        true
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let count = if *self.left.get_mut() { &self.slots.away } else { &self.slots.taken };
        count.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_once_it_is_left_and_no_more_than_some_are_away() {
        let slots = Arc::new(Slots::default());
        let first = slots.take();
        assert!(first.leave() && !first.leave());
        assert_eq!(slots.taken(), 0);
        let others: Vec<Slot> = (0..MOST_AWAY).map(|_| slots.take()).collect();
        assert_eq!(others.iter().filter(|slot| slot.leave()).count(), MOST_AWAY - 1);
        assert_eq!(slots.taken(), 1);
        drop(first);
        assert!(others.last().unwrap().leave(), "somebody came back");
        drop(others);
        assert_eq!((slots.taken(), slots.away.load(Ordering::Relaxed)), (0, 0));
    }
}
