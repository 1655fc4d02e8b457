//! Downloads: bounded, checked for their length, taken up again where they broke off.

use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::call::{self, Body, Reply};
use super::request::Request;
use super::transport;
use crate::entry::ByteStream;
use crate::error::{ConnectorError, Disposition};

/// An answer whose bytes are on their way.
pub struct Download {
    pub headers: HeaderMap,
    /// The total, when the answer tells.
    pub size: Option<u64>,
    pub bytes: ByteStream,
}

impl Download {
    pub fn media_type(&self) -> Option<&str> {
        self.headers.get(header::CONTENT_TYPE)?.to_str().ok()
    }
}

/// Starts a download.
pub(super) async fn start(
    mut request: Request,
    max_bytes: u64,
    most_resumes: u32,
) -> Result<Download, ConnectorError> {
    // Ranges and lengths are those of the bytes themselves, so nothing may be compressed on the way.
    let identity = HeaderValue::from_static("identity");
    request.headers.insert(header::ACCEPT_ENCODING, identity);
    let reply = call::run(&request, Body::Open).await?;
    let Reply { headers, open: Some(response), .. } = reply else {
        return Err(interrupted(&request));
    };
    let size = response.content_length();
    if size.is_some_and(|size| size > max_bytes) {
        return Err(too_large(max_bytes));
    }
    let is_encoded = headers.contains_key(header::CONTENT_ENCODING);
    let flow = Flow {
        etag: headers.get(header::ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/")).cloned(),
        resumes_left: if is_encoded { 0 } else { most_resumes },
        request,
        response,
        received: 0,
        to_skip: 0,
        size,
        max_bytes,
    };
    let bytes = stream::unfold(Some(flow), |flow| async {
        let mut flow = flow?;
        match flow.next().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(flow))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    Ok(Download { headers, size, bytes: Box::pin(bytes) })
}

struct Flow {
    request: Request,
    response: reqwest::Response,
    received: u64,
    /// Bytes at the front of the present answer that we have already.
    to_skip: u64,
    size: Option<u64>,
    etag: Option<HeaderValue>,
    resumes_left: u32,
    max_bytes: u64,
}

impl Flow {
    async fn next(&mut self) -> Result<Option<Bytes>, ConnectorError> {
        loop {
            match self.response.chunk().await {
                Ok(Some(chunk)) => {
                    if let Some(chunk) = self.accept(chunk)? {
                        return Ok(Some(chunk));
                    }
                }
                Ok(None) if self.is_complete() => return Ok(None),
                Ok(None) | Err(_) => self.resume().await?,
            }
        }
    }

    fn accept(&mut self, mut chunk: Bytes) -> Result<Option<Bytes>, ConnectorError> {
        let known = self.to_skip.min(chunk.len() as u64);
        self.to_skip -= known;
        let chunk = chunk.split_off(known as usize);
        self.received += chunk.len() as u64;
        if self.received > self.max_bytes {
            return Err(too_large(self.max_bytes));
        }
        Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }

    fn is_complete(&self) -> bool {
        self.to_skip == 0 && self.size.is_none_or(|size| size == self.received)
    }

    /// Asks for the rest. Content that changed meanwhile is an error: two halves make no whole.
    async fn resume(&mut self) -> Result<(), ConnectorError> {
        if self.resumes_left == 0 {
            return Err(interrupted(&self.request));
        }
        self.resumes_left -= 1;
        tracing::debug!(name = self.request.name, received = self.received, "download resumes");
        let mut request = self.request.clone();
        if self.received > 0 {
            let range = format!("bytes={}-", self.received);
            let range = HeaderValue::try_from(range).map_err(|_| interrupted(&self.request))?;
            request.headers.insert(header::RANGE, range);
            if let Some(etag) = &self.etag {
                request.headers.insert(header::IF_RANGE, etag.clone());
            }
        }
        let reply = call::run(&request, Body::Open).await?;
        let Some(response) = reply.open else { return Err(interrupted(&self.request)) };
        self.to_skip = match reply.status {
            StatusCode::PARTIAL_CONTENT if self.received > 0 => {
                let (start, total) = content_range(&reply.headers).ok_or_else(changed)?;
                let fits =
                    start == self.received && (self.size.is_none() || total.is_none() || self.size == total);
                if !fits {
                    return Err(changed());
                }
                0
            }
            // The whole again: with a validator that means other content, without one that the
            // server knows no ranges.
            _ if self.received > 0 && self.etag.is_some() => return Err(changed()),
            _ if response.content_length() != self.size => return Err(changed()),
            _ => self.received,
        };
        self.response = response;
        Ok(())
    }
}

/// Reads `bytes 100-199/1000` as its start and total.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

fn too_large(max_bytes: u64) -> ConnectorError {
    let message = format!("the content is larger than the limit of {max_bytes} bytes");
    ConnectorError::new("too_large", message, Disposition::SkipItem)
}

fn interrupted(request: &Request) -> ConnectorError {
    let message = format!("the download from {} broke off", transport::host(&request.url));
    ConnectorError::new("download_interrupted", message, Disposition::RetryLater { after: None })
}

fn changed() -> ConnectorError {
    let message = "the content changed while it was downloaded";
    ConnectorError::new("changed_meanwhile", message, Disposition::RetryLater { after: None })
}
