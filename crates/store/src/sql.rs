//! Builds statements with numbered placeholders, which both databases take. The one place where SQL text that
//! is not a literal is declared safe: only column names, words and placeholders of this crate ever get into
//! it.

use gangway_model::{
    AssistantClientId, AssistantId, CollectionId, ConnectionId, ConnectorId, Cursor, FeedKey, ItemId,
    OrganizationId, PageToken, PickerSessionId, ProviderItemId, Revision, ScopeId, SubscriptionId, SyncJobId,
    Timestamp, TokenId, UploadId, UserId, to_millis,
};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{AnyExecutor, Arguments, AssertSqlSafe};

use crate::error::Result;
use crate::queue::TaskId;

/// How many rows one INSERT carries at most. SQLite looks each placeholder up by its name, in a time that
/// grows with their number, so much larger statements are slower per row, not faster.
const ROW_CHUNKS: [usize; 4] = [16, 4, 2, 1];
/// How many values one IN list carries at most, and the lengths that lists are filled up to.
pub(crate) const LIST_MAX: usize = 128;
const LIST_LENGTHS: [usize; 4] = [1, 8, 32, LIST_MAX];

/// A value for a placeholder. Text loses its NUL characters, which PostgreSQL cannot store.
pub(crate) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// A statement in the making.
pub(crate) struct Sql {
    text: String,
    arguments: AnyArguments,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), arguments: AnyArguments::default() }
    }

    /// Appends SQL text.
    pub(crate) fn sql(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends SQL text when the condition holds.
    pub(crate) fn sql_if(self, condition: bool, text: &str) -> Self {
        if condition { self.sql(text) } else { self }
    }

    /// Appends a placeholder for a value.
    pub(crate) fn arg(mut self, value: impl Into<Value>) -> Self {
        self.push_arg(value.into());
        self
    }

    /// Appends text and a placeholder when there is a value.
    pub(crate) fn arg_if(self, text: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.sql(text).arg(value),
            None => self,
        }
    }

    /// Appends a parenthesised list for IN, filled up with its last value to one of few lengths, so that the
    /// database meets few different statements. The list must not be empty nor longer than [`LIST_MAX`].
    pub(crate) fn list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.text.push('(');
        let first = self.arguments.len() + 1;
        for (position, value) in values.into_iter().enumerate() {
            if position > 0 {
                self.text.push_str(", ");
            }
            self.push_arg(value.into());
        }
        let last = self.arguments.len();
        let count = last + 1 - first;
        let length = LIST_LENGTHS.into_iter().find(|length| *length >= count).unwrap_or(count);
        for _ in count..length {
            self.text.push_str(&format!(", ${last}"));
        }
        self.text.push(')');
        self
    }

    /// Appends the tuples of a multi-row VALUES.
    pub(crate) fn rows<R, const N: usize>(mut self, rows: &[R], columns: impl Fn(&R) -> [Value; N]) -> Self {
        for (position, row) in rows.iter().enumerate() {
            self.text.push_str(if position == 0 { "(" } else { ", (" });
            for (column, value) in columns(row).into_iter().enumerate() {
                if column > 0 {
                    self.text.push_str(", ");
                }
                self.push_arg(value);
            }
            self.text.push(')');
        }
        self
    }

    fn push_arg(&mut self, value: Value) {
        let added = match value {
            Value::Text(text) => self.arguments.add(text),
            Value::Int(number) => self.arguments.add(number),
            Value::Bytes(bytes) => self.arguments.add(bytes),
        };
        added.expect("text, numbers and bytes can always be encoded");
        let number = self.arguments.len();
        self.text.push_str(&format!("${number}"));
    }

    /// Runs the statement; the number of rows it changed.
    pub(crate) async fn run<'e>(self, executor: impl AnyExecutor<'e>) -> Result<u64> {
        #[cfg(feature = "testing")]
        crate::testing::note_statement(&self.text);
        let query = sqlx::query_with(AssertSqlSafe(self.text), self.arguments);
        Ok(query.execute(executor).await?.rows_affected())
    }

    pub(crate) async fn all<'e>(self, executor: impl AnyExecutor<'e>) -> Result<Vec<AnyRow>> {
        #[cfg(feature = "testing")]
        crate::testing::note_statement(&self.text);
        let query = sqlx::query_with(AssertSqlSafe(self.text), self.arguments);
        Ok(query.fetch_all(executor).await?)
    }

    /// The first row. Reads to the end, so a writing statement with RETURNING is finished when this returns.
    pub(crate) async fn first<'e>(self, executor: impl AnyExecutor<'e>) -> Result<Option<AnyRow>> {
        Ok(self.all(executor).await?.into_iter().next())
    }
}

