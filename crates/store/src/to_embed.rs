//! The list of items whose vectors are to be made.

use gangway_model::{ItemId, Timestamp};
use sqlx::{Any, Transaction};

use crate::Store;
use crate::error::Result;
use crate::row::{Columns, read_all};
use crate::sql::{Sql, row_chunks};

/// An item on the list, as it was when the list was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToEmbed {
    pub item_id: ItemId,
    /// Changes whenever the item is put on the list again.
    mark: i64,
}

/// How long the list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToEmbedCounts {
    /// Items whose vectors are still to be made.
    pub waiting: u64,
    /// Items that the embedder did not take; they are tried again when they change.
    pub refused: u64,
}

impl Store {
    /// Puts every item with a document on the list. Returns how many there are.
    pub async fn ask_to_embed_all(&self) -> Result<u64> {
        Sql::new("INSERT INTO to_embed (item_id, mark, asked_at) SELECT item_id, CAST(")
            .arg(fresh_mark())
            .sql(" AS BIGINT), CAST(")
            .arg(self.now())
            .sql(" AS BIGINT) FROM documents WHERE true")
            .sql(ASKED_AGAIN)
            .run(&self.write)
            .await
    }

    /// Up to `limit` items that wait, those that wait longest first.
    pub async fn list_to_embed(&self, limit: u32) -> Result<Vec<ToEmbed>> {
        // Every moment is later than this; it makes the index's order the way to read.
        let rows = Sql::new(
            "SELECT item_id, mark FROM to_embed WHERE refused IS NULL AND asked_at >= 0 \
             ORDER BY asked_at, item_id LIMIT ",
        )
        .arg(limit)
        .all(&self.read)
        .await?;
        read_all(rows, |row| Ok(ToEmbed { item_id: row.id("item_id")?, mark: row.int("mark")? }))
    }

    /// Takes items from the list whose vectors were made. One that was put on it again meanwhile stays.
    pub async fn was_embedded(&self, items: &[ToEmbed]) -> Result<()> {
        let mut tx = self.begin().await?;
        for item in items {
            Sql::new("DELETE FROM to_embed WHERE item_id = ")
                .arg(&item.item_id)
                .sql(" AND mark = ")
                .arg(item.mark)
                .run(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Notes that an item's text is not taken. One that was put on the list again meanwhile waits on.
    pub async fn was_not_embedded(&self, item: &ToEmbed, why: &str) -> Result<()> {
        Sql::new("UPDATE to_embed SET refused = ")
            .arg(why)
            .sql(" WHERE item_id = ")
            .arg(&item.item_id)
            .sql(" AND mark = ")
            .arg(item.mark)
            .run(&self.write)
            .await?;
        Ok(())
    }

    pub async fn count_to_embed(&self) -> Result<ToEmbedCounts> {
        let row = Sql::new("SELECT count(*) AS listed, count(refused) AS refused FROM to_embed")
            .first(&self.read)
            .await?;
        let Some(row) = row else { return Ok(ToEmbedCounts::default()) };
        let (listed, refused) = (row.count("listed")?, row.count("refused")?);
        Ok(ToEmbedCounts { waiting: listed - refused, refused })
    }
}

const ASKED_AGAIN: &str = " ON CONFLICT (item_id) DO UPDATE SET mark = excluded.mark, asked_at = excluded.asked_at, \
     refused = NULL";

/// Puts items on the list, in a transaction that changes their documents.
pub(crate) async fn ask_to_embed(
    tx: &mut Transaction<'static, Any>,
    items: &[&ItemId],
    now: Timestamp,
) -> Result<()> {
    let mark = fresh_mark();
    for chunk in row_chunks(items) {
        Sql::new("INSERT INTO to_embed (item_id, mark, asked_at) VALUES ")
            .rows(chunk, |item| [(*item).into(), mark.into(), now.into()])
            .sql(ASKED_AGAIN)
            .run(&mut **tx)
            .await?;
    }
    Ok(())
}

fn fresh_mark() -> i64 {
    i64::from_le_bytes(gangway_effects::random_bytes())
}
