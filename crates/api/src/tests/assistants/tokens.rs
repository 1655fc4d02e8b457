//! Codes and tokens: each is good for who it was made for, for what it was made for, and for as long as it was made for.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::program::{Person, Program, REDIRECT, VERIFIER, register, send_form};
use crate::tests::house::{Answer, House};

fn access(answer: &Answer) -> String {
    answer.ok()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_fits_one_client_one_address_one_verifier_and_one_resource() {
    let house = House::build().await;
    let (program, other) = (Program::register(&house).await, Program::register(&house).await);
    let person = Person::sign_in(&house, &program).await;
    let wrong = format!("{VERIFIER}x");
    for (changed, word) in [
        (("code_verifier", wrong.as_str()), "invalid_grant"),
        (("code_verifier", "too-short"), "invalid_request"),
        (("code_verifier", ""), "invalid_request"),
        (("redirect_uri", "http://127.0.0.1/cb"), "invalid_grant"),
        (("redirect_uri", ""), "invalid_request"),
        (("resource", "https://other.example/mcp"), "invalid_target"),
        (("code", "gwac_unknown"), "invalid_grant"),
        (("grant_type", "password"), "unsupported_grant_type"),
        (("grant_type", ""), "invalid_request"),
    ] {
        let code = person.allow(&program).await;
        program.exchange(&code, &[changed]).await.flat_error(400, word);
    }
    let code = person.allow(&program).await;
    program.exchange(&code, &[("code_verifier", &wrong)]).await.flat_error(400, "invalid_grant");
    program.exchange(&code, &[]).await.flat_error(400, "invalid_grant");

    let code = person.allow(&program).await;
    other.exchange(&code, &[]).await.flat_error(400, "invalid_grant");
    assert!(program.works(&access(&program.exchange(&code, &[]).await)).await, "a stranger spends nothing");

    let code = person.allow(&program).await;
    house.clock.advance(Duration::from_secs(60));
    program.exchange(&code, &[]).await.flat_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_shown_again_ends_what_came_of_it() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let code = person.allow(&program).await;
    let tokens = program.exchange(&code, &[]).await.ok();
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert!(program.works(access).await);
    house.clock.advance(Duration::from_secs(1800));
    program.exchange(&code, &[]).await.flat_error(400, "invalid_grant");
    assert!(!program.works(access).await);
    program.refresh(refresh, &[]).await.flat_error(400, "invalid_grant");
    let log = house.admin().get("/rest/admin/audit").await.ok();
    let entry = &log["entries"][0];
    assert_eq!(
        (&entry["deed"], &entry["details"]["because"]),
        (&json!("end_assistant"), &json!("code_shown_again"))
    );
}

#[tokio::test]
async fn an_access_token_ends_after_an_hour_and_a_refresh_token_is_good_once() {
    let house = House::build().await;
    let (program, other) = (Program::register(&house).await, Program::register(&house).await);
    let person = Person::sign_in(&house, &program).await;
    let (first, refresh) = program.allowed_by(&person).await;
    house.clock.advance(Duration::from_secs(3599));
    assert!(program.works(&first).await);
    house.clock.advance(Duration::from_secs(1));
    assert!(!program.works(&first).await);

    other.refresh(&refresh, &[]).await.flat_error(400, "invalid_grant");
    let elsewhere = [("resource", "https://other.example/mcp")];
    program.refresh(&refresh, &elsewhere).await.flat_error(400, "invalid_target");
    program.refresh(&refresh, &[("scope", "admin")]).await.flat_error(400, "invalid_scope");
    program.refresh(&first, &[]).await.flat_error(400, "invalid_grant");
    let second = program.refresh(&refresh, &[("scope", "search")]).await.ok();
    assert_eq!(second["scope"], "search");
    let text = |of: &Value, name: &str| of[name].as_str().unwrap().to_owned();
    assert!(program.works(&text(&second, "access_token")).await);
    let third = program.refresh(&text(&second, "refresh_token"), &[]).await.ok();
    assert_eq!(third["scope"], "search read sync");

    program.refresh(&refresh, &[]).await.flat_error(400, "invalid_grant");
    for tokens in [&second, &third] {
        assert!(!program.works(&text(tokens, "access_token")).await, "stolen or not, all of it has ended");
        program.refresh(&text(tokens, "refresh_token"), &[]).await.flat_error(400, "invalid_grant");
    }
    let log = house.admin().get("/rest/admin/audit").await.ok();
    assert_eq!(log["entries"][0]["details"]["because"], "refresh_token_shown_again");

    let (_, idle) = program.allowed_by(&person).await;
    house.clock.advance(Duration::from_secs(30 * 86_400));
    program.refresh(&idle, &[]).await.flat_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_scope_that_was_not_allowed_is_not_refreshed_into() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let answer = person.decide(&program.request(&[]), "allow", &["search"]).await;
    let tokens = program.exchange(&super::program::sent_back(&answer, "code"), &[]).await.ok();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    program.refresh(refresh, &[("scope", "search sync")]).await.flat_error(400, "invalid_scope");
    assert_eq!(program.refresh(refresh, &[]).await.ok()["scope"], "search");
}

#[tokio::test]
async fn a_client_with_a_secret_shows_it() {
    let house = House::build().await;
    let about = json!({ "redirect_uris": [REDIRECT] });
    let made = register(&house, about).await.ok();
    let secret = made["client_secret"].as_str().unwrap();
    let program = Program { house: &house, id: made["client_id"].as_str().unwrap().to_owned() };
    let person = Person::sign_in(&house, &program).await;
    let code = person.allow(&program).await;
    program.exchange(&code, &[]).await.flat_error(401, "invalid_client");
    let wrong = program.exchange(&code, &[("client_secret", "guessed")]).await;
    wrong.flat_error(401, "invalid_client");
    assert_eq!(wrong.headers["www-authenticate"], "Basic realm=\"gangway\"");
    let tokens = program.exchange(&code, &[("client_secret", secret)]).await.ok();
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", program.id)));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    send_form(&house, "/oauth/token", &pairs, &[("authorization", &basic)]).await.ok();
    let unknown = Program { house: &house, id: "unknown".to_owned() };
    unknown.refresh(refresh, &[]).await.flat_error(401, "invalid_client");
}

#[tokio::test]
async fn a_program_gives_its_tokens_back() {
    let house = House::build().await;
    let (program, other) = (Program::register(&house).await, Program::register(&house).await);
    let person = Person::sign_in(&house, &program).await;
    let (access, refresh) = program.allowed_by(&person).await;
    let give_back = async |program: &Program<'_>, token: &str| {
        let pairs = [("client_id", program.id.as_str()), ("token", token), ("token_type_hint", "whatever")];
        send_form(&house, "/oauth/revoke", &pairs, &[]).await.status.as_u16()
    };
    assert_eq!(give_back(&other, &refresh).await, 200, "nobody learns whether there is such a token");
    assert_eq!(give_back(&program, "unknown").await, 200);
    assert!(program.works(&access).await, "a stranger ends nothing");
    assert_eq!(give_back(&program, &refresh).await, 200);
    assert!(!program.works(&access).await, "all of it");
    let unknown = Program { house: &house, id: "unknown".to_owned() };
    assert_eq!(give_back(&unknown, &access).await, 401);
    let empty = send_form(&house, "/oauth/revoke", &[("client_id", &program.id)], &[]).await;
    empty.flat_error(400, "invalid_request");
}

#[tokio::test]
async fn only_forms_are_read_and_only_small_ones() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    program
        .token(&[("grant_type", "refresh_token"), ("refresh_token", "a"), ("refresh_token", "b")])
        .await
        .flat_error(400, "invalid_request");
    let large = "x".repeat(40_000);
    program.refresh(&large, &[]).await.flat_error(413, "invalid_request");
    let request = axum::http::Request::post("/oauth/token").header("content-type", "application/json");
    let answer = house.send(request.body(axum::body::Body::from("{}")).unwrap()).await;
    answer.flat_error(415, "invalid_request");
}
