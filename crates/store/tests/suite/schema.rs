//! The two sets of migrations, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gangway_store::testing::{TestStore, backends, each_backend};
use gangway_store::{Backend, Store, StoreError, StoreOptions};
use sqlx::{AnyPool, Row};

/// Table → columns with their type (as the other database calls it) and whether they may be empty.
type Tables = BTreeMap<String, BTreeSet<(String, String, bool)>>;

async fn tables_of(test: &TestStore) -> Tables {
    let pool = AnyPool::connect(&test.options.url).await.unwrap();
    let sql = match test.backend {
        Backend::Sqlite => {
            "SELECT m.name AS t, c.name AS c, LOWER(c.type) AS ty, CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 0 ELSE 1 END AS nullable \
             FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        Backend::Postgres => {
            "SELECT table_name::text AS t, column_name::text AS c, data_type::text AS ty, \
             CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END AS nullable \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let mut tables = Tables::new();
    for row in sqlx::query(sql).fetch_all(&pool).await.unwrap() {
        let table: String = row.get("t");
        if table.starts_with("sqlite_") || table.starts_with("_sqlx") {
            continue;
        }
        let kind: String = row.get::<String, _>("ty").replace("bytea", "blob");
        tables.entry(table).or_default().insert((row.get("c"), kind, row.get::<i64, _>("nullable") == 1));
    }
    pool.close().await;
    tables
}

async fn indexes_of(test: &TestStore) -> BTreeSet<String> {
    let pool = AnyPool::connect(&test.options.url).await.unwrap();
    let sql = match test.backend {
        Backend::Sqlite => "SELECT name AS n FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        Backend::Postgres => {
            "SELECT c.relname::text AS n FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             JOIN pg_namespace s ON s.oid = c.relnamespace \
             WHERE s.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)"
        }
    };
    let names = sqlx::query(sql).fetch_all(&pool).await.unwrap().iter().map(|row| row.get("n")).collect();
    pool.close().await;
    names
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let mut shapes = Vec::new();
    for backend in backends() {
        let test = TestStore::open(backend).await;
        shapes.push((tables_of(&test).await, indexes_of(&test).await));
        test.remove().await;
    }
    for shape in &shapes {
        assert!(
            shape.0.len() >= 20 && shape.1.len() >= 20,
            "{} tables, {} indexes",
            shape.0.len(),
            shape.1.len()
        );
        assert_eq!(*shape, shapes[0]);
    }
}

#[tokio::test]
async fn rows_survive_being_opened_again_and_by_several_at_once() {
    each_backend(|test| async move {
        let organization = test.store.create_organization("Acme", gangway_model::Plan::Pro).await.unwrap();
        let clock = Arc::new(test.clock.clone());
        let (one, other) = tokio::join!(
            Store::open(&test.options, clock.clone()),
            Store::open(&test.options, clock.clone())
        );
        for again in [one.unwrap(), other.unwrap()] {
            assert_eq!(again.get_organization(&organization.id).await.unwrap(), organization);
            again.ping().await.unwrap();
            again.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_useless_address_is_refused_without_being_quoted() {
    let clock = gangway_effects::SystemClock::shared();
    for url in
        ["mysql://me:hunter2@host/db", "hunter2", "postgres://me:hunter2@host:port/db", "sqlite::memory:"]
    {
        let error = Store::open(&StoreOptions::new(url), clock.clone()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn text_with_nul_is_stored_alike() {
    each_backend(|test| async move {
        let made = test.store.create_organization("a\0b", gangway_model::Plan::Free).await.unwrap();
        assert_eq!(made.name, "a\u{fffd}b");
    })
    .await;
}
