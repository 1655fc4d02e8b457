//! The queue among users: nobody's heap keeps others waiting, and long lines cost a claim nothing.

use std::time::Duration;

use gangway_effects::Clock;
use gangway_model::UserId;
use gangway_store::testing::{TestStore, each_backend, statements_of};
use gangway_store::{Backend, Held, NOBODY, NewTask, Owner, Round, Shares, Task};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};

use crate::fixture::World;

const LEASE: Duration = Duration::from_secs(60);
const KINDS: &[&str] = &["long", "short"];

fn task(kind: &str, user: &str) -> NewTask {
    NewTask::new(kind, json!({})).owned_by(Owner::User(user.into()))
}

fn shares(held: &[(&str, usize, usize)]) -> Shares {
    let held = held.iter().map(|(user, tasks, long)| {
        let held = Held { tasks: *tasks, long: *long };
        ((*user).to_owned(), held)
    });
    Shares { long_kinds: &["long"], most: 3, most_long: 2, most_long_of_all: 3, held: held.collect() }
}

async fn claim(test: &TestStore, limit: u32, shares: &Shares) -> Vec<String> {
    let claimed = test.store.claim_fairly("w", KINDS, limit, LEASE, shares, &mut Round::default()).await;
    claimed.unwrap().iter().map(owner).collect()
}

fn owner(task: &Task) -> String {
    task.owner.as_ref().map(UserId::to_string).unwrap_or_default()
}

#[tokio::test]
async fn a_heap_of_one_user_leaves_a_place_to_the_next() {
    each_backend(|test| async move {
        for number in 0..40 {
            test.store.enqueue(&task("long", "ada").in_lane(format!("job {number}"))).await.unwrap();
            test.store.enqueue(&task("short", "ada").in_lane("uploads")).await.unwrap();
        }
        test.clock.advance(Duration::from_secs(3600));
        assert_eq!(
            claim(&test, 4, &shares(&[])).await,
            ["ada", "ada", "ada"],
            "and no more, though none waits"
        );
        test.store.enqueue(&task("long", "eve").in_lane("job of eve")).await.unwrap();
        let held = shares(&[("ada", 3, 2)]);
        assert_eq!(claim(&test, 4, &held).await, ["eve"]);
        assert!(claim(&test, 4, &held).await.is_empty());
        // With a place of hers free, and nobody else there, she gets it.
        assert_eq!(claim(&test, 4, &shares(&[("ada", 2, 1), ("eve", 1, 1)])).await, ["ada"]);
    })
    .await;
}

#[tokio::test]
async fn a_users_short_tasks_pass_the_long_ones() {
    each_backend(|test| async move {
        for number in 0..5 {
            test.store.enqueue(&task("long", "ada").in_lane(format!("job {number}"))).await.unwrap();
        }
        assert_eq!(claim(&test, 4, &shares(&[])).await.len(), 2);
        test.store.enqueue(&task("short", "ada").in_lane("follow")).await.unwrap();
        let mut round = Round::default();
        let held = shares(&[("ada", 2, 2)]);
        let claimed = test.store.claim_fairly("w", KINDS, 4, LEASE, &held, &mut round).await.unwrap();
        assert_eq!(claimed.iter().map(|task| task.kind.as_str()).collect::<Vec<_>>(), ["short"]);
    })
    .await;
}

#[tokio::test]
async fn whose_a_task_is_is_looked_up_by_what_it_is_about() {
    each_backend(|test| async move {
        let world = World::make(&test, "ann").await;
        let item = world.item("a file");
        test.store.commit_page(&world.page_of(std::slice::from_ref(&item))).await.unwrap();
        let user = world.user.id.to_string();
        for owner_of in [
            Owner::User(world.user.id.clone()),
            Owner::Connection(world.connection.id.clone()),
            Owner::Job(world.job.id.clone()),
            Owner::Scope(world.scope.id.clone()),
            Owner::Collection(world.collection.id.clone()),
            Owner::Item(item.id.clone()),
        ] {
            test.store.enqueue(&NewTask::new("short", json!({})).owned_by(owner_of.clone())).await.unwrap();
            assert_eq!(claim(&test, 1, &shares(&[])).await, [user.as_str()], "{owner_of:?}");
        }
        for owner_of in [Owner::Nobody, Owner::Connection("gone".into()), Owner::Upload("gone".into())] {
            test.store.enqueue(&NewTask::new("short", json!({})).owned_by(owner_of)).await.unwrap();
            assert_eq!(claim(&test, 1, &shares(&[])).await, [""]);
        }
    })
    .await;
}

