//! The queue: who gets which task.

use std::collections::BTreeMap;
use std::time::Duration;

use gangway_effects::Clock;
use gangway_store::NewTask;
use gangway_store::testing::{TestStore, each_backend};
use serde_json::json;

const LEASE: Duration = Duration::from_secs(60);

fn task(number: usize) -> NewTask {
    NewTask::new("work", json!({ "number": number }))
}

async fn claimed_numbers(test: &TestStore, worker: &str, limit: u32) -> Vec<u64> {
    let tasks = test.store.claim(worker, &["work"], limit, LEASE).await.unwrap();
    tasks.iter().map(|task| task.payload["number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn four_workers_get_each_of_five_hundred_tasks_exactly_once() {
    each_backend(|test| async move {
        for number in 0..500 {
            test.store.enqueue(&task(number)).await.unwrap();
        }
        let workers = (0..4).map(|worker| {
            let test = test.clone();
            tokio::spawn(async move {
                let name = format!("worker {worker}");
                let mut taken = Vec::new();
                loop {
                    let tasks = test.store.claim(&name, &["work"], 7, LEASE).await.unwrap();
                    if tasks.is_empty() {
                        return taken;
                    }
                    for task in tasks {
                        assert_eq!(task.attempts, 1);
                        taken.push(task.payload["number"].as_u64().unwrap());
                        assert!(test.store.complete(&task.id, &name).await.unwrap());
                    }
                }
            })
        });
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for taken in futures::future::join_all(workers).await {
            for number in taken.unwrap() {
                *counts.entry(number).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), 500);
        assert!(counts.values().all(|count| *count == 1), "{counts:?}");
        assert_eq!(test.store.count_tasks().await.unwrap(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn tasks_come_when_they_are_due_the_oldest_first() {
    each_backend(|test| async move {
        let now = test.clock.now();
        let second = Duration::from_secs(1);
        assert_eq!(test.store.next_due().await.unwrap(), None);
        test.store.enqueue(&task(3).at(now + second * 3)).await.unwrap();
        test.store.enqueue(&task(1).at(now + second)).await.unwrap();
        test.store.enqueue(&task(2).at(now + second * 2)).await.unwrap();
        test.store.enqueue(&NewTask::new("other", json!({}))).await.unwrap();
        assert!(claimed_numbers(&test, "w", 10).await.is_empty());
        assert_eq!(test.store.next_due().await.unwrap(), Some(now));
        test.clock.advance(second * 2);
        assert_eq!(claimed_numbers(&test, "w", 10).await, [1, 2]);
        test.store.claim("w", &["other"], 1, LEASE).await.unwrap();
        assert_eq!(test.store.next_due().await.unwrap(), Some(now + second * 3));
        assert!(test.store.claim("w", &[], 1, LEASE).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn tasks_of_one_lane_run_one_after_the_other_in_order() {
    each_backend(|test| async move {
        for number in 0..3 {
            test.store.enqueue(&task(number).in_lane("connection 1")).await.unwrap();
        }
        test.store.enqueue(&task(10).in_lane("connection 2")).await.unwrap();
        test.store.enqueue(&task(20)).await.unwrap();
        let first = test.store.claim("a", &["work"], 10, LEASE).await.unwrap();
        let numbers: Vec<_> = first.iter().map(|task| task.payload["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [0, 10, 20]);
        assert!(claimed_numbers(&test, "b", 10).await.is_empty());
        assert!(test.store.complete(&first[0].id, "a").await.unwrap());
        assert_eq!(claimed_numbers(&test, "b", 10).await, [1]);
    })
    .await;
}

#[tokio::test]
async fn lanes_hold_however_many_workers_claim_at_once() {
    each_backend(|test| async move {
        for number in 0..60 {
            test.store.enqueue(&task(number).in_lane(format!("lane {}", number % 3))).await.unwrap();
        }
        let workers = (0..6).map(|worker| {
            let test = test.clone();
            tokio::spawn(async move {
                let name = format!("worker {worker}");
                let mut done = 0;
                while test.store.count_tasks().await.unwrap() != (0, 0) {
                    for task in test.store.claim(&name, &["work"], 2, LEASE).await.unwrap() {
                        assert!(test.store.complete(&task.id, &name).await.unwrap());
                        done += 1;
                    }
                    // Never more running than there are lanes.
                    assert!(test.store.count_tasks().await.unwrap().1 <= 3);
                    tokio::task::yield_now().await;
                }
                done
            })
        });
        let done = futures::future::try_join_all(workers).await.unwrap();
        assert_eq!(done.into_iter().sum::<usize>(), 60);
    })
    .await;
}

#[tokio::test]
async fn the_database_itself_refuses_a_second_running_task_in_a_lane() {
    each_backend(|test| async move {
        for number in 0..2 {
            test.store.enqueue(&task(number).in_lane("lane")).await.unwrap();
        }
        let pool = sqlx::AnyPool::connect(&test.options.url).await.unwrap();
        let refused = sqlx::query("UPDATE tasks SET state = 'running'").execute(&pool).await.unwrap_err();
        assert!(refused.as_database_error().is_some_and(|error| error.is_unique_violation()));
        pool.close().await;
        assert_eq!(test.store.count_tasks().await.unwrap(), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn of_one_key_one_task_waits_while_another_may_run() {
    each_backend(|test| async move {
        let now = test.clock.now();
        let minute = Duration::from_secs(60);
        let follow = |at| task(1).unique("follow 1").at(at);
        let first = test.store.enqueue(&follow(now + minute)).await.unwrap();
        assert!(first.is_new);
        let second = test.store.enqueue(&follow(now)).await.unwrap();
        assert_eq!((second.is_new, &second.id), (false, &first.id));
        assert!(!test.store.enqueue(&follow(now + minute)).await.unwrap().is_new);
        assert_eq!(test.store.next_due().await.unwrap(), Some(now), "the earlier wish counts");
        assert_eq!(claimed_numbers(&test, "w", 10).await, [1]);
        let third = test.store.enqueue(&follow(now)).await.unwrap();
        assert!(third.is_new, "a wish during the run is not lost");
        assert_eq!(test.store.count_tasks().await.unwrap(), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn of_many_wishes_at_once_one_task_is_made() {
    each_backend(|test| async move {
        let wish = task(1).unique("follow 1");
        let wishes = (0..16).map(|_| test.store.enqueue(&wish));
        let made = futures::future::try_join_all(wishes).await.unwrap();
        assert_eq!(made.iter().filter(|made| made.is_new).count(), 1);
        assert_eq!(test.store.count_tasks().await.unwrap(), (1, 0));
    })
    .await;
}
