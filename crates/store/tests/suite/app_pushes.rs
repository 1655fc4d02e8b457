//! Pushes for whole OAuth apps: their secrets, whose connections they mean, and what they do to polling.

use std::time::Duration;

use gangway_model::{Account, ConnectorId};
use gangway_store::testing::each_backend;
use gangway_store::{AppSecretState, NewConnection, PageEffects, UserKey};

use crate::fixture::{World, connect, item};

fn key(version: i64) -> UserKey {
    UserKey { salt: vec![1], iterations: 10, wrapped: vec![2], version }
}

#[tokio::test]
async fn an_offer_replaces_an_offer_and_never_a_confirmed_secret() {
    each_backend(|test| async move {
        let store = &test.store;
        let notion = ConnectorId::from("notion");
        assert!(store.find_app_secret(&notion).await.unwrap().is_none());
        assert!(store.offer_app_secret(&notion, b"first", &key(1)).await.unwrap());
        let first = store.find_app_secret(&notion).await.unwrap().unwrap();
        assert!(store.offer_app_secret(&notion, b"second", &key(1)).await.unwrap());
        assert!(!store.confirm_app_secret(&first).await.unwrap(), "another one was offered meanwhile");
        let second = store.find_app_secret(&notion).await.unwrap().unwrap();
        assert_eq!((second.state, second.sealed.as_slice()), (AppSecretState::Offered, &b"second"[..]));
        assert!(store.confirm_app_secret(&second).await.unwrap());
        assert!(!store.offer_app_secret(&notion, b"forged", &key(1)).await.unwrap());
        let kept = store.find_app_secret(&notion).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.sealed.as_slice()), (AppSecretState::Confirmed, &b"second"[..]));
        assert!(store.delete_app_secret(&notion).await.unwrap());
        assert!(!store.delete_app_secret(&notion).await.unwrap());
        assert!(store.offer_app_secret(&notion, b"third", &key(1)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_secrets_key_is_wrapped_anew_once() {
    each_backend(|test| async move {
        let store = &test.store;
        let notion = ConnectorId::from("notion");
        store.offer_app_secret(&notion, b"secret", &key(1)).await.unwrap();
        assert!(store.list_app_secrets_with_key_version_below(1).await.unwrap().is_empty());
        assert_eq!(store.list_app_secrets_with_key_version_below(2).await.unwrap().len(), 1);
        assert!(store.replace_app_secret_key(&notion, 1, &key(2)).await.unwrap());
        assert!(!store.replace_app_secret_key(&notion, 1, &key(2)).await.unwrap());
        assert!(store.list_app_secrets_with_key_version_below(2).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_workspace_leads_to_every_active_connection_into_it_and_to_no_other() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let slack = ConnectorId::from("slack");
        let into = |user: &gangway_model::User, id: &str, workspace: Option<&str>| NewConnection {
            user_id: user.id.clone(),
            connector_id: slack.clone(),
            account: Account {
                id: id.to_owned(),
                workspace: workspace.map(str::to_owned),
                ..Account::default()
            },
        };
        let mut expected = Vec::new();
        for (user, id, workspace) in [
            (&ann.user, "a", Some("T1")),
            (&bob.user, "b", Some("T1")),
            (&bob.user, "c", Some("T2")),
            (&ann.user, "d", None),
        ] {
            let made = store.upsert_connection(&into(user, id, workspace)).await.unwrap();
            assert_eq!(made.account.workspace.as_deref(), workspace);
            assert!(store.find_connections_of_workspace(&slack, "T1").await.unwrap().len() < 3);
            store.set_connection_state(&made.id, gangway_model::ConnectionState::Active, None).await.unwrap();
            if workspace == Some("T1") {
                expected.push(made.id);
            }
        }
        expected.sort();
        assert_eq!(store.find_connections_of_workspace(&slack, "T1").await.unwrap(), expected);
        assert!(store.find_connections_of_workspace(&"notion".into(), "T1").await.unwrap().is_empty());
        // A reconnect may say more than before.
        let again = store.upsert_connection(&into(&ann.user, "d", Some("T1"))).await.unwrap();
        assert_eq!(again.account.workspace.as_deref(), Some("T1"));
    })
    .await;
}

#[tokio::test]
async fn a_push_for_the_whole_app_makes_polling_rarer_for_a_while() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let id = &ann.connection.id;
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        // Polled every minute, every ten minutes while pushes are trusted, which is an hour.
        let due = |now| store.list_follow_due(now - minute, now - minute * 10, now - hour, now, 10);
        store.touch_polled(id, ann.now).await.unwrap();
        assert_eq!(due(ann.now + minute).await.unwrap(), vec![id.clone()]);
        store.touch_app_pushes(std::slice::from_ref(id), ann.now).await.unwrap();
        assert!(due(ann.now + minute).await.unwrap().is_empty());
        assert_eq!(due(ann.now + minute * 10).await.unwrap(), vec![id.clone()]);
        store.touch_polled(id, ann.now + hour).await.unwrap();
        assert_eq!(
            due(ann.now + hour + minute).await.unwrap(),
            vec![id.clone()],
            "nothing was heard for long"
        );
    })
    .await;
}

#[tokio::test]
async fn items_are_found_by_their_address_while_they_live_there() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let other = connect(store, &ann.user, "dropbox", "other").await;
        let at = |connection, id: &str, locator: &str| {
            let mut item = item(connection, id, ann.now);
            item.locator = Some(locator.to_owned());
            item
        };
        let items = [
            at(&ann.connection.id, "a", "/plan.txt"),
            at(&ann.connection.id, "b", "/other.txt"),
            at(&other.id, "c", "/plan.txt"),
        ];
        store.commit_page(&ann.page_of(&items)).await.unwrap();
        let wanted = ["/plan.txt".to_owned(), "/nothing".to_owned()];
        let found = store.find_items_by_locators(&ann.connection.id, &wanted).await.unwrap();
        assert_eq!(found.iter().map(|item| item.provider_id.as_str()).collect::<Vec<_>>(), ["a"]);
        assert_eq!(found[0].locator.as_deref(), Some("/plan.txt"));
        // It moved: the old address is free.
        let mut moved = items[0].clone();
        moved.locator = Some("/moved.txt".to_owned());
        moved.observed_at += Duration::from_secs(1);
        store.commit_page(&ann.page_of(&[moved])).await.unwrap();
        assert!(store.find_items_by_locators(&ann.connection.id, &wanted).await.unwrap().is_empty());
        let gone = gangway_store::Gone {
            item_id: found[0].id.clone(),
            observed_at: ann.now + Duration::from_secs(2),
        };
        store.commit_page(&PageEffects { gone: vec![gone], ..PageEffects::default() }).await.unwrap();
        let moved = ["/moved.txt".to_owned()];
        assert!(store.find_items_by_locators(&ann.connection.id, &moved).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn only_those_are_concerned_who_follow_a_place_or_have_it() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        let both = [ann.connection.id.clone(), bob.connection.id.clone()];
        let with = |place: &str| {
            let places = [gangway_model::ProviderItemId::from(place)];
            let both = &both;
            async move { store.filter_connections_with(both, &places).await.unwrap() }
        };
        store.commit_page(&ann.page_of(&[ann.item("a")])).await.unwrap();
        assert_eq!(with("a").await, std::slice::from_ref(&ann.connection.id));
        assert!(with("b").await.is_empty());
        let mut all = both.to_vec();
        all.sort();
        assert_eq!(with("root").await, all, "both follow it");
        assert!(store.filter_connections_with(&[], &["a".into()]).await.unwrap().is_empty());
        // A row alone does not count: it stands in no collection any more.
        let item = store.find_item_by_provider_id(&ann.connection.id, &"a".into()).await.unwrap().unwrap();
        let unplaced = vec![(ann.scope.id.clone(), item.id)];
        store.commit_page(&PageEffects { unplaced, ..PageEffects::default() }).await.unwrap();
        assert!(with("a").await.is_empty());
    })
    .await;
}
