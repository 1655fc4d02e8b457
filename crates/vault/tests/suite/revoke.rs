//! Revoking by the access token, which has to be alive to speak for the grant.

use std::sync::Arc;
use std::time::Duration;

use gangway_oauth::{Revoked, SupplyError};
use gangway_store::NewTask;
use gangway_store::testing::each_backend;
use tokio::sync::Semaphore;

use crate::provider::Provider;
use crate::world::{TOLD_BY_ACCESS_TOKEN, World};

/// The connection as it is while it is taken apart: its state changes no more.
async fn disconnecting(world: &World) -> gangway_model::Connection {
    let task = NewTask::new("disconnect", serde_json::json!({}));
    world.store.start_disconnect(&world.user, &world.connection, &task).await.unwrap();
    world.store.find_connection(&world.connection).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_ended_access_token_is_renewed_to_tell_of_the_end() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let connection = disconnecting(&world).await;
        let vault = world.vault_by(&TOLD_BY_ACCESS_TOKEN);
        assert_eq!(vault.revoke(&connection).await.unwrap(), Revoked::Done);
        assert_eq!(provider.revoked(), ["access-1"], "the stored one had ended");
    })
    .await;
}

#[tokio::test]
async fn a_grant_that_is_dead_already_needs_no_word() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        provider.end_grant();
        let connection = disconnecting(&world).await;
        let vault = world.vault_by(&TOLD_BY_ACCESS_TOKEN);
        let revoked = tokio::time::timeout(Duration::from_secs(20), vault.revoke(&connection)).await;
        assert_eq!(revoked.expect("an answer").unwrap(), Revoked::AlreadyDead);
        assert!(provider.revoked().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_the_provider_could_not_hear_can_be_said_again() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let connection = disconnecting(&world).await;
        let vault = world.vault_by(&TOLD_BY_ACCESS_TOKEN);
        provider.set_down(true);
        vault.revoke(&connection).await.unwrap_err();
        provider.set_down(false);
        assert_eq!(vault.revoke(&connection).await.unwrap(), Revoked::Done);
        assert_eq!(provider.revoked().len(), 1);
        assert_eq!(provider.reuses(), 0, "no refresh token is presented twice");
    })
    .await;
}

/// Another process renews the grant while this one is about to end it: the old refresh token is refused, and the new
/// grant must not be left alive at the provider.
#[tokio::test]
async fn a_grant_that_was_renewed_meanwhile_is_not_taken_for_dead() {
    each_backend(async |test| {
        let (provider, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let gate = Arc::new(Semaphore::new(0));
        *provider.gates.lock().unwrap() = [Arc::clone(&gate), Arc::clone(&gate)].into();
        let has_arrived = async |count| {
            while provider.arrivals() < count {
                tokio::task::yield_now().await;
            }
        };
        let rival = tokio::spawn({
            let supplier = world.vault().supplier(&world.connection);
            async move { supplier.access_token().await }
        });
        has_arrived(1).await;
        let connection = disconnecting(&world).await;
        let vault = world.vault_by(&TOLD_BY_ACCESS_TOKEN);
        let ending = tokio::spawn({
            let (vault, connection) = (vault.clone(), connection.clone());
            async move { vault.revoke(&connection).await }
        });
        has_arrived(2).await;
        gate.add_permits(1);
        rival.await.unwrap().unwrap();
        gate.add_permits(1);
        assert!(matches!(ending.await.unwrap(), Err(SupplyError::Unavailable(_))), "it is to be tried again");
        assert_eq!(vault.revoke(&connection).await.unwrap(), Revoked::Done);
        assert_eq!(provider.revoked(), ["access-1"], "the grant in force ended");
    })
    .await;
}
