//! Our answers and events against the official descriptions.

use gangway_emulators::notion::NewSubscription;
use serde_json::{Value, json};

use super::harness::{World, demo, key};
use crate::receiver::receiver;
use crate::shared::shared_folder;

/// A checker for the part of JSON Schema that the description uses. Objects are open, as in the description.
struct Description(Value);

impl Description {
    fn load() -> Option<Description> {
        let path = shared_folder()?.join("specs/notion/notion-sdk-types-5.26.0.json");
        Some(Description(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
    }

    fn check(&self, name: &str, value: &Value) {
        let schema = &self.0["components"]["schemas"][name];
        assert!(schema.is_object(), "no schema {name}");
        if let Err(error) = self.fits(schema, value, name) {
            panic!("{error}\nin {value:#}");
        }
    }

    fn fits(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.fits(&self.0["components"]["schemas"][name], value, &format!("{path}({name})"));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fits(part, value, path)?;
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[word].as_array() {
                let errors: Vec<String> =
                    choices.iter().filter_map(|choice| self.fits(choice, value, path).err()).collect();
                if errors.len() == choices.len() {
                    return Err(format!("{path}: fits none: {}", errors.join(" | ")));
                }
            }
        }
        if !schema["const"].is_null() && schema["const"] != *value {
            return Err(format!("{path}: {value} is not {}", schema["const"]));
        }
        if let Some(known) = schema["enum"].as_array()
            && !known.contains(value)
        {
            return Err(format!("{path}: {value} is not one of {known:?}"));
        }
        self.fits_type(schema, value, path)?;
        if let Some(object) = value.as_object() {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !object.contains_key(name) {
                    return Err(format!("{path}.{name} is missing"));
                }
            }
            for (name, inner) in object {
                let property = &schema["properties"][name];
                let extra = &schema["additionalProperties"];
                if property.is_object() {
                    self.fits(property, inner, &format!("{path}.{name}"))?;
                } else if extra.is_object() {
                    self.fits(extra, inner, &format!("{path}.{name}"))?;
                }
            }
        }
        if schema["items"].is_object() {
            for item in value.as_array().into_iter().flatten() {
                self.fits(&schema["items"], item, &format!("{path}[]"))?;
            }
        }
        Ok(())
    }

    fn fits_type(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return Ok(()),
        };
        let fits = kinds.iter().any(|kind| match *kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            _ => value.is_null(),
        });
        if fits { Ok(()) } else { Err(format!("{path}: {value} is not {kinds:?}")) }
    }
}

/// Walks every block the caller can read and checks each; the one unknown type is left out.
async fn check_blocks(description: &Description, world: &World, token: &str, root: &str) {
    let mut open = vec![world.id(root)];
    while let Some(id) = open.pop() {
        for block in world.children(token, &id).await {
            if block["type"] == "hologram" {
                continue;
            }
            description.check("BlockObjectResponse", &block);
            let copy = block["synced_block"]["synced_from"].is_object();
            if block["has_children"] == true && block["type"] != "child_page" && !copy {
                open.push(block["id"].as_str().unwrap().to_owned());
            }
        }
    }
}

