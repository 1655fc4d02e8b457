//! The parts of a multipart body, read as a stream in which nothing may grow without a limit.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use futures::Stream;
use gangway_app::Code;

use crate::problem::{ApiError, ApiResult};

/// Bytes of one part's headers, and of whatever else stands before a part.
const HEADER_LIMIT: usize = 16 * 1024;
/// Bytes handed to the parser at once: it takes all that is ready, and would keep all of it in memory.
const PIECE: usize = 32 * 1024;
/// The same while it looks for a part's headers: small, so that these are measured well.
const HEADER_PIECE: usize = 4 * 1024;

pub struct Parts {
    multipart: Multipart,
    meter: Arc<Meter>,
}

/// How much the parser has taken since it began to look for the next part.
#[derive(Default)]
struct Meter {
    looking: AtomicBool,
    taken: AtomicUsize,
    overrun: AtomicBool,
}

impl Parts {
    pub async fn open(request: Request) -> ApiResult<Self> {
        let meter = Arc::new(Meter::default());
        let metered = Arc::clone(&meter);
        let request = request.map(|body| {
            Body::from_stream(Metered {
                body: body.into_data_stream(),
                rest: Bytes::new(),
                meter: metered,
                paused: false,
            })
        });
        let multipart = Multipart::from_request(request, &())
            .await
            .map_err(|_| ApiError::invalid("content-type", "the content type names no boundary"))?;
        Ok(Self { multipart, meter })
    }

    /// The next part; the one before must have been read or dropped.
    pub async fn next(&mut self) -> ApiResult<Option<Field<'_>>> {
        self.meter.taken.store(0, Ordering::Relaxed);
        self.meter.looking.store(true, Ordering::Relaxed);
        let part = self.multipart.next_field().await;
        self.meter.looking.store(false, Ordering::Relaxed);
        if self.meter.overrun.load(Ordering::Relaxed) {
            let message = format!("the headers of a part may have at most {HEADER_LIMIT} bytes");
            return Err(ApiError::invalid("headers", message));
        }
        part.map_err(broken)
    }
}

/// The name of a part's file as it is on the machine it came from. Browsers, and clients that do as they do, write three
/// characters as percent signs with their number, and nothing else, a percent sign itself included:
/// <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data>
pub fn file_name(part: &Field<'_>) -> String {
    let sent = part.file_name().unwrap_or_default();
    sent.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

pub fn broken(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::new(Code::PayloadTooLarge, "the upload is too large");
    }
    ApiError::invalid("body", "the multipart body is malformed or broke off")
}

/// A body in small pieces, one for each time the parser asks.
struct Metered {
    body: BodyDataStream,
    rest: Bytes,
    meter: Arc<Meter>,
    paused: bool,
}

impl Stream for Metered {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.paused) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let looking = self.meter.looking.load(Ordering::Relaxed);
        if looking && self.meter.taken.load(Ordering::Relaxed) > HEADER_LIMIT {
            self.meter.overrun.store(true, Ordering::Relaxed);
            return Poll::Ready(Some(Err(axum::Error::new("the headers of a part are too long"))));
        }
        while self.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(bytes)) => self.rest = bytes,
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(if looking { HEADER_PIECE } else { PIECE });
        let piece = self.rest.split_to(length);
        self.meter.taken.fetch_add(length, Ordering::Relaxed);
        self.paused = true;
        Poll::Ready(Some(Ok(piece)))
    }
}
