//! The API proper: who calls, what is asked, and how lists are answered.

pub mod blocks;
mod body;
mod comments;
mod databases;
mod filter;
mod markdown;
mod order;
mod pages;
mod property_items;
mod query;
pub mod routes;
mod search;
mod users;
mod writes;

use axum::http::HeaderMap;
use serde_json::{Value, json};

use self::body::Body;
use super::errors::ApiError;
use super::ids::{self, Id};
use super::render::View;
use super::state::{Notion, Switches};
use super::versions::Version;
use super::workspace::{Bot, Index, Kind, Workspace};
use crate::kernel::answer::Answer;
use crate::kernel::faults::Hint;

type Result<T> = std::result::Result<T, ApiError>;

/// One authenticated call.
pub struct Call<'a> {
    pub notion: &'a Notion,
    pub bot: Bot,
    pub version: Version,
    pub switches: Switches,
    pub query: Vec<(String, String)>,
    pub body: Body,
    pub hint: Option<Hint>,
}

/// Finds out who calls: the bearer token, the limits, the version.
pub fn authenticate(notion: &Notion, headers: &HeaderMap) -> Result<(Bot, Version, Switches)> {
    let token = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(ApiError::unauthorized)?;
    let now_ms = notion.now_ms();
    let access = notion.kernel.authz.find_access(token, now_ms).ok_or_else(ApiError::unauthorized)?;
    let bot = {
        let store = notion.read();
        let id = access.scopes.first().and_then(|id| ids::parse(id));
        let bot = id.and_then(|id| store.bots.get(&id)).filter(|bot| bot.live).cloned();
        let bot = bot.ok_or_else(ApiError::unauthorized)?;
        if store.find_person(&bot.email).is_none_or(|person| person.deactivated) {
            return Err(ApiError::unauthorized());
        }
        bot
    };
    if access.scopes.get(1).is_none_or(|generation| *generation != bot.generation.to_string()) {
        return Err(ApiError::unauthorized());
    }
    let switches = notion.switches();
    notion.limits.take(&switches.rate_limit, bot.id, now_ms)?;
    let version = Version::of(headers)?;
    Ok((bot, version, switches))
}

impl Call<'_> {
    /// Looks at the workspace as the caller sees it.
    pub fn view<'v>(&'v self, store: &'v Workspace) -> View<'v> {
        View {
            store,
            bot: &self.bot,
            capabilities: &self.switches.capabilities,
            version: self.version,
            signer: &self.notion.signer,
            app_name: &self.notion.app_name,
            now_ms: self.notion.now_ms(),
        }
    }

    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn params(&self, name: &str) -> Vec<String> {
        let array = format!("{name}[]");
        self.query
            .iter()
            .filter(|(key, _)| key == name || *key == array)
            .flat_map(|(_, value)| value.split(','))
            .map(str::to_owned)
            .collect()
    }

    /// Refuses query parameters that the operation does not know.
    pub fn only_params(&self, known: &[&str]) -> Result<()> {
        match self.query.iter().find(|(key, _)| !known.contains(&key.trim_end_matches("[]"))) {
            Some((key, value)) => Err(ApiError::validation(format!(
                "query failed validation: query.{key} should be not present, instead was `\"{value}\"`."
            ))),
            None => Ok(()),
        }
    }

    pub fn not_found(&self, what: &str, id: Id) -> ApiError {
        ApiError::not_found(what, id, &self.notion.app_name)
    }

    /// Finds a node of a kind that the caller may see.
    pub fn find(&self, view: &View<'_>, id: Id, kind: Kind, what: &str) -> Result<Index> {
        view.store
            .find_kind(id, kind)
            .filter(|index| view.sees(*index))
            .ok_or_else(|| self.not_found(what, id))
    }

    pub fn require(&self, capability: bool) -> Result<()> {
        if capability { Ok(()) } else { Err(ApiError::restricted()) }
    }

    /// Reads page size and cursor of a `GET`.
    pub fn paging(&self) -> Result<Paging> {
        let size = match self.param("page_size") {
            Some(text) => Some(text.parse::<f64>().map_err(|_| {
                ApiError::validation(format!(
                    "query failed validation: query.page_size should be a number, instead was `\"{text}\"`."
                ))
            })?),
            None => None,
        };
        Paging::new(size, self.param("start_cursor").map(str::to_owned), "query", self)
    }

    /// Reads page size and cursor of a `POST`.
    pub fn body_paging(&self) -> Result<Paging> {
        let size = match self.body.get("page_size") {
            None => None,
            Some(value) => Some(value.as_f64().ok_or_else(|| {
                ApiError::body(format!("body.page_size should be a number, instead was `{value}`"))
            })?),
        };
        let cursor = match self.body.get("start_cursor") {
            None | Some(Value::Null) => None,
            Some(Value::String(cursor)) => Some(cursor.clone()),
            Some(other) => {
                return Err(ApiError::body(format!(
                    "body.start_cursor should be a string or `null`, instead was `{other}`"
                )));
            }
        };
        Paging::new(size, cursor, "body", self)
    }
}

