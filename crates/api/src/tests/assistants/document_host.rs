//! A host of documents: https on a port of its own, with an answer for each path, which counts who asks.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use gangway_effects::NetworkOptions;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::program::REDIRECT;

#[derive(Clone)]
pub enum Answer {
    /// Status line, header lines and body, as they are sent.
    Sent(String),
    /// The same, and then nothing for ever.
    Begun(String),
}

#[derive(Clone)]
pub struct DocumentHost {
    port: u16,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    asked: watch::Sender<usize>,
}

/// Where the certificate lies that the host shows, which is its own authority.
fn certificate() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/assistants/localhost.pem"))
}

/// Rules for outgoing calls by which the host is trusted.
pub fn trusting() -> NetworkOptions {
    NetworkOptions { extra_ca_file: Some(certificate()), ..NetworkOptions::default() }
}

impl DocumentHost {
    pub async fn start() -> Self {
        let chain = CertificateDer::from_pem_file(certificate()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("localhost.key.pem")).unwrap();
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![chain], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = Self {
            port: listener.local_addr().unwrap().port(),
            answers: Arc::default(),
            asked: watch::channel(0).0,
        };
        let serving = host.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(serving.clone(), acceptor.clone(), stream));
            }
        });
        host
    }

    pub fn name(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn address(&self, path: &str) -> String {
        format!("https://{}{path}", self.name())
    }

    pub fn put(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Answers with JSON and these header lines, each with its end of line.
    pub fn put_json(&self, path: &str, headers: &str, body: &Value) {
        let text = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n{body}");
        self.put(path, Answer::Sent(text));
    }

    /// A document that is right in everything, with some fields changed; `null` takes one out.
    pub fn document(&self, path: &str, changed: Value) -> Value {
        let mut document = json!({
            "client_id": self.address(path), "client_name": "A helper", "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        });
        for (name, value) in changed.as_object().unwrap() {
            match value {
                Value::Null => document.as_object_mut().unwrap().remove(name),
                value => document.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        document
    }

    /// Serves such a document; its address.
    pub fn serve(&self, path: &str, changed: Value) -> String {
        self.put_json(path, "", &self.document(path, changed));
        self.address(path)
    }

    /// How often somebody asked.
    pub fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until it was asked so often.
    pub async fn wait_until_asked(&self, times: usize) {
        self.asked.subscribe().wait_for(|asked| *asked >= times).await.unwrap();
    }
}

async fn answer(host: DocumentHost, acceptor: TlsAcceptor, stream: TcpStream) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        request.push(byte);
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap();
    let answer = host.answers.lock().unwrap().get(path).cloned();
    host.asked.send_modify(|asked| *asked += 1);
    let text = match answer {
        Some(Answer::Sent(text)) => text,
        Some(Answer::Begun(text)) => {
            let _ = stream.write_all(text.as_bytes()).await;
            return std::future::pending().await;
        }
        None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
    };
    // Whoever has had enough of a long answer goes away in the middle of it.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}
