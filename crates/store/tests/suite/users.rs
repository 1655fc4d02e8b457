//! Organisations, users and their keys.

use std::sync::Arc;
use std::time::Duration;

use gangway_model::{Plan, SubscriptionId, UserId};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{Backend, NewSubscription, NewTask, NewUser, Paging, Store, StoreError, UserChange};
use serde_json::json;

use crate::fixture::{World, key, new_user};

#[tokio::test]
async fn the_higher_plan_of_user_and_organisation_applies() {
    each_backend(|test| async move {
        let store = &test.store;
        let acme = store.create_organization("Acme", Plan::Pro).await.unwrap();
        let new = NewUser { organization_id: Some(acme.id.clone()), ..new_user("ann") };
        let ann = store.create_user(&new).await.unwrap();
        assert_eq!((ann.own_plan, ann.plan), (Plan::Free, Plan::Pro));
        let change = UserChange { plan: Some(Plan::Enterprise), ..UserChange::default() };
        assert_eq!(store.update_user(&ann.id, &change).await.unwrap().plan, Plan::Enterprise);
        let change =
            UserChange { organization_id: Some(None), plan: Some(Plan::Free), ..UserChange::default() };
        let alone = store.update_user(&ann.id, &change).await.unwrap();
        assert_eq!((alone.organization_id, alone.plan), (None, Plan::Free));
    })
    .await;
}

#[tokio::test]
async fn users_are_found_by_parts_of_what_they_are_known_by() {
    each_backend(|test| async move {
        let store = &test.store;
        for (external_id, name, email) in [
            ("crm-100%_a!", Some("Ada Lovelace"), Some("ADA@engines.example")),
            ("crm-2", Some("Grace \u{d6}zil"), None),
            ("other", None, Some("lin@engines.example")),
        ] {
            let (name, email) = (name.map(str::to_owned), email.map(str::to_owned));
            store.create_user(&NewUser { name, email, ..new_user(external_id) }).await.unwrap();
        }
        for (part, expected) in [
            ("crm-", "crm-100%_a! crm-2"),
            ("lovelace", "crm-100%_a!"),
            ("ENGINES.example", "crm-100%_a! other"),
            ("\u{d6}zil", "crm-2"),
            // Signs of LIKE stand for themselves.
            ("%", "crm-100%_a!"),
            ("_a", "crm-100%_a!"),
            ("a!", "crm-100%_a!"),
            ("c%2", ""),
            ("crm_2", ""),
            ("nobody", ""),
        ] {
            let found = store.list_users(Some(part), &Paging::first(10)).await.unwrap();
            let ids: Vec<_> = found.rows.into_iter().filter_map(|user| user.external_id).collect();
            assert_eq!((ids.join(" ").as_str(), found.next), (expected, None), "{part}");
        }
        let half = store.list_users(Some("engines"), &Paging::first(1)).await.unwrap();
        let rest = store.list_users(Some("engines"), &Paging::after(half.next.clone(), 1)).await.unwrap();
        assert_eq!((half.rows.len(), rest.rows.len(), rest.next), (1, 1, None));
        assert_ne!(half.rows[0].id, rest.rows[0].id);
    })
    .await;
}

#[tokio::test]
async fn users_are_found_changed_and_unique_by_external_id() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = store.create_user(&new_user("ann")).await.unwrap();
        assert_eq!(store.find_user(&ann.id).await.unwrap().as_ref(), Some(&ann));
        assert_eq!(store.find_user_by_external_id("ann").await.unwrap(), Some(ann.clone()));
        assert_eq!(store.find_user_by_external_id("bob").await.unwrap(), None);
        let again = store.create_user(&new_user("ann")).await;
        assert!(matches!(again, Err(StoreError::Conflict { .. })));
        let lost = NewUser { organization_id: Some("nowhere".into()), ..new_user("bob") };
        assert!(matches!(store.create_user(&lost).await, Err(StoreError::Conflict { .. })));

        let change = UserChange { name: Some(Some("Ann".to_owned())), ..UserChange::default() };
        let named = store.update_user(&ann.id, &change).await.unwrap();
        assert_eq!(named.name.as_deref(), Some("Ann"));
        assert_eq!(store.update_user(&ann.id, &UserChange::default()).await.unwrap(), named);
        let nobody = store.update_user(&UserId::fresh(), &change).await;
        assert!(matches!(nobody, Err(StoreError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_replaced_only_from_the_version_that_was_read() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = store.create_user(&new_user("ann")).await.unwrap();
        let bob = store.create_user(&new_user("bob")).await.unwrap();
        assert_eq!(store.user_key(&ann.id).await.unwrap(), key(1));
        assert_eq!(
            store.list_users_with_key_version_below(2, 10).await.unwrap(),
            [ann.id.clone(), bob.id.clone()]
        );
        assert!(store.replace_user_key(&ann.id, 1, &key(2)).await.unwrap());
        assert!(!store.replace_user_key(&ann.id, 1, &key(3)).await.unwrap());
        assert_eq!(store.user_key(&ann.id).await.unwrap().version, 2);
        assert_eq!(store.list_users_with_key_version_below(2, 10).await.unwrap(), [bob.id]);
        assert!(!format!("{:?}", key(1)).contains("wrapped"));
    })
    .await;
}

