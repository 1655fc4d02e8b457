//! The reference page: everything of the document is on it, every link of it leads somewhere, nothing of it is foreign.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use gangway_app::Code;
use serde_json::Value;

use super::house::House;
use crate::examples::recorded;
use crate::openapi::document;

/// Operations of the document, by name.
fn operations(document: &Value) -> BTreeMap<&str, &Value> {
    let items = document["paths"].as_object().unwrap().values();
    let all = items.flat_map(|item| item.as_object().unwrap().values());
    all.map(|operation| (operation["operationId"].as_str().unwrap(), operation)).collect()
}

/// The values of an attribute.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let beginning = format!(" {attribute}=\"");
    page.split(&beginning).skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
}

#[tokio::test]
async fn every_operation_and_every_error_is_on_the_page_once() {
    let house = House::build().await;
    let answer = house.get("/docs").await;
    let page = answer.text();
    let ids = values(&page, "id");
    let once: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(once.len(), ids.len(), "each anchor is one place");
    let document = document();
    for (name, operation) in operations(&document) {
        assert!(once.contains(name), "{name}");
        let article = page.split_once(&format!("<article class=\"op\" id=\"{name}\"")).unwrap().1;
        let article = article.split_once("</article>").unwrap().0;
        for status in operation["responses"].as_object().unwrap().keys() {
            assert!(article.contains(&format!("\">{status}</span>")), "{name} {status}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let field = format!("<code class=\"name\">{}</code>", parameter["name"].as_str().unwrap());
            assert!(article.contains(&field), "{name} {field}");
        }
        assert!(article.contains("<span class=\"method"), "{name}");
    }
    for code in Code::ALL {
        assert!(once.contains(format!("error-{}", code.as_str()).as_str()), "{code:?}");
        assert!(code.remedy().len() > 10 && code.remedy().ends_with('.'), "{code:?}");
    }
    for link in values(&page, "href") {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(once.contains(anchor), "{link} leads nowhere"),
            None => assert!(house.get(link).await.status.is_success(), "{link}"),
        }
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_no_script() {
    let house = House::build().await;
    let answer = house.get("/docs").await;
    let page = answer.text();
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
    assert!(
        !page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick"),
        "nothing inline"
    );
    for source in values(&page, "src").into_iter().chain(values(&page, "href")) {
        assert!(source.starts_with('/') || source.starts_with('#'), "{source} is elsewhere");
    }
    // Without its script the page shows everything but what only the script can do.
    let hidden = page.matches(" hidden>").count();
    assert_eq!(hidden, 3, "the filter, the colours and the word that nothing matches");
    assert!(!page.contains("{{"), "a place of the frame was not filled");

    let etag = answer.headers["etag"].clone();
    let again = Request::get("/docs").header("if-none-match", etag).body(Body::empty()).unwrap();
    assert_eq!(house.send(again).await.status.as_u16(), 304);
    assert_eq!(house.get("/docs/").await.headers["location"], "/docs");
    house.get("/docs/none.css").await.error(404, "not_found");
    house.get("/docs/../Cargo.toml").await.error(404, "not_found");
}

/// Whatever takes or answers JSON shows how; and no example is of an operation that is gone.
#[test]
fn every_operation_has_its_example() {
    let document = document();
    let operations = operations(&document);
    let recorded = recorded();
    let gone: Vec<_> = recorded.keys().filter(|name| !operations.contains_key(name.as_str())).collect();
    assert!(gone.is_empty(), "{gone:?} are no operations");
    let mut without = BTreeSet::new();
    for (name, operation) in operations {
        let example_of = |content: &Value| content["application/json"].get("example").is_some();
        let body = &operation["requestBody"]["content"];
        if body["application/json"].is_object() && !example_of(body) {
            without.insert(format!("{name}: body"));
        }
        let answers = operation["responses"].as_object().unwrap();
        let good: Vec<_> = answers.iter().filter(|(status, _)| status.starts_with('2')).collect();
        let json = good.iter().any(|(_, answer)| answer["content"]["application/json"].is_object());
        // The document is no example of itself.
        if json && name != "openapi" && !good.iter().any(|(_, answer)| example_of(&answer["content"])) {
            without.insert(format!("{name}: answer"));
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] == "path" && parameter.get("example").is_none() {
                without.insert(format!("{name}: {}", parameter["name"]));
            }
        }
    }
    assert!(without.is_empty(), "{without:#?} have no example: run tests/docs/record.py");
}

/// Examples were recorded from a running server; what it keeps secret is not in them.
#[test]
fn no_example_holds_a_secret() {
    let text = serde_json::to_string(&recorded()).unwrap();
    for foreign in ["ya29.", "1//", "eyJ", "127.0.0.1", "localhost"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    for beginning in ["\"gw_", "\"gwa_", "\"gws_", "\"st_", "\"pk_", "#pk_", "state=", "code_challenge="] {
        for rest in text.split(beginning).skip(1) {
            assert!(rest.starts_with('…'), "{beginning}{}", rest.chars().take(12).collect::<String>());
        }
    }
}
