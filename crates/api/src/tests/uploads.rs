//! Uploads: streamed, limited, found again byte for byte, and each file with its own outcome.

use axum::body::Body;
use axum::http::Method;
use gangway_model::{Chunk, ItemId, Place, Plan};
use gangway_search::IndexedDocument;
use serde_json::{Value, json};

use super::house::{Answer, Caller, House};

const UPLOAD: &str = "/rest/connectors/local_upload/upload";

/// A part of a form: its name, its file name, its content.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

async fn upload(user: &Caller<'_>, query: &str, parts: &[Part<'_>]) -> Answer {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(format!("--xx\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--xx--\r\n");
    let request = user.request(Method::POST, &format!("{UPLOAD}{query}"));
    let request = request.header("content-type", "multipart/form-data; boundary=xx");
    user.house.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn files_are_stored_whole_and_once() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Free).await, house.user(Plan::Free).await);
    let collection = user.collection("mine").await;
    let part: Part = ("file", Some("C:\\docs\\a\u{e9}.txt"), b"hello there");
    // The collection may be named after the file.
    let answer = upload(&user, "", &[part, ("collection_uuid", None, collection.as_bytes())]).await;
    assert_eq!(answer.status.as_u16(), 201);
    let file = &answer.ok()["files"][0];
    assert_eq!(
        (&file["status"], &file["name"], &file["size"]),
        (&json!("stored"), &json!("aé.txt"), &json!(11))
    );
    assert_eq!(file["sha256"], "12998c017066eb0d2a70b94e6ed3192985855ce390f321bbdb832022888bd251");
    let id = file["id"].as_str().unwrap();
    let again =
        upload(&user, &format!("?collection_uuid={collection}"), &[("file", Some("b.txt"), b"hello there")])
            .await;
    let again = &again.ok()["files"][0];
    assert_eq!((&again["status"], &again["id"]), (&json!("duplicate"), &json!(id)));

    let content = format!("/rest/connectors/local_upload/files/{id}/content");
    let bytes = user.get(&content).await;
    assert_eq!(bytes.text(), "hello there");
    assert!(
        bytes.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename*=UTF-8''a%C3%A9")
    );
    assert_eq!(bytes.headers["x-content-type-options"], "nosniff");
    assert!(bytes.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    other.get(&content).await.error(404, "not_found");

    let listed = user.get("/rest/connectors/local_upload/files").await.ok();
    assert_eq!((&listed["files"][0]["id"], listed["files"].as_array().unwrap().len()), (&json!(id), 1));
    let placed = user.get(&format!("/rest/collections/{collection}/files")).await.ok();
    assert_eq!(
        (&placed["files"][0]["id"], &placed["files"][0]["reason"]["code"]),
        (&json!(id), &json!("pending"))
    );

    let path = format!("/rest/connectors/local_upload/files/{id}");
    other.delete(&path).await.error(404, "not_found");
    assert_eq!(user.delete(&path).await.status.as_u16(), 204);
    user.get(&content).await.error(404, "not_found");
    assert_eq!(user.get(&format!("/rest/collections/{collection}/files")).await.ok()["files"], json!([]));
}

