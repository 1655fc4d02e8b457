//! Opens the database: pools, settings and migrations.
//!
//! SQLite has one connection that writes and a few that read, because it has one writer at a time anyway:
//! waiting in our own line costs nothing, while waiting inside SQLite ends in "database is locked". Its
//! commits are flushed to the disk (`synchronous=FULL`): a page's checkpoint is acknowledged only when it
//! survives a power cut, and since a page is one transaction, that is one flush per page. PostgreSQL has one
//! pool for both.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gangway_effects::SharedClock;
use gangway_model::Timestamp;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, ConnectOptions, Executor, SqlSafeStr, Transaction};

use crate::callers::{self, ConnectedCaller};
use crate::error::{Result, StoreError};
use crate::gather::Gather;

/// The migrations in their order: what each is called, and its text for either database.
const MIGRATIONS: &[(&str, &str, &str)] = &[
    (
        "first",
        include_str!("../migrations/sqlite/0001_first.sql"),
        include_str!("../migrations/postgres/0001_first.sql"),
    ),
    (
        "feeds of other kinds",
        include_str!("../migrations/sqlite/0002_feeds_of_other_kinds.sql"),
        include_str!("../migrations/postgres/0002_feeds_of_other_kinds.sql"),
    ),
    (
        "failed items",
        include_str!("../migrations/sqlite/0003_failed_items.sql"),
        include_str!("../migrations/postgres/0003_failed_items.sql"),
    ),
    (
        "resumable uploads",
        include_str!("../migrations/sqlite/0004_resumable_uploads.sql"),
        include_str!("../migrations/postgres/0004_resumable_uploads.sql"),
    ),
    (
        "to embed",
        include_str!("../migrations/sqlite/0005_to_embed.sql"),
        include_str!("../migrations/postgres/0005_to_embed.sql"),
    ),
    (
        "sessions",
        include_str!("../migrations/sqlite/0006_sessions.sql"),
        include_str!("../migrations/postgres/0006_sessions.sql"),
    ),
    (
        "readings",
        include_str!("../migrations/sqlite/0007_readings.sql"),
        include_str!("../migrations/postgres/0007_readings.sql"),
    ),
    (
        "unread",
        include_str!("../migrations/sqlite/0008_unread.sql"),
        include_str!("../migrations/postgres/0008_unread.sql"),
    ),
    (
        "assistants",
        include_str!("../migrations/sqlite/0009_assistants.sql"),
        include_str!("../migrations/postgres/0009_assistants.sql"),
    ),
    (
        "lines",
        include_str!("../migrations/sqlite/0010_lines.sql"),
        include_str!("../migrations/postgres/0010_lines.sql"),
    ),
    (
        "unread within",
        include_str!("../migrations/sqlite/0011_unread_within.sql"),
        include_str!("../migrations/postgres/0011_unread_within.sql"),
    ),
    (
        "client documents",
        include_str!("../migrations/sqlite/0012_client_documents.sql"),
        include_str!("../migrations/postgres/0012_client_documents.sql"),
    ),
    (
        "disabled users",
        include_str!("../migrations/sqlite/0013_disabled_users.sql"),
        include_str!("../migrations/postgres/0013_disabled_users.sql"),
    ),
    (
        "consents",
        include_str!("../migrations/sqlite/0014_consents.sql"),
        include_str!("../migrations/postgres/0014_consents.sql"),
    ),
    (
        "job work",
        include_str!("../migrations/sqlite/0015_job_work.sql"),
        include_str!("../migrations/postgres/0015_job_work.sql"),
    ),
    (
        "announced entries",
        include_str!("../migrations/sqlite/0016_announced_entries.sql"),
        include_str!("../migrations/postgres/0016_announced_entries.sql"),
    ),
];

/// Which database the rows are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    Sqlite,
    Postgres,
}

#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:///path/to/file` or `postgres://user:password@host/database`.
    pub url: String,
    /// How many connections PostgreSQL may get, and how many readers SQLite.
    pub max_connections: u32,
}

