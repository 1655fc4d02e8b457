//! Bytes that are other than was said, and files that have none.

use futures::TryStreamExt;
use gangway_connector::{ConnectorError, Disposition, Entry, FetchLimits, Source};
use gangway_model::{Fetchable, ItemKind, Reason, Revision, media};
use serde_json::json;

use super::script::{Scripted, file};
use crate::dropbox::hash::ContentHash;

const DOWNLOAD: &str = "files/download";
const EXPORT: &str = "files/export";

fn hash(text: &str) -> String {
    let mut hash = ContentHash::default();
    hash.update(text.as_bytes());
    hash.finish()
}

fn listed(name: &str) -> Entry {
    let revision = Revision::from(format!("hash:{}", hash("as listed")));
    Entry { media_type: media::PLAIN.to_owned(), revision, ..Entry::new("id:a", ItemKind::File, name) }
}

fn paper() -> Entry {
    Entry { media_type: "application/vnd.dropbox.paper".to_owned(), ..listed("Plan.paper") }
}

async fn fetch(
    source: &dyn Source,
    entry: &Entry,
) -> Result<(String, String, Option<Revision>), ConnectorError> {
    let content = source.fetch(entry, &FetchLimits { max_bytes: 1000 }).await?;
    let (media_type, revision) = (content.media_type, content.revision);
    let chunks: Vec<_> = content.bytes.try_collect().await?;
    Ok((String::from_utf8(chunks.concat()).unwrap(), media_type, revision))
}

#[tokio::test]
async fn what_is_served_counts_and_not_what_was_listed() {
    let scripted = Scripted::start().await;
    let result =
        json!({"name": "Ünï.txt", "rev": "0123456789def", "size": 9, "content_hash": hash("as served")});
    scripted.serves(
        DOWNLOAD,
        &result.to_string().replace('Ü', "\\u00dc").replace('ï', "\\u00ef"),
        "as served",
    );
    let (text, _, revision) = fetch(&*scripted.source(), &listed("a.txt")).await.unwrap();
    assert_eq!(text, "as served");
    assert_eq!(revision.unwrap().as_str(), format!("hash:{}", hash("as served")));
    let asked = scripted.asked();
    assert_eq!(asked[0].written.as_deref(), Some(r#"{"path":"id:a"}"#));
    assert_eq!(asked[0].root.as_ref().unwrap()["root"], "1");
}

#[tokio::test]
async fn a_short_or_damaged_body_is_never_a_success() {
    for (size, of, code) in [
        (9, "as served", "download_interrupted"),
        (4, "as s!", "checksum_mismatch"),
        (4, "as served", "checksum_mismatch"),
    ] {
        let scripted = Scripted::start().await;
        let result = json!({"rev": "0123456789def", "size": size, "content_hash": hash(of)});
        scripted.serves(DOWNLOAD, &result.to_string(), "as s");
        let error = fetch(&*scripted.source(), &listed("a.txt")).await.unwrap_err();
        assert_eq!(error.code, code);
        assert!(matches!(error.disposition, Disposition::RetryLater { .. }));
    }
    // Without a hash the length is all there is to check.
    let scripted = Scripted::start().await;
    scripted.serves(DOWNLOAD, r#"{"rev": "0123456789def", "size": 5}"#, "as s");
    assert_eq!(fetch(&*scripted.source(), &listed("a.txt")).await.unwrap_err().code, "download_interrupted");
}

#[tokio::test]
async fn bytes_of_which_nobody_says_what_they_are_are_not_dropboxs() {
    let scripted = Scripted::start().await;
    scripted.says(DOWNLOAD, 200, "<html>sign in to the network</html>");
    assert_eq!(fetch(&*scripted.source(), &listed("a.txt")).await.unwrap_err().code, "malformed_answer");
    assert_eq!(fetch(&*scripted.source(), &listed("a.txt")).await.unwrap_err().code, "malformed_answer");
}

#[tokio::test]
async fn files_that_cannot_be_had_are_skipped_each_with_its_reason() {
    for (tags, code) in [
        (json!({".tag": "path", "path": {".tag": "restricted_content"}}), "restricted_content"),
        (json!({".tag": "path", "path": {".tag": "locked"}}), "locked"),
        (json!({".tag": "path", "path": {".tag": "unsupported_content_type"}}), "unsupported_content_type"),
    ] {
        let scripted = Scripted::start().await;
        scripted.refuses(DOWNLOAD, 409, tags);
        let error = fetch(&*scripted.source(), &listed("a.txt")).await.unwrap_err();
        assert_eq!((error.code, error.disposition), (code, Disposition::SkipItem));
        assert_eq!(scripted.asked().len(), 1, "asking again cannot help");
    }
    let scripted = Scripted::start().await;
    scripted.finds_nothing(DOWNLOAD);
    assert!(fetch(&*scripted.source(), &listed("a.txt")).await.unwrap_err().is_gone());
    let reason = Reason::new("no_export", "words");
    let entry = Entry { fetchable: Fetchable::No(reason), ..paper() };
    scripted.asked();
    assert_eq!(fetch(&*scripted.source(), &entry).await.unwrap_err().disposition, Disposition::SkipItem);
    assert!(scripted.asked().is_empty());
}

fn offers(scripted: &Scripted, by_itself: &str, options: &[&str]) {
    let info = json!({"export_as": by_itself, "export_options": options});
    let more = json!({"is_downloadable": false, "export_info": info});
    scripted.answers("files/get_metadata", 200, file("id:a", Some("/plan.paper"), more));
}

fn exported(name: &str, size: usize) -> String {
    let file = file("id:a", Some("/plan.paper"), json!({"rev": "0123456789fff"}));
    json!({"export_metadata": {"name": name, "size": size}, "file_metadata": file}).to_string()
}

#[tokio::test]
async fn paper_is_exported_as_markdown() {
    let scripted = Scripted::start().await;
    offers(&scripted, "html", &["html", "markdown"]);
    scripted.serves(EXPORT, &exported("Plan.md", 6), "# Plan");
    let (text, media_type, revision) = fetch(&*scripted.source(), &paper()).await.unwrap();
    assert_eq!((text.as_str(), media_type.as_str()), ("# Plan", media::MARKDOWN));
    assert_eq!(revision.unwrap().as_str(), "rev:0123456789fff");
    assert_eq!(scripted.asked()[1].argument, json!({"path": "id:a", "export_format": "markdown"}));
    let scripted = Scripted::start().await;
    offers(&scripted, "markdown", &[]);
    scripted.serves(EXPORT, &exported("Plan.md", 7), "# Plan");
    let error = fetch(&*scripted.source(), &paper()).await.unwrap_err();
    assert_eq!(error.code, "download_interrupted", "a short export is none");
    assert_eq!(scripted.asked()[1].argument, json!({"path": "id:a"}), "the default is not asked for by name");
}

#[tokio::test]
async fn a_file_that_turns_out_to_have_no_bytes_is_exported() {
    let scripted = Scripted::start().await;
    scripted.refuses(DOWNLOAD, 409, json!({".tag": "unsupported_file"}));
    offers(&scripted, "xlsx", &[]);
    scripted.serves(EXPORT, &exported("a.xlsx", 4), "PK..");
    let (_, media_type, _) = fetch(&*scripted.source(), &listed("a.gsheet")).await.unwrap();
    assert_eq!(media_type, media::XLSX);
}

#[tokio::test]
async fn an_export_that_is_not_ready_is_waited_for() {
    let scripted = Scripted::start().await;
    offers(&scripted, "markdown", &[]);
    scripted.refuses(EXPORT, 409, json!({".tag": "retry_error"}));
    scripted.serves(EXPORT, &exported("Plan.md", 6), "# Plan");
    assert_eq!(fetch(&*scripted.source(), &paper()).await.unwrap().0, "# Plan");
    let scripted = Scripted::start().await;
    offers(&scripted, "markdown", &[]);
    scripted.refuses(EXPORT, 409, json!({".tag": "retry_error"}));
    let error = fetch(&*scripted.source(), &paper()).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }));
    assert_eq!(error.code, "export_not_ready");
}

