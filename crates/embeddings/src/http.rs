//! A model behind an address that speaks as OpenAI's embeddings endpoint does, which most servers of models can.
//! <https://platform.openai.com/docs/api-reference/embeddings/create>

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use gangway_effects::Network;
use gangway_model::{ExposeSecret, SecretString};
use gangway_search::{EmbedError, Embedder, TextKind};
use http::{HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::wire::{Failed, meaning_of};

/// The largest answer that is read.
const LARGEST_ANSWER: usize = 64 << 20;
/// What is read of a refusal, for its code.
const LARGEST_REFUSAL: usize = 64 << 10;

#[derive(Clone, Debug)]
pub struct HttpEmbedderOptions {
    /// What `/embeddings` is appended to, such as `https://api.openai.com/v1`.
    pub url: Url,
    pub model: String,
    pub api_key: Option<SecretString>,
    /// Asks for shorter vectors, where the model can make them.
    pub dimensions: Option<u32>,
    /// Put before questions and before passages, for models that were trained so.
    pub query_prefix: String,
    pub passage_prefix: String,
}

/// Asks a model behind an address.
pub struct HttpEmbedder {
    network: Network,
    address: Url,
    authorization: Option<HeaderValue>,
    options: HttpEmbedderOptions,
    model: String,
}

#[derive(Serialize)]
struct Asked<'a> {
    model: &'a str,
    input: Vec<String>,
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u32>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl HttpEmbedder {
    /// Fails with what is wrong with the address or the key.
    pub fn new(network: Network, options: HttpEmbedderOptions) -> Result<Self, EmbedError> {
        let mut address = options.url.clone();
        address
            .path_segments_mut()
            .map_err(|()| EmbedError::configuration("the embedder's address cannot have a path"))?
            .pop_if_empty()
            .push("embeddings");
        let authorization = match &options.api_key {
            None => None,
            Some(key) => {
                let bearer = format!("Bearer {}", key.expose_secret());
                let mut value = HeaderValue::from_str(&bearer).map_err(|_| {
                    EmbedError::configuration("the embedder's API key holds what no header can carry")
                })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let mut model = options.model.clone();
        if let Some(dimensions) = options.dimensions {
            model.push_str(&format!(" {dimensions}"));
        }
        if !options.passage_prefix.is_empty() {
            model.push_str(&format!(" {:?}", options.passage_prefix));
        }
        Ok(Self { network, address, authorization, options, model })
    }

    fn host(&self) -> &str {
        self.address.host_str().unwrap_or("the embedder")
    }

    async fn send(&self, asked: &Asked<'_>) -> Result<reqwest::Response, EmbedError> {
        let request = self.network.request(Method::POST, self.address.clone());
        let mut request = request.map_err(|error| EmbedError::configuration(error.to_string()))?;
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.clone());
        }
        let response = request.json(asked).send().await.map_err(|error| self.failure(&error))?;
        let status = response.status();
        if status.is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    fn failure(&self, error: &reqwest::Error) -> EmbedError {
        match meaning_of(error) {
            Failed::Refused(message) => EmbedError::configuration(message),
            Failed::ForNow(what) => EmbedError::for_now(format!("{} {what}", self.host())),
        }
    }

    async fn refusal(&self, response: reqwest::Response) -> EmbedError {
        let status = response.status();
        let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let body = read(response, LARGEST_REFUSAL).await.unwrap_or_default();
        let code = code_of(&body).map_or(String::new(), |code| format!(" ({code})"));
        let message = format!("{} answered {}{code}", self.host(), status.as_u16());
        match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                EmbedError::Refused { message }
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => {
                EmbedError::RetryLater { after, message }
            }
            status if status.is_server_error() => EmbedError::RetryLater { after, message },
            _ => EmbedError::Configuration { message },
        }
    }

    /// Brings the vectors into the order of the texts.
    fn vectors(&self, body: &[u8], count: usize) -> Result<Vec<Vec<f32>>, EmbedError> {
        let odd = |what: &str| EmbedError::for_now(format!("{} answered {what}", self.host()));
        let answer: Answer =
            serde_json::from_slice(body).map_err(|_| odd("with something that is no list of vectors"))?;
        let mut vectors = vec![Vec::new(); count];
        for (at, one) in answer.data.into_iter().enumerate() {
            let place = vectors.get_mut(one.index.unwrap_or(at));
            *place.ok_or_else(|| odd("with more vectors than there are texts"))? = one.embedding;
        }
        let length = vectors.first().map_or(0, Vec::len);
        if vectors.iter().any(|vector| vector.is_empty() || vector.len() != length) {
            return Err(odd("with vectors that are missing or of several lengths"));
        }
        match vectors.iter().flatten().all(|number| number.is_finite()) {
            true => Ok(vectors),
            false => Err(odd("with vectors that are too large to be any")),
        }
    }
}

/// A body of up to so many bytes; `None` when it is larger or breaks off.
async fn read(response: reqwest::Response, limit: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece.ok()?);
        if body.len() > limit {
            return None;
        }
    }
    Some(body)
}

/// A refusal's code. Its message is left out: it may quote the text or the key.
fn code_of(body: &[u8]) -> Option<String> {
    let refusal: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = &refusal["error"];
    let code = error["code"].as_str().or(error["type"].as_str())?;
    let is_a_code = code.len() <= 64 && code.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '-');
    is_a_code.then(|| code.to_owned())
}

#[async_trait]
impl Embedder for HttpEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    async fn embed(&self, kind: TextKind, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let prefix = match kind {
            TextKind::Query => &self.options.query_prefix,
            TextKind::Passage => &self.options.passage_prefix,
        };
        let asked = Asked {
            model: &self.options.model,
            input: texts.iter().map(|text| format!("{prefix}{text}")).collect(),
            encoding_format: "float",
            dimensions: self.options.dimensions,
        };
        let response = self.send(&asked).await?;
        let body = read(response, LARGEST_ANSWER).await;
        let body =
            body.ok_or_else(|| EmbedError::for_now(format!("{} broke off its answer", self.host())))?;
        self.vectors(&body, texts.len())
    }
}

#[cfg(test)]
mod tests;
