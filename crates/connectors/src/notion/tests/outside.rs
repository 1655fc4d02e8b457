//! Files: links that end, hosts that are not Notion's, addresses that nobody should call.

use gangway_connector::{ConnectorError, Content, Disposition, Entry, FetchLimits, Source};
use gangway_model::ItemKind;
use serde_json::{Value, json};

use super::make::{block, id, in_page, in_workspace, page};
use super::script::{Answer, Asked, Script};

fn entry(item: &str) -> Entry {
    Entry::new(item, ItemKind::File, "report.pdf")
}

fn in_block() -> Entry {
    entry(&format!("block:{}", id(11)))
}

const BLOCK: &str = "GET /v1/blocks/00000000-0000-4000-8000-000000000011";
const XML: &str = "<Error><Code>AccessDenied</Code></Error>";

/// A block whose file is `kind` at an address made from how often the block was read.
fn file_block(kind: &str, address: &str) -> Value {
    let mut value =
        block(11, "file", json!({"type": kind, "name": "report.pdf", "caption": [], kind: {"url": address}}));
    value["parent"] = in_page(1);
    value
}

/// A Notion and a file host in one: each reading of the block signs anew, and the host takes signatures from `first` on.
async fn hosted(first: usize) -> Script {
    let script = Script::start(move |asked: &Asked| {
        let host = asked.headers["host"].to_str().unwrap();
        match asked.what.as_str() {
            BLOCK => Some(
                file_block("file", &format!("http://{host}/files/report.pdf?sig={}", asked.before)).into(),
            ),
            "GET /files/report.pdf" => {
                assert!(
                    !asked.headers.contains_key("authorization")
                        && !asked.headers.contains_key("notion-version")
                );
                let signature: usize = asked.query["sig"].parse().unwrap();
                Some(match signature >= first {
                    true => Answer::Bytes(200, "application/pdf", b"the bytes".to_vec()),
                    false => Answer::Bytes(403, "application/xml", XML.into()),
                })
            }
            _ => None,
        }
    });
    script.await
}

async fn external(address: String) -> Script {
    Script::start(move |asked: &Asked| match asked.what.as_str() {
        BLOCK => Some(file_block("external", &address).into()),
        _ => None,
    })
    .await
}

async fn fetch(source: &dyn Source, entry: &Entry) -> Result<Content, ConnectorError> {
    source.fetch(entry, &FetchLimits { max_bytes: 100 }).await
}

#[tokio::test]
async fn a_link_that_ended_is_read_anew_once() {
    let script = hosted(0).await;
    let fetched = fetch(&*script.source(), &in_block()).await.unwrap();
    assert_eq!((fetched.media_type.as_str(), fetched.size), ("application/pdf", Some(9)));
    assert_eq!(script.count(BLOCK), 1);

    let script = hosted(1).await;
    fetch(&*script.source(), &in_block()).await.unwrap();
    assert_eq!((script.count(BLOCK), script.count("GET /files/report.pdf")), (2, 2));

    let script = hosted(99).await;
    let error = fetch(&*script.source(), &in_block()).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("file_link_refused", Disposition::SkipItem));
    assert_eq!((script.count(BLOCK), script.count("GET /files/report.pdf")), (2, 2));
    assert!(!format!("{error:?}{error}").contains("sig="), "{error:?}");
}

#[tokio::test]
async fn files_in_properties_are_read_from_their_page() {
    let script = Script::start(|asked: &Asked| {
        let host = asked.headers["host"].to_str().unwrap();
        if asked.what == "GET /files/cv.txt" {
            return Some(Answer::Bytes(200, "text/plain; charset=utf-8", b"a life".to_vec()));
        }
        let mut row = page(1, "Ada", in_workspace());
        row["properties"]["Docs"] = json!({"id": "x%3A", "type": "files", "files": [
            {"name": "gone"}, {"name": "cv.txt", "type": "file", "file": {"url": format!("http://{host}/files/cv.txt?sig=1")}}]});
        (asked.what == format!("GET /v1/pages/{}", id(1))).then(|| row.into())
    })
    .await;
    let source = script.source();
    let item = format!("property:{}:1:x%3A", id(1));
    let found = source.get(&item.as_str().into()).await.unwrap();
    assert_eq!((found.name.as_str(), found.parents), ("cv.txt", vec![id(1).into()]));
    assert_eq!(fetch(&*source, &entry(&item)).await.unwrap().media_type, "text/plain");
    for gone in [
        format!("property:{}:0:x%3A", id(1)),
        format!("property:{}:5:x%3A", id(1)),
        format!("property:{}:1:other", id(1)),
    ] {
        assert!(source.get(&gone.as_str().into()).await.unwrap_err().is_gone(), "{gone}");
        assert!(fetch(&*source, &entry(&gone)).await.unwrap_err().is_gone(), "{gone}");
    }
}

