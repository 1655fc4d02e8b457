//! What the scheduler asks, and how a connection is emptied.

use std::time::Duration;

use gangway_model::SubscriptionId;
use gangway_store::testing::each_backend;
use gangway_store::{
    ContainerEnd, ContainerStep, DocumentChange, FrontierStep, NewContainer, NewSubscription, PageEffects,
    SealedGrantNew, fresh_blob_key,
};

use crate::fixture::{World, blob_document, connect, orphans, provider_ids};

#[tokio::test]
async fn a_working_subscription_makes_polling_rarer() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let id = &ann.connection.id;
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        let due = |now| store.list_follow_due(now - minute, now - hour, now - hour, now, 10);
        assert_eq!(due(ann.now).await.unwrap(), vec![id.clone()], "never polled");
        store.touch_polled(id, ann.now).await.unwrap();
        assert!(due(ann.now).await.unwrap().is_empty());
        assert_eq!(due(ann.now + minute).await.unwrap(), vec![id.clone()]);
        let subscription = NewSubscription {
            id: SubscriptionId::fresh(),
            connection_id: id.clone(),
            feed: "user".into(),
            resource_id: Some("resource".to_owned()),
            secret_sealed: vec![1],
            expires_at: Some(ann.now + hour * 24),
        };
        store.create_subscription(&subscription).await.unwrap();
        assert!(due(ann.now + minute).await.unwrap().is_empty());
        assert_eq!(due(ann.now + hour).await.unwrap(), vec![id.clone()]);
        store.mark_stopping(&subscription.id).await.unwrap();
        assert_eq!(due(ann.now + minute).await.unwrap(), vec![id.clone()]);
    })
    .await;
}

#[tokio::test]
async fn a_scope_is_listed_when_all_its_containers_are_done() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let listed = || store.scope_was_listed_by(&ann.job.id, &ann.scope.id);
        assert!(!listed().await.unwrap(), "nothing was listed yet");
        let container = |id: &str| NewContainer { scope_id: ann.scope.id.clone(), container_id: id.into() };
        let end = |id: &str, end| FrontierStep {
            scope_id: ann.scope.id.clone(),
            container_id: id.into(),
            to: ContainerStep::End(end, None),
        };
        let mut page = PageEffects { job: Some(ann.job.id.clone()), ..PageEffects::default() };
        page.frontier.add = vec![container("a"), container("b")];
        store.commit_page(&page).await.unwrap();
        page.frontier.steps = vec![end("a", ContainerEnd::Done), end("b", ContainerEnd::Incomplete)];
        store.commit_page(&page).await.unwrap();
        assert!(!listed().await.unwrap());
        page.frontier.steps = vec![end("b", ContainerEnd::Done)];
        store.commit_page(&page).await.unwrap();
        assert!(listed().await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn the_same_account_may_be_connected_by_several_users() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        assert!(!store.account_is_connected_elsewhere(&ann.connection).await.unwrap());
        let same = connect(store, &bob.user, "google_drive", "ann").await;
        assert!(!store.account_is_connected_elsewhere(&ann.connection).await.unwrap(), "it has no grant");
        let grant = SealedGrantNew {
            access: vec![1],
            refresh: None,
            scopes: vec![],
            expires_at: None,
            refresh_expires_at: None,
        };
        store.replace_grant(&same.id, 0, &grant).await.unwrap();
        assert!(store.account_is_connected_elsewhere(&ann.connection).await.unwrap());
        let drive = "google_drive".into();
        let found = store.find_connections_of_accounts(&drive, &["ann".to_owned()]).await.unwrap();
        assert_eq!(found, [ann.connection.id.clone(), same.id.clone()]);
        let until = ann.now + Duration::from_secs(60);
        assert!(store.claim_refresh(&same.id, 1, "a", until, ann.now).await.unwrap());
        store.release_refresh_claims_at_start().await.unwrap();
        assert!(store.claim_refresh(&same.id, 1, "b", until, ann.now).await.unwrap());
        let first = store.list_connection_ids(None, 2).await.unwrap();
        assert_eq!(first, [ann.connection.id, bob.connection.id]);
        assert_eq!(store.list_connection_ids(Some(&first[1]), 2).await.unwrap(), [same.id]);
    })
    .await;
}

#[tokio::test]
async fn emptying_a_connection_leaves_its_row_its_grant_and_others_alone() {
    each_backend(|test| async move {
        let store = &test.store;
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        for world in [&ann, &bob] {
            let items: Vec<_> = (0..300).map(|number| world.item(&format!("file {number}"))).collect();
            store.commit_page(&world.page_of(&items)).await.unwrap();
        }
        let blob = fresh_blob_key("documents");
        let mut page = ann.page_of(&[ann.item("blob")]);
        page.items[0].document = DocumentChange::Put(blob_document(&blob));
        store.commit_page(&page).await.unwrap();
        store.delete_content_of_connection(&ann.connection.id).await.unwrap();
        store.delete_content_of_connection(&ann.connection.id).await.unwrap();
        assert!(store.find_connection(&ann.connection.id).await.unwrap().is_some());
        assert!(store.list_item_ids(&ann.connection.id, None, 10).await.unwrap().is_empty());
        assert!(store.list_scopes(Some(&ann.connection.id), None, true).await.unwrap().is_empty());
        assert_eq!(orphans(&test).await, [blob]);
        assert_eq!(store.list_item_ids(&bob.connection.id, None, 1000).await.unwrap().len(), 300);
    })
    .await;
}

#[tokio::test]
async fn items_lead_to_their_scopes_and_roots_to_theirs() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let a = ann.item("a");
        store.commit_page(&ann.page_of(std::slice::from_ref(&a))).await.unwrap();
        let found = store.item_scopes(&[a.id.clone(), "none".into()]).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&found[&a.id][0].scope, &found[&a.id][0].collection),
            (&ann.scope.id, &ann.collection.id)
        );
        let roots = provider_ids(&["root", "other"]);
        assert_eq!(
            store.find_scopes_by_roots(&ann.connection.id, &roots).await.unwrap(),
            vec![ann.scope.clone()]
        );
        store.start_scope_removal(&ann.scope.id, None).await.unwrap();
        assert!(store.item_scopes(std::slice::from_ref(&a.id)).await.unwrap().is_empty());
        assert!(store.find_scopes_by_roots(&ann.connection.id, &roots).await.unwrap().is_empty());
    })
    .await;
}
