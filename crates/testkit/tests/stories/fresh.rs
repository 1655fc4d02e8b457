//! What is gone is gone for the very next call, wherever it was taken away: in this process or in another one on
//! the same database.

use std::sync::Arc;

use gangway_model::{ConnectionState, Plan};
use gangway_store::{Backend, NewTask, Store, UserChange};
use gangway_testkit::{House, Person};
use serde_json::{Value, json};

use crate::{house, house_on_postgres};

async fn connectors(person: &Person<'_>) -> (u16, Value) {
    let (status, mut answer) = person.call("GET", "rest/connectors", None).await;
    (status, answer["connectors"].take())
}

/// How Google Drive is shown to a person.
async fn drive(person: &Person<'_>) -> Value {
    let (status, all) = connectors(person).await;
    assert_eq!(status, 200, "{all}");
    all.as_array().unwrap().iter().find(|one| one["id"] == "google_drive").unwrap().clone()
}

/// Asks without a pause until it is stopped, so that every change falls into a running look-up.
fn ask_all_the_time(person: &Person<'_>) -> Vec<tokio::task::JoinHandle<()>> {
    let url = person.house.url.join("rest/connectors").unwrap();
    let callers = (0..4).map(|_| {
        let (http, url, token) = (person.house.http.clone(), url.clone(), person.token.clone());
        tokio::spawn(async move {
            loop {
                http.get(url.clone()).bearer_auth(&token).send().await.unwrap().bytes().await.unwrap();
            }
        })
    });
    callers.collect()
}

async fn nothing_gone_is_shown(house: House) {
    // Another process: a store of its own on the same rows.
    let elsewhere = Store::open(&house.store_options(), Arc::new(house.clock.clone())).await.unwrap();
    let ada = house.user("pro").await;
    let (id, connected) = (ada.id.as_str().into(), ada.connect().await);
    let connection = connected["connection_id"].as_str().unwrap().into();
    let noise = ask_all_the_time(&ada);
    for round in 0..10 {
        elsewhere
            .set_connection_state(&connection, ConnectionState::NeedsReauth, Some("ended elsewhere"))
            .await
            .unwrap();
        assert_eq!(drive(&ada).await["status"], "needs_reauth", "round {round}");
        house.store.set_connection_state(&connection, ConnectionState::Active, None).await.unwrap();
        assert_eq!(drive(&ada).await["status"], "active", "round {round}");

        let plan = |plan| UserChange { plan: Some(plan), ..UserChange::default() };
        elsewhere.update_user(&id, &plan(Plan::Free)).await.unwrap();
        assert_eq!(drive(&ada).await["required_plan"], "pro", "round {round}");
        house
            .as_admin("PATCH", &format!("rest/admin/users/{}", ada.id), Some(json!({ "plan": "pro" })))
            .await;
        assert_eq!(drive(&ada).await["available"], true, "round {round}");

        let path = format!("rest/admin/users/{}/tokens", ada.id);
        let made = house.as_admin("POST", &path, Some(json!({}))).await;
        let second = Person { house: &house, id: ada.id.clone(), token: text(&made["token"]) };
        assert_eq!(connectors(&second).await.0, 200, "round {round}");
        match round % 2 {
            0 => elsewhere.delete_token(&id, &made["id"].as_str().unwrap().into()).await.unwrap(),
            _ => {
                house.as_admin("DELETE", &format!("{path}/{}", text(&made["id"])), None).await;
            }
        }
        assert_eq!(connectors(&second).await.0, 401, "round {round}");
    }
    let (status, _) = ada.call("DELETE", "rest/connectors/google_drive", None).await;
    assert_eq!(status, 204);
    assert_ne!(drive(&ada).await["connected"], true, "disconnected");
    elsewhere.start_user_deletion(&id, &NewTask::new("nothing", json!({}))).await.unwrap();
    assert_eq!(connectors(&ada).await.0, 401, "deleted");
    for caller in noise {
        caller.abort();
    }
    elsewhere.close().await;
    house.stop().await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_gone_is_shown_on_sqlite() {
    let house = house().await;
    assert_eq!(house.store.backend(), Backend::Sqlite);
    nothing_gone_is_shown(house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_gone_is_shown_on_postgres() {
    nothing_gone_is_shown(house_on_postgres().await).await;
}
