//! A change feed: the latest state of everything that changed, one entry per file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::model::{DriveRef, FileRef};

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedTarget {
    File(FileRef),
    Drive(DriveRef),
}

/// One entry; how the target looks is read when the feed is listed.
#[derive(Debug, Clone)]
pub struct FeedEntry {
    pub target: FeedTarget,
    /// The provider id, kept because a deleted target is no longer there to ask.
    pub id: Arc<str>,
    /// The shared drive the entry belongs to.
    pub drive: Option<DriveRef>,
    pub removed: bool,
    pub at_ms: i64,
}

/// The feed of one person or one shared drive.
#[derive(Debug)]
pub struct Feed {
    entries: BTreeMap<u64, FeedEntry>,
    latest: HashMap<FeedTarget, u64>,
    next: u64,
}

impl Feed {
    /// Opens an empty feed whose first token is `first`.
    pub fn starting_at(first: u64) -> Self {
        Self { entries: BTreeMap::new(), latest: HashMap::new(), next: first }
    }

    /// Returns the token that names everything from now on.
    pub fn next_token(&self) -> u64 {
        self.next
    }

    /// Adds an entry; an earlier one about the same target disappears.
    pub fn push(&mut self, entry: FeedEntry) {
        if let Some(earlier) = self.latest.insert(entry.target, self.next) {
            self.entries.remove(&earlier);
        }
        self.entries.insert(self.next, entry);
        self.next += 1;
    }

    /// Returns the entries from a token on, oldest first.
    pub fn since(&self, token: u64) -> impl Iterator<Item = (u64, &FeedEntry)> {
        self.entries.range(token..).map(|(position, entry)| (*position, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(file: FileRef, removed: bool) -> FeedEntry {
        let target = FeedTarget::File(file);
        FeedEntry { target, id: "id".into(), drive: None, removed, at_ms: 0 }
    }

    #[test]
    fn one_entry_per_file_and_it_is_the_latest() {
        let mut feed = Feed::starting_at(10);
        feed.push(entry(1, false));
        feed.push(entry(2, false));
        feed.push(entry(1, true));
        let seen: Vec<(u64, bool)> = feed.since(10).map(|(at, e)| (at, e.removed)).collect();
        assert_eq!(seen, [(11, false), (12, true)]);
        assert_eq!(feed.next_token(), 13);
    }
}
