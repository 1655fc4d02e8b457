//! A user whom an operator disables: nobody acts as them, nothing is brought in for them, nothing is lost.

use std::time::Duration;

use gangway_emulators::google::FileTarget;
use gangway_testkit::{House, HouseOptions, Person};
use serde_json::{Value, json};

use crate::{house, house_on_postgres, options};

pub async fn disable(house: &House, person: &Person<'_>, disabled: bool) -> Value {
    let path = format!("rest/admin/users/{}", person.id);
    house.as_admin("PATCH", &path, Some(json!({ "disabled": disabled }))).await
}

async fn is_refused(person: &Person<'_>, method: &str, path: &str, body: Option<Value>) {
    let (status, answer) = person.call(method, path, body).await;
    let told = answer["error"]["code"].as_str().or(answer["error"].as_str());
    assert_eq!((status, told), (403, Some("user_disabled")), "{method} {path}: {answer}");
}

/// Ada, whose folder of Drive is followed; the folder's collection.
pub async fn following<'a>(house: &'a House) -> (Person<'a>, String) {
    house.control().write_text(&FileTarget::path("Papers/first.txt"), "the otter of spring").unwrap();
    let folder = house.control().find_file(&FileTarget::path("Papers")).unwrap().id;
    let ada = house.user("enterprise").await;
    ada.connect().await;
    let collection = ada.collection("Papers").await;
    ada.sync(&[&folder], &collection, "auto").await;
    (ada, collection)
}

