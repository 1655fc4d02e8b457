//! The frontier of a listing.

use gangway_model::{ProviderItemId, Reason};
use gangway_store::testing::each_backend;
use gangway_store::{
    ContainerEnd, ContainerStep, FrontierChange, FrontierStep, NewContainer, OpenContainer, PageEffects,
};

use crate::fixture::World;

fn add(ann: &World, containers: &[&str]) -> Vec<NewContainer> {
    let new = |id: &&str| NewContainer { scope_id: ann.scope.id.clone(), container_id: (*id).into() };
    containers.iter().map(new).collect()
}

fn step(ann: &World, container: &str, to: ContainerStep) -> FrontierStep {
    FrontierStep { scope_id: ann.scope.id.clone(), container_id: container.into(), to }
}

fn page(ann: &World, add: Vec<NewContainer>, steps: Vec<FrontierStep>) -> PageEffects {
    let frontier = FrontierChange { add, steps };
    PageEffects { job: Some(ann.job.id.clone()), frontier, ..PageEffects::default() }
}

fn names(open: &[OpenContainer]) -> Vec<&str> {
    open.iter().map(|container| container.container_id.as_str()).collect()
}

#[tokio::test]
async fn containers_are_listed_once_each_in_the_order_they_were_met() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let job = &ann.job.id;
        let mut first = page(&ann, add(&ann, &["root"]), vec![]);
        first.roots_resolved = true;
        store.commit_page(&first).await.unwrap();
        assert!(store.job_roots_resolved(job).await.unwrap());
        let next = ContainerStep::NextPage("page 2".into());
        store
            .commit_page(&page(&ann, add(&ann, &["z", "a", "z"]), vec![step(&ann, "root", next)]))
            .await
            .unwrap();
        let open = store.open_containers(job, 10).await.unwrap();
        assert_eq!(names(&open), ["root", "z", "a"]);
        assert_eq!(open[0].page, Some("page 2".into()));
        assert_eq!(names(&store.open_containers(job, 2).await.unwrap()), ["root", "z"]);

        // The end of the root, which also holds itself and a container that is known already.
        let done = vec![step(&ann, "root", ContainerStep::End(ContainerEnd::Done, None))];
        let last = page(&ann, add(&ann, &["root", "a", "m"]), done);
        store.commit_page(&last).await.unwrap();
        store.commit_page(&last).await.unwrap();
        assert_eq!(names(&store.open_containers(job, 10).await.unwrap()), ["z", "a", "m"]);
    })
    .await;
}

#[tokio::test]
async fn what_could_not_be_listed_is_remembered_with_its_reason() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        store.commit_page(&page(&ann, add(&ann, &["a", "b", "c"]), vec![])).await.unwrap();
        let denied = Reason::new("denied", "you may not open this folder");
        let ends = vec![
            step(&ann, "a", ContainerStep::End(ContainerEnd::Failed, Some(denied.clone()))),
            step(&ann, "b", ContainerStep::End(ContainerEnd::Incomplete, None)),
            step(&ann, "c", ContainerStep::End(ContainerEnd::Done, None)),
        ];
        store.commit_page(&page(&ann, vec![], ends)).await.unwrap();
        assert!(!store.has_open_containers(&ann.job.id).await.unwrap());
        let failed = store.list_failed_containers(&ann.job.id, Some(&ann.scope.id), 10).await.unwrap();
        assert_eq!(failed.len(), 2);
        assert_eq!((failed[0].end, failed[0].reason.as_ref()), (ContainerEnd::Failed, Some(&denied)));
        assert_eq!(failed[1].container_id, ProviderItemId::from("b"));
        let none = store.list_failed_containers(&ann.job.id, Some(&"other".into()), 10).await.unwrap();
        assert!(none.is_empty());
        store.delete_frontier(&ann.job.id).await.unwrap();
        assert!(store.list_failed_containers(&ann.job.id, None, 10).await.unwrap().is_empty());
    })
    .await;
}
