//! Uploads: streamed, limited, found again byte for byte, and each file with its own outcome.

use axum::body::Body;
use axum::http::Method;
use gangway_model::{Chunk, Document, ItemId, Place, Plan, Section};
use gangway_search::IndexedDocument;
use gangway_store::{ItemUpsert, PageEffects, StoredDocument};
use gangway_sync::encode_document;
use serde_json::{Value, json};

use super::house::{Answer, Caller, House};
use super::resumable::{append, begin};

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
async fn a_pdf_is_shown_in_our_own_frame_when_that_is_asked_for() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let bytes = b"%PDF-1.4\n%%EOF\n";
    let parts: [Part; 2] = [("file", Some("a.pdf"), bytes), ("collection_uuid", None, collection.as_bytes())];
    let stored = upload(&user, "", &parts).await.ok();
    let content =
        format!("/rest/connectors/local_upload/files/{}/content", stored["files"][0]["id"].as_str().unwrap());
    let shown = user.get(&format!("{content}?inline=true")).await;
    let header = |name: &str| shown.headers[name].to_str().unwrap();
    assert!(header("content-disposition").starts_with("inline; "), "{:?}", shown.headers);
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("content-security-policy"), "frame-ancestors 'self'");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let saved = user.get(&content).await;
    assert!(saved.headers["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    assert_eq!(saved.headers["content-type"], "application/octet-stream");
}

#[tokio::test]
async fn what_forms_write_in_the_place_of_characters_is_read_back_and_nothing_else_is() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    for (sent, shown) in [
        ("a %22quoted%22 word.txt", "a \"quoted\" word.txt"),
        ("two%0D%0Alines.txt", "twolines.txt"),
        ("100%25 %2e%0a%2F%c3%A4%2.txt", "100%25 %2e%0a%2F%c3%A4%2.txt"),
        ("%2522.txt", "%2522.txt"),
    ] {
        let parts = [("file", Some(sent), sent.as_bytes())];
        let stored = upload(&user, &format!("?collection_uuid={collection}"), &parts).await.ok();
        assert_eq!(stored["files"][0]["name"], shown, "{stored}");
    }
    // A path is a part of its own, in which nothing is written otherwise; and so is what tus tells.
    let parts: [Part; 2] = [("file", Some("x.txt"), b"by path"), ("path", None, b"%22/%22y.txt")];
    let stored = upload(&user, &format!("?collection_uuid={collection}"), &parts).await.ok();
    assert_eq!(
        (&stored["files"][0]["name"], &stored["files"][0]["path"]),
        (&json!("%22y.txt"), &json!("%22/%22y.txt"))
    );
    let path = begin(&user, &collection, 6, &[("filename", "%22z.txt")]).await;
    append(&user, &path, 0, "by tus").await;
    let told = user.get(&path).await.ok();
    assert_eq!(told["file"]["name"], "%22z.txt", "{told}");
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
    // Nothing but a PDF is shown, whatever is asked for.
    let asked = user.get(&format!("{content}?inline=true")).await;
    assert!(asked.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(asked.headers["content-type"], "application/octet-stream");
    user.get(&format!("{content}?inline=perhaps")).await.error(400, "invalid_request");

    // Its text is not there yet, and the answer says why.
    let text = format!("/rest/files/{id}/text");
    let read = user.get(&text).await.ok();
    assert_eq!((&read["text"], &read["reason"]["code"]), (&json!(""), &json!("pending")), "{read}");
    assert_eq!((&read["next_offset"], &read["collections"]), (&Value::Null, &json!([collection])));
    user.get(&format!("{text}?offset=1")).await.error(400, "invalid_request");
    other.get(&text).await.error(404, "not_found");
    house.get(&text).await.error(401, "unauthorized");

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

/// Makes the index hold these passages of an uploaded file.
async fn put_in_index(user: &Caller<'_>, collection: &str, id: &ItemId, passages: &[(&str, &Place)]) {
    let app = &user.house.app;
    let item = app.store.find_item(id).await.unwrap().unwrap();
    let me = user.get("/rest/me").await.ok();
    let chunk = |(number, (text, place)): (u32, &(&str, &Place))| Chunk {
        number,
        place: (*place).clone(),
        text: (*text).into(),
    };
    let indexed = IndexedDocument {
        item_id: id.clone(),
        user_id: me["id"].as_str().unwrap().into(),
        connection_id: item.connection_id,
        connector_id: "local_upload".into(),
        collections: vec![collection.into()],
        name: item.name,
        path: None,
        media_type: item.media_type,
        modified_at: item.modified_at,
        url: item.url,
        title: None,
        chunks: (0..).zip(passages).map(chunk).collect(),
    };
    app.index.put(vec![indexed]).await.unwrap();
    app.index.flush().await.unwrap();
}

#[tokio::test]
async fn a_hit_is_shown_only_while_the_rows_confirm_it() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Free).await, house.user(Plan::Free).await);
    let collection = user.collection("mine").await;
    let answer =
        upload(&user, &format!("?collection_uuid={collection}"), &[("file", Some("a.txt"), b"x")]).await.ok();
    let id = ItemId::from(answer["files"][0]["id"].as_str().unwrap());
    let page = Place { page: Some(2), ..Place::default() };
    put_in_index(&user, &collection, &id, &[("a walrus", &page)]).await;
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

