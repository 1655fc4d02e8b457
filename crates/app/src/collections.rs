//! Collections: named sets of documents that searches are limited to.

use gangway_model::{Access, Collection, CollectionId, Item, ItemId, User};
use gangway_store::{CollectionChange, CollectionStats, ItemFilter, NewCollection, PageEffects};
use gangway_sync::payload;
use serde_json::json;

use crate::app::App;
use crate::error::{AppError, AppResult, Code};
use crate::page::{Page, PageOf};

/// A collection with what is in it.
#[derive(Debug)]
pub struct CollectionReport {
    pub collection: Collection,
    pub stats: CollectionStats,
}

impl App {
    pub async fn create_collection(
        &self,
        user: &User,
        name: &str,
        description: Option<&str>,
        access: Access,
    ) -> AppResult<CollectionReport> {
        let new = NewCollection {
            owner_id: user.id.clone(),
            name: name.to_owned(),
            description: description.map(str::to_owned),
            access,
        };
        let collection = self.store.create_collection(&new).await?;
        self.report(collection).await
    }

    /// The user's own collections and those shared with the user's organisation.
    pub async fn list_collections(&self, user: &User, page: &PageOf) -> AppResult<Page<CollectionReport>> {
        let listed = Page::of(self.store.list_collections(&user.id, &page.paging()?).await?);
        let mut rows = Vec::with_capacity(listed.rows.len());
        for collection in listed.rows {
            rows.push(self.report(collection).await?);
        }
        Ok(Page { rows, next: listed.next })
    }

    pub async fn get_collection(&self, user: &User, id: &CollectionId) -> AppResult<CollectionReport> {
        let collection = self.visible_collection(user, id).await?;
        self.report(collection).await
    }

    pub async fn update_collection(
        &self,
        user: &User,
        id: &CollectionId,
        change: &CollectionChange,
    ) -> AppResult<CollectionReport> {
        let own = self.own_collection(user, id).await?;
        let collection = self.store.update_collection(&user.id, &own.id, change).await?;
        self.report(collection).await
    }

    /// Ends a collection: not found from now on; the engine removes what was only in it.
    pub async fn delete_collection(&self, user: &User, id: &CollectionId) -> AppResult<()> {
        let own = self.own_collection(user, id).await?;
        let task = payload::remove_collection(&own.id, self.now());
        self.store.start_collection_deletion(&user.id, &own.id, &task).await?;
        self.engine.wake();
        let details = json!({ "collection_id": own.id });
        self.store.append_audit(Some(&user.id), "delete_collection", &details).await?;
        Ok(())
    }

    pub async fn list_collection_files(
        &self,
        user: &User,
        id: &CollectionId,
        page: &PageOf,
    ) -> AppResult<Page<Item>> {
        let collection = self.visible_collection(user, id).await?;
        let filter = ItemFilter::of_collection(&collection.id);
        Ok(Page::of(self.store.list_items(&filter, &page.paging()?).await?))
    }

    /// Takes one file out of a collection. In `auto` mode a chosen folder brings it back with its next change.
    pub async fn remove_collection_file(
        &self,
        user: &User,
        id: &CollectionId,
        item: &ItemId,
    ) -> AppResult<()> {
        let own = self.own_collection(user, id).await?;
        let placed =
            self.store.item_scopes(std::slice::from_ref(item)).await?.remove(item).unwrap_or_default();
        let here: Vec<_> = placed.into_iter().filter(|at| at.collection == own.id).collect();
        if here.is_empty() {
            return Err(AppError::not_found("file in this collection"));
        }
        let page = PageEffects {
            unplaced: here.into_iter().map(|at| (at.scope, item.clone())).collect(),
            tasks: vec![payload::remove_item(item, self.now())],
            ..PageEffects::default()
        };
        self.store.commit_page(&page).await?;
        self.engine.wake();
        Ok(())
    }

    pub(crate) async fn visible_collection(&self, user: &User, id: &CollectionId) -> AppResult<Collection> {
        match self.store.get_visible_collection(&user.id, id).await {
            Err(gangway_store::StoreError::NotFound) => Err(AppError::not_found("collection")),
            other => Ok(other?),
        }
    }

    /// A collection that this user may change. One that is only shared with them is visible, so saying
    /// "not yours" tells nothing new.
    pub(crate) async fn own_collection(&self, user: &User, id: &CollectionId) -> AppResult<Collection> {
        let collection = self.visible_collection(user, id).await?;
        if collection.owner_id == user.id {
            return Ok(collection);
        }
        Err(AppError::new(Code::Forbidden, "only the owner changes a collection"))
    }

    async fn report(&self, collection: Collection) -> AppResult<CollectionReport> {
        let stats = self.store.collection_stats(&collection.id).await?;
        Ok(CollectionReport { collection, stats })
    }
}
