//! What a task has put into the index for pages that are not committed yet.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gangway_model::{ConnectionId, ConnectionState, ItemId};
use gangway_store::Announced;

use crate::context::Rooms;
use crate::stop::Stop;

/// A task's announcements that no page has settled.
#[derive(Default)]
pub struct Announcements(Mutex<Vec<Announced>>);

impl Announcements {
    /// Writes down that entries of these items are about to be put in. To be named by the page that commits their rows;
    /// `None` where there are none.
    pub async fn announce(&self, rooms: &Rooms, items: &[ItemId]) -> Result<Option<String>, Stop> {
        if items.is_empty() {
            return Ok(None);
        }
        let announced = rooms.store.announce_entries(items).await?;
        let id = announced.id.clone();
        self.lock().push(announced);
        Ok(Some(id))
    }

    /// A page was committed.
    pub fn settle(&self, id: &str) {
        self.lock().retain(|announced| announced.id != id);
    }

    /// Puts the index right for pages that were never committed. What this cannot do now is done later, by a task.
    pub async fn withdraw_all(&self, rooms: &Rooms) {
        let all = std::mem::take(&mut *self.lock());
        for announced in all {
            if withdraw(rooms, &announced).await.is_err() {
                tracing::warn!(
                    "the index is put right for an unfinished page a day later: a store does not answer"
                );
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Announced>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes out of the index what was put in for a page that never came to be, as far as the rows do not know of it.
pub async fn withdraw(rooms: &Rooms, announced: &Announced) -> Result<(), Stop> {
    rooms.store.give_up_announced_entries(&announced.id).await?;
    let homeless = homeless(rooms, &announced.items).await?;
    if !homeless.is_empty() {
        rooms.index.remove_items(&homeless).await?;
        rooms.index.flush().await?;
    }
    rooms.store.forget_announced_entries(&announced.id).await?;
    Ok(())
}

/// Those of these items that have no row, stand in no scope that counts, or came through a connection that is being taken
/// apart.
async fn homeless(rooms: &Rooms, ids: &[ItemId]) -> Result<Vec<ItemId>, Stop> {
    let mut at_home: HashSet<ItemId> = HashSet::with_capacity(ids.len());
    let scopes_of = rooms.store.item_scopes(ids).await?;
    let mut known: Option<(ConnectionId, bool)> = None;
    for item in rooms.store.find_items(ids).await? {
        let is_living = match &known {
            Some((id, is_living)) if *id == item.connection_id => *is_living,
            _ => {
                let connection = rooms.store.find_connection(&item.connection_id).await?;
                let is_living = connection.is_some_and(|found| found.state != ConnectionState::Disconnecting);
                known = Some((item.connection_id.clone(), is_living));
                is_living
            }
        };
        if is_living && scopes_of.get(&item.id).is_some_and(|scopes| !scopes.is_empty()) {
            at_home.insert(item.id);
        }
    }
    Ok(ids.iter().filter(|id| !at_home.contains(id)).cloned().collect())
}
