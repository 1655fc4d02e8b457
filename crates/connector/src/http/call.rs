//! The loop around one call: turn, token, try, judge, wait.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gangway_oauth::{AccessToken, SupplyError};
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::ExposeSecret;
use tracing::{Instrument, Span, field};
use url::Url;

use super::refusal::Refusal;
use super::request::Request;
use super::retry::retry_after;
use super::transport::{self, Failure};
use crate::error::{ConnectorError, Disposition};

/// As much of an error page as anybody needs.
const LARGEST_REFUSAL: usize = 64 << 10;

/// Our code for a limit that counts the calls of all connections into a workspace, whoever's they are.
pub const WORKSPACE_LIMIT: &str = "workspace_rate_limit";
/// The longest rest that one answer can impose on everybody: one that asks for years is no use to anybody.
const LONGEST_REST: Duration = Duration::from_secs(25 * 3600);

/// What to do with a successful answer's body.
#[derive(Clone, Copy)]
pub(super) enum Body {
    Open,
    Whole { most: usize },
}

/// A successful answer.
pub(super) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub whole: Bytes,
    pub open: Option<reqwest::Response>,
}

/// Makes a call until it succeeds, is refused for good, or patience ends.
pub(super) async fn run(request: &Request, body: Body) -> Result<Reply, ConnectorError> {
    let span = tracing::debug_span!(
        "provider_call",
        connection = %request.http.options.connection,
        method = %request.method,
        host = transport::host(&request.url),
        name = request.name,
        status = field::Empty,
        tries = field::Empty,
    );
    Call::new(request, body).run().instrument(span).await
}

struct Call<'a> {
    request: &'a Request,
    body: Body,
    tries: u32,
    waited: Duration,
    /// The token that took the place of a refused one.
    replacement: Option<AccessToken>,
    has_replaced: bool,
}

/// How a try ended without success.
struct Setback {
    error: ConnectorError,
    may_repeat: bool,
}

impl<'a> Call<'a> {
    fn new(request: &'a Request, body: Body) -> Self {
        let waited = Duration::ZERO;
        Self { request, body, tries: 0, waited, replacement: None, has_replaced: false }
    }

    async fn run(mut self) -> Result<Reply, ConnectorError> {
        let request = self.request;
        if let Some(defect) = request.defect {
            return Err(ConnectorError::new("bad_request", defect, Disposition::Fail));
        }
        let options = &request.http.options;
        if request.authorised && options.tokens.is_some() && !options.allowed_hosts.allows(&request.url) {
            let host = transport::host(&request.url);
            return Err(ConnectorError::new(
                "host_not_allowed",
                format!("refused to send this connection's token to {host}: it is not one of its endpoints"),
                Disposition::Fail,
            ));
        }
        loop {
            self.take_turn().await?;
            self.tries += 1;
            let setback = match self.attempt().await? {
                Ok(reply) => return Ok(reply),
                Err(setback) => setback,
            };
            let wait = self.wait_before_next(&setback);
            self.let_others_rest(&setback.error, wait);
            let Some(wait) = wait else {
                Span::current().record("tries", self.tries);
                tracing::debug!(code = setback.error.code, tries = self.tries, "provider call failed");
                return Err(setback.error);
            };
            tracing::debug!(code = setback.error.code, tries = self.tries, ?wait, "provider call waits");
            self.waited += wait;
            options.clock.sleep(wait).await;
        }
    }

    async fn take_turn(&self) -> Result<(), ConnectorError> {
        let options = &self.request.http.options;
        let Some(limits) = &options.limiter else { return Ok(()) };
        let patience = options.retry.total_wait.saturating_sub(self.waited);
        limits.take_turn(self.request.lane, patience).await.map_err(|wait| {
            ConnectorError::new(
                "rate_limit",
                "the calls that the provider allows are used up for the moment",
                Disposition::RetryLater { after: Some(wait) },
            )
        })
    }

    /// One try; with a refused token replaced, two.
    async fn attempt(&mut self) -> Result<Result<Reply, Setback>, ConnectorError> {
        loop {
            let token = self.token().await?;
            let bearer = token.as_ref().map(bearer).transpose()?;
            let response = match transport::send(self.request, bearer.as_ref()).await {
                Ok(response) => response,
                Err(failure) => return Ok(Err(self.setback(failure))),
            };
            let (status, headers) = (response.status(), response.headers().clone());
            Span::current().record("status", status.as_u16());
            let body = match status.is_success() {
                true => match self.read(response).await {
                    Ok(reply) if self.is_refused(&reply) => reply.whole.to_vec(),
                    Ok(reply) => {
                        Span::current().record("tries", self.tries);
                        return Ok(Ok(reply));
                    }
                    Err(failure) => return Ok(Err(self.setback(failure))),
                },
                false => beginning(response).await,
            };
            let now = self.request.http.options.clock.now();
            let refusal = Refusal { status, headers: &headers, body: &body, now };
            let refused_token = token.filter(|_| (self.request.http.rules.refuses_token)(&refusal));
            if let Some(refused) = refused_token.as_ref().filter(|_| !self.has_replaced) {
                self.has_replaced = true;
                self.replacement = Some(self.replace(refused).await?);
                continue;
            }
            let error = self.classify(&refusal);
            let is_final = refused_token.is_some();
            let may_repeat = !is_final && (self.request.idempotent || !status.is_server_error());
            return Ok(Err(Setback { error, may_repeat }));
        }
    }

