//! Resumable uploads, header by header: what is asked for, refused, kept and told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gangway_model::Plan;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::house::{Answer, Caller, House};

pub const UPLOADS: &str = "/rest/connectors/local_upload/uploads";
const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");

pub fn metadata(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
    pairs.collect::<Vec<_>>().join(",")
}

/// A request of the protocol.
pub async fn tus(
    user: &Caller<'_>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = user.request(method, path).header("tus-resumable", "1.0.0");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    user.house.send(request.body(body.into()).unwrap()).await
}

/// Begins an upload of so many bytes; the path of its address.
pub async fn begin(user: &Caller<'_>, collection: &str, length: u64, about: &[(&str, &str)]) -> String {
    let mut pairs = vec![("collection_uuid", collection)];
    pairs.extend(about);
    let (length, metadata) = (length.to_string(), metadata(&pairs));
    let said = [("upload-length", length.as_str()), ("upload-metadata", metadata.as_str())];
    let answer = tus(user, Method::POST, UPLOADS, &said, "").await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    path_of(&answer)
}

pub fn path_of(answer: &Answer) -> String {
    let location = answer.headers["location"].to_str().unwrap();
    location.strip_prefix("https://gw.example").expect("the public address, whatever Host says").to_owned()
}

pub async fn append(user: &Caller<'_>, path: &str, offset: u64, body: impl Into<Body>) -> Answer {
    tus(user, Method::PATCH, path, &[("upload-offset", &offset.to_string()), BYTES], body).await
}

/// The parts that are kept, each a file in a folder of its own.
fn count_parts(house: &House) -> usize {
    let folders = std::fs::read_dir(house.folder.path().join("blobs/uploads")).unwrap();
    folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap()).count()
}

/// Where an upload stands.
pub async fn stand(user: &Caller<'_>, path: &str) -> u64 {
    let answer = tus(user, Method::HEAD, path, &[], "").await;
    assert_eq!(answer.status.as_u16(), 200);
    answer.headers["upload-offset"].to_str().unwrap().parse().unwrap()
}

/// The bytes of the file that an upload became.
pub async fn file_of(user: &Caller<'_>, path: &str) -> Vec<u8> {
    let told = user.get(path).await.ok();
    assert_eq!(told["status"], "done", "{told}");
    let id = told["file"]["id"].as_str().unwrap();
    user.get(&format!("/rest/connectors/local_upload/files/{id}/content")).await.bytes
}

