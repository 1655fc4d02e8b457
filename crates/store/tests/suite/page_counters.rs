//! A job's counters follow from its files, however often a page is committed.

use gangway_model::{JobCounters, Outcome};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{FoundFile, PageEffects, Paging};

use crate::fixture::{World, outcome};

async fn counters(test: &TestStore, ann: &World) -> JobCounters {
    test.store.find_job(&ann.job.id).await.unwrap().unwrap().counters
}

fn page(ann: &World, outcomes: &[(&str, Outcome)]) -> PageEffects {
    PageEffects {
        job: Some(ann.job.id.clone()),
        outcomes: outcomes.iter().map(|(id, became)| outcome(id, *became, ann.now)).collect(),
        ..PageEffects::default()
    }
}

#[tokio::test]
async fn each_outcome_counts_where_it_belongs() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let mut all = page(
            &ann,
            &[
                ("a", Outcome::Synced),
                ("b", Outcome::Unchanged),
                ("c", Outcome::Failed),
                ("d", Outcome::Skipped),
                ("e", Outcome::Removed),
            ],
        );
        all.bytes = 700;
        test.store.commit_page(&all).await.unwrap();
        let expected =
            JobCounters { found: 4, synced: 2, unchanged: 1, failed: 1, skipped: 1, removed: 1, bytes: 700 };
        assert_eq!(counters(&test, &ann).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_page_committed_again_counts_once() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let items: Vec<_> = (0..100).map(|number| ann.item(&format!("file {number}"))).collect();
        let page = ann.page_of(&items);
        test.store.commit_page(&page).await.unwrap();
        let once = counters(&test, &ann).await;
        assert_eq!((once.found, once.synced), (100, 100));
        test.store.commit_page(&page).await.unwrap();
        assert_eq!(counters(&test, &ann).await, once);
        assert_eq!(test.store.count_placements(&ann.scope.id).await.unwrap(), 100);
    })
    .await;
}

#[tokio::test]
async fn a_later_outcome_replaces_the_earlier_one() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        test.store.commit_page(&page(&ann, &[("a", Outcome::Failed), ("b", Outcome::Synced)])).await.unwrap();
        test.store
            .commit_page(&page(&ann, &[("a", Outcome::Unchanged), ("b", Outcome::Removed)]))
            .await
            .unwrap();
        let expected =
            JobCounters { found: 1, synced: 1, unchanged: 1, removed: 1, ..JobCounters::default() };
        assert_eq!(counters(&test, &ann).await, expected);
        // Twice in one page: the last word counts.
        test.store.commit_page(&page(&ann, &[("c", Outcome::Failed), ("c", Outcome::Synced)])).await.unwrap();
        assert_eq!(counters(&test, &ann).await.synced, 2);
    })
    .await;
}

#[tokio::test]
async fn found_files_count_before_they_have_an_outcome() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let found = |ids: &[&str]| PageEffects {
            job: Some(ann.job.id.clone()),
            found: ids
                .iter()
                .map(|id| FoundFile { provider_id: (*id).into(), name: format!("{id}.txt") })
                .collect(),
            ..PageEffects::default()
        };
        test.store.commit_page(&found(&["a", "b"])).await.unwrap();
        test.store.commit_page(&page(&ann, &[("a", Outcome::Synced)])).await.unwrap();
        // Listed again after a crash: the outcome stays, and nothing counts twice.
        test.store.commit_page(&found(&["a", "b", "c"])).await.unwrap();
        let now = counters(&test, &ann).await;
        assert_eq!((now.found, now.synced), (3, 1));
        let files =
            test.store.list_job_files(&ann.user.id, &ann.job.id, None, &Paging::first(10)).await.unwrap();
        assert_eq!(files.rows, [outcome("a", Outcome::Synced, ann.now)]);
    })
    .await;
}

#[tokio::test]
async fn pages_of_one_job_at_the_same_time_lose_no_count() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        // The first round only opens the connections; in the others the pages really meet.
        for round in 0..5 {
            let shared = format!("shared {round}");
            let pages: Vec<_> = (0..8)
                .map(|number| {
                    let own = format!("own {round} {number}");
                    page(&ann, &[(shared.as_str(), Outcome::Synced), (own.as_str(), Outcome::Skipped)])
                })
                .collect();
            futures::future::try_join_all(pages.iter().map(|page| test.store.commit_page(page)))
                .await
                .unwrap();
        }
        let now = counters(&test, &ann).await;
        assert_eq!((now.found, now.synced, now.skipped), (45, 5, 40));
    })
    .await;
}

#[tokio::test]
async fn outcomes_are_listed_by_kind_with_their_reasons() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let files = [("a", Outcome::Failed), ("b", Outcome::Synced), ("c", Outcome::Failed)];
        test.store.commit_page(&page(&ann, &files)).await.unwrap();
        let list = |which, paging| {
            let test = test.clone();
            let (user, job) = (ann.user.id.clone(), ann.job.id.clone());
            async move { test.store.list_job_files(&user, &job, which, &paging).await.unwrap() }
        };
        let failed = list(Some(Outcome::Failed), Paging::first(1)).await;
        assert_eq!(failed.rows, [outcome("a", Outcome::Failed, ann.now)]);
        let rest = list(Some(Outcome::Failed), Paging::after(failed.next, 1)).await;
        assert_eq!((rest.rows, rest.next), (vec![outcome("c", Outcome::Failed, ann.now)], None));
        assert_eq!(list(None, Paging::first(10)).await.rows.len(), 3);
        let last = test.store.find_last_outcome(&ann.connection.id, &"c".into()).await.unwrap();
        assert_eq!(last, Some((ann.job.id.clone(), outcome("c", Outcome::Failed, ann.now))));
    })
    .await;
}
