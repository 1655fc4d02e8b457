//! Leases: what happens to tasks whose worker is late, gone or giving up.

use std::time::Duration;

use gangway_effects::Clock;
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{NewTask, Task};
use serde_json::json;

const LEASE: Duration = Duration::from_secs(60);

async fn claim(test: &TestStore, worker: &str) -> Option<Task> {
    test.store.claim(worker, &["work"], 1, LEASE).await.unwrap().pop()
}

async fn enqueue(test: &TestStore, task: NewTask) {
    test.store.enqueue(&task).await.unwrap();
}

fn work() -> NewTask {
    NewTask::new("work", json!({}))
}

#[tokio::test]
async fn a_task_whose_lease_ran_out_is_somebody_elses() {
    each_backend(|test| async move {
        enqueue(&test, work()).await;
        let task = claim(&test, "a").await.unwrap();
        test.clock.advance(LEASE - Duration::from_millis(1));
        assert_eq!(claim(&test, "b").await, None);
        assert!(test.store.extend_lease(&task.id, "a", LEASE).await.unwrap());
        test.clock.advance(LEASE - Duration::from_millis(1));
        assert_eq!(claim(&test, "b").await, None);
        test.clock.advance(Duration::from_millis(1));
        let again = claim(&test, "b").await.unwrap();
        assert_eq!((&again.id, again.attempts), (&task.id, 2));

        assert!(!test.store.extend_lease(&task.id, "a", LEASE).await.unwrap());
        assert!(!test.store.complete(&task.id, "a").await.unwrap());
        assert!(!test.store.retry(&task.id, "a", test.clock.now(), "late").await.unwrap());
        assert!(!test.store.give_up(&task.id, "a", "late").await.unwrap());
        assert!(test.store.complete(&task.id, "b").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_dead_workers_task_goes_before_what_waits_behind_it_in_its_lane() {
    each_backend(|test| async move {
        enqueue(&test, work().in_lane("one")).await;
        let dead = claim(&test, "dead").await.unwrap();
        enqueue(&test, work().in_lane("one")).await;
        test.clock.advance(LEASE);
        assert_eq!(claim(&test, "b").await.unwrap().id, dead.id);
        assert_eq!(claim(&test, "c").await, None);
    })
    .await;
}

#[tokio::test]
async fn released_tasks_are_taken_up_at_once() {
    each_backend(|test| async move {
        for _ in 0..3 {
            enqueue(&test, work().in_lane(uuid())).await;
        }
        for worker in ["a", "a", "b"] {
            claim(&test, worker).await.unwrap();
        }
        assert_eq!(test.store.release_all_of("a").await.unwrap(), 2);
        assert!(claim(&test, "c").await.is_some() && claim(&test, "c").await.is_some());
        assert_eq!(claim(&test, "c").await, None);
        assert_eq!(test.store.release_leases_at_start().await.unwrap(), 3);
        assert!(test.store.next_due().await.unwrap() <= Some(test.clock.now()));
        for _ in 0..3 {
            assert!(claim(&test, "d").await.unwrap().attempts >= 2);
        }
    })
    .await;
}

fn uuid() -> String {
    gangway_model::ItemId::fresh().into_string()
}

#[tokio::test]
async fn a_retry_waits_for_its_moment_and_remembers_why() {
    each_backend(|test| async move {
        enqueue(&test, work()).await;
        let task = claim(&test, "a").await.unwrap();
        let at = test.clock.now() + Duration::from_secs(30);
        assert!(test.store.retry(&task.id, "a", at, "the provider is busy").await.unwrap());
        assert_eq!(claim(&test, "a").await, None);
        test.clock.advance(Duration::from_secs(30));
        let again = claim(&test, "a").await.unwrap();
        assert_eq!((again.attempts, again.last_error.as_deref()), (2, Some("the provider is busy")));
        assert!(test.store.give_up(&again.id, "a", "too often").await.unwrap());
        test.clock.advance(LEASE * 2);
        assert_eq!(claim(&test, "a").await, None);
        let given_up = test.store.list_given_up_tasks(10).await.unwrap();
        assert_eq!(given_up.len(), 1);
        assert_eq!(given_up[0].last_error.as_deref(), Some("too often"));
    })
    .await;
}

#[tokio::test]
async fn a_retry_hands_its_pause_to_the_wish_that_came_meanwhile() {
    each_backend(|test| async move {
        enqueue(&test, work().unique("key")).await;
        let task = claim(&test, "a").await.unwrap();
        enqueue(&test, work().unique("key")).await;
        let at = test.clock.now() + Duration::from_secs(30);
        assert!(test.store.retry(&task.id, "a", at, "busy").await.unwrap());
        assert_eq!(test.store.count_tasks().await.unwrap(), (1, 0));
        assert_eq!(claim(&test, "a").await, None);
        test.clock.advance(Duration::from_secs(30));
        let merged = claim(&test, "a").await.unwrap();
        assert_ne!(merged.id, task.id);
        assert_eq!(merged.attempts, 2);
    })
    .await;
}

/// A provider asked for the pause: wishes that come meanwhile wait with it, unless something new makes it pointless.
#[tokio::test]
async fn a_pause_is_kept_by_later_wishes_and_ended_by_those_that_say_so() {
    each_backend(|test| async move {
        enqueue(&test, work().unique("key")).await;
        let task = claim(&test, "a").await.unwrap();
        let at = test.clock.now() + Duration::from_secs(600);
        assert!(test.store.retry(&task.id, "a", at, "the provider asks for rest").await.unwrap());
        enqueue(&test, work().unique("key").at(test.clock.now())).await;
        assert_eq!(test.store.next_due().await.unwrap(), Some(at));
        assert_eq!(claim(&test, "a").await, None);
        enqueue(&test, work().unique("key").at(test.clock.now()).ending_a_pause()).await;
        assert_eq!(claim(&test, "a").await.unwrap().id, task.id);
        // What merely waits for its time is brought forward by anybody.
        enqueue(&test, work().unique("other").at(at)).await;
        enqueue(&test, work().unique("other").at(test.clock.now())).await;
        assert!(claim(&test, "a").await.is_some());
    })
    .await;
}

/// A pause that somebody asked for is no failure: however often it comes, it is not counted; but the task stays one
/// that waits for another try, which wishes that come meanwhile do not bring forward.
#[tokio::test]
async fn a_pause_is_not_counted_as_a_try() {
    each_backend(|test| async move {
        enqueue(&test, work().unique("key")).await;
        let day = Duration::from_secs(86_400);
        for _ in 0..20 {
            let task = claim(&test, "a").await.unwrap();
            assert!(task.attempts <= 2, "{}", task.attempts);
            let at = test.clock.now() + day;
            assert!(test.store.pause(&task.id, "a", at, "come back tomorrow").await.unwrap());
            enqueue(&test, work().unique("key").at(test.clock.now())).await;
            assert_eq!(claim(&test, "a").await, None, "the pause holds");
            test.clock.advance(day);
        }
        // Tries that are counted keep their count over a pause.
        for _ in 0..3 {
            let task = claim(&test, "a").await.unwrap();
            assert!(test.store.retry(&task.id, "a", test.clock.now(), "busy").await.unwrap());
        }
        let task = claim(&test, "a").await.unwrap();
        assert_eq!(task.attempts, 5);
        assert!(test.store.pause(&task.id, "a", test.clock.now(), "come back now").await.unwrap());
        assert_eq!(claim(&test, "a").await.unwrap().attempts, 5);
        assert!(!test.store.pause(&task.id, "b", test.clock.now(), "not its own").await.unwrap());
    })
    .await;
}

/// A task that starts over takes the place of one that waits to go on; one that goes on takes nobody's place.
#[tokio::test]
async fn what_starts_over_is_carried_out_whatever_waits_to_go_on() {
    each_backend(|test| async move {
        let start = || NewTask::new("work", json!({ "after": null })).unique("key").starting_over();
        let going_on = || NewTask::new("work", json!({ "after": 7 })).unique("key");
        enqueue(&test, going_on()).await;
        enqueue(&test, start()).await;
        enqueue(&test, going_on()).await;
        let task = claim(&test, "a").await.unwrap();
        assert_eq!((task.payload, claim(&test, "a").await), (json!({ "after": null }), None));
    })
    .await;
}
