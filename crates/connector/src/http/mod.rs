//! The authorised HTTP handle: the only way a connector reaches its provider.
//!
//! It attaches the connection's access token (and sends it to the connector's own hosts only), replaces a
//! refused token once, waits and retries, keeps the rate, follows redirects without credentials, bounds
//! answers, resumes cut downloads, and traces every call without addresses' queries, tokens or bodies.

mod allowed;
mod limiter;
mod refusal;
mod retry;

mod call;
mod download;
mod request;
mod transport;

use std::sync::Arc;

use gangway_effects::{Network, SharedClock};
use gangway_oauth::TokenSupplier;
use http::Method;
use url::Url;

pub use allowed::AllowedHosts;
pub use call::WORKSPACE_LIMIT;
pub use download::Download;
pub use limiter::{RateLimit, RateLimiter, RateLimits};
pub use refusal::{AnswerRules, Classifier, Refusal, classify_by_status};
pub use request::{Request, Response};
pub use retry::{Jitter, RetryPolicy};

/// What a handle is made of.
pub struct HttpOptions {
    pub network: Network,
    pub clock: SharedClock,
    /// The connection's tokens; `None` sends no credentials at all.
    pub tokens: Option<Arc<dyn TokenSupplier>>,
    /// Where credentials may go: the hosts of the endpoints in force.
    pub allowed_hosts: AllowedHosts,
    /// Shared by all handles whose calls the provider counts together.
    pub limiter: Option<Arc<RateLimits>>,
    pub retry: RetryPolicy,
    /// Names the connection in traces.
    pub connection: String,
}

/// The authorised handle of one connection. Cloning is cheap.
#[derive(Clone)]
pub struct Http {
    options: Arc<HttpOptions>,
    rules: AnswerRules,
}

impl Http {
    pub fn new(options: HttpOptions) -> Self {
        Self { options: Arc::new(options), rules: AnswerRules::by_status(classify_by_status) }
    }

    /// The same handle, with the one place that turns this provider's answers into our errors.
    pub fn classified_by(&self, classify: Classifier) -> Self {
        self.with_rules(AnswerRules::by_status(classify))
    }

    /// The same handle, for a provider whose statuses do not say everything.
    pub fn with_rules(&self, rules: AnswerRules) -> Self {
        Self { options: Arc::clone(&self.options), rules }
    }

    pub fn get(&self, url: Url) -> Request {
        self.request(Method::GET, url)
    }

    pub fn post(&self, url: Url) -> Request {
        self.request(Method::POST, url)
    }

    pub fn request(&self, method: Method, url: Url) -> Request {
        Request::new(self.clone(), method, url)
    }

    /// Whether this connection's token may be sent to an address.
    pub fn allows(&self, url: &Url) -> bool {
        self.options.allowed_hosts.allows(url)
    }
}

#[cfg(test)]
mod tests;
