//! A program that registers, asks, and fetches tokens; and the browser of the person it asks.

use axum::body::Body;
use axum::http::Request;
use gangway_oauth::Pkce;
use serde_json::{Value, json};

use crate::tests::house::{Answer, House};

pub const RESOURCE: &str = "https://gw.example/mcp";
pub const REDIRECT: &str = "https://app.example/cb";
pub const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
pub const OWN_PAGE: (&str, &str) = ("origin", "https://gw.example");

pub fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub async fn register(house: &House, about: Value) -> Answer {
    let request = Request::post("/oauth/register").header("content-type", "application/json");
    house.send(request.body(Body::from(about.to_string())).unwrap()).await
}

/// A form as a program sends it.
pub async fn send_form(
    house: &House,
    path: &str,
    pairs: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::from(form(pairs))).unwrap()).await
}

/// A registered program without a secret.
pub struct Program<'a> {
    pub house: &'a House,
    pub id: String,
}

impl<'a> Program<'a> {
    pub async fn register(house: &'a House) -> Self {
        Self::named(house, "A helper").await
    }

    pub async fn named(house: &'a House, name: &str) -> Self {
        let about = json!({
            "client_name": name,
            "redirect_uris": [REDIRECT, "http://127.0.0.1/cb"],
            "token_endpoint_auth_method": "none",
        });
        let made = register(house, about).await.ok();
        Self { house, id: made["client_id"].as_str().unwrap().to_owned() }
    }

    /// The parameters of a request that is right in everything, with some changed; an empty one is left out.
    pub fn request(&self, changed: &[(&str, &str)]) -> String {
        let challenge = Pkce::of(VERIFIER.into()).challenge;
        let right = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", REDIRECT),
            ("scope", "search read sync"),
            ("state", "their state & more"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", RESOURCE),
        ];
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for (name, value) in right {
            let instead = changed.iter().find(|(changed, _)| *changed == name);
            pairs.push((name, instead.map_or(value, |(_, value)| value)));
        }
        pairs.extend(changed.iter().filter(|(name, _)| !right.iter().any(|(known, _)| known == name)));
        pairs.retain(|(_, value)| !value.is_empty());
        form(&pairs)
    }

    pub async fn token(&self, changed: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![("client_id", self.id.as_str()), ("resource", RESOURCE)];
        pairs.retain(|(name, _)| !changed.iter().any(|(changed, _)| changed == name));
        pairs.extend_from_slice(changed);
        pairs.retain(|(_, value)| !value.is_empty());
        send_form(self.house, "/oauth/token", &pairs, &[]).await
    }

    /// Fetches tokens for a code, with some parameters changed.
    pub async fn exchange(&self, code: &str, changed: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        pairs.retain(|(name, _)| !changed.iter().any(|(changed, _)| changed == name));
        pairs.extend_from_slice(changed);
        self.token(&pairs).await
    }

    pub async fn refresh(&self, token: &str, changed: &[(&str, &str)]) -> Answer {
        let mut pairs = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        pairs.extend_from_slice(changed);
        self.token(&pairs).await
    }

    /// Asks a person, who allows everything; access and refresh token.
    pub async fn allowed_by(&self, person: &Person<'_>) -> (String, String) {
        let code = person.allow(self).await;
        let tokens = self.exchange(&code, &[]).await.ok();
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    /// Whether a token works, as `/mcp` asks.
    pub async fn works(&self, access: &str) -> bool {
        self.house.app.sign_in_assistant(&access.into()).await.is_ok()
    }
}

/// A person's browser, signed in by the page itself.
pub struct Person<'a> {
    pub house: &'a House,
    pub token: String,
    pub cookie: String,
}

impl<'a> Person<'a> {
    pub async fn sign_in(house: &'a House, program: &Program<'_>) -> Self {
        let token = house.user(gangway_model::Plan::Pro).await.token;
        Self::with_token(house, program, token).await
    }

    pub async fn with_token(house: &'a House, program: &Program<'_>, token: String) -> Self {
        let request = program.request(&[]);
        let pairs = [("decision", "sign_in"), ("token", token.as_str()), ("request", &request)];
        let answer = send_form(house, "/oauth/authorize", &pairs, &[OWN_PAGE]).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        assert_eq!(answer.headers["location"], format!("/oauth/authorize?{request}"));
        let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { house, token, cookie }
    }

    pub async fn see(&self, request: &str) -> Answer {
        let request = Request::get(format!("/oauth/authorize?{request}")).header("cookie", &self.cookie);
        self.house.send(request.body(Body::empty()).unwrap()).await
    }

    /// What stands in the page's hidden field.
    pub async fn csrf(&self, request: &str) -> String {
        let page = self.see(request).await.text();
        let field = page.split_once("name=\"csrf_token\" value=\"").unwrap_or_else(|| panic!("{page}")).1;
        field.split_once('"').unwrap().0.to_owned()
    }

    pub async fn decide(&self, request: &str, decision: &str, scopes: &[&str]) -> Answer {
        let csrf = self.csrf(request).await;
        let mut pairs = vec![("request", request), ("csrf_token", csrf.as_str()), ("decision", decision)];
        pairs.extend(scopes.iter().map(|scope| ("scope", *scope)));
        self.post(&pairs, &[OWN_PAGE]).await
    }

    pub async fn post(&self, pairs: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("cookie", self.cookie.as_str())];
        all.extend_from_slice(headers);
        send_form(self.house, "/oauth/authorize", pairs, &all).await
    }

    /// Allows everything; the code.
    pub async fn allow(&self, program: &Program<'_>) -> String {
        let answer = self.decide(&program.request(&[]), "allow", &["search", "read", "sync"]).await;
        sent_back(&answer, "code")
    }
}

/// One parameter of the address that an answer leads to.
pub fn sent_back(answer: &Answer, name: &str) -> String {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    parameter(answer.headers["location"].to_str().unwrap(), name)
}

/// The same of the way back on a page, which nobody is sent without pressing it.
pub fn way_back(answer: &Answer, name: &str) -> String {
    assert_eq!((answer.status.as_u16(), answer.headers.get("location")), (400, None));
    let page = answer.text();
    assert!(!page.contains("http-equiv"), "{page}");
    let link = page.split_once("class=\"button\" href=\"").unwrap_or_else(|| panic!("{page}")).1;
    parameter(&link.split('"').next().unwrap().replace("&amp;", "&"), name)
}

fn parameter(location: &str, name: &str) -> String {
    let (address, query) = location.split_once('?').unwrap();
    assert_eq!(address, REDIRECT);
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let found = pairs.iter().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("{name} in {location}")).1.clone()
}
