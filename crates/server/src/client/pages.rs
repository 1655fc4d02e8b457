//! Walks through paged lists.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Call, Client, parse};
use crate::failure::Failure;

impl Client {
    /// All rows of a paged list, up to `most`. `list` is the field that holds a page's rows.
    pub async fn list_all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
        list: &str,
        most: usize,
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = self.page(path, query, cursor.as_deref()).send().await?;
            let Value::Object(mut page) = page else { return Ok(rows) };
            let found: Vec<T> = parse(page.remove(list).unwrap_or(Value::Array(Vec::new())))?;
            rows.extend(found);
            let next = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            // A list that repeats its cursor would never end.
            if next.is_none() || next == cursor || rows.len() >= most {
                rows.truncate(most);
                return Ok(rows);
            }
            cursor = next;
        }
    }

    fn page(&self, path: &[&str], query: &[(&str, String)], cursor: Option<&str>) -> Call<'_> {
        let mut call = self.get(path).query("limit", 100);
        for (name, value) in query {
            call = call.query(name, value);
        }
        call.query_if("cursor", cursor)
    }
}
