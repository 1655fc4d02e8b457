//! Files from the user's own disk: stored, found, told apart, given back byte for byte, and taken out.

use gangway_testkit::Person;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::house;

pub async fn upload(person: &Person<'_>, collection: &str, files: &[(&str, &[u8])]) -> (u16, Value) {
    let mut form = Form::new();
    for (name, bytes) in files {
        form = form.part("file", Part::bytes(bytes.to_vec()).file_name((*name).to_owned()));
    }
    let path = format!("rest/connectors/local_upload/upload?collection_uuid={collection}");
    let url = person.house.url.join(&path).unwrap();
    let answer = person.house.http.post(url).bearer_auth(&person.token).multipart(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_found_and_comes_back_as_it_was() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("mine").await;
    let bytes = "# Otters\n\nThe otter holds hands while sleeping.\n".as_bytes();
    let (status, answer) = upload(&ada, &collection, &[("../../otters.md", bytes), ("empty.txt", b"")]).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["files"][0]["name"], "otters.md", "no path survives: {answer}");
    assert_eq!(answer["files"][0]["status"], "stored");
    house.settle().await;
    assert_eq!(ada.found("otter hands").await, ["otters.md"]);

    let (_, again) = upload(&ada, &collection, &[("copy of otters.md", bytes)]).await;
    assert_eq!(again["files"][0]["status"], "duplicate", "{again}");

    let id = answer["files"][0]["file_id"].as_str().or(answer["files"][0]["id"].as_str()).unwrap();
    let path = format!("rest/connectors/local_upload/files/{id}/content");
    let content =
        house.http.get(house.url.join(&path).unwrap()).bearer_auth(&ada.token).send().await.unwrap();
    assert_eq!(content.headers()["x-content-type-options"], "nosniff");
    assert!(content.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(content.bytes().await.unwrap(), bytes);

    let eve = house.user("free").await;
    let foreign =
        house.http.get(house.url.join(&path).unwrap()).bearer_auth(&eve.token).send().await.unwrap();
    assert_eq!(foreign.status(), 404);

    let (status, _) = ada.call("DELETE", &format!("rest/connectors/local_upload/files/{id}"), None).await;
    assert_eq!(status, 204);
    house.settle().await;
    assert!(ada.found("otter").await.is_empty());
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_searched_by_path_and_a_new_version_takes_the_old_one_s_place() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("mine").await;
    let send = async |path: &str, text: &str| {
        let form = Form::new()
            .text("path", path.to_owned())
            .text("on_conflict", "replace")
            .part("file", Part::bytes(text.as_bytes().to_vec()).file_name("sent.txt"));
        let url = house
            .url
            .join(&format!("rest/connectors/local_upload/upload?collection_uuid={collection}"))
            .unwrap();
        let answer = house.http.post(url).bearer_auth(&ada.token).multipart(form).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["files"][0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(send("Animals/Birds/heron.txt", "the heron stands still").await, "stored");
    assert_eq!(send("Animals/Fish/pike.txt", "a heron hunts the pike").await, "stored");
    house.settle().await;
    let within = async |path: &str| {
        let body = serde_json::json!({ "query": "heron", "filters": { "path": path } });
        let found = ada.ask("POST", "rest/search", Some(body)).await;
        found["hits"].as_array().unwrap().iter().map(|hit| hit["file"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(within("/Animals/Birds").await, ["heron.txt"]);
    assert_eq!(within("/Animals").await.len(), 2);

    // Replaced before the first version's text was read, and after: the newest text is what is found.
    assert_eq!(send("animals/birds/HERON.txt", "an egret instead").await, "replaced");
    assert_eq!(send("animals/birds/HERON.txt", "a bittern at last").await, "replaced");
    house.settle().await;
    assert!(ada.found("egret").await.is_empty());
    assert!(ada.found("stands").await.is_empty(), "the first version is gone");
    assert_eq!(ada.found("bittern").await, ["HERON.txt"]);
    assert_eq!(house.index.stats().await.unwrap().items, 2);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_text_is_found_by_its_name_and_says_why() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("mine").await;
    let cut_off = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>".as_slice();
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\0\0\0\x02\0\x08\0\0\0\0".as_slice();
    let packed = b"7z\xbc\xaf\x27\x1c\0\x04\0\0".as_slice();
    let sent = [("quokka-minutes.pdf", cut_off), ("quokka-photo.png", picture), ("quokka-backup.7z", packed)];
    let (status, answer) = upload(&ada, &collection, &sent).await;
    assert_eq!(status, 201, "{answer}");
    house.settle().await;

    let mut found = ada.found("quokka").await;
    found.sort();
    assert_eq!(found, ["quokka-backup.7z", "quokka-minutes.pdf", "quokka-photo.png"]);
    let files = ada.ask("GET", &format!("rest/collections/{collection}/files"), None).await;
    let reason_of = |name: &str| {
        let all = files["files"].as_array().unwrap().iter();
        let file = all.clone().find(|file| file["name"] == name).unwrap_or_else(|| panic!("{name}: {files}"));
        (file["sync_state"].clone(), file["reason"]["code"].clone())
    };
    assert_eq!(reason_of("quokka-minutes.pdf"), ("failed".into(), "broken".into()));
    assert_eq!(reason_of("quokka-backup.7z"), ("name_only".into(), "unsupported_type".into()));
    // The house looks for no programs, so nobody here reads pictures.
    assert_eq!(reason_of("quokka-photo.png"), ("name_only".into(), "recognition_not_installed".into()));
    house.stop().await;
}

/// Every byte is here, the last step failed, and the sender is gone for good: the queue makes a file of it, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_upload_that_could_not_be_stored_is_stored_later_by_itself() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("mine").await;
    let text = "the axolotl regrows its limbs";
    let send = async |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let mut request = house.http.request(method.parse().unwrap(), house.url.join(path).unwrap());
        request = request.bearer_auth(&ada.token).header("tus-resumable", "1.0.0").body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let metadata = format!("collection_uuid {},filename YXhvbG90bC50eHQ=", base64_of(&collection));
    let said = [("upload-length", "29"), ("upload-metadata", metadata.as_str())];
    let begun = send("POST", "rest/connectors/local_upload/uploads", &said, "").await;
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    let path = format!("rest/connectors/local_upload/uploads/{}", location.rsplit('/').next().unwrap());

    let in_the_way = house.blobs_folder.join("originals");
    std::fs::write(&in_the_way, "not a folder").unwrap();
    let typed = [("upload-offset", "0"), ("content-type", "application/offset+octet-stream")];
    assert_eq!(send("PATCH", &path, &typed, text).await.status(), 503);
    assert_eq!(ada.ask("GET", &path, None).await["status"], "received");
    std::fs::remove_file(&in_the_way).unwrap();
    let done = async {
        loop {
            let told = ada.ask("GET", &path, None).await;
            if told["status"] == "done" {
                return told;
            }
        }
    };
    assert_eq!(house.step_until(done).await["file"]["status"], "stored");
    house.settle().await;
    assert_eq!(ada.found("axolotl").await, ["axolotl.txt"]);
    let files = ada.ask("GET", &format!("rest/collections/{collection}/files"), None).await;
    assert_eq!(files["files"].as_array().unwrap().len(), 1);
    house.stop().await;
}

/// Bytes of unfinished uploads leave after a day, and with the collection that they were to go into.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_unfinished_upload_stays() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("mine").await;
    let metadata = format!("collection_uuid {}", base64_of(&collection));
    let begin = async || {
        let url = house.url.join("rest/connectors/local_upload/uploads").unwrap();
        let request = house.http.post(url).bearer_auth(&ada.token).header("tus-resumable", "1.0.0");
        let request = request.header("upload-length", "9").header("upload-metadata", &metadata);
        let answer = request
            .header("content-type", "application/offset+octet-stream")
            .body("half")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
    };
    let parts = || {
        let folders = std::fs::read_dir(house.blobs_folder.join("uploads")).into_iter().flatten();
        folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap()).count()
    };
    begin().await;
    assert_eq!(parts(), 1);
    house.advance(std::time::Duration::from_secs(24 * 3600));
    house.let_due_work_happen().await;
    // Ended, and collected once nobody can be writing it any more.
    house.advance(std::time::Duration::from_secs(2 * 3600));
    house.let_due_work_happen().await;
    assert_eq!(parts(), 0, "after a day");

    begin().await;
    assert_eq!(parts(), 1);
    let (status, _) = ada.call("DELETE", &format!("rest/collections/{collection}"), None).await;
    assert!((200..300).contains(&status), "{status}");
    house.settle().await;
    house.advance(std::time::Duration::from_secs(2 * 3600));
    house.let_due_work_happen().await;
    assert_eq!(parts(), 0, "with its collection");
    house.stop().await;
}

pub fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_of_a_file_is_told() {
    let house = house().await;
    let ada = house.user("free").await;
    let collection = ada.collection("mine").await;
    let message = b"From: a@example.com\r\nSubject: numbat\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nthe numbat eats termites\r\n\
        --b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"backup.7z\"\r\n\r\nN3q8ryccAAQ=\r\n--b--\r\n";
    let (status, answer) = upload(&ada, &collection, &[("numbat.eml", message)]).await;
    assert_eq!(status, 201, "{answer}");
    house.settle().await;
    assert_eq!(ada.found("termites").await, ["numbat.eml"]);
    let id = answer["files"][0]["file_id"].as_str().or(answer["files"][0]["id"].as_str()).unwrap();
    let why = ada.ask("GET", &format!("rest/connectors/local_upload/files/{id}/why"), None).await;
    assert_eq!((why["state"].as_str(), why["truncated"].as_bool()), (Some("synced"), Some(false)), "{why}");
    let notes = why["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{why}");
    assert_eq!(notes[0]["place"], "backup.7z");
    assert_eq!(notes[0]["reason"]["code"], "unsupported_type");
    assert!(notes[0]["reason"]["message"].as_str().unwrap().contains("ZIP or tar.gz"), "{why}");
    house.stop().await;
}
