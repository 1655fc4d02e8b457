//! Revoking by the access token, which has to be alive to speak for the grant.

use std::time::Duration;

use gangway_oauth::Revoked;
use gangway_store::NewTask;
use gangway_store::testing::each_backend;

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