/// What part of a list is asked for.
#[derive(Debug)]
pub struct Paging {
    pub size: usize,
    pub cursor: Option<String>,
    hint: Option<Hint>,
    short: bool,
}

impl Paging {
    fn new(size: Option<f64>, cursor: Option<String>, place: &str, call: &Call<'_>) -> Result<Self> {
        let size = size.unwrap_or(100.0);
        let refuse = |rule: &str| {
            ApiError::validation(format!(
                "{place} failed validation: {place}.page_size should be {rule}, instead was `{size}`."
            ))
        };
        if size > 100.0 {
            return Err(refuse("≤ `100`"));
        }
        if size < 1.0 || size.fract() != 0.0 {
            return Err(refuse("≥ `1`"));
        }
        if let Some(cursor) = &cursor {
            if ids::parse(cursor).is_none() {
                return Err(ApiError::validation(format!(
                    "{place} failed validation: {place}.start_cursor should be a valid uuid, instead was `\"{cursor}\"`."
                )));
            }
            if call.hint == Some(Hint::ExpiredCursor) {
                return Err(invalid_cursor(cursor));
            }
        }
        Ok(Self { size: size as usize, cursor, hint: call.hint, short: call.switches.short_pages })
    }

    /// Decides which rows to send, beginning at `start` of `total`, and where the next page begins.
    pub fn cut(&self, start: usize, total: usize) -> (std::ops::Range<usize>, Option<usize>) {
        let start = start.min(total);
        if self.hint == Some(Hint::EmptyPage) {
            return (start..start, Some(start));
        }
        let mut end = (start + self.size).min(total);
        if self.short && end < total {
            end = start + self.size.div_ceil(2);
        }
        let next = match self.hint {
            Some(Hint::RepeatPageToken) if end < total => Some(start),
            _ => (end < total).then_some(end),
        };
        (start..end, next)
    }
}

pub fn invalid_cursor(cursor: &str) -> ApiError {
    ApiError::validation(format!("The start_cursor provided is invalid: {cursor}"))
}

/// Answers an object with the id of the request.
pub fn object(mut body: Value) -> Answer {
    let request_id = ids::random();
    body["request_id"] = json!(request_id);
    Answer::json(200, body.to_string()).with_header("x-notion-request-id", request_id)
}

/// Builds a list of a type.
pub fn list(kind: &str, results: Vec<Value>, next_cursor: Option<String>) -> Value {
    json!({
        "object": "list",
        "results": results,
        "has_more": next_cursor.is_some(),
        "next_cursor": next_cursor,
        "type": kind,
        kind: {},
    })
}

/// Pages through a short list whose rows have ids; the cursor is the id of the next row.
pub fn list_by_id(kind: &str, rows: &[(Id, Value)], paging: &Paging) -> Result<Value> {
    let start = match &paging.cursor {
        None => 0,
        Some(cursor) => {
            let id = ids::parse(cursor);
            rows.iter().position(|(row, _)| Some(*row) == id).ok_or_else(|| invalid_cursor(cursor))?
        }
    };
    let (range, next) = paging.cut(start, rows.len());
    let results = rows[range].iter().map(|(_, row)| row.clone()).collect();
    let next = next.and_then(|at| rows.get(at)).map(|(id, _)| ids::show(*id));
    Ok(list(kind, results, next))
}
