//! Fetching from a server of the test's own, with everything that may go wrong on the way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as Asked, State};
use axum::http::{HeaderMap, Response};
use axum::routing::get;
use gangway_effects::NetworkOptions;
use gangway_search::Embedder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::tiny;

/// What the server does with a file, once.
#[derive(Clone)]
enum Fault {
    /// Sends another file.
    Instead(Vec<u8>),
    Status(u16),
    /// Sends it elsewhere.
    To(String),
    /// Takes no notice of the byte that is asked for.
    NoRanges,
}

/// Path and range of a call.
type Call = (String, Option<String>);

#[derive(Clone, Default)]
struct Shelf {
    files: Arc<BTreeMap<String, Vec<u8>>>,
    faults: Arc<Mutex<Vec<(String, Fault)>>>,
    asked: Arc<Mutex<Vec<Call>>>,
}

impl Shelf {
    fn next(&self, file: &str, fault: Fault) {
        self.faults.lock().unwrap().push((file.to_owned(), fault));
    }

    fn asked(&self) -> Vec<Call> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn answer(&self, path: String, headers: &HeaderMap) -> Response<Body> {
        let range = headers.get("range").map(|value| value.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().push((path.clone(), range.clone()));
        let name = path.rsplit_once("m/").map_or(path.as_str(), |(_, name)| name).to_owned();
        let mut faults = self.faults.lock().unwrap();
        let fault = faults.iter().position(|(of, _)| *of == name).map(|at| faults.remove(at).1);
        let Some(file) = self.files.get(&name) else {
            return Response::builder().status(404).body(Body::empty()).unwrap();
        };
        let from =
            range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        match (fault, from) {
            (Some(Fault::Status(status)), _) => {
                Response::builder().status(status).body(Body::empty()).unwrap()
            }
            (Some(Fault::To(address)), _) => {
                Response::builder().status(302).header("location", address).body(Body::empty()).unwrap()
            }
            (Some(Fault::Instead(other)), _) => Response::new(Body::from(other)),
            (Some(Fault::NoRanges), _) | (None, None) => Response::new(Body::from(file.clone())),
            (None, Some(from)) if from >= file.len() => {
                Response::builder().status(416).body(Body::empty()).unwrap()
            }
            (None, Some(from)) => Response::builder()
                .status(206)
                .header("content-range", format!("bytes {from}-{}/{}", file.len() - 1, file.len()))
                .body(Body::from(file[from..].to_vec()))
                .unwrap(),
        }
    }
}

struct Desk {
    shelf: Shelf,
    fetch: Fetch,
    home: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let home = tempfile::tempdir().unwrap();
        let source = tempfile::tempdir().unwrap();
        tiny::write(source.path());
        let names = ["config.json", "tokenizer.json", "model.safetensors"];
        let files = names.map(|name| (name.to_owned(), fs::read(source.path().join(name)).unwrap()));
        let shelf = Shelf { files: Arc::new(files.into()), ..Shelf::default() };
        let answer = |State(shelf): State<Shelf>, Asked(path): Asked<String>, headers: HeaderMap| async move {
            shelf.answer(path, &headers)
        };
        let router = Router::new().route("/{*path}", get(answer)).with_state(shelf.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let from = format!("http://{}/deep/m/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let wanted = shelf.files.iter().map(|(name, bytes)| Wanted {
            name: name.clone(),
            sha256: hex::encode(aws_lc_rs::digest::digest(&SHA256, bytes)),
            bytes: Some(bytes.len() as u64),
        });
        let fetch = Fetch { from, files: wanted.collect(), to: home.path().join("models/tiny") };
        Self { shelf, fetch, home }
    }

    async fn run(&self) -> Result<Fetched, String> {
        let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
        self.run_by(options).await
    }

    async fn run_by(&self, options: NetworkOptions) -> Result<Fetched, String> {
        let network = Network::new(options).unwrap();
        self.fetch.run(&network, &mut |_| {}).await.map_err(|error| error.to_string())
    }

