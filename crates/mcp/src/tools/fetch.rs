//! `fetch`: reads one document, in the shape that assistants' connectors expect.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use gangway_app::{App, AppResult, LONGEST_READ, ReadText, SHORTEST_READ, TextPlace};
use gangway_model::{AssistantScope, Item, ItemId};
use rmcp::model::{JsonObject, Tool};
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AssistantTool, read, reading, shown};
use crate::gate::Caller;
use crate::limits::{Id, Whole};

pub struct Fetch;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The id of a result of `search`.
    id: Id,
    /// To go on reading: next_offset of the answer before.
    #[serde(default)]
    offset: Option<Whole<0, 1_000_000_000>>,
    /// Bytes of text at most; 200000 when left out.
    #[serde(default)]
    limit: Option<Whole<{ SHORTEST_READ as u64 }, { LONGEST_READ as u64 }>>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    id: String,
    title: String,
    text: String,
    url: String,
    metadata: Metadata,
}

#[derive(Serialize, JsonSchema)]
struct Metadata {
    connector: String,
    path: String,
    mimetype: String,
    modified_at: Option<DateTime<Utc>>,
    /// Whether more text follows, and where it begins.
    truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
    total_bytes: usize,
    /// Whether the file holds text that could not be read.
    incomplete: bool,
    /// Why there is no text, or why it is not the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// From which byte of the whole text on it stands on which page, sheet or slide, or below which heading.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<PlaceHint>,
}

#[derive(Serialize, JsonSchema)]
struct PlaceHint {
    offset: usize,
    place: String,
    /// Where a person opens this very place.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[async_trait]
impl AssistantTool for Fetch {
    fn name(&self) -> &'static str {
        "fetch"
    }

    fn scopes(&self) -> &'static [AssistantScope] {
        &[AssistantScope::Read]
    }

    fn description(&self) -> Tool {
        let about = "Reads the text of one document by the id that `search` gave. A long one comes in pieces: while \
                     metadata.truncated is true, call again with offset = metadata.next_offset.";
        reading::<Input, Answer>(self.name(), "Read a document", about)
    }

    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value> {
        let input: Input = read(arguments)?;
        let id: ItemId = input.id.to();
        let offset = input.offset.map_or(0, |offset| offset.0 as usize);
        let limit = input.limit.map_or(LONGEST_READ, |limit| limit.0 as usize);
        let read = app.read_document(&caller.user, &id, offset, limit).await?;
        shown(Answer::of(app, read))
    }
}

impl Answer {
    fn of(app: &App, read: ReadText) -> Self {
        let url = citation(app, &read.item);
        let hint = |at: TextPlace| PlaceHint { offset: at.offset, place: at.place.to_string(), url: at.url };
        let says_something = |hint: &PlaceHint| !hint.place.is_empty() || hint.url.is_some();
        let places = read.places.into_iter().map(hint).filter(says_something).collect();
        Self {
            id: read.item.id.into_string(),
            title: read.title,
            text: read.text,
            url,
            metadata: Metadata {
                connector: read.connector_id.into_string(),
                path: read.path,
                mimetype: read.item.media_type,
                modified_at: read.item.modified_at,
                truncated: read.next_offset.is_some(),
                next_offset: read.next_offset,
                total_bytes: read.total,
                incomplete: read.incomplete,
                reason: read.reason.map(|reason| reason.message),
                places,
            },
        }
    }
}

/// Where a person opens the document; for one that has no page at a source, where its text is read with a token.
pub fn citation(app: &App, item: &Item) -> String {
    item.url.clone().unwrap_or_else(|| app.settings.address(&format!("rest/files/{}/text", item.id)))
}
