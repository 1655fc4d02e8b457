//! Where each change feed stands.

use gangway_model::{ConnectionId, Cursor, FeedKey};
use sqlx::{Any, Transaction};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::page::FeedStep;
use crate::row::{Columns, read_all};
use crate::sql::Sql;

impl Store {
    pub async fn feed_cursor(&self, connection: &ConnectionId, feed: &FeedKey) -> Result<Option<Cursor>> {
        let row = Sql::new("SELECT cursor FROM feeds WHERE connection_id = ")
            .arg(connection)
            .sql(" AND feed = ")
            .arg(feed)
            .first(&self.read)
            .await?;
        row.map(|row| row.id("cursor")).transpose()
    }

    /// Starts a feed at `cursor` unless it stands somewhere already; where it stands then.
    pub async fn set_feed_if_absent(
        &self,
        connection: &ConnectionId,
        feed: &FeedKey,
        cursor: &Cursor,
    ) -> Result<Cursor> {
        self.write_feed(connection, feed, cursor, " ON CONFLICT (connection_id, feed) DO NOTHING").await?;
        Ok(self.feed_cursor(connection, feed).await?.unwrap_or_else(|| cursor.clone()))
    }

    /// Moves a feed to `cursor`, wherever it stands.
    pub async fn set_feed(&self, connection: &ConnectionId, feed: &FeedKey, cursor: &Cursor) -> Result<()> {
        let replace = " ON CONFLICT (connection_id, feed) DO UPDATE SET cursor = excluded.cursor, \
             updated_at = excluded.updated_at";
        self.write_feed(connection, feed, cursor, replace).await
    }

    async fn write_feed(
        &self,
        connection: &ConnectionId,
        feed: &FeedKey,
        cursor: &Cursor,
        on_conflict: &str,
    ) -> Result<()> {
        Sql::new("INSERT INTO feeds (connection_id, feed, cursor, updated_at) VALUES ")
            .rows(&[()], |()| [connection.into(), feed.into(), cursor.into(), self.now().into()])
            .sql(on_conflict)
            .run(&self.write)
            .await?;
        Ok(())
    }

    pub async fn delete_feed(&self, connection: &ConnectionId, feed: &FeedKey) -> Result<()> {
        Sql::new("DELETE FROM feeds WHERE connection_id = ")
            .arg(connection)
            .sql(" AND feed = ")
            .arg(feed)
            .run(&self.write)
            .await?;
        Ok(())
    }

    /// A connection's feeds by name, each with the place it stands at.
    pub async fn list_feeds(&self, connection: &ConnectionId) -> Result<Vec<(FeedKey, Cursor)>> {
        let rows = Sql::new("SELECT feed, cursor FROM feeds WHERE connection_id = ")
            .arg(connection)
            .sql(" ORDER BY feed")
            .all(&self.read)
            .await?;
        read_all(rows, |row| Ok((row.id("feed")?, row.id("cursor")?)))
    }

    /// Moves a feed within a page's transaction, if it stands where the page was read from.
    pub(crate) async fn step_feed(&self, tx: &mut Transaction<'static, Any>, step: &FeedStep) -> Result<()> {
        let moved = match &step.expected {
            Some(expected) => Sql::new("UPDATE feeds SET cursor = ")
                .arg(&step.cursor)
                .sql(", updated_at = ")
                .arg(self.now())
                .sql(" WHERE connection_id = ")
                .arg(&step.connection_id)
                .sql(" AND feed = ")
                .arg(&step.feed)
                .sql(" AND cursor = ")
                .arg(expected),
            None => Sql::new("INSERT INTO feeds (connection_id, feed, cursor, updated_at) VALUES ")
                .rows(&[step], |step| {
                    [
                        (&step.connection_id).into(),
                        (&step.feed).into(),
                        (&step.cursor).into(),
                        self.now().into(),
                    ]
                })
                .sql(" ON CONFLICT (connection_id, feed) DO NOTHING"),
        };
        match moved.run(&mut **tx).await? {
            1 => Ok(()),
            _ => Err(StoreError::conflict("the feed stands elsewhere")),
        }
    }
}
