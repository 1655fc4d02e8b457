//! Resumable uploads when something goes wrong: connections that break, senders that meet, rows and blobs that fail.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use futures::{StreamExt, stream};
use gangway_model::{Plan, UploadId};
use gangway_sync::FinishUploads;
use serde_json::json;
use tokio::sync::oneshot;

use super::house::House;
use super::resumable::{append, begin, count_files, file_of, stand, tus};

fn torn(bytes: &[u8]) -> Body {
    let pieces: Vec<Result<Bytes, std::io::Error>> = bytes
        .chunks(37)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .chain([Err(std::io::Error::other("connection reset"))])
        .collect();
    Body::from_stream(stream::iter(pieces))
}

/// Bytes after which nothing comes, and nothing ends; and what tells when they have been read.
fn unending(bytes: &'static str) -> (Body, oneshot::Receiver<()>) {
    let (say, read) = oneshot::channel();
    let silence = stream::once(async move {
        let _ = say.send(());
        std::future::pending().await
    });
    (Body::from_stream(stream::iter([Ok::<_, std::io::Error>(bytes)]).chain(silence)), read)
}

/// Three parts and a rest, cut around every boundary and between: whatever arrived is kept, and the rest makes it the
/// same file.
#[tokio::test]
async fn a_connection_may_break_anywhere() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let near_a_boundary = |cut: &usize| matches!(cut % 100, 0..=2 | 98.. | 50) || *cut >= 315;
    for cut in (0..=317_usize).filter(near_a_boundary) {
        let mut content = vec![b'a'; 317];
        content[..4].copy_from_slice(format!("{cut:04}").as_bytes());
        let path = begin(&user, &collection, 317, &[("filename", &format!("{cut}.txt"))]).await;
        let broken = append(&user, &path, 0, torn(&content[..cut])).await;
        if cut < 317 {
            broken.error(400, "invalid_request");
        } else {
            assert_eq!(broken.status.as_u16(), 204, "the last byte is here: nothing is missing");
        }
        assert_eq!(stand(&user, &path).await, cut as u64);
        append(&user, &path, cut as u64, content[cut..].to_vec()).await;
        assert_eq!(file_of(&user, &path).await, content, "cut at {cut}");
    }
}

#[tokio::test]
async fn of_two_senders_one_waits_unless_the_other_fell_silent() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let path = begin(&user, &collection, 10, &[]).await;
    let (body, read) = unending("123");
    let first = append(&user, &path, 0, body);
    let others = async {
        read.await.unwrap();
        let refused = append(&user, &path, 0, "12345").await;
        assert_eq!(refused.headers["retry-after"], "1");
        refused.error(423, "locked");
        assert_eq!(stand(&user, &path).await, 0, "nothing is durable yet");
        house.clock.advance(Duration::from_secs(5));
        // It has to give way; what it brought is kept, so the second is told where to go on.
        append(&user, &path, 0, "12345").await.error(409, "conflict");
        assert_eq!(stand(&user, &path).await, 3);
        append(&user, &path, 3, "4567890").await
    };
    let (first, last) = tokio::join!(first, others);
    first.error(423, "locked");
    assert_eq!(last.status.as_u16(), 204);
    assert_eq!(file_of(&user, &path).await, b"1234567890");
}

#[tokio::test]
async fn a_silent_sender_is_not_waited_for_and_what_came_stays() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let path = begin(&user, &collection, 10, &[]).await;
    let (body, read) = unending("123");
    let first = append(&user, &path, 0, body);
    let silence = async {
        read.await.unwrap();
        append(&user, &path, 0, "x").await.error(423, "locked");
        house.clock.advance(Duration::from_secs(61));
    };
    let (first, ()) = tokio::join!(first, silence);
    first.error(400, "invalid_request");
    assert_eq!(stand(&user, &path).await, 3);
}

