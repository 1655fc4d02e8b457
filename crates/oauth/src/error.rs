//! What can go wrong in a token call, by what has to be done about it.

use std::time::Duration;

/// Why the authorization server gave no token. Holds no token, code, verifier or secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// The code or the refresh token is dead; only the user can mend it.
    #[error("the provider no longer accepts this grant{}", told(description))]
    InvalidGrant { description: Option<String> },
    /// The client registration is wrong; only the operator can mend it.
    #[error("the provider does not accept this server's OAuth app ({code}{})", told(description))]
    AppRejected { code: String, description: Option<String> },
    #[error("the provider does not grant these scopes{}", told(description))]
    InvalidScope { description: Option<String> },
    /// The user, or the user's organisation, said no.
    #[error("access was denied{}", told(description))]
    Denied { description: Option<String> },
    /// The address may not be called from here; only the operator can mend it, who finds host and setting in the log.
    #[error("{message}")]
    AddressRefused { message: &'static str },
    /// Nothing is known to be wrong with the grant.
    #[error("the authorization server cannot answer right now: {message}")]
    Temporarily { after: Option<Duration>, message: String },
    /// The answer is not one of an authorization server: usually a wrong address or a proxy's page.
    #[error("the authorization server gave an answer that makes no sense: {message}")]
    Malformed { message: String },
}

impl OAuthError {
    /// Whether the same call may succeed later, unchanged.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            OAuthError::AddressRefused { .. } | OAuthError::Temporarily { .. } | OAuthError::Malformed { .. }
        )
    }
}

fn told(description: &Option<String>) -> String {
    description.as_ref().map(|text| format!(": {text}")).unwrap_or_default()
}
