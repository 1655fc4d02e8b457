//! The statements that run all the time use indexes: asked of SQLite itself.

use std::time::Duration;

use gangway_model::{ItemState, Outcome};
use gangway_store::testing::{TestStore, statements_of};
use gangway_store::{Backend, ItemFilter, NewTask, NewUpload, PageEffects, Paging};
use serde_json::json;
use sqlx::{AnyPool, AssertSqlSafe, Row};

use crate::fixture::{World, provider_ids};

async fn assert_no_scans(pool: &AnyPool, what: &str, statements: Vec<String>) {
    assert!(!statements.is_empty(), "{what} sent nothing");
    for statement in statements {
        let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
            .fetch_all(pool)
            .await
            .unwrap();
        for row in rows {
            let step: String = row.get("detail");
            // The only things read from end to end are those a statement brings along or has just made
            // itself.
            let harmless = [
                "CONSTANT ROW",
                "ROW VALUES CLAUSE",
                "SCAN first",
                "SCAN s USING COVERING INDEX tasks_lines",
                "SCAN heads",
                "SCAN l",
                "SCAN moments",
                "SCAN placed",
            ];
            let scan = step.starts_with("SCAN") && !harmless.iter().any(|part| step.contains(part));
            assert!(!scan, "{what}: {step} in {statement:.500}");
        }
    }
}

#[tokio::test]
async fn hot_statements_never_read_a_whole_table() {
    let test = TestStore::open(Backend::Sqlite).await;
    let store = &test.store;
    let ann = World::make(&test, "ann").await;
    let items: Vec<_> = (0..70).map(|number| ann.item(&format!("file {number}"))).collect();
    let pool = AnyPool::connect(&test.options.url).await.unwrap();
    let all = Paging::after(Some("x".to_owned()), 100);
    let minute = Duration::from_secs(60);
    let (user, connection, collection, scope, job) =
        (&ann.user.id, &ann.connection.id, &ann.collection.id, &ann.scope.id, &ann.job.id);
    store.enqueue(&NewTask::new("work", json!({})).unique("key").in_lane("lane")).await.unwrap();
    let task = store.claim("w", &["work"], 1, minute).await.unwrap().remove(0);

    macro_rules! no_scans {
        ($($call:expr),+ $(,)?) => {$(
            assert_no_scans(&pool, stringify!($call), statements_of(async { $call.await.map(|_| ()).unwrap() }).await).await;
        )+};
    }
    let upload = NewUpload {
        id: "an upload".into(),
        user_id: user.clone(),
        connection_id: connection.clone(),
        collection_id: collection.clone(),
        length: None,
        about: json!({}),
        expires_at: ann.now + minute,
    };
    let finish = NewTask::new("finish", json!({}));
    let begun = store.create_upload(&upload, 10, &finish).await.unwrap().unwrap();
    let another = NewUpload { id: "another".into(), ..upload };
    let gone = PageEffects {
        gone: vec![gangway_store::Gone { item_id: items[0].id.clone(), observed_at: ann.now }],
        unplaced: vec![(scope.clone(), items[1].id.clone())],
        ..PageEffects::default()
    };
    no_scans!(
        store.commit_page(&ann.page_of(&items)),
        store.commit_page(&gone),
        store.find_reading("k", user, gangway_store::Whose::Own),
        store.find_reading("k", user, gangway_store::Whose::Others),
        store.find_user_by_token_hash("x", ann.now),
        store.find_connected_callers(&["x".to_owned()]),
        store.find_connections(user, None),
        store.list_follow_due(ann.now, ann.now, ann.now, ann.now, 10),
        store.find_items_by_provider_ids(connection, &provider_ids(&["a", "b"])),
        store.find_links_to(connection, &provider_ids(&["a"])),
        store.children(connection, &"root".into(), Some(&"x".into()), 10),
        store.list_items(&ItemFilter::of_connection(connection), &all),
        store.list_items(&ItemFilter::of_collection(collection).in_state(ItemState::Failed), &all),
        store.item_collections(&[items[0].id.clone()]),
        store.find_item_by_hash_in_collection(connection, collection, "x"),
        store.unseen_placements(scope, job, Some(&"x".into()), 10),
        store.count_unseen_placements(scope, job),
        store.list_placements(scope, None, 10),
        store.remove_placements(scope, &[items[0].id.clone()]),
        store.forget_items(&[items[0].id.clone()]),
        store.items_without_placement(connection, Some(&"x".into()), 10),
        store.list_jobs(user, Some(connection), &all),
        store.list_job_files(user, job, Some(Outcome::Failed), &all),
        store.list_job_files(user, job, None, &all),
        store.find_last_outcome(connection, &"a".into()),
        store.open_containers(job, 10),
        store.list_failed_containers(job, Some(scope), 10),
        store.list_visible_collection_ids(user),
        store.collection_stats(collection),
        store.claim("w", &["work", "other"], 10, minute),
        store.next_due(),
        store.retry(&task.id, "w", ann.now, "x"),
        store.list_expiring(ann.now, 10),
        store.list_orphaned_blobs(ann.now, 10),
        store.get_upload(user, &begun.id),
        store.create_upload(&another, 10, &finish),
        store.append_to_upload(&begun, &[], Some(9), ann.now, &finish),
        store.list_upload_parts(&begun.id),
        store.take_back_upload(user, &another.id, ann.now),
        store.expire_uploads(ann.now, ann.now, 10),
        store.delete_old_uploads(ann.now),
        store.list_to_embed(10),
        store.list_unread("r", Some(&items[0].id), 10),
        store.unread_among(&[items[0].id.clone()], "r"),
        store.list_audit(Some(user), &all),
        store.list_follow_due(ann.now, ann.now, ann.now, ann.now, 10),
        store.scope_was_listed_by(job, scope),
        store.account_is_connected_elsewhere(&ann.connection),
        store.find_connections_of_accounts(&"google_drive".into(), &["x".to_owned()]),
        store.list_item_ids(connection, Some(&"x".into()), 10),
        store.item_scopes(&[items[0].id.clone()]),
        store.find_scopes_by_roots(connection, &provider_ids(&["a"])),
    );
    pool.close().await;
    test.remove().await;
}
