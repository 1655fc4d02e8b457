//! Browsers that are signed in: of a session's secret, and of what signed it in, only hashes are kept.

use gangway_model::Timestamp;

use crate::Store;
use crate::error::Result;
use crate::row::Columns;
use crate::sql::Sql;

impl Store {
    /// Remembers a session by the SHA-256 of its secret; `signed_in_hash` is that of the token or key behind it.
    ///
    /// # Errors
    /// `Conflict` when the hash is taken.
    pub async fn create_session(
        &self,
        hash: &str,
        signed_in_hash: &str,
        expires_at: Timestamp,
    ) -> Result<()> {
        Sql::new("INSERT INTO sessions (hash, signed_in_hash, created_at, expires_at) VALUES ")
            .rows(&[()], |()| [hash.into(), signed_in_hash.into(), self.now().into(), expires_at.into()])
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// The hash of what signed a session in, and the session's end; `None` for an unknown or ended one. Whether
    /// that token or key is still good is the caller's to ask.
    pub async fn find_session(&self, hash: &str, now: Timestamp) -> Result<Option<(String, Timestamp)>> {
        let row = Sql::new("SELECT signed_in_hash, expires_at FROM sessions WHERE hash = ")
            .arg(hash)
            .sql(" AND expires_at > ")
            .arg(now)
            .first(&self.read)
            .await?;
        row.map(|row| Ok((row.text("signed_in_hash")?, row.time("expires_at")?))).transpose()
    }

    /// Ends a session; no session is as good as an ended one.
    pub async fn delete_session(&self, hash: &str) -> Result<()> {
        Sql::new("DELETE FROM sessions WHERE hash = ").arg(hash).run(&self.write).await?;
        Ok(())
    }

    /// Forgets sessions that ended before `before`; how many there were.
    pub async fn delete_expired_sessions(&self, before: Timestamp) -> Result<u64> {
        Sql::new("DELETE FROM sessions WHERE expires_at < ").arg(before).run(&self.write).await
    }
}
