//! The kinds of work in the queue: a name, a payload, and a run that may be repeated at any point.

mod clean;
mod disconnect;
mod embed;
mod finish_upload;
mod follow;
mod import;
mod rebuild;
mod remove;
mod subscriptions;
mod upload;

pub(crate) use clean::{ENTRIES_GRACE, GRACE as BLOB_GRACE};
pub use subscriptions::subscription_purpose;

use crate::context::TaskContext;
use crate::stop::Stop;

/// The names of tasks as rows hold them.
pub mod kinds {
    pub const SYNC_JOB: &str = "sync_job";
    pub const FOLLOW: &str = "follow";
    pub const LOOK: &str = "look";
    pub const LOOK_AGAIN: &str = "look_again";
    pub const CONFIRM_INSIDE: &str = "confirm_inside";
    pub const SUBSCRIPTIONS: &str = "renew_subscriptions";
    pub const DISCONNECT: &str = "disconnect";
    pub const REMOVE_SCOPE: &str = "remove_scope";
    pub const REMOVE_COLLECTION: &str = "remove_collection";
    pub const DELETE_USER: &str = "delete_user";
    pub const FINISH_UPLOAD: &str = "finish_upload";
    pub const EXTRACT_UPLOAD: &str = "extract_upload";
    pub const REMOVE_ITEM: &str = "remove_item";
    pub const COLLECT_BLOBS: &str = "collect_blobs";
    pub const REBUILD_INDEX: &str = "rebuild_index";
    pub const EMBED: &str = "embed";

    /// Those that may take hours; the others take moments, or leave their slot.
    pub const LONG: &[&str] = &[SYNC_JOB];
    /// Those that ask providers in order to bring something in.
    pub(crate) const BRINGING_IN: &[&str] = &[SYNC_JOB, FOLLOW, LOOK, LOOK_AGAIN, CONFIRM_INSIDE];

    pub const ALL: &[&str] = &[
        SYNC_JOB,
        FOLLOW,
        LOOK,
        LOOK_AGAIN,
        CONFIRM_INSIDE,
        SUBSCRIPTIONS,
        DISCONNECT,
        REMOVE_SCOPE,
        REMOVE_COLLECTION,
        DELETE_USER,
        FINISH_UPLOAD,
        EXTRACT_UPLOAD,
        REMOVE_ITEM,
        COLLECT_BLOBS,
        REBUILD_INDEX,
        EMBED,
    ];
}

