//! Bytes: download, ranges, hashes, export, temporary links, thumbnails.

use std::time::Duration;

use gangway_emulators::dropbox::{AccountEdit, FileEdit, FileTarget};
use serde_json::{Value, json};

use super::harness::*;

const QUOTED: &str = "/Marketing/Autumn campaign/“Steep it slowly” 🍵 – taglines \"final\".txt";

#[tokio::test]
async fn a_download_carries_its_metadata_in_an_ascii_header() {
    let world = demo().await;
    let token = world.ada().await;
    let arg = ascii(&json!({"path": QUOTED}));
    let answer = world.content(&token, "files/download", &arg, &[]).await;
    assert_eq!(answer.status(), 200);
    let header = answer.headers()["dropbox-api-result"].to_str().unwrap().to_owned();
    assert!(header.is_ascii() && header.contains("\\ud83c\\udf75"));
    let result: Value = serde_json::from_str(&header).unwrap();
    assert_eq!(result["path_display"], QUOTED);
    assert!(result.get(".tag").is_none());
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(etag, format!("W/\"{}\"", result["rev"].as_str().unwrap()));
    assert_eq!(answer.headers()["accept-ranges"], "bytes");
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(result["size"], bytes.len());
    let same = world.content(&token, "files/download", &arg, &[("If-None-Match", &etag)]).await;
    assert_eq!((same.status().as_u16(), same.bytes().await.unwrap().len()), (304, 0));
    let part = world.content(&token, "files/download", &arg, &[("Range", "bytes=6-8")]).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"].to_str().unwrap(), format!("bytes 6-8/{}", bytes.len()));
    assert_eq!(part.bytes().await.unwrap(), &bytes[6..9]);
    let beyond = world.content(&token, "files/download", &arg, &[("Range", "bytes=99999-")]).await;
    assert_eq!(beyond.status(), 416);
}

#[tokio::test]
async fn the_argument_must_be_ascii_and_may_be_in_the_address() {
    let world = demo().await;
    let token = world.ada().await;
    let raw = json!({"path": QUOTED}).to_string();
    let url = format!("{}/2/files/download", world.emulator.content_url());
    let header = http::HeaderValue::from_bytes(raw.as_bytes()).unwrap();
    let refused =
        world.http.post(&url).bearer_auth(&token).header("Dropbox-API-Arg", header).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("Dropbox-API-Arg"));
    let got = world.http.get(&url).query(&[("arg", &raw)]).bearer_auth(&token).send().await.unwrap();
    assert_eq!(got.status(), 200);
    let none = world.http.post(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(none.status(), 400);
    let body =
        world.http.post(&url).bearer_auth(&token).header("Dropbox-API-Arg", ascii(&json!({"path": QUOTED})));
    assert_eq!(body.body("{}").send().await.unwrap().status(), 400, "no body allowed");
}

#[tokio::test]
async fn content_hashes_at_the_edges_of_a_block() {
    let world = empty().await;
    let token = world.ada().await;
    for (size, hash) in [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "1406e05881e299367766d313e26c05564ec91bf721d31726bd6e46e60689539a"),
        (4_194_303, "839e2d868a885f260431d186466f0f3c189ee0eee5cc444b54e717740ad7f1c3"),
        (4_194_304, "c7e946d101855255d919ef0c70718633adf77d3dfb3adeeecf5d0cb4e951be58"),
        (4_194_305, "14a4d47f23a30177885d9820122f17d2d3a55fe63f7f5c27b95f689e0b2accd6"),
    ] {
        let edit = FileEdit { zeros: Some(size), ..FileEdit::default() };
        let path = format!("/{size}.bin");
        world.control.create_file(&FileTarget::path(&path), &edit).unwrap();
        let (result, bytes) = world.download(&token, &path).await;
        assert_eq!((result["content_hash"].as_str().unwrap(), bytes.len() as u64), (hash, size));
    }
}

#[tokio::test]
async fn what_cannot_be_downloaded_says_why() {
    let world = demo().await;
    let token = world.ada().await;
    let set = |path: &str, edit: FileEdit| world.control.update_file(&FileTarget::path(path), &edit).unwrap();
    world.write("/takedown.txt", "x");
    set("/takedown.txt", FileEdit { restricted: Some(true), ..FileEdit::default() });
    world.write("/odd.bin", "x");
    set("/odd.bin", FileEdit { unsupported: Some(true), ..FileEdit::default() });
    for (path, tag) in [
        ("/nope.txt", "path/not_found"),
        ("/projects", "path/not_file"),
        ("/takedown.txt", "path/restricted_content"),
        ("/odd.bin", "unsupported_file"),
        ("/marketing/autumn campaign/launch plan.paper", "unsupported_file"),
    ] {
        let answer = world.content(&token, "files/download", &ascii(&json!({"path": path})), &[]).await;
        let (status, summary, _) = outcome(answer).await;
        assert_eq!((status, summary.as_str()), (409, tag), "{path}");
        let link = world.refused(&token, "files/get_temporary_link", json!({"path": path})).await;
        assert_eq!(link.1, tag, "{path}");
    }
}

