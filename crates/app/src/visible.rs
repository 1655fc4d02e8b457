//! What of some items a user may see now: the one rule for searching and for reading.

use std::collections::{HashMap, HashSet};

use gangway_model::{CollectionId, ConnectionId, ConnectionState, Item, ItemId, ItemState, User};

use crate::app::App;
use crate::error::AppResult;

/// Items with the collections of theirs that the asker may see.
pub(crate) type VisibleItems = HashMap<ItemId, (Item, Vec<CollectionId>)>;

impl App {
    /// Those of the items that still exist, still have something to find, and stand where this user may see them: in a
    /// collection of the user's own, or in one of `shared`. Nothing of a connection that is being taken apart.
    pub(crate) async fn visible_items(
        &self,
        user: &User,
        shared: &[CollectionId],
        ids: &[ItemId],
    ) -> AppResult<VisibleItems> {
        let items = self.store.find_items(ids).await?;
        let mut placed = self.store.item_collections(ids).await?;
        let closed = self.closed_connections(&items).await?;
        let own = self.own_connections(user).await?;
        let mut seen = HashMap::new();
        for item in items {
            let is_here = matches!(item.state, ItemState::Synced | ItemState::NameOnly | ItemState::Failed);
            if !is_here || closed.contains(&item.connection_id) {
                continue;
            }
            let is_own = own.contains(&item.connection_id);
            let mut collections = placed.remove(&item.id).unwrap_or_default();
            if !is_own {
                collections.retain(|id| shared.contains(id));
            }
            if !collections.is_empty() {
                seen.insert(item.id.clone(), (item, collections));
            }
        }
        Ok(seen)
    }

    async fn own_connections(&self, user: &User) -> AppResult<HashSet<ConnectionId>> {
        let own = self.store.find_connections(&user.id, None).await?;
        Ok(own.into_iter().map(|one| one.id).collect())
    }

    /// Those of the items' connections through which nothing may be found any more.
    async fn closed_connections(&self, items: &[Item]) -> AppResult<HashSet<ConnectionId>> {
        let mut closed = HashSet::new();
        let named: HashSet<&ConnectionId> = items.iter().map(|item| &item.connection_id).collect();
        for id in named {
            let found = self.store.find_connection(id).await?;
            if found.is_none_or(|one| one.state == ConnectionState::Disconnecting) {
                closed.insert(id.clone());
            }
        }
        Ok(closed)
    }
}
