//! The control API over HTTP.

use serde_json::{Value, json};

use super::harness::*;

async fn control(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}_emulator{path}", world.emulator.base_url());
    let request = world.http.request(method.parse().unwrap(), url);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn the_deeds_can_be_done_over_http() {
    let world = empty().await;
    let token = world.ada().await;
    assert_eq!(control(&world, "GET", "/health", Value::Null).await.1["provider"], "dropbox");
    let deeds = [
        ("POST", "/files", json!({"path": "/a/b.txt", "content": "hello"})),
        ("POST", "/files", json!({"path": "/c", "folder": true})),
        ("PATCH", "/files", json!({"path": "/a/b.txt", "name": "B.txt"})),
        ("PATCH", "/files", json!({"path": "/a/b.txt", "parent": "/c", "restricted": false})),
        ("DELETE", "/files?path=/c/b.txt", Value::Null),
        ("POST", "/files/restore", json!({"path": "/c/b.txt"})),
        ("POST", "/generate", json!({"folder": "/many", "count": 3, "size": 10})),
        (
            "POST",
            "/share",
            json!({"target": {"path": "/many"}, "share": {"email": GRACE, "access": "viewer", "mount": true}}),
        ),
        ("POST", "/unshare", json!({"target": {"path": "/many"}, "email": GRACE})),
        ("PATCH", "/switches", json!({"split_moves": true})),
        ("POST", "/team/join", json!({"account": GRACE})),
        ("POST", "/team/folders", json!({"name": "Plans", "members": [{"email": GRACE, "access": "owner"}]})),
        ("POST", "/team/leave", json!({"account": GRACE})),
        ("POST", "/accounts", json!({"email": "linus@example.com", "name": "Linus Example"})),
        ("PATCH", "/accounts", json!({"email": "linus@example.com", "paper_as_files": false})),
        ("POST", "/cursors/reset", json!({})),
        ("PUT", "/apps", json!({"client_id": CLIENT, "app": {"scopes": ["account_info.read"]}})),
    ];
    for (method, path, body) in deeds {
        let (status, answer) = control(&world, method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
    }
    let (entries, _) = world.list_all(&token, json!({"path": "", "recursive": true})).await;
    assert!(lines(&entries).contains(&"file /c/b.txt".to_owned()));
    let (status, body) = control(&world, "POST", "/files", json!({"path": "/x", "colour": "blue"})).await;
    assert_eq!(status, 400, "{body}");
    assert_eq!(control(&world, "POST", "/files/erase", json!({"path": "/c/b.txt"})).await.0, 200);
    assert_eq!(control(&world, "POST", "/reset", json!({"seed": "empty"})).await.0, 200);
}

#[tokio::test]
async fn secrets_stay_out_of_the_call_log() {
    let world = empty().await;
    let token = world.ada().await;
    world.write("/a.txt", "a");
    let link = world.json(&token, "files/get_temporary_link", json!({"path": "/a.txt"})).await;
    let link = link["link"].as_str().unwrap().to_owned();
    world.http.get(&link).send().await.unwrap();
    let (_, calls) = control(&world, "GET", "/calls", Value::Null).await;
    let text = calls.to_string();
    assert!(!text.contains(&token) && !text.contains(link.split('/').nth(6).unwrap()));
    assert_eq!(calls["counts"]["temporary_link"], 1);
    assert_eq!(calls["counts"]["oauth2/token"], 1);
}
