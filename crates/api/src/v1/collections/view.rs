//! A collection as the API shows it.

use chrono::{DateTime, Utc};
use gangway_app::CollectionReport;
use gangway_model::Access;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A collection and what is in it.
#[derive(Serialize, ToSchema)]
#[schema(as = Collection)]
pub struct CollectionView {
    uuid: String,
    name: String,
    description: Option<String>,
    access: AccessName,
    /// The user who owns it; only the owner changes it.
    owner_id: String,
    file_count: u64,
    failed_count: u64,
    bytes: u64,
    last_sync_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Who may search a collection.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Access)]
pub enum AccessName {
    /// Its owner.
    Private,
    /// Every user of the owner's organisation.
    Org,
}

impl From<AccessName> for Access {
    fn from(name: AccessName) -> Self {
        match name {
            AccessName::Private => Access::Private,
            AccessName::Org => Access::Org,
        }
    }
}

impl From<Access> for AccessName {
    fn from(access: Access) -> Self {
        match access {
            Access::Private => AccessName::Private,
            Access::Org => AccessName::Org,
        }
    }
}

impl From<CollectionReport> for CollectionView {
    fn from(report: CollectionReport) -> Self {
        let CollectionReport { collection, stats } = report;
        Self {
            uuid: collection.id.into_string(),
            name: collection.name,
            description: collection.description,
            access: collection.access.into(),
            owner_id: collection.owner_id.into_string(),
            file_count: stats.items,
            failed_count: stats.failed,
            bytes: stats.bytes,
            last_sync_at: stats.last_synced_at,
            created_at: collection.created_at,
            updated_at: collection.updated_at,
        }
    }
}