    async fn token(&mut self) -> Result<Option<AccessToken>, ConnectorError> {
        let Some(tokens) = self.request.http.options.tokens.as_ref().filter(|_| self.request.authorised)
        else {
            return Ok(None);
        };
        if let Some(token) = self.replacement.take() {
            return Ok(Some(token));
        }
        tokens.access_token().await.map(Some).map_err(supply_error)
    }

    async fn replace(&self, refused: &AccessToken) -> Result<AccessToken, ConnectorError> {
        match &self.request.http.options.tokens {
            Some(tokens) => tokens.replace(refused).await.map_err(supply_error),
            None => Ok(refused.clone()),
        }
    }

    async fn read(&self, response: reqwest::Response) -> Result<Reply, Failure> {
        let (status, headers) = (response.status(), response.headers().clone());
        let (whole, open) = match self.body {
            Body::Open => (Bytes::new(), Some(response)),
            Body::Whole { most } => (read_whole(&self.request.url, response, most).await?, None),
        };
        Ok(Reply { status, headers, whole, open })
    }

    /// Whether the provider put a refusal into a successful answer.
    fn is_refused(&self, reply: &Reply) -> bool {
        let Body::Whole { .. } = self.body else { return false };
        let now = self.request.http.options.clock.now();
        let refusal = Refusal { status: reply.status, headers: &reply.headers, body: &reply.whole, now };
        (self.request.http.rules.refuses_in_success)(&refusal)
    }

    /// Turns a refusal into an error by the connector's own table, with the provider's wish to wait.
    fn classify(&self, refusal: &Refusal<'_>) -> ConnectorError {
        let mut error = (self.request.http.rules.classify)(refusal);
        if let Disposition::RetryLater { after: after @ None } = &mut error.disposition {
            *after = retry_after(refusal.headers, refusal.now);
        }
        error
    }

    fn setback(&self, failure: Failure) -> Setback {
        let may_repeat = self.request.idempotent || !failure.ambiguous;
        Setback { error: failure.error, may_repeat }
    }

    /// Lets all calls of the lane rest that the provider counts with this one: as long as it asks for, also when this
    /// call gives up over it, else as long as this one waits.
    fn let_others_rest(&self, error: &ConnectorError, wait: Option<Duration>) {
        let Some(limits) = &self.request.http.options.limiter else { return };
        let named = match error.disposition {
            Disposition::RetryLater { after } => after,
            _ => None,
        };
        let Some(rest) = named.or(wait).map(|rest| rest.min(LONGEST_REST)) else { return };
        match error.code {
            "rate_limit" => limits.lane(self.request.lane).rest(rest),
            WORKSPACE_LIMIT => limits.rest_workspace(self.request.lane, rest),
            _ => {}
        }
    }

    /// How long to wait before trying again; `None` to give up.
    fn wait_before_next(&self, setback: &Setback) -> Option<Duration> {
        let policy = &self.request.http.options.retry;
        let most = self.request.tries.map_or(policy.tries, |tries| tries.min(policy.tries));
        let Disposition::RetryLater { after } = setback.error.disposition else { return None };
        if !setback.may_repeat || self.tries >= most {
            return None;
        }
        let wait = after.unwrap_or_else(|| policy.wait_after(self.tries));
        (self.waited + wait <= policy.total_wait).then_some(wait)
    }
}

/// Reads as much of a refusal's body as anybody needs; what is cut off is not missed.
async fn beginning(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = LARGEST_REFUSAL - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LARGEST_REFUSAL {
            break;
        }
    }
    body
}

/// Reads a body, never more than `most` bytes of it. One that ends early is a failure.
pub(super) async fn read_whole(
    url: &Url,
    mut response: reqwest::Response,
    most: usize,
) -> Result<Bytes, Failure> {
    let too_long = || {
        let message = format!("the answer of {} is longer than {most} bytes", transport::host(url));
        Failure::certain(ConnectorError::new("answer_too_long", message, Disposition::Fail))
    };
    let next = |result: Result<Option<Bytes>, reqwest::Error>| {
        result.map_err(|error| transport::failure(url, &error))
    };
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_long());
    }
    // Most answers arrive in one piece, which is then not copied.
    let Some(first) = next(response.chunk().await)? else { return Ok(Bytes::new()) };
    let Some(second) = next(response.chunk().await)? else {
        return if first.len() > most { Err(too_long()) } else { Ok(first) };
    };
    let expected = response.content_length().unwrap_or(0) as usize;
    let mut whole = BytesMut::with_capacity(expected.max(first.len() + second.len()));
    whole.extend_from_slice(&first);
    let mut chunk = Some(second);
    while let Some(bytes) = chunk {
        if whole.len() + bytes.len() > most {
            return Err(too_long());
        }
        whole.extend_from_slice(&bytes);
        chunk = next(response.chunk().await)?;
    }
    Ok(whole.freeze())
}

fn bearer(token: &AccessToken) -> Result<HeaderValue, ConnectorError> {
    let mut value =
        HeaderValue::try_from(format!("Bearer {}", token.secret.expose_secret())).map_err(|_| {
            let message = "the access token holds characters that no header can carry";
            ConnectorError::new("bad_token", message, Disposition::Reconnect)
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn supply_error(error: SupplyError) -> ConnectorError {
    let (code, disposition, message) = match &error {
        // Why, and no more: that the account has to be connected again is what the disposition says.
        SupplyError::NeedsReauth(why) => ("needs_reauth", Disposition::Reconnect, why.clone()),
        SupplyError::AppRejected(_) => ("app_rejected", Disposition::FixConfiguration, error.to_string()),
        SupplyError::Unavailable(_) => {
            ("token_unavailable", Disposition::RetryLater { after: None }, error.to_string())
        }
    };
    ConnectorError::new(code, message, disposition).because(error)
}
