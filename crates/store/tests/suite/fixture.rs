//! Rows that the cases start from, and short ways to make more.

use gangway_effects::Clock;
use gangway_model::{
    Access, Account, Collection, Connection, ConnectionId, FileOutcome, Item, ItemId, ItemKind, ItemState,
    Outcome, Plan, ProviderItemId, SyncJob, SyncJobId, SyncMode, Timestamp, User, UserId,
};
use gangway_store::testing::TestStore;
use gangway_store::{
    ItemUpsert, NewCollection, NewConnection, NewScope, NewSyncJob, NewUser, PageEffects, Placement, Scope,
    Store, StoredDocument, UserKey,
};

pub fn key(version: i64) -> UserKey {
    UserKey { salt: vec![1; 16], iterations: 1000, wrapped: vec![2; 60], version }
}

pub fn new_user(external_id: &str) -> NewUser {
    NewUser {
        id: UserId::fresh(),
        organization_id: None,
        external_id: Some(external_id.to_owned()),
        name: None,
        email: None,
        plan: Plan::Free,
        key: key(1),
    }
}

/// A user with a connection, a collection, a scope over both and a running job.
pub struct World {
    pub user: User,
    pub connection: Connection,
    pub collection: Collection,
    pub scope: Scope,
    pub job: SyncJob,
    pub now: Timestamp,
}

impl World {
    pub async fn make(test: &TestStore, name: &str) -> Self {
        let store = &test.store;
        let user = store.create_user(&new_user(name)).await.unwrap();
        let connection = connect(store, &user, "google_drive", name).await;
        let collection = collect(store, &user, "papers").await;
        let scope = store.upsert_scope(&new_scope(&connection.id, &collection, "root")).await.unwrap();
        let job = start_job(store, &user, &connection, &collection).await;
        Self { user, connection, collection, scope, job, now: test.clock.now() }
    }

    /// A synced file as observed now.
    pub fn item(&self, provider_id: &str) -> Item {
        item(&self.connection.id, provider_id, self.now)
    }

    /// A page that brings these files in: rows, documents, placements, outcomes.
    pub fn page_of(&self, items: &[Item]) -> PageEffects {
        PageEffects {
            job: Some(self.job.id.clone()),
            items: items
                .iter()
                .map(|item| ItemUpsert::with_document(item.clone(), document("some text")))
                .collect(),
            placements: items.iter().map(|item| self.placement(&item.id)).collect(),
            outcomes: items
                .iter()
                .map(|item| outcome(item.provider_id.as_str(), Outcome::Synced, self.now))
                .collect(),
            ..PageEffects::default()
        }
    }

    pub fn placement(&self, item: &ItemId) -> Placement {
        Placement { scope_id: self.scope.id.clone(), item_id: item.clone(), seen_by: self.job.id.clone() }
    }
}

pub async fn connect(store: &Store, user: &User, connector: &str, account: &str) -> Connection {
    let account = Account {
        id: account.to_owned(),
        email: Some(format!("{account}@example.com")),
        name: None,
        workspace: None,
    };
    let new = NewConnection { user_id: user.id.clone(), connector_id: connector.into(), account };
    let made = store.upsert_connection(&new).await.unwrap();
    store.set_connection_state(&made.id, gangway_model::ConnectionState::Active, None).await.unwrap();
    store.find_connection(&made.id).await.unwrap().unwrap()
}

pub async fn collect(store: &Store, user: &User, name: &str) -> Collection {
    let new = NewCollection {
        owner_id: user.id.clone(),
        name: name.to_owned(),
        description: None,
        access: Access::Private,
    };
    store.create_collection(&new).await.unwrap()
}

pub fn new_scope(connection: &ConnectionId, collection: &Collection, root: &str) -> NewScope {
    NewScope {
        connection_id: connection.clone(),
        collection_id: collection.id.clone(),
        root_id: root.into(),
        root_kind: ItemKind::Container,
        feed: None,
        mode: SyncMode::Auto,
    }
}

pub async fn start_job(
    store: &Store,
    user: &User,
    connection: &Connection,
    collection: &Collection,
) -> SyncJob {
    let new = NewSyncJob {
        id: SyncJobId::fresh(),
        user_id: user.id.clone(),
        connection_id: connection.id.clone(),
        connector_id: connection.connector_id.clone(),
        collection_id: Some(collection.id.clone()),
        mode: SyncMode::Auto,
        roots: vec!["root".into()],
        allow_mass_removal: false,
        by_engine: false,
    };
    store.create_job(&new, None).await.unwrap()
}

pub fn item(connection: &ConnectionId, provider_id: &str, observed_at: Timestamp) -> Item {
    Item {
        id: ItemId::fresh(),
        connection_id: connection.clone(),
        provider_id: provider_id.into(),
        parent_id: Some("root".into()),
        target_id: None,
        feed: None,
        kind: ItemKind::File,
        name: format!("{provider_id}.txt"),
        media_type: "text/plain".to_owned(),
        size: Some(10),
        modified_at: Some(observed_at),
        url: Some(format!("https://example.com/{provider_id}")),
        locator: None,
        revision: Some("1".into()),
        content_hash: Some(format!("hash of {provider_id}")),
        state: ItemState::Synced,
        reason: None,
        observed_at,
        synced_at: Some(observed_at),
    }
}

pub fn document(text: &str) -> StoredDocument {
    StoredDocument {
        body: Some(text.as_bytes().to_vec().into()),
        text_bytes: text.len() as u64,
        ..StoredDocument::default()
    }
}

pub fn blob_document(key: &str) -> StoredDocument {
    StoredDocument { blob_key: Some(key.to_owned()), text_bytes: 1_000_000, ..StoredDocument::default() }
}

pub fn outcome(provider_id: &str, outcome: Outcome, at: Timestamp) -> FileOutcome {
    let reason = match outcome {
        Outcome::Failed => Some(gangway_model::Reason::new("too_large", "the file is too large")),
        _ => None,
    };
    FileOutcome { provider_id: provider_id.into(), name: format!("{provider_id}.txt"), outcome, reason, at }
}

pub fn provider_ids(ids: &[&str]) -> Vec<ProviderItemId> {
    ids.iter().map(|id| ProviderItemId::from(*id)).collect()
}

/// The blobs that are orphaned by now, sorted.
pub async fn orphans(test: &TestStore) -> Vec<String> {
    let later = test.clock.now() + std::time::Duration::from_secs(1);
    let mut keys = test.store.list_orphaned_blobs(later, 1000).await.unwrap();
    keys.sort();
    keys
}