#[tokio::test]
async fn unfinished_ones_end_after_a_day_and_make_room() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let path = begin(&user, &collection, 200, &[]).await;
    house.clock.advance(Duration::from_secs(23 * 3600));
    append(&user, &path, 0, vec![b'x'; 150]).await;
    house.clock.advance(Duration::from_secs(23 * 3600));
    assert_eq!(stand(&user, &path).await, 150, "counted from the last bytes");
    house.clock.advance(Duration::from_secs(3600));
    append(&user, &path, 150, vec![b'x'; 50]).await.error(410, "gone");
    house.app.engine.schedule_now().await.unwrap();
    assert_eq!(tus(&user, Method::HEAD, &path, &[], "").await.status.as_u16(), 410);
    let later = house.clock_now() + Duration::from_secs(1);
    assert_eq!(house.app.store.list_orphaned_blobs(later, 10).await.unwrap().len(), 2);
    for _ in 0..5 {
        begin(&user, &collection, 1, &[]).await;
    }
    house.clock.advance(Duration::from_secs(24 * 3600));
    house.app.engine.schedule_now().await.unwrap();
    assert_eq!(tus(&user, Method::HEAD, &path, &[], "").await.status.as_u16(), 404, "forgotten");
}

/// The last step fails: the bytes stay, trying again makes one file, however often and by whomever.
#[tokio::test]
async fn a_whole_upload_becomes_a_file_once_it_can() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let in_the_way = house.folder.path().join("blobs/originals");
    std::fs::write(&in_the_way, "not a folder").unwrap();
    let paths = [
        begin(&user, &collection, 250, &[("filename", "a.txt")]).await,
        begin(&user, &collection, 250, &[("filename", "b.txt")]).await,
    ];
    for (path, content) in paths.iter().zip([b'a', b'b']) {
        append(&user, path, 0, vec![content; 250]).await.error(503, "unavailable");
        let told = user.get(path).await.ok();
        assert_eq!((&told["status"], &told["offset"]), (&json!("received"), &json!(250)));
        append(&user, path, 250, "").await.error(503, "unavailable");
    }
    let id = |path: &str| UploadId::from(path.rsplit('/').next().unwrap());
    FinishUploads::finish_upload(&*house.app, &id(&paths[1])).await.unwrap_err();
    assert_eq!(count_files(&user).await, 0);
    std::fs::remove_file(&in_the_way).unwrap();
    assert_eq!(append(&user, &paths[0], 250, "").await.status.as_u16(), 204);
    FinishUploads::finish_upload(&*house.app, &id(&paths[1])).await.unwrap();
    for path in &paths {
        FinishUploads::finish_upload(&*house.app, &id(path)).await.unwrap();
        append(&user, path, 250, "").await;
        assert_eq!(user.get(path).await.ok()["file"]["status"], "stored");
    }
    assert_eq!(file_of(&user, &paths[1]).await, vec![b'b'; 250]);
    assert_eq!(count_files(&user).await, 2);
}

#[tokio::test]
async fn whoever_finishes_at_the_same_moment_makes_one_file() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    // Two tabs that send the same file: two uploads, one file.
    let (one, two) = (begin(&user, &collection, 4, &[]).await, begin(&user, &collection, 4, &[]).await);
    let (a, b) = tokio::join!(append(&user, &one, 0, "same"), append(&user, &two, 0, "same"));
    assert_eq!((a.status.as_u16(), b.status.as_u16()), (204, 204));
    let status = async |path: &str| user.get(path).await.ok()["file"]["status"].as_str().unwrap().to_owned();
    let mut statuses = [status(&one).await, status(&two).await];
    statuses.sort();
    assert_eq!(statuses, ["duplicate", "stored"]);
    assert_eq!(count_files(&user).await, 1);
}

#[tokio::test]
async fn an_upload_ends_with_its_collection_and_tells_why() {
    let house = House::build().await;
    let user = house.user(Plan::Free).await;
    let collection = user.collection("mine").await;
    let path = begin(&user, &collection, 4, &[]).await;
    append(&user, &path, 0, "12").await;
    user.delete(&format!("/rest/collections/{collection}")).await;
    append(&user, &path, 2, "34").await.error(404, "not_found");
    let told = user.get(&path).await.ok();
    assert_eq!((&told["status"], &told["reason"]["code"]), (&json!("failed"), &json!("not_found")));
    append(&user, &path, 4, "").await.error(410, "gone");
}
