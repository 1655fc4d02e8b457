//! Index entries that are about to be written: written down before, and taken out in the transaction that commits their
//! rows. So whoever fails or dies between the two leaves no text in the index that nobody knows of.

use gangway_effects::random_token;
use gangway_model::{ItemId, Timestamp};
use sqlx::{Any, Transaction};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{Columns, read_all, write_json};
use crate::sql::Sql;

/// Items whose entries were announced together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub id: String,
    pub items: Vec<ItemId>,
}

impl Store {
    /// Announces entries of these items; they are taken out by the page that names the announcement
    /// ([`PageEffects::announced`](crate::PageEffects)), or by whoever has put the index right.
    pub async fn announce_entries(&self, items: &[ItemId]) -> Result<Announced> {
        let announced = Announced { id: random_token("entries_"), items: items.to_vec() };
        Sql::new("INSERT INTO announced_entries (id, items, announced_at) VALUES (")
            .arg(announced.id.as_str())
            .sql(", ")
            .arg(write_json(&announced.items))
            .sql(", ")
            .arg(self.now())
            .sql(")")
            .run(&self.write)
            .await?;
        Ok(announced)
    }

    /// Up to `limit` announcements from before `before`, the oldest first.
    pub async fn list_announced_entries(&self, before: Timestamp, limit: u32) -> Result<Vec<Announced>> {
        let rows = Sql::new("SELECT id, items FROM announced_entries WHERE announced_at < ")
            .arg(before)
            .sql(" ORDER BY announced_at, id LIMIT ")
            .arg(limit)
            .all(&self.read)
            .await?;
        read_all(rows, |row| Ok(Announced { id: row.text("id")?, items: row.json("items")? }))
    }

    /// To be called before the index is put right: from now on no page is committed for it.
    pub async fn give_up_announced_entries(&self, id: &str) -> Result<()> {
        Sql::new("UPDATE announced_entries SET given_up = 1 WHERE id = ").arg(id).run(&self.write).await?;
        Ok(())
    }

    /// To be called once the index says of the items what the rows say.
    pub async fn forget_announced_entries(&self, id: &str) -> Result<()> {
        Sql::new("DELETE FROM announced_entries WHERE id = ").arg(id).run(&self.write).await?;
        Ok(())
    }

    /// To be called when no other process is there, before work begins: whoever announced something is gone.
    pub async fn age_announced_entries_at_start(&self) -> Result<()> {
        Sql::new("UPDATE announced_entries SET announced_at = 0 WHERE announced_at > 0")
            .run(&self.write)
            .await?;
        Ok(())
    }
}

/// Takes a page's announcement out; or leaves it, where the index is still to be put right for some of it. Fails when somebody
/// has given the page up.
pub(crate) async fn settle_in(tx: &mut Transaction<'static, Any>, id: &str, is_whole: bool) -> Result<()> {
    let statement = match is_whole {
        true => "DELETE FROM announced_entries WHERE given_up = 0 AND id = ",
        false => "UPDATE announced_entries SET given_up = 0 WHERE given_up = 0 AND id = ",
    };
    let settled = Sql::new(statement).arg(id).run(&mut **tx).await?;
    if settled == 1 { Ok(()) } else { Err(StoreError::conflict("the page was given up meanwhile")) }
}
