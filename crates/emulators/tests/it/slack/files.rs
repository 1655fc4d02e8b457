//! Files: the host of their own, who is let in, modes and stubs.

use gangway_emulators::slack::{FileMode, FileRefusal, FileWish};
use reqwest::Response;
use serde_json::Value;

use super::harness::{ADA, GRACE, READ, World, column, demo, empty};

fn hosted(content: &str) -> FileWish {
    FileWish {
        user: Some(ADA.into()),
        name: Some("notes.txt".into()),
        content: Some(content.into()),
        channels: vec!["general".into()],
        ..FileWish::default()
    }
}

async fn fetch(world: &World, url: &str, token: Option<&str>) -> Response {
    let request = world.http.get(url);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    request.send().await.unwrap()
}

async fn file(world: &World, token: &str, id: &str) -> Value {
    world.ok(token, "files.info", &[("file", id)]).await["file"].clone()
}

#[tokio::test]
async fn the_right_bearer_gets_bytes_from_another_origin() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.control.upload(&hosted("hello files")).unwrap();
    let shown = file(&world, &token, &id).await;
    let url = shown["url_private"].as_str().unwrap();
    assert!(url.starts_with(&world.files) && !url.starts_with(&world.base));
    assert_eq!(shown["size"], 11);
    assert_eq!(shown["mode"], "hosted");
    assert_eq!(shown["channels"][0], world.channel("general"));
    assert!(shown["shares"]["public"][world.channel("general")][0]["ts"].is_string());
    let answer = fetch(&world, url, Some(&token)).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(answer.text().await.unwrap(), "hello files");
    let download = shown["url_private_download"].as_str().unwrap();
    let answer = fetch(&world, download, Some(&token)).await;
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let part = world.http.get(url).bearer_auth(&token).header("range", "bytes=6-").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.text().await.unwrap(), "files");
}

#[tokio::test]
async fn everyone_else_gets_a_sign_in_page_with_status_200() {
    let world = empty().await;
    let ada = world.ada().await;
    let no_scope = world.user_token(GRACE, "channels:read").await;
    let id = world.control.upload(&hosted("hello")).unwrap();
    let url = file(&world, &ada, &id).await["url_private"].as_str().unwrap().to_owned();
    for token in [None, Some("xoxp-junk"), Some(no_scope.as_str())] {
        let answer = fetch(&world, &url, token).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    }
    world.control.set_switches(|switches| switches.file_refusal = FileRefusal::Redirect);
    let answer = fetch(&world, &url, Some(&no_scope)).await;
    assert_eq!(answer.status(), 302);
    assert!(answer.headers()["x-slack-meta"].to_str().unwrap().contains("acl_fail"));
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&format!("{}/?redir=", world.base)));
    let page = fetch(&world, &location, None).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("Sign in to"));
}

#[tokio::test]
async fn a_file_is_as_private_as_its_conversations() {
    let world = demo().await;
    let (ada, grace) = (world.ada().await, world.user_token(GRACE, READ).await);
    let wish = FileWish { channels: vec!["leadership".into()], ..hosted("lease") };
    let id = world.control.upload(&wish).unwrap();
    file(&world, &grace, &id).await;
    world.control.remove_member("leadership", GRACE).unwrap();
    assert_eq!(world.error(&grace, "files.info", &[("file", &id)]).await, "file_not_found");
    let url = file(&world, &ada, &id).await["url_private"].as_str().unwrap().to_owned();
    assert!(fetch(&world, &url, Some(&grace)).await.text().await.unwrap().contains("Sign in to"));
    let list = world.ok(&grace, "files.list", &[]).await;
    assert!(!column(&list["files"], "id").contains(&id));
}