pub async fn count_files(user: &Caller<'_>) -> usize {
    let listed = user.get("/rest/connectors/local_upload/files?limit=100").await.ok();
    listed["files"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_file_arrives_in_pieces_and_is_the_same() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let content: Vec<u8> = (0..950_u32).map(|number| (number * 7 % 251) as u8).collect();
    let about = [("filename", "../../a.bin"), ("path", "C:\\Docs\\..\\Sub\\a.bin"), ("mine", "x")];
    let mut pairs = vec![("collection_uuid", collection.as_str())];
    pairs.extend(about);
    let metadata = metadata(&pairs);
    let said = [("upload-length", "950"), ("upload-metadata", &metadata), ("host", "evil.example")];
    let begun = tus(&user, Method::POST, UPLOADS, &said, "").await;
    assert_eq!(begun.status.as_u16(), 201);
    assert_eq!(begun.headers["tus-resumable"], "1.0.0");
    let told = begun.ok();
    assert_eq!(
        (&told["status"], &told["offset"], &told["file"]),
        (&json!("receiving"), &json!(0), &Value::Null)
    );
    let path = path_of(&begun);
    assert!(path.rsplit('/').next().unwrap().len() > 50, "256 bits that nobody guesses: {path}");

    let one = append(&user, &path, 0, content[..333].to_vec()).await;
    assert_eq!(one.status.as_u16(), 204);
    assert_eq!(one.headers["upload-offset"], "333");
    assert_eq!(one.headers["upload-expires"], "Fri, 02 Jan 2026 00:00:00 GMT");
    let head = tus(&user, Method::HEAD, &path, &[], "").await;
    for (name, value) in [
        ("upload-offset", "333"),
        ("upload-length", "950"),
        ("upload-metadata", metadata.as_str()),
        ("cache-control", "no-store"),
        ("tus-resumable", "1.0.0"),
    ] {
        assert_eq!(head.headers[name], value, "{name}");
    }
    assert_eq!(count_files(&user).await, 0, "nothing is a file before it is whole");
    assert_eq!(append(&user, &path, 333, content[333..].to_vec()).await.status.as_u16(), 204);
    assert_eq!(file_of(&user, &path).await, content);
    let file = user.get(&path).await.ok()["file"].clone();
    assert_eq!((&file["status"], &file["path"]), (&json!("stored"), &json!("Docs/Sub/a.bin")));
    assert_eq!(stand(&user, &path).await, 950);

    // Its parts are not kept beside it.
    assert_eq!(count_parts(&house), 0);
    // The same content again is the same file, and the last answer repeated is no second one.
    assert_eq!(append(&user, &path, 950, "").await.status.as_u16(), 204);
    let again = begin(&user, &collection, 950, &[("filename", "b.bin")]).await;
    append(&user, &again, 0, content.clone()).await;
    let second = user.get(&again).await.ok();
    assert_eq!((&second["file"]["status"], &second["file"]["id"]), (&json!("duplicate"), &file["id"]));
    // Taking the upload back leaves the file.
    assert_eq!(tus(&user, Method::DELETE, &path, &[], "").await.status.as_u16(), 204);
    assert_eq!(count_files(&user).await, 3, "two folders and a file");
}

#[tokio::test]
async fn what_is_spoken_is_told_to_whoever_asks() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    for path in [UPLOADS.to_owned(), format!("{UPLOADS}/x")] {
        let request = Request::builder().method(Method::OPTIONS).uri(&path).body(Body::empty()).unwrap();
        let answer = house.send(request).await;
        assert_eq!(answer.status.as_u16(), 204, "also where browsers of other origins are answered before");
        assert_eq!(answer.headers["tus-version"], "1.0.0");
        assert_eq!(answer.headers["tus-max-size"], "1000");
        let extensions = answer.headers["tus-extension"].to_str().unwrap();
        assert_eq!(extensions, "creation,creation-with-upload,expiration,checksum,termination");
        assert_eq!(answer.headers["tus-checksum-algorithm"], "sha1,sha256");
    }
    let preflight = Request::builder().method(Method::OPTIONS).uri(UPLOADS);
    let preflight = preflight
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PATCH")
        .body(Body::empty());
    let answer = house.send(preflight.unwrap()).await;
    let allowed = |name: &str| answer.headers[name].to_str().unwrap().to_ascii_lowercase();
    for method in ["patch", "head", "delete", "post"] {
        assert!(allowed("access-control-allow-methods").contains(method), "{method}");
    }
    for header in ["tus-resumable", "upload-length", "upload-offset", "upload-metadata", "upload-checksum"] {
        assert!(allowed("access-control-allow-headers").contains(header), "{header}");
    }
    let collection = user.collection("mine").await;
    let path = begin(&user, &collection, 3, &[]).await;
    let answer = tus(&user, Method::HEAD, &path, &[("origin", "https://app.example")], "").await;
    let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap().to_ascii_lowercase();
    for header in ["location", "upload-offset", "upload-length", "tus-version", "upload-expires"] {
        assert!(exposed.contains(header), "{header}");
    }

    // Another version, or none.
    for (method, path) in [
        (Method::POST, UPLOADS),
        (Method::POST, &path),
        (Method::PATCH, &path),
        (Method::HEAD, &path),
        (Method::DELETE, &path),
    ] {
        for version in [None, Some("0.2.2")] {
            let mut request = user.request(method.clone(), path);
            if let Some(version) = version {
                request = request.header("tus-resumable", version);
            }
            let answer = house.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), 412, "{method} {path}");
            assert_eq!(answer.headers["tus-version"], "1.0.0");
        }
    }
    assert_eq!(stand(&user, &path).await, 0);
}

#[tokio::test]
async fn beginnings_are_refused_before_bytes_travel() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Free).await, house.user(Plan::Free).await);
    let collection = user.collection("mine").await;
    let mine = metadata(&[("collection_uuid", &collection)]);
    let post = async |user: &Caller<'_>, headers: &[(&str, &str)], body: &str| {
        tus(user, Method::POST, UPLOADS, headers, body.to_owned()).await
    };
    let about = ("upload-metadata", mine.as_str());
    for (headers, field) in [
        (vec![about], "upload-length"),
        (vec![about, ("upload-length", "-1")], "upload-length"),
        (vec![about, ("upload-length", "+1")], "upload-length"),
        (vec![about, ("upload-length", "99999999999999999999")], "upload-length"),
        (vec![about, ("upload-length", "1"), ("upload-length", "2")], "upload-length"),
        (vec![about, ("upload-length", "1"), ("upload-defer-length", "1")], "upload-defer-length"),
        (vec![about, ("upload-defer-length", "0")], "upload-defer-length"),
        (vec![("upload-length", "1")], "collection_uuid"),
        (vec![("upload-length", "1"), ("upload-metadata", "a ***")], "upload-metadata"),
    ] {
        let answer = post(&user, &headers, "").await.error(400, "invalid_request");
        assert_eq!(answer["error"]["details"]["field"], field, "{headers:?}");
    }
    let long = metadata(&[("collection_uuid", &collection), ("path", &"a".repeat(1025))]);
    let refused = post(&user, &[("upload-length", "1"), ("upload-metadata", &long)], "").await;
    assert_eq!(refused.error(400, "invalid_request")["error"]["details"]["field"], "path");
    let length = ("upload-length", "5");
    post(&user, &[about, ("upload-length", "1001")], "").await.error(413, "payload_too_large");
    post(&user, &[about, length, BYTES], "six bytes").await.error(413, "payload_too_large");
    post(&user, &[about, length, ("content-type", "text/plain")], "12345")
        .await
        .error(415, "unsupported_media_type");
    post(&user, &[about, length, BYTES, ("upload-checksum", "md5 YQ==")], "12345")
        .await
        .error(400, "invalid_request");
    post(&other, &[about, length], "").await.error(404, "not_found");
    // Bytes with a wrong checksum leave nothing behind: five more are allowed.
    let wrong = ("upload-checksum", "sha1 YQ==");
    for _ in 0..6 {
        post(&user, &[about, length, BYTES, wrong], "12345").await.error(460, "checksum_mismatch");
    }
    for _ in 0..5 {
        assert_eq!(post(&user, &[about, length], "").await.status.as_u16(), 201);
    }
    let full = post(&user, &[about, length], "").await.error(507, "quota_exceeded");
    assert_eq!(full["error"]["details"]["max_unfinished"], 5);
}

