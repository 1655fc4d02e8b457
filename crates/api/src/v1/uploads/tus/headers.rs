//! The headers of the protocol, read strictly and written in one place.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gangway_app::{Checksum, ChecksumAlgorithm, UploadReport};

use super::ROOT;
use crate::problem::{ApiError, ApiResult};
use crate::state::ApiState;

pub const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
/// The content type of bytes that are appended.
pub const BYTES: &str = "application/offset+octet-stream";

pub const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub const VERSIONS: HeaderName = HeaderName::from_static("tus-version");
pub const LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub const DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
pub const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
pub const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// What pages of other origins may send.
pub const SENT: [HeaderName; 7] =
    [RESUMABLE, LENGTH, DEFER_LENGTH, OFFSET, METADATA, CHECKSUM, METHOD_OVERRIDE];
/// What they may read.
pub const ANSWERED: [HeaderName; 10] = [
    RESUMABLE,
    VERSIONS,
    EXTENSION,
    MAX_SIZE,
    CHECKSUM_ALGORITHM,
    LENGTH,
    DEFER_LENGTH,
    OFFSET,
    METADATA,
    EXPIRES,
];

/// Says what is spoken here to whoever asks by `OPTIONS`, also when browsers' questions are answered before any
/// handler.
pub async fn announce(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let ours = path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let asked = ours && request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    if asked && response.status().is_success() {
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(RESUMABLE, VERSION);
        headers.insert(VERSIONS, VERSION);
        let extensions = "creation,creation-with-upload,expiration,checksum,termination";
        headers.insert(EXTENSION, HeaderValue::from_static(extensions));
        headers.insert(MAX_SIZE, HeaderValue::from(state.app.settings.upload.max_file_bytes));
        let algorithms = ChecksumAlgorithm::ALL.map(ChecksumAlgorithm::as_str).join(",");
        if let Ok(algorithms) = HeaderValue::from_str(&algorithms) {
            headers.insert(CHECKSUM_ALGORITHM, algorithms);
        }
    }
    response
}

/// Where an upload stands, as headers.
pub fn of(report: &UploadReport) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(OFFSET, HeaderValue::from(report.offset));
    let expires = report.expires_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(expires) = HeaderValue::from_str(&expires) {
        headers.insert(EXPIRES, expires);
    }
    headers
}

/// The same with everything that was said at the beginning.
pub fn of_all(report: &UploadReport) -> HeaderMap {
    let mut headers = of(report);
    match report.length {
        Some(length) => headers.insert(LENGTH, HeaderValue::from(length)),
        None => headers.insert(DEFER_LENGTH, HeaderValue::from_static("1")),
    };
    let metadata = report.about.metadata.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
    if let Some(metadata) = metadata {
        headers.insert(METADATA, metadata);
    }
    headers
}

/// A header's text, which may be there once.
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> ApiResult<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ApiError::invalid(name.as_str(), "must be there once"));
    }
    let text = value.to_str().map_err(|_| ApiError::invalid(name.as_str(), "must be ASCII"))?;
    Ok(Some(text.trim()))
}

/// A number of bytes. Signs and the like are not digits.
pub fn number(headers: &HeaderMap, name: &HeaderName) -> ApiResult<Option<u64>> {
    let Some(text) = text(headers, name)? else { return Ok(None) };
    let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    match number.filter(|number| i64::try_from(*number).is_ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(ApiError::invalid(name.as_str(), "must be a whole number of bytes")),
    }
}

pub fn checksum(headers: &HeaderMap) -> ApiResult<Option<Checksum>> {
    let Some(text) = text(headers, &CHECKSUM)? else { return Ok(None) };
    let (name, digest) = text.split_once(' ').unwrap_or((text, ""));
    let algorithm = ChecksumAlgorithm::ALL.into_iter().find(|known| known.as_str() == name);
    let algorithm =
        algorithm.ok_or_else(|| ApiError::invalid(CHECKSUM.as_str(), "must be sha1 or sha256"))?;
    let digest = STANDARD.decode(digest.trim());
    let digest =
        digest.map_err(|_| ApiError::invalid(CHECKSUM.as_str(), "must be a name and a digest in Base64"))?;
    Ok(Some(Checksum { algorithm, digest }))
}

/// Whether the content type is that of bytes to be appended.
pub fn is_bytes(headers: &HeaderMap) -> bool {
    let declared = headers.get(axum::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(BYTES)
}
