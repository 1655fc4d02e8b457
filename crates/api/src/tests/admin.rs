//! What the back end does with the admin key.

use std::time::Duration;

use gangway_model::Plan;
use serde_json::json;

use super::house::House;

#[tokio::test]
async fn users_are_made_found_changed_and_deleted() {
    let house = House::build().await;
    let admin = house.admin();
    let organization =
        admin.post("/rest/admin/organizations", json!({ "name": "Acme", "plan": "pro" })).await.ok();
    let body = json!({ "external_id": "u-1", "email": "a@b.example", "organization_id": organization["id"] });
    let made = admin.post("/rest/admin/users", body.clone()).await.ok();
    assert_eq!((&made["plan"], &made["own_plan"]), (&json!("pro"), &json!("free")));
    admin.post("/rest/admin/users", body).await.error(409, "conflict");
    let nowhere = json!({ "organization_id": "0190a000-0000-7000-8000-000000000000" });
    admin.post("/rest/admin/users", nowhere).await.error(404, "not_found");
    let found = admin.get("/rest/admin/users?external_id=u-1").await.ok();
    assert_eq!(found["users"][0]["id"], made["id"]);
    assert_eq!(admin.get("/rest/admin/users?external_id=u-2").await.ok()["users"], json!([]));
    for part in ["U-", "@b.ex", "-1"] {
        let found = admin.get(&format!("/rest/admin/users?query={part}&limit=1")).await.ok();
        assert_eq!((&found["users"][0]["id"], &found["has_more"]), (&made["id"], &json!(false)), "{part}");
    }
    assert_eq!(admin.get("/rest/admin/users?query=u-2").await.ok()["users"], json!([]));
    for wrong in ["query=", "query=u&external_id=u-1"] {
        let refused = admin.get(&format!("/rest/admin/users?{wrong}")).await.error(400, "invalid_request");
        assert_eq!(refused["error"]["details"]["field"], "query", "{refused}");
    }
    let path = format!("/rest/admin/users/{}", made["id"].as_str().unwrap());
    let changed = admin.patch(&path, json!({ "plan": "enterprise", "email": null })).await.ok();
    assert_eq!((&changed["plan"], &changed["email"]), (&json!("enterprise"), &json!(null)));
    admin.get("/rest/admin/users/0190a000-0000-7000-8000-000000000000").await.error(404, "not_found");

    let token = admin.post(&format!("{path}/tokens"), json!({ "label": "cli", "expires_in": 60 })).await.ok();
    let mut user = house.user(Plan::Free).await;
    user.token = token["token"].as_str().unwrap().to_owned();
    assert_eq!(user.get("/rest/me").await.ok()["id"], made["id"]);
    let listed = admin.get(&format!("{path}/tokens")).await;
    assert_eq!(listed.ok()["tokens"][0]["label"], "cli");
    assert!(!listed.text().contains(&user.token));
    house.clock.advance(Duration::from_secs(61));
    user.get("/rest/me").await.error(401, "unauthorized");
    let token = format!("{path}/tokens/{}", token["id"].as_str().unwrap());
    assert_eq!(admin.delete(&token).await.status.as_u16(), 204);
    admin.delete(&token).await.error(404, "not_found");

    let last = admin.post(&format!("{path}/tokens"), json!({})).await.ok();
    user.token = last["token"].as_str().unwrap().to_owned();
    assert_eq!(admin.delete(&path).await.status.as_u16(), 204);
    user.get("/rest/me").await.error(401, "unauthorized");
    let log = admin.get("/rest/admin/audit?limit=1").await.ok();
    assert_eq!((&log["entries"][0]["deed"], &log["has_more"]), (&json!("delete_user"), &json!(true)));
}

#[tokio::test]
async fn an_email_that_is_plainly_none_is_refused_by_its_name() {
    let house = House::build().await;
    let admin = house.admin();
    let made = admin.post("/rest/admin/users", json!({ "email": "ada@example.com" })).await.ok();
    let path = format!("/rest/admin/users/{}", made["id"].as_str().unwrap());
    for wrong in ["ada", "ada@", "a@b@c", "Ada <ada@example.com>", "a@b\n"] {
        let body = json!({ "email": wrong, "name": "Ada" });
        for answer in [admin.post("/rest/admin/users", body.clone()).await, admin.patch(&path, body).await] {
            let refused = answer.error(400, "invalid_request");
            assert_eq!(refused["error"]["details"]["field"], "email", "{wrong}: {refused}");
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.starts_with("email must be an email address"), "{wrong}: {refused}");
        }
    }
    let listed = admin.get("/rest/admin/users").await.ok();
    assert_eq!(listed["users"], json!([made]), "nothing happened");
}