#[tokio::test]
async fn a_hit_is_shown_only_while_the_rows_confirm_it() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Free).await, house.user(Plan::Free).await);
    let collection = user.collection("mine").await;
    let answer =
        upload(&user, &format!("?collection_uuid={collection}"), &[("file", Some("a.txt"), b"x")]).await.ok();
    let id = ItemId::from(answer["files"][0]["id"].as_str().unwrap());
    let item = house.app.store.find_item(&id).await.unwrap().unwrap();
    let me = user.get("/rest/me").await.ok();
    let indexed = IndexedDocument {
        item_id: id.clone(),
        user_id: me["id"].as_str().unwrap().into(),
        connection_id: item.connection_id,
        connector_id: "local_upload".into(),
        collections: vec![collection.as_str().into()],
        name: item.name,
        path: None,
        media_type: item.media_type,
        modified_at: item.modified_at,
        url: item.url,
        title: None,
        chunks: vec![Chunk {
            number: 0,
            place: Place { page: Some(2), ..Place::default() },
            text: "a walrus".into(),
        }],
    };
    house.app.index.put(vec![indexed]).await.unwrap();
    house.app.index.flush().await.unwrap();
    let query = json!({ "query": "walrus" });
    let within = format!("/rest/collections/{collection}/search");
    for path in ["/rest/search", within.as_str()] {
        let hit = &user.post(path, query.clone()).await.ok()["hits"][0];
        assert_eq!((&hit["file"]["id"], &hit["place"]["page"]), (&json!(id.as_str()), &json!(2)));
        assert_eq!(
            (&hit["file"]["collections"], &hit["snippet"]["html"]),
            (&json!([collection]), &json!("a <mark>walrus</mark>"))
        );
    }
    assert_eq!(other.post("/rest/search", query.clone()).await.ok()["hits"], json!([]));
    let taken_out = user.delete(&format!("/rest/collections/{collection}/files/{id}")).await;
    assert_eq!(taken_out.status.as_u16(), 204);
    let found = user.post("/rest/search", query).await.ok();
    assert_eq!(found["hits"], json!([]), "the index still has it, the rows do not");
    user.delete(&format!("/rest/collections/{collection}/files/{id}")).await.error(404, "not_found");
}

#[tokio::test]
async fn one_bad_file_does_not_fail_the_others() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let query = format!("?collection_uuid={}", user.collection("mine").await);
    let large = vec![b'x'; 1500];
    let answer =
        upload(&user, &query, &[("file", Some("large"), &large), ("file", Some("small"), b"ok")]).await.ok();
    let outcome = |place: usize| -> (&Value, &Value) {
        (&answer["files"][place]["status"], &answer["files"][place]["reason"]["code"])
    };
    assert_eq!(outcome(0), (&json!("rejected"), &json!("file_too_large")));
    assert_eq!(outcome(1), (&json!("stored"), &Value::Null));
    upload(&user, &query, &[("file", Some("large"), &large)]).await.error(413, "payload_too_large");
    let endless = vec![b'x'; 5000];
    upload(&user, &query, &[("file", Some("endless"), &endless)]).await.error(413, "payload_too_large");
    let many: Vec<Part> = vec![("file", Some("a"), b"1"); 4];
    upload(&user, &query, &many).await.error(413, "payload_too_large");
}

#[tokio::test]
async fn a_wrong_upload_stores_nothing() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Free).await, house.user(Plan::Free).await);
    let collection = user.collection("mine").await;
    let query = format!("?collection_uuid={collection}");
    let file: Part = ("file", Some("a.txt"), b"hello");
    upload(&user, "", &[file]).await.error(400, "invalid_request");
    upload(&user, &query, &[]).await.error(400, "invalid_request");
    upload(&user, &query, &[file, ("surplus", None, b"1")]).await.error(400, "invalid_request");
    upload(&user, "?collection_uuid=x", &[file]).await.error(400, "invalid_request");
    upload(&other, &query, &[file]).await.error(404, "not_found");
    let broken = user.request(Method::POST, &format!("{UPLOAD}{query}"));
    let broken = broken.header("content-type", "multipart/form-data; boundary=xx");
    let cut = Body::from("--xx\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhel");
    house.send(broken.body(cut).unwrap()).await.error(400, "invalid_request");
    let json =
        user.request(Method::POST, &format!("{UPLOAD}{query}")).header("content-type", "application/json");
    house.send(json.body(Body::from("{}")).unwrap()).await.error(415, "unsupported_media_type");
    let bare =
        user.request(Method::POST, &format!("{UPLOAD}{query}")).header("content-type", "multipart/form-data");
    house.send(bare.body(Body::from("x")).unwrap()).await.error(400, "invalid_request");
    assert_eq!(user.get("/rest/connectors/local_upload/files").await.ok()["files"], json!([]));
}
