//! `conversations.history` and `conversations.replies`.

use serde_json::{Value, json};

use super::paging::{cursor, read_cursor};
use crate::slack::call::Call;
use crate::slack::errors::ApiError;
use crate::slack::render::messages as render;
use crate::slack::workspace::{ChannelKind, Ts};

const RESTRICTED: usize = 15;

/// The moments between which messages are asked for; both ends are inside.
struct Window {
    oldest: Ts,
    latest: Ts,
}

fn window(call: &Call<'_>) -> Result<Window, ApiError> {
    let inclusive = call.args.flag("inclusive");
    let read = |name: &str, error: &'static str| match call.args.get(name).as_deref() {
        None | Some("now") => Ok(None),
        Some(text) => Ts::parse(text).map(Some).ok_or(ApiError::new(error)),
    };
    let step = i64::from(!inclusive);
    let oldest = read("oldest", "invalid_ts_oldest")?.filter(|ts| ts.0 > 0);
    let latest = read("latest", "invalid_ts_latest")?;
    Ok(Window {
        oldest: oldest.map_or(Ts(0), |ts| Ts(ts.0 + step)),
        latest: latest.map_or(Ts(i64::MAX), |ts| Ts(ts.0 - step)),
    })
}

fn next_ts(call: &Call<'_>) -> Result<Option<Ts>, ApiError> {
    match read_cursor(call, "next_ts")? {
        None => Ok(None),
        Some(place) => match place.parse::<i64>() {
            Ok(place) => Ok(Some(Ts(place))),
            Err(_) => Err("invalid_cursor".into()),
        },
    }
}

fn limit(call: &Call<'_>, method: &str, default: usize, max: usize) -> Result<usize, ApiError> {
    let limit = if call.is_restricted(method) {
        call.args.count("limit", RESTRICTED, RESTRICTED)?
    } else {
        call.args.count("limit", default, max)?
    };
    Ok(if call.switches.short_pages { limit.div_ceil(2) } else { limit })
}

/// Frames a page of messages; at the end there is no cursor at all.
fn framed(call: &Call<'_>, messages: Vec<Value>, next: Option<Ts>) -> Value {
    let mut body = json!({"messages": messages, "has_more": next.is_some()});
    if call.wants_empty_page() {
        let again = call.args.get("cursor").or(next.map(place)).unwrap_or_else(|| place(Ts(i64::MAX)));
        return json!({
            "messages": [], "has_more": true, "response_metadata": {"next_cursor": again},
        });
    }
    if let Some(next) = next {
        body["response_metadata"] = json!({"next_cursor": call.cursor_or_repeat(place(next))});
    }
    body
}

fn place(ts: Ts) -> String {
    cursor("next_ts", &ts.0.to_string())
}

pub fn history(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    let mut window = window(call)?;
    let limit = limit(call, "conversations.history", 100, 999)?;
    if let Some(next) = next_ts(call)? {
        window.latest = window.latest.min(next);
    }
    let workspace = call.slack.read();
    let channel = call.readable(&workspace, &id, "history")?;
    let log = &channel.log;
    let mut is_limited = false;
    if let Some(seconds) = call.hidden_before() {
        let edge = Ts(seconds * 1_000_000);
        is_limited = log.shown.first().is_some_and(|first| *first < edge);
        window.oldest = window.oldest.max(edge);
    }
    let mut page: Vec<Ts> = Vec::new();
    if window.oldest <= window.latest {
        page.extend(log.shown.range(window.oldest..=window.latest).rev().take(limit + 1));
    }
    let next = page.get(limit).copied();
    page.truncate(limit);
    let messages = page.into_iter().map(|ts| render::message(&workspace, channel, ts)).collect();
    let mut body = framed(call, messages, next);
    body["pin_count"] = log.pinned.len().into();
    body["channel_actions_ts"] = Value::Null;
    body["channel_actions_count"] = 0.into();
    for name in ["oldest", "latest"] {
        if let Some(asked) = call.args.get(name) {
            body[name] = asked.into();
        }
    }
    if is_limited {
        body["is_limited"] = true.into();
    }
    Ok(body)
}

pub fn replies(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.args.need("channel")?;
    let asked = call.args.need("ts")?;
    let window = window(call)?;
    let limit = limit(call, "conversations.replies", 1000, 1000)?;
    let from = next_ts(call)?.unwrap_or(Ts(0)).max(window.oldest);
    let workspace = call.slack.read();
    let channel = call.readable(&workspace, &id, "history")?;
    let in_direct = matches!(channel.kind, ChannelKind::Im | ChannelKind::Mpim);
    if call.is_bot() && call.switches.bot_replies_refused && !in_direct {
        return Err("not_allowed_token_type".into());
    }
    let ts = Ts::parse(&asked).ok_or("thread_not_found")?;
    let message = channel.log.messages.get(&ts).ok_or("thread_not_found")?;
    let mut shown = vec![render::message(&workspace, channel, ts)];
    let thread = channel.log.threads.get(&ts).filter(|_| message.is_reply_to(ts).is_none());
    let Some(thread) = thread else {
        // A reply's own timestamp finds that one message only.
        return Ok(framed(call, shown, None));
    };
    let room = limit.saturating_sub(1).max(1);
    let mut page: Vec<Ts> = Vec::new();
    if from <= window.latest {
        page.extend(thread.replies.range(from..=window.latest).take(room + 1));
    }
    let next = page.get(room).copied();
    shown.extend(page.into_iter().take(room).map(|ts| render::message(&workspace, channel, ts)));
    Ok(framed(call, shown, next))
}
