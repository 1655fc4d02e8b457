//! What a program may ask for: what is wrong is shown to the person, with a way back once the program's address is proven, on
//! which the program is told.

use axum::body::Body;
use axum::http::Request;

use serde_json::json;

use super::program::{OWN_PAGE, Person, Program, send_form, way_back};
use crate::tests::house::{Caller, House};

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_proven() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    for changed in [
        &[("client_id", "")][..],
        &[("client_id", "unknown")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/cb")],
        &[("redirect_uri", "https://app.example/cb/")],
        &[("redirect_uri", "https://app.example/cb?x=1")],
        &[("redirect_uri", "https://app.example.evil.example/cb")],
        &[("redirect_uri", "http://127.0.0.1:4000/other")],
        &[("redirect_uri", "javascript:alert(1)")],
        &[("redirect_uri", "https://evil.example/cb"), ("response_type", "token")],
    ] {
        let page = person.see(&program.request(changed)).await;
        assert_eq!(page.status.as_u16(), 400, "{changed:?}");
        assert!(page.headers.get("location").is_none(), "{changed:?}");
        assert!(page.text().contains("This cannot go on"), "{changed:?}");
        assert!(!page.text().contains("href="), "{changed:?}");
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2Fcb", program.request(&[]));
    assert!(person.see(&twice).await.headers.get("location").is_none());
    let long = format!("{}&x={}", program.request(&[]), "x".repeat(9000));
    assert_eq!(person.see(&long).await.status.as_u16(), 400);
    let unsigned = Request::get(format!("/oauth/authorize?{}", program.request(&[("client_id", "x")])));
    let unsigned = house.send(unsigned.body(Body::empty()).unwrap()).await;
    assert_eq!(unsigned.status.as_u16(), 400, "strangers see no more");
}

#[tokio::test]
async fn what_else_is_wrong_the_program_is_told_when_the_person_goes_back() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let short = "x".repeat(42);
    for (changed, word) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", short.as_str()), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("resource", "https://other.example/mcp"), "invalid_target"),
        (("resource", "https://gw.example/rest"), "invalid_target"),
        (("resource", "https://gw.example"), "invalid_target"),
        (("scope", "admin"), "invalid_scope"),
    ] {
        let answer = person.see(&program.request(&[changed])).await;
        assert_eq!(way_back(&answer, "error"), word, "{changed:?}");
        assert_eq!(way_back(&answer, "state"), "their state & more");
        assert_eq!(way_back(&answer, "iss"), "https://gw.example");
    }
    let also = format!("{}&resource=https%3A%2F%2Fother.example%2Fmcp", program.request(&[]));
    assert_eq!(way_back(&person.see(&also).await, "error"), "invalid_target", "one of several");
    let twice = format!("{}&scope=read", program.request(&[]));
    assert_eq!(way_back(&person.see(&twice).await, "error"), "invalid_request");
}

#[tokio::test]
async fn a_program_on_this_computer_takes_any_port_and_old_ones_name_no_resource() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let request =
        program.request(&[("redirect_uri", "http://127.0.0.1:51423/cb"), ("resource", ""), ("scope", "")]);
    let page = person.see(&request).await;
    let text = page.text();
    assert!(text.contains("a program on this computer"), "{text}");
    for word in ["search", "read", "sync"] {
        assert!(
            text.contains(&format!("value=\"{word}\" checked")),
            "{word}: all of it, when nothing is named"
        );
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:51423;"), "{policy}");
    let answer = person.decide(&request, "allow", &["search"]).await;
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.starts_with("http://127.0.0.1:51423/cb?code=gwac_"), "{location}");
    let code = location.split_once("code=").unwrap().1.split('&').next().unwrap();
    let tokens =
        program.exchange(code, &[("redirect_uri", "http://127.0.0.1:51423/cb"), ("resource", "")]).await.ok();
    assert_eq!(tokens["scope"], "search");
    let some = program.request(&[("scope", "openid sync offline_access search")]);
    let page = person.see(&some).await.text();
    assert!(page.contains("value=\"sync\"") && !page.contains("value=\"read\""), "what we know of it");
}

#[tokio::test]
async fn the_session_of_a_disabled_user_locks_nobody_else_out() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let caller = Caller { house: &house, token: person.token.clone() };
    let id = caller.get("/rest/me").await.ok()["id"].as_str().unwrap().to_owned();
    let change = json!({ "disabled": true });
    house.admin().patch(&format!("/rest/admin/users/{id}"), change).await.ok();
    let request = program.request(&[]);
    let page = person.see(&request).await;
    assert!(page.status.is_success() && page.text().contains("name=\"token\""), "{}", page.text());
    let cookie = ("cookie", person.cookie.as_str());
    let sign_in = async |token: &str| {
        let pairs = [("decision", "sign_in"), ("token", token), ("request", &request)];
        send_form(&house, "/oauth/authorize", &pairs, &[OWN_PAGE, cookie]).await
    };
    let refused = sign_in(&person.token).await.text();
    assert!(refused.contains("disabled"), "whoever is disabled is told so: {refused}");
    let other = house.user(gangway_model::Plan::Pro).await;
    assert_eq!(sign_in(&other.token).await.status.as_u16(), 303, "somebody else comes in");
}
