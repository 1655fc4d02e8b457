//! Reads our types out of rows.

use gangway_model::{Reason, Timestamp, from_millis};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::{Result, StoreError};

/// Columns by name, as the types rows are made of.
pub(crate) trait Columns {
    fn text(&self, column: &str) -> Result<String>;
    fn opt_text(&self, column: &str) -> Result<Option<String>>;
    fn int(&self, column: &str) -> Result<i64>;
    fn opt_int(&self, column: &str) -> Result<Option<i64>>;
    fn bytes(&self, column: &str) -> Result<Vec<u8>>;
    fn opt_bytes(&self, column: &str) -> Result<Option<Vec<u8>>>;

    fn id<T: From<String>>(&self, column: &str) -> Result<T> {
        Ok(T::from(self.text(column)?))
    }

    fn opt_id<T: From<String>>(&self, column: &str) -> Result<Option<T>> {
        Ok(self.opt_text(column)?.map(T::from))
    }

    fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A number that cannot be negative; a negative one counts as 0.
    fn count(&self, column: &str) -> Result<u64> {
        Ok(u64::try_from(self.int(column)?).unwrap_or(0))
    }

    /// The same where there may be none.
    fn opt_count(&self, column: &str) -> Result<Option<u64>> {
        Ok(self.opt_int(column)?.map(|number| u64::try_from(number).unwrap_or(0)))
    }

    fn time(&self, column: &str) -> Result<Timestamp> {
        Ok(from_millis(self.int(column)?))
    }

    fn opt_time(&self, column: &str) -> Result<Option<Timestamp>> {
        Ok(self.opt_int(column)?.map(from_millis))
    }

    /// One of our words, read by the `parse` of its type.
    fn word<T>(&self, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let text = self.text(column)?;
        parse(&text).ok_or_else(|| StoreError::Corrupt(format!("column {column} holds an unknown word")))
    }

    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        read_json(column, &self.text(column)?)
    }

    /// The reason in `<prefix>_code` and `<prefix>_message`.
    fn opt_reason(&self, prefix: &str) -> Result<Option<Reason>> {
        let code = self.opt_text(&format!("{prefix}_code"))?;
        let message = self.opt_text(&format!("{prefix}_message"))?;
        Ok(code.map(|code| Reason { code, message: message.unwrap_or_default() }))
    }
}

impl Columns for AnyRow {
    fn text(&self, column: &str) -> Result<String> {
        Ok(self.try_get(column)?)
    }

    fn opt_text(&self, column: &str) -> Result<Option<String>> {
        Ok(self.try_get(column)?)
    }

    fn int(&self, column: &str) -> Result<i64> {
        Ok(self.try_get(column)?)
    }

    fn opt_int(&self, column: &str) -> Result<Option<i64>> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        Ok(self.try_get(column)?)
    }

    fn opt_bytes(&self, column: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.try_get(column)?)
    }
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(column: &str, text: &str) -> Result<T> {
    // serde's own words quote the text, so they are not passed on.
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt(format!("column {column} holds other JSON")))
}

/// A list as JSON text.
pub(crate) fn write_json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("lists of words can always be written as JSON")
}

/// Every row, read by `read`.
pub(crate) fn read_all<T>(rows: Vec<AnyRow>, read: impl Fn(&AnyRow) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(read).collect()
}
