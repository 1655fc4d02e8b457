//! Files whose text is missing for want of a reader: what could read when they were read, and which are worth another look.

use std::collections::HashMap;

use gangway_model::{ConnectionId, ItemId, ProviderItemId, UserId};
use sqlx::{Any, Transaction};

use crate::Store;
use crate::disabled::WORKS;
use crate::error::Result;
use crate::page::ItemUpsert;
use crate::row::{Columns, read_all};
use crate::sql::{LIST_MAX, Sql, row_chunks};

/// Why an item's text is missing, and what could read when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Codes of reasons, without commas; of files within it with a colon and their type.
    pub codes: Vec<String>,
    pub readers: String,
}

/// An item that others could not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadItem {
    pub item_id: ItemId,
    pub user_id: UserId,
    pub connection_id: ConnectionId,
    pub provider_id: ProviderItemId,
    pub name: String,
    pub media_type: String,
    pub codes: Vec<String>,
    /// Whether its bytes lie here.
    pub is_upload: bool,
    /// Whether it stands in a scope that is followed.
    pub is_followed: bool,
}

impl Store {
    /// Up to `limit` living items that something else than `readers` could not read, in the order of their ids.
    pub async fn list_unread(
        &self,
        readers: &str,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<UnreadItem>> {
        let rows = Sql::new(
            "SELECT u.item_id, u.codes, i.connection_id, i.provider_id, i.name, i.media_type, c.user_id, \
             CAST(CASE WHEN o.item_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_upload, \
             CAST(CASE WHEN EXISTS (SELECT 1 FROM placements p JOIN scopes s ON s.id = p.scope_id \
             WHERE p.item_id = i.id AND s.mode = 'auto' AND s.removing = 0) THEN 1 ELSE 0 END AS BIGINT) \
             AS is_followed FROM unread u JOIN items i ON i.id = u.item_id AND i.state <> 'gone' \
             JOIN connections c ON c.id = i.connection_id LEFT JOIN originals o ON o.item_id = u.item_id \
             WHERE u.readers <> ",
        )
        .arg(readers)
        // What a disabled user uploaded is here already.
        .sql(" AND (o.item_id IS NOT NULL OR")
        .sql(WORKS)
        .sql(")")
        .arg_if(" AND u.item_id > ", after)
        .sql(" ORDER BY u.item_id LIMIT ")
        .arg(limit)
        .all(&self.read)
        .await?;
        read_all(rows, |row| {
            Ok(UnreadItem {
                item_id: row.id("item_id")?,
                user_id: row.id("user_id")?,
                connection_id: row.id("connection_id")?,
                provider_id: row.id("provider_id")?,
                name: row.text("name")?,
                media_type: row.text("media_type")?,
                codes: split(&row.text("codes")?),
                is_upload: row.count("is_upload")? == 1,
                is_followed: row.count("is_followed")? == 1,
            })
        })
    }

    /// Of these items, those that something else than `readers` could not read, and why.
    pub async fn unread_among(
        &self,
        items: &[ItemId],
        readers: &str,
    ) -> Result<HashMap<ItemId, Vec<String>>> {
        let mut found = HashMap::new();
        for chunk in items.chunks(LIST_MAX) {
            let rows = Sql::new("SELECT item_id, codes FROM unread WHERE readers <> ")
                .arg(readers)
                .sql(" AND item_id IN ")
                .list(chunk)
                .all(&self.read)
                .await?;
            for row in rows {
                found.insert(row.id("item_id")?, split(&row.text("codes")?));
            }
        }
        Ok(found)
    }

    /// Notes that `readers` could not read these items either.
    pub async fn note_unread_by(&self, items: &[ItemId], readers: &str) -> Result<()> {
        for chunk in items.chunks(LIST_MAX) {
            Sql::new("UPDATE unread SET readers = ")
                .arg(readers)
                .sql(" WHERE item_id IN ")
                .list(chunk)
                .run(&self.write)
                .await?;
        }
        Ok(())
    }
}

fn split(codes: &str) -> Vec<String> {
    codes.split(',').map(str::to_owned).collect()
}

/// Notes of items whose documents change what is missing of them; the others are not unread any more.
pub(crate) async fn write_unread(
    tx: &mut Transaction<'static, Any>,
    rows: &[(&ItemId, &ItemUpsert)],
) -> Result<()> {
    for chunk in rows.chunks(LIST_MAX) {
        Sql::new("DELETE FROM unread WHERE item_id IN ")
            .list(chunk.iter().map(|(id, _)| *id))
            .run(&mut **tx)
            .await?;
    }
    let unread: Vec<_> = rows.iter().filter_map(|(id, row)| Some((*id, row.unread.as_ref()?))).collect();
    for chunk in row_chunks(&unread) {
        Sql::new("INSERT INTO unread (item_id, codes, readers) VALUES ")
            .rows(chunk, |(id, unread)| {
                [(*id).into(), unread.codes.join(",").as_str().into(), unread.readers.as_str().into()]
            })
            .run(&mut **tx)
            .await?;
    }
    Ok(())
}