#[tokio::test]
async fn bytes_may_come_along_and_an_empty_file_is_one() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let about = metadata(&[("collection_uuid", &collection), ("filename", "a.txt")]);
    let said = [("upload-length", "5"), ("upload-metadata", about.as_str()), BYTES];
    let part = tus(&user, Method::POST, UPLOADS, &said, "he").await;
    assert_eq!(part.status.as_u16(), 201);
    assert_eq!(part.headers["upload-offset"], "2");
    append(&user, &path_of(&part), 2, "llo").await;
    assert_eq!(file_of(&user, &path_of(&part)).await, b"hello");
    let whole = tus(&user, Method::POST, UPLOADS, &said, "olleh").await;
    assert_eq!(whole.headers["upload-offset"], "5");
    assert_eq!(whole.ok()["status"], "done");
    let empty = begin(&user, &collection, 0, &[("filename", "empty.txt")]).await;
    assert_eq!(file_of(&user, &empty).await, b"");
    assert_eq!(user.get(&empty).await.ok()["file"]["size"], 0);
}

#[tokio::test]
async fn appending_is_strict() {
    let house = House::build().await;
    let (user, other) = (house.user(Plan::Free).await, house.user(Plan::Free).await);
    let collection = user.collection("mine").await;
    let path = begin(&user, &collection, 10, &[]).await;
    append(&user, &path, 0, "12345").await;
    let stale = append(&user, &path, 0, "12345").await.error(409, "conflict");
    assert_eq!(stale["error"]["details"]["offset"], 5);
    append(&user, &path, 9, "0").await.error(409, "conflict");
    let typed = [("upload-offset", "5"), ("content-type", "application/octet-stream")];
    tus(&user, Method::PATCH, &path, &typed, "67890").await.error(415, "unsupported_media_type");
    tus(&user, Method::PATCH, &path, &[BYTES], "67890").await.error(400, "invalid_request");
    append(&user, &path, 5, "678901").await.error(413, "payload_too_large");
    // Without an announced size it is seen when it happens, and makes no file of what fits.
    let pieces = ["67890", "1"].map(Ok::<_, std::io::Error>);
    let endless = Body::from_stream(futures::stream::iter(pieces));
    append(&user, &path, 5, endless).await.error(413, "payload_too_large");
    assert_eq!(stand(&user, &path).await, 5);
    // What is announced is refused before it travels.
    let travelled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&travelled);
    let announced = Body::from("678901").inspect_frame(move |_| seen.store(true, Ordering::SeqCst));
    append(&user, &path, 5, Body::new(announced)).await.error(413, "payload_too_large");
    assert!(!travelled.load(Ordering::SeqCst));
    // Nor where the file would end with a part.
    let part = begin(&user, &collection, 100, &[]).await;
    let pieces = ["x".repeat(100), "y".to_owned()].map(Ok::<_, std::io::Error>);
    let longer = Body::from_stream(futures::stream::iter(pieces));
    append(&user, &part, 0, longer).await.error(413, "payload_too_large");
    assert_eq!(stand(&user, &part).await, 0);
    let longer = [("upload-offset", "5"), ("upload-length", "11"), BYTES];
    tus(&user, Method::PATCH, &path, &longer, "67890").await.error(400, "invalid_request");

    // Of somebody else, and of nobody.
    append(&other, &path, 5, "67890").await.error(404, "not_found");
    assert_eq!(tus(&other, Method::HEAD, &path, &[], "").await.status.as_u16(), 404);
    tus(&other, Method::DELETE, &path, &[], "").await.error(404, "not_found");
    other.get(&path).await.error(404, "not_found");
    append(&user, &format!("{UPLOADS}/up_unknown"), 0, "x").await.error(404, "not_found");
    let nobody = Request::builder().method(Method::PATCH).uri(&path).header("tus-resumable", "1.0.0");
    house.send(nobody.body(Body::empty()).unwrap()).await.error(401, "unauthorized");

    // By another method.
    let instead = [("x-http-method-override", "PATCH"), ("upload-offset", "5"), BYTES];
    assert_eq!(tus(&user, Method::POST, &path, &instead, "678").await.status.as_u16(), 204);
    let head = tus(&user, Method::POST, &path, &[("x-http-method-override", "HEAD")], "").await;
    assert_eq!(head.headers["upload-offset"], "8");
    tus(&user, Method::POST, &path, &[], "").await.error(400, "invalid_request");
    let delete = tus(&user, Method::POST, &path, &[("x-http-method-override", "DELETE")], "").await;
    assert_eq!(delete.status.as_u16(), 204);
    append(&user, &path, 8, "90").await.error(410, "gone");
    tus(&user, Method::DELETE, &path, &[], "").await.error(410, "gone");
    user.get(&path).await.error(410, "gone");
    assert_eq!(count_files(&user).await, 0);
}

