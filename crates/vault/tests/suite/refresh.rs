//! A refresh happens once, survives rivals and outages, and a grant is given up only on proof.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use gangway_effects::{Clock, SteppedClock};
use gangway_model::{ConnectionState, ExposeSecret};
use gangway_oauth::SupplyError;
use gangway_store::NewTask;
use gangway_store::testing::{TestStore, each_backend};
use tokio::sync::Semaphore;

use crate::provider::Provider;
use crate::world::{World, system_clock};

#[tokio::test(flavor = "multi_thread")]
async fn however_many_ask_one_refresh_happens() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let vault = world.vault();
        let answers = join_all((0..32).map(|_| {
            let supplier = vault.supplier(&world.connection);
            tokio::spawn(async move { supplier.access_token().await.unwrap() })
        }))
        .await;
        for answer in answers {
            assert_eq!(answer.unwrap().secret.expose_secret(), "access-1");
        }
        assert_eq!((provider.refreshes(), provider.reuses()), (1, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_refresh_once_between_them() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make_on(&test, address, system_clock()).await;
        let suppliers: Vec<_> = (0..4)
            .map(|_| world.vault())
            .flat_map(|vault| [vault.supplier(&world.connection), vault.supplier(&world.connection)])
            .collect();
        let answers = join_all(
            suppliers
                .into_iter()
                .map(|supplier| tokio::spawn(async move { supplier.access_token().await.unwrap() })),
        )
        .await;
        for answer in answers {
            assert_eq!(answer.unwrap().secret.expose_secret(), "access-1");
        }
        assert_eq!((provider.refreshes(), provider.reuses()), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all_who_held_it() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let supplier = world.vault().supplier(&world.connection);
        let first = supplier.access_token().await.unwrap();
        let replaced = join_all((0..8).map(|_| supplier.replace(&first))).await;
        for token in replaced {
            assert_eq!(token.unwrap().secret.expose_secret(), "access-2");
        }
        assert_eq!((provider.refreshes(), provider.reuses()), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn a_token_is_replaced_five_minutes_before_it_ends() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let supplier = world.vault().supplier(&world.connection);
        supplier.access_token().await.unwrap();
        test.clock.advance(Duration::from_secs(3599 - 301));
        assert_eq!(supplier.access_token().await.unwrap().secret.expose_secret(), "access-1");
        test.clock.advance(Duration::from_secs(2));
        assert_eq!(supplier.access_token().await.unwrap().secret.expose_secret(), "access-2");
        assert_eq!(provider.refreshes(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_refresh_token_keeps_the_old_one() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(false).await;
        let world = World::make(&test, address).await;
        let vault = world.vault();
        for _ in 0..3 {
            vault.refresh_now(&world.connection).await.unwrap();
        }
        assert_eq!((provider.refreshes(), provider.reuses()), (3, 0));
    })
    .await;
}

#[tokio::test]
async fn an_outage_ahead_of_expiry_leaves_the_token_in_use() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let supplier = world.vault().supplier(&world.connection);
        supplier.access_token().await.unwrap();
        provider.set_down(true);
        test.clock.advance(Duration::from_secs(3599 - 60));
        assert_eq!(supplier.access_token().await.unwrap().secret.expose_secret(), "access-1");
        test.clock.advance(Duration::from_secs(120));
        assert!(matches!(supplier.access_token().await, Err(SupplyError::Unavailable(_))));
        provider.set_down(false);
        assert_eq!(supplier.access_token().await.unwrap().secret.expose_secret(), "access-2");
        let connection = world.store.find_connection(&world.connection).await.unwrap().unwrap();
        assert_eq!(connection.state, ConnectionState::Active);
    })
    .await;
}

#[tokio::test]
async fn a_dead_grant_is_marked_with_its_reason_and_asked_about_once() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        provider.end_grant();
        let supplier = world.vault().supplier(&world.connection);
        for _ in 0..3 {
            assert!(matches!(supplier.access_token().await, Err(SupplyError::NeedsReauth(_))));
        }
        assert_eq!(provider.reuses(), 1);
        let connection = world.store.find_connection(&world.connection).await.unwrap().unwrap();
        assert_eq!(connection.state, ConnectionState::NeedsReauth);
        assert!(connection.state_reason.unwrap().contains("expired or revoked"));
    })
    .await;
}

/// Its task of taking apart asks for tokens too, and must get an answer.
#[tokio::test]
async fn a_dead_grant_is_told_of_while_its_connection_is_taken_apart() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let task = NewTask::new("disconnect", serde_json::Value::Null);
        world.store.start_disconnect(&world.user, &world.connection, &task).await.unwrap();
        provider.end_grant();
        let answer = world.vault().supplier(&world.connection).access_token().await;
        assert!(matches!(answer, Err(SupplyError::NeedsReauth(_))));
        let connection = world.store.find_connection(&world.connection).await.unwrap().unwrap();
        assert_eq!(connection.state, ConnectionState::Disconnecting);
    })
    .await;
}

