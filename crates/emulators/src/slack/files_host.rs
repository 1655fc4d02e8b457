//! The file host, an address of its own: bytes for the right bearer, a sign-in page for everyone else.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use url::form_urlencoded::byte_serialize;

use super::call::{bearer, file_visible};
use super::methods::upload_secret;
use super::oauth::authorize::sign_in_page;
use super::server::{answer_of, finish};
use super::state::{FileRefusal, Slack};
use super::tokens::Kind;
use super::workspace::{Content, FileMode, SlackFile};
use crate::kernel::answer::Answer;
use crate::kernel::clock::http_date;
use crate::kernel::range::{RangeAnswer, answer_range};

const MAX_UPLOAD: usize = 256 * 1024 * 1024;

/// A grey dot: the emulator draws no previews.
const DOT_PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00,
    0x00, 0x00, 0x0D, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0x68, 0x68, 0x68, 0xF8, 0x0F, 0x00, 0x05,
    0x84, 0x02, 0x81, 0xF2, 0x6C, 0x7C, 0x4D, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42,
    0x60, 0x82,
];

pub fn router(slack: Arc<Slack>) -> Router {
    Router::new().fallback(serve).with_state(slack)
}

async fn serve(State(slack): State<Arc<Slack>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_UPLOAD).await else {
        return Answer::empty(413).into_response(None);
    };
    let path = parts.uri.path();
    let method = parts.method.as_str();
    let operation = match path.split('/').nth(1) {
        Some("files-pri") => "files.download",
        Some("files-tmb") => "files.thumbnail",
        Some("upload") => "files.upload",
        _ => "files.unknown",
    };
    let effect = slack.kernel.faults.strike(operation, method, path).unwrap_or_default();
    let answer = if effect.replaces_answer() {
        answer_of(&effect)
    } else if operation == "files.upload" && method == "POST" {
        upload(&slack, path, &parts.headers, body)
    } else if matches!(method, "GET" | "HEAD") {
        download(&slack, path, &parts.headers)
    } else {
        Answer::empty(405)
    };
    let query = parts.uri.query().unwrap_or_default();
    let answer = finish(&slack, operation, method, path, query, answer, &effect).await;
    answer.into_response(effect.cut_after_bytes)
}

/// Answers `/files-pri/<team>-<file>/[download/]<name>` and `/files-tmb/<team>-<file>/<name>`.
fn download(slack: &Slack, path: &str, headers: &HeaderMap) -> Answer {
    let mut parts = path.trim_start_matches('/').split('/');
    let (place, whose, third) = (parts.next(), parts.next(), parts.next());
    let id = whose.and_then(|text| text.split('-').nth(1)).unwrap_or_default();
    let workspace = slack.read();
    let Some(file) = workspace.files.get(id) else {
        return not_found();
    };
    let let_in = bearer(headers).is_some_and(|text| {
        let found = slack.tokens().authenticate(&slack.kernel.authz, &workspace, &text, slack.now_ms());
        found.is_ok_and(|token| {
            token.has("files:read")
                && workspace
                    .users
                    .get(&token.holder.user_id)
                    .is_some_and(|me| file_visible(&workspace, file, me, token.holder.kind == Kind::Bot))
        })
    });
    if !let_in {
        return match slack.switches().file_refusal {
            FileRefusal::SignInPage => sign_in_page(&workspace.team().name),
            FileRefusal::Redirect => {
                let back: String = byte_serialize(path.as_bytes()).collect();
                Answer::redirect(&format!("{}?redir={back}", workspace.url))
                    .with_header("x-slack-meta", "file_server;reason=acl_fail")
            }
        };
    }
    if file.deleted || file.mode == FileMode::External || file.pending {
        return not_found();
    }
    match place {
        Some("files-tmb") => Answer::new(200, "image/png", DOT_PNG),
        Some("files-pri") => content(file, third == Some("download"), headers),
        _ => not_found(),
    }
}

fn content(file: &SlackFile, as_attachment: bool, headers: &HeaderMap) -> Answer {
    let bytes = file.content.bytes();
    let kind = match file.mode {
        FileMode::Canvas | FileMode::Quip => "text/html; charset=utf-8".to_owned(),
        _ if file.mimetype.starts_with("text/") => format!("{}; charset=utf-8", file.mimetype),
        _ => file.mimetype.clone(),
    };
    let length = bytes.len() as u64;
    let range = headers.get("range").and_then(|value| value.to_str().ok());
    let answer = match answer_range(range, length) {
        RangeAnswer::Whole => Answer::new(200, &kind, bytes),
        RangeAnswer::Part { first, last } => {
            Answer::new(206, &kind, bytes.slice(first as usize..=last as usize))
                .with_header("Content-Range", format!("bytes {first}-{last}/{length}"))
        }
        RangeAnswer::Unsatisfiable => {
            return Answer::empty(416).with_header("Content-Range", format!("bytes */{length}"));
        }
    };
    let name: String = byte_serialize(file.name.as_deref().unwrap_or("untitled").as_bytes()).collect();
    let way = if as_attachment { "attachment" } else { "inline" };
    answer
        .with_header("Content-Disposition", format!("{way}; filename*=UTF-8''{}", name.replace('+', "%20")))
        .with_header("Accept-Ranges", "bytes")
        .with_header("Cache-Control", "private, max-age=21600")
        .with_header("Last-Modified", http_date(file.edited.unwrap_or(file.created) * 1000))
        .with_header("x-content-type-options", "nosniff")
        .with_header("Server", "Apache")
}

/// Takes the bytes of an upload, raw or as the only part of a form.
fn upload(slack: &Slack, path: &str, headers: &HeaderMap, body: Bytes) -> Answer {
    let secret = path.trim_start_matches("/upload/v1/");
    let id = secret.split('-').next().unwrap_or_default().to_owned();
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
    let bytes = match kind.split_once("boundary=") {
        Some((_, boundary)) => match only_part(&body, boundary.trim_matches('"')) {
            Some(part) => part,
            None => return Answer::new(400, "text/plain", "bad request"),
        },
        None => body,
    };
    let size = bytes.len();
    let taken = slack.change(|workspace, _| {
        let file = workspace.files.get_mut(&id).filter(|file| file.pending)?;
        let fits = upload_secret(&id) == secret && file.content.len() == size as u64;
        fits.then(|| file.content = Content::Bytes(bytes))
    });
    match taken {
        Some(()) => Answer::new(200, "text/plain", format!("OK - {size}")),
        None => Answer::new(400, "text/plain", "bad request"),
    }
}

fn only_part(body: &Bytes, boundary: &str) -> Option<Bytes> {
    let find = |needle: &[u8], from: usize| {
        body[from..].windows(needle.len()).position(|window| window == needle).map(|at| at + from)
    };
    let start = find(b"\r\n\r\n", 0)? + 4;
    let end = find(format!("\r\n--{boundary}").as_bytes(), start)?;
    Some(body.slice(start..end))
}

fn not_found() -> Answer {
    Answer::html(404, "<!DOCTYPE html><html><title>Page Not Found | Slack</title></html>\n".to_owned())
}