    /// Fetches from a server that breaks off in the middle of the weights.
    async fn run_cut(&self, keep: usize) -> String {
        let from = serve_cut(Arc::clone(&self.shelf.files), keep).await;
        let cut = Fetch { from, ..self.fetch.clone() };
        let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
        let network = Network::new(options).unwrap();
        cut.run(&network, &mut |_| {}).await.map(|_| ()).unwrap_err().to_string()
    }

    /// Whether there is nothing under the model's name.
    fn has_nothing(&self) -> bool {
        !self.fetch.to.exists()
    }

    fn part(&self, file: &str) -> Vec<u8> {
        fs::read(self.home.path().join("models/tiny.part").join(file)).unwrap()
    }
}

/// Promises whole files, and closes the connection behind so many bytes of one.
async fn serve_cut(files: Arc<BTreeMap<String, Vec<u8>>>, keep: usize) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/m/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            let asked = String::from_utf8(asked).unwrap();
            let name = asked.split(' ').nth(1).unwrap().trim_start_matches("/m/");
            let file = &files[name];
            let keep = if name == "model.safetensors" { keep } else { file.len() };
            let head =
                format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", file.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&file[..keep]).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn what_is_fetched_is_whole_and_works_and_is_not_fetched_twice() {
    let desk = Desk::open().await;
    let mut steps = Vec::new();
    let options = NetworkOptions { allow_private_addresses: true, ..NetworkOptions::default() };
    let network = Network::new(options).unwrap();
    let fetched = desk.fetch.run(&network, &mut |step| steps.push(format!("{step:?}"))).await;
    let fetched = fetched.unwrap_or_else(|error| panic!("{error}"));
    assert!(!fetched.was_there && fetched.model.model().starts_with("tiny "));
    assert!(steps[0].contains("config.json") && steps.last().unwrap() == "Trying", "{steps:?}");
    for (name, bytes) in desk.shelf.files.iter() {
        assert_eq!(&fs::read(desk.fetch.to.join(name)).unwrap(), bytes, "{name}");
    }
    assert!(!desk.home.path().join("models/tiny.part").exists());
    desk.shelf.asked();
    assert!(desk.run().await.unwrap_or_else(|error| panic!("{error}")).was_there);
    assert!(desk.shelf.asked().is_empty(), "nothing was asked for");

    fs::write(desk.fetch.to.join("config.json"), "{}").unwrap();
    let why = desk.run().await.map(|_| ()).unwrap_err();
    assert!(why.contains("is there already, and its config.json is another"), "{why}");
}

#[tokio::test]
async fn a_broken_connection_is_gone_on_behind() {
    let desk = Desk::open().await;
    let why = desk.run_cut(1500).await;
    assert!(why.contains("model.safetensors: 127.0.0.1 broke off") && desk.has_nothing(), "{why}");
    assert_eq!(desk.part("model.safetensors"), desk.shelf.files["model.safetensors"][..1500]);
    desk.run().await.unwrap_or_else(|error| panic!("{error}"));
    let called = |name: &str, range: Option<&str>| (format!("deep/m/{name}"), range.map(str::to_owned));
    let expected = [called("model.safetensors", Some("bytes=1500-")), called("tokenizer.json", None)];
    assert_eq!(desk.shelf.asked(), expected, "nothing comes twice");
}

