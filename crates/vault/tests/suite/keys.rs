//! Sealed values open in their own place only, and keys rotate under a running vault.

use gangway_model::ExposeSecret;
use gangway_store::testing::each_backend;
use gangway_vault::KeyRing;

use crate::provider::Provider;
use crate::world::World;

#[tokio::test]
async fn a_grant_moved_to_another_connection_or_field_does_not_open() {
    each_backend(async |test| {
        let (_, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let other = world.connect("another account").await;
        let theirs = world.store.sealed_grant(&other.id).await.unwrap().unwrap();
        let supplier = world.vault().supplier(&world.connection);
        world.overwrite_access(theirs.access_token.clone(), None).await;
        assert!(supplier.access_token().await.is_err(), "another connection's token");
        let own = world.store.sealed_grant(&world.connection).await.unwrap().unwrap();
        world.overwrite_access(theirs.refresh_token.unwrap(), None).await;
        assert!(supplier.access_token().await.is_err(), "a refresh token as access token");
        world.overwrite_access(own.access_token, None).await;
        assert!(supplier.access_token().await.is_err(), "an earlier generation's token");
    })
    .await;
}

#[tokio::test]
async fn no_token_lies_in_the_rows_in_clear() {
    each_backend(async |test| {
        let (_, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let row = world.store.sealed_grant(&world.connection).await.unwrap().unwrap();
        for (sealed, clear) in [(row.access_token, "access-0"), (row.refresh_token.unwrap(), "refresh-0")] {
            assert!(!sealed.windows(clear.len()).any(|window| window == clear.as_bytes()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_rotation_rewraps_every_user_and_the_old_key_can_go() {
    each_backend(async |test| {
        let (_, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let running = world.vault();
        let rotating = world.vault();
        let file = KeyRing::load(&world.folder.path().join("master.keys")).unwrap();
        assert_eq!(file.add_key().unwrap(), 2);
        // A vault that started before the rotation picks the new key up when it meets it.
        let after = world.vault();
        assert_eq!(after.rewrap_users(10).await.unwrap(), 1);
        assert_eq!(after.rewrap_users(10).await.unwrap(), 0);
        assert_eq!(world.store.user_key(&world.user).await.unwrap().version, 2);
        file.remove_keys_below(2).unwrap();
        for vault in [running, rotating, world.vault()] {
            let token = vault.supplier(&world.connection).access_token().await.unwrap();
            assert!(token.secret.expose_secret().starts_with("access-"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_handle_holds_no_token() {
    each_backend(async |test| {
        let (_, address) = Provider::start(true).await;
        let world = World::make(&test, address).await;
        let connection = world.store.find_connection(&world.connection).await.unwrap().unwrap();
        let handle = world.vault().handle(&connection, "access").await.unwrap();
        assert!(handle.starts_with("gwh1."));
        assert!(!handle.contains("access-0"));
        assert_ne!(handle, world.vault().handle(&connection, "access").await.unwrap());
    })
    .await;
}
