//! The REST client of the commands. They reach a server by its public API only.

mod answer;
mod args;
mod connector;
mod events;
mod pages;
pub mod wire;

pub use args::ServerArgs;
pub use events::{JobEvent, JobEvents};

use gangway_model::{ExposeSecret, SecretString};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::failure::{Exit, Failure};

/// A server and the keys to it.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<SecretString>,
    admin_key: Option<SecretString>,
    /// Where keys were looked for, for the message when one is missing.
    hint: String,
}

impl Client {
    pub fn new(
        base: Url,
        token: Option<SecretString>,
        admin_key: Option<SecretString>,
    ) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("gangway-cli/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::failed("cannot set up the HTTP client").why(error))?;
        Ok(Self { http, base, token, admin_key, hint: args::hint() })
    }

    /// Whether the admin key is there.
    pub fn is_admin(&self) -> bool {
        self.admin_key.is_some()
    }

    /// Whether a user's token is there.
    pub fn is_user(&self) -> bool {
        self.token.is_some()
    }

    pub fn get(&self, path: &[&str]) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &[&str]) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub fn patch(&self, path: &[&str]) -> Call<'_> {
        self.call(Method::PATCH, path)
    }

    pub fn delete(&self, path: &[&str]) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// Starts a call below `/rest`; the parts of the path are encoded one by one.
    fn call(&self, method: Method, path: &[&str]) -> Call<'_> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("rest").extend(path);
        }
        let admin = path.first() == Some(&"admin");
        let key = if admin { &self.admin_key } else { &self.token };
        let mut request = self.http.request(method, url.clone());
        if let Some(key) = key {
            request = request.bearer_auth(key.expose_secret());
        }
        Call { client: self, url, admin, has_key: key.is_some(), request }
    }
}

/// A call that is being put together.
pub struct Call<'a> {
    client: &'a Client,
    url: Url,
    admin: bool,
    has_key: bool,
    request: reqwest::RequestBuilder,
}

impl Call<'_> {
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.request = self.request.query(&[(name, value.to_string())]);
        self
    }

    pub fn query_if(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.request = self.request.json(body);
        self
    }

    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.request = self.request.header(name, value.to_string());
        self
    }

    pub fn body(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.body(body);
        self
    }

    pub fn multipart(mut self, form: reqwest::multipart::Form) -> Self {
        self.request = self.request.multipart(form);
        self
    }

    /// Sends the call and reads the answer as JSON (`null` for an empty one).
    pub async fn send(self) -> Result<Value, Failure> {
        let url = self.url.clone();
        let response = self.open().await?;
        let bytes = response.bytes().await.map_err(|error| unreadable(&url, error))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&url, error))
    }

    /// Sends the call and reads the answer as `T`.
    pub async fn read<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let url = self.url.clone();
        parse(self.send().await?)
            .map_err(|failure| failure.remedy(format!("is {url} a Gangway of this version?")))
    }

    /// Sends the call and hands over the answer once it is known to be good.
    pub async fn open(self) -> Result<reqwest::Response, Failure> {
        if !self.has_key {
            return Err(missing_key(self.admin, &self.client.hint));
        }
        let response = self.request.send().await.map_err(|error| unreachable(&self.client.base, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse().ok());
        let body = response.bytes().await.unwrap_or_default();
        Err(answer::failure(status.as_u16(), &body, retry_after, &self.url))
    }
}

/// Reads a JSON answer as `T`.
pub fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value)
        .map_err(|error| Failure::failed("the server's answer has another shape than expected").why(error))
}

fn unreadable(url: &Url, error: impl std::fmt::Display) -> Failure {
    Failure::failed(format!("the answer of {url} cannot be read")).why(error)
}

fn unreachable(base: &Url, error: &reqwest::Error) -> Failure {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        why = cause.to_string();
        source = cause.source();
    }
    Failure::new(Exit::Unreachable, format!("no answer from {base}"))
        .why(why)
        .remedy("start it with `gangway serve`, or name another by --url or GANGWAY_URL")
}

fn missing_key(admin: bool, hint: &str) -> Failure {
    let failure = match admin {
        true => Failure::new(Exit::Refused, "this command needs the admin key")
            .remedy("set GANGWAY_ADMIN_KEY or give --admin-key; the server's is in its admin.key file"),
        false => Failure::new(Exit::Refused, "this command needs a user token")
            .remedy("set GANGWAY_TOKEN or give --token; `gangway users token` makes one"),
    };
    match hint.is_empty() {
        true => failure,
        false => failure.remedy(hint),
    }
}
