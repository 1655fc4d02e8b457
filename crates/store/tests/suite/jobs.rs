//! Sync jobs from start to end.

use std::time::Duration;

use gangway_model::{JobStatus, Outcome, Reason, SyncJobId, SyncMode};
use gangway_store::testing::each_backend;
use gangway_store::{NewSyncJob, NewTask, PageEffects, StoreError};
use serde_json::json;

use crate::fixture::{World, outcome};

fn new_job(ann: &World) -> NewSyncJob {
    NewSyncJob {
        id: SyncJobId::fresh(),
        user_id: ann.user.id.clone(),
        connection_id: ann.connection.id.clone(),
        connector_id: "google_drive".into(),
        collection_id: None,
        mode: SyncMode::Manual,
        roots: vec!["a \"quoted\" id".into(), "b".into()],
        allow_mass_removal: true,
        by_engine: false,
    }
}

#[tokio::test]
async fn a_job_is_made_together_with_its_task() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let new = new_job(&ann);
        let task =
            NewTask::new("sync_job", json!({ "job": new.id.as_str() })).unique(format!("job {}", new.id));
        let job = test.store.create_job(&new, Some(&task)).await.unwrap();
        assert_eq!((&job.id, &job.roots, job.status), (&new.id, &new.roots, JobStatus::Pending));
        assert!(job.allow_mass_removal && !job.listing_complete && !job.cancel_requested);
        assert_eq!(test.store.find_job(&job.id).await.unwrap(), Some(job));
        assert_eq!(test.store.count_tasks().await.unwrap(), (1, 0));
        // The id is taken: neither job nor task.
        let other = NewTask::new("sync_job", json!({}));
        assert!(matches!(test.store.create_job(&new, Some(&other)).await, Err(StoreError::Conflict { .. })));
        let lost = NewSyncJob { id: SyncJobId::fresh(), collection_id: Some("lost".into()), ..new };
        assert!(matches!(test.store.create_job(&lost, Some(&other)).await, Err(StoreError::Conflict { .. })));
        assert_eq!(test.store.count_tasks().await.unwrap(), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_finished_job_stays_as_it_ended() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let (id, start) = (&ann.job.id, ann.now + Duration::from_secs(1));
        assert!(store.set_job_status(id, JobStatus::Processing, start).await.unwrap());
        assert!(
            store.set_job_status(id, JobStatus::Processing, start + Duration::from_secs(5)).await.unwrap()
        );
        store.set_job_listing_complete(id).await.unwrap();
        let asked = store.request_cancel(&ann.user.id, id).await.unwrap();
        assert!(asked.cancel_requested && asked.listing_complete);
        assert_eq!(asked.started_at, Some(start));
        assert_eq!(store.list_unfinished_jobs(&ann.connection.id).await.unwrap(), [asked]);

        let end = start + Duration::from_secs(9);
        let why = Reason::new("needs_reauth", "connect again");
        assert!(store.finish_job(id, JobStatus::Failed, Some(&why), end).await.unwrap());
        assert!(!store.finish_job(id, JobStatus::Completed, None, end).await.unwrap());
        assert!(!store.set_job_status(id, JobStatus::Processing, end).await.unwrap());
        let ended = store.get_job(&ann.user.id, id).await.unwrap();
        assert_eq!(
            (ended.status, ended.error, ended.completed_at),
            (JobStatus::Failed, Some(why), Some(end))
        );
        assert!(store.list_unfinished_jobs(&ann.connection.id).await.unwrap().is_empty());
        let fresh = store.create_job(&new_job(&ann), None).await.unwrap();
        store.finish_job(&fresh.id, JobStatus::Completed, None, end).await.unwrap();
        let after = store.request_cancel(&ann.user.id, &fresh.id).await.unwrap();
        assert_eq!((after.status, after.cancel_requested), (JobStatus::Completed, false));
    })
    .await;
}

#[tokio::test]
async fn old_finished_jobs_are_deleted_with_their_files() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let page = PageEffects {
            job: Some(ann.job.id.clone()),
            outcomes: vec![outcome("a", Outcome::Synced, ann.now)],
            ..PageEffects::default()
        };
        store.commit_page(&page).await.unwrap();
        let later = ann.now + Duration::from_secs(100);
        assert_eq!(store.delete_old_jobs(later, later, 10).await.unwrap(), 0);
        store.finish_job(&ann.job.id, JobStatus::Completed, None, ann.now).await.unwrap();
        assert_eq!(store.delete_old_jobs(later, later, 10).await.unwrap(), 1);
        assert_eq!(store.find_last_outcome(&ann.connection.id, &"a".into()).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn jobs_that_the_engine_started_are_kept_for_less_long() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let by_engine = NewSyncJob { id: SyncJobId::fresh(), by_engine: true, ..new_job(&ann) };
        store.create_job(&by_engine, None).await.unwrap();
        for job in [&ann.job.id, &by_engine.id] {
            store.finish_job(job, JobStatus::Completed, None, ann.now).await.unwrap();
        }
        let later = ann.now + Duration::from_secs(100);
        assert_eq!(store.delete_old_jobs(ann.now, later, 10).await.unwrap(), 1);
        assert!(store.find_job(&by_engine.id).await.unwrap().is_none());
        assert!(store.find_job(&ann.job.id).await.unwrap().is_some());
    })
    .await;
}
