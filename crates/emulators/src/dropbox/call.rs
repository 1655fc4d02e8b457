//! One call: credentials, scope, root, limits, argument, then the route itself.

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::{Value, json};

use super::args::{Args, Source, tag_of};
use super::errors::ApiError;
use super::routes::{Route, Style};
use super::state::{Dropbox, Switches};
use super::text::header_json;
use super::tree::{AccountRef, NodeRef, Tree, View};
use super::{files, sharing, users};
use crate::kernel::answer::Answer;
use crate::kernel::authz::AccessToken;
use crate::kernel::faults::Hint;
use crate::kernel::range::{RangeAnswer, answer_range};

/// A call whose caller is known and allowed to make it.
pub struct Call<'a> {
    pub dropbox: &'a Dropbox,
    pub route: &'static Route,
    pub args: Args,
    pub headers: &'a HeaderMap,
    pub body: &'a Bytes,
    pub token_text: String,
    pub token: AccessToken,
    pub me: AccountRef,
    pub view: View,
    pub now_ms: i64,
    pub switches: Switches,
    pub hint: Option<Hint>,
}

/// What a route gives back.
pub enum Reply {
    Json(Value),
    /// Bytes with the result beside them.
    Content {
        result: Value,
        bytes: Bytes,
        content_type: String,
        name: String,
        etag: Option<String>,
    },
}

pub type Outcome = Result<Reply, ApiError>;

impl Call<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.headers, name)
    }
}

pub fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Returns the bearer token of a call.
pub fn bearer(headers: &HeaderMap) -> Result<String, ApiError> {
    let Some(value) = header(headers, "authorization") else {
        let text = "Must provide HTTP header \"Authorization\" or URL parameter \"authorization\".";
        return Err(ApiError::malformed(text));
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
            Ok(token.trim().to_owned())
        }
        _ => Err(ApiError::malformed("Invalid authorization value in HTTP header \"Authorization\".")),
    }
}

/// Finds the live token behind a text and the account it belongs to.
pub fn authenticate(dropbox: &Dropbox, text: &str) -> Result<(AccessToken, AccountRef), ApiError> {
    let authz = &dropbox.kernel.authz;
    let Some(token) = authz.find_access(text, dropbox.now_ms()) else {
        return Err(why_dead(dropbox, text));
    };
    let tree = dropbox.read_tree();
    let me = tree.find_account(&token.subject).ok_or_else(|| ApiError::auth("invalid_access_token"))?;
    if tree.accounts[me as usize].suspended {
        return Err(ApiError::auth("user_suspended"));
    }
    Ok((token, me))
}

/// A token that was once good has expired, unless the grant behind it is gone.
fn why_dead(dropbox: &Dropbox, text: &str) -> ApiError {
    let notes = dropbox.notes();
    let expired = notes.origins.get(text).is_some_and(|origin| origin.is_granted(&dropbox.kernel.authz));
    ApiError::auth(if expired { "expired_access_token" } else { "invalid_access_token" })
}

/// Answers a call of one route.
pub fn run(
    dropbox: &Dropbox,
    route: &'static Route,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
    hint: Option<Hint>,
) -> Result<Answer, ApiError> {
    let token_text = bearer(headers)?;
    let args = read_args(route, query, headers, body)?;
    let (token, me) = authenticate(dropbox, &token_text)?;
    if let Some(scope) = route.scope
        && !token.scopes.iter().any(|granted| granted == scope)
    {
        return Err(ApiError::missing_scope(scope));
    }
    if headers.contains_key("dropbox-api-select-user") {
        return Err(ApiError::auth("invalid_select_user"));
    }
    if headers.contains_key("dropbox-api-select-admin") {
        return Err(ApiError::auth("invalid_select_admin"));
    }
    let now_ms = dropbox.now_ms();
    let switches = dropbox.switches();
    charge(dropbox, &switches, &token_text, now_ms)?;
    let folder = dropbox.app(&token.client_id).folder;
    if folder.is_some() && !route.app_folder {
        let text =
            "This API function operates on a single Dropbox account, but your app has only folder access.";
        return Err(ApiError::malformed(text));
    }
    let view = match folder {
        Some(name) => app_view(dropbox, me, &name)?,
        None => path_root(&dropbox.read_tree(), me, headers)?,
    };
    let call =
        Call { dropbox, route, args, headers, body, token_text, token, me, view, now_ms, switches, hint };
    dispatch(&call).map(|reply| answer(&call, reply))
}

