//! What the authorization server does not do, in the words of OAuth.

use std::fmt;

use crate::error::AppError;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// The error codes of RFC 6749, 7591 and 8707 that occur here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum RefusalWord {
            $($(#[$doc])* $name,)+
        }

        impl RefusalWord {
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

words! {
    InvalidRequest = "invalid_request",
    InvalidClient = "invalid_client",
    InvalidGrant = "invalid_grant",
    InvalidScope = "invalid_scope",
    InvalidTarget = "invalid_target",
    InvalidRedirectUri = "invalid_redirect_uri",
    InvalidClientMetadata = "invalid_client_metadata",
    UnsupportedGrantType = "unsupported_grant_type",
    UnsupportedResponseType = "unsupported_response_type",
    AccessDenied = "access_denied",
    /// Not a word of RFC 7591, which has none for "too many"; RFC 6749 means this by it.
    TemporarilyUnavailable = "temporarily_unavailable",
    ServerError = "server_error",
}

/// Why the authorization server did not do what it was asked. `Display` is for people and holds no secret.
#[derive(Debug)]
pub struct Refused {
    pub word: RefusalWord,
    pub message: String,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
    /// What failed on our side.
    pub cause: Option<Box<AppError>>,
}

impl Refused {
    pub fn new(word: RefusalWord, message: impl Into<String>) -> Self {
        Self { word, message: message.into(), retry_after: None, cause: None }
    }

    pub fn request(message: impl Into<String>) -> Self {
        Self::new(RefusalWord::InvalidRequest, message)
    }

    pub fn grant(message: impl Into<String>) -> Self {
        Self::new(RefusalWord::InvalidGrant, message)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Into<AppError>> From<E> for Refused {
    fn from(error: E) -> Self {
        let error = error.into();
        Self {
            word: RefusalWord::ServerError,
            message: error.message.clone(),
            retry_after: error.retry_after(),
            cause: Some(Box::new(error)),
        }
    }
}
