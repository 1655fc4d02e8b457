//! Our answers against the official API description: documented fields only, with the documented types.

use gangway_emulators::dropbox::{Host, ROUTES, Style};
use serde_json::{Value, json};

use super::harness::*;
use crate::shared::shared_folder;

fn load(name: &str) -> Option<Value> {
    let path = shared_folder()?.join("specs/dropbox").join(name);
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// A checker for the part of JSON Schema the description uses. Unknown fields are errors here, and void union
/// members must be objects: the bare text is for requests only.
struct Description {
    schema: Value,
    routes: Value,
}

impl Description {
    fn load() -> Option<Description> {
        Some(Description { schema: load("wire.schema.json")?, routes: load("routes.json")? })
    }

    fn check(&self, name: &str, value: &Value) {
        let schema = &self.schema["$defs"][name];
        assert!(schema.is_object(), "no schema {name}");
        if let Err(why) = self.fits(schema, value, name) {
            panic!("{why}\nin {value:#}");
        }
    }

    /// Checks a result against the route's documented type.
    fn check_result(&self, route: &str, value: &Value) {
        let routes = self.routes["routes"].as_array().unwrap();
        let found = routes.iter().find(|row| row["route"] == route).unwrap();
        let result = &found["result"];
        if let Some(inner) = result["list"]["type"].as_str() {
            return value.as_array().unwrap().iter().for_each(|row| self.check(inner, row));
        }
        match result["type"].as_str() {
            Some(name) => self.check(name, value),
            None => assert!(value.is_null()),
        }
    }

    fn check_error(&self, route: &str, body: &Value) {
        self.check("envelope.route_error", body);
        let routes = self.routes["routes"].as_array().unwrap();
        let found = routes.iter().find(|row| row["route"] == route).unwrap();
        self.check(found["error"]["type"].as_str().unwrap(), &body["error"]);
    }

    fn fits(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.fits(&self.schema["$defs"][name], value, path);
        }
        for word in ["anyOf", "oneOf"] {
            let Some(branches) = schema[word].as_array() else { continue };
            let whys: Vec<String> = branches
                .iter()
                .filter(|branch| !(branch["enum"].is_array() && value.is_string()))
                .map_while(|branch| self.fits(branch, value, path).err())
                .collect();
            let tried = branches.iter().filter(|b| !(b["enum"].is_array() && value.is_string())).count();
            if whys.len() == tried {
                let best = whys.iter().max_by_key(|why| why.split(':').next().unwrap_or("").len());
                return Err(best.cloned().unwrap_or_else(|| format!("{path}: nothing fits")));
            }
        }
        let fail = |text: String| Err(format!("{path}: {text}"));
        if schema.get("const").is_some_and(|only| only != value) {
            return fail(format!("{value} is not {}", schema["const"]));
        }
        if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
            return fail(format!("{value} is not one of {}", schema["enum"]));
        }
        if schema["not"]["enum"].as_array().is_some_and(|all| all.contains(value)) {
            return fail(format!("{value} is a known tag"));
        }
        match schema["type"].as_str() {
            Some("object") => self.fits_object(schema, value, path),
            Some("array") => match value.as_array() {
                Some(rows) => {
                    rows.iter().try_for_each(|row| self.fits(&schema["items"], row, &format!("{path}[]")))
                }
                None => fail(format!("not a list: {value}")),
            },
            Some("string") => match value.as_str() {
                Some(text) => {
                    let length = text.chars().count() as u64;
                    let short = schema["minLength"].as_u64().is_some_and(|least| length < least);
                    let long = schema["maxLength"].as_u64().is_some_and(|most| length > most);
                    let is_time = schema["pattern"].as_str().is_some_and(|p| p.starts_with("^\\d{4}-"));
                    let bad_time = is_time && !(text.len() == 20 && text.ends_with('Z'));
                    if short || long || bad_time { fail(format!("wrong text: {text}")) } else { Ok(()) }
                }
                None => fail(format!("not a text: {value}")),
            },
            Some("integer") if !value.is_u64() && !value.is_i64() => fail(format!("not a number: {value}")),
            Some("boolean") if !value.is_boolean() => fail(format!("not a boolean: {value}")),
            Some("null") if !value.is_null() => fail(format!("not null: {value}")),
            _ => Ok(()),
        }
    }

    fn fits_object(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let Some(object) = value.as_object() else { return Err(format!("{path}: not an object: {value}")) };
        for required in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(required.as_str().unwrap()) {
                return Err(format!("{path}: {required} is missing"));
            }
        }
        let Some(known) = schema["properties"].as_object() else { return Ok(()) };
        for (key, inner) in object {
            match known.get(key) {
                Some(schema) => self.fits(schema, inner, &format!("{path}.{key}"))?,
                None => return Err(format!("{path}: {key} is not documented")),
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn every_result_fits_the_description() {
    let Some(description) = Description::load() else { return };
    let world = demo().await;
    let token = world.sign_in(ADA, &format!("{ALL} openid email profile")).await.access;
    let file = "/projects/warehouse move/checklist.md";
    let paper = "/marketing/autumn campaign/launch plan.paper";
    let suppliers = world.json(&token, "files/get_metadata", json!({"path": "/suppliers"})).await;
    let folder = suppliers["shared_folder_id"].as_str().unwrap();
    let shared = "/suppliers/north leaf contacts.csv";
    let id = world.control.account_id(GRACE).unwrap();
    let link = world.json(&token, "sharing/create_shared_link_with_settings", json!({"path": file})).await;
    description.check_result("sharing/create_shared_link_with_settings", &link);
    let link = link["url"].as_str().unwrap();
    let rev = world.json(&token, "files/get_metadata", json!({"path": file})).await["rev"].clone();
    let features = json!({"features": ["paper_as_files", {".tag": "file_locking"}, "team_shared_dropbox"]});
    for (route, arg) in [
        ("check/user", json!({"query": "x"})),
        ("openid/userinfo", json!({})),
        ("users/get_current_account", Value::Null),
        ("users/get_account", json!({"account_id": id})),
        ("users/get_account_batch", json!({"account_ids": [id]})),
        ("users/get_space_usage", Value::Null),
        ("users/features/get_values", features),
        ("files/list_folder", json!({"path": "", "recursive": true, "include_deleted": true})),
        ("files/list_folder", json!({"path": "", "include_has_explicit_shared_members": true})),
        ("files/list_folder/get_latest_cursor", json!({"path": ""})),
        ("files/get_metadata", json!({"path": file})),
        ("files/get_metadata", json!({"path": paper})),
        ("files/get_metadata", json!({"path": shared})),
        ("files/get_temporary_link", json!({"path": file})),
        ("files/search_v2", json!({"query": "tea"})),
        ("files/list_revisions", json!({"path": "/team/weekly notes.txt"})),
        ("files/create_folder_v2", json!({"path": "/new"})),
        ("files/copy_v2", json!({"from_path": file, "to_path": "/new/copy.md"})),
        ("files/move_v2", json!({"from_path": "/new/copy.md", "to_path": "/new/moved.md"})),
        ("files/delete_v2", json!({"path": "/new/moved.md"})),
        ("files/restore", json!({"path": file, "rev": rev})),
        ("files/permanently_delete", json!({"path": "/new"})),
        ("sharing/list_folders", json!({})),
        ("sharing/list_mountable_folders", json!({})),
        ("sharing/get_folder_metadata", json!({"shared_folder_id": folder})),
        ("sharing/list_folder_members", json!({"shared_folder_id": folder})),
        ("sharing/get_file_metadata", json!({"file": shared})),
        ("sharing/get_file_metadata/batch", json!({"files": [shared, file]})),
        ("sharing/list_file_members", json!({"file": shared})),
        ("sharing/list_file_members/batch", json!({"files": [shared, file]})),
        ("sharing/list_received_files", json!({})),
        ("sharing/list_shared_links", json!({})),
        ("sharing/get_shared_link_metadata", json!({"url": link})),
        ("sharing/revoke_shared_link", json!({"url": link})),
        ("sharing/unmount_folder", json!({"shared_folder_id": folder})),
        ("sharing/mount_folder", json!({"shared_folder_id": folder})),
    ] {
        let value = world.json(&token, route, arg).await;
        description.check_result(route, &value);
    }
    for (route, arg) in [
        ("files/download", json!({"path": file})),
        ("files/download_zip", json!({"path": "/projects"})),
        ("files/export", json!({"path": paper})),
        ("files/get_preview", json!({"path": "/suppliers/supplier agreement.docx"})),
        (
            "files/get_thumbnail_v2",
            json!({"resource": {".tag": "path", "path": "/marketing/autumn campaign/label draft.png"}}),
        ),
    ] {
        let answer = world.content(&token, route, &ascii(&arg), &[]).await;
        let result = serde_json::from_slice(answer.headers()["dropbox-api-result"].as_bytes()).unwrap();
        description.check_result(route, &result);
    }
}

#[tokio::test]
async fn every_error_fits_the_description() {
    let Some(description) = Description::load() else { return };
    let world = demo().await;
    let token = world.ada().await;
    let nope = json!({"path": "/nope"});
    for (route, arg) in [
        ("files/list_folder", nope.clone()),
        ("files/get_metadata", nope.clone()),
        ("files/get_temporary_link", nope.clone()),
        ("files/list_revisions", nope.clone()),
        ("files/delete_v2", nope.clone()),
        ("files/create_folder_v2", json!({"path": "/projects"})),
        ("files/move_v2", json!({"from_path": "/nope", "to_path": "/x"})),
        ("files/move_v2", json!({"from_path": "/projects", "to_path": "/team"})),
        ("files/restore", json!({"path": "/nope", "rev": "016508b5ebb1726000000033c9fd2f3"})),
        ("files/search_v2", json!({"query": "x", "options": {"path": "/nope"}})),
        ("users/get_account", json!({"account_id": format!("dbid:{}", "x".repeat(35))})),
        ("users/get_account_batch", json!({"account_ids": [format!("dbid:{}", "x".repeat(35))]})),
        ("users/features/get_values", json!({"features": []})),
        ("sharing/get_folder_metadata", json!({"shared_folder_id": "1"})),
        ("sharing/list_folder_members", json!({"shared_folder_id": "1"})),
        ("sharing/get_file_metadata", json!({"file": "/team/weekly notes.txt"})),
        ("sharing/list_file_members", json!({"file": "/nope"})),
        ("sharing/list_folders/continue", json!({"cursor": "x"})),
        ("sharing/list_received_files/continue", json!({"cursor": "x"})),
        ("sharing/mount_folder", json!({"shared_folder_id": "1"})),
        ("sharing/get_shared_link_metadata", json!({"url": "https://www.dropbox.com/scl/fi/x/y"})),
        ("sharing/revoke_shared_link", json!({"url": "https://www.dropbox.com/scl/fi/x/y"})),
    ] {
        let (status, _, body) = world.refused(&token, route, arg).await;
        assert_eq!(status, 409, "{route}");
        description.check_error(route, &body);
    }
    let taken = json!({"path": "/team/weekly notes.txt"});
    let url = format!("{}/2/files/upload", world.emulator.content_url());
    let upload = world.http.post(url).bearer_auth(&token).header("Dropbox-API-Arg", taken.to_string());
    let answer =
        upload.header("Content-Type", "application/octet-stream").body("other").send().await.unwrap();
    description.check_error("files/upload", &outcome(answer).await.2);
    let (_, _, body) = world.refused("sl.u.x", "files/list_folder", json!({"path": ""})).await;
    description.check("envelope.auth_error", &body);
    let root = [("Dropbox-API-Path-Root", r#"{".tag":"root","root":"1"}"#)];
    let (_, _, body) = world.refused_with(&token, "files/list_folder", json!({"path": ""}), &root).await;
    description.check("envelope.path_root_error", &body);
    world.control.add_fault_json(json!({"times": 1, "effect": {"status": 429, "retry_after": 15}})).unwrap();
    let (_, _, body) = world.refused(&token, "files/list_folder", json!({"path": ""})).await;
    description.check("envelope.rate_limit", &body);
}

/// Routes that the slice of the description leaves out, but recordings show.
const RECORDED_ONLY: [&str; 3] =
    ["files/delete_batch", "files/delete_batch/check", "sharing/modify_shared_link_settings"];

#[tokio::test]
async fn the_table_of_routes_equals_the_description() {
    let Some(routes) = load("routes.json") else { return };
    let documented = routes["routes"].as_array().unwrap();
    for route in ROUTES.iter().filter(|route| !RECORDED_ONLY.contains(&route.name)) {
        let row = documented.iter().find(|row| row["route"] == route.name);
        let row = row.unwrap_or_else(|| panic!("{} is not documented", route.name));
        let host = match route.host {
            Host::Api => "api",
            Host::Content => "content",
            Host::Notify => "notify",
        };
        assert_eq!(row["url"], format!("https://{host}.dropboxapi.com/2/{}", route.name));
        let style = match route.style {
            Style::Rpc => "rpc",
            Style::Download => "download",
            Style::Upload => "upload",
        };
        assert_eq!(row["style"], style, "{}", route.name);
        assert_eq!(row["scope"].as_str(), route.scope, "{}", route.name);
        assert_eq!(row["arg"]["void"] == true, route.void, "{}", route.name);
        assert_eq!(row["app_folder_ok"], route.app_folder, "{}", route.name);
    }
    assert!(ROUTES.len() > 45);
}

#[tokio::test]
async fn every_route_wants_its_scope() {
    let world = empty().await;
    let token = world.sign_in(ADA, "contacts.read").await.access;
    for route in ROUTES.iter().filter(|route| route.host != Host::Notify) {
        let Some(scope) = route.scope else { continue };
        let base =
            if route.host == Host::Api { world.emulator.api_url() } else { world.emulator.content_url() };
        let request = world.http.post(format!("{base}/2/{}", route.name)).bearer_auth(&token);
        let request = match route.style {
            Style::Rpc if route.void => request.json(&Value::Null),
            Style::Rpc => request.json(&json!({})),
            _ => request.header("Dropbox-API-Arg", "{}").header("Content-Type", "application/octet-stream"),
        };
        let answer = request.send().await.unwrap();
        let header = answer.headers().get("www-authenticate").cloned();
        let (status, summary, body) = outcome(answer).await;
        assert_eq!((status, summary.as_str()), (401, "missing_scope"), "{}", route.name);
        assert_eq!(body["error"]["required_scope"], scope);
        assert_eq!(header.unwrap(), "Bearer realm=\"Dropbox-API\"");
    }
}
