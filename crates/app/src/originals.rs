//! Uploaded files as they came: downloading and deleting.

use bytes::Bytes;
use futures::stream::BoxStream;
use gangway_model::{Item, ItemId, User};
use gangway_store::{BlobError, Gone, PageEffects, StoreError};
use gangway_sync::payload;

use crate::app::App;
use crate::error::{AppError, AppResult};

/// An upload's bytes on their way.
pub struct OriginalContent {
    pub item: Item,
    pub size: u64,
    pub bytes: BoxStream<'static, Result<Bytes, BlobError>>,
}

impl App {
    /// An upload of the user's own, byte for byte.
    pub async fn download_original(&self, user: &User, id: &ItemId) -> AppResult<OriginalContent> {
        let item = self.own_upload(user, id).await?;
        let original = self.store.original(id).await?.ok_or_else(|| AppError::not_found("file"))?;
        let (size, bytes) = self.blobs.read_stream(&original.blob_key).await?;
        Ok(OriginalContent { item, size, bytes })
    }

    /// Deletes an upload from every collection, with its bytes.
    pub async fn delete_upload(&self, user: &User, id: &ItemId) -> AppResult<()> {
        let item = self.own_upload(user, id).await?;
        let now = self.now();
        let page = PageEffects {
            gone: vec![Gone { item_id: item.id.clone(), observed_at: now.max(item.observed_at) }],
            tasks: vec![payload::remove_item(&item.id, now)],
            ..PageEffects::default()
        };
        self.store.commit_page(&page).await?;
        self.engine.wake();
        Ok(())
    }

    async fn own_upload(&self, user: &User, id: &ItemId) -> AppResult<Item> {
        let item = match self.store.get_item(&user.id, id).await {
            Err(StoreError::NotFound) => return Err(AppError::not_found("file")),
            other => other?,
        };
        if self.store.original(id).await?.is_none() {
            return Err(AppError::not_found("file"));
        }
        Ok(item)
    }
}
