//! Large uploads go on: after the server is killed in the middle, and after connections that are cut.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt, stream};
use reqwest::{Body, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::program::{Running, gangway, run};

const UPLOADS: &str = "rest/connectors/local_upload/uploads";
/// Bytes of one part, as the server's settings have them.
const PART: usize = 4 << 20;

/// A user's token.
fn token(folder: &Path, server: &Running) -> String {
    let admin_key = std::fs::read_to_string(folder.join("gangway-data/admin.key")).unwrap();
    let args = ["users", "create", "--with-token", "--json", "--url", &server.url, "--admin-key"];
    let made = run(folder, &[&args[..], &[admin_key.trim()]].concat()).expect_ok();
    serde_json::from_str::<Value>(&made).unwrap()["token"].as_str().unwrap().to_owned()
}

/// Bytes that no two places share.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251 + at / 65_537) as u8).collect()
}

struct Caller {
    http: reqwest::Client,
    token: String,
}

impl Caller {
    async fn call(
        &self,
        server: &Running,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> reqwest::Result<Response> {
        let url = format!("{}/{path}", server.url.trim_end_matches('/'));
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(&self.token);
        for (name, value) in [("tus-resumable", "1.0.0")].iter().chain(headers) {
            request = request.header(*name, *value);
        }
        request.body(body).send().await
    }

    async fn json(&self, server: &Running, method: &str, path: &str, body: &Value) -> Value {
        let typed = [("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.call(server, method, path, &typed, body).await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        answer.json().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_an_upload_goes_on_where_it_was_durable() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["keys", "new"]).expect_ok();
    let mut server = Running::start(folder.path(), &[]);
    let caller = Caller { http: reqwest::Client::new(), token: token(folder.path(), &server) };
    let made = caller.json(&server, "POST", "rest/collections", &json!({ "name": "mine" })).await;
    let content = content(3 * PART + 4321);
    let metadata = format!(
        "collection_uuid {},filename {}",
        STANDARD.encode(made["uuid"].as_str().unwrap()),
        STANDARD.encode("large.bin")
    );
    let said = [("upload-length", &*content.len().to_string()), ("upload-metadata", &metadata)];
    let begun = caller.call(&server, "POST", UPLOADS, &said, "").await.unwrap();
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    let path = format!("{UPLOADS}/{}", location.rsplit('/').next().unwrap());

    // Two parts and a piece of the third are sent, and nothing follows; then the process dies.
    let first = content[..2 * PART + 100_000].to_vec();
    let pieces = stream::iter(
        first.chunks(65_536).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>(),
    );
    let hanging = pieces.chain(stream::pending());
    let typed = [("upload-offset", "0"), ("content-type", "application/offset+octet-stream")];
    let killing = async {
        loop {
            let told = caller.json(&server, "GET", &path, &Value::Null).await;
            if told["offset"].as_u64().unwrap() >= 2 * PART as u64 {
                return;
            }
        }
    };
    tokio::select! {
        answer = caller.call(&server, "PATCH", &path, &typed, Body::wrap_stream(hanging)) => panic!("{answer:?}"),
        () = killing => {}
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    drop(server);

    let server = Running::start(folder.path(), &[]);
    let head = caller.call(&server, "HEAD", &path, &[], "").await.unwrap();
    assert_eq!(head.headers()["upload-offset"], (2 * PART).to_string().as_str());
    let at = 2 * PART;
    let rest = [("upload-offset", &*at.to_string()), ("content-type", "application/offset+octet-stream")];
    let answer = caller.call(&server, "PATCH", &path, &rest, content[at..].to_vec()).await.unwrap();
    assert_eq!(answer.status(), 204);
    let told = caller.json(&server, "GET", &path, &Value::Null).await;
    assert_eq!((&told["status"], &told["file"]["status"]), (&json!("done"), &json!("stored")), "{told}");
    let file = format!("rest/connectors/local_upload/files/{}/content", told["file"]["id"].as_str().unwrap());
    let bytes = caller.call(&server, "GET", &file, &[], "").await.unwrap().bytes().await.unwrap();
    assert!(bytes == content, "the same bytes come back");
}

/// Something on the way that cuts the first connections after so many bytes from the client. Its address.
async fn cutting(server: &Running, cuts: u64, after: usize) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let target = server.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let made = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&made);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (target, made) = (target.clone(), Arc::clone(&made));
            tokio::spawn(async move {
                let (mut from, mut to) = client.into_split();
                let (mut answers, mut onwards) = TcpStream::connect(target).await.unwrap().into_split();
                let back = tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut answers, &mut to).await;
                });
                let (mut buffer, mut passed) = (vec![0; 64 * 1024], 0);
                while let Ok(length @ 1..) = from.read(&mut buffer).await {
                    passed += length;
                    if passed > after && made.load(Ordering::SeqCst) < cuts {
                        made.fetch_add(1, Ordering::SeqCst);
                        back.abort();
                        return;
                    }
                    if onwards.write_all(&buffer[..length]).await.is_err() {
                        break;
                    }
                }
                drop(onwards);
                let _ = back.await;
            });
        }
    });
    (address, counted)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_goes_on_after_connections_that_were_cut() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["keys", "new"]).expect_ok();
    let server = Running::start(folder.path(), &[]);
    let token = token(folder.path(), &server);
    let content = content(17_000_000);
    std::fs::write(folder.path().join("large.bin"), &content).unwrap();
    let (address, cuts) = cutting(&server, 3, 5_000_000).await;
    let mut command = gangway(folder.path());
    command.args(["upload", "large.bin", "--collection", "mine", "--json", "--url", &address]);
    command.env("GANGWAY_TOKEN", &token);
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(cuts.load(Ordering::SeqCst), 3);
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let file = &told["files"][0];
    assert_eq!((&file["status"], &file["size"]), (&json!("stored"), &json!(content.len())), "{told}");
    let caller = Caller { http: reqwest::Client::new(), token };
    let path = format!("rest/connectors/local_upload/files/{}/content", file["id"].as_str().unwrap());
    let bytes = caller.call(&server, "GET", &path, &[], "").await.unwrap().bytes().await.unwrap();
    assert!(bytes == content, "the same bytes come back");
}