/// Cuts rows for multi-row statements into pieces of few fixed lengths, so that prepared statements are
/// reused.
pub(crate) fn row_chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = ROW_CHUNKS.into_iter().find(|length| *length <= rows.len())?;
        let (piece, rest) = rows.split_at(length);
        rows = rest;
        Some(piece)
    })
}

fn storable(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

macro_rules! into_value {
    ($($type:ty => |$value:ident| $make:expr),+ $(,)?) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        }
    )+};
}

into_value! {
    &str => |text| Value::Text(Some(storable(text))),
    &String => |text| Value::Text(Some(storable(text))),
    String => |text| Value::Text(Some(storable(&text))),
    Option<&str> => |text| Value::Text(text.map(storable)),
    Option<String> => |text| Value::Text(text.as_deref().map(storable)),
    &Option<String> => |text| Value::Text(text.as_deref().map(storable)),
    i64 => |number| Value::Int(Some(number)),
    Option<i64> => |number| Value::Int(number),
    u32 => |number| Value::Int(Some(i64::from(number))),
    usize => |number| Value::Int(Some(i64::try_from(number).unwrap_or(i64::MAX))),
    u64 => |number| Value::Int(Some(i64::try_from(number).unwrap_or(i64::MAX))),
    Option<u64> => |number| Value::Int(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))),
    bool => |flag| Value::Int(Some(i64::from(flag))),
    Timestamp => |at| Value::Int(Some(to_millis(at))),
    Option<Timestamp> => |at| Value::Int(at.map(to_millis)),
    &[u8] => |bytes| Value::Bytes(Some(bytes.to_vec())),
    &Vec<u8> => |bytes| Value::Bytes(Some(bytes.clone())),
    Option<&[u8]> => |bytes| Value::Bytes(bytes.map(<[u8]>::to_vec)),
    &Option<Vec<u8>> => |bytes| Value::Bytes(bytes.clone()),
    &Option<bytes::Bytes> => |bytes| Value::Bytes(bytes.as_ref().map(|bytes| bytes.to_vec())),
}

macro_rules! ids_into_value {
    ($($id:ty),+ $(,)?) => {$(
        into_value! {
            &$id => |id| Value::Text(Some(storable(id.as_str()))),
            Option<&$id> => |id| Value::Text(id.map(|id| storable(id.as_str()))),
            &Option<$id> => |id| Value::Text(id.as_ref().map(|id| storable(id.as_str()))),
        }
    )+};
}

ids_into_value!(
    AssistantClientId,
    AssistantId,
    CollectionId,
    ConnectionId,
    ConnectorId,
    Cursor,
    FeedKey,
    ItemId,
    OrganizationId,
    PageToken,
    PickerSessionId,
    ProviderItemId,
    Revision,
    ScopeId,
    SubscriptionId,
    SyncJobId,
    TaskId,
    TokenId,
    UploadId,
    UserId,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_and_lists_filled_up() {
        let sql = Sql::new("SELECT a FROM t WHERE b = ").arg("x").sql(" AND c IN ").list(["1", "2"]);
        assert_eq!(sql.text, "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3, $3, $3, $3, $3, $3, $3)");
        assert_eq!(sql.arguments.len(), 3);
    }

    #[test]
    fn rows_come_in_few_lengths() {
        let rows = vec![0; 16 + 16 + 4 + 4 + 2 + 1];
        let lengths: Vec<usize> = row_chunks(&rows).map(<[i32]>::len).collect();
        assert_eq!(lengths, [16, 16, 4, 4, 2, 1]);
        assert_eq!(row_chunks::<i32>(&[]).count(), 0);
    }
}
