//! What a person has allowed: seen, ended, and good for nothing but what it says.

use std::time::Duration;

use serde_json::json;

use super::program::{Person, Program, VERIFIER};
use crate::tests::house::{Caller, House};

const LIST: &str = "/rest/me/assistants";

#[tokio::test]
async fn a_person_sees_what_they_allowed_and_ends_it() {
    let house = House::build().await;
    let (program, other) = (Program::register(&house).await, Program::named(&house, "Another").await);
    let (ada, eve) = (Person::sign_in(&house, &program).await, Person::sign_in(&house, &program).await);
    let caller = |person: &Person<'_>| Caller { house: &house, token: person.token.clone() };
    let (access, refresh) = program.allowed_by(&ada).await;
    other.allowed_by(&ada).await;
    house.clock.advance(Duration::from_secs(60));
    let refreshed = program.refresh(&refresh, &[]).await.ok();
    let listed = caller(&ada).get(LIST).await.ok();
    let rows = listed["assistants"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["name"], &rows[1]["name"]), (2, &json!("Another"), &json!("A helper")));
    let row = &rows[1];
    assert_eq!((&row["place"], &row["scopes"]), (&json!("app.example"), &json!(["search", "read", "sync"])));
    assert_eq!(row["last_used_at"], "2026-01-01T00:01:00Z");
    for secret in [&access, &refresh, VERIFIER] {
        assert!(!listed.to_string().contains(secret));
    }
    let first = caller(&ada).get(&format!("{LIST}?limit=1")).await.ok();
    let next = format!("{LIST}?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(caller(&ada).get(&next).await.ok()["assistants"][0]["name"], "A helper");
    assert_eq!(caller(&eve).get(LIST).await.ok()["assistants"], json!([]));

    let path = format!("{LIST}/{}", row["id"].as_str().unwrap());
    caller(&eve).delete(&path).await.error(404, "not_found");
    caller(&ada).delete(&format!("{LIST}/x")).await.error(400, "invalid_request");
    assert!(program.works(&access).await);
    assert_eq!(caller(&ada).delete(&path).await.status.as_u16(), 204);
    for token in [&access, refreshed["access_token"].as_str().unwrap()] {
        assert!(!program.works(token).await, "at once");
    }
    let token = refreshed["refresh_token"].as_str().unwrap();
    program.refresh(token, &[]).await.flat_error(400, "invalid_grant");
    caller(&ada).delete(&path).await.error(404, "not_found");
    let log = house.admin().get("/rest/admin/audit").await.ok();
    assert_eq!(log["entries"][0]["details"]["because"], "the_user");
    let deeds: Vec<_> =
        log["entries"].as_array().unwrap().iter().map(|entry| entry["deed"].clone()).collect();
    assert!(deeds.contains(&json!("allow_assistant")), "{deeds:?}");
    for secret in [&access, &refresh, VERIFIER, "gwac_", "gwar_", "gwat_"] {
        assert!(!log.to_string().contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_token_of_an_assistant_is_good_for_nothing_else() {
    let house = House::build().await;
    let program = Program::register(&house).await;
    let person = Person::sign_in(&house, &program).await;
    let (access, refresh) = program.allowed_by(&person).await;
    for token in [access, refresh] {
        let caller = Caller { house: &house, token };
        for path in ["/rest/me", "/rest/connectors", "/rest/collections", LIST] {
            caller.get(path).await.error(401, "unauthorized");
        }
        caller.post("/rest/search", json!({ "query": "x" })).await.error(401, "unauthorized");
        caller.get("/rest/admin/users").await.error(401, "unauthorized");
        let sign_in = json!({ "token": caller.token });
        house.admin().post("/console/session", sign_in).await.error(401, "unauthorized");
    }
}

#[tokio::test]
async fn it_ends_with_the_user_and_with_the_token_that_signed_in() {
    let house = House::build().await;
    let admin = house.admin();
    let program = Program::register(&house).await;
    let user = house.user(gangway_model::Plan::Pro).await;
    let id = user.get("/rest/me").await.ok()["id"].as_str().unwrap().to_owned();
    let tokens = format!("/rest/admin/users/{id}/tokens");
    let (_kept, made) = (admin.post(&tokens, json!({})).await, admin.post(&tokens, json!({})).await.ok());
    let person = Person::with_token(&house, &program, made["token"].as_str().unwrap().to_owned()).await;
    let (access, _) = program.allowed_by(&person).await;
    let open = person.allow(&program).await;
    assert!(program.works(&access).await);
    admin.delete(&format!("{tokens}/{}", made["id"].as_str().unwrap())).await;
    assert!(!program.works(&access).await, "who takes a token back takes back what was done with it");
    program.exchange(&open, &[]).await.flat_error(400, "invalid_grant");

    let short = admin.post(&tokens, json!({ "expires_in": 60 })).await.ok();
    let person = Person::with_token(&house, &program, short["token"].as_str().unwrap().to_owned()).await;
    let (access, _) = program.allowed_by(&person).await;
    house.clock.advance(Duration::from_secs(61));
    assert!(program.works(&access).await, "a token that merely ended had allowed it while it was good");

    let person = Person::with_token(&house, &program, user.token.clone()).await;
    let open = person.allow(&program).await;
    admin.delete(&format!("/rest/admin/users/{id}")).await;
    assert!(!program.works(&access).await, "at once, while the rest is still taken apart");
    program.exchange(&open, &[]).await.flat_error(400, "invalid_grant");
}

#[tokio::test]
async fn the_operator_sees_what_everybody_allowed_and_takes_one_away() {
    const ALL: &str = "/rest/admin/assistants";
    let house = House::build().await;
    let program = Program::register(&house).await;
    let (ada, eve) = (Person::sign_in(&house, &program).await, Person::sign_in(&house, &program).await);
    let (adas, _) = program.allowed_by(&ada).await;
    let (eves, _) = program.allowed_by(&eve).await;
    let admin = house.admin();
    let listed = admin.get(ALL).await.ok();
    let rows = listed["assistants"].as_array().unwrap();
    let id_of = async |person: &Person<'_>| {
        let caller = Caller { house: &house, token: person.token.clone() };
        caller.get("/rest/me").await.ok()["id"].as_str().unwrap().to_owned()
    };
    let (ada_id, eve_id) = (id_of(&ada).await, id_of(&eve).await);
    assert_eq!((&rows[0]["user"]["id"], &rows[1]["user"]["id"]), (&json!(eve_id), &json!(ada_id)));
    let one = &rows[1]["assistant"];
    assert_eq!((&one["name"], &one["scopes"]), (&json!("A helper"), &json!(["search", "read", "sync"])));
    assert!(one["created_at"].is_string() && one["last_used_at"].is_string(), "{one}");
    let page = admin.get(&format!("{ALL}?limit=1")).await.ok();
    let next = format!("{ALL}?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(admin.get(&next).await.ok()["assistants"], json!([rows[1]]));
    let only = admin.get(&format!("{ALL}?user_id={ada_id}")).await.ok();
    assert_eq!(only["assistants"], json!([rows[1]]));
    admin.get(&format!("{ALL}?user_id=0190a000-0000-7000-8000-000000000000")).await.error(404, "not_found");
    admin.get(&format!("{ALL}?user_id=x")).await.error(400, "invalid_request");

    let path = format!("{ALL}/{}", one["id"].as_str().unwrap());
    let person = Caller { house: &house, token: ada.token.clone() };
    person.get(ALL).await.error(403, "forbidden");
    person.delete(&path).await.error(403, "forbidden");
    assert!(program.works(&adas).await);
    assert_eq!(admin.delete(&path).await.status.as_u16(), 204);
    assert!(!program.works(&adas).await && program.works(&eves).await);
    admin.delete(&path).await.error(404, "not_found");
    let log = admin.get("/rest/admin/audit?limit=1").await.ok();
    let entry = &log["entries"][0];
    assert_eq!((&entry["deed"], &entry["user_id"]), (&json!("end_assistant"), &json!(ada_id)), "{entry}");
    assert_eq!(entry["details"]["because"], "the_operator");
}
