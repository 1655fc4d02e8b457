//! The batch endpoint: up to 100 calls in one multipart body, none of them for media.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;

use super::answer::Answer;
use super::errors::ApiError;
use super::server::answer_call;
use super::state::Google;
use crate::kernel::secret::random_token;

const MAX_CALLS: usize = 100;

/// One call of a batch.
#[derive(Debug)]
struct Part {
    content_id: Option<String>,
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

pub async fn run(google: &Arc<Google>, headers: &HeaderMap, body: &Bytes) -> Answer {
    let parts = match read_parts(headers, body) {
        Ok(parts) => parts,
        Err(error) => return error.into_answer(),
    };
    let boundary = random_token("batch_", 18);
    let mut text: Vec<u8> = Vec::new();
    for part in parts {
        let answer = if part.query.contains("alt=media") || part.path.ends_with("/export") {
            ApiError::bad_request("Media downloads are not supported in a batch.").into_answer()
        } else {
            let (answer, _) =
                answer_call(google, &part.method, &part.path, &part.query, &part.headers, &part.body).await;
            answer
        };
        append(&mut text, &boundary, part.content_id.as_deref(), &answer);
    }
    text.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Answer::new(200, &format!("multipart/mixed; boundary={boundary}"), text)
}

fn append(out: &mut Vec<u8>, boundary: &str, content_id: Option<&str>, answer: &Answer) {
    let reason = StatusCode::from_u16(answer.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown");
    let mut head = format!("--{boundary}\r\nContent-Type: application/http\r\n");
    if let Some(id) = content_id {
        let bare = id.trim_start_matches('<').trim_end_matches('>');
        head.push_str(&format!("Content-ID: <response-{bare}>\r\n"));
    }
    head.push_str(&format!("\r\nHTTP/1.1 {} {reason}\r\n", answer.status));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", answer.body.len()));
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&answer.body);
    out.extend_from_slice(b"\r\n");
}

fn read_parts(headers: &HeaderMap, body: &Bytes) -> Result<Vec<Part>, ApiError> {
    let malformed = || ApiError::bad_request("Failed to parse batch request.");
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok());
    let boundary = kind
        .filter(|kind| kind.starts_with("multipart/mixed"))
        .and_then(|kind| kind.split("boundary=").nth(1))
        .map(|rest| rest.split(';').next().unwrap_or(rest).trim().trim_matches('"'))
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(malformed)?;
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let text = text.replace("\r\n", "\n");
    let mut parts = Vec::new();
    for piece in text.split(&format!("--{boundary}")).skip(1) {
        if piece.starts_with("--") {
            break;
        }
        parts.push(read_part(piece.trim_start_matches('\n'), headers).ok_or_else(malformed)?);
    }
    if parts.is_empty() {
        return Err(malformed());
    }
    if parts.len() > MAX_CALLS {
        let message = format!("The batch request has more than {MAX_CALLS} calls.");
        return Err(ApiError::new(400, "batchTooLarge", message));
    }
    Ok(parts)
}

/// Reads the outer headers, the request line, the inner headers and the body of one part.
fn read_part(piece: &str, outer: &HeaderMap) -> Option<Part> {
    let (part_headers, http) = piece.split_once("\n\n")?;
    let content_id = part_headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-id").then(|| value.trim().to_owned())
    });
    let (head, body) = http.split_once("\n\n").unwrap_or((http.trim_end(), ""));
    let mut lines = head.lines();
    let mut request = lines.next()?.split_whitespace();
    let method = request.next()?.to_owned();
    let target = request.next()?;
    let target = match target.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    // A call without credentials of its own uses those of the batch.
    if let Some(value) = outer.get("authorization") {
        headers.insert("authorization", value.clone());
    }
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        headers.insert(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    let body = Bytes::copy_from_slice(body.trim_end().as_bytes());
    Some(Part { content_id, method, path: path.to_owned(), query: query.to_owned(), headers, body })
}