/// A page of a file within the file is no page of the file: whoever opened the address would see another one.
#[tokio::test]
async fn what_stands_in_a_file_within_a_file_has_no_address() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let sent = [("file", Some("a.txt"), &b"x"[..])];
    let answer = upload(&user, &format!("?collection_uuid={collection}"), &sent).await.ok();
    let id = ItemId::from(answer["files"][0]["id"].as_str().unwrap());
    let own = Place { page: Some(2), ..Place::default() };
    let later = Place { page: Some(3), ..Place::default() };
    let within = Place { member: Some("inner.pdf".to_owned()), page: Some(7), ..Place::default() };
    let passages =
        [("a walrus and a gannet", &own), ("a gannet beside a puffin", &within), ("the last gannet", &later)];
    put_in_index(&user, &collection, &id, &passages).await;
    let section = |(text, place): &(&str, &Place)| Section { place: (*place).clone(), text: (*text).into() };
    let document = Document { sections: passages.iter().map(section).collect(), ..Document::default() };
    let body = Some(encode_document(&document).into());
    let item = house.app.store.find_item(&id).await.unwrap().unwrap();
    let upsert =
        ItemUpsert::with_document(item.clone(), StoredDocument { body, ..StoredDocument::default() });
    house
        .app
        .store
        .commit_page(&PageEffects { items: vec![upsert], ..PageEffects::default() })
        .await
        .unwrap();

    let url = item.url.unwrap();
    let [address, of_later] = ["2", "3"].map(|page| json!(format!("{url}?as=text/plain#{page}")));
    let hit = async |query: &str| {
        user.post("/rest/search", json!({ "query": query })).await.ok()["hits"][0].clone()
    };
    let found = hit("walrus").await;
    assert_eq!((&found["place"]["url"], &found["place"]["page"]), (&address, &json!(2)), "{found}");
    let found = hit("puffin").await;
    assert_eq!(found["place"], json!({ "member": "inner.pdf", "page": 7 }), "{found}");
    assert_eq!(found["passages"][0]["place"], found["place"]);
    let found = hit("gannet").await;
    let mut places: Vec<_> = found["passages"].as_array().unwrap().iter().map(|one| &one["place"]).collect();
    places.sort_by_key(|place| place["page"].as_u64());
    let [first, second] =
        [(2, &address), (3, &of_later)].map(|(page, url)| json!({ "page": page, "url": url }));
    assert_eq!(places, [&first, &second, &json!({ "member": "inner.pdf", "page": 7 })]);
    let read = user.get(&format!("/rest/files/{id}/text")).await.ok();
    let places: Vec<_> = read["places"].as_array().unwrap().iter().map(|one| &one["place"]["url"]).collect();
    assert_eq!(places, [&address, &Value::Null, &of_later], "{read}");
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

/// Statuses and paths, in order.
fn ends(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let files = answer["files"].as_array().unwrap();
    files.iter().map(|file| (text(&file["status"]), text(&file["path"]))).collect()
}

fn end(status: &str, path: &str) -> (String, String) {
    (status.to_owned(), path.to_owned())
}

