//! The error answers as endpoints name them in their documentation: one type per status.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// Makes a type whose only use is to be named in `responses(…)`.
macro_rules! error_answers {
    ($schema:literal: $($(#[doc = $doc:literal])+ $name:ident = $status:literal $(+ $header:literal)?),+ $(,)?) => {$(
        $(#[doc = $doc])+
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let header: Option<&str> = None $(.or(Some($header)))?;
                one($status, concat!($($doc),+).trim_ascii(), $schema, header)
            }
        }
    )+};
}

error_answers! { "Error":
    /// The request is malformed: `invalid_request`, with `details.field`.
    BadRequest = "400",
    /// No valid token: `unauthorized`.
    Unauthorized = "401" + "WWW-Authenticate",
    /// The token does not allow this: `forbidden`; or its user is disabled: `user_disabled`.
    Forbidden = "403",
    /// The connector is above the user's plan: `plan_required`, with `details.required_plan`; or the user is disabled:
    /// `user_disabled`.
    PlanRequired = "403",
    /// There is no such thing, or it is not yours: `not_found`.
    NotFound = "404",
    /// Contradicts the present state: `conflict`, `connector_unavailable`, `not_connected`, `needs_reauth` or `token_expired`.
    Conflict = "409",
    /// It is over: `gone`. Begin anew.
    Gone = "410",
    /// `Tus-Resumable` is missing or names another version than those of `Tus-Version`: `unsupported_version`.
    WrongVersion = "412" + "Tus-Version",
    /// The body is larger than this endpoint takes: `payload_too_large`.
    PayloadTooLarge = "413",
    /// Another request is sending to the same upload: `locked`.
    Locked = "423" + "Retry-After",
    /// The bytes are not those that were announced: `checksum_mismatch`. None of them was kept.
    ChecksumMismatch = "460",
    /// The body is of a content type that is not read here: `unsupported_media_type`.
    UnsupportedMediaType = "415",
    /// The provider asks for a pause: `rate_limit`, with `details.retry_after`.
    RateLimit = "429" + "Retry-After",
    /// Our fault: `internal`.
    Internal = "500",
    /// The provider failed: `connector_error`, with `details.error_type`.
    ProviderFailed = "502" + "Retry-After",
    /// Not able to answer just now: `unavailable`.
    Unavailable = "503" + "Retry-After",
    /// No room left: `quota_exceeded`.
    NoRoom = "507",
}

/// The same in OAuth's flat shape, for `authorize` and `token`.
pub mod flat {
    use super::*;

    error_answers! { "OAuthError":
        /// `invalid_request`, `invalid_scope` or `invalid_grant`.
        BadRequest = "400",
        /// No valid token: `unauthorized`.
        Unauthorized = "401" + "WWW-Authenticate",
        /// The connector is above the user's plan: `plan_required`; or the user is disabled: `user_disabled`.
        PlanRequired = "403",
        /// There is no such connector: `not_found`.
        NotFound = "404",
        /// The connector is not built or not configured (`connector_unavailable`), or the connection changed meanwhile (`conflict`).
        Conflict = "409",
        /// The body is too large: `payload_too_large`.
        PayloadTooLarge = "413",
        /// The body is not JSON: `unsupported_media_type`.
        UnsupportedMediaType = "415",
        /// The provider asks for a pause: `rate_limit`.
        RateLimit = "429" + "Retry-After",
        /// Our fault: `internal`.
        Internal = "500",
        /// The provider failed: `connector_error`.
        ProviderFailed = "502" + "Retry-After",
        /// Not able to answer just now: `unavailable`.
        Unavailable = "503" + "Retry-After",
    }

    /// What either OAuth endpoint can answer whatever it was asked.
    pub struct Always;

    impl IntoResponses for Always {
        fn responses() -> BTreeMap<String, RefOr<Response>> {
            let mut all = Unauthorized::responses();
            all.extend(Internal::responses());
            all.extend(Unavailable::responses());
            all
        }
    }
}

/// What every endpoint with a token can answer whatever it was asked: 401, 500, 503.
pub struct Always;

impl IntoResponses for Always {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = Unauthorized::responses();
        all.extend(Internal::responses());
        all.extend(Unavailable::responses());
        all
    }
}

/// What every endpoint with a JSON body can answer: 400, 413, 415.
pub struct JsonBody;

impl IntoResponses for JsonBody {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = BadRequest::responses();
        all.extend(PayloadTooLarge::responses());
        all.extend(UnsupportedMediaType::responses());
        all
    }
}

/// What every endpoint that works on a connection can answer: 400, 403, 404, 409.
pub struct OnConnection;

impl IntoResponses for OnConnection {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = BadRequest::responses();
        all.extend(PlanRequired::responses());
        all.extend(NotFound::responses());
        all.extend(Conflict::responses());
        all
    }
}

/// What every endpoint that asks the provider can answer besides: 429, 502.
pub struct AsksProvider;

impl IntoResponses for AsksProvider {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = RateLimit::responses();
        all.extend(ProviderFailed::responses());
        all
    }
}

fn one(
    status: &str,
    description: &str,
    schema: &str,
    header: Option<&str>,
) -> BTreeMap<String, RefOr<Response>> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let mut response = ResponseBuilder::new().description(description).content("application/json", content);
    if let Some(name) = header {
        let text = ObjectBuilder::new().schema_type(Type::String);
        response = response.header(name, HeaderBuilder::new().schema(Some(text)).build());
    }
    BTreeMap::from([(status.to_owned(), RefOr::T(response.build()))])
}