#[tokio::test]
async fn a_format_that_was_offered_and_is_refused_leaves_the_default() {
    let scripted = Scripted::start().await;
    offers(&scripted, "html", &["markdown"]);
    scripted.refuses(EXPORT, 409, json!({".tag": "invalid_export_format"}));
    scripted.serves(EXPORT, &exported("Plan.html", 3), "<p>");
    let (_, media_type, _) = fetch(&*scripted.source(), &paper()).await.unwrap();
    assert_eq!(media_type, media::HTML);
    let scripted = Scripted::start().await;
    offers(&scripted, "hologram", &[]);
    scripted.serves(EXPORT, &exported("Plan.docx", 4), "PK..");
    let (_, media_type, _) = fetch(&*scripted.source(), &paper()).await.unwrap();
    assert_eq!(media_type, media::DOCX, "what it is, the name of the export says");
}

#[tokio::test]
async fn what_cannot_be_exported_is_skipped() {
    let scripted = Scripted::start().await;
    offers(&scripted, "markdown", &[]);
    scripted.refuses(EXPORT, 409, json!({".tag": "non_exportable"}));
    let error = fetch(&*scripted.source(), &paper()).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("no_export", Disposition::SkipItem));
    let scripted = Scripted::start().await;
    scripted.answers("files/get_metadata", 200, file("id:a", Some("/p"), json!({"is_downloadable": false})));
    assert_eq!(fetch(&*scripted.source(), &paper()).await.unwrap_err().code, "no_export");
}

#[tokio::test]
async fn versions_are_told_oldest_first_by_the_files_id() {
    let scripted = Scripted::start().await;
    let row = |rev: &str, size: u32| file("id:a", Some("/a.txt"), json!({"rev": rev, "size": size}));
    let list =
        json!({"is_deleted": false, "has_more": true, "entries": [row("00000000b", 2), row("00000000a", 1)]});
    scripted.answers("files/list_revisions", 200, list);
    let source = scripted.source();
    let page = source.versions(&"id:a".into(), None).await.unwrap();
    let told: Vec<_> = page.versions.iter().map(|it| (it.id.as_str(), it.size, it.current)).collect();
    assert_eq!(told, [("00000000a", Some(1), false), ("00000000b", Some(2), true)]);
    assert!(page.next.is_none());
    assert_eq!(scripted.asked()[0].argument["mode"], "id");
    assert!(source.versions(&"root".into(), None).await.unwrap_err().is_gone());
}