#[tokio::test]
async fn deleting_a_user_takes_everything_of_theirs_and_nothing_of_others() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let bob = World::make(&test, "bob").await;
        for world in [&ann, &bob] {
            store.commit_page(&world.page_of(&[world.item("a"), world.item("b")])).await.unwrap();
        }
        store.create_token(&ann.user.id, "hash", None, None).await.unwrap();
        store.start_user_deletion(&ann.user.id, &NewTask::new("delete_user", json!({}))).await.unwrap();
        assert_eq!(store.find_user_by_token_hash("hash", ann.now).await.unwrap(), None);
        assert_eq!(store.count_tasks().await.unwrap(), (1, 0));

        store.delete_user(&ann.user.id).await.unwrap();
        assert!(matches!(store.delete_user(&ann.user.id).await, Err(StoreError::NotFound)));
        assert!(matches!(store.user_key(&ann.user.id).await, Err(StoreError::NotFound)));
        assert_eq!(store.find_connection(&ann.connection.id).await.unwrap(), None);
        assert_eq!(store.find_collection(&ann.collection.id).await.unwrap(), None);
        assert_eq!(store.find_job(&ann.job.id).await.unwrap(), None);
        assert_eq!(store.count_placements(&ann.scope.id).await.unwrap(), 0);
        assert_eq!(store.count_placements(&bob.scope.id).await.unwrap(), 2);
        assert_eq!(store.find_user(&bob.user.id).await.unwrap(), Some(bob.user));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_due_for_a_disabled_user_and_everything_is_again_afterwards() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        for world in [&ann, &bob] {
            let subscription = NewSubscription {
                id: SubscriptionId::fresh(),
                connection_id: world.connection.id.clone(),
                feed: "feed".into(),
                resource_id: Some("resource".to_owned()),
                secret_sealed: vec![1],
                expires_at: Some(ann.now + Duration::from_secs(60)),
            };
            store.create_subscription(&subscription).await.unwrap();
        }
        let due = async || {
            let later = ann.now + Duration::from_secs(86_400);
            let mut follow = store.list_follow_due(later, later, later, later, 10).await.unwrap();
            follow.sort();
            let expiring = store.list_expiring(later, 10).await.unwrap();
            let mut expiring: Vec<_> =
                expiring.into_iter().map(|one| one.subscription.connection_id).collect();
            expiring.sort();
            assert_eq!(follow, expiring);
            follow
        };
        let both = vec![ann.connection.id.clone(), bob.connection.id.clone()];
        let mut sorted = both.clone();
        sorted.sort();
        assert_eq!(due().await, sorted);
        let set = async |disabled: Option<bool>| {
            let change = UserChange { disabled, ..UserChange::default() };
            store.update_user(&ann.user.id, &change).await.unwrap().disabled_at
        };
        assert_eq!(set(None).await, None);
        assert_eq!(set(Some(true)).await, Some(ann.now));
        assert_eq!(due().await, std::slice::from_ref(&bob.connection.id));
        assert!(store.is_of_disabled_user(&ann.connection.id).await.unwrap());
        assert!(!store.is_of_disabled_user(&bob.connection.id).await.unwrap());
        let many: Vec<_> = (0..200).map(|_| bob.connection.id.clone()).chain(both.clone()).collect();
        assert_eq!(store.without_disabled_users(many).await.unwrap().len(), 201);
        test.clock.advance(Duration::from_secs(60));
        assert_eq!(set(Some(true)).await, Some(ann.now), "since when it is");
        assert_eq!(set(None).await, Some(ann.now), "other changes leave it");
        assert_eq!(set(Some(false)).await, None);
        assert_eq!(due().await, sorted);
    })
    .await;
}

/// SQLite would leave what was deleted readable in the free pages of its file.
#[tokio::test]
async fn what_is_deleted_is_not_in_the_file_any_more() {
    let test = TestStore::open(Backend::Sqlite).await;
    let path = test.options.url.strip_prefix("sqlite://").unwrap().to_owned();
    let holds = |word: &str| {
        let file = std::fs::read(&path).unwrap();
        file.windows(word.len()).any(|window| window == word.as_bytes())
    };
    let user = test.store.create_user(&new_user("quetzalfjord")).await.unwrap();
    let again = Store::open(&test.options, Arc::new(test.clock.clone())).await.unwrap();
    test.store.close().await;
    again.close().await;
    assert!(holds("quetzalfjord"), "it is looked for where it was");
    let again = Store::open(&test.options, Arc::new(test.clock.clone())).await.unwrap();
    again.delete_user(&user.id).await.unwrap();
    again.close().await;
    assert!(!holds("quetzalfjord"));
}
