//! Results of searches and queries, kept so that each page of them costs only its own rows.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use super::ids::{self, Id};
use super::workspace::Index;

const KEPT: usize = 256;

/// The rows of one listing, in order.
#[derive(Debug)]
pub struct Snapshot {
    /// Whose listing it is, and of what; a cursor works for nothing else.
    pub bot: Id,
    pub of: u64,
    pub rows: Vec<Index>,
    /// The listing stops before its end because of the row limit.
    pub incomplete: bool,
}

#[derive(Debug, Default)]
pub struct Snapshots {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    kept: HashMap<u64, Arc<Snapshot>>,
    order: VecDeque<u64>,
}

impl Snapshots {
    /// Keeps a listing and returns its number.
    pub fn keep(&self, snapshot: Arc<Snapshot>) -> u64 {
        let mut inner = self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        inner.last += 1;
        let number = inner.last;
        inner.kept.insert(number, snapshot);
        inner.order.push_back(number);
        if inner.order.len() > KEPT
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.kept.remove(&oldest);
        }
        number
    }

    /// Finds the listing and the place that a cursor means.
    pub fn find(&self, cursor: &str) -> Option<(u64, Arc<Snapshot>, usize)> {
        let bits = ids::parse(cursor)?;
        let number = (bits >> 80) as u64;
        let offset = (bits & 0xffff_ffff) as usize;
        if show_cursor(number, offset) != cursor {
            return None;
        }
        let inner = self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Some((number, Arc::clone(inner.kept.get(&number)?), offset))
    }

    /// Forgets every listing, so that every cursor is refused.
    pub fn clear(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        inner.kept.clear();
        inner.order.clear();
    }
}

/// Writes a place in a listing as a cursor, which looks like any id.
pub fn show_cursor(number: u64, offset: usize) -> String {
    let check = ids::of_key("cursor", &format!("{number}/{offset}")) as u64 & 0xffff_ffff_ffff;
    let bits = (u128::from(number) << 80) | (u128::from(check) << 32) | (offset as u128 & 0xffff_ffff);
    ids::show(bits)
}
