//! Grants: compare-and-swap on the generation.

use std::time::Duration;

use gangway_model::ConnectionState;
use gangway_store::SealedGrantNew;
use gangway_store::testing::each_backend;

use crate::fixture::World;

pub fn grant(text: &str) -> SealedGrantNew {
    SealedGrantNew {
        access: text.as_bytes().to_vec(),
        refresh: Some(b"refresh".to_vec()),
        scopes: vec!["drive".to_owned()],
        expires_at: None,
        refresh_expires_at: None,
    }
}

#[tokio::test]
async fn a_grant_replaces_only_the_generation_it_was_made_from() {
    each_backend(|test| async move {
        let store = &test.store;
        let World { connection, user, .. } = World::make(&test, "ann").await;
        let id = &connection.id;
        assert!(store.sealed_grant(id).await.unwrap().is_none());
        assert!(store.replace_grant(id, 0, &grant("one")).await.unwrap());
        assert!(!store.replace_grant(id, 0, &grant("stale")).await.unwrap());
        let sealed = store.sealed_grant(id).await.unwrap().unwrap();
        assert_eq!((sealed.generation, sealed.user_id), (1, user.id));
        assert_eq!((sealed.access_token, sealed.refresh_token), (b"one".to_vec(), Some(b"refresh".to_vec())));
        assert_eq!(sealed.scopes, ["drive"]);

        store.set_connection_state(id, ConnectionState::NeedsReauth, Some("dead")).await.unwrap();
        assert!(store.replace_grant(id, 1, &grant("two")).await.unwrap());
        let found = store.find_connection(id).await.unwrap().unwrap();
        assert_eq!((found.state, found.state_reason, found.generation), (ConnectionState::Active, None, 2));
        store.clear_grant(id).await.unwrap();
        assert!(store.sealed_grant(id).await.unwrap().is_none());
        assert!(!store.replace_grant(id, 2, &grant("late")).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_sixteen_claimers_one_refreshes_in_each_generation() {
    each_backend(|test| async move {
        let store = &test.store;
        let World { connection, now, .. } = World::make(&test, "ann").await;
        let id = &connection.id;
        store.replace_grant(id, 0, &grant("first")).await.unwrap();
        let until = now + Duration::from_secs(30);
        for generation in 1..=5 {
            let refreshers = (0..16).map(|number| async move {
                let by = format!("worker {number}");
                if !store.claim_refresh(id, generation, &by, until, now).await.unwrap() {
                    return false;
                }
                store.replace_grant(id, generation, &grant(&by)).await.unwrap()
            });
            let refreshed = futures::future::join_all(refreshers).await;
            assert_eq!(refreshed.into_iter().filter(|refreshed| *refreshed).count(), 1);
            let sealed = store.sealed_grant(id).await.unwrap().unwrap();
            assert_eq!(sealed.generation, generation + 1);
        }
        // Even without a claim, one of sixteen that read the same generation replaces it.
        let texts: Vec<String> = (0..16).map(|number| format!("grant {number}")).collect();
        let grants: Vec<SealedGrantNew> = texts.iter().map(|text| grant(text)).collect();
        let replaced = grants.iter().map(|grant| store.replace_grant(id, 6, grant));
        let replaced = futures::future::try_join_all(replaced).await.unwrap();
        assert_eq!(replaced.into_iter().filter(|replaced| *replaced).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_claim_holds_until_it_is_released_or_ends() {
    each_backend(|test| async move {
        let store = &test.store;
        let World { connection, now, .. } = World::make(&test, "ann").await;
        let id = &connection.id;
        let until = now + Duration::from_secs(30);
        assert!(!store.claim_refresh(id, 0, "a", until, now).await.unwrap(), "there is no grant yet");
        store.replace_grant(id, 0, &grant("one")).await.unwrap();
        assert!(store.claim_refresh(id, 1, "a", until, now).await.unwrap());
        assert!(!store.claim_refresh(id, 1, "b", until, now).await.unwrap());
        store.release_refresh(id, "b").await.unwrap();
        assert!(!store.claim_refresh(id, 1, "b", until, now).await.unwrap());
        store.release_refresh(id, "a").await.unwrap();
        assert!(store.claim_refresh(id, 1, "b", until, now).await.unwrap());
        assert!(store.claim_refresh(id, 1, "c", until + Duration::from_secs(30), until).await.unwrap());
    })
    .await;
}
