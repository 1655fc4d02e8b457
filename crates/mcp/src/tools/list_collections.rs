//! `list_collections`: the sets of documents that searches can be limited to and syncs bring into.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use gangway_app::{App, AppResult, CollectionReport, PageOf};
use gangway_model::{AssistantScope, User};
use rmcp::model::{JsonObject, Tool};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AssistantTool, read, reading, shown};
use crate::gate::Caller;
use crate::limits::{Cursor, Limit};

pub struct ListCollections;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Collections in one answer; 50 when left out.
    #[serde(default)]
    limit: Option<Limit>,
    /// next_cursor of the answer before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    collections: Vec<CollectionLine>,
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CollectionLine {
    uuid: String,
    name: String,
    description: Option<String>,
    /// Whether this user may sync into it; another's is only shared for searching.
    own: bool,
    file_count: u64,
    failed_count: u64,
    last_sync_at: Option<DateTime<Utc>>,
}

#[async_trait]
impl AssistantTool for ListCollections {
    fn name(&self) -> &'static str {
        "list_collections"
    }

    fn scopes(&self) -> &'static [AssistantScope] {
        &[AssistantScope::Search, AssistantScope::Sync]
    }

    fn description(&self) -> Tool {
        let about = "Lists this user's collections of documents and those shared with them. `search` takes a \
                     collection's uuid to look only there, `start_sync` to bring documents in.";
        reading::<Input, Answer>(self.name(), "List collections", about)
    }

    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value> {
        let input: Input = read(arguments)?;
        let limit = input.limit.map_or(50, |limit| limit.0) as u32;
        let page = PageOf { limit, cursor: input.cursor.map(|cursor| cursor.0) };
        let listed = app.list_collections(&caller.user, &page).await?;
        let collections = listed.rows.into_iter().map(|one| CollectionLine::of(&caller.user, one)).collect();
        shown(Answer { collections, next_cursor: listed.next })
    }
}

impl CollectionLine {
    fn of(user: &User, report: CollectionReport) -> Self {
        let CollectionReport { collection, stats } = report;
        Self {
            uuid: collection.id.into_string(),
            name: collection.name,
            description: collection.description,
            own: collection.owner_id == user.id,
            file_count: stats.items,
            failed_count: stats.failed,
            last_sync_at: stats.last_synced_at,
        }
    }
}