impl StoreOptions {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 8 }
    }

    /// A SQLite file, made when it is absent; its folder must exist.
    pub fn sqlite_file(path: &Path) -> Result<Self> {
        let absolute = std::path::absolute(path).map_err(|error| unusable(&error.to_string()))?;
        let url =
            url::Url::from_file_path(absolute).map_err(|()| unusable("the file's path is not absolute"))?;
        Ok(Self::new(format!("sqlite://{}", url.path())))
    }
}

impl fmt::Debug for StoreOptions {
    /// Leaves out the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions").field("max_connections", &self.max_connections).finish_non_exhaustive()
    }
}

/// All rows. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) read: AnyPool,
    pub(crate) write: AnyPool,
    pub(crate) callers: Arc<Gather<ConnectedCaller>>,
    backend: Backend,
    clock: SharedClock,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Connects and brings the tables up to date. Safe to call from several nodes at once.
    pub async fn open(options: &StoreOptions, clock: SharedClock) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let backend = match options.url.split(':').next() {
            Some("sqlite") => Backend::Sqlite,
            Some("postgres" | "postgresql") => Backend::Postgres,
            _ => return Err(unusable("its address must start with sqlite: or postgres:")),
        };
        let (read, write) = match backend {
            Backend::Sqlite => open_sqlite(options).await?,
            Backend::Postgres => open_postgres(options).await?,
        };
        let callers = callers::gather(read.clone(), clock.clone());
        let store = Self { read, write, callers, backend, clock };
        migrator(backend).run(&store.write).await.map_err(|error| unusable(&error.to_string()))?;
        Ok(store)
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.read.execute("SELECT 1").await?;
        Ok(())
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Starts a transaction that will write.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>> {
        Ok(match self.backend {
            // Another process (a command run beside the server) may write too: ask for the lock at once,
            // since a reader that turns writer half-way is refused without waiting.
            Backend::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await?,
            Backend::Postgres => self.write.begin().await?,
        })
    }
}

async fn open_sqlite(options: &StoreOptions) -> Result<(AnyPool, AnyPool)> {
    if options.url.contains(":memory:") || options.url.contains("mode=memory") {
        return Err(unusable(
            "SQLite in memory is not supported: it would be another database per connection",
        ));
    }
    let mark = if options.url.contains('?') { '&' } else { '?' };
    let writing = connect_options(&format!("{}{mark}mode=rwc", options.url))?;
    let reading = connect_options(&options.url)?;
    // What is deleted is overwritten in the file. The cache is 2 MB for the writer and 1 MB per reader; the operating system caches the file anyway.
    let write = pool(
        1,
        1,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA busy_timeout = 10000; PRAGMA cache_size = -2000; PRAGMA journal_size_limit = 67108864; \
         PRAGMA secure_delete = ON",
    )
    .test_before_acquire(false)
    .connect_with(writing)
    .await?;
    let read = pool(
        0,
        options.max_connections.clamp(1, 4),
        "PRAGMA query_only = ON; \
         PRAGMA busy_timeout = 10000; PRAGMA cache_size = -1000",
    )
    .test_before_acquire(false)
    .connect_with(reading)
    .await?;
    Ok((read, write))
}

async fn open_postgres(options: &StoreOptions) -> Result<(AnyPool, AnyPool)> {
    let connect = connect_options(&options.url)?;
    let both = pool(0, options.max_connections.max(2), "SET statement_timeout = '10min'")
        .connect_with(connect)
        .await?;
    Ok((both.clone(), both))
}

fn connect_options(url: &str) -> Result<AnyConnectOptions> {
    // The parser's own words may quote the address and the password in it.
    let options: AnyConnectOptions = url.parse().map_err(|_| unusable("its address cannot be read"))?;
    Ok(options.disable_statement_logging())
}

fn pool(min: u32, max: u32, settings: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .min_connections(min)
        .max_connections(max)
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(Duration::from_secs(60))
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection.execute(settings).await?;
                Ok(())
            })
        })
}

fn migrator(backend: Backend) -> Migrator {
    let numbered = (1_i64..).zip(MIGRATIONS.iter().copied());
    let migrations = numbered.map(|(number, (name, sqlite, postgres))| {
        let text = match backend {
            Backend::Sqlite => sqlite,
            Backend::Postgres => postgres,
        };
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

fn unusable(why: &str) -> StoreError {
    StoreError::Unavailable(why.to_owned())
}
