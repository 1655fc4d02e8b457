//! Collections, and who may see them.

use gangway_model::{Access, Collection, CollectionId, OrganizationId, Timestamp, UserId};
use sqlx::any::AnyRow;

use crate::error::{Result, StoreError};
use crate::paging::{Listed, Paging};
use crate::row::{Columns, read_all};
use crate::sql::Sql;
use crate::{NewTask, Store};

#[derive(Clone, Debug)]
pub struct NewCollection {
    pub owner_id: UserId,
    pub name: String,
    pub description: Option<String>,
    pub access: Access,
}

/// What to change about a collection; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct CollectionChange {
    pub name: Option<String>,
    pub description: Option<Option<String>>,
    pub access: Option<Access>,
}

/// What a collection holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollectionStats {
    /// Files; containers and links are not counted.
    pub items: u64,
    /// Bytes at the source, as far as the providers say.
    pub bytes: u64,
    pub failed: u64,
    pub last_synced_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, owner_id, organization_id, name, description, access, created_at, updated_at";
const COLLECTION: &str = "SELECT id, owner_id, organization_id, name, description, access, created_at, updated_at \
     FROM collections";

fn read_collection(row: &AnyRow) -> Result<Collection> {
    Ok(Collection {
        id: row.id("id")?,
        owner_id: row.id("owner_id")?,
        organization_id: row.opt_id("organization_id")?,
        name: row.text("name")?,
        description: row.opt_text("description")?,
        access: row.word("access", Access::parse)?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

/// ` AND (…)`: the user's own, and those open to the user's organisation.
fn visible_to(sql: Sql, user: &UserId) -> Sql {
    sql.sql(" AND deleting = 0 AND (owner_id = ")
        .arg(user)
        .sql(" OR (access = 'org' AND organization_id = (SELECT organization_id FROM users WHERE users.id = ")
        .arg(user)
        .sql(")))")
}

impl Store {
    /// Makes a collection in the organisation its owner belongs to.
    ///
    /// # Errors
    /// `Conflict` when there is no such owner.
    pub async fn create_collection(&self, new: &NewCollection) -> Result<Collection> {
        let row = Sql::new("INSERT INTO collections (").sql(COLUMNS).sql(", deleting) SELECT ");
        let row = row.arg(&CollectionId::fresh()).sql(", users.id, users.organization_id, ").arg(&new.name);
        let row = row.sql(", ").arg(&new.description).sql(", ").arg(new.access.as_str());
        let row =
            row.sql(", ").arg(self.now()).sql(", ").arg(self.now()).sql(", 0 FROM users WHERE users.id = ");
        let row = row.arg(&new.owner_id).sql(" RETURNING ").sql(COLUMNS).first(&self.write).await?;
        read_collection(&row.ok_or(StoreError::conflict("the owner does not exist"))?)
    }

    /// A collection that the user may search: the user's own, or one open to the user's organisation.
    pub async fn get_visible_collection(&self, user: &UserId, id: &CollectionId) -> Result<Collection> {
        let sql = Sql::new(COLLECTION).sql(" WHERE id = ").arg(id);
        let row = visible_to(sql, user).first(&self.read).await?;
        read_collection(&row.ok_or(StoreError::NotFound)?)
    }

    /// Any user's collection, also while it is being taken apart: for the engine.
    pub async fn find_collection(&self, id: &CollectionId) -> Result<Option<Collection>> {
        let row = Sql::new(COLLECTION).sql(" WHERE id = ").arg(id).first(&self.read).await?;
        row.as_ref().map(read_collection).transpose()
    }

    /// The collections that the user may search, in the order they were made.
    pub async fn list_collections(&self, user: &UserId, paging: &Paging) -> Result<Listed<Collection>> {
        let sql = Sql::new(COLLECTION).sql(" WHERE id > ").arg(paging.after.as_deref().unwrap_or_default());
        let sql = visible_to(sql, user).sql(" ORDER BY id LIMIT ").arg(paging.rows_to_read());
        Listed::read(sql.all(&self.read).await?, paging, read_collection, |row| row.id.to_string())
    }

    /// The ids of every collection that the user may search.
    pub async fn list_visible_collection_ids(&self, user: &UserId) -> Result<Vec<CollectionId>> {
        let sql = visible_to(Sql::new("SELECT id FROM collections WHERE 1 = 1"), user).sql(" ORDER BY id");
        read_all(sql.all(&self.read).await?, |row| row.id("id"))
    }

    /// The ids of collections that others in the user's organisation have opened to it.
    pub async fn list_shared_collection_ids(&self, user: &UserId) -> Result<Vec<CollectionId>> {
        let sql = Sql::new("SELECT id FROM collections WHERE owner_id <> ").arg(user);
        read_all(visible_to(sql, user).sql(" ORDER BY id").all(&self.read).await?, |row| row.id("id"))
    }

    /// Changes a collection of the user's own.
    pub async fn update_collection(
        &self,
        owner: &UserId,
        id: &CollectionId,
        change: &CollectionChange,
    ) -> Result<Collection> {
        let row = Sql::new("UPDATE collections SET updated_at = ")
            .arg(self.now())
            .arg_if(", name = ", change.name.as_ref())
            .arg_if(", description = ", change.description.as_ref())
            .arg_if(", access = ", change.access.map(Access::as_str))
            .sql(" WHERE deleting = 0 AND id = ")
            .arg(id)
            .sql(" AND owner_id = ")
            .arg(owner)
            .sql(" RETURNING ")
            .sql(COLUMNS)
            .first(&self.write)
            .await?;
        read_collection(&row.ok_or(StoreError::NotFound)?)
    }

    /// Starts taking a collection of the user's own apart: nobody sees it any more, its scopes count no more,
    /// and `task` (which empties the index, scope by scope, and then deletes the row) is queued. One
    /// transaction.
    pub async fn start_collection_deletion(
        &self,
        owner: &UserId,
        id: &CollectionId,
        task: &NewTask,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let marked = Sql::new("UPDATE collections SET deleting = 1 WHERE deleting = 0 AND id = ")
            .arg(id)
            .sql(" AND owner_id = ")
            .arg(owner)
            .run(&mut *tx)
            .await?;
        if marked == 0 {
            return Err(StoreError::NotFound);
        }
        Sql::new("UPDATE scopes SET removing = 1 WHERE collection_id = ").arg(id).run(&mut *tx).await?;
        crate::queue::enqueue_in(&mut tx, task, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a collection's row with its scopes, placements and jobs. Items stay; those without any
    /// placement left are found by `items_without_placement`. Uploads on their way into it end; their bytes
    /// are handed to the orphans.
    pub async fn delete_collection(&self, id: &CollectionId) -> Result<()> {
        let mut tx = self.begin().await?;
        crate::orphans::orphan_blobs_of_collection(&mut tx, id, self.now()).await?;
        let deleted = Sql::new("DELETE FROM collections WHERE id = ").arg(id).run(&mut *tx).await?;
        if deleted == 0 {
            return Err(StoreError::NotFound);
        }
        tx.commit().await?;
        Ok(())
    }

    /// The organisation a collection is open to, if any: what the index has to know about it.
    pub async fn collection_organization(&self, id: &CollectionId) -> Result<Option<OrganizationId>> {
        let found = self.find_collection(id).await?.ok_or(StoreError::NotFound)?;
        Ok(found.organization_id.filter(|_| found.access == Access::Org))
    }
}