fn charge(dropbox: &Dropbox, switches: &Switches, token: &str, now_ms: i64) -> Result<(), ApiError> {
    let limit = &switches.rate_limit;
    if !limit.enabled {
        return Ok(());
    }
    let minute = now_ms / 60_000;
    let mut notes = dropbox.notes();
    let (known, count) = notes.calls.entry(token.to_owned()).or_insert((minute, 0));
    if *known != minute {
        (*known, *count) = (minute, 0);
    }
    *count += 1;
    if *count <= limit.calls_per_minute {
        return Ok(());
    }
    let (seconds, as_text) = (limit.retry_after_seconds, limit.as_text);
    Err(ApiError::RateLimited { reason: "too_many_requests", seconds, as_text })
}

fn app_view(dropbox: &Dropbox, me: AccountRef, name: &str) -> Result<View, ApiError> {
    let known = {
        let tree = dropbox.read_tree();
        let home = tree.accounts[me as usize].home;
        let top = tree.namespaces[home as usize].root;
        let view = View { account: me, root: top, home };
        tree.follow(&view, top, &format!("Apps/{name}")).map(|root| View { root, ..view })
    };
    match known {
        Some(view) => Ok(view),
        None => dropbox.change_tree(|tree, _| {
            let home = tree.accounts[me as usize].home;
            let top = tree.namespaces[home as usize].root;
            let root = tree
                .ensure_folder(top, &format!("Apps/{name}"))
                .map_err(|error| ApiError::malformed(error.to_string()))?;
            Ok(View { account: me, root, home })
        }),
    }
}

/// Reads `Dropbox-API-Path-Root`; without it paths start at home.
pub fn path_root(tree: &Tree, me: AccountRef, headers: &HeaderMap) -> Result<View, ApiError> {
    let home = tree.accounts[me as usize].home;
    let at = |namespace: u32| View { account: me, root: tree.namespaces[namespace as usize].root, home };
    let Some(raw) = header(headers, "dropbox-api-path-root") else { return Ok(at(home)) };
    let label = "HTTP header \"Dropbox-API-Path-Root\"";
    let wish: Value = serde_json::from_str(raw)
        .map_err(|_| ApiError::malformed(format!("{label}: could not decode input as JSON")))?;
    let tag = tag_of(&wish).unwrap_or_default();
    let number = |field: &str| -> Result<Option<u32>, ApiError> {
        let text = wish[field]
            .as_str()
            .ok_or_else(|| ApiError::malformed(format!("{label}: missing required field '{field}'")))?;
        Ok(text.parse().ok().and_then(|id| tree.find_namespace(id)))
    };
    match tag {
        "home" => Ok(at(home)),
        "root" => match number("root")? {
            Some(namespace) if namespace == tree.root_of(me) => Ok(at(namespace)),
            _ => Err(ApiError::invalid_root(&users::root_info(tree, me))),
        },
        "namespace_id" => number("namespace_id")?
            .filter(|namespace| tree.access_to(me, *namespace).is_some())
            .map(at)
            .ok_or_else(ApiError::no_root_permission),
        other => Err(ApiError::malformed(format!("{label}: invalid tag: {other}"))),
    }
}