/// Everything the user has uploaded: name and kind.
async fn listed(user: &Caller<'_>) -> Vec<(String, String)> {
    let answer = user.get("/rest/connectors/local_upload/files?limit=100").await.ok();
    let files = answer["files"].as_array().unwrap();
    let mut names: Vec<_> = files
        .iter()
        .map(|file| (file["name"].as_str().unwrap().to_owned(), file["kind"].as_str().unwrap().to_owned()))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn folders_keep_their_structure() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let query = format!("?collection_uuid={}", user.collection("mine").await);
    let parts: [Part; 5] = [
        ("path", None, b"Docs/Sub/a.txt"),
        ("file", Some("a.txt"), b"one"),
        ("file", Some("b.txt"), b"two"),
        ("path", None, b"../docs/./b.txt"),
        ("on_conflict", None, b"skip"),
    ];
    let answer = upload(&user, &query, &parts).await.ok();
    assert_eq!(ends(&answer), [end("stored", "Docs/Sub/a.txt"), end("stored", "docs/b.txt")]);
    let expected = [("Docs", "folder"), ("Sub", "folder"), ("a.txt", "file"), ("b.txt", "file")];
    let expected: Vec<_> = expected.iter().map(|(name, kind)| end(name, kind)).collect();
    assert_eq!(listed(&user).await, expected, "one folder, whatever the case, in its first spelling");

    let all = user.get("/rest/connectors/local_upload/files").await.ok();
    let find = |name: &str| {
        let files = all["files"].as_array().unwrap();
        files.iter().find(|file| file["name"] == name).unwrap().clone()
    };
    let id = |name: &str| find(name)["id"].as_str().unwrap().to_owned();
    assert_eq!(find("a.txt")["parent_id"], id("Sub").as_str());
    let inside =
        user.get(&format!("/rest/connectors/local_upload/files?folder_id={}", id("Docs"))).await.ok();
    let mut names: Vec<_> =
        inside["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Sub", "b.txt"]);
    let nowhere = format!("/rest/connectors/local_upload/files?folder_id={}", id("a.txt"));
    user.get(&nowhere).await.error(404, "not_found");
}

#[tokio::test]
async fn a_taken_place_is_kept_replaced_or_shared() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let send = async |rule: &str, path: &str, content: &str| {
        let query = format!("?collection_uuid={collection}{rule}");
        let parts: [Part; 2] =
            [("path", None, path.as_bytes()), ("file", Some("sent.txt"), content.as_bytes())];
        upload(&user, &query, &parts).await.ok()
    };
    let bytes = async |answer: &Value| {
        let id = answer["files"][0]["id"].as_str().unwrap();
        user.get(&format!("/rest/connectors/local_upload/files/{id}/content")).await.text()
    };
    let first = send("", "A/Caf\u{e9}.txt", "one").await;
    assert_eq!(ends(&first), [end("stored", "A/Caf\u{e9}.txt")]);

    // Other case, other composition: the same place.
    let skipped = send("&on_conflict=skip", "a/CAFE\u{301}.TXT", "two").await;
    assert_eq!(skipped["files"][0]["status"], "skipped");
    assert_eq!(skipped["files"][0]["reason"]["code"], "place_taken");
    assert_eq!(skipped["files"][0]["id"], first["files"][0]["id"]);
    assert_eq!(bytes(&first).await, "one", "what was there stays");

    let both = send("", "A/Caf\u{e9}.txt", "two").await;
    assert_eq!(ends(&both), [end("stored", "A/Caf\u{e9} (2).txt")], "both are kept when nothing is said");
    assert_eq!(both["files"][0]["reason"]["code"], "kept_both");
    let third = send("&on_conflict=keep_both", "A/Caf\u{e9}.txt", "three").await;
    assert_eq!(ends(&third), [end("stored", "A/Caf\u{e9} (3).txt")]);

    let first_id = ItemId::from(first["files"][0]["id"].as_str().unwrap());
    let before = house.app.store.find_item(&first_id).await.unwrap().unwrap();
    let replaced = send("&on_conflict=replace", "A/Caf\u{e9}.txt", "four").await;
    assert_eq!(replaced["files"][0]["status"], "replaced");
    assert_eq!(replaced["files"][0]["id"], first["files"][0]["id"], "the same file, the next version");
    assert_eq!(bytes(&first).await, "four");
    let after = house.app.store.find_item(&first_id).await.unwrap().unwrap();
    assert!(
        after.observed_at > before.observed_at,
        "even within a moment: a late reader of the old version loses"
    );
    // The bytes of the version before are nobody's now, and may come back as a file of their own.
    assert_eq!(ends(&send("", "one.txt", "one").await), [end("stored", "one.txt")]);
    assert_eq!(listed(&user).await.len(), 5, "a folder and four files");
}

