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
    /// What people know that user by, as it is now; `None` for an operator, and once the user is deleted.
    pub user: Option<KnownAs>,
    /// A stable word such as `connection.created`.
    pub deed: String,
    pub details: serde_json::Value,
}

/// What people know a user by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAs {
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
}

const ENTRY: &str = "SELECT a.id, a.at, a.user_id, a.deed, a.details, u.id AS known_id, u.external_id, u.email, u.name \
     FROM audit_log a LEFT JOIN users u ON u.id = a.user_id";

fn read_entry(row: &AnyRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.text("id")?,
        at: row.time("at")?,
        user_id: row.opt_id("user_id")?,
        user: match row.opt_text("known_id")? {
            Some(_) => Some(KnownAs {
                external_id: row.opt_text("external_id")?,
                email: row.opt_text("email")?,
                name: row.opt_text("name")?,
            }),
            None => None,
        },
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
        let rows = Sql::new(ENTRY)
            .sql(" WHERE 1 = 1")
            .arg_if(" AND a.user_id = ", user)
            .arg_if(" AND a.id < ", paging.after.as_deref())
            .sql(" ORDER BY a.id DESC LIMIT ")
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
        let rows = Sql::new(ENTRY)
            .sql(" WHERE a.user_id = ")
            .arg(user)
            .sql(" AND a.deed = ")
            .arg(deed)
            .sql(" AND a.at >= ")
            .arg(since)
            .sql(" ORDER BY a.id DESC LIMIT ")
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
