//! Somebody who calls the server: the product's back end, then a user of it.

use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Caller {
    pub http: reqwest::Client,
    pub url: String,
    pub token: String,
}

impl Caller {
    pub fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, url: url.to_owned(), token: token.to_owned() })
    }

    /// With the admin key: makes a user of the plan that includes everything, who calls from then on.
    pub async fn new_user(&self) -> anyhow::Result<Self> {
        let user = self.call("POST", "rest/admin/users", json!({ "plan": "enterprise" })).await?;
        let path = format!("rest/admin/users/{}/tokens", text(&user, "id")?);
        let token = self.call("POST", &path, json!({})).await?;
        Ok(Self { token: text(&token, "token")?, ..self.clone() })
    }

    /// A call that must succeed.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        send(&self.http, method, &format!("{}/{path}", self.url), Some(&self.token), body).await
    }

    /// Connects an account at a provider that gives consent without asking.
    pub async fn connect(&self, connector: &str, account: Option<&str>) -> anyhow::Result<()> {
        let begun = self.call("POST", &format!("rest/connectors/{connector}/authorize"), json!({})).await?;
        let mut address: url::Url = text(&begun, "auth_url")?.parse()?;
        if let Some(account) = account {
            address.query_pairs_mut().append_pair("login_hint", account);
        }
        let (code, state) = self.consent(address.as_str()).await?;
        let body = json!({ "code": code, "state": state });
        self.call("POST", &format!("rest/connectors/{connector}/token"), body).await?;
        Ok(())
    }

    /// Goes to an authorization address and comes back with code and state.
    pub async fn consent(&self, address: &str) -> anyhow::Result<(String, String)> {
        let answer = self.http.get(address).send().await?;
        let back = answer.headers().get("location").context("no redirect back")?.to_str()?;
        let back: url::Url = back.parse()?;
        let get = |name: &str| {
            back.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        Ok((get("code"), get("state")))
    }

    /// Waits for a job's end.
    pub async fn finished(&self, connector: &str, job: &str) -> anyhow::Result<Value> {
        loop {
            let path = format!("rest/connectors/{connector}/sync/{job}");
            let now = self.call("GET", &path, Value::Null).await?;
            if matches!(now["status"].as_str(), Some("completed" | "partial" | "failed" | "cancelled")) {
                return Ok(now);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A call that must succeed, to whomever.
pub async fn send(
    http: &reqwest::Client,
    method: &str,
    url: &str,
    token: Option<&str>,
    body: Value,
) -> anyhow::Result<Value> {
    let mut request = http.request(method.parse()?, url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    anyhow::ensure!(status.is_success(), "{method} {url}: {status} {text}");
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

pub fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    Ok(value[field].as_str().with_context(|| format!("no {field} in {value}"))?.to_owned())
}