#[tokio::test]
async fn paper_is_exported() {
    let world = demo().await;
    let token = world.ada().await;
    let path = "/marketing/autumn campaign/launch plan.paper";
    let metadata = world.json(&token, "files/get_metadata", json!({"path": path})).await;
    assert_eq!(metadata["is_downloadable"], false);
    assert_eq!(metadata["export_info"], json!({"export_as": "html", "export_options": ["markdown"]}));
    world.control.set_switches(|switches| switches.export_retry_once = true);
    let export = |format: Option<&str>| {
        let mut arg = json!({"path": path});
        if let Some(format) = format {
            arg["export_format"] = format.into();
        }
        let (world, token) = (&world, &token);
        async move { world.content(token, "files/export", &ascii(&arg), &[]).await }
    };
    assert_eq!(outcome(export(None).await).await.1, "retry_error", "not ready the first time");
    let html = export(None).await;
    let result: Value = serde_json::from_slice(html.headers()["dropbox-api-result"].as_bytes()).unwrap();
    assert_eq!(result["export_metadata"]["name"], "Launch plan.html");
    assert_eq!(result["file_metadata"]["id"], metadata["id"]);
    let text = html.text().await.unwrap();
    assert_eq!(result["export_metadata"]["size"], text.len());
    assert!(text.contains("<h1>Launch plan: smoked oolong</h1>") && text.contains("<li>"));
    let markdown = export(Some("markdown")).await.text().await.unwrap();
    assert!(markdown.starts_with("# Launch plan: smoked oolong"));
    assert_eq!(outcome(export(Some("docx")).await).await.1, "invalid_export_format");
    let plain = ascii(&json!({"path": "/projects/warehouse move/checklist.md"}));
    assert_eq!(outcome(world.content(&token, "files/export", &plain, &[]).await).await.1, "non_exportable");
}

#[tokio::test]
async fn a_temporary_link_needs_no_token_takes_none_and_ends() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "hello there");
    let arg = json!({"path": "/a.txt"});
    let body = world.json(&token, "files/get_temporary_link", arg.clone()).await;
    assert_eq!(body["metadata"]["name"], "a.txt");
    let link = body["link"].as_str().unwrap();
    let files = world.emulator.files_url();
    assert!(link.starts_with(files.as_str()));
    assert_ne!(files.origin(), world.emulator.base_url().origin(), "another origin");
    let got = world.http.get(link).send().await.unwrap();
    assert_eq!(got.headers()["content-type"], "text/plain");
    assert_eq!(got.text().await.unwrap(), "hello there");
    let part = world.http.get(link).header("Range", "bytes=6-").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.text().await.unwrap().as_str()), (206, "there"));
    let bearer = world.http.get(link).bearer_auth(&token).send().await.unwrap();
    assert_eq!(bearer.status(), 400, "the token must not be sent there");
    let unknown = format!("{}cd/0/get/nope/file", files);
    assert_eq!(world.http.get(unknown).send().await.unwrap().status(), 404);
    world.control.advance_clock(Duration::from_secs(14_399));
    assert_eq!(world.http.get(link).send().await.unwrap().status(), 200);
    world.control.advance_clock(Duration::from_secs(1));
    assert_eq!(world.http.get(link).send().await.unwrap().status(), 410);
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.links_banned = true);
    assert_eq!(world.refused(&token, "files/get_temporary_link", arg.clone()).await.1, "not_allowed");
    let unverified = AccountEdit { email_verified: Some(false), ..AccountEdit::default() };
    world.control.edit_account(ADA, &unverified).unwrap();
    assert_eq!(world.refused(&token, "files/get_temporary_link", arg).await.1, "email_not_verified");
}

#[tokio::test]
async fn pictures_have_thumbnails_and_documents_previews() {
    let world = demo().await;
    let token = world.ada().await;
    let path = "/marketing/autumn campaign/label draft.png";
    let arg =
        json!({"resource": {".tag": "path", "path": path}, "format": "png", "size": {".tag": "w128h128"}});
    let answer = world.content(&token, "files/get_thumbnail_v2", &ascii(&arg), &[]).await;
    assert_eq!(answer.headers()["content-type"], "image/png");
    let result: Value = serde_json::from_slice(answer.headers()["dropbox-api-result"].as_bytes()).unwrap();
    assert_eq!(result["file_metadata"]["name"], "Label draft.png");
    assert!(answer.bytes().await.unwrap().starts_with(b"\x89PNG"));
    let text = json!({"resource": {".tag": "path", "path": "/team/weekly notes.txt"}});
    let refused = world.content(&token, "files/get_thumbnail_v2", &ascii(&text), &[]).await;
    assert_eq!(outcome(refused).await.1, "unsupported_extension");
    let url = format!("{}/2/files/get_thumbnail_batch", world.emulator.content_url());
    let body = json!({"entries": [{"path": path}, {"path": "/nope.png"}]});
    let batch = world.http.post(&url).bearer_auth(&token).json(&body).send().await.unwrap();
    let batch: Value = batch.json().await.unwrap();
    assert_eq!(
        (&batch["entries"][0][".tag"], &batch["entries"][1][".tag"]),
        (&json!("success"), &json!("failure"))
    );
    let docx = ascii(&json!({"path": "/suppliers/supplier agreement.docx"}));
    let preview = world.content(&token, "files/get_preview", &docx, &[]).await;
    assert_eq!(preview.headers()["content-type"], "application/pdf");
    assert!(preview.bytes().await.unwrap().starts_with(b"%PDF"));
}

#[tokio::test]
async fn faults_cut_and_truncate_bodies() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", &"x".repeat(1000));
    let arg = ascii(&json!({"path": "/a.txt"}));
    let fault = json!({"operation": "files/download", "times": 1, "effect": {"cut_after_bytes": 100}});
    world.control.add_fault_json(fault).unwrap();
    let cut = world.content(&token, "files/download", &arg, &[]).await;
    assert!(cut.bytes().await.is_err());
    let fault = json!({"operation": "files/download", "times": 1, "effect": {"truncate_body": true}});
    world.control.add_fault_json(fault).unwrap();
    let short = world.content(&token, "files/download", &arg, &[]).await;
    assert_eq!(short.bytes().await.unwrap().len(), 500);
}
