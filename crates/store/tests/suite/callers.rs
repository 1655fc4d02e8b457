//! Who calls, with everything connected: the same as asking one by one, for many at a time.

use std::time::Duration;

use gangway_model::{ConnectionState, Plan, SubscriptionId, User};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{NewSubscription, UserChange};

use crate::fixture::{World, connect, new_user};

async fn subscribe(test: &TestStore, world: &World) -> SubscriptionId {
    let new = NewSubscription {
        id: SubscriptionId::fresh(),
        connection_id: world.connection.id.clone(),
        feed: "user".into(),
        resource_id: None,
        secret_sealed: b"sealed".to_vec(),
        expires_at: None,
    };
    test.store.create_subscription(&new).await.unwrap();
    new.id
}

async fn token(test: &TestStore, user: &User, hash: &str) {
    test.store.create_token(&user.id, hash, None, None).await.unwrap();
}

#[tokio::test]
async fn one_answer_holds_what_three_questions_would() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        test.clock.advance(Duration::from_secs(1));
        let second = connect(store, &ann.user, "google_drive", "ann's other account").await;
        let organization = store.create_organization("Acme", Plan::Enterprise).await.unwrap();
        let change = UserChange { organization_id: Some(Some(organization.id)), ..UserChange::default() };
        let user = store.update_user(&ann.user.id, &change).await.unwrap();
        token(&test, &ann.user, "ann").await;
        let subscription = subscribe(&test, &ann).await;
        subscribe(&test, &ann).await;

        let caller = store.find_connected_caller("ann").await.unwrap().unwrap();
        assert_eq!(caller.user, user);
        assert_eq!(caller.user.plan, Plan::Enterprise);
        let connections: Vec<_> = caller.connections.iter().map(|one| one.connection.clone()).collect();
        assert_eq!(connections, store.find_connections(&ann.user.id, None).await.unwrap());
        assert_eq!(connections[1], second, "the oldest first, and each once");
        let pushed: Vec<bool> = caller.connections.iter().map(|one| one.pushed).collect();
        assert_eq!(pushed, [true, false]);

        store.mark_stopping(&subscription).await.unwrap();
        assert!(
            store.find_connected_caller("ann").await.unwrap().unwrap().connections[0].pushed,
            "one is left"
        );
        for one in store.list_by_connection(&ann.connection.id).await.unwrap() {
            store.mark_stopping(&one.subscription.id).await.unwrap();
        }
        assert!(!store.find_connected_caller("ann").await.unwrap().unwrap().connections[0].pushed);
        store.set_connection_state(&second.id, ConnectionState::NeedsReauth, Some("why")).await.unwrap();
        let caller = store.find_connected_caller("ann").await.unwrap().unwrap();
        assert_eq!(caller.connections[1].connection.state_reason.as_deref(), Some("why"));
    })
    .await;
}

#[tokio::test]
async fn many_ask_at_once_and_each_gets_their_own() {
    each_backend(|test| async move {
        let store = &test.store;
        let mut users = Vec::new();
        for number in 0..200 {
            let user = store.create_user(&new_user(&format!("user {number}"))).await.unwrap();
            token(&test, &user, &format!("token {number}")).await;
            users.push(user);
        }
        connect(store, &users[7], "google_drive", "seven").await;
        let asked = (0..202).map(|number| {
            let store = store.clone();
            async move { store.find_connected_caller(&format!("token {number}")).await.unwrap() }
        });
        let answers = futures::future::join_all(asked).await;
        for (number, answer) in answers.iter().enumerate() {
            assert_eq!(answer.as_ref().map(|one| &one.user), users.get(number), "{number}");
            let connections = answer.as_ref().map_or(0, |one| one.connections.len());
            assert_eq!(connections, usize::from(number == 7), "{number}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_ended_or_deleted_token_is_nobody_s() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let end = ann.now + Duration::from_secs(60);
        store.create_token(&ann.user.id, "ends", None, Some(end)).await.unwrap();
        let id = store.create_token(&ann.user.id, "stays", None, None).await.unwrap();
        assert!(store.find_connected_caller("ends").await.unwrap().is_some());
        test.clock.advance(Duration::from_secs(60));
        assert!(store.find_connected_caller("ends").await.unwrap().is_none());
        assert!(store.find_connected_caller("stays").await.unwrap().is_some());
        store.delete_token(&ann.user.id, &id).await.unwrap();
        assert!(store.find_connected_caller("stays").await.unwrap().is_none());
        assert!(store.find_connected_caller("never was").await.unwrap().is_none());
    })
    .await;
}
