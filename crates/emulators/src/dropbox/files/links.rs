//! `get_temporary_link`: addresses on another origin that need no token and end after four hours.

use axum::http::HeaderMap;
use serde_json::json;

use super::content::{readable, revision_of};
use super::render::Rendering;
use crate::dropbox::args::PathForm;
use crate::dropbox::call::{Call, Found, header, ok};
use crate::dropbox::errors::ApiError;
use crate::dropbox::lookup;
use crate::dropbox::state::Dropbox;
use crate::kernel::answer::Answer;
use crate::kernel::range::{RangeAnswer, answer_range};
use crate::kernel::secret::random_token;

/// What a temporary link leads to.
#[derive(Debug, Clone, Copy)]
pub struct TemporaryLink {
    found: Found,
    expires_ms: i64,
}

pub fn create(call: &Call<'_>) -> crate::dropbox::call::Outcome {
    call.args.only(&["path"])?;
    let path = call.args.path("path", PathForm::Read)?;
    let tree = call.dropbox.read_tree();
    if !tree.accounts[call.me as usize].email_verified {
        return Err(ApiError::route("email_not_verified"));
    }
    if call.switches.links_banned {
        return Err(ApiError::route("not_allowed"));
    }
    let found = lookup::find(&tree, call, path).map_err(|tag| ApiError::route(&format!("path/{tag}")))?;
    let data = readable(&tree, found)?;
    let extra = data.extra.as_ref();
    if extra.is_some_and(|extra| extra.export.is_some() || extra.unsupported) {
        return Err(ApiError::route("unsupported_file"));
    }
    let key = random_token("", 60);
    let link = format!("{}/cd/0/get/{key}/file", call.dropbox.files_base);
    let expires_ms = call.now_ms + call.switches.temporary_link_seconds * 1000;
    let mut links = call.dropbox.temporary_links.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    links.insert(key, TemporaryLink { found, expires_ms });
    let metadata = Rendering::new(&tree, &call.view).plain(found.node, found.version);
    ok(json!({"metadata": metadata, "link": link}))
}

/// Answers on the other origin. A bearer token has no business there.
pub fn serve(dropbox: &Dropbox, path: &str, headers: &HeaderMap) -> Answer {
    let refuse = |status, text: &str| Answer::new(status, "text/plain; charset=utf-8", text.to_owned());
    if headers.contains_key("authorization") {
        return refuse(400, "This address takes no Authorization header.");
    }
    let key = path.strip_prefix("/cd/0/get/").and_then(|rest| rest.strip_suffix("/file"));
    let links = dropbox.temporary_links.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let Some(link) = key.and_then(|key| links.get(key)).copied() else {
        return refuse(404, "Not found");
    };
    drop(links);
    if dropbox.now_ms() >= link.expires_ms {
        return refuse(410, "This link has expired.");
    }
    let tree = dropbox.read_tree();
    let node = tree.node(link.found.node);
    let Some(data) = tree.file(link.found.node).filter(|_| node.deleted.is_none()) else {
        return refuse(404, "Not found");
    };
    let bytes = revision_of(data, link.found).content.read();
    let length = bytes.len() as u64;
    let mime = mime_guess::from_path(&*node.name).first_or_octet_stream().to_string();
    let answer = match answer_range(header(headers, "range"), length) {
        RangeAnswer::Whole => Answer::new(200, &mime, bytes),
        RangeAnswer::Part { first, last } => {
            Answer::new(206, &mime, bytes.slice(first as usize..=last as usize))
                .with_header("Content-Range", format!("bytes {first}-{last}/{length}"))
        }
        RangeAnswer::Unsatisfiable => {
            return Answer::empty(416).with_header("Content-Range", format!("bytes */{length}"));
        }
    };
    answer.with_header("Accept-Ranges", "bytes").with_header("Cache-Control", "max-age=60")
}
