//! Native documents: what they are exported as, and the ways around the limit of 10 MB.

use futures::TryStreamExt;
use gangway_connector::conformance::{ALWAYS, StandIn};
use gangway_connector::{ConnectorError, Disposition, FetchLimits};
use gangway_emulators::google::{FileEdit, NativeEdit, NativeKind};
use gangway_model::{Fetchable, ProviderItemId, media};
use serde_json::json;

use super::harness::{GoogleStage, start};

fn native(stage: &GoogleStage, kind: NativeKind, pad_to: Option<u64>) -> ProviderItemId {
    let sheets = match kind {
        NativeKind::Spreadsheet => vec![("Sheet1".to_owned(), "a,b\n1,2\n".to_owned())],
        _ => Vec::new(),
    };
    let native = Some(NativeEdit { kind, text: "# Title\n\nwords".to_owned(), sheets });
    stage.create("native", FileEdit { native, pad_to, ..FileEdit::default() })
}

async fn fetch(stage: &GoogleStage, id: &ProviderItemId) -> Result<(String, Vec<u8>), ConnectorError> {
    let entry = stage.source().get(id).await.unwrap();
    let content = stage.source().fetch(&entry, &FetchLimits { max_bytes: 64 << 20 }).await?;
    let media_type = content.media_type.clone();
    let chunks: Vec<_> = content.bytes.try_collect().await?;
    Ok((media_type, chunks.concat()))
}

#[tokio::test]
async fn every_native_type_is_exported_as_what_serves_text_best() {
    let stage = start().await;
    for (kind, expected, start) in [
        (NativeKind::Document, media::MARKDOWN, &b"# Title"[..]),
        (NativeKind::Spreadsheet, media::XLSX, b"PK"),
        (NativeKind::Presentation, media::PPTX, b"PK"),
        (NativeKind::Drawing, media::PDF, b"%PDF"),
    ] {
        let (media_type, bytes) = fetch(&stage, &native(&stage, kind, None)).await.unwrap();
        assert_eq!(media_type, expected);
        assert!(bytes.starts_with(start), "{kind:?}");
    }
}

#[tokio::test]
async fn what_google_cannot_export_is_known_before_anybody_asks() {
    let stage = start().await;
    for kind in [NativeKind::Form, NativeKind::Site, NativeKind::Map, NativeKind::Jam, NativeKind::Vid] {
        let entry = stage.source().get(&native(&stage, kind, None)).await.unwrap();
        assert!(matches!(&entry.fetchable, Fetchable::No(reason) if reason.code == "no_export"), "{entry:?}");
        assert_eq!(entry.size, None);
    }
}

#[tokio::test]
async fn a_document_that_has_no_markdown_comes_as_text_without_its_mark() {
    let stage = start().await;
    let id = native(&stage, NativeKind::Document, None);
    stage.fault("drive.files.export", 1, json!({"status": 400, "reason": "badRequest"}));
    let (media_type, bytes) = fetch(&stage, &id).await.unwrap();
    assert_eq!(media_type, media::PLAIN);
    assert!(!bytes.starts_with(b"\xEF\xBB\xBF") && String::from_utf8_lossy(&bytes).contains("words"));
}

#[tokio::test]
async fn above_the_limit_the_export_link_helps() {
    let stage = start().await;
    let id = native(&stage, NativeKind::Presentation, Some(11 << 20));
    let (media_type, bytes) = fetch(&stage, &id).await.unwrap();
    assert_eq!(media_type, media::PPTX);
    assert!(bytes.len() > 10 << 20, "{}", bytes.len());
    assert_eq!(stage.control.call_count("drive.exportLink"), 1);
}

#[tokio::test]
async fn two_plain_failures_of_an_export_count_as_too_large() {
    let stage = start().await;
    let id = native(&stage, NativeKind::Drawing, None);
    stage.fault("drive.files.export", ALWAYS, json!({"status": 500}));
    fetch(&stage, &id).await.unwrap();
    assert_eq!(stage.control.call_count("drive.files.export"), 2);
    assert_eq!(stage.control.call_count("drive.exportLink"), 1);
}

