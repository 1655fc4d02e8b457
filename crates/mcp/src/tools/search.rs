//! `search`: finds documents, in the shape that assistants' connectors expect.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use gangway_app::{App, AppError, AppResult, FoundFile, PageOf, SearchFilters, SearchFor};
use gangway_model::AssistantScope;
use rmcp::model::{JsonObject, Tool};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AssistantTool, fetch, read, reading, shown};
use crate::gate::Caller;
use crate::limits::{ConnectorName, Id, Limit, Text};

/// Results when the assistant does not say how many.
const USUAL: u64 = 10;

pub struct Search;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Words, "phrases", begin*, -words, and type: from: in: after: before: title: name:.
    query: Text<1, 1000>,
    /// Results at most; 10 when left out.
    #[serde(default)]
    limit: Option<Limit>,
    /// Only documents that came through this connector, by its id.
    #[serde(default)]
    connector: Option<ConnectorName>,
    /// Only documents in this collection, by its UUID.
    #[serde(default)]
    collection: Option<Id>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    results: Vec<Found>,
    /// So many documents match, or at least so many.
    total: u64,
    total_is_exact: bool,
}

#[derive(Serialize, JsonSchema)]
struct Found {
    id: String,
    title: String,
    url: String,
    /// The passage that matches best.
    text: String,
    /// Where that passage stands: `page 12`.
    #[serde(skip_serializing_if = "String::is_empty")]
    place: String,
    /// Where a person opens that very passage, where the source has such addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    place_url: Option<String>,
    connector: String,
    path: Option<String>,
    mimetype: String,
    modified_at: Option<DateTime<Utc>>,
}

#[async_trait]
impl AssistantTool for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn scopes(&self) -> &'static [AssistantScope] {
        &[AssistantScope::Search]
    }

    fn description(&self) -> Tool {
        let about = "Finds documents of this user by words. Returns for each its id (for `fetch`), title, url to cite, \
                     and the passage that matches best.";
        reading::<Input, Answer>(self.name(), "Search documents", about)
    }

    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value> {
        let input: Input = read(arguments)?;
        let request = SearchFor {
            query: input.query.0,
            filters: SearchFilters {
                connectors: input.connector.into_iter().map(|name| name.0).collect(),
                collections: input.collection.iter().map(Id::to).collect(),
                ..SearchFilters::default()
            },
            show_duplicates: false,
        };
        let limit = input.limit.map_or(USUAL, |limit| limit.0) as u32;
        let page =
            app.search(&caller.user, request, &PageOf { limit, cursor: None }).await.map_err(as_asked)?;
        let results = page.files.into_iter().map(|file| Found::of(app, file)).collect();
        shown(Answer { results, total: page.total, total_is_exact: page.total_is_exact })
    }
}

/// Names the tool's own argument, where the deed names the REST API's field.
fn as_asked(mut error: AppError) -> AppError {
    if error.details.get("field").is_some_and(|field| field == "filters.connectors") {
        error.message.push_str(": `list_connectors` tells the ids");
        return error.with("field", "connector");
    }
    error
}

impl Found {
    fn of(app: &App, found: FoundFile) -> Self {
        let place_url = found.place_url(&found.hit.place);
        let FoundFile { item, hit, .. } = found;
        Self {
            place_url,
            url: fetch::citation(app, &item),
            id: item.id.into_string(),
            title: hit.title.unwrap_or(item.name),
            text: hit.snippet.text,
            place: hit.place.to_string(),
            connector: hit.connector_id.into_string(),
            path: hit.path,
            mimetype: item.media_type,
            modified_at: item.modified_at,
        }
    }
}
