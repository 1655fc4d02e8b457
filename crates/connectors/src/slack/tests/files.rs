//! Files: bytes, and pages to sign in that only look like bytes.

use futures::TryStreamExt;
use gangway_connector::Disposition;
use gangway_connector::conformance::{Stage, StandIn};
use gangway_connector::http::Download;
use gangway_emulators::slack::{FileMode, FileRefusal, FileWish};
use gangway_model::{Fetchable, ProviderItemId};
use gangway_standins::SlackStandIn;
use serde_json::json;

use super::harness::{SlackStage, list, list_with_failures, start, text, with_scopes};
use crate::slack::wire::File;
use crate::slack::{Slack, content};

fn wish(name: &str, content: &str) -> FileWish {
    FileWish { name: Some(name.to_owned()), content: Some(content.to_owned()), ..FileWish::default() }
}

async fn upload(stage: &SlackStage, name: &str, content: &str) -> ProviderItemId {
    stage.upload(&stage.home(), wish(name, content))
}

#[tokio::test]
async fn a_file_is_an_item_of_its_channel() {
    let stage = start().await;
    let file = upload(&stage, "notes.txt", "the notes").await;
    let listed = list(&stage, &stage.home()).await;
    assert_eq!(listed.len(), 1, "a message without words is its files: {listed:?}");
    let entry = &listed[0];
    assert_eq!((&entry.id, entry.name.as_str(), entry.size), (&file, "notes.txt", Some(9)));
    assert_eq!(entry.media_type, "text/plain");
    assert_eq!(entry.parents, [stage.home()]);
    assert!(entry.thumbnail_url.is_none(), "previews need the token");
    assert_eq!(text(&stage, entry).await.unwrap(), "the notes");
    let alone = stage.source().get(&file).await.unwrap();
    assert_eq!((alone.revision, alone.size), (entry.revision.clone(), entry.size));
    stage.delete(&file).await;
    assert!(stage.source().get(&file).await.unwrap_err().is_gone());
    assert!(text(&stage, entry).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn a_message_names_the_files_it_brings() {
    let stage = start().await;
    let comment = FileWish { comment: "Please read".to_owned(), ..wish("notes.txt", "the notes") };
    stage.upload(&stage.home(), comment);
    let listed = list(&stage, &stage.home()).await;
    let names: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["Please read", "notes.txt"]);
    let content = text(&stage, &listed[0]).await.unwrap();
    assert!(content.contains("Attached: [notes.txt]("), "{content}");
}

#[tokio::test]
async fn a_page_to_sign_in_is_a_refusal_whatever_its_status() {
    for refusal in [FileRefusal::SignInPage, FileRefusal::Redirect] {
        // The file is described all the same, as it is to a token that lost its permission meanwhile.
        let stage = with_scopes(&["channels:history", "channels:read", "users:read"]).await;
        stage.control.set_switches(|switches| switches.file_refusal = refusal);
        for (name, content) in [("notes.txt", "the notes"), ("page.html", "<html><p>words</p></html>")] {
            let file = upload(&stage, name, content).await;
            let described = stage.control.find_file(file.as_str()).unwrap();
            let answer = json!({"ok": true, "file": described});
            stage.fault("files.info", 2, json!({"status": 200, "body": answer}));
            let entry = stage.source().get(&file).await.unwrap();
            let error = text(&stage, &entry).await.unwrap_err();
            let told = (error.code, error.disposition);
            assert_eq!(told, ("files_read_missing", Disposition::SkipItem), "{refusal:?} {name}");
            assert!(stage.control.call_count("files.download") > 0, "the file host was asked");
        }
    }
}

/// What becomes of a download of a file of nine bytes.
async fn arrived(
    own_type: &str,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> Result<String, &'static str> {
    let file: File = serde_json::from_value(json!({"id": "F1", "mode": "hosted", "size": 9})).unwrap();
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let bytes = futures::stream::iter([Ok(bytes::Bytes::from_static(body.as_bytes()))]);
    let size = Some(body.len() as u64);
    let download = Download { headers: headers.collect(), size, bytes: Box::pin(bytes) };
    let bytes = content::checked(&file, own_type, download).await.map_err(|error| error.code)?;
    let chunks: Vec<bytes::Bytes> = bytes.try_collect().await.map_err(|error| error.code)?;
    Ok(String::from_utf8(chunks.concat()).unwrap())
}

#[tokio::test]
async fn each_sign_of_a_refusal_counts_by_itself() {
    let refused = Err("files_read_missing");
    let plain = ("content-type", "text/plain");
    let html = ("content-type", "text/html; charset=utf-8");
    let sign_in = "<!doctype html><title>Slack</title>Sign in to Acme";
    assert_eq!(arrived("text/plain", &[plain], "the notes").await, Ok("the notes".to_owned()));
    assert_eq!(arrived("text/plain", &[], "").await, Err("changed_meanwhile"));
    assert_eq!(arrived("text/plain", &[html], "the notes").await, refused);
    assert_eq!(arrived("text/plain", &[plain], " <html>12").await, refused);
    assert_eq!(arrived("text/plain", &[plain], "\u{feff}<!DOCTYPE HTML>").await, refused);
    assert_eq!(arrived("text/plain", &[plain, ("x-slack-meta", "p;acl_fail")], "the notes").await, refused);
    assert_eq!(arrived("text/plain", &[plain], "other words").await, Err("changed_meanwhile"));
    assert_eq!(arrived("text/html", &[html], "<html>123").await, Ok("<html>123".to_owned()));
    assert_eq!(arrived("text/html", &[html], "<html>of another length").await, refused);
    assert_eq!(arrived("text/html", &[html], sign_in).await, refused);
    // A canvas says nothing of its length: only Slack's own words tell.
    let canvas: File = serde_json::from_value(json!({"id": "F1", "mode": "canvas", "size": 9})).unwrap();
    for (body, is_refused) in [("<html><h1>Plan</h1>", false), (sign_in, true)] {
        let bytes = Box::pin(futures::stream::iter([Ok(bytes::Bytes::from_static(body.as_bytes()))]));
        let download = Download { headers: Default::default(), size: None, bytes };
        assert_eq!(content::checked(&canvas, "text/html", download).await.is_err(), is_refused, "{body}");
    }
}

#[tokio::test]
async fn pages_that_people_share_are_no_refusals() {
    let stage = start().await;
    let page = "<!DOCTYPE html><html><body>How to sign</body></html>";
    let file = upload(&stage, "page.html", page).await;
    let entry = stage.source().get(&file).await.unwrap();
    assert_eq!(text(&stage, &entry).await.unwrap(), page);
    let canvas = FileWish { mode: FileMode::Canvas, ..wish("Canvas", "<h1>Plan</h1><p>words</p>") };
    let canvas = stage.upload(&stage.home(), canvas);
    let entry = stage.source().get(&canvas).await.unwrap();
    let content =
        stage.source().fetch(&entry, &gangway_connector::FetchLimits { max_bytes: 1000 }).await.unwrap();
    assert_eq!(content.media_type, "text/html");
    assert_eq!(text(&stage, &entry).await.unwrap(), "<h1>Plan</h1><p>words</p>");
}

#[tokio::test]
async fn what_cannot_be_had_says_why_without_a_call() {
    let stage = start().await;
    for (mode, code) in [
        (FileMode::External, "external_file"),
        (FileMode::HiddenByLimit, "hidden_by_limit"),
        (FileMode::List, "no_export"),
    ] {
        let file = FileWish {
            mode,
            external_type: "gdrive".to_owned(),
            external_url: "https://drive.example/x".to_owned(),
            ..wish("a", "a")
        };
        let id = stage.upload(&stage.home(), file);
        let entry = list(&stage, &stage.home()).await.into_iter().find(|entry| entry.id == id).unwrap();
        let Fetchable::No(reason) = &entry.fetchable else { panic!("{mode:?}") };
        assert_eq!(reason.code, code);
        stage.control.reset_calls();
        assert_eq!(text(&stage, &entry).await.unwrap_err().disposition, Disposition::SkipItem);
        assert_eq!(stage.calls(), 0, "above all, the token is not sent to another service");
    }
}

#[tokio::test]
async fn deleted_files_are_gone_and_stubs_are_looked_up() {
    let stage = start().await;
    let dead = stage.upload(&stage.home(), FileWish { mode: FileMode::Tombstone, ..wish("dead", "x") });
    assert!(stage.source().get(&dead).await.unwrap_err().is_gone());
    let stub =
        stage.upload(&stage.home(), FileWish { check_file_info: true, ..wish("shared.txt", "from afar") });
    let listed = list(&stage, &stage.home()).await;
    let entry = listed.iter().find(|entry| entry.id == stub).unwrap();
    assert_eq!((entry.name.as_str(), entry.size), ("shared.txt", Some(9)));
    assert_eq!(text(&stage, entry).await.unwrap(), "from afar");
    stage.fault("files.info", 1, json!({"reason": "access_denied"}));
    let (_, failures) = list_with_failures(&stage, &stage.home()).await;
    assert_eq!(failures, [(stub.to_string(), "forbidden".to_owned())]);
}

#[tokio::test]
async fn without_the_permission_files_say_so_one_by_one() {
    let stage = with_scopes(&["channels:history", "channels:read", "users:read"]).await;
    let file = upload(&stage, "notes.txt", "the notes").await;
    let listed = list(&stage, &stage.home()).await;
    let entry = listed.iter().find(|entry| entry.id == file).unwrap();
    let error = text(&stage, entry).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("files_read_missing", Disposition::SkipItem));
}

#[tokio::test]
async fn the_token_goes_to_slacks_own_hosts_only() {
    let stage: SlackStage = Stage::<SlackStandIn>::start(&Slack).await;
    let file = upload(&stage, "notes.txt", "the notes").await;
    let mut endpoints = stage.access().endpoints;
    endpoints.insert("files".to_owned(), "https://files.slack.com".parse().unwrap());
    let source = stage.open(endpoints);
    let entry = source.get(&file).await.unwrap();
    let error = source.fetch(&entry, &gangway_connector::FetchLimits { max_bytes: 1000 }).await.unwrap_err();
    assert_eq!(error.code, "no_address");
    assert_eq!(stage.control.call_count("files.download"), 0);
}
