//! Permission lists, shared drives, about.

use gangway_emulators::google::{FileTarget, Role, Share};
use serde_json::json;

use super::harness::{ADA, DRIVE, GRACE, demo, empty};

#[tokio::test]
async fn owners_see_the_list_and_readers_do_not() {
    let world = empty().await;
    let target = FileTarget::path("a.txt");
    let file = world.control.write_text(&target, "x").unwrap();
    for share in [
        Share { email: Some(GRACE.into()), role: Some(Role::Commenter), ..Share::default() },
        Share { group: Some("team@example.com".into()), ..Share::default() },
        Share { domain: Some("example.com".into()), ..Share::default() },
        Share { email: Some("left@example.com".into()), deleted: true, ..Share::default() },
    ] {
        world.control.share(&target, &share).unwrap();
    }
    let (ada, grace) = (world.ada().await, world.sign_in(GRACE, DRIVE).await.access);
    let path = format!("files/{}/permissions", file.id);
    let fields = "permissions(type,role,emailAddress,domain,deleted)";
    let body = world.json(&ada, &path, &[("fields", fields)]).await;
    assert_eq!(
        body["permissions"],
        json!([
            {"type": "user", "role": "owner", "emailAddress": ADA, "deleted": false},
            {"type": "user", "role": "commenter", "emailAddress": GRACE, "deleted": false},
            {"type": "group", "role": "reader", "emailAddress": "team@example.com", "deleted": false},
            {"type": "domain", "role": "reader", "domain": "example.com"},
            {"type": "user", "role": "reader", "emailAddress": "left@example.com", "deleted": true},
        ])
    );
    assert_eq!(world.refused(&grace, &path, &[]).await.1, "insufficientFilePermissions");
    let file_path = format!("files/{}", file.id);
    let inline = world.json(&ada, &file_path, &[("fields", "permissions/id,permissionIds")]).await;
    assert_eq!(inline["permissions"].as_array().unwrap().len(), 5);
    let first = inline["permissionIds"][0].as_str().unwrap();
    let one = world.json(&ada, &format!("{path}/{first}"), &[]).await;
    assert_eq!((&one["role"], &one["type"]), (&json!("owner"), &json!("user")));
    let hidden = world.json(&grace, &file_path, &[("fields", "permissions/id,permissionIds,id")]).await;
    assert_eq!(hidden, json!({"id": file.id}));
    assert_eq!(world.refused(&ada, &format!("{path}/1"), &[]).await.0, 404);
}

#[tokio::test]
async fn shared_drives_page_their_permissions_and_tell_where_they_come_from() {
    let world = demo().await;
    let token = world.ada().await;
    let (id, _) = world.control.list_drives().remove(0);
    for number in 0..120 {
        world.control.add_member(&id, &format!("member{number}@example.com"), Role::Reader).unwrap();
    }
    let target = FileTarget::in_drive("Operations", "Contracts/Lease harbour warehouse.txt");
    let file = world.control.find_file(&target).unwrap();
    let path = format!("files/{}/permissions", file.id);
    assert_eq!(world.refused(&token, &path, &[]).await.0, 404);
    let query = [("supportsAllDrives", "true"), ("fields", "*")];
    let body = world.json(&token, &path, &query).await;
    assert_eq!(body["permissions"].as_array().unwrap().len(), 100);
    let detail = &body["permissions"][0]["permissionDetails"][0];
    assert_eq!((&detail["inherited"], &detail["inheritedFrom"]), (&json!(true), &json!(id)));
    let next = [query[0], query[1], ("pageToken", body["nextPageToken"].as_str().unwrap())];
    let body = world.json(&token, &path, &next).await;
    assert_eq!(body["permissions"].as_array().unwrap().len(), 22);
    assert!(body.get("nextPageToken").is_none());
}

#[tokio::test]
async fn drives_are_listed_ten_at_a_time() {
    let world = empty().await;
    for number in 0..12 {
        world.control.create_drive(&format!("drive {number}"), ADA).unwrap();
    }
    world.control.create_drive("not ada's", GRACE).unwrap();
    let token = world.ada().await;
    let body = world.json(&token, "drives", &[]).await;
    assert_eq!(body["drives"].as_array().unwrap().len(), 10);
    assert_eq!(body["drives"][0].as_object().unwrap().len(), 3);
    let next = body["nextPageToken"].as_str().unwrap();
    let body = world.json(&token, "drives", &[("pageToken", next)]).await;
    assert_eq!(body["drives"].as_array().unwrap().len(), 2);
    let body = world.json(&token, "drives", &[("pageSize", "1000")]).await;
    assert_eq!(body["drives"].as_array().unwrap().len(), 12);
    let id = body["drives"][0]["id"].as_str().unwrap();
    let one = world.json(&token, &format!("drives/{id}"), &[("fields", "*")]).await;
    assert_eq!(one["capabilities"]["canManageMembers"], true);
    let body = world.json(&token, "drives", &[("q", "name contains 'drive 1'")]).await;
    assert_eq!(body["drives"].as_array().unwrap().len(), 3);
    let (other, _) = world.control.list_drives().pop().unwrap();
    assert_eq!(world.refused(&token, &format!("drives/{other}"), &[]).await.0, 404);
}

#[tokio::test]
async fn about_wants_fields() {
    let world = empty().await;
    let token = world.ada().await;
    assert_eq!(world.refused(&token, "about", &[]).await.0, 400);
    let query = [("fields", "user(displayName,emailAddress,permissionId,photoLink),storageQuota")];
    let body = world.json(&token, "about", &query).await;
    assert_eq!(body["user"]["emailAddress"], ADA);
    assert_eq!(body["user"].as_object().unwrap().len(), 4);
    assert!(body["storageQuota"]["limit"].is_string());
}