async fn waits_and_goes_on(house: House) {
    let (ada, _) = following(&house).await;
    let control = house.control();
    let shown = disable(&house, &ada, true).await;
    assert!(shown["disabled_at"].is_string(), "{shown}");
    control.write_text(&FileTarget::path("Papers/second.txt"), "the otter of summer").unwrap();
    control.delete_file(&FileTarget::path("Papers/first.txt")).unwrap();
    control.reset_calls();
    for _ in 0..3 {
        house.advance(Duration::from_secs(86_400));
        house.let_due_work_happen().await;
    }
    assert!(control.call_counts().is_empty(), "nobody is asked: {:?}", control.call_counts());
    for (method, path, body) in [
        ("GET", "rest/me", None),
        ("GET", "rest/connectors", None),
        ("GET", "rest/connectors/google_drive", None),
        ("POST", "rest/search", Some(json!({ "query": "otter" }))),
        ("POST", "rest/connectors/google_drive/authorize", Some(json!({}))),
        ("DELETE", "rest/connectors/google_drive", None),
        ("GET", "rest/me/assistants", None),
    ] {
        is_refused(&ada, method, path, body).await;
    }
    let shown = disable(&house, &ada, false).await;
    assert_eq!(shown["disabled_at"], Value::Null);
    house.settle().await;
    assert_eq!(
        ada.found("otter").await,
        ["second.txt"],
        "what happened meanwhile is here, by the feed alone"
    );
    assert_eq!(control.call_count("drive.files.list"), 0, "nothing was listed anew");
    let audit = house.as_admin("GET", "rest/admin/audit", None).await;
    let deeds: Vec<_> = audit["entries"].as_array().unwrap().iter().map(|one| one["deed"].clone()).collect();
    for deed in ["disable_user", "enable_user"] {
        assert_eq!(deeds.iter().filter(|one| **one == deed).count(), 1, "{audit}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_users_feeds_wait_and_go_on_where_they_stood() {
    waits_and_goes_on(house().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_users_feeds_wait_and_go_on_where_they_stood_on_postgres() {
    waits_and_goes_on(house_on_postgres().await).await;
}

/// Ada, who was disabled while a quota of the provider held up her job; the job.
pub async fn held_up_and_disabled(house: &House) -> (Person<'_>, String) {
    let control = house.control();
    control.write_text(&FileTarget::path("Papers/plan.txt"), "the lemming waits").unwrap();
    let folder = control.find_file(&FileTarget::path("Papers")).unwrap().id;
    let ada = house.user("pro").await;
    ada.connect().await;
    let collection = ada.collection("Papers").await;
    let fault = json!({ "operation": "drive.files.list", "effect": { "status": 403, "reason": "dailyLimitExceeded" } });
    control.add_fault_json(fault).unwrap();
    let job = ada.start_sync(&[&folder], &collection, "manual").await;
    house.settle().await;
    disable(house, &ada, true).await;
    control.clear_faults();
    (ada, job)
}

/// A job whose turn comes while its user is disabled asks nobody anything, and is done when they are enabled.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_waits_while_its_user_is_disabled() {
    let house = house().await;
    let control = house.control();
    let (ada, job) = held_up_and_disabled(&house).await;
    control.reset_calls();
    for _ in 0..30 {
        house.advance(Duration::from_secs(3600));
        house.settle().await;
    }
    assert!(control.call_counts().is_empty(), "nobody is asked: {:?}", control.call_counts());
    let kept = house.store.find_job(&job.as_str().into()).await.unwrap().unwrap();
    assert!(!kept.status.is_final() && kept.counters.synced == 0, "{kept:?}");
    disable(&house, &ada, false).await;
    house.settle().await;
    let ended = ada.finished(&job).await;
    assert_eq!((&ended["status"], &ended["files_synced"]), (&json!("completed"), &json!(1)), "{ended}");
    house.stop().await;
}

/// Waiting for its user is no try of a job: it has as many left afterwards as before.
#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_disabled_user_uses_up_no_try() {
    let house = house().await;
    let (ada, job) = held_up_and_disabled(&house).await;
    // More often than a job is tried.
    for _ in 0..30 {
        house.advance(Duration::from_secs(3600));
        house.settle().await;
    }
    let unwell = json!({ "operation": "drive.files.list", "times": 12, "effect": { "status": 503 } });
    house.control().add_fault_json(unwell).unwrap();
    disable(&house, &ada, false).await;
    house.step_until(ada.ended(&job)).await;
    let ended = ada.job("google_drive", &job).await;
    assert_eq!((&ended["status"], &ended["files_synced"]), (&json!("completed"), &json!(1)), "{ended}");
    house.stop().await;
}

/// What a user shares with the organisation is the organisation's to read: it stays as it was when they were disabled.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_disabled_user_shares_stays_with_the_others() {
    let house = house().await;
    let organization =
        house.as_admin("POST", "rest/admin/organizations", Some(json!({ "name": "north" }))).await;
    let (ada, collection) = following(&house).await;
    let bob = house.user("enterprise").await;
    for person in [&ada, &bob] {
        let body = json!({ "organization_id": organization["id"] });
        house.as_admin("PATCH", &format!("rest/admin/users/{}", person.id), Some(body)).await;
    }
    ada.ask("PATCH", &format!("rest/collections/{collection}"), Some(json!({ "access": "org" }))).await;
    assert_eq!(bob.found("otter").await, ["first.txt"]);
    disable(&house, &ada, true).await;
    assert_eq!(bob.found("otter").await, ["first.txt"]);
    is_refused(&ada, "POST", "rest/search", Some(json!({ "query": "otter" }))).await;
    disable(&house, &bob, true).await;
    is_refused(&bob, "POST", "rest/search", Some(json!({ "query": "otter" }))).await;
    house.as_admin("DELETE", &format!("rest/admin/users/{}", ada.id), None).await;
    house.settle().await;
    assert!(house.control().list_grants().is_empty(), "a disabled user can be deleted, and their grants end");
    disable(&house, &bob, false).await;
    assert!(bob.found("otter").await.is_empty());
    house.stop().await;
}

/// A push for a disabled user is noted and queues nothing; the change is found when they are enabled.
#[tokio::test(flavor = "multi_thread")]
async fn pushes_for_a_disabled_user_are_heard_and_left() {
    let house = House::start(HouseOptions { webhooks: true, ..options() }).await;
    let (ada, _) = following(&house).await;
    let control = house.control();
    assert_eq!(control.list_channels().len(), 1);
    disable(&house, &ada, true).await;
    control.write_text(&FileTarget::path("Papers/pushed.txt"), "the otter of autumn").unwrap();
    control.reset_calls();
    control.flush_webhooks().await;
    assert_eq!(house.store.count_due_tasks().await.unwrap(), (0, 0));
    let connection = house.store.find_connections(&ada.id.as_str().into(), None).await.unwrap().remove(0);
    let subscription = house.store.list_by_connection(&connection.id).await.unwrap().remove(0);
    assert!(subscription.last_push_at.is_some(), "it came");
    assert!(control.call_counts().is_empty(), "{:?}", control.call_counts());
    disable(&house, &ada, false).await;
    house.settle().await;
    assert_eq!(ada.found("autumn").await, ["pushed.txt"]);
    house.stop().await;
}

/// What others hold for a disabled user: a browser, a picker, an authorization that is under way.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_goes_on_for_a_disabled_user() {
    let house = house().await;
    let (ada, _) = following(&house).await;
    let own = house.url.origin().ascii_serialization();
    let session = house.url.join("console/session").unwrap();
    let signed_in =
        house.http.post(session.clone()).header("origin", &own).json(&json!({ "token": ada.token }));
    let signed_in = signed_in.send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = signed_in.json::<Value>().await.unwrap()["csrf_token"].as_str().unwrap().to_owned();
    let by_session = async |path: &str| {
        let request = house.http.get(house.url.join(path).unwrap()).header("cookie", &cookie);
        let answer = request.header("sec-fetch-site", "same-origin").send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["error"]["code"].clone())
    };
    let (code, state) = ada.consent().await;
    let picker = ada.ask("POST", "rest/connectors/google_drive/picker", Some(json!({}))).await;
    let picker: url::Url = picker["picker_url"].as_str().unwrap().parse().unwrap();
    let about = format!("{}/about", picker.path().trim_start_matches('/'));
    let by_picker = async || {
        let request = house.http.get(house.url.join(&about).unwrap());
        request.header("x-picker-key", picker.fragment().unwrap()).send().await.unwrap().status().as_u16()
    };
    let complete = async || {
        let body = json!({ "code": code, "state": state });
        let request = house.http.post(house.url.join("oauth/callback/complete").unwrap()).json(&body);
        let answer = request.header("origin", &own).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["error"].clone())
    };
    assert_eq!(by_session("rest/me").await.0, 200);
    assert_eq!(by_picker().await, 200);

    disable(&house, &ada, true).await;
    for path in ["rest/me", "console/session"] {
        assert_eq!(by_session(path).await, (403, json!("user_disabled")), "{path}");
    }
    assert_eq!(by_picker().await, 403);
    assert_eq!(complete().await, (403, json!("user_disabled")));
    let anew = house.http.post(session.clone()).header("origin", &own).json(&json!({ "token": ada.token }));
    assert_eq!(anew.send().await.unwrap().status(), 403);

    disable(&house, &ada, false).await;
    assert_eq!(by_session("rest/me").await.0, 200, "the session is still there");
    assert_eq!(by_picker().await, 200);
    assert_eq!(complete().await.0, 200, "and so is the authorization");
    disable(&house, &ada, true).await;
    let out = house.http.delete(session).header("cookie", &cookie).header("origin", &own);
    let out = out.header("x-csrf-token", &csrf).send().await.unwrap();
    assert_eq!(out.status(), 204, "whoever is disabled can sign out");
    house.stop().await;
}
