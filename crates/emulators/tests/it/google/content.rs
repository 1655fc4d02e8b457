//! Downloads, ranges, exports, revisions.

use gangway_emulators::google::{FileEdit, FileTarget, NativeEdit, NativeKind, NewFile, Role, Share};
use serde_json::{Value, json};

use super::harness::{ADA, DRIVE, GRACE, READONLY, World, demo, empty};

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

async fn id(world: &World, path: &str) -> String {
    world.control.find_file(&FileTarget::path(path)).unwrap().id
}

async fn media(world: &World, token: &str, id: &str, range: &str) -> reqwest::Response {
    let url = format!("{}/drive/v3/files/{id}?alt=media", world.base);
    world.http.get(url).bearer_auth(token).header("range", range).send().await.unwrap()
}

#[tokio::test]
async fn blobs_come_whole_and_in_parts() {
    let world = empty().await;
    let token = world.ada().await;
    let file = world.control.write_text(&FileTarget::path("a.txt"), "0123456789").unwrap();
    let whole = world.get(&token, &format!("files/{}", file.id), &[("alt", "media")]).await;
    assert_eq!(whole.status(), 200);
    assert_eq!(whole.headers()["content-type"], "text/plain");
    assert_eq!(whole.text().await.unwrap(), "0123456789");
    let part = media(&world, &token, &file.id, "bytes=2-4").await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(part.text().await.unwrap(), "234");
    let beyond = media(&world, &token, &file.id, "bytes=10-").await;
    assert_eq!(beyond.status(), 416);
    assert_eq!(beyond.headers()["content-range"], "bytes */10");
}

#[tokio::test]
async fn a_range_of_nothing_is_416() {
    let world = demo().await;
    let token = world.ada().await;
    let empty = id(&world, "Team/Empty draft.txt").await;
    assert_eq!(world.get(&token, &format!("files/{empty}"), &[("alt", "media")]).await.status(), 200);
    assert_eq!(media(&world, &token, &empty, "bytes=0-").await.status(), 416);
}

