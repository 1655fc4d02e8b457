//! Error shapes, quota, faults, batches.

use serde_json::{Value, json};

use super::harness::{ADA, READONLY, empty};

#[tokio::test]
async fn bad_credentials_have_their_header() {
    let world = empty().await;
    let answer = world.get("nonsense", "files", &[]).await;
    assert_eq!(answer.status(), 401);
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert_eq!(challenge, r#"Bearer realm="https://accounts.google.com/", error="invalid_token""#);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["status"], "UNAUTHENTICATED");
    assert_eq!(
        body["error"]["errors"][0],
        json!({"message": "Invalid Credentials", "domain": "global",
        "reason": "authError", "location": "Authorization", "locationType": "header"})
    );
    let none = world.http.get(format!("{}/drive/v3/files", world.base)).send().await.unwrap();
    assert_eq!(none.status(), 401);
}

#[tokio::test]
async fn quota_is_counted_in_units_per_minute_and_answers_403() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.set_clock("2026-11-22T10:00:00Z").unwrap();
    let token_again = world.ada().await;
    world.control.set_switches(|switches| {
        switches.quotas.enabled = true;
        switches.quotas.units_per_minute_per_user = 205;
    });
    for path in ["files", "files", "files/root"] {
        world.json(&token_again, path, &[]).await;
    }
    let answer = world.get(&token_again, "files/root", &[]).await;
    assert_eq!(answer.status(), 403);
    assert!(answer.headers().get("retry-after").is_none());
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["errors"][0]["reason"], "userRateLimitExceeded");
    assert_eq!(body["error"]["errors"][0]["domain"], "usageLimits");
    world.control.set_switches(|switches| switches.quotas.status = 429);
    assert_eq!(world.get(&token_again, "files/root", &[]).await.status(), 429);
    world.control.advance_clock(std::time::Duration::from_secs(60));
    world.json(&token_again, "files/root", &[]).await;
    drop(token);
}

#[tokio::test]
async fn faults_speak_googles_language() {
    let world = empty().await;
    let token = world.ada().await;
    let arm = |fault: Value| world.control.add_fault_json(fault).unwrap();
    arm(
        json!({"operation": "drive.files.*", "after": 1, "times": 1, "effect": {"reason": "sharingRateLimitExceeded", "retry_after": 7}}),
    );
    world.json(&token, "files", &[]).await;
    let answer = world.get(&token, "files", &[]).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (403, "7"));
    world.json(&token, "files", &[]).await;
    arm(json!({"path_prefix": "/drive/v3/files", "times": 1, "effect": {"status": 500}}));
    assert_eq!(world.refused(&token, "files", &[]).await.1, "internalError");
    arm(
        json!({"operation": "drive.files.list", "times": 1, "effect": {"status": 502, "body": "<html>bad gateway</html>"}}),
    );
    let answer = world.get(&token, "files", &[]).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.json::<Value>().await.is_err());
    arm(json!({"operation": "drive.files.list", "times": 1, "effect": {"truncate_body": true}}));
    let answer = world.get(&token, "files", &[]).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.json::<Value>().await.is_err());
    arm(json!({"operation": "drive.files.list", "times": 1, "effect": {"cut_after_bytes": 5}}));
    let answer = world.get(&token, "files", &[]).await;
    assert!(answer.bytes().await.is_err(), "the connection drops");
    arm(
        json!({"operation": "oauth.token", "times": 1, "effect": {"status": 400, "reason": "invalid_grant", "message": "Bad Request"}}),
    );
    let (_, body) = world.refresh("whatever").await;
    assert_eq!(body, json!({"error": "invalid_grant", "error_description": "Bad Request"}));
    world.json(&token, "files", &[]).await;
    assert!(world.control.add_fault_json(json!({"efect": {}})).is_err(), "typos are refused");
}

#[tokio::test]
async fn batches_answer_part_by_part() {
    let world = empty().await;
    let token = world.sign_in(ADA, READONLY).await.access;
    let part = |number: usize, target: &str| {
        format!(
            "--b\r\nContent-Type: application/http\r\nContent-ID: <call-{number}>\r\n\r\nGET {target} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
        )
    };
    let send = async |body: String| {
        world
            .http
            .post(format!("{}/batch/drive/v3", world.base))
            .bearer_auth(&token)
            .header("content-type", "multipart/mixed; boundary=\"b\"")
            .body(body)
            .send()
            .await
            .unwrap()
    };
    let body = part(1, "/drive/v3/files/root?fields=id")
        + &part(2, "/drive/v3/files/nope")
        + &part(3, "/drive/v3/files/root?alt=media")
        + "--b--";
    let answer = send(body).await;
    assert_eq!(answer.status(), 200);
    assert!(
        answer.headers()["content-type"].to_str().unwrap().starts_with("multipart/mixed; boundary=batch_")
    );
    let text = answer.text().await.unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 1);
    assert_eq!(text.matches("HTTP/1.1 404 Not Found").count(), 1);
    assert_eq!(text.matches("HTTP/1.1 400 Bad Request").count(), 1);
    assert!(text.contains("Content-ID: <response-call-2>"));
    let many: String = (0..101).map(|number| part(number, "/drive/v3/files/root")).collect();
    assert_eq!(send(many + "--b--").await.status(), 400);
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let world = empty().await;
    let token = world.ada().await;
    assert_eq!(world.get(&token, "nothing/here", &[]).await.status(), 404);
    assert_eq!(world.refused(&token, "files/nope", &[]).await.1, "notFound");
}
