//! A connector's error: a kind for people, a disposition for code, the cause kept.

use std::fmt;
use std::time::Duration;

use gangway_model::Reason;

/// What an error asks of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Nothing is wrong that time does not mend.
    RetryLater { after: Option<Duration> },
    /// The grant is dead; the user must connect again. The message says why and leaves this to whoever shows it.
    Reconnect,
    /// The operator must mend the OAuth app or the provider project; no user can.
    FixConfiguration,
    /// This item cannot be had (its type, its size, its permissions); the rest goes on.
    SkipItem,
    /// The item (or container) does not exist for this connection: proof that it is gone.
    Gone,
    /// The cursor or page token is not accepted any more: begin that feed or listing anew.
    RestartFeed,
    /// The call itself is wrong; trying again cannot help.
    Fail,
}

/// What a source could not do. `Display` is a sentence for people and holds no secret and no body.
#[derive(Debug)]
pub struct ConnectorError {
    /// A stable code, such as `rate_limit`, `export_too_large`, `not_found`.
    pub code: &'static str,
    pub message: String,
    pub disposition: Disposition,
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ConnectorError {
    pub fn new(code: &'static str, message: impl Into<String>, disposition: Disposition) -> Self {
        Self { code, message: message.into(), disposition, cause: None }
    }

    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What this connector does not offer at all.
    pub fn unsupported(what: &str) -> Self {
        Self::new("unsupported", format!("this connector has no {what}"), Disposition::Fail)
    }

    pub fn reason(&self) -> Reason {
        Reason::new(self.code, self.message.clone())
    }

    pub fn is_gone(&self) -> bool {
        self.disposition == Disposition::Gone
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConnectorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
