//! `POST /rest/search`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use gangway_app::{
    ByMeaning, FoundFile, FoundPage, Passage, Respelled, SearchFilters, SearchFor, Snippet, Understood,
    UnderstoodFilter,
};
use gangway_model::{CollectionId, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::documented::{Always, JsonBody, NotFound};
use crate::problem::ApiResult;
use crate::state::ApiState;
use crate::strict::{Body, Id, Listed, Text, object};
use crate::v1::params::{Cursor, Limit, page_of};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// Words, `"phrases"`, `begin*`, `-words`, and `type:` `from:` `in:` `after:` `before:` `title:` `name:`; no
    /// syntax is an error.
    query: Text<1, 1000>,
    #[serde(default, deserialize_with = "object")]
    filters: Option<FilterRequest>,
    /// Whether files with nearly the same text each get a hit of their own; without it they are one.
    #[serde(default)]
    show_duplicates: Option<bool>,
    /// Hits on a page; 50 when left out.
    #[serde(default)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[serde(default)]
    cursor: Option<Cursor>,
}

type ConnectorNames = Listed<Text<1, 64>, 0, 50>;
type CollectionIds = Listed<Id, 0, 100>;
type MimeTypes = Listed<Text<1, 255>, 0, 100>;

/// What the search is narrowed to. All given filters must hold; within a list one match is enough.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SearchFilters)]
pub struct FilterRequest {
    /// Connector ids.
    #[serde(default)]
    connectors: Option<ConnectorNames>,
    /// Collection UUIDs.
    #[serde(default)]
    collections: Option<CollectionIds>,
    /// By name (`application/pdf`) or by family (`image/*`).
    #[serde(default)]
    mime_types: Option<MimeTypes>,
    /// This moment and later.
    #[serde(default)]
    modified_after: Option<DateTime<Utc>>,
    /// Before this moment.
    #[serde(default)]
    modified_before: Option<DateTime<Utc>>,
    /// A folder's path; it and everything below.
    #[serde(default)]
    path: Option<Text<1, 2048>>,
}

impl SearchRequest {
    /// Whether the filters name collections.
    pub fn names_collections(&self) -> bool {
        self.filters.as_ref().is_some_and(|filters| filters.collections.is_some())
    }
}

#[derive(Serialize, ToSchema)]
pub struct SearchAnswer {
    hits: Vec<HitView>,
    /// So many hits there are on all pages; where `total_is_exact` is false, at least so many.
    total: u64,
    /// False where more files match than are counted exactly: two thousand, or fifty thousand with `show_duplicates`.
    total_is_exact: bool,
    next_cursor: Option<String>,
    has_more: bool,
    /// Milliseconds the search took.
    took_ms: f64,
    understood: UnderstoodView,
    by_meaning: ByMeaningView,
}

/// Whether passages that mean what was asked were looked for, in whatever words: `off` where the server has no model,
/// `not_asked` where the query has no words beside phrases and fields, `unavailable` where the model did not answer in
/// time, so that hits were found by their words alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ByMeaning)]
enum ByMeaningView {
    Off,
    NotAsked,
    Used,
    Unavailable,
}

impl From<ByMeaning> for ByMeaningView {
    fn from(told: ByMeaning) -> Self {
        match told {
            ByMeaning::Off => Self::Off,
            ByMeaning::NotAsked => Self::NotAsked,
            ByMeaning::Used => Self::Used,
            ByMeaning::Unavailable => Self::Unavailable,
        }
    }
}

/// How the query was read, to be shown. Texts are as typed.
#[derive(Serialize, ToSchema)]
#[schema(as = Understood)]
struct UnderstoodView {
    words: Vec<String>,
    phrases: Vec<String>,
    excluded: Vec<String>,
    filters: Vec<UnderstoodFilterView>,
    /// Words that hardly occur, and similar ones that were looked for as well.
    respelled: Vec<RespelledView>,
}

/// A `field:value` of the query.
#[derive(Serialize, ToSchema)]
#[schema(as = UnderstoodFilter)]
struct UnderstoodFilterView {
    /// `type`, `from`, `in`, `after`, `before`, `title` or `name`.
    field: &'static str,
    value: String,
    /// Whether what matches is left out.
    excluded: bool,
    /// The kind of file, connector ids, collection UUIDs or the moment it stands for; empty for words and folders.
    means: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Respelled)]
struct RespelledView {
    word: String,
    tried: Vec<String>,
}

/// A file that matches, with its best passage.
#[derive(Serialize, ToSchema)]
#[schema(as = Hit)]
struct HitView {
    file: HitFile,
    /// Comparable within one answer only.
    score: f32,
    snippet: SnippetView,
    place: PlaceView,
    /// The passages that match best, at most 3; the first is the one above. None when only the name matches.
    passages: Vec<PassageView>,
    /// Files with nearly the same text and the same numbers that match as well, counted up to 10.
    duplicates: usize,
    /// Our ids of those files.
    duplicate_ids: Vec<String>,
}

/// A passage of the file that matches.
#[derive(Serialize, ToSchema)]
#[schema(as = Passage)]
struct PassageView {
    /// Its number in the document, from 0.
    chunk: u32,
    snippet: SnippetView,
    place: PlaceView,
}

#[derive(Serialize, ToSchema)]
struct HitFile {
    /// Our id of the file.
    id: String,
    /// The provider's id.
    source_id: String,
    connector_id: String,
    connection_id: String,
    name: String,
    /// The title the document gives itself.
    title: Option<String>,
    path: Option<String>,
    #[serde(rename = "mimeType")]
    media_type: String,
    /// Where a person opens it at the source.
    url: Option<String>,
    modified_at: Option<DateTime<Utc>>,
    collections: Vec<String>,
}

