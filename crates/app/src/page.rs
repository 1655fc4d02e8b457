//! Pages of lists as callers see them: a bounded answer and an opaque cursor to the next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use gangway_store::{Listed, Paging};

use crate::error::{AppError, AppResult};

/// One bounded answer of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn of(listed: Listed<T>) -> Self {
        Self { rows: listed.rows, next: listed.next.as_deref().map(seal_cursor) }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(change).collect(), next: self.next }
    }
}

/// Which page of a list is wanted. `limit` is 1–100, checked by whoever reads the request.
#[derive(Clone, Debug)]
pub struct PageOf {
    pub limit: u32,
    pub cursor: Option<String>,
}

impl PageOf {
    /// What the cursor holds; an error that names the field when it is not one of ours.
    pub(crate) fn inner(&self) -> AppResult<Option<String>> {
        self.cursor.as_deref().map(open_cursor).transpose()
    }

    pub(crate) fn paging(&self) -> AppResult<Paging> {
        Ok(Paging::after(self.inner()?, self.limit))
    }
}

/// Wraps what a list needs to go on, so that callers do not build on it.
pub(crate) fn seal_cursor(inner: &str) -> String {
    URL_SAFE_NO_PAD.encode(inner)
}

pub(crate) fn open_cursor(cursor: &str) -> AppResult<String> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| AppError::invalid("cursor", "this is not a cursor that we gave"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_others_are_refused() {
        assert_eq!(open_cursor(&seal_cursor("~!!page/2")).unwrap(), "~!!page/2");
        for wrong in ["%", "AA=", "_w", "AA"] {
            assert!(open_cursor(wrong).is_err(), "{wrong}");
        }
    }
}