#[tokio::test]
async fn private_addresses_are_not_called_and_cost_one_item_only() {
    for address in [
        "http://10.0.0.1/secret",
        "http://[::1]:9/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "gopher://example.org/",
        "no address at all",
    ] {
        let script = external(address.to_owned()).await;
        let error = fetch(&*script.guarded_source(), &in_block()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::SkipItem, "{address}: {error:?}");
        assert_eq!(script.count(BLOCK), 1);
    }
}

#[tokio::test]
async fn what_is_elsewhere_is_bounded_and_its_troubles_are_its_own() {
    let serve = |status: u16, bytes: usize| {
        Script::start(move |asked: &Asked| {
            let host = asked.headers["host"].to_str().unwrap();
            match asked.what.as_str() {
                BLOCK => Some(file_block("external", &format!("http://{host}/elsewhere")).into()),
                _ => Some(Answer::Bytes(status, "image/png", vec![b'x'; bytes])),
            }
        })
    };
    let fetched = fetch(&*serve(200, 100).await.source(), &in_block()).await.unwrap();
    assert_eq!(fetched.media_type, "image/png");
    let error = fetch(&*serve(200, 101).await.source(), &in_block()).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("too_large", Disposition::SkipItem));
    for status in [401, 403, 404, 410, 429, 500, 503] {
        let script = serve(status, 3).await;
        let error = fetch(&*script.source(), &in_block()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::SkipItem, "{status}: {error:?}");
        assert!(script.count("GET /elsewhere") <= 2, "nobody waits long for a server that is not Notion's");
    }
    let nobody = external("http://127.0.0.1:1/".to_owned()).await;
    let error = fetch(&*nobody.source(), &in_block()).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("external_file", Disposition::SkipItem));
}

#[tokio::test]
async fn a_block_that_holds_no_file_any_more_is_gone_as_a_file() {
    let script = Script::start(|asked: &Asked| match asked.what.as_str() {
        BLOCK => {
            let mut value = super::make::paragraph(11, "only words now");
            value["parent"] = in_page(1);
            Some(value.into())
        }
        what if what == format!("GET /v1/pages/{}", id(1)) => Some(page(1, "Home", in_workspace()).into()),
        _ => None,
    })
    .await;
    assert!(script.source().get(&in_block().id).await.unwrap_err().is_gone());
    assert!(fetch(&*script.source(), &in_block()).await.unwrap_err().is_gone());
    let unknown = entry(&format!("block:{}", id(12)));
    assert!(fetch(&*script.source(), &unknown).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn another_file_in_the_same_block_is_another_revision() {
    let revision = async |kind: &'static str, address: &'static str| {
        let script = Script::start(move |asked: &Asked| match asked.what.as_str() {
            BLOCK => Some(file_block(kind, address).into()),
            what if what == format!("GET /v1/pages/{}", id(1)) => {
                Some(page(1, "Home", in_workspace()).into())
            }
            _ => None,
        })
        .await;
        script.source().get(&in_block().id).await.unwrap().revision
    };
    let first = revision("file", "https://f.example/1/report.pdf?sig=1").await;
    assert_eq!(first, revision("file", "https://f.example/1/report.pdf?sig=2").await);
    assert_ne!(first, revision("file", "https://f.example/2/report.pdf?sig=1").await);
    let linked = revision("external", "https://f.example/?id=1").await;
    assert_ne!(
        linked,
        revision("external", "https://f.example/?id=2").await,
        "there the query is part of the address"
    );
    assert!(!first.as_str().contains("example"), "{first:?}");
}
