//! One request on the wire, with its redirects; and what its failures mean.

use gangway_effects::NetworkError;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::Url;

use super::request::Request;
use crate::error::{ConnectorError, Disposition};

/// Redirects followed within one call.
const MOST_REDIRECTS: usize = 5;

/// Headers that may travel to another host: they tell nothing about the connection.
const HARMLESS_HEADERS: [header::HeaderName; 4] =
    [header::ACCEPT, header::ACCEPT_ENCODING, header::RANGE, header::IF_RANGE];

/// A call that brought no answer.
pub(super) struct Failure {
    pub error: ConnectorError,
    /// Whether the provider may have carried out the call all the same.
    pub ambiguous: bool,
}

impl Failure {
    pub fn certain(error: ConnectorError) -> Self {
        Self { error, ambiguous: false }
    }
}

/// Sends a request and follows redirects, without credentials where the host differs.
pub(super) async fn send(
    request: &Request,
    bearer: Option<&HeaderValue>,
) -> Result<reqwest::Response, Failure> {
    let mut url = request.url.clone();
    let mut method = request.method.clone();
    let mut is_home = true;
    for _ in 0..=MOST_REDIRECTS {
        let builder = request
            .http
            .options
            .network
            .request(method.clone(), url.clone())
            .map_err(|error| Failure::certain(refused_address(&error)))?;
        let mut builder = match is_home {
            true => builder.headers(request.headers.clone()),
            false => builder.headers(harmless(&request.headers)),
        };
        if let Some(bearer) = bearer.filter(|_| is_home) {
            builder = builder.header(header::AUTHORIZATION, bearer.clone());
        }
        if let Some(body) = request.body.as_ref().filter(|_| method == request.method) {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await.map_err(|error| failure(&url, &error))?;
        let Some(target) = redirect_target(&url, &response)? else { return Ok(response) };
        if url.scheme() == "https" && target.scheme() != "https" {
            return Err(Failure::certain(ConnectorError::new(
                "unsafe_redirect",
                format!("{} redirects to an unencrypted address", host(&url)),
                Disposition::Fail,
            )));
        }
        let stays = target.origin() == url.origin();
        match response.status() {
            StatusCode::SEE_OTHER => method = Method::GET,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if method == Method::POST => {
                method = Method::GET;
            }
            _ if !stays && request.body.is_some() => {
                return Err(Failure::certain(ConnectorError::new(
                    "unsafe_redirect",
                    format!("{} redirects a request with a body to another host", host(&url)),
                    Disposition::Fail,
                )));
            }
            _ => {}
        }
        is_home &= stays;
        url = target;
    }
    Err(Failure::certain(ConnectorError::new(
        "too_many_redirects",
        format!("{} redirects without end", host(&request.url)),
        Disposition::RetryLater { after: None },
    )))
}

fn redirect_target(url: &Url, response: &reqwest::Response) -> Result<Option<Url>, Failure> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = response.headers().get(header::LOCATION).filter(|_| is_redirect) else {
        return Ok(None);
    };
    let target = location.to_str().ok().and_then(|text| url.join(text).ok());
    target.map(Some).ok_or_else(|| {
        Failure::certain(ConnectorError::new(
            "unexpected_answer",
            format!("{} redirects to something that is no address", host(url)),
            Disposition::RetryLater { after: None },
        ))
    })
}

fn harmless(headers: &HeaderMap) -> HeaderMap {
    HARMLESS_HEADERS
        .iter()
        .filter_map(|name| headers.get(name).map(|value| (name.clone(), value.clone())))
        .collect()
}

/// Names the host and nothing else of an address: paths and queries may be signed.
pub(super) fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the provider")
}

/// People are told whom to ask; the network has logged what it refused, and why.
fn refused_address(error: &NetworkError) -> ConnectorError {
    ConnectorError::new("address_refused", error.for_people(), Disposition::FixConfiguration)
}

/// What a failure on the wire means. reqwest's own words are dropped: they hold whole addresses.
pub(super) fn failure(url: &Url, error: &reqwest::Error) -> Failure {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    for cause in causes {
        if let Some(refused) = cause.downcast_ref::<NetworkError>() {
            return Failure::certain(refused_address(refused));
        }
    }
    let (code, what) = if error.is_timeout() {
        ("timeout", "did not answer in time")
    } else if error.is_connect() {
        ("unreachable", "cannot be reached")
    } else {
        ("connection_lost", "broke off the connection")
    };
    Failure {
        error: ConnectorError::new(
            code,
            format!("{} {what}", host(url)),
            Disposition::RetryLater { after: None },
        ),
        ambiguous: !error.is_connect(),
    }
}
