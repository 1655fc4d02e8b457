//! Lists in pages, by the last key seen: stable while rows come and go.

use crate::error::{Result, StoreError};

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The `next` of the page before; `None` for the first page.
    pub after: Option<String>,
    /// How many rows at most; 0 counts as 1.
    pub limit: u32,
}

impl Paging {
    pub fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    pub fn after(after: Option<String>, limit: u32) -> Self {
        Self { after, limit }
    }

    /// One row more than wanted tells whether there is a next page.
    pub(crate) fn rows_to_read(&self) -> i64 {
        i64::from(self.limit.max(1)) + 1
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    /// What to hand in for the next page; `None` at the end. Opaque, and good as long as the list is asked
    /// with the same filter.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// Cuts what was read (one more than wanted) to a page whose keys are told by `key`.
    pub(crate) fn cut(mut rows: Vec<T>, paging: &Paging, key: impl Fn(&T) -> String) -> Self {
        let limit = paging.limit.max(1) as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(key) } else { None };
        Self { rows, next }
    }

    pub(crate) fn read(
        rows: Vec<sqlx::any::AnyRow>,
        paging: &Paging,
        read: impl Fn(&sqlx::any::AnyRow) -> Result<T, StoreError>,
        key: impl Fn(&T) -> String,
    ) -> Result<Self> {
        Ok(Self::cut(crate::row::read_all(rows, read)?, paging, key))
    }
}