#[tokio::test]
async fn a_length_may_be_said_later_and_once() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let about = metadata(&[("collection_uuid", &collection)]);
    let said = [("upload-defer-length", "1"), ("upload-metadata", about.as_str())];
    let path = path_of(&tus(&user, Method::POST, UPLOADS, &said, "").await);
    append(&user, &path, 0, vec![b'x'; 500]).await;
    let head = tus(&user, Method::HEAD, &path, &[], "").await;
    assert_eq!(head.headers["upload-defer-length"], "1");
    assert!(head.headers.get("upload-length").is_none());
    append(&user, &path, 500, vec![b'x'; 501]).await.error(413, "payload_too_large");
    let with = async |length: &str, body: &str| {
        let headers = [("upload-offset", "500"), ("upload-length", length), BYTES];
        tus(&user, Method::PATCH, &path, &headers, body.to_owned()).await
    };
    with("1001", "").await.error(413, "payload_too_large");
    with("499", "").await.error(400, "invalid_request");
    assert_eq!(with("503", "").await.status.as_u16(), 204);
    with("504", "").await.error(400, "invalid_request");
    assert_eq!(with("503", "end").await.status.as_u16(), 204);
    assert_eq!(file_of(&user, &path).await, [vec![b'x'; 500], b"end".to_vec()].concat());
}

#[tokio::test]
async fn checksums_of_a_request_and_of_the_whole_are_kept_to() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let hash = "12998c017066eb0d2a70b94e6ed3192985855ce390f321bbdb832022888bd251";
    let right = begin(&user, &collection, 11, &[("sha256", &hash.to_uppercase())]).await;
    let checked = async |checksum: &str, body: Body| {
        let headers = [("upload-offset", "0"), ("upload-checksum", checksum), BYTES];
        tus(&user, Method::PATCH, &right, &headers, body).await
    };
    checked("crc32 YQ==", "hello".into()).await.error(400, "invalid_request");
    checked("sha1 ***", "hello".into()).await.error(400, "invalid_request");
    checked("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "hellx".into()).await.error(460, "checksum_mismatch");
    let torn = [Ok("hello"), Err(std::io::Error::other("torn"))];
    let torn = Body::from_stream(futures::stream::iter(torn));
    checked("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", torn).await.error(400, "invalid_request");
    assert_eq!(stand(&user, &right).await, 0);
    let good = checked("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "hello".into()).await;
    assert_eq!(good.headers["upload-offset"], "5");
    append(&user, &right, 5, " there").await;
    assert_eq!(file_of(&user, &right).await, b"hello there");

    // More than one part, all of them gone at once.
    let parts = begin(&user, &collection, 250, &[]).await;
    let headers = [("upload-offset", "0"), ("upload-checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="), BYTES];
    tus(&user, Method::PATCH, &parts, &headers, "x".repeat(250)).await.error(460, "checksum_mismatch");
    assert_eq!(stand(&user, &parts).await, 0);
    assert_eq!(count_parts(&house), 0);

    let wrong = begin(&user, &collection, 11, &[("sha256", hash)]).await;
    append(&user, &wrong, 0, "hello THERE").await.error(460, "checksum_mismatch");
    let told = user.get(&wrong).await.ok();
    assert_eq!((&told["status"], &told["reason"]["code"]), (&json!("failed"), &json!("checksum_mismatch")));
    assert_eq!(
        tus(&user, Method::HEAD, &wrong, &[], "").await.status.as_u16(),
        410,
        "nobody takes it for done"
    );
    assert_eq!(count_files(&user).await, 1);
}