#[tokio::test]
async fn every_mode_looks_as_it_should() {
    let world = empty().await;
    let token = world.ada().await;
    let with_mode = |mode: FileMode| FileWish { mode, ..hosted("a\nb\nc\nd\ne\nf\n") };
    let external = FileWish {
        external_type: "gdrive".into(),
        external_url: "https://docs.google.com/document/d/1".into(),
        ..with_mode(FileMode::External)
    };
    let id = world.control.upload(&external).unwrap();
    let shown = file(&world, &token, &id).await;
    assert_eq!((shown["is_external"].as_bool(), shown["mode"].as_str()), (Some(true), Some("external")));
    assert_eq!(shown["url_private"], "https://docs.google.com/document/d/1");
    assert!(shown.get("url_private_download").is_none());

    let id = world.control.upload(&with_mode(FileMode::Snippet)).unwrap();
    let body = world.ok(&token, "files.info", &[("file", &id)]).await;
    assert_eq!(body["content"], "a\nb\nc\nd\ne\nf\n");
    assert_eq!(body["is_truncated"], false);
    assert_eq!(body["file"]["preview_is_truncated"], true);

    let canvas = FileWish { content: Some("<html>x</html>".into()), ..with_mode(FileMode::Canvas) };
    let id = world.control.upload(&canvas).unwrap();
    let shown = file(&world, &token, &id).await;
    assert_eq!(shown["mimetype"], "application/vnd.slack-docs");
    let answer = fetch(&world, shown["url_private"].as_str().unwrap(), Some(&token)).await;
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));

    let general = world.channel("general");
    let hidden = world.control.upload(&with_mode(FileMode::HiddenByLimit)).unwrap();
    let shown = file(&world, &token, &hidden).await;
    assert_eq!(shown, serde_json::json!({"id": hidden, "mode": "hidden_by_limit"}));
    let stub = FileWish { check_file_info: true, ..hosted("stub") };
    let stub = world.control.upload(&stub).unwrap();
    let history = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    let in_message = &history["messages"][0]["files"][0];
    assert_eq!(in_message["file_access"], "check_file_info");
    assert!(in_message.get("url_private").is_none(), "a stub has no address");
    assert_eq!(history["messages"][1]["files"][0]["mode"], "hidden_by_limit");
    assert_eq!(file(&world, &token, &stub).await["name"], "notes.txt");
    let denied = FileWish { refusal: Some("access_denied".into()), ..hosted("never") };
    let denied = world.control.upload(&denied).unwrap();
    assert_eq!(world.error(&token, "files.info", &[("file", &denied)]).await, "access_denied");
}

#[tokio::test]
async fn a_deleted_file_leaves_a_tombstone_in_its_message() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.control.upload(&hosted("bye")).unwrap();
    let url = file(&world, &token, &id).await["url_private"].as_str().unwrap().to_owned();
    world.control.delete_file(&id).unwrap();
    assert_eq!(world.error(&token, "files.info", &[("file", &id)]).await, "file_deleted");
    assert_eq!(world.error(&token, "files.info", &[("file", "F0")]).await, "file_not_found");
    assert_eq!(fetch(&world, &url, Some(&token)).await.status(), 404);
    let general = world.channel("general");
    let history = world.ok(&token, "conversations.history", &[("channel", &general)]).await;
    assert_eq!(history["messages"][0]["files"][0], serde_json::json!({"id": id, "mode": "tombstone"}));
    assert!(world.ok(&token, "files.list", &[]).await["files"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn classic_pages_and_their_end() {
    let world = empty().await;
    let token = world.ada().await;
    for number in 0..7 {
        let wish = FileWish {
            name: Some(format!("f{number}.txt")),
            created: Some(1_767_225_600 + number),
            ..hosted("x")
        };
        world.control.upload(&wish).unwrap();
    }
    let page = world.ok(&token, "files.list", &[("count", "3"), ("page", "2")]).await;
    assert_eq!(column(&page["files"], "name"), ["f3.txt", "f2.txt", "f1.txt"]);
    assert_eq!(page["paging"], serde_json::json!({"count": 3, "total": 7, "page": 2, "pages": 3}));
    let far = world.ok(&token, "files.list", &[("count", "3"), ("page", "101")]).await;
    assert_eq!(far["warning"], "max_page_limit");
    assert_eq!(column(&far["files"], "name")[0], "f6.txt", "the first page again");
    let from = world.ok(&token, "files.list", &[("ts_from", "1767225605")]).await;
    assert_eq!(column(&from["files"], "name"), ["f6.txt", "f5.txt"]);
    assert_eq!(world.error(&token, "files.list", &[("types", "poems")]).await, "unknown_type");
    assert_eq!(world.error(&token, "files.list", &[("user", "U0")]).await, "user_not_found");
}

#[tokio::test]
async fn an_edit_moves_the_edit_time_and_not_the_creation() {
    let world = empty().await;
    let token = world.ada().await;
    let id = world.control.upload(&hosted("old")).unwrap();
    let before = file(&world, &token, &id).await;
    world.control.edit_file(&id, Some("New title"), Some("newer")).unwrap();
    let after = file(&world, &token, &id).await;
    assert_eq!(before["created"], after["created"]);
    assert_eq!((after["title"].as_str(), after["size"].as_i64()), (Some("New title"), Some(5)));
    assert!(after["edit_timestamp"].is_i64() && before.get("edit_timestamp").is_none());
}
