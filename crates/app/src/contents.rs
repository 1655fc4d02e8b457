//! What came through a connection, and what a collection has of what its sources have.

use gangway_model::{Collection, CollectionId, Connection, ConnectionId, ItemState, User};
use gangway_store::{CollectionSource, ConnectionShare, StateCount};

use crate::app::App;
use crate::error::AppResult;

/// What a connection has brought: all that disconnecting deletes.
#[derive(Debug)]
pub struct ConnectionContents {
    pub connection: Connection,
    /// Files, each counted once.
    pub files: u64,
    pub shares: Vec<ConnectionShare>,
}

/// A collection's files by what became of them.
#[derive(Debug)]
pub struct Coverage {
    pub collection: Collection,
    pub counts: Vec<StateCount>,
    pub sources: Vec<CollectionSource>,
}

impl Coverage {
    /// Files in a state, whatever the reason.
    pub fn files_in(&self, state: ItemState) -> u64 {
        self.counts.iter().filter(|one| one.state == state).map(|one| one.items).sum()
    }

    pub fn files(&self) -> u64 {
        self.counts.iter().map(|one| one.items).sum()
    }
}

impl App {
    pub async fn connection_contents(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
    ) -> AppResult<ConnectionContents> {
        let connection = self.connection_to_leave(user, connector_id, wanted).await?;
        let files = self.store.connection_files(&connection.id).await?;
        let shares = self.store.connection_shares(&connection.id).await?;
        Ok(ConnectionContents { connection, files, shares })
    }

    pub async fn collection_coverage(&self, user: &User, id: &CollectionId) -> AppResult<Coverage> {
        let collection = self.visible_collection(user, id).await?;
        let counts = self.store.collection_coverage(&collection.id).await?;
        let mut sources = self.store.collection_sources(&collection.id).await?;
        if collection.owner_id != user.id {
            // Whose accounts they are is the owner's to tell.
            sources.iter_mut().for_each(|source| source.account_email = None);
        }
        Ok(Coverage { collection, counts, sources })
    }
}