#[tokio::test]
async fn without_the_link_google_prepares_a_download() {
    let stage = start().await;
    let id = native(&stage, NativeKind::Presentation, Some(11 << 20));
    stage.fault("drive.exportLink", ALWAYS, json!({"status": 403, "reason": "cannotExportFile"}));
    let (media_type, bytes) = fetch(&stage, &id).await.unwrap();
    assert_eq!((media_type.as_str(), bytes.len() > 10 << 20), (media::PPTX, true));
    assert_eq!(stage.control.call_count("drive.files.download"), 1);
}

#[tokio::test]
async fn when_nothing_helps_the_document_is_skipped_as_too_large() {
    let stage = start().await;
    let id = native(&stage, NativeKind::Presentation, Some(11 << 20));
    stage.fault("drive.exportLink", ALWAYS, json!({"status": 403, "reason": "cannotExportFile"}));
    stage.fault("drive.files.download", ALWAYS, json!({"status": 403, "reason": "cannotExportFile"}));
    let error = fetch(&stage, &id).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("export_too_large", Disposition::SkipItem));
    // An outage is not a size.
    stage.control.clear_faults();
    stage.fault("drive.exportLink", ALWAYS, json!({"status": 503}));
    let error = fetch(&stage, &id).await.unwrap_err();
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
}

/// Google's own failures are no sizes: whoever has a document keeps it, and asks again.
#[tokio::test]
async fn an_outage_in_the_middle_of_an_export_is_no_size() {
    let stage = start().await;
    let id = native(&stage, NativeKind::Drawing, None);
    let entry = stage.source().get(&id).await.unwrap();
    let fetch = async || {
        let limits = FetchLimits { max_bytes: 64 << 20 };
        stage.source().fetch(&entry, &limits).await.expect_err("it cannot be had now")
    };
    let broken = json!({"status": 500});
    // The export and the document's own metadata.
    stage.fault("drive.files.export", ALWAYS, broken.clone());
    stage.fault("drive.files.get", ALWAYS, broken.clone());
    let error = fetch().await;
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
    // The metadata answers, and nothing that makes bytes does.
    stage.control.clear_faults();
    for operation in ["drive.files.export", "drive.exportLink", "drive.files.download"] {
        stage.fault(operation, ALWAYS, broken.clone());
    }
    let error = fetch().await;
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }), "{error:?}");
    // Where Google says once that it is the size, the rest may fail as it likes.
    stage.control.clear_faults();
    stage.fault("drive.files.export", ALWAYS, json!({"status": 403, "reason": "exportSizeLimitExceeded"}));
    for operation in ["drive.exportLink", "drive.files.download"] {
        stage.fault(operation, ALWAYS, broken.clone());
    }
    let error = fetch().await;
    assert_eq!((error.code, error.disposition), ("export_too_large", Disposition::SkipItem));
}

#[tokio::test]
async fn our_own_limit_holds_for_exports_too() {
    let stage = start().await;
    let id = native(&stage, NativeKind::Presentation, Some(11 << 20));
    let entry = stage.source().get(&id).await.unwrap();
    let limits = FetchLimits { max_bytes: 1 << 20 };
    let error = match stage.source().fetch(&entry, &limits).await {
        Ok(content) => content.bytes.try_collect::<Vec<_>>().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!((error.code, error.disposition), ("too_large", Disposition::SkipItem));
}

#[tokio::test]
async fn a_damaged_download_is_noticed() {
    let stage = start().await;
    let id = stage.create_file(&stage.home(), "a.txt", "the true words").await;
    let entry = stage.source().get(&id).await.unwrap();
    stage.fault("drive.files.get", 1, json!({"status": 200, "body": "the fake words"}));
    let content = stage.source().fetch(&entry, &FetchLimits { max_bytes: 100 }).await.unwrap();
    let error = content.bytes.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.code, "checksum_mismatch");
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }));
}
