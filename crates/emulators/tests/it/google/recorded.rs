//! Our answers beside recorded answers of the real service: the same keys, the same types, the same headers.

use std::collections::BTreeMap;

use gangway_emulators::google::FileTarget;
use serde_json::Value;

use super::harness::{ADA, demo};
use crate::shared::{kind, shared_folder};

fn recorded(name: &str, path: &str) -> Option<Value> {
    let file = shared_folder()?.join("recorded/google").join(name);
    let exchanges: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let found = &exchanges["api"]["get"][path];
    Some(if found.is_array() { found[0].clone() } else { found.clone() })
}

/// Collects every key path with its type; lists count as their elements.
fn shape(value: &Value, path: &str, found: &mut BTreeMap<String, &'static str>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                let path = format!("{path}/{key}");
                found.insert(path.clone(), kind(inner));
                shape(inner, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, path, found)),
        _ => {}
    }
}

fn assert_same_shape(ours: &Value, theirs: &Value, may_lack: &[&str]) {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    shape(ours, "", &mut left);
    shape(theirs, "", &mut right);
    for path in may_lack {
        left.remove(*path);
        right.remove(*path);
    }
    assert_eq!(left, right);
}

#[tokio::test]
async fn answers_have_the_recorded_keys_and_types() {
    let world = demo().await;
    let token = world.ada().await;
    let policy = world.control.find_file(&FileTarget::path("Policies/Refund policy")).unwrap().id;
    let Some(list) = recorded("nango_google-drive__documents.json", "/drive/v3/files") else {
        return;
    };
    let params: Vec<(String, String)> = list["request"]["params"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .filter(|(name, _)| name != "q" && name != "pageSize")
        .collect();
    let mut query: Vec<(&str, &str)> = params.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    query.push(("pageSize", "18"));
    query.push(("q", "trashed = false and 'me' in owners"));
    let ours = world.json(&token, "files", &query).await;
    assert_same_shape(&ours, &list["response"], &[]);

    let start =
        recorded("nango_google-drive__get-changes-start-page-token.json", "/drive/v3/changes/startPageToken")
            .unwrap();
    let ours = world.json(&token, "changes/startPageToken", &[]).await;
    assert_same_shape(&ours, &start["response"], &[]);
    let page = ours["startPageToken"].as_str().unwrap();

    let changes = recorded("nango_google-drive__list-changes.json", "/drive/v3/changes").unwrap();
    let query = [("pageToken", page), ("includeRemoved", "true")];
    let ours = world.json(&token, "changes", &query).await;
    assert_same_shape(&ours, &changes["response"], &[]);

    let path = "/drive/v3/files/1wq8ZDQoyyww-v2VkDonKYixr1pSpx_9FwRAK_2K05mg/revisions/1";
    let revision = recorded("nango_google-drive__get-revision.json", path).unwrap();
    let ours = world.json(&token, &format!("files/{policy}/revisions/1"), &[]).await;
    assert_same_shape(&ours, &revision["response"], &[]);

    let drives = recorded("nango_google-drive__shared-drives.json", "/drive/v3/drives").unwrap();
    let ours = world.json(&token, "drives", &[("pageSize", "100")]).await;
    assert_same_shape(&ours, &drives["response"], &["/nextPageToken"]);

    let path = "/drive/v3/files/13gagWd0Y0_VacCQDVBqTxj_n7mlvBh5i/permissions";
    let permissions = recorded("nango_google-drive__permissions.json", path).unwrap();
    let fields = permissions["request"]["params"]["fields"].as_str().unwrap();
    let query = [("fields", fields), ("maxSize", "100"), ("pageSize", "100"), ("supportsAllDrives", "true")];
    let ours = world.json(&token, &format!("files/{policy}/permissions"), &query).await;
    assert_same_shape(&ours, &permissions["response"], &[]);
}

#[tokio::test]
async fn answers_have_the_recorded_headers() {
    let Some(start) =
        recorded("nango_google-drive__get-changes-start-page-token.json", "/drive/v3/changes/startPageToken")
    else {
        return;
    };
    let world = demo().await;
    let token = world.sign_in(ADA, super::harness::READONLY).await.access;
    let answer = world.get(&token, "changes/startPageToken", &[]).await;
    for name in [
        "content-type",
        "cache-control",
        "pragma",
        "expires",
        "server",
        "x-content-type-options",
        "x-frame-options",
        "x-xss-protection",
    ] {
        assert_eq!(answer.headers()[name], start["headers"][name].as_str().unwrap(), "{name}");
    }
    let vary: Vec<&str> = answer.headers().get_all("vary").iter().filter_map(|v| v.to_str().ok()).collect();
    assert_eq!(vary.join(", "), start["headers"]["vary"].as_str().unwrap());
    assert!(answer.headers().contains_key("date"));
}
