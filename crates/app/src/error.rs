//! What a use case could not do: a stable code, a sentence a person can act on, details for programs.

use std::error::Error;
use std::fmt;

use gangway_connector::{ConnectorError, Descriptor, Disposition};
use gangway_oauth::SupplyError;
use gangway_store::StoreError;
use gangway_vault::VaultError;
use serde_json::{Map, Value, json};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal => $remedy:literal),+ $(,)?) => {
        /// The stable code list. A code never changes its meaning; new ones may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$name),+];

            /// The code as answers spell it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $text,)+
                }
            }

            /// What it means, for the reference pages.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// What to do about it, for the reference pages.
            pub fn remedy(self) -> &'static str {
                match self {
                    $(Code::$name => $remedy,)+
                }
            }
        }
    };
}

codes! {
    /// The request is malformed. `details.field` names what is wrong; nothing happened.
    InvalidRequest = "invalid_request" =>
        "Correct what `details.field` names and send it again; the same request is refused again.",
    /// A scope is not in the connector's list, or what was granted does not allow reading files.
    InvalidScope = "invalid_scope" =>
        "Ask for scopes of the connector's list, or for none: its defaults are enough. Where a person unticked a \
         box, let them connect again.",
    /// The authorization code or the state is unknown, used, expired or somebody else's.
    InvalidGrant = "invalid_grant" =>
        "Start again with `authorize`; each state and each code is taken once, within ten minutes.",
    /// The person said no at the consent screen.
    AccessDenied = "access_denied" =>
        "Nothing is wrong. Offer to connect again.",
    /// No token, or one that is unknown, revoked or past its end.
    Unauthorized = "unauthorized" =>
        "Send `Authorization: Bearer <token>`; have your back end make a new token when it is over.",
    /// The token is good but not for this: an admin key where a user token belongs, or not the owner.
    Forbidden = "forbidden" =>
        "Use a user token for what a user does and the admin key for `/rest/admin`; let the owner change what is \
         only shared.",
    /// The user is disabled. Nothing of theirs is lost: when an operator enables them again, all of it works as before.
    UserDisabled = "user_disabled" =>
        "Tell the person to ask their operator, who enables them with `PATCH /rest/admin/users/{user_id}` and \
         `{\"disabled\": false}`. Keep the token: it will be good again.",
    /// The connector is above the user's plan. `details.required_plan` names the plan that includes it.
    PlanRequired = "plan_required" =>
        "Raise the plan with `PATCH /rest/admin/users/{user_id}`, or do not offer the connector.",
    /// There is no such thing, or it is not yours.
    NotFound = "not_found" =>
        "Look the id up again: it may have been deleted meanwhile, or belong to another user.",
    /// The path exists, the method does not. `Allow` lists those that do.
    MethodNotAllowed = "method_not_allowed" =>
        "Use a method that `Allow` lists.",
    /// It was there and is over: an upload that was taken back, failed or has expired.
    Gone = "gone" =>
        "Begin the upload anew.",
    /// The request contradicts what is there (a name that is taken, a session that is over, a connector without that feature).
    Conflict = "conflict" =>
        "Read the present state again and decide by it; `message` says what stands in the way.",
    /// The connector is not built yet, or no OAuth app is configured for it.
    ConnectorUnavailable = "connector_unavailable" =>
        "The operator sets `providers.<name>.client_id` and `client_secret`; until then do not offer the \
         connector.",
    /// The user has no connection through this connector.
    NotConnected = "not_connected" =>
        "Let the person connect: `authorize`, then `token`.",
    /// The grant is dead. `details.reason` says why; connecting again keeps the connection and its files.
    NeedsReauth = "needs_reauth" =>
        "Let the person connect again: `authorize`, then `token`.",
    /// The provider's access token ended and could not be replaced just now.
    TokenExpired = "token_expired" =>
        "Call `refresh` and try again.",
    /// Another request is sending to the same upload.
    Locked = "locked" =>
        "Wait as long as `Retry-After` says, ask with `HEAD` how far the upload is, and go on from there.",
    /// The bytes are not those that were announced by their checksum; they were not stored.
    ChecksumMismatch = "checksum_mismatch" =>
        "Send the same bytes again from the offset before; should it repeat, the file changes while it is read.",
    /// The protocol version is missing or is not spoken here. `Tus-Version` lists those that are.
    UnsupportedVersion = "unsupported_version" =>
        "Send `Tus-Resumable: 1.0.0`.",
    /// The body is larger than this endpoint takes.
    PayloadTooLarge = "payload_too_large" =>
        "Send less at a time; files go up to `upload.max_file_bytes`, large ones as resumable uploads.",
    /// The body is of a content type that this endpoint does not read.
    UnsupportedMediaType = "unsupported_media_type" =>
        "Set `Content-Type` to what the operation lists.",
    /// The provider asks for a pause of `details.retry_after` seconds; `Retry-After` says the same.
    RateLimit = "rate_limit" =>
        "Wait that long; syncs wait by themselves.",
    /// The provider failed or refused. `details.error_type` says how, `details.retry_after` when to try again.
    ConnectorError = "connector_error" =>
        "Try again later, as `Retry-After` says; when it stays, look at the provider's status page.",
    /// The server is not able to answer just now (its database, a time limit).
    Unavailable = "unavailable" =>
        "Try again, as `Retry-After` says.",
    /// There is no room left to store the bytes.
    QuotaExceeded = "quota_exceeded" =>
        "The operator makes room. What a resumable upload has sent so far is kept.",
    /// Our fault. The request id in `X-Request-Id` finds it in the logs.
    Internal = "internal" =>
        "Try again once; then hand the request id to the operator.",
}

