//! The audit log: who did what, in ids and words, never with secrets.

use gangway_model::{Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::Result;
use crate::paging::{Listed, Paging};
use crate::row::{Columns, read_all};
use crate::sql::Sql;

#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub id: String,
    pub at: Timestamp,
    /// Whom it concerns; stays after the user is deleted.
    pub user_id: Option<UserId>,
    /// A stable word such as `connection.created`.
    pub deed: String,
    pub details: serde_json::Value,
}

fn read_entry(row: &AnyRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.text("id")?,
        at: row.time("at")?,
        user_id: row.opt_id("user_id")?,
        deed: row.text("deed")?,
        details: row.json("details")?,
    })
}

impl Store {
    pub async fn append_audit(
        &self,
        user: Option<&UserId>,
        deed: &str,
        details: &serde_json::Value,
    ) -> Result<()> {
        let id = uuid::Uuid::now_v7().to_string();
        Sql::new("INSERT INTO audit_log (id, at, user_id, deed, details) VALUES ")
            .rows(&[()], |()| {
                [(&id).into(), self.now().into(), user.into(), deed.into(), details.to_string().into()]
            })
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// The newest first; of one user when it is given.
    pub async fn list_audit(&self, user: Option<&UserId>, paging: &Paging) -> Result<Listed<AuditEntry>> {
        let rows = Sql::new("SELECT id, at, user_id, deed, details FROM audit_log WHERE 1 = 1")
            .arg_if(" AND user_id = ", user)
            .arg_if(" AND id < ", paging.after.as_deref())
            .sql(" ORDER BY id DESC LIMIT ")
            .arg(paging.rows_to_read())
            .all(&self.read)
            .await?;
        Listed::read(rows, paging, read_entry, |row| row.id.clone())
    }

    /// The latest entries about a deed of a user since a moment, the newest first.
    pub async fn list_recent_audit(
        &self,
        user: &UserId,
        deed: &str,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<AuditEntry>> {
        let rows = Sql::new("SELECT id, at, user_id, deed, details FROM audit_log WHERE user_id = ")
            .arg(user)
            .sql(" AND deed = ")
            .arg(deed)
            .sql(" AND at >= ")
            .arg(since)
            .sql(" ORDER BY id DESC LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, read_entry)
    }

    /// Forgets entries older than `before`; how many there were.
    pub async fn delete_old_audit(&self, before: Timestamp) -> Result<u64> {
        Sql::new("DELETE FROM audit_log WHERE at < ").arg(before).run(&self.write).await
    }
}