#[tokio::test]
async fn what_to_register_at_providers_is_told() {
    let house = House::build().await;
    let answer = house.admin().get("/rest/admin/connectors").await;
    let all = answer.ok()["connectors"].as_array().unwrap().clone();
    let states: Vec<_> = all.iter().map(|one| (one["connector_id"].clone(), one["state"].clone())).collect();
    let expected = [("stub_drive", "ready"), ("stub_planned", "not_built"), ("local_upload", "ready")];
    assert_eq!(states, expected.map(|(id, state)| (json!(id), json!(state))));
    assert_eq!(
        all[0]["redirect_uris"],
        json!(["https://gw.example/oauth/callback", "https://app.example/cb"])
    );
    let asked: Vec<_> =
        all[0]["scopes"].as_array().unwrap().iter().map(|one| one["default"].clone()).collect();
    assert_eq!(asked, [json!(true), json!(false), json!(true)], "what is always asked is asked by default");
    assert_eq!(
        (&all[1]["reason"], &all[2]["redirect_uris"]),
        (&json!("this connector is not built yet"), &json!([]))
    );
    assert!(all[0]["guide"].as_str().unwrap().ends_with("/docs/connectors/stub_drive.md"));
    assert_eq!((all[1].get("guide"), all[2].get("guide")), (None, None));
    assert!(!answer.text().contains("secret"), "the app's secret stays out of it");
    house.user(Plan::Pro).await.get("/rest/admin/connectors").await.error(403, "forbidden");
}

#[tokio::test]
async fn lists_go_on_where_the_cursor_says() {
    let house = House::build().await;
    for _ in 0..3 {
        house.user(Plan::Free).await;
    }
    let admin = house.admin();
    let first = admin.get("/rest/admin/users?limit=2").await.ok();
    assert_eq!((first["users"].as_array().unwrap().len(), &first["has_more"]), (2, &json!(true)));
    let next = first["next_cursor"].as_str().unwrap();
    let second = admin.get(&format!("/rest/admin/users?limit=2&cursor={next}")).await.ok();
    assert_eq!((second["users"].as_array().unwrap().len(), &second["next_cursor"]), (1, &json!(null)));
}

#[tokio::test]
async fn a_disabled_user_is_told_so_and_is_who_they_were_afterwards() {
    let house = House::build().await;
    let admin = house.admin();
    let user = house.user(Plan::Pro).await;
    user.connect().await;
    let before = user.get("/rest/me").await.ok();
    assert_eq!(before["disabled_at"], json!(null));
    let path = format!("/rest/admin/users/{}", before["id"].as_str().unwrap());
    user.patch(&path, json!({ "disabled": true })).await.error(403, "forbidden");
    for wrong in [json!("yes"), json!(1)] {
        admin.patch(&path, json!({ "disabled": wrong })).await.error(400, "invalid_request");
    }
    let disabled = admin.patch(&path, json!({ "disabled": true })).await.ok();
    assert_eq!(disabled["disabled_at"], "2026-01-01T00:00:00Z");
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(admin.patch(&path, json!({ "disabled": true, "name": "Ada" })).await.ok()["name"], "Ada");
    assert_eq!(admin.get(&path).await.ok()["disabled_at"], "2026-01-01T00:00:00Z", "since when it is");
    for asked in ["/rest/me", "/rest/connectors", "/rest/connectors/stub_drive", "/rest/collections"] {
        user.get(asked).await.error(403, "user_disabled");
    }
    let token = admin.post(&format!("{path}/tokens"), json!({})).await.ok();
    let anew = super::house::Caller { house: &house, token: token["token"].as_str().unwrap().to_owned() };
    anew.get("/rest/me").await.error(403, "user_disabled");
    let enabled = admin.patch(&path, json!({ "disabled": false })).await.ok();
    assert_eq!(enabled["disabled_at"], json!(null));
    assert_eq!(user.get("/rest/connectors/stub_drive").await.ok()["status"], "active");
    admin.patch(&path, json!({ "disabled": false })).await.ok();
    let log = admin.get("/rest/admin/audit?limit=100").await.ok();
    let deeds = log["entries"].as_array().unwrap().iter().map(|entry| entry["deed"].as_str().unwrap());
    let told: Vec<_> = deeds.filter(|deed| deed.ends_with("able_user")).collect();
    assert_eq!(told, ["enable_user", "disable_user"], "each once");
    let connected =
        log["entries"].as_array().unwrap().iter().find(|entry| entry["user_id"] == before["id"]).unwrap();
    let whom = json!({ "external_id": before["external_id"], "name": "Ada", "email": before["email"] });
    assert_eq!(connected["user"], whom, "whom it concerns, as they are known now");
}
