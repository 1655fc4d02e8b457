//! Paging of the sharing lists: the end is the page without a cursor.

use serde_json::Value;

use crate::dropbox::call::Call;
use crate::dropbox::cursor::{RowCursor, open, seal};
use crate::dropbox::errors::ApiError;
use crate::kernel::faults::Hint;

pub fn first(call: &Call<'_>, limit: usize, question: Value) -> RowCursor {
    RowCursor { account: call.me, start: 0, limit, question }
}

/// Reads the cursor of a continuation; one that is not ours is `invalid_cursor`.
pub fn next(call: &Call<'_>, kind: char) -> Result<RowCursor, ApiError> {
    call.args.only(&["cursor"])?;
    let cursor: Result<RowCursor, ApiError> = open(kind, call.args.text("cursor")?);
    cursor
        .ok()
        .filter(|cursor| cursor.account == call.me && call.hint != Some(Hint::ExpiredCursor))
        .ok_or_else(|| ApiError::route("invalid_cursor"))
}

/// Takes the cursor's page out of all rows; the second part is the cursor of the next page.
pub fn page<T: Clone>(
    call: &Call<'_>,
    kind: char,
    cursor: RowCursor,
    rows: &[T],
) -> (Vec<T>, Option<String>) {
    let start = cursor.start.min(rows.len());
    match call.hint {
        Some(Hint::EmptyPage) => return (Vec::new(), Some(seal(kind, &cursor))),
        Some(Hint::RepeatPageToken) => {
            let end = (start + cursor.limit).min(rows.len());
            return (rows[start..end].to_vec(), Some(seal(kind, &cursor)));
        }
        _ => {}
    }
    let end = (start + cursor.limit).min(rows.len());
    let more = end < rows.len();
    let after = more.then(|| seal(kind, &RowCursor { start: end, ..cursor }));
    (rows[start..end].to_vec(), after)
}
