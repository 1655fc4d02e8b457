//! Downloads: whole or an error, taken up again where they broke off.

use bytes::Bytes;
use futures::TryStreamExt;
use http::Response;

use super::server::{Server, answer, cut_off, handle};
use crate::error::{ConnectorError, Disposition};
use crate::http::Download;

const CONTENT: &[u8] = b"0123456789";

async fn whole(download: Download) -> Result<Vec<u8>, ConnectorError> {
    download
        .bytes
        .try_fold(Vec::new(), |mut all, chunk: Bytes| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
}

fn rest(from: usize, etag: &str) -> Response<axum::body::Body> {
    Response::builder()
        .status(206)
        .header("content-range", format!("bytes {from}-9/10"))
        .header("etag", etag)
        .body(CONTENT[from..].into())
        .unwrap()
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_broke_off() {
    let server = Server::start(|call, _| match call {
        0 => cut_off(200, &[("etag", "\"1\"")], 10, &CONTENT[..4]),
        1 => cut_off(206, &[("content-range", "bytes 4-9/10")], 6, &CONTENT[4..7]),
        _ => rest(7, "\"1\""),
    })
    .await;
    let download = handle(&server).http.get(server.url("/a")).stream_resumable(100, 5).await.unwrap();
    assert_eq!(download.size, Some(10));
    assert_eq!(whole(download).await.unwrap(), CONTENT);
    assert_eq!(server.header(0, "range"), None);
    assert_eq!(server.header(1, "range").unwrap(), "bytes=4-");
    assert_eq!(server.header(1, "if-range").unwrap(), "\"1\"");
    assert_eq!(server.header(2, "range").unwrap(), "bytes=7-");
    assert_eq!(server.header(0, "accept-encoding").unwrap(), "identity");
}

#[tokio::test]
async fn a_rest_that_is_short_of_the_whole_is_not_taken_for_it() {
    let server = Server::start(|call, _| match call {
        0 => cut_off(200, &[], 10, &CONTENT[..4]),
        1 => Response::builder()
            .status(206)
            .header("content-range", "bytes 4-6/10")
            .body(CONTENT[4..7].into())
            .unwrap(),
        _ => rest(7, "\"1\""),
    })
    .await;
    let download = handle(&server).http.get(server.url("/a")).stream_resumable(100, 5).await.unwrap();
    assert_eq!(whole(download).await.unwrap(), CONTENT);
    assert_eq!(server.header(2, "range").unwrap(), "bytes=7-");
}

#[tokio::test]
async fn a_server_without_ranges_is_read_from_the_start_again() {
    let server = Server::start(|call, _| match call {
        0 => cut_off(200, &[], 10, &CONTENT[..4]),
        _ => answer(200, CONTENT),
    })
    .await;
    let download = handle(&server).http.get(server.url("/a")).stream_resumable(100, 5).await.unwrap();
    assert_eq!(whole(download).await.unwrap(), CONTENT);
}

#[tokio::test]
async fn halves_of_different_contents_are_not_put_together() {
    let changed = |second: fn() -> Response<axum::body::Body>| async move {
        let server = Server::start(move |call, _| match call {
            0 => cut_off(200, &[("etag", "\"1\"")], 10, &CONTENT[..4]),
            _ => second(),
        })
        .await;
        let request = handle(&server).http.get(server.url("/a"));
        whole(request.stream_resumable(100, 5).await.unwrap()).await.unwrap_err().code
    };
    assert_eq!(changed(|| answer(200, CONTENT)).await, "changed_meanwhile");
    assert_eq!(changed(|| rest(5, "\"2\"")).await, "changed_meanwhile");
    let other_size = || {
        let mut response = rest(4, "\"1\"");
        response.headers_mut().insert("content-range", "bytes 4-9/11".parse().unwrap());
        response
    };
    assert_eq!(changed(other_size).await, "changed_meanwhile");
}

#[tokio::test]
async fn resuming_ends() {
    let server = Server::start(|call, _| match call {
        0 => cut_off(200, &[], 10, b""),
        _ => cut_off(200, &[], 10, b""),
    })
    .await;
    let download = handle(&server).http.get(server.url("/a")).stream_resumable(100, 3).await.unwrap();
    let error = whole(download).await.unwrap_err();
    assert_eq!((error.code, server.calls()), ("download_interrupted", 4));
    assert!(matches!(error.disposition, Disposition::RetryLater { .. }));
    assert_eq!(server.header(1, "range"), None, "nothing was received: an empty file knows no ranges");
}

#[tokio::test]
async fn a_plain_stream_that_is_cut_is_an_error_and_never_a_short_success() {
    let server = Server::start(|_, _| cut_off(200, &[], 10, &CONTENT[..4])).await;
    let download = handle(&server).http.get(server.url("/a")).stream(100).await.unwrap();
    assert_eq!(whole(download).await.unwrap_err().code, "download_interrupted");
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn a_token_that_ends_during_a_download_is_replaced() {
    let server = Server::start(|call, request| {
        let is_fresh = request.headers()["authorization"] == "Bearer token-2";
        match call {
            0 => cut_off(200, &[], 10, &CONTENT[..4]),
            _ if is_fresh => rest(4, "\"1\""),
            _ => answer(401, ""),
        }
    })
    .await;
    let download = handle(&server).http.get(server.url("/a")).stream_resumable(100, 5).await.unwrap();
    assert_eq!(whole(download).await.unwrap(), CONTENT);
    assert_eq!(server.calls(), 3);
}

#[tokio::test]
async fn the_limit_holds_whether_the_size_is_told_or_not() {
    let server = Server::start(|_, _| answer(200, CONTENT)).await;
    let error = handle(&server).http.get(server.url("/a")).stream(9).await.err().unwrap();
    assert_eq!((error.code, error.disposition), ("too_large", Disposition::SkipItem));

    let server = Server::start(|_, _| {
        let pieces = [Ok::<_, std::io::Error>(&CONTENT[..5]), Ok(&CONTENT[5..])];
        Response::new(axum::body::Body::from_stream(futures::stream::iter(pieces)))
    })
    .await;
    let download = handle(&server).http.get(server.url("/a")).stream(9).await.unwrap();
    assert_eq!(download.size, None);
    assert_eq!(whole(download).await.unwrap_err().code, "too_large");
    let download = handle(&server).http.get(server.url("/a")).stream(10).await.unwrap();
    assert_eq!(whole(download).await.unwrap(), CONTENT);
}
