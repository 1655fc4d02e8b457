//! The statements that run all the time use indexes: asked of the databases themselves.

use std::time::Duration;

use gangway_model::{AssistantClientId, AssistantScope, ItemState, Outcome};
use gangway_store::testing::{TestStore, each_backend, statements_of};
use gangway_store::{
    AssistantCaller, AssistantClient, Backend, ItemFilter, NewTask, NewUpload, PageEffects, Paging,
    Presented, RevokedAssistantToken, Rotated, TakenCode,
};
use serde_json::json;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, Row};

use crate::assistants::{MANY, RESOURCE, allow, client, code, pair, registered};
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

async fn sqlite_steps(pool: &AnyPool, statement: &str) -> Vec<String> {
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
    plan.fetch_all(pool).await.unwrap().iter().map(|row| row.get("detail")).collect()
}

/// The steps by which PostgreSQL finds rows, where it reads a whole table only when it has no other way. What an index is
/// asked for stands with it.
async fn postgres_steps(connection: &mut AnyConnection, statement: &str) -> Vec<String> {
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(settings).execute(&mut *connection).await.unwrap();
    connection.execute(AssertSqlSafe(format!("PREPARE asked AS {statement}"))).await.unwrap();
    let count = "SELECT CAST(COALESCE(array_length(parameter_types, 1), 0) AS BIGINT) AS n \
                 FROM pg_prepared_statements WHERE name = 'asked'";
    let count: i64 = sqlx::query(count).fetch_one(&mut *connection).await.unwrap().get("n");
    let values = vec!["NULL"; count as usize].join(", ");
    let values = if count == 0 { values } else { format!("({values})") };
    let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN EXECUTE asked{values}")));
    let rows = plan.fetch_all(&mut *connection).await.unwrap();
    connection.execute("DEALLOCATE asked").await.unwrap();
    let mut steps: Vec<String> = Vec::new();
    for row in rows {
        let line: String = row.get(0);
        match (line.trim(), steps.last_mut()) {
            (asked, Some(step)) if asked.starts_with("Index Cond:") => step.push_str(asked),
            (line, _) => steps.push(line.to_owned()),
        }
    }
    steps.retain(|step| step.contains(" Scan "));
    steps
}

/// Whether a step of either database finds rows by what they are equal to: a token, a code, an id. What has not ended yet,
/// or is of one program, may be almost everything.
fn is_narrow(step: &str) -> bool {
    let harmless = ["CONSTANT ROW", "VALUES", "SUBQUERY", "Bitmap Heap Scan", "Subquery Scan"];
    let is_equal = step.contains("=?") || step.contains(" = ");
    // PostgreSQL goes by what it has counted, which here is nothing. What a client that is forgotten takes along is found
    // so as well; nobody had allowed it anything.
    let is_of_program = step.contains("USING INDEX assistant") && step.contains("s_by_client ");
    (is_equal && !is_of_program) || harmless.iter().any(|part| step.contains(part))
}

/// Strangers may show codes and tokens as often as they like: what that costs must not grow with what others hold.
#[tokio::test]
async fn what_assistants_show_is_found_by_indexes() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let program = registered(&test, ann.now).await;
        let pool = AnyPool::connect(&test.options.url).await.unwrap();
        let mut connection = AnyConnection::connect(&test.options.url).await.unwrap();
        let ends = ann.now + Duration::from_secs(90 * 86_400);
        let (one, two) = (code(&ann, &program, "one"), code(&ann, &program, "two"));
        store.create_assistant_code(&one).await.unwrap();
        allow(&test, &ann, &program, "held").await.unwrap();
        let shown = |hash| Presented { hash, client: &program, resource: RESOURCE, now: ann.now };
        let known = AssistantClient {
            id: AssistantClientId::from("https://app.example/client.json"),
            fresh_until: Some(ends),
            ..client(ann.now)
        };
        let (held, next, last) = (pair("held", ann.now), pair("next", ann.now), pair("last", ann.now));
        let (held_again, unknown) = (shown(&held.refresh_hash), shown("unknown"));
        let too_much = [AssistantScope::Sync];

        macro_rules! by_indexes {
            ($($call:expr => $answer:pat),+ $(,)?) => {$({
                let what = stringify!($call);
                let statements = statements_of(async {
                    let answer = $call.await.unwrap();
                    assert!(matches!(answer, $answer), "{what}: {answer:?}");
                });
                let statements = statements.await;
                assert!(!statements.is_empty(), "{what} sent nothing");
                for statement in statements {
                    let steps = match test.backend {
                        Backend::Sqlite => sqlite_steps(&pool, &statement).await,
                        Backend::Postgres => postgres_steps(&mut connection, &statement).await,
                    };
                    for step in &steps {
                        assert!(is_narrow(step), "{what}: {step} in {statement:.500}");
                    }
                }
            })+};
        }
        by_indexes!(
            store.create_assistant_client(&client(ann.now), MANY, 1000) => Some(()),
            store.put_assistant_client_document(&known, 1000) => (),
            store.find_assistant_client(&program, ann.now) => Some(AssistantClient { .. }),
            store.create_assistant_code(&two) => (),
            store.take_assistant_code("unknown", &program, ann.now) => TakenCode::NotFound,
            store.take_assistant_code("one", &program, ann.now) => TakenCode::Taken(_),
            store.find_assistant_caller(&held.access_hash, ann.now) => Some(AssistantCaller { .. }),
            store.rotate_assistant_tokens(unknown, None, &next, ends) => Rotated::NotFound,
            store.rotate_assistant_tokens(held_again, Some(&too_much), &next, ends) => Rotated::TooMuch,
            store.rotate_assistant_tokens(held_again, None, &next, ends) => Rotated::Exchanged(_),
            store.revoke_assistant_token(&next.access_hash, &program) => Some(RevokedAssistantToken::Access),
            store.list_assistants(&ann.user.id, ann.now, &Paging::after(Some("x".to_owned()), 10)) => _,
            store.rotate_assistant_tokens(held_again, None, &last, ends) => Rotated::Reused(_),
            store.create_assistant(&one, &last, ends) => _,
            store.take_assistant_code("one", &program, ann.now) => TakenCode::ShownAgain { ended: Some(_), .. },
        );
        pool.close().await;
        connection.close().await.unwrap();
    })
    .await;
}