/// Tasks ready for the queue, each with the key that keeps it single and the lane that keeps it in order.
pub mod payload {
    use gangway_model::{
        CollectionId, ConnectionId, ItemId, ProviderItemId, ScopeId, SyncJobId, Timestamp, UploadId, UserId,
    };
    use gangway_store::{NewTask, Owner};
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::kinds;

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfJob {
        pub job: SyncJobId,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfConnection {
        pub connection: ConnectionId,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfProviderItem {
        pub connection: ConnectionId,
        pub item: ProviderItemId,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfContainer {
        pub connection: ConnectionId,
        pub container: ProviderItemId,
        /// The last item that was looked up.
        pub after: Option<ItemId>,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfScope {
        pub scope: ScopeId,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfCollection {
        pub collection: CollectionId,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfUser {
        pub user: UserId,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfItem {
        pub item: ItemId,
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct OfUpload {
        pub upload: UploadId,
    }

    /// Files of one user, beside scans, that are read at the same time: fewer than there are workers.
    const LANES: usize = 2;

    fn task(kind: &str, about: &str, owner: Owner, payload: serde_json::Value, run_at: Timestamp) -> NewTask {
        let key = format!("{kind}:{about}");
        NewTask::new(kind, payload).unique(key.clone()).in_lane(key).owned_by(owner).at(run_at)
    }

    /// The lane of a sync job.
    pub fn job_lane(job: &SyncJobId) -> String {
        format!("{}:{job}", kinds::SYNC_JOB)
    }

    /// Carries out a sync job.
    pub fn sync_job(job: &SyncJobId, now: Timestamp) -> NewTask {
        task(kinds::SYNC_JOB, job.as_str(), Owner::Job(job.clone()), json!(OfJob { job: job.clone() }), now)
    }

    /// Looks at a connection's change feeds.
    pub fn follow(connection: &ConnectionId, now: Timestamp) -> NewTask {
        let payload = json!(OfConnection { connection: connection.clone() });
        task(kinds::FOLLOW, connection.as_str(), Owner::Connection(connection.clone()), payload, now)
    }

    /// The lane of everything that follows a connection.
    pub fn following_lane(connection: &ConnectionId) -> String {
        format!("{}:{connection}", kinds::FOLLOW)
    }

    /// Looks one item of a connection up, in line with the looks at its feeds.
    pub fn look(connection: &ConnectionId, item: &ProviderItemId, now: Timestamp) -> NewTask {
        let payload = json!(OfProviderItem { connection: connection.clone(), item: item.clone() });
        beside_feeds(kinds::LOOK, connection, item, payload, now)
    }

    /// Looks the failed items of a connection up that are due, in line with the looks at its feeds.
    pub fn look_again(connection: &ConnectionId, now: Timestamp) -> NewTask {
        let payload = json!(OfConnection { connection: connection.clone() });
        let kind = kinds::LOOK_AGAIN;
        NewTask::new(kind, payload)
            .unique(format!("{kind}:{connection}"))
            .in_lane(following_lane(connection))
            .owned_by(Owner::Connection(connection.clone()))
            .at(now)
    }

    /// Looks up what stood directly in a container that is gone, a part at a time, in line with the looks at the
    /// connection's feeds.
    pub fn confirm_inside(
        connection: &ConnectionId,
        container: &ProviderItemId,
        after: Option<&ItemId>,
        now: Timestamp,
    ) -> NewTask {
        let payload = json!(OfContainer {
            connection: connection.clone(),
            container: container.clone(),
            after: after.cloned()
        });
        let task = beside_feeds(kinds::CONFIRM_INSIDE, connection, container, payload, now);
        // Begun anew, it covers what one that waits to go on would still do.
        if after.is_none() { task.starting_over() } else { task }
    }

    fn beside_feeds(
        kind: &str,
        connection: &ConnectionId,
        about: &ProviderItemId,
        payload: serde_json::Value,
        now: Timestamp,
    ) -> NewTask {
        NewTask::new(kind, payload)
            .unique(format!("{kind}:{connection}:{about}"))
            .in_lane(following_lane(connection))
            .owned_by(Owner::Connection(connection.clone()))
            .at(now)
    }

    /// Makes, renews and stops a connection's webhook subscriptions.
    pub fn subscriptions(connection: &ConnectionId, now: Timestamp) -> NewTask {
        let payload = json!(OfConnection { connection: connection.clone() });
        task(kinds::SUBSCRIPTIONS, connection.as_str(), Owner::Connection(connection.clone()), payload, now)
    }

    /// Takes a connection apart: subscriptions, documents, grant, rows.
    pub fn disconnect(connection: &ConnectionId, now: Timestamp) -> NewTask {
        task(
            kinds::DISCONNECT,
            connection.as_str(),
            Owner::Connection(connection.clone()),
            json!(OfConnection { connection: connection.clone() }),
            now,
        )
    }

    /// Removes what stands in one scope and nowhere else.
    pub fn remove_scope(scope: &ScopeId, now: Timestamp) -> NewTask {
        task(
            kinds::REMOVE_SCOPE,
            scope.as_str(),
            Owner::Scope(scope.clone()),
            json!(OfScope { scope: scope.clone() }),
            now,
        )
    }

    /// Removes a collection with all its scopes.
    pub fn remove_collection(collection: &CollectionId, now: Timestamp) -> NewTask {
        let payload = json!(OfCollection { collection: collection.clone() });
        task(
            kinds::REMOVE_COLLECTION,
            collection.as_str(),
            Owner::Collection(collection.clone()),
            payload,
            now,
        )
    }

    /// Deletes a user with everything that is theirs.
    pub fn delete_user(user: &UserId, now: Timestamp) -> NewTask {
        task(
            kinds::DELETE_USER,
            user.as_str(),
            Owner::User(user.clone()),
            json!(OfUser { user: user.clone() }),
            now,
        )
    }

    /// Makes a file of a whole upload.
    pub fn finish_upload(upload: &UploadId, at: Timestamp) -> NewTask {
        task(
            kinds::FINISH_UPLOAD,
            upload.as_str(),
            Owner::Upload(upload.clone()),
            json!(OfUpload { upload: upload.clone() }),
            at,
        )
    }

    /// Reads the text of an uploaded file. A user's uploads are read a few at a time, so that a heap of them holds nobody
    /// else up; scans, which take longest, have a lane of their own, so that they do not hold up the user's other files.
    pub fn extract_upload(
        item: &ItemId,
        user: &UserId,
        name: &str,
        media_type: &str,
        now: Timestamp,
    ) -> NewTask {
        let kind = kinds::EXTRACT_UPLOAD;
        let lane = match gangway_extract::may_be_scan(name, media_type) {
            true => "scans".to_owned(),
            // By a number that stays the same for the item.
            false => format!(
                "{}",
                item.as_str().bytes().fold(0_usize, |sum, byte| sum + usize::from(byte)) % LANES
            ),
        };
        NewTask::new(kind, json!(OfItem { item: item.clone() }))
            .unique(format!("{kind}:{item}"))
            .in_lane(format!("{kind}:{user}:{lane}"))
            .owned_by(Owner::User(user.clone()))
            .at(now)
    }

    /// Removes an item that its user took out, wherever it stands no more.
    pub fn remove_item(item: &ItemId, now: Timestamp) -> NewTask {
        task(
            kinds::REMOVE_ITEM,
            item.as_str(),
            Owner::Item(item.clone()),
            json!(OfItem { item: item.clone() }),
            now,
        )
    }

    /// Fills an index that was started over from what the rows hold.
    pub fn rebuild_index(now: Timestamp) -> NewTask {
        task(kinds::REBUILD_INDEX, "all", Owner::Nobody, json!({}), now)
    }

    /// Makes the vectors of what is on the list.
    pub fn embed(now: Timestamp) -> NewTask {
        task(kinds::EMBED, "all", Owner::Nobody, json!({}), now)
    }

    /// Deletes blobs that no row needs.
    pub fn collect_blobs(now: Timestamp) -> NewTask {
        task(kinds::COLLECT_BLOBS, "all", Owner::Nobody, json!({}), now)
    }
}

/// Carries out one task.
pub async fn run(context: &TaskContext) -> Result<(), Stop> {
    match context.task.kind.as_str() {
        kinds::SYNC_JOB => import::run(context, read(context)?).await,
        kinds::FOLLOW => follow::run(context, read(context)?).await,
        kinds::LOOK_AGAIN => follow::look_again(context, read(context)?).await,
        kinds::LOOK => follow::look(context, read(context)?).await,
        kinds::CONFIRM_INSIDE => follow::confirm_inside(context, read(context)?).await,
        kinds::SUBSCRIPTIONS => subscriptions::run(context, read(context)?).await,
        kinds::DISCONNECT => disconnect::run(context, read(context)?).await,
        kinds::REMOVE_SCOPE => remove::run_scope(context, read(context)?).await,
        kinds::REMOVE_COLLECTION => remove::run_collection(context, read(context)?).await,
        kinds::REMOVE_ITEM => remove::run_item(context, read(context)?).await,
        kinds::DELETE_USER => disconnect::run_user(context, read(context)?).await,
        kinds::FINISH_UPLOAD => finish_upload::run(context, read(context)?).await,
        kinds::EXTRACT_UPLOAD => upload::run(context, read(context)?).await,
        kinds::COLLECT_BLOBS => clean::run(context).await,
        kinds::REBUILD_INDEX => rebuild::run(context).await,
        kinds::EMBED => embed::run(context).await,
        other => Err(Stop::failed("unknown_task", format!("this version knows no task called {other}"))),
    }
}

fn read<T: serde::de::DeserializeOwned>(context: &TaskContext) -> Result<T, Stop> {
    serde_json::from_value(context.task.payload.clone()).map_err(|error| {
        Stop::failed("unreadable_task", format!("the task's payload cannot be read: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A walk through a gone container that begins must not be swallowed by one that waits to go on behind it.
    #[test]
    fn a_look_through_a_container_starts_over_and_goes_on_without_pushing_in() {
        let now = gangway_model::Timestamp::UNIX_EPOCH;
        let (connection, container) = ("c".into(), "folder".into());
        let first = payload::confirm_inside(&connection, &container, None, now);
        let next = payload::confirm_inside(&connection, &container, Some(&"item".into()), now);
        assert_eq!(first.unique_key, next.unique_key);
        assert!(first.starts_over && !next.starts_over);
    }
}
