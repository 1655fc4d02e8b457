//! `list_folder/longpoll`: waits without credentials until something changes or time is up.

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::{Value, json};

use super::list::{CURSOR_KIND, is_void};
use crate::dropbox::call::read_args;
use crate::dropbox::cursor::{ListCursor, open};
use crate::dropbox::errors::ApiError;
use crate::dropbox::routes::Route;
use crate::dropbox::state::Dropbox;
use crate::dropbox::tree::View;
use crate::kernel::clock::pause_ms;
use crate::kernel::faults::Hint;

/// How often the stepped clock is looked at while waiting.
const LOOK_MS: u64 = 20;

pub async fn longpoll(
    dropbox: &Dropbox,
    route: &Route,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
    hint: Option<Hint>,
) -> Result<Value, ApiError> {
    let args = read_args(route, query, headers, body)?;
    args.only(&["cursor", "timeout"])?;
    let cursor: ListCursor = open(CURSOR_KIND, args.text("cursor")?)?;
    let timeout = args.number("timeout", 30, 480, 30)?;
    if hint == Some(Hint::ExpiredCursor) {
        return Err(ApiError::route("reset"));
    }
    let switches = dropbox.switches();
    let wait_ms = (timeout + switches.longpoll_jitter_seconds) as i64 * 1000;
    let deadline = dropbox.now_ms() + wait_ms;
    let mut changed = dropbox.changed.subscribe();
    loop {
        changed.borrow_and_update();
        let news = has_news(dropbox, &cursor)?;
        if news || dropbox.now_ms() >= deadline {
            let mut answer = json!({"changes": news});
            if let Some(seconds) = switches.longpoll_backoff {
                answer["backoff"] = seconds.into();
            }
            return Ok(answer);
        }
        // The wait is real, but time may be stepped: whichever comes first is looked at.
        tokio::select! {
            _ = changed.changed() => {}
            () = pause_ms(LOOK_MS) => {}
        }
    }
}

/// Says whether anything changed in what the cursor's owner sees. Like the real service it does not look closer.
fn has_news(dropbox: &Dropbox, cursor: &ListCursor) -> Result<bool, ApiError> {
    let tree = dropbox.read_tree();
    if is_void(&tree, cursor) {
        return Err(ApiError::route("reset"));
    }
    if cursor.phase.is_some() {
        return Ok(true);
    }
    let home = tree.accounts[cursor.account as usize].home;
    let top = tree.namespaces[tree.node(cursor.root).namespace as usize].root;
    let view = View { account: cursor.account, root: top, home };
    let mut namespaces = tree.namespaces_below(&view, top, true);
    namespaces.push(tree.node(cursor.base).namespace);
    let news = tree.journal()[cursor.seen as usize..].iter().any(|entry| {
        let for_me = entry.only.is_none_or(|only| only == cursor.account);
        for_me && namespaces.contains(&entry.namespace)
    });
    Ok(news)
}
