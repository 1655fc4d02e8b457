//! Cursors and classic pages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::slack::call::Call;
use crate::slack::errors::ApiError;

/// Writes a cursor as Slack does: base64 with its padding, over a kind and a place.
pub fn cursor(kind: &str, place: &str) -> String {
    STANDARD.encode(format!("{kind}:{place}"))
}

/// Reads the cursor of a call; it must be of the right kind.
pub fn read_cursor(call: &Call<'_>, kind: &str) -> Result<Option<String>, ApiError> {
    let Some(text) = call.args.get("cursor") else { return Ok(None) };
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = decoded.as_deref().and_then(|text| text.strip_prefix(kind)?.strip_prefix(':'));
    match place {
        Some(place) if !place.is_empty() => Ok(Some(place.to_owned())),
        _ => Err("invalid_cursor".into()),
    }
}

/// Picks a page from rows in id order: the rows and the place of the next page.
///
/// With `filter_late` the limit counts rows before the filter, so that pages come back short or empty.
pub fn pick<'a, T>(
    rows: impl Iterator<Item = (&'a String, &'a T)>,
    limit: usize,
    filter_late: bool,
    mut fits: impl FnMut(&T) -> bool,
) -> (Vec<&'a T>, Option<String>) {
    let mut page = Vec::new();
    let mut counted = 0;
    for (id, row) in rows {
        let fitting = fits(row);
        if counted == limit && (fitting || filter_late) {
            return (page, Some(id.clone()));
        }
        if fitting {
            page.push(row);
        }
        if fitting || filter_late {
            counted += 1;
        }
    }
    (page, None)
}

/// Frames a list with its cursor; the end is an empty text.
pub fn listed(call: &Call<'_>, key: &str, rows: Vec<Value>, kind: &str, next: Option<String>) -> Value {
    let next = next.map_or(String::new(), |place| cursor(kind, &place));
    if call.wants_empty_page() {
        let again = call.args.get("cursor").unwrap_or_else(|| cursor(kind, "0"));
        return json!({key: [], "response_metadata": {"next_cursor": again}});
    }
    json!({key: rows, "response_metadata": {"next_cursor": call.cursor_or_repeat(next)}})
}

/// A page of the older kind, counted from one.
pub struct ClassicPage {
    pub count: usize,
    pub page: usize,
    pub too_far: bool,
}

impl ClassicPage {
    /// Reads `count` and `page`; beyond page 100 the first page comes back.
    pub fn read(call: &Call<'_>, default: usize, max: usize) -> Result<Self, ApiError> {
        let count = call.args.count("count", default, max)?;
        let page = call.args.count("page", 1, usize::MAX)?;
        let too_far = page > 100;
        Ok(Self { count, page: if too_far { 1 } else { page }, too_far })
    }

    pub fn slice<'a, T>(&self, rows: &'a [T]) -> &'a [T] {
        let start = (self.count * (self.page - 1)).min(rows.len());
        &rows[start..(start + self.count).min(rows.len())]
    }

    pub fn pages(&self, total: usize) -> usize {
        total.div_ceil(self.count)
    }

    pub fn paging(&self, total: usize) -> Value {
        json!({"count": self.count, "total": total, "page": self.page, "pages": self.pages(total)})
    }
}
