//! Starts a sync job: chosen files and folders into a collection.

use gangway_connector::ConnectorKind;
use gangway_model::{CollectionId, ConnectionId, ProviderItemId, SyncJob, SyncJobId, SyncMode, User};
use gangway_store::NewSyncJob;
use gangway_sync::payload;
use serde_json::json;

use crate::app::App;
use crate::error::{AppError, AppResult};

#[derive(Clone, Debug)]
pub struct StartSync {
    /// Files and containers by the provider's ids; at least one.
    pub roots: Vec<ProviderItemId>,
    pub collection: CollectionId,
    pub mode: SyncMode,
    /// Lets a sweep go ahead that would remove an unusual share.
    pub allow_mass_removal: bool,
}

#[derive(Debug)]
pub struct StartedSync {
    pub job: SyncJob,
    /// Roots that were asked for, each counted once.
    pub file_count: u64,
    /// Seconds, from known sizes and measured speed; `None` while nothing has been measured yet.
    pub estimated_seconds: Option<u64>,
}

impl App {
    pub async fn start_sync(
        &self,
        user: &User,
        connector_id: &str,
        wanted: Option<&ConnectionId>,
        request: StartSync,
    ) -> AppResult<StartedSync> {
        let (connector, connection) = self.working_connection(user, connector_id, wanted).await?;
        let descriptor = connector.descriptor();
        if descriptor.kind == ConnectorKind::Local {
            let message = "uploads are brought in as they arrive: there is nothing to sync";
            return Err(AppError::unsupported(descriptor, message));
        }
        let collection = self.own_collection(user, &request.collection).await?;
        let mut roots = request.roots;
        let mut seen = std::collections::HashSet::new();
        roots.retain(|root| seen.insert(root.clone()));
        let estimated_seconds = self.estimate_sync(descriptor, &connection, &roots).await?;
        let new = NewSyncJob {
            id: SyncJobId::fresh(),
            user_id: user.id.clone(),
            connection_id: connection.id.clone(),
            connector_id: connection.connector_id.clone(),
            collection_id: Some(collection.id.clone()),
            mode: request.mode,
            roots: roots.clone(),
            allow_mass_removal: request.allow_mass_removal,
            by_engine: false,
        };
        let task = payload::sync_job(&new.id, self.now());
        let job = self.store.create_job(&new, Some(&task)).await?;
        self.engine.wake();
        let details = json!({
            "job_id": job.id, "connector_id": descriptor.id, "collection_id": collection.id, "roots": roots.len(),
        });
        self.store.append_audit(Some(&user.id), "start_sync", &details).await?;
        Ok(StartedSync { job, file_count: roots.len() as u64, estimated_seconds })
    }
}
