//! What can go wrong with rows, in four kinds.

/// Why a deed on rows did not happen. Messages never hold the values that were stored or asked for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row, or it belongs to somebody else.
    #[error("not found")]
    NotFound,
    /// The rows are not as the caller expected them; nothing was changed.
    #[error("conflict: {what}")]
    Conflict { what: &'static str },
    /// The database cannot be reached or did not carry out the statement; trying again later may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A row holds something this version cannot read.
    #[error("a row cannot be read: {0}")]
    Corrupt(String),
}

pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

impl StoreError {
    pub(crate) fn conflict(what: &'static str) -> Self {
        StoreError::Conflict { what }
    }

    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict { .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => StoreError::NotFound,
            sqlx::Error::Database(error) => from_database(error.as_ref()),
            // The driver's own words for these quote the value, so they are not passed on.
            sqlx::Error::ColumnDecode { index, .. } => StoreError::Corrupt(format!("column {index}")),
            sqlx::Error::Decode(_) => StoreError::Corrupt("a column's value".to_owned()),
            sqlx::Error::Encode(_) => StoreError::Unavailable("a value cannot be sent".to_owned()),
            other => StoreError::Unavailable(other.to_string()),
        }
    }
}

fn from_database(error: &dyn sqlx::error::DatabaseError) -> StoreError {
    if error.is_unique_violation() {
        return StoreError::conflict("there is already such a row");
    }
    if error.is_foreign_key_violation() {
        return StoreError::conflict("a row that this one belongs to is gone");
    }
    let code = error.code().unwrap_or_default();
    // PostgreSQL's class 22 (data exceptions) quotes the offending value.
    let message = if code.starts_with("22") { "a value was refused" } else { error.message() };
    StoreError::Unavailable(format!("{message} ({code})"))
}