/// Finds the argument where the route's style puts it.
pub fn read_args(route: &Route, query: &str, headers: &HeaderMap, body: &Bytes) -> Result<Args, ApiError> {
    let content_type = header(headers, "content-type").unwrap_or_default();
    let bad_type = |expected: &str| {
        ApiError::malformed(format!(
            "Bad HTTP \"Content-Type\" header: \"{content_type}\". Expecting one of {expected}."
        ))
    };
    if route.style == Style::Rpc {
        let known =
            ["application/json", "application/json; charset=utf-8", "text/plain; charset=dropbox-cors-hack"];
        let fits = known.iter().any(|known| known.eq_ignore_ascii_case(content_type));
        if route.void && body.is_empty() && content_type.is_empty() {
            return Args::read(Source::Body, "{}");
        }
        if !fits {
            return Err(bad_type(
                "\"application/json\", \"application/json; charset=utf-8\", \"text/plain; charset=dropbox-cors-hack\"",
            ));
        }
        let text = std::str::from_utf8(body)
            .map_err(|_| ApiError::malformed("request body: could not decode input as JSON"))?;
        if route.void {
            return match text.trim() {
                "null" => Args::read(Source::Body, "{}"),
                "" => Err(ApiError::malformed("request body: could not decode input as JSON")),
                _ => Err(ApiError::malformed("request body: expected null, got value")),
            };
        }
        return Args::read(Source::Body, text);
    }
    let plain = ["", "application/octet-stream", "text/plain", "text/plain; charset=utf-8"];
    let cors = "text/plain; charset=dropbox-cors-hack";
    let fits = plain.contains(&content_type) || content_type == cors;
    if !fits || (route.style == Style::Upload && content_type.is_empty()) {
        return Err(bad_type("\"application/octet-stream\", \"text/plain; charset=dropbox-cors-hack\""));
    }
    if route.style == Style::Download && !body.is_empty() {
        return Err(ApiError::malformed("You provided a non-empty HTTP request body. It must be empty."));
    }
    match headers.get("dropbox-api-arg") {
        Some(raw) => match raw.to_str() {
            Ok(text) if !text.contains('\u{7f}') => Args::read(Source::Header, text),
            _ => Err(ApiError::malformed(
                "HTTP header \"Dropbox-API-Arg\": could not decode input as JSON: \
                 characters outside ASCII must be escaped",
            )),
        },
        None => {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let arg = pairs.into_iter().find(|(name, _)| name == "arg").map(|(_, value)| value);
            let arg = arg.ok_or_else(|| {
                ApiError::malformed("Must provide HTTP header \"Dropbox-API-Arg\" or URL parameter \"arg\".")
            })?;
            Args::read(Source::Query, &arg)
        }
    }
}

fn dispatch(call: &Call<'_>) -> Outcome {
    let (room, name) = call.route.name.split_once('/').unwrap_or(("", call.route.name));
    match room {
        "files" => files::dispatch(call, name),
        "sharing" => sharing::dispatch(call, name),
        _ => users::dispatch(call),
    }
}

/// Shapes a reply as the route's style wants it.
fn answer(call: &Call<'_>, reply: Reply) -> Answer {
    let (result, bytes, content_type, name, etag) = match reply {
        Reply::Json(value) => return Answer::new(200, "application/json", value.to_string()),
        Reply::Content { result, bytes, content_type, name, etag } => {
            (result, bytes, content_type, name, etag)
        }
    };
    let etag = etag.map(|etag| format!("W/\"{etag}\""));
    if etag.is_some() && call.header("if-none-match") == etag.as_deref() {
        return Answer::empty(304).with_header("ETag", etag.unwrap_or_default());
    }
    let length = bytes.len() as u64;
    let range = if etag.is_some() { call.header("range") } else { None };
    let (status, sent, content_range) = match answer_range(range, length) {
        RangeAnswer::Whole => (200, bytes, None),
        RangeAnswer::Part { first, last } => {
            let part = bytes.slice(first as usize..=last as usize);
            (206, part, Some(format!("bytes {first}-{last}/{length}")))
        }
        RangeAnswer::Unsatisfiable => {
            return Answer::empty(416).with_header("Content-Range", format!("bytes */{length}"));
        }
    };
    let mut answer = Answer::new(status, &content_type, sent)
        .with_header("Dropbox-API-Result", header_json(&result))
        .with_header("Original-Content-Length", length.to_string())
        .with_header("Content-Disposition", disposition(&name))
        .with_header("Vary", "Dropbox-API-Arg, Authorization")
        .with_header("Cache-Control", if etag.is_some() { "no-cache" } else { "max-age=0" });
    if let Some(etag) = etag {
        answer = answer.with_header("ETag", etag).with_header("Accept-Ranges", "bytes");
    }
    if let Some(content_range) = content_range {
        answer = answer.with_header("Content-Range", content_range);
    }
    answer
}

fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ' { c } else { '_' })
        .collect();
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// A node looked up by one of the path forms, perhaps at an earlier revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub node: NodeRef,
    pub version: Option<u16>,
}

/// Wraps a value in a reply.
pub fn ok(value: Value) -> Outcome {
    Ok(Reply::Json(value))
}

/// The empty result of a void route.
pub fn nothing() -> Outcome {
    Ok(Reply::Json(json!(null)))
}