/// A piece of the passage that shows why it was found.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Snippet)]
struct SnippetView {
    text: String,
    /// Escaped, with matches in `<mark>`.
    html: String,
    /// Byte ranges of `text` that match.
    #[schema(value_type = Vec<Vec<u64>>)]
    highlights: Vec<(usize, usize)>,
}

/// Where the passage stands in its document.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Place)]
pub struct PlaceView {
    /// The file within the file: a path in an archive, the name of an attachment. Deeper ones follow after ` › `.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slide: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    /// First and last row, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<u32>>)]
    rows: Option<(u32, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<String>,
    /// What the place is called at the source: a block, an anchor.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Where a person opens this very place, where the source has such addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl PlaceView {
    pub fn of(place: Place, url: Option<String>) -> Self {
        Self {
            url,
            member: place.member,
            page: place.page,
            slide: place.slide,
            sheet: place.sheet,
            rows: place.rows,
            heading: place.heading,
            message: place.message,
        }
    }
}

impl From<Snippet> for SnippetView {
    fn from(snippet: Snippet) -> Self {
        Self { text: snippet.text, html: snippet.html, highlights: snippet.highlights }
    }
}

impl From<FoundFile> for HitView {
    fn from(found: FoundFile) -> Self {
        let passage = |passage: Passage| PassageView {
            chunk: passage.chunk,
            snippet: passage.snippet.into(),
            place: PlaceView::of(passage.place.clone(), found.place_url(&passage.place)),
        };
        let more: Vec<PassageView> = found.hit.more_passages.iter().cloned().map(passage).collect();
        let place = PlaceView::of(found.hit.place.clone(), found.place_url(&found.hit.place));
        let FoundFile { item, collections, hit, .. } = found;
        let snippet: SnippetView = hit.snippet.into();
        let best = hit.chunk.filter(|_| !snippet.highlights.is_empty());
        let best = best.map(|chunk| PassageView { chunk, snippet: snippet.clone(), place: place.clone() });
        Self {
            file: HitFile {
                id: item.id.into_string(),
                source_id: item.provider_id.into_string(),
                connector_id: hit.connector_id.into_string(),
                connection_id: item.connection_id.into_string(),
                name: item.name,
                title: hit.title,
                path: hit.path,
                media_type: item.media_type,
                url: item.url,
                modified_at: item.modified_at,
                collections: collections.into_iter().map(|id| id.into_string()).collect(),
            },
            score: hit.score,
            snippet,
            place,
            passages: best.into_iter().chain(more).collect(),
            duplicates: hit.duplicates.len(),
            duplicate_ids: hit.duplicates.into_iter().map(|id| id.into_string()).collect(),
        }
    }
}

impl From<Understood> for UnderstoodView {
    fn from(told: Understood) -> Self {
        let filter = |one: UnderstoodFilter| UnderstoodFilterView {
            field: one.field,
            value: one.value,
            excluded: one.excluded,
            means: one.means,
        };
        let respelled = |one: Respelled| RespelledView { word: one.word, tried: one.tried };
        Self {
            words: told.words,
            phrases: told.phrases,
            excluded: told.excluded,
            filters: told.filters.into_iter().map(filter).collect(),
            respelled: told.respelled.into_iter().map(respelled).collect(),
        }
    }
}

impl From<FoundPage> for SearchAnswer {
    fn from(page: FoundPage) -> Self {
        Self {
            hits: page.files.into_iter().map(Into::into).collect(),
            total: page.total,
            total_is_exact: page.total_is_exact,
            has_more: page.next.is_some(),
            next_cursor: page.next,
            took_ms: page.took.as_secs_f64() * 1000.0,
            understood: page.understood.into(),
            by_meaning: page.by_meaning.into(),
        }
    }
}

/// Carries out a search; with `within`, in that collection only.
pub async fn run(
    state: &ApiState,
    user: &gangway_model::User,
    body: SearchRequest,
    within: Option<CollectionId>,
) -> ApiResult<Json<SearchAnswer>> {
    let filters = body.filters.unwrap_or_default();
    let named: Vec<CollectionId> =
        filters.collections.unwrap_or_default().into_vec().iter().map(Id::to).collect();
    let request = SearchFor {
        query: body.query.into_string(),
        show_duplicates: body.show_duplicates.unwrap_or(false),
        filters: SearchFilters {
            connectors: filters.connectors.map(strings).unwrap_or_default(),
            collections: within.map_or(named, |one| vec![one]),
            media_types: filters.mime_types.map(strings).unwrap_or_default(),
            modified_after: filters.modified_after,
            modified_before: filters.modified_before,
            path: filters.path.map(Text::into_string),
        },
    };
    let page = page_of(body.limit, body.cursor);
    Ok(Json(state.app.search(user, request, &page).await?.into()))
}

fn strings<const A: usize, const B: usize, const C: usize, const D: usize>(
    list: Listed<Text<A, B>, C, D>,
) -> Vec<String> {
    list.into_vec().into_iter().map(Text::into_string).collect()
}

/// Searches everything the user may see.
#[utoipa::path(
    post, path = "/rest/search", tag = "search", security(("user_token" = [])), request_body = SearchRequest,
    responses((status = 200, description = "A page of hits.", body = SearchAnswer), JsonBody, NotFound, Always)
)]
pub async fn search(
    Caller(user): Caller,
    State(state): State<ApiState>,
    Body(body): Body<SearchRequest>,
) -> ApiResult<Json<SearchAnswer>> {
    run(&state, &user, body, None).await
}
