//! Signed addresses of uploaded files, and the object store at another origin that honours them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::ids::{self, Id};
use super::state::Notion;
use super::workspace::StoredFile;
use crate::kernel::answer::Answer;
use crate::kernel::clock::{parse_rfc3339, rfc3339};
use crate::kernel::range::{RangeAnswer, answer_range};
use crate::kernel::secret::{random_token, same_secret};

const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~');
const CREDENTIAL: &str = "EMULATEDNOTIONFILES";

/// Makes and checks signed addresses.
pub struct FileSigner {
    /// The object store's address, without a trailing slash.
    pub base: String,
    key: hmac::Key,
    pub life_s: AtomicI64,
}

impl FileSigner {
    pub fn new(base: String) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, random_token("", 32).as_bytes());
        Self { base, key, life_s: AtomicI64::new(3600) }
    }

    /// Returns an address that works until the returned moment; never the same twice.
    pub fn sign(&self, workspace: Id, file: &StoredFile, now_ms: i64) -> (String, i64) {
        let begins_ms = now_ms - now_ms.rem_euclid(1000);
        let life_s = self.life_s.load(Ordering::Relaxed);
        let name = utf8_percent_encode(&file.name, NAME);
        let path = format!("/{}/{}/{name}", ids::show(workspace), ids::show(file.id));
        let date = compact(begins_ms);
        let nonce = random_token("", 18);
        let signature = self.signature(&path, &date, life_s, &nonce);
        let day = &date[..8];
        let url = format!(
            "{}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential={CREDENTIAL}%2F{day}%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date={date}&X-Amz-Expires={life_s}&X-Amz-Security-Token={nonce}&X-Amz-Signature={signature}&X-Amz-SignedHeaders=host&x-id=GetObject",
            self.base
        );
        (url, begins_ms + life_s * 1000)
    }

    fn signature(&self, path: &str, date: &str, life_s: i64, nonce: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{path}\n{date}\n{life_s}\n{nonce}").as_bytes());
        hex(tag.as_ref())
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// `2026-03-12T07:32:16.000Z` as `20260312T073216Z`.
fn compact(at_ms: i64) -> String {
    let text = rfc3339(at_ms);
    let digits: String =
        text[..19].chars().filter(|character| *character != '-' && *character != ':').collect();
    digits + "Z"
}

fn spread(date: &str) -> Option<i64> {
    if date.len() != 16 || !date.is_ascii() {
        return None;
    }
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..8],
        &date[9..11],
        &date[11..13],
        &date[13..15]
    );
    parse_rfc3339(&text).ok()
}

/// Answers a call at the object store.
pub fn serve(notion: &Arc<Notion>, method: &str, path: &str, query: &str, headers: &HeaderMap) -> Answer {
    if headers.contains_key("authorization") {
        return xml(
            400,
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
            "<ArgumentName>Authorization</ArgumentName>",
        );
    }
    if method != "GET" && method != "HEAD" {
        return xml(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            "",
        );
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let date = get("X-Amz-Date");
    let (Some(begins_ms), Ok(life_s)) = (spread(date), get("X-Amz-Expires").parse::<i64>()) else {
        return xml(403, "AccessDenied", "Access Denied", "");
    };
    let expected = notion.signer.signature(path, date, life_s, get("X-Amz-Security-Token"));
    if !same_secret(&expected, get("X-Amz-Signature")) {
        return xml(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            "",
        );
    }
    let now_ms = notion.now_ms();
    let expires_ms = begins_ms + life_s * 1000;
    if now_ms >= expires_ms {
        let more = format!(
            "<X-Amz-Expires>{life_s}</X-Amz-Expires><Expires>{}</Expires><ServerTime>{}</ServerTime>",
            rfc3339(expires_ms),
            rfc3339(now_ms)
        );
        return xml(403, "AccessDenied", "Request has expired", &more);
    }
    let store = notion.read();
    let id = path.split('/').nth(2).and_then(ids::parse);
    let Some(file) = id.and_then(|id| store.files.get(&id)) else {
        return xml(404, "NoSuchKey", "The specified key does not exist.", "");
    };
    let bytes = file.bytes.read();
    let range = headers.get("range").and_then(|value| value.to_str().ok());
    let length = bytes.len() as u64;
    let answer = match answer_range(range, length) {
        RangeAnswer::Whole => Answer::new(200, &file.content_type, bytes),
        RangeAnswer::Part { first, last } => {
            let part = bytes.slice(first as usize..=last as usize);
            Answer::new(206, &file.content_type, part)
                .with_header("Content-Range", format!("bytes {first}-{last}/{length}"))
        }
        RangeAnswer::Unsatisfiable => {
            return xml(416, "InvalidRange", "The requested range is not satisfiable", "");
        }
    };
    let tag = ids::show_bare(ids::of_key("etag", &ids::show(file.id)));
    answer
        .with_header("ETag", format!("\"{tag}\""))
        .with_header("Accept-Ranges", "bytes")
        .with_header("Server", "AmazonS3")
}

fn xml(status: u16, code: &str, message: &str, more: &str) -> Answer {
    let request = random_token("", 12);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}<RequestId>{request}</RequestId></Error>"
    );
    Answer::new(status, "application/xml", body).with_header("Server", "AmazonS3")
}