#[tokio::test]
async fn every_kind_of_answer_fits_the_description() {
    let Some(description) = Description::load() else { return };
    let world = demo().await;
    let tokens = world.sign_in("grace@example.com", &[]).await;
    let token = tokens.access;
    description.check("OauthTokenResponse", &tokens.body);
    let mut list = world.search(&token, json!({})).await;
    for object in list["results"].as_array_mut().unwrap() {
        // Columns of these types are seen in the wild; the description only knows their values.
        let properties = object["properties"].as_object_mut().unwrap();
        properties
            .retain(|_, one| !["place", "button", "verification"].iter().any(|kind| one["type"] == *kind));
    }
    description.check("SearchResponse", &list);
    for object in list["results"].as_array().unwrap() {
        let name = if object["object"] == "page" { "PageObjectResponse" } else { "DataSourceObjectResponse" };
        description.check(name, object);
    }
    for root in [
        "home",
        "handbook",
        "onboarding",
        "refund-policy",
        "weekly-2026-03-02",
        "gallery",
        "suppliers",
        "private",
    ] {
        check_blocks(&description, &world, &token, root).await;
    }
    let path = format!("data_sources/{}/query", world.id("project-list"));
    description.check("QueryDataSourceResponse", &world.post(&token, &path, json!({})).await);
    let database = world.json(&token, &format!("databases/{}", world.id("projects-db"))).await;
    description.check("DatabaseObjectResponse", &database);
    let row = world.json(&token, &format!("pages/{}", world.id("row-coldbrew"))).await;
    for property in row["properties"].as_object().unwrap().values() {
        let id = property["id"].as_str().unwrap();
        let path = format!("pages/{}/properties/{id}", world.id("row-coldbrew"));
        description.check("GetPagePropertyResponse", &world.json(&token, &path).await);
    }
    let users = world.json(&token, "users").await;
    users["results"]
        .as_array()
        .unwrap()
        .iter()
        .for_each(|user| description.check("UserObjectResponse", user));
    let path = format!("comments?block_id={}", world.id("refund-policy"));
    let comments = world.json(&token, &path).await;
    description.check("ListCommentsResponse", &comments);
    description.check("CommentObjectResponse", &comments["results"][0]);
    let markdown = world.json(&token, &format!("pages/{}/markdown", world.id("gallery"))).await;
    description.check("PageMarkdownResponse", &markdown);
    let refusal: Value = world.get(&token, "pages/x").await.json().await.unwrap();
    description.check("ErrorBody", &refusal);
    let (_, told) = world.oauth("introspect", json!({"token": token})).await;
    description.check("OauthIntrospectResponse", &told);
    let (_, told) = world.oauth("revoke", json!({"token": token})).await;
    description.check("OauthRevokeResponse", &told);
}

#[tokio::test]
async fn every_event_fits_the_description() {
    let Some(description) = Description::load() else { return };
    let world = demo().await;
    world.ada().await;
    let receiver = receiver(&[]).await;
    let wish = NewSubscription {
        url: receiver.url.clone(),
        event_types: Vec::new(),
        api_version: None,
        client_id: None,
        auto_verify: true,
    };
    world.control.subscribe(&wish).unwrap();
    let page = world.control.create_page(Some(&key("handbook")), &json!({"title": "New"})).unwrap();
    world.control.rename(&key("onboarding"), "Renamed").unwrap();
    world.control.move_to(&key("refund-policy"), Some(&key("onboarding"))).unwrap();
    world.control.edit_page(&key("onboarding"), &json!({"locked": true})).unwrap();
    world.control.edit_page(&key("onboarding"), &json!({"locked": false})).unwrap();
    world.control.add_rows(&key("projects-db"), &[json!({})]).unwrap();
    world.control.edit_page(&key("project-list"), &json!({"properties": {"Extra": "number"}})).unwrap();
    world.control.trash(&key("travel")).unwrap();
    world.control.trash(&key("suppliers-db")).unwrap();
    let comment = world.control.add_comment(&key(&page.id), "Hi", None).unwrap();
    world.control.edit_comment(&comment, Some("Ho"), None).unwrap();
    world.control.delete_comment(&comment).unwrap();
    world.control.flush_webhooks().await;
    world.control.restore(&key("travel")).unwrap();
    world.control.restore(&key("suppliers-db")).unwrap();
    world.control.move_to(&key("projects-db"), Some(&key("home"))).unwrap();
    world.control.flush_webhooks().await;
    let received = receiver.received.lock().unwrap().clone();
    let mut checked = 0;
    for message in &received[1..] {
        let event: Value = serde_json::from_str(&message.body).unwrap();
        let words = event["type"].as_str().unwrap().split(['.', '_']);
        let name: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        description.check(&format!("{name}WebhookPayload"), &event);
        checked += 1;
    }
    assert!(checked > 15, "{checked}");
}
