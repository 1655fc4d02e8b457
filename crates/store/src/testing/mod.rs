//! Fresh stores for tests: one on SQLite in a temporary folder, one on a PostgreSQL server that is started
//! once per test process and ends with it.

mod postgres;
mod statements;

use std::sync::Arc;

use gangway_effects::SteppedClock;
use gangway_model::from_millis;
use tempfile::TempDir;

use crate::{Backend, Store, StoreOptions};

pub(crate) use statements::note_statement;
pub use statements::statements_of;

/// Set to 1 to run on SQLite only.
pub const SKIP_POSTGRES: &str = "GANGWAY_SKIP_POSTGRES";
/// Set to the address of a running server (a user that may create databases) to use it instead of starting
/// one.
pub const POSTGRES_URL: &str = "GANGWAY_TEST_POSTGRES_URL";

/// An empty store of its own for one test. Clones share it.
#[derive(Clone, Debug)]
pub struct TestStore {
    pub store: Arc<Store>,
    /// The store's clock, which stands still until it is stepped.
    pub clock: SteppedClock,
    pub backend: Backend,
    /// To open the same rows once more.
    pub options: StoreOptions,
    folder: Arc<TempDir>,
}

impl TestStore {
    /// # Panics
    /// When the database cannot be had; the message says what to do.
    pub async fn open(backend: Backend) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder can be made"));
        let options = match backend {
            Backend::Sqlite => StoreOptions::sqlite_file(&folder.path().join("rows.db")).unwrap(),
            Backend::Postgres => StoreOptions::new(postgres::create_database().await),
        };
        // 2026-01-01T00:00:00Z
        let clock = SteppedClock::starting_at(from_millis(1_767_225_600_000));
        let store = Store::open(&options, Arc::new(clock.clone())).await.expect("a fresh store opens");
        Self { store: Arc::new(store), clock, backend, options, folder }
    }

    /// A folder that lives as long as the store, for blobs and the like.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Closes the store and removes its database.
    pub async fn remove(self) {
        self.store.close().await;
        if self.backend == Backend::Postgres {
            postgres::drop_database(&self.options.url).await;
        }
    }
}

/// The databases that tests run on.
pub fn backends() -> Vec<Backend> {
    if std::env::var(SKIP_POSTGRES).is_ok_and(|value| value == "1") {
        return vec![Backend::Sqlite];
    }
    vec![Backend::Sqlite, Backend::Postgres]
}

/// Runs a case on each database, every time on an empty store.
pub async fn each_backend<F, Fut>(case: F)
where
    F: Fn(TestStore) -> Fut,
    Fut: Future<Output = ()>,
{
    for backend in backends() {
        // Shown by the test harness when the case fails.
        println!("on {backend:?}");
        let test = TestStore::open(backend).await;
        case(test.clone()).await;
        test.remove().await;
    }
}
