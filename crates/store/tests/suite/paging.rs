//! Pages of lists: nothing twice, nothing left out, while rows come and go.

use gangway_model::{Plan, SyncJobId};
use gangway_store::testing::each_backend;
use gangway_store::{ItemFilter, PageEffects, Paging};

use crate::fixture::{World, collect, new_user, start_job};

#[tokio::test]
async fn lists_end_and_say_so() {
    each_backend(|test| async move {
        let store = &test.store;
        for number in 0..4 {
            store.create_organization(&format!("org {number}"), Plan::Free).await.unwrap();
            store.create_user(&new_user(&format!("user {number}"))).await.unwrap();
        }
        let exact = store.list_organizations(&Paging::first(4)).await.unwrap();
        assert_eq!((exact.rows.len(), exact.next), (4, None));
        let half = store.list_users(None, &Paging::first(2)).await.unwrap();
        let rest = store.list_users(None, &Paging::after(half.next.clone(), 2)).await.unwrap();
        assert_eq!((half.rows.len(), rest.rows.len(), rest.next), (2, 2, None));
        assert!(half.next.is_some() && half.rows[1].id < rest.rows[0].id);
        let one = store.list_users(None, &Paging::first(0)).await.unwrap();
        assert_eq!(one.rows.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn items_stay_in_place_while_others_come_and_go() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let items: Vec<_> = (0..30).map(|number| ann.item(&format!("file {:02}", number * 2))).collect();
        store.commit_page(&ann.page_of(&items)).await.unwrap();
        for filter in
            [ItemFilter::of_connection(&ann.connection.id), ItemFilter::of_collection(&ann.collection.id)]
        {
            let mut seen = Vec::new();
            let mut paging = Paging::first(7);
            loop {
                let page = store.list_items(&filter, &paging).await.unwrap();
                seen.extend(page.rows.into_iter().map(|item| item.id));
                // Before and after the place the list stands at.
                let extra = [ann.item("file 01"), ann.item("file 99")];
                store.commit_page(&ann.page_of(&extra)).await.unwrap();
                let Some(next) = page.next else { break };
                paging = Paging::after(Some(next), 7);
            }
            let known = seen.iter().filter(|id| items.iter().any(|item| item.id == **id)).count();
            assert_eq!(known, 30);
            let mut unique = seen.clone();
            unique.sort();
            unique.dedup();
            assert_eq!(unique.len(), seen.len());
        }
    })
    .await;
}

#[tokio::test]
async fn jobs_and_collections_are_paged_through() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        for number in 0..4 {
            start_job(store, &ann.user, &ann.connection, &ann.collection).await;
            collect(store, &ann.user, &format!("more {number}")).await;
        }
        let first = store.list_jobs(&ann.user.id, Some(&ann.connection.id), &Paging::first(3)).await.unwrap();
        start_job(store, &ann.user, &ann.connection, &ann.collection).await;
        let rest = store.list_jobs(&ann.user.id, None, &Paging::after(first.next, 3)).await.unwrap();
        let ids: Vec<SyncJobId> = first.rows.into_iter().chain(rest.rows).map(|job| job.id).collect();
        assert_eq!(ids.len(), 5);
        assert!(ids.is_sorted_by(|newer, older| newer > older));
        let page = store.list_collections(&ann.user.id, &Paging::first(4)).await.unwrap();
        let rest = store.list_collections(&ann.user.id, &Paging::after(page.next, 4)).await.unwrap();
        assert_eq!((page.rows.len(), rest.rows.len(), rest.next), (4, 1, None));
        store.commit_page(&PageEffects::default()).await.unwrap();
    })
    .await;
}