/// What went wrong. `Display` is for people and holds no secret.
#[derive(Debug)]
pub struct AppError {
    pub code: Code,
    pub message: String,
    pub details: Map<String, Value>,
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

pub type AppResult<T> = Result<T, AppError>;

impl AppError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Map::new(), cause: None }
    }

    /// Adds a detail for programs.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The request is wrong at `field`, which becomes the subject of a message that has none ("must be a UUID").
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let without_subject = ["must ", "may "].iter().any(|verb| message.starts_with(verb));
        let message = if without_subject { format!("{field} {message}") } else { message };
        Self::new(Code::InvalidRequest, message).with("field", field)
    }

    /// The connector has no such thing to offer.
    pub fn unsupported(descriptor: &Descriptor, message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message).with("connector_id", descriptor.id)
    }

    /// The user may do nothing at present.
    pub fn user_disabled() -> Self {
        Self::new(Code::UserDisabled, "this user is disabled: an operator can enable them again")
    }

    /// There is no such `what`, or it belongs to somebody else: the answer is the same.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "something went wrong on our side").because(cause)
    }

    /// Says in the product's words what a connector could not do.
    pub fn from_connector(descriptor: &Descriptor, doing: &str, error: ConnectorError) -> Self {
        if error.disposition == Disposition::Reconnect {
            return needs_reauth(descriptor, &error.message).with("error_type", error.code).because(error);
        }
        let message = format!("failed to {doing} {}: {}", descriptor.name, error.message);
        let (code, retry_after) = match error.disposition {
            Disposition::RetryLater { after } if is_rate_limit(error.code) => {
                (Code::RateLimit, Some(after.map_or(1, |wait| wait.as_secs().max(1))))
            }
            Disposition::RetryLater { .. } if is_token(error.code) => (Code::TokenExpired, None),
            Disposition::RetryLater { after } => {
                (Code::ConnectorError, Some(after.map_or(5, |wait| wait.as_secs().max(1))))
            }
            Disposition::Gone => (Code::NotFound, None),
            Disposition::RestartFeed => {
                let message = "this cursor is not accepted any more: start from the first page";
                return Self::invalid("cursor", message).because(error);
            }
            _ if error.code == "not_a_container" => {
                return Self::invalid("folder_id", error.message.clone()).because(error);
            }
            _ => (Code::ConnectorError, None),
        };
        let mut answer =
            Self::new(code, message).with("connector_id", descriptor.id).with("error_type", error.code);
        if let Some(seconds) = retry_after {
            answer = answer.with("retry_after", seconds);
        }
        answer.because(error)
    }

    /// Says why no access token was to be had.
    pub fn from_supply(descriptor: &Descriptor, error: SupplyError) -> Self {
        let id = descriptor.id;
        match &error {
            SupplyError::NeedsReauth(reason) => needs_reauth(descriptor, reason),
            SupplyError::AppRejected(_) => {
                let message =
                    format!("{} does not accept this server's OAuth app: tell the operator", descriptor.name);
                Self::new(Code::ConnectorError, message)
                    .with("connector_id", id)
                    .with("error_type", "app_rejected")
            }
            SupplyError::Unavailable(_) => {
                let message =
                    format!("the access token for {} could not be refreshed just now", descriptor.name);
                Self::new(Code::TokenExpired, message).with("connector_id", id).with("retry_after", 5)
            }
        }
        .because(error)
    }

    /// The whole chain of causes, the nearest first, for whoever logs it.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        causes
    }

    /// The seconds after which trying again makes sense.
    pub fn retry_after(&self) -> Option<u64> {
        self.details.get("retry_after").and_then(Value::as_u64)
    }
}

/// The connection exists, its grant is dead.
pub fn needs_reauth(descriptor: &Descriptor, reason: &str) -> AppError {
    let message = format!("{} has to be connected again: {reason}", descriptor.name);
    AppError::new(Code::NeedsReauth, message)
        .with("connector_id", descriptor.id)
        .with("reason", json!(reason))
}

fn is_rate_limit(code: &str) -> bool {
    matches!(code, "rate_limit" | "workspace_rate_limit" | "rate_limited" | "quota" | "too_many_requests")
}

fn is_token(code: &str) -> bool {
    matches!(code, "token_expired" | "token_unavailable" | "refresh_unavailable")
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound => Self::not_found("thing").because(error),
            StoreError::Conflict { what } => {
                let message = format!("this contradicts what is there already: {what}");
                Self::new(Code::Conflict, message).because(error)
            }
            StoreError::Unavailable(_) => {
                let message = "the database does not answer just now: try again";
                Self::new(Code::Unavailable, message).with("retry_after", 1).because(error)
            }
            StoreError::Corrupt(_) => Self::internal(error),
        }
    }
}

impl From<VaultError> for AppError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Superseded => {
                Self::new(Code::Conflict, "the connection was changed by somebody else meanwhile: try again")
            }
            other => Self::internal(other),
        }
    }
}
