//! The workers' slots: each task at work has one, and may leave it to others while it only waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gangway_model::UserId;
use gangway_store::{Held, NOBODY};

/// Tasks that may be at work without a slot; each holds what it came with.
const MOST_AWAY: usize = 64;

/// Who has slots, and how many tasks have left theirs.
#[derive(Default)]
pub struct Slots {
    taken: Mutex<Taken>,
    away: AtomicUsize,
}

#[derive(Default)]
struct Taken {
    slots: usize,
    of: HashMap<String, Held>,
}

/// One task's slot. It is free again when this is dropped, or left.
pub struct Slot {
    slots: Arc<Slots>,
    owner: Option<UserId>,
    is_long: bool,
    left: AtomicBool,
}

impl Slots {
    pub fn taken(&self) -> usize {
        self.lock().slots
    }

    /// What is in the slots, by user.
    pub fn held(&self) -> HashMap<String, Held> {
        self.lock().of.clone()
    }

    pub fn take(self: &Arc<Self>, owner: Option<&UserId>, is_long: bool) -> Slot {
        let mut taken = self.lock();
        taken.slots += 1;
        let held = taken.of.entry(name_of(owner).to_owned()).or_default();
        held.tasks += 1;
        held.long += usize::from(is_long);
        drop(taken);
        Slot { slots: Arc::clone(self), owner: owner.cloned(), is_long, left: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.free();
        true
    }

    /// What is in all slots, by user.
    pub fn held_by_all(&self) -> HashMap<String, Held> {
        self.slots.held()
    }

    fn free(&self) {
        let mut taken = self.slots.lock();
        taken.slots -= 1;
        let owner = name_of(self.owner.as_ref());
        if let Some(held) = taken.of.get_mut(owner) {
            held.tasks -= 1;
            held.long -= usize::from(self.is_long);
            if held.tasks == 0 {
                taken.of.remove(owner);
            }
        }
    }
}

fn name_of(owner: Option<&UserId>) -> &str {
    owner.map_or(NOBODY, UserId::as_str)
}

impl Drop for Slot {
    fn drop(&mut self) {
        match *self.left.get_mut() {
            true => _ = self.slots.away.fetch_sub(1, Ordering::AcqRel),
            false => self.free(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_once_it_is_left_and_no_more_than_some_are_away() {
        let slots = Arc::new(Slots::default());
        let first = slots.take(None, false);
        assert!(first.leave() && !first.leave());
        assert_eq!(slots.taken(), 0);
        let others: Vec<Slot> = (0..MOST_AWAY).map(|_| slots.take(None, false)).collect();
        assert_eq!(others.iter().filter(|slot| slot.leave()).count(), MOST_AWAY - 1);
        assert_eq!(slots.taken(), 1);
        drop(first);
        assert!(others.last().unwrap().leave(), "somebody came back");
        drop(others);
        assert_eq!((slots.taken(), slots.away.load(Ordering::Relaxed)), (0, 0));
    }

    #[test]
    fn slots_are_counted_for_those_who_have_them() {
        let slots = Arc::new(Slots::default());
        let ada = UserId::from("ada");
        let (long, short) = (slots.take(Some(&ada), true), slots.take(Some(&ada), false));
        assert_eq!(slots.held()["ada"], Held { tasks: 2, long: 1 });
        assert!(long.leave());
        assert_eq!((slots.held()["ada"], slots.taken()), (Held { tasks: 1, long: 0 }, 1));
        drop(long);
        drop(short);
        assert!(slots.held().is_empty() && slots.taken() == 0);
    }

    /// No more than so many may be long, whosever they are.
    #[test]
    fn what_is_nobodys_is_counted_too() {
        let slots = Arc::new(Slots::default());
        let long = slots.take(None, true);
        assert_eq!(slots.held()[NOBODY], Held { tasks: 1, long: 1 });
        drop(long);
        assert!(slots.held().is_empty());
    }
}