/// However many lines there are, every one has its turn: looks that show only a part go round.
#[tokio::test]
async fn more_lines_than_one_look_shows_are_all_served() {
    each_backend(|test| async move {
        for number in 0..1100 {
            test.store.enqueue(&task("long", &format!("{number:04}"))).await.unwrap();
        }
        let mut round = Round::default();
        let shares = Shares { most_long_of_all: usize::MAX, ..shares(&[]) };
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..11 {
            let claimed = test.store.claim_fairly("w", KINDS, 100, LEASE, &shares, &mut round).await.unwrap();
            assert!(claimed.len() > 50, "what is left of the last look, at least: {}", claimed.len());
            // They are put back at once: whoever only ever looks at the start meets them again.
            for task in claimed {
                seen.insert(owner(&task)[..2].to_owned());
                test.store.retry(&task.id, "w", task.run_at, "again").await.unwrap();
            }
        }
        assert!(seen.contains("00") && seen.contains("10"), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn a_long_task_gives_way_only_to_somebody_who_has_fewer() {
    each_backend(|test| async move {
        let ada = UserId::from("ada");
        let held = shares(&[("ada", 2, 2), ("eve", 2, 2)]);
        let waits =
            async || test.store.keeps_others_waiting(&["long", "short"], Some(&ada), &held).await.unwrap();
        for number in 0..5 {
            test.store.enqueue(&task("long", "ada").in_lane(format!("job {number}"))).await.unwrap();
        }
        test.store.enqueue(&task("short", "bob")).await.unwrap();
        test.store.enqueue(&task("long", "eve")).await.unwrap();
        assert!(!waits().await, "her own, short ones, and those of others who have as many");
        test.store.enqueue(&task("long", "bob")).await.unwrap();
        assert!(waits().await);
    })
    .await;
}

#[tokio::test]
async fn a_long_task_of_nobody_gives_way_as_others_do() {
    each_backend(|test| async move {
        let held = shares(&[(NOBODY, 1, 1), ("ada", 1, 1)]);
        let waits = async || test.store.keeps_others_waiting(&["long", "short"], None, &held).await.unwrap();
        test.store.enqueue(&task("short", "bob")).await.unwrap();
        test.store.enqueue(&task("long", "ada")).await.unwrap();
        let later = task("long", "eve").at(test.clock.now() + Duration::from_secs(10));
        test.store.enqueue(&later).await.unwrap();
        assert!(!waits().await, "short ones, those of who has as many, and what is not due");
        test.clock.advance(Duration::from_secs(10));
        assert!(waits().await);
    })
    .await;
}

/// Two hundred steps over a line of a hundred thousand tasks would be twenty million: the statement must step from line to
/// line by the index, whatever stands in them.
#[tokio::test]
async fn a_look_steps_by_the_index() {
    let test = TestStore::open(Backend::Sqlite).await;
    test.store.enqueue(&task("short", "ada")).await.unwrap();
    let look = async || {
        let mut round = Round::default();
        let held = shares(&[("ada", 3, 1)]);
        test.store.claim_fairly("w", KINDS, 4, LEASE, &held, &mut round).await.unwrap();
    };
    let statements = statements_of(look()).await;
    let pool = sqlx::AnyPool::connect(&test.options.url).await.unwrap();
    let plan = format!("EXPLAIN QUERY PLAN {}", statements[0]);
    let steps = sqlx::query(AssertSqlSafe(plan)).fetch_all(&pool).await.unwrap();
    let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
    assert!(steps.iter().any(|step| step.contains("tasks_lines (line>?)")), "{steps:#?}");
    assert!(steps.iter().any(|step| step.contains("tasks_lines (line=? AND run_at<?)")), "{steps:#?}");
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "nothing is sorted: {steps:#?}");
    pool.close().await;
}