#[tokio::test]
async fn sending_again_never_makes_a_second_file() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    for rule in ["skip", "replace", "keep_both"] {
        let query = format!("?collection_uuid={collection}&on_conflict={rule}");
        let place = format!("{rule}/a.txt");
        let parts: [Part; 2] = [("path", None, place.as_bytes()), ("file", Some("a.txt"), place.as_bytes())];
        let first = upload(&user, &query, &parts).await.ok();
        let again = upload(&user, &query, &parts).await.ok();
        assert_eq!(
            (ends(&first), ends(&again)),
            (vec![end("stored", &place)], vec![end("duplicate", &place)])
        );
        assert_eq!(first["files"][0]["id"], again["files"][0]["id"]);
    }
    let query = format!("?collection_uuid={collection}");
    let twins: [Part; 2] = [("file", Some("x"), b"twin"), ("file", Some("y"), b"twin")];
    let answer = upload(&user, &query, &twins).await.ok();
    assert_eq!(ends(&answer), [end("stored", "x"), end("duplicate", "y")]);
    // Two at the same moment.
    let (one, other) = ([("file", Some("p"), &b"race"[..])], [("file", Some("q"), &b"race"[..])]);
    let (one, other) = tokio::join!(upload(&user, &query, &one), upload(&user, &query, &other));
    let mut statuses = [ends(&one.ok())[0].0.clone(), ends(&other.ok())[0].0.clone()];
    statuses.sort();
    assert_eq!(statuses, ["duplicate", "stored"]);
    // Deleted and sent once more, it is there once more.
    let id = answer["files"][0]["id"].as_str().unwrap();
    user.delete(&format!("/rest/connectors/local_upload/files/{id}")).await;
    let back = upload(&user, &query, &twins[..1]).await.ok();
    assert_eq!(ends(&back), [end("stored", "x")]);
    let content = user.get(&format!("/rest/connectors/local_upload/files/{id}/content")).await;
    assert_eq!(content.text(), "twin");
}

#[tokio::test]
async fn every_limit_of_a_form_holds() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let query = format!("?collection_uuid={}", user.collection("mine").await);
    let file: Part = ("file", Some("a.txt"), b"hello");
    let path: Part = ("path", None, b"a.txt");
    upload(&user, &query, &[path; 4]).await.error(413, "payload_too_large");
    let field = |answer: Answer, field: &str| {
        assert_eq!(answer.error(400, "invalid_request")["error"]["details"]["field"], field);
    };
    field(upload(&user, &query, &[file, path, path]).await, "path");
    field(upload(&user, &query, &[file, file, path]).await, "path");
    let long = vec![b'a'; 64 * 1024 + 1];
    field(upload(&user, &query, &[("path", None, &long), file]).await, "path");
    field(upload(&user, &query, &[("path", None, b"\xc0\xae/a"), file]).await, "path");
    field(upload(&user, &query, &[("on_conflict", None, b"fail"), file]).await, "on_conflict");
    field(upload(&user, &format!("{query}&on_conflict=fail"), &[file]).await, "on_conflict");
    let two = [("on_conflict", None, &b"skip"[..]), file];
    field(upload(&user, &format!("{query}&on_conflict=replace"), &two).await, "on_conflict");

    let raw = |content_type: &str, body: String| {
        let request = user.request(Method::POST, &format!("{UPLOAD}{query}"));
        house.send(request.header("content-type", content_type).body(Body::from(body)).unwrap())
    };
    let boundary = "b".repeat(71);
    field(raw(&format!("multipart/form-data; boundary={boundary}"), String::new()).await, "content-type");
    let padded = |bytes: usize| {
        let padding = "x".repeat(bytes);
        format!(
            "--xx\r\nx-padding: {padding}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhi\r\n--xx--\r\n"
        )
    };
    field(raw("multipart/form-data; boundary=xx", padded(64 * 1024)).await, "headers");
    assert_eq!(listed(&user).await, [], "nothing of all this was kept");
    assert_eq!(raw("multipart/form-data; boundary=xx", padded(1024)).await.status.as_u16(), 201);

    let deep = format!("{}x", "a/".repeat(33));
    let answer =
        upload(&user, &query, &[("path", None, deep.as_bytes()), file, path, ("file", None, b"b")]).await;
    let answer = answer.ok();
    assert_eq!(ends(&answer)[0].0, "rejected");
    assert_eq!(answer["files"][0]["reason"]["code"], "path_too_deep");
    assert_eq!(ends(&answer)[1], end("stored", "a.txt"), "one bad path does not fail the others");
}

#[tokio::test]
async fn a_folder_is_a_place_and_no_file_to_be_read() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let path = begin(&user, &collection, 1, &[("filename", "a.txt"), ("path", "Docs/a.txt")]).await;
    append(&user, &path, 0, "x").await;
    let files = user.get(&format!("/rest/collections/{collection}/files")).await.ok()["files"].clone();
    let of = |name: &str| files.as_array().unwrap().iter().find(|file| file["name"] == name).unwrap().clone();
    assert_eq!(of("Docs")["sync_state"], "structure");
    let text = |file: &Value| format!("/rest/files/{}/text", file["id"].as_str().unwrap());
    user.get(&text(&of("Docs"))).await.error(404, "not_found");
    user.get(&text(&of("a.txt"))).await.ok();
}
