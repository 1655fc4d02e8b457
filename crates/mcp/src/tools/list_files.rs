//! `list_files`: looks around at a source, for the ids that `start_sync` takes.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use gangway_app::{App, AppResult, BrowseFiles, PageOf, SourceFile, public_kind};
use gangway_model::{AssistantScope, ProviderItemId};
use rmcp::model::{JsonObject, Tool};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AssistantTool, read, reading, shown};
use crate::gate::Caller;
use crate::limits::{ConnectorName, Cursor, Limit, ProviderId, Text};

pub struct ListFiles;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The connector's id, of `list_connectors`.
    connector: ConnectorName,
    /// Only what lies directly in this folder; the top when left out.
    #[serde(default)]
    folder_id: Option<ProviderId>,
    /// Words to search for at the source.
    #[serde(default)]
    query: Option<Text<1, 500>>,
    /// Files in one answer; 50 when left out.
    #[serde(default)]
    limit: Option<Limit>,
    /// next_cursor of the answer before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    files: Vec<FileLine>,
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct FileLine {
    /// What `start_sync` takes in file_ids, and this tool as folder_id.
    id: String,
    name: String,
    /// `file`, `folder` or `link`.
    kind: &'static str,
    mimetype: String,
    modified_at: Option<DateTime<Utc>>,
    url: Option<String>,
    /// Whether its text can be searched already.
    synced: bool,
}

#[async_trait]
impl AssistantTool for ListFiles {
    fn name(&self) -> &'static str {
        "list_files"
    }

    fn scopes(&self) -> &'static [AssistantScope] {
        &[AssistantScope::Sync]
    }

    fn description(&self) -> Tool {
        let about = "Lists files and folders at a connected source, synced or not, with the ids that `start_sync` \
                     takes. To find text in documents use `search` instead.";
        reading::<Input, Answer>(self.name(), "List files at a source", about)
    }

    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value> {
        let input: Input = read(arguments)?;
        let limit = input.limit.map_or(50, |limit| limit.0) as u32;
        let request = BrowseFiles {
            folder: input.folder_id.map(|id| ProviderItemId::from(id.0)),
            query: input.query.map(|query| query.0),
            media_types: Vec::new(),
            page: PageOf { limit, cursor: input.cursor.map(|cursor| cursor.0) },
        };
        let page = app.browse_files(&caller.user, &input.connector.0, None, request).await?;
        shown(Answer { files: page.rows.into_iter().map(FileLine::of).collect(), next_cursor: page.next })
    }
}

impl FileLine {
    fn of(file: SourceFile) -> Self {
        Self {
            synced: file.is_synced(),
            id: file.id.into_string(),
            name: file.name,
            kind: public_kind(file.kind),
            mimetype: file.media_type,
            modified_at: file.modified_at,
            url: file.url,
        }
    }
}
