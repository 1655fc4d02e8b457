//! Resumable uploads by tus 1.0.0 (core, creation, creation-with-upload, expiration, checksum, termination), and
//! beside it a `GET` that says in JSON how far an upload is and what became of it.

pub mod append;
pub mod begin;
pub mod discover;
pub mod get;
pub mod headers;
pub mod instead;
pub mod stand;
pub mod take_back;

mod metadata;
mod view;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gangway_app::Code;
use gangway_model::UploadId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;
use crate::strict::Text;

/// Where uploads are begun; each stands below, under its id.
pub const ROOT: &str = "rest/connectors/local_upload/uploads";

/// The upload a path is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ResumablePath {
    /// The last part of the `Location` that the upload was begun with.
    #[param(inline)]
    upload_id: Text<1, 128>,
}

impl ResumablePath {
    fn id(&self) -> UploadId {
        UploadId::from(&*self.upload_id)
    }
}

/// What every request of the protocol carries.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes a header, which is looked at before any handler")]
pub struct Spoken {
    /// The version of the protocol.
    #[param(rename = "Tus-Resumable", inline)]
    version: Version,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a header")]
enum Version {
    #[schema(rename = "1.0.0")]
    One,
}

/// Refuses requests of another version, and says in every answer which one is spoken here.
pub async fn speak(request: Request, next: Next) -> Response {
    let by_protocol =
        matches!(*request.method(), Method::POST | Method::PATCH | Method::HEAD | Method::DELETE);
    let spoken = request.headers().get(headers::RESUMABLE);
    let mut response = if by_protocol && spoken.is_none_or(|version| version != headers::VERSION) {
        let message = "send Tus-Resumable: 1.0.0, the version that is spoken here";
        ApiError::new(Code::UnsupportedVersion, message).into_response()
    } else {
        next.run(request).await
    };
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert(headers::VERSIONS, headers::VERSION);
    }
    response.headers_mut().insert(headers::RESUMABLE, headers::VERSION);
    response
}
