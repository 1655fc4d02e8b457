//! A user of the product: calls the API with a token, connects, syncs, searches.

use std::time::Duration;

use futures::StreamExt;
use gangway_model::SyncJobId;
use serde_json::{Value, json};

use crate::house::House;

const GOOGLE_DRIVE: &str = "google_drive";

pub struct Person<'a> {
    pub house: &'a House,
    pub id: String,
    pub token: String,
}

impl<'a> Person<'a> {
    pub(crate) fn new(house: &'a House, id: String, token: String) -> Self {
        Self { house, id, token }
    }

    /// One call: status and body (null when there is none).
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let url = self.house.url.join(path).expect("a path");
        let mut request = self.house.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// A call that must succeed.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Starts an authorization and goes through the provider's consent; the code and state that come back.
    pub async fn consent(&self) -> (String, String) {
        self.consent_to(GOOGLE_DRIVE).await
    }

    /// The same at the provider of any connector.
    pub async fn consent_to(&self, connector: &str) -> (String, String) {
        let path = format!("rest/connectors/{connector}/authorize");
        let begun = self.ask("POST", &path, Some(json!({}))).await;
        let mut url: url::Url = begun["auth_url"].as_str().expect("an address").parse().expect("an address");
        let own = self.house.stand_ins.iter().find(|stand_in| stand_in.connector_id() == connector);
        if let Some(hint) = own.and_then(|stand_in| stand_in.access().login_hint) {
            url.query_pairs_mut().append_pair("login_hint", hint);
        }
        let answer = self.house.http.get(url).send().await.expect("the consent page");
        let back = answer.headers().get("location").expect("a redirect back").to_str().expect("an address");
        let back: url::Url = back.parse().expect("an address");
        let get = |name: &str| {
            let pair = back.query_pairs().find(|(key, _)| key == name);
            pair.unwrap_or_else(|| panic!("{name} in {back}")).1.into_owned()
        };
        (get("code"), get("state"))
    }

    /// Connects Google Drive; the answer of the token call.
    pub async fn connect(&self) -> Value {
        self.connect_to(GOOGLE_DRIVE).await
    }

    pub async fn connect_to(&self, connector: &str) -> Value {
        let (code, state) = self.consent_to(connector).await;
        let body = json!({ "code": code, "state": state });
        self.ask("POST", &format!("rest/connectors/{connector}/token"), Some(body)).await
    }

    pub async fn collection(&self, name: &str) -> String {
        let made = self.ask("POST", "rest/collections", Some(json!({ "name": name }))).await;
        made["uuid"].as_str().expect("a collection's id").to_owned()
    }

    /// Starts a sync; the job's id.
    pub async fn start_sync(&self, ids: &[&str], collection: &str, mode: &str) -> String {
        self.start_sync_of(GOOGLE_DRIVE, ids, collection, mode).await
    }

    pub async fn start_sync_of(&self, connector: &str, ids: &[&str], collection: &str, mode: &str) -> String {
        let body = json!({ "file_ids": ids, "collection_uuid": collection, "sync_mode": mode });
        let started = self.ask("POST", &format!("rest/connectors/{connector}/sync"), Some(body)).await;
        started["sync_job_id"].as_str().expect("a job's id").to_owned()
    }

    /// Waits for a job's end; its status as the API tells it.
    pub async fn finished(&self, job: &str) -> Value {
        self.ended(job).await;
        self.job(GOOGLE_DRIVE, job).await
    }

    /// A job's status as the API tells it.
    pub async fn job(&self, connector: &str, job: &str) -> Value {
        self.ask("GET", &format!("rest/connectors/{connector}/sync/{job}"), None).await
    }

    /// Waits for a job's end without a call, which a clock that is stepped meanwhile would time out.
    pub async fn ended(&self, job: &str) {
        let id = SyncJobId::from(job);
        let last = async {
            let mut states = std::pin::pin!(self.house.engine.watch(&id));
            while let Some(state) = states.next().await {
                state.expect("the job can be read");
            }
        };
        tokio::time::timeout(Duration::from_secs(120), last).await.expect("the job ends within two minutes");
    }

    /// Syncs and waits.
    pub async fn sync(&self, ids: &[&str], collection: &str, mode: &str) -> Value {
        let job = self.start_sync(ids, collection, mode).await;
        let ended = self.finished(&job).await;
        self.house.settle().await;
        ended
    }

    /// The names of the files a query finds, best first.
    pub async fn found(&self, query: &str) -> Vec<String> {
        let answer = self.ask("POST", "rest/search", Some(json!({ "query": query, "limit": 100 }))).await;
        let hits = answer["hits"].as_array().expect("hits");
        hits.iter().map(|hit| hit["file"]["name"].as_str().expect("a name").to_owned()).collect()
    }
}