#[tokio::test]
async fn a_server_without_ranges_sends_all_of_it_again() {
    let desk = Desk::open().await;
    desk.run_cut(1500).await;
    desk.shelf.next("model.safetensors", Fault::NoRanges);
    desk.run().await.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn a_beginning_that_is_as_long_as_the_whole_but_another_is_thrown_away() {
    let mut desk = Desk::open().await;
    desk.fetch.files.iter_mut().for_each(|file| file.bytes = None);
    let part = desk.home.path().join("models/tiny.part");
    fs::create_dir_all(&part).unwrap();
    fs::write(part.join("config.json"), vec![b' '; 5000]).unwrap();
    desk.run().await.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn another_file_than_was_promised_is_never_kept() {
    let desk = Desk::open().await;
    let mut other = desk.shelf.files["model.safetensors"].clone();
    *other.last_mut().unwrap() ^= 1;
    desk.shelf.next("model.safetensors", Fault::Instead(other));
    let why = desk.run().await.map(|_| ()).unwrap_err();
    assert!(why.contains("model.safetensors: what came has the SHA-256") && desk.has_nothing(), "{why}");
    assert!(desk.part("model.safetensors").is_empty(), "or it would be gone on behind for ever");

    let longer = [&desk.shelf.files["model.safetensors"][..], b"more"].concat();
    desk.shelf.next("model.safetensors", Fault::Instead(longer));
    let why = desk.run().await.map(|_| ()).unwrap_err();
    assert!(why.contains("more than the"), "{why}");
    desk.run().await.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn files_that_are_as_promised_but_no_model_get_no_name() {
    let mut desk = Desk::open().await;
    let mut files = (*desk.shelf.files).clone();
    files.insert("config.json".to_owned(), br#"{"model_type":"gpt2"}"#.to_vec());
    let digest = hex::encode(aws_lc_rs::digest::digest(&SHA256, &files["config.json"]));
    desk.shelf.next("config.json", Fault::Instead(files["config.json"].clone()));
    desk.fetch.files[0] = Wanted { name: "config.json".to_owned(), sha256: digest, bytes: None };
    let why = desk.run().await.map(|_| ()).unwrap_err();
    assert!(why.contains("the files are as they should be, but") && desk.has_nothing(), "{why}");
}

#[tokio::test]
async fn it_goes_where_it_is_sent_by_the_rules_of_every_address() {
    let desk = Desk::open().await;
    desk.shelf.next("config.json", Fault::To("/cache/m/config.json".to_owned()));
    desk.run().await.unwrap_or_else(|error| panic!("{error}"));

    let desk = Desk::open().await;
    desk.shelf.next("config.json", Fault::To("http://169.254.169.254/latest".to_owned()));
    let allowed_hosts = std::collections::BTreeSet::from(["127.0.0.1".to_owned()]);
    let why = desk
        .run_by(NetworkOptions { allowed_hosts, ..NetworkOptions::default() })
        .await
        .map(|_| ())
        .unwrap_err();
    assert!(why.contains("refused to call 169.254.169.254") && desk.has_nothing(), "{why}");
    let why = desk.run_by(NetworkOptions::default()).await.map(|_| ()).unwrap_err();
    assert!(why.contains("refused to call 127.0.0.1"), "{why}");

    for _ in 0..=MAX_REDIRECTS {
        desk.shelf.next("config.json", Fault::To("/deep/m/config.json?secret=1".to_owned()));
    }
    let why = desk.run().await.map(|_| ()).unwrap_err();
    assert!(why.contains("too many times") && !why.contains("secret"), "{why}");
    desk.shelf.next("config.json", Fault::Status(403));
    assert_eq!(desk.run().await.map(|_| ()).unwrap_err(), "config.json: 127.0.0.1 answered 403");
}

#[test]
fn nothing_is_sent_on_without_encryption() {
    let wanted = Wanted { name: "a".to_owned(), sha256: String::new(), bytes: None };
    let sent = |to: &str| {
        let response = Response::builder().status(302).header("location", to).body("").unwrap();
        let from = "https://models.example/a".parse().unwrap();
        wanted.next(&from, &response.into(), "models.example".to_owned()).map(String::from)
    };
    assert_eq!(sent("https://cache.example/b").unwrap(), "https://cache.example/b");
    assert_eq!(sent("b").unwrap(), "https://models.example/b");
    assert!(sent("http://cache.example/b").is_err());
}

#[tokio::test]
async fn names_that_lead_out_of_the_folder_are_refused_before_anything_is_asked() {
    let mut desk = Desk::open().await;
    for name in ["../config.json", "/etc/passwd", "a//b", "a\\b", ""] {
        desk.fetch.files[0].name = name.to_owned();
        let why = desk.run().await.map(|_| ()).unwrap_err();
        assert!(why.contains("is no name of a file in a folder"), "{why}");
    }
    desk.fetch.files[0] = Wanted { name: "a".to_owned(), sha256: "abc".to_owned(), bytes: None };
    assert!(desk.run().await.map(|_| ()).unwrap_err().contains("64 hex digits"));
    assert!(desk.shelf.asked().is_empty() && desk.has_nothing());
}