/// Two whose claims overlap: the slow one's ran out while the provider kept it waiting, and a rival took over. `first` is
/// whom the provider gives new tokens; the other is refused before these have arrived, let alone are saved.
async fn overlapping(test: &TestStore, first_is_slow: bool) {
    let (provider, address) = Provider::start(true).await;
    let world = World::make(test, address).await;
    let [slows, rivals, answers] = [0; 3].map(Semaphore::new).map(Arc::new);
    *provider.gates.lock().unwrap() = [Arc::clone(&slows), Arc::clone(&rivals)].into();
    *provider.answers.lock().unwrap() = Some(Arc::clone(&answers));
    let asks = || {
        let supplier = world.vault().supplier(&world.connection);
        tokio::spawn(async move { supplier.access_token().await })
    };
    let slow = asks();
    until(|| provider.arrivals() == 1).await;
    test.clock.advance(Duration::from_secs(61));
    let rival = asks();
    until(|| provider.arrivals() == 2).await;
    let (first, second) = if first_is_slow { (slows, rivals) } else { (rivals, slows) };
    first.add_permits(1);
    until(|| provider.refreshes() == 1).await;
    second.add_permits(1);
    until(|| provider.reuses() == 1).await;
    // The refusal arrives, and more than one look at the row.
    for _ in 0..4 {
        step(&test.clock).await;
    }
    answers.add_permits(1);
    while !(slow.is_finished() && rival.is_finished()) {
        step(&test.clock).await;
    }
    let (slow, rival) = (slow.await.unwrap().unwrap(), rival.await.unwrap().unwrap());
    assert_eq!(slow.secret.expose_secret(), rival.secret.expose_secret());
    let connection = world.store.find_connection(&world.connection).await.unwrap().unwrap();
    assert_eq!(connection.state, ConnectionState::Active);
    assert_eq!(provider.refreshes(), 1);
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// A small step of the clock, and time to act on it.
async fn step(clock: &SteppedClock) {
    clock.advance(Duration::from_millis(250));
    for _ in 0..5000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_refusal_is_not_believed_while_a_slow_one_may_be_saving_what_it_got() {
    each_backend(async |test| overlapping(&test, true).await).await;
}

#[tokio::test]
async fn a_refusal_is_not_believed_by_who_lost_the_claim() {
    each_backend(async |test| overlapping(&test, false).await).await;
}

/// Somebody died with a claim, and the grant is dead as well.
#[tokio::test]
async fn a_refusal_after_a_dead_process_s_claim_is_believed_in_the_end() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let now = test.clock.now();
        let until = now + Duration::from_secs(60);
        assert!(world.store.claim_refresh(&world.connection, 1, "dead", until, now).await.unwrap());
        test.clock.advance(Duration::from_secs(61));
        provider.end_grant();
        let supplier = world.vault().supplier(&world.connection);
        let asking = tokio::spawn(async move { supplier.access_token().await });
        while !asking.is_finished() {
            step(&test.clock).await;
        }
        assert!(matches!(asking.await.unwrap(), Err(SupplyError::NeedsReauth(_))));
        let connection = world.store.find_connection(&world.connection).await.unwrap().unwrap();
        assert_eq!(connection.state, ConnectionState::NeedsReauth);
        assert_eq!(provider.reuses(), 1, "asked about once");
    })
    .await;
}

/// A process that died while refreshing holds nobody up for longer than its claim.
#[tokio::test]
async fn a_dead_process_s_claim_ends_by_itself() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let now = test.clock.now();
        let until = now + Duration::from_secs(60);
        assert!(world.store.claim_refresh(&world.connection, 1, "dead", until, now).await.unwrap());
        let waiting = tokio::spawn({
            let supplier = world.vault().supplier(&world.connection);
            async move { supplier.access_token().await.unwrap() }
        });
        test.clock.advance(Duration::from_secs(60));
        // Small steps: the waiting one's own claim must not run out in turn.
        for _ in 0..200 {
            if waiting.is_finished() {
                break;
            }
            step(&test.clock).await;
        }
        assert_eq!(waiting.await.unwrap().secret.expose_secret(), "access-1");
        assert_eq!(provider.refreshes(), 1);
    })
    .await;
}

#[tokio::test]
async fn revocation_presents_the_refresh_token_and_reports_an_outage() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let vault = world.vault();
        let connection = world.store.find_connection(&world.connection).await.unwrap().unwrap();
        provider.set_down(true);
        assert!(vault.revoke(&connection).await.is_err());
        provider.set_down(false);
        vault.revoke(&connection).await.unwrap();
        assert_eq!(provider.revoked(), ["refresh-0"]);
    })
    .await;
}
