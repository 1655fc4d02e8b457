//! Authorization requests: one code each.

use std::time::Duration;

use gangway_store::testing::each_backend;
use gangway_store::{NewAuthorizationRequest, StoreError, TakenRequest};

use crate::fixture::World;

fn request(world: &World, state: &str) -> NewAuthorizationRequest {
    NewAuthorizationRequest {
        state_hash: state.to_owned(),
        user_id: world.user.id.clone(),
        connector_id: "google_drive".into(),
        connection_id: Some(world.connection.id.clone()),
        redirect_uri: "https://example.com/back".to_owned(),
        scopes: vec!["drive.readonly".to_owned(), "email".to_owned()],
        verifier_sealed: b"sealed".to_vec(),
        expires_at: world.now + Duration::from_secs(600),
    }
}

#[tokio::test]
async fn a_request_is_taken_once_by_its_user_in_time() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let now = ann.now;
        store.create_authorization_request(&request(&ann, "s1")).await.unwrap();
        let again = store.create_authorization_request(&request(&bob, "s1")).await;
        assert!(matches!(again, Err(StoreError::Conflict { .. })));

        let taken = store.take_authorization_request("s0", None, now).await.unwrap();
        assert!(matches!(taken, TakenRequest::NotFound));
        let taken = store.take_authorization_request("s1", Some(&bob.user.id), now).await.unwrap();
        assert!(matches!(taken, TakenRequest::OtherUser));
        let late = now + Duration::from_secs(600);
        let taken = store.take_authorization_request("s1", Some(&ann.user.id), late).await.unwrap();
        assert!(matches!(taken, TakenRequest::Expired));
        assert!(!store.find_authorization_request("s1").await.unwrap().unwrap().used);
        let taken = store.take_authorization_request("s1", Some(&ann.user.id), now).await.unwrap();
        let TakenRequest::Taken(taken) = taken else { panic!("{taken:?}") };
        assert_eq!(taken.scopes, ["drive.readonly", "email"]);
        assert_eq!(taken.verifier_sealed, b"sealed");
        assert_eq!(taken.connection_id, Some(ann.connection.id.clone()));
        let taken = store.take_authorization_request("s1", Some(&ann.user.id), now).await.unwrap();
        assert!(matches!(taken, TakenRequest::Used));
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_one_takes_it() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        test.store.create_authorization_request(&request(&ann, "s1")).await.unwrap();
        let takers = (0..8).map(|_| test.store.take_authorization_request("s1", None, ann.now));
        let taken = futures::future::try_join_all(takers).await.unwrap();
        assert_eq!(taken.iter().filter(|taken| matches!(taken, TakenRequest::Taken(_))).count(), 1);
        assert_eq!(taken.iter().filter(|taken| matches!(taken, TakenRequest::Used)).count(), 7);
    })
    .await;
}

#[tokio::test]
async fn open_requests_are_listed_and_ended_ones_forgotten() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        for state in ["s1", "s2"] {
            store.create_authorization_request(&request(&ann, state)).await.unwrap();
        }
        store.create_authorization_request(&request(&bob, "s3")).await.unwrap();
        store.take_authorization_request("s1", None, ann.now).await.unwrap();
        let drive = "google_drive".into();
        let open = store.list_open_authorization_requests(&ann.user.id, &drive, ann.now, 10).await.unwrap();
        assert_eq!(open.iter().map(|open| open.state_hash.as_str()).collect::<Vec<_>>(), ["s2"]);
        let late = ann.now + Duration::from_secs(601);
        assert!(
            store.list_open_authorization_requests(&ann.user.id, &drive, late, 10).await.unwrap().is_empty()
        );
        assert_eq!(store.delete_expired_authorization_requests(ann.now).await.unwrap(), 0);
        assert_eq!(store.delete_expired_authorization_requests(late).await.unwrap(), 3);
    })
    .await;
}
