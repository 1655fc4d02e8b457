//! Our answers against the official API description: only documented fields, with the documented types.

use serde_json::{Value, json};

use gangway_emulators::google::FileTarget;

use super::harness::{World, demo};
use crate::shared::shared_folder;

/// A checker for the part of JSON Schema the description uses. No property is required there, but here
/// unknown properties are errors.
struct Description(Value);

impl Description {
    fn load() -> Option<Description> {
        let path = shared_folder()?.join("specs/google_drive/drive_v3.openapi.json");
        Some(Description(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
    }

    fn check(&self, schema_name: &str, value: &Value) {
        let schema = &self.0["components"]["schemas"][schema_name];
        assert!(schema.is_object(), "no schema {schema_name}");
        self.check_value(schema, value, schema_name);
    }

    fn check_value(&self, schema: &Value, value: &Value, path: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.check_value(&self.0["components"]["schemas"][name], value, path);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check_value(part, value, path);
        }
        match schema["type"].as_str() {
            Some("object") | None => self.check_object(schema, value, path),
            Some("array") => {
                let items = value.as_array().unwrap_or_else(|| panic!("{path}: not a list: {value}"));
                items.iter().for_each(|item| self.check_value(&schema["items"], item, &format!("{path}[]")));
            }
            Some("boolean") => assert!(value.is_boolean(), "{path}: {value}"),
            Some("integer" | "number") => assert!(value.is_number(), "{path}: {value}"),
            Some("string") => {
                let text = value.as_str().unwrap_or_else(|| panic!("{path}: not a text: {value}"));
                match schema["format"].as_str() {
                    Some("int64") => assert!(text.parse::<i64>().is_ok(), "{path}: {text}"),
                    Some("date-time") => {
                        let exact = text.len() == 24 && text.ends_with('Z') && text.as_bytes()[19] == b'.';
                        assert!(exact, "{path}: {text}");
                    }
                    _ => {}
                }
            }
            Some(other) => panic!("{path}: unknown type {other}"),
        }
    }

    fn check_object(&self, schema: &Value, value: &Value, path: &str) {
        let Some(object) = value.as_object() else {
            assert!(schema["properties"].is_null(), "{path}: not an object: {value}");
            return;
        };
        for (key, inner) in object {
            let known = &schema["properties"][key];
            let extra = &schema["additionalProperties"];
            let path = format!("{path}.{key}");
            if known.is_object() {
                self.check_value(known, inner, &path);
            } else if extra.is_object() {
                self.check_value(extra, inner, &path);
            } else {
                let free = schema["properties"].is_null() && schema["allOf"].is_null();
                assert!(
                    extra == &json!(true) || free || schema["allOf"].is_array(),
                    "{path} is not documented"
                );
            }
        }
    }
}

async fn all(world: &World, token: &str, path: &str, query: &[(&str, &str)]) -> Value {
    let mut query = query.to_vec();
    query.push(("fields", "*"));
    world.json(token, path, &query).await
}

#[tokio::test]
async fn every_kind_of_answer_fits_the_description() {
    let Some(description) = Description::load() else { return };
    let world = demo().await;
    let token = world.ada().await;
    let (drive, _) = world.control.list_drives().remove(0);
    let policy = world.control.find_file(&FileTarget::path("Policies/Refund policy")).unwrap().id;
    let handbook = world.control.find_file(&FileTarget::path("Policies/Employee handbook.pdf")).unwrap().id;
    let shared =
        [("includeItemsFromAllDrives", "true"), ("supportsAllDrives", "true"), ("corpora", "allDrives")];

    let list = all(&world, &token, "files", &[shared[0], shared[1], shared[2], ("pageSize", "1000")]).await;
    assert!(list["files"].as_array().unwrap().len() > 35);
    description.check("FileList", &list);
    description.check("FileList", &all(&world, &token, "files", &[("pageSize", "2")]).await);
    description.check("File", &all(&world, &token, &format!("files/{policy}"), &[]).await);
    description.check("About", &all(&world, &token, "about", &[]).await);
    description.check("DriveList", &all(&world, &token, "drives", &[]).await);
    description.check("Drive", &all(&world, &token, &format!("drives/{drive}"), &[]).await);
    description
        .check("PermissionList", &all(&world, &token, &format!("files/{policy}/permissions"), &[]).await);
    let drive_permissions = all(&world, &token, &format!("files/{drive}/permissions"), &[shared[1]]).await;
    description.check("PermissionList", &drive_permissions);
    for file in [&policy, &handbook] {
        let revisions = all(&world, &token, &format!("files/{file}/revisions"), &[]).await;
        description.check("RevisionList", &revisions);
    }
    description.check("LabelList", &all(&world, &token, &format!("files/{policy}/listLabels"), &[]).await);
    description.check("StartPageToken", &world.json(&token, "changes/startPageToken", &[]).await);
    world.control.delete_file(&FileTarget::path("Product/Landing page.html")).unwrap();
    let query = [("pageToken", "1"), ("pageSize", "1000"), shared[0], shared[1]];
    let changes = all(&world, &token, "changes", &query).await;
    let rows = changes["changes"].as_array().unwrap();
    assert!(
        rows.iter().any(|row| row["removed"] == true) && rows.iter().any(|row| row["changeType"] == "drive")
    );
    description.check("ChangeList", &changes);
    let body = json!({"id": "c", "type": "web_hook", "address": "http://127.0.0.1:9/x", "token": "t"});
    let answer = world.post(&token, &format!("files/{policy}/watch"), &[], body).await;
    description.check("Channel", &answer.json().await.unwrap());
    let answer = world
        .post(&token, &format!("files/{policy}/download"), &[("mimeType", "text/plain")], json!({}))
        .await;
    let operation: Value = answer.json().await.unwrap();
    description.check("Operation", &operation);
    let name = operation["name"].as_str().unwrap();
    description.check("Operation", &world.json(&token, &format!("operations/{name}"), &[]).await);
    for (path, query) in [
        ("files/nope", ("fields", "id")),
        ("files", ("q", "x")),
        ("files", ("wrong", "1")),
        ("about", ("alt", "json")),
    ] {
        description.check("ErrorResponse", &world.refused(&token, path, &[query]).await.2);
    }
    let tokens = world.sign_in(super::harness::ADA, "openid email profile").await;
    let url = format!("{}/oauth2/v2/userinfo", world.base);
    let info: Value =
        world.http.get(url).bearer_auth(tokens.access).send().await.unwrap().json().await.unwrap();
    description.check("Userinfo", &info);
}

#[tokio::test]
async fn every_documented_parameter_is_known() {
    let Some(description) = Description::load() else { return };
    let world = demo().await;
    let token = world.ada().await;
    let policy = world.control.find_file(&FileTarget::path("Policies/Refund policy")).unwrap().id;
    let mut checked = 0;
    for (path, item) in description.0["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get").filter(|_| path.starts_with("/drive/v3/")) else { continue };
        let concrete = path.trim_start_matches("/drive/v3/").replace("{fileId}", &policy);
        for parameter in operation["parameters"].as_array().unwrap() {
            if parameter["in"] != "query" {
                continue;
            }
            let name = parameter["name"].as_str().unwrap();
            let answer = world.get(&token, &concrete, &[(name, "")]).await.text().await.unwrap();
            assert!(!answer.contains("Cannot bind query parameter"), "{path} {name}");
            checked += 1;
        }
    }
    assert!(checked > 30);
}