#[tokio::test]
async fn checksums_fit_the_bytes() {
    let world = empty().await;
    let token = world.ada().await;
    let file = world.control.write_text(&FileTarget::path("a.txt"), "abc").unwrap();
    let query = [("fields", "md5Checksum,sha1Checksum,sha256Checksum,size")];
    let body = world.json(&token, &format!("files/{}", file.id), &query).await;
    assert_eq!(body["md5Checksum"], "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(body["sha1Checksum"], "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(body["sha256Checksum"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(body["size"], "3");
}

#[tokio::test]
async fn native_documents_are_exported_and_blobs_downloaded() {
    let world = demo().await;
    let token = world.ada().await;
    let doc = format!("files/{}", id(&world, "Policies/Refund policy").await);
    let blob = format!("files/{}", id(&world, "Policies/Security baseline.md").await);
    let form = format!("files/{}", id(&world, "Team/Staff survey").await);
    assert_eq!(world.refused(&token, &doc, &[("alt", "media")]).await.1, "fileNotDownloadable");
    let export = |path: &str| format!("{path}/export");
    let as_text = [("mimeType", "text/plain")];
    assert_eq!(world.refused(&token, &export(&blob), &as_text).await.1, "fileNotExportable");
    assert_eq!(world.refused(&token, &export(&form), &as_text).await.1, "fileNotExportable");
    let odd = [("mimeType", "image/gif")];
    assert_eq!(world.refused(&token, &export(&doc), &odd).await.0, 400);
    assert_eq!(world.refused(&token, &export(&doc), &[]).await.1, "required");
    let text = world.get(&token, &export(&doc), &as_text).await;
    let bytes = text.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbfRefund policy\r\n"));
    let markdown = world.get(&token, &export(&doc), &[("mimeType", "text/markdown")]).await;
    assert!(markdown.text().await.unwrap().contains("## Annual plans"));
    let word = world.get(&token, &export(&doc), &[("mimeType", DOCX)]).await;
    assert_eq!(word.headers()["content-type"], DOCX);
}

#[tokio::test]
async fn every_kind_exports_to_its_whole_table() {
    let world = demo().await;
    let token = world.ada().await;
    let about = world.json(&token, "about", &[("fields", "exportFormats")]).await;
    let table = about["exportFormats"].as_object().unwrap();
    for path in
        ["Policies/Refund policy", "Finance/Budget 2026", "Product/Roadmap", "Product/Warehouse sketch"]
    {
        let file = world.control.find_file(&FileTarget::path(path)).unwrap();
        let targets = table[&file.mime_type].as_array().unwrap();
        assert!(targets.len() >= 4);
        for mime in targets {
            let query = [("mimeType", mime.as_str().unwrap())];
            let answer = world.get(&token, &format!("files/{}/export", file.id), &query).await;
            assert_eq!(answer.status(), 200, "{path} {mime}");
            assert!(!answer.bytes().await.unwrap().is_empty());
        }
    }
    let sheet = id(&world, "Finance/Budget 2026").await;
    let csv = world.get(&token, &format!("files/{sheet}/export"), &[("mimeType", "text/csv")]).await;
    let csv = csv.text().await.unwrap();
    assert!(csv.contains("Q4,240700") && !csv.contains("Podcast"), "only the first sheet");
}

#[tokio::test]
async fn over_ten_megabytes_only_links_and_operations_help() {
    let world = demo().await;
    let token = world.ada().await;
    let big = id(&world, "Team/Full tasting history").await;
    let query = [("mimeType", "text/plain")];
    let (status, reason, body) = world.refused(&token, &format!("files/{big}/export"), &query).await;
    assert_eq!((status, reason.as_str()), (403, "exportSizeLimitExceeded"));
    assert_eq!(body["error"]["message"], "This file is too large to be exported.");

    let links = world.json(&token, &format!("files/{big}"), &[("fields", "exportLinks")]).await;
    let link = links["exportLinks"]["text/plain"].as_str().unwrap();
    assert!(link.starts_with(&world.base));
    assert_eq!(world.http.get(link).send().await.unwrap().status(), 401, "links want the bearer");
    let answer = world.http.get(link).bearer_auth(&token).send().await.unwrap();
    assert!(answer.bytes().await.unwrap().len() > 10 * 1024 * 1024);

    let started = world.post(&token, &format!("files/{big}/download"), &query, json!({})).await;
    let operation: Value = started.json().await.unwrap();
    assert_eq!(operation["done"], false);
    let name = operation["name"].as_str().unwrap();
    let done = world.json(&token, &format!("operations/{name}"), &[]).await;
    assert_eq!(done["done"], true);
    let uri = done["response"]["downloadUri"].as_str().unwrap();
    let bytes = world.http.get(uri).send().await.unwrap().bytes().await.unwrap();
    assert!(bytes.len() > 10 * 1024 * 1024);
    world.control.advance_clock(std::time::Duration::from_secs(86_401));
    assert_eq!(world.http.get(uri).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn abusive_files_need_an_owners_acknowledgement() {
    let world = empty().await;
    let target = FileTarget::path("virus.exe");
    world.control.write_text(&target, "x").unwrap();
    let edit = FileEdit { abusive: Some(true), ..FileEdit::default() };
    let file = world.control.update_file(&target, &edit).unwrap();
    let share = Share { email: Some(GRACE.into()), ..Share::default() };
    world.control.share(&target, &share).unwrap();
    let path = format!("files/{}", file.id);
    let (ada, grace) = (world.ada().await, world.sign_in(GRACE, DRIVE).await.access);
    let plain = [("alt", "media")];
    let acknowledged = [("alt", "media"), ("acknowledgeAbuse", "true")];
    assert_eq!(world.refused(&ada, &path, &plain).await.1, "cannotDownloadAbusiveFile");
    assert_eq!(world.get(&ada, &path, &acknowledged).await.status(), 200);
    assert_eq!(world.refused(&grace, &path, &acknowledged).await.1, "invalidAbuseAcknowledgment");
}

#[tokio::test]
async fn restricted_files_can_be_read_by_writers_only() {
    let world = empty().await;
    for (name, native) in [("a.txt", None), ("doc", Some(NativeKind::Document))] {
        let edit = FileEdit {
            native: native.map(|kind| NativeEdit { kind, text: "x".into(), sheets: vec![] }),
            download_restricted: Some(true),
            share: vec![Share { email: Some(GRACE.into()), ..Share::default() }],
            ..FileEdit::default()
        };
        let new = NewFile { target: FileTarget::path(name), edit, ..NewFile::default() };
        world.control.create_file(&new).unwrap();
    }
    let (ada, grace) = (world.ada().await, world.sign_in(GRACE, DRIVE).await.access);
    let path = format!("files/{}", id(&world, "a.txt").await);
    let seen = world
        .json(&grace, &path, &[("fields", "capabilities/canDownload,copyRequiresWriterPermission")])
        .await;
    assert_eq!(seen, json!({"capabilities": {"canDownload": false}, "copyRequiresWriterPermission": true}));
    assert_eq!(world.refused(&grace, &path, &[("alt", "media")]).await.1, "cannotDownloadFile");
    assert_eq!(world.get(&ada, &path, &[("alt", "media")]).await.status(), 200);
    let doc = format!("files/{}/export", id(&world, "doc").await);
    assert_eq!(world.refused(&grace, &doc, &[("mimeType", "text/plain")]).await.1, "cannotExportFile");
}

#[tokio::test]
async fn metadata_scopes_list_but_do_not_read() {
    let world = demo().await;
    let token = world.sign_in(ADA, "https://www.googleapis.com/auth/drive.metadata.readonly").await.access;
    let blob = format!("files/{}", id(&world, "Policies/Security baseline.md").await);
    world.json(&token, &blob, &[]).await;
    for (path, query) in [
        (blob.clone(), ("alt", "media")),
        (format!("files/{}/export", id(&world, "Policies/Refund policy").await), ("mimeType", "text/plain")),
        ("drives".to_owned(), ("pageSize", "5")),
    ] {
        let (status, reason, body) = world.refused(&token, &path, &[query]).await;
        assert_eq!((status, reason.as_str()), (403, "insufficientPermissions"), "{path}");
        assert_eq!(body["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    }
}

#[tokio::test]
async fn link_shared_files_want_their_resource_key() {
    let world = empty().await;
    let target = FileTarget::path("a.txt");
    let edit = FileEdit {
        content: Some("x".into()),
        resource_key: Some("0-key".into()),
        share: vec![Share { anyone: true, role: Some(Role::Reader), ..Share::default() }],
        ..FileEdit::default()
    };
    let file = world.control.create_file(&NewFile { target, edit, ..NewFile::default() }).unwrap();
    let grace = world.sign_in(GRACE, READONLY).await.access;
    let url = format!("{}/drive/v3/files/{}?fields=id,resourceKey", world.base, file.id);
    let with = async |header: &str| {
        let request = world.http.get(&url).bearer_auth(&grace);
        request.header("X-Goog-Drive-Resource-Keys", header).send().await.unwrap().status().as_u16()
    };
    assert_eq!(with("").await, 404);
    assert_eq!(with(&format!("{}/wrong", file.id)).await, 404);
    assert_eq!(with(&format!("other/1,{}/0-key", file.id)).await, 200);
    assert_eq!(world.names(&grace, &[]).await, Vec::<String>::new(), "links do not list");
}

#[tokio::test]
async fn revisions_of_blobs_and_documents() {
    let world = empty().await;
    let target = FileTarget::path("a.txt");
    let file = world.control.write_text(&target, "one").unwrap();
    world.control.write_text(&target, "two").unwrap();
    world.control.share(&target, &Share { email: Some(GRACE.into()), ..Share::default() }).unwrap();
    let (ada, grace) = (world.ada().await, world.sign_in(GRACE, DRIVE).await.access);
    let path = format!("files/{}/revisions", file.id);
    let body = world.json(&ada, &path, &[("fields", "*")]).await;
    let rows = body["revisions"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["size"], "3");
    let first = format!("{path}/{}", rows[0]["id"].as_str().unwrap());
    let answer = world.get(&ada, &first, &[("alt", "media")]).await;
    assert_eq!(answer.text().await.unwrap(), "one");
    let head = world.json(&ada, &format!("files/{}", file.id), &[("fields", "headRevisionId")]).await;
    assert_eq!(head["headRevisionId"], rows[1]["id"]);
    assert_eq!(world.refused(&grace, &path, &[]).await.1, "insufficientFilePermissions");
    world.control.advance_clock(std::time::Duration::from_secs(31 * 86_400));
    let ada = world.ada().await;
    let rows = world.json(&ada, &path, &[]).await["revisions"].as_array().unwrap().len();
    assert_eq!(rows, 1, "old blob versions are purged after 30 days");
}
