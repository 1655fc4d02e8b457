//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client's id is the https address of a document
//! that says what the client is. Whoever shows such an id chooses where we call, so little is called and less is believed.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;
use url::{Host, Position, Url};

use crate::client::OAuthClient;

/// Characters of the longest id.
const LONGEST_ADDRESS: usize = 512;
/// Bytes of the largest document that is read.
const LARGEST: usize = 16 * 1024;
/// How long reading one may take in all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why an id is none, or its document cannot be gone by. For the person who is asked, and for whoever wrote the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("client_id is an address that no program can be known by: {0}")]
    Address(&'static str),
    #[error("{host} {what}")]
    Unread { host: String, what: String },
    #[error("the document at {host} {what}")]
    Wrong { host: String, what: &'static str },
}

/// What a document says of its client, of which nothing has been checked but that it speaks of this id and of no secret that
/// both sides know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDocument {
    pub name: Option<String>,
    pub redirect_uris: Vec<String>,
    pub grant_types: Option<Vec<String>>,
    pub response_types: Option<Vec<String>>,
    /// How long it stays as it is by its own word; `None` when it says nothing about that.
    pub fresh_for: Option<Duration>,
}

#[derive(Deserialize)]
struct Said {
    client_id: String,
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    /// All that the client can do; the one above is then what it likes best.
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// Reads an id as the address of a document. It has to be written in the one normal form, so that what is compared, what is
/// shown and what is called are the same: dot segments, capitals in the host, a named default port are refused, not mended.
pub fn check_client_address(id: &str) -> Result<Url, DocumentError> {
    let refused = |why| Err(DocumentError::Address(why));
    if id.len() > LONGEST_ADDRESS {
        return refused("it is far too long");
    }
    let Ok(url) = Url::parse(id) else { return refused("it is not an absolute address") };
    if url.scheme() != "https" {
        return refused("it is not https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("it holds a user name");
    }
    if url.fragment().is_some() {
        return refused("it holds a fragment");
    }
    if !matches!(url.host(), Some(Host::Domain(_))) {
        return refused("it names a number where a host's name belongs");
    }
    if url.path() == "/" {
        return refused("it names a host and no document there");
    }
    if url.as_str() != id {
        return refused(
            "it is not in its normal form (dot segments, capitals, a default port, characters to be encoded)",
        );
    }
    Ok(url)
}

/// A host as people compare it: with its port when that is not the usual one.
pub fn place(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

impl OAuthClient {
    /// Reads the document at a client's address: one try, no redirects, a bounded answer in bounded time.
    pub async fn read_client_document(&self, address: &Url) -> Result<ClientDocument, DocumentError> {
        let host = place(address).to_owned();
        tokio::select! {
            biased;
            read = self.read_in_peace(address) => read,
            () = self.clock.sleep(PATIENCE) => {
                Err(DocumentError::Unread { host, what: "did not send its document in time".to_owned() })
            }
        }
    }

    async fn read_in_peace(&self, address: &Url) -> Result<ClientDocument, DocumentError> {
        let unread = |what: String| DocumentError::Unread { host: place(address).to_owned(), what };
        let wrong = |what| DocumentError::Wrong { host: place(address).to_owned(), what };
        let request = self.network.request(Method::GET, address.clone());
        let request = request.map_err(|_| unread("is not a host that this server may call".to_owned()))?;
        // Whether nobody is there or we would not call them is one answer, so that nobody finds out what is in our network.
        let cannot = |_| unread("cannot be reached, or broke off its answer".to_owned());
        let mut response = request.header(header::ACCEPT, "application/json").send().await.map_err(cannot)?;
        match response.status() {
            StatusCode::OK => {}
            status if status.is_redirection() => {
                return Err(unread("sends us elsewhere, where we do not go".to_owned()));
            }
            status => return Err(unread(format!("answered with {}", status.as_u16()))),
        }
        if !is_json(response.headers()) {
            return Err(wrong("does not come as JSON"));
        }
        let fresh_for = fresh_for(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(cannot)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(wrong("is far too large"));
            }
            body.extend_from_slice(&chunk);
        }
        let document = understood(address.as_str(), &body).map_err(wrong)?;
        Ok(ClientDocument { fresh_for, ..document })
    }
}

fn understood(id: &str, body: &[u8]) -> Result<ClientDocument, &'static str> {
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|_| "is not JSON")?;
    let keeps_secret =
        value.get("client_secret").is_some() || value.get("client_secret_expires_at").is_some();
    if keeps_secret {
        return Err("holds a secret, which everybody can read there");
    }
    let said: Said = serde_json::from_value(value).map_err(|_| "is not a client's metadata (RFC 7591)")?;
    if said.client_id != id {
        return Err("names another client_id than its own address");
    }
    // Whoever says nothing has no secret that we could know.
    let is_open = match (&said.token_endpoint_auth_methods_supported, &said.token_endpoint_auth_method) {
        (Some(all), _) => all.iter().any(|method| method == "none"),
        (None, Some(method)) => method == "none",
        (None, None) => true,
    };
    if !is_open {
        return Err("asks for a token_endpoint_auth_method that is not spoken here: none is");
    }
    Ok(ClientDocument {
        name: said.client_name,
        redirect_uris: said.redirect_uris,
        grant_types: said.grant_types,
        response_types: said.response_types,
        fresh_for: None,
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
}

/// What `Cache-Control` says, in what we understand of it.
fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let all = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut told = None;
    for word in all.flat_map(|value| value.split(',')) {
        let word = word.trim().to_ascii_lowercase();
        match word.split_once('=') {
            None if word == "no-store" || word == "no-cache" => return Some(Duration::ZERO),
            Some(("max-age", seconds)) => {
                // A number beyond all bounds is for ever; what is no number is as old as can be.
                let seconds = seconds.trim().trim_matches('"');
                let is_number = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
                let seconds = if is_number { seconds.parse().unwrap_or(u64::from(u32::MAX)) } else { 0 };
                told = Some(Duration::from_secs(seconds.min(u64::from(u32::MAX))));
            }
            _ => {}
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "https://app.example/client.json";

    #[test]
    fn an_address_is_in_its_normal_form_or_is_none() {
        for fine in [ID, "https://app.example:8443/a/b.json?x=1", "https://xn--bcher-kva.example/client"] {
            assert_eq!(check_client_address(fine).unwrap().as_str(), fine);
        }
        for wrong in [
            "",
            "client.json",
            "http://app.example/client.json",
            "ftp://app.example/client.json",
            "https://app.example",
            "https://app.example/",
            "https://app.example/?x=/client.json",
            "https://app.example/client.json#",
            "https://app.example/client.json#x",
            "https://user@app.example/client.json",
            "https://user:word@app.example/client.json",
            "https://@app.example/client.json",
            "https://app.example:443/client.json",
            "https://APP.example/client.json",
            "HTTPS://app.example/client.json",
            "https://app.example/a/../client.json",
            "https://app.example/./client.json",
            "https://app.example/a/%2e%2e/client.json",
            "https://app.example/a/..",
            "https://app.example\\client.json",
            "https://app.example/cli ent.json",
            " https://app.example/client.json",
            "https://app.example/client.json\n",
            "https://bücher.example/client.json",
            "https://app.example/bücher.json",
            "https://127.0.0.1/client.json",
            "https://2130706433/client.json",
            "https://[::1]/client.json",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(check_client_address(wrong).is_err(), "{wrong:?}");
        }
        assert!(check_client_address(&format!("https://app.example/{}", "x".repeat(512))).is_err());
    }

    #[test]
    fn a_document_speaks_of_its_own_address_and_of_no_shared_secret() {
        let with = |more: &str| {
            let text =
                format!("{{\"client_id\": \"{ID}\", \"redirect_uris\": [\"https://app.example/cb\"]{more}}}");
            understood(ID, text.as_bytes())
        };
        let plain = with("").unwrap();
        assert_eq!((plain.name, plain.redirect_uris.len()), (None, 1));
        for fine in [
            ", \"token_endpoint_auth_method\": \"none\", \"client_name\": \"A helper\", \"unknown\": [7]",
            ", \"token_endpoint_auth_method\": \"private_key_jwt\", \"token_endpoint_auth_methods_supported\": \
             [\"private_key_jwt\", \"none\"]",
        ] {
            assert!(with(fine).is_ok(), "{fine}");
        }
        for wrong in [
            ", \"token_endpoint_auth_method\": \"client_secret_post\"",
            ", \"token_endpoint_auth_method\": \"client_secret_basic\"",
            ", \"token_endpoint_auth_method\": \"client_secret_jwt\"",
            ", \"token_endpoint_auth_method\": \"private_key_jwt\"",
            ", \"token_endpoint_auth_method\": \"none\", \"token_endpoint_auth_methods_supported\": \
             [\"private_key_jwt\"]",
            ", \"client_secret\": \"s\"",
            ", \"client_secret_expires_at\": 0",
            ", \"client_name\": 7",
        ] {
            assert!(with(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            "",
            "[]",
            "null",
            "<html></html>",
            "{\"redirect_uris\": []}",
            "{\"client_id\": \"https://app.example/client.json/\", \"redirect_uris\": []}",
            "{\"client_id\": \"https://APP.example/client.json\", \"redirect_uris\": []}",
            "{\"client_id\": [\"https://app.example/client.json\"], \"redirect_uris\": []}",
        ] {
            assert!(understood(ID, wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cache_control_is_read_and_nonsense_in_it_is_nothing_to_go_by() {
        let with = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, text.parse().unwrap());
            fresh_for(&headers).map(|fresh| fresh.as_secs())
        };
        assert_eq!(fresh_for(&HeaderMap::new()), None);
        assert_eq!(with("public, Max-Age=300"), Some(300));
        assert_eq!(with("max-age=300, no-store"), Some(0));
        assert_eq!(with("no-cache"), Some(0));
        assert_eq!(with("public"), None);
        assert_eq!(with("max-age=99999999999999999999999"), Some(u64::from(u32::MAX)));
        assert_eq!(with("max-age=-1"), Some(0));
        assert_eq!(with("max-age="), Some(0));
    }
}
