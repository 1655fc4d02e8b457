//! The OpenAPI document and the error reference are what they are checked in as, and what the router does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;

use super::house::House;
use crate::openapi::{document, document_text};
use crate::reference::errors_markdown;

fn at_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Compares a checked-in file with what the code makes; `UPDATE=1` writes it anew.
fn checked_in(path: &str, made: &str) {
    let file = at_root(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, made).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == made, "{path} is not what the code makes: run the test again with UPDATE=1");
}

#[test]
fn the_document_is_checked_in() {
    checked_in("sdks/openapi.json", &document_text());
}

#[test]
fn the_error_reference_is_checked_in() {
    checked_in("docs/reference/errors.md", &errors_markdown());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut missing = BTreeSet::new();
    visit(&document, &mut |value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            if document.pointer(pointer).is_none() {
                missing.insert(reference.to_owned());
            }
        }
    });
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn operations_have_names_of_their_own_and_known_security() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{method} {path}");
            // Signing in is how one gets what the others want.
            let secured = operation.get("security").is_some() || name == "sign_in";
            assert_eq!(secured, operation["responses"].get("401").is_some(), "{method} {path}");
        }
    }
}

#[test]
fn whatever_has_content_says_of_what_type() {
    visit(&document(), &mut |value| {
        for name in ["content", "headers", "schema", "properties"] {
            assert!(value.get(name).is_none_or(|inner| !inner.is_null()), "{name} is null: {value}");
        }
    });
}

fn visit(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Array(list) => list.iter().for_each(|one| visit(one, look)),
        Value::Object(map) => map.values().for_each(|one| visit(one, look)),
        _ => {}
    }
}

/// Whatever is documented is routed: no documented operation answers "no such path" or "no such method"; and
/// whatever is routed is documented: of every path, the methods in `Allow` are the documented ones.
#[tokio::test]
async fn the_router_and_the_document_agree() {
    let house = House::build().await;
    let document = document();
    for (template, item) in document["paths"].as_object().unwrap() {
        let path: String = template
            .split('/')
            .map(|part| match part {
                "{connector_id}" => "stub_drive",
                part if part.starts_with('{') => "0190a000-0000-7000-8000-000000000000",
                part => part,
            })
            .collect::<Vec<_>>()
            .join("/");
        let request = Request::builder().method(Method::TRACE).uri(&path).body(Body::empty()).unwrap();
        let answer = house.send(request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{template}");
        answer.error(405, "method_not_allowed");
        let allowed: BTreeSet<String> = answer.headers["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .map(|method| method.trim().to_ascii_lowercase())
            .filter(|method| method != "head")
            .collect();
        let documented = item.as_object().unwrap().keys().filter(|method| *method != "head");
        let documented: BTreeSet<String> = documented.cloned().collect();
        assert_eq!(allowed, documented, "{template}");
    }
    house.get("/no/such/path").await.error(404, "not_found");
}

#[tokio::test]
async fn the_document_is_served() {
    let house = House::build().await;
    let answer = house.get("/openapi.json").await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.text(), document_text());
    assert_eq!(answer.json()["openapi"], "3.1.0");
}
