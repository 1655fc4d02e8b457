//! Signed addresses at another origin.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::harness::{World, demo, key};

/// Returns the address and the expiry of the price list on the meeting page.
async fn price_list(world: &World, token: &str) -> (String, String) {
    let blocks = world.children(token, &world.id("weekly-2026-03-02")).await;
    let file = blocks.iter().find(|block| block["type"] == "file").unwrap();
    assert_eq!(file["file"]["name"], "price-list-2026.pdf");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&file["file"]["file"]["url"]), text(&file["file"]["file"]["expiry_time"]))
}

#[tokio::test]
async fn a_fresh_address_gives_the_bytes_from_another_origin() {
    let world = demo().await;
    let token = world.ada().await;
    let (url, expiry) = price_list(&world, &token).await;
    assert_ne!(Url::parse(&url).unwrap().origin(), Url::parse(&world.base).unwrap().origin());
    assert_eq!(expiry, "2026-03-02T13:34:56.000Z");
    let answer = world.http.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-1.4"));
    let part = world.http.get(&url).header("range", "bytes=0-3").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), &b"%PDF"[..]);
    let head = world.http.head(&url).send().await.unwrap();
    assert_eq!(head.status(), 200);
}

#[tokio::test]
async fn each_read_signs_anew() {
    let world = demo().await;
    let token = world.ada().await;
    let first = price_list(&world, &token).await;
    let second = price_list(&world, &token).await;
    assert_ne!(first.0, second.0);
    assert_eq!(first.0.split('?').next(), second.0.split('?').next());
}

#[tokio::test]
async fn an_expired_address_answers_403_in_xml() {
    let world = demo().await;
    let token = world.ada().await;
    let (url, _) = price_list(&world, &token).await;
    world.control.advance_clock(Duration::from_secs(3599));
    assert_eq!(world.http.get(&url).send().await.unwrap().status(), 200);
    world.control.advance_clock(Duration::from_secs(1));
    let answer = world.http.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.headers()["content-type"], "application/xml");
    let body = answer.text().await.unwrap();
    assert!(body.contains("<Code>AccessDenied</Code><Message>Request has expired</Message>"), "{body}");
    let (fresh, _) = price_list(&world, &token).await;
    assert_eq!(world.http.get(&fresh).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_bearer_token_or_a_changed_address_is_refused() {
    let world = demo().await;
    let token = world.ada().await;
    let (url, _) = price_list(&world, &token).await;
    let answer = world.http.get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("Only one auth mechanism allowed"));
    let longer = url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200");
    let answer = world.http.get(&longer).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(answer.text().await.unwrap().contains("SignatureDoesNotMatch"));
    let bare = url.split('?').next().unwrap();
    assert_eq!(world.http.get(bare).send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn the_life_of_addresses_is_a_switch_and_downloads_can_fail() {
    let world = demo().await;
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.file_url_seconds = 60);
    let (url, expiry) = price_list(&world, &token).await;
    assert_eq!(expiry, "2026-03-02T12:35:56.000Z");
    let fault = json!({"operation": "files.download", "times": 1, "effect": {"cut_after_bytes": 10}});
    world.control.add_fault_json(fault).unwrap();
    assert!(world.http.get(&url).send().await.unwrap().bytes().await.is_err());
    assert_eq!(world.http.get(&url).send().await.unwrap().status(), 200);
    assert_eq!(world.control.call_count("files.download"), 2);
}

#[tokio::test]
async fn icons_covers_and_properties_are_signed_too() {
    let world = demo().await;
    let token = world.ada().await;
    let upload =
        json!({"upload": {"name": "logo.svg", "content": "<svg xmlns='http://www.w3.org/2000/svg'/>"}});
    world.control.edit_page(&key("home"), &json!({"icon": upload, "cover": upload})).unwrap();
    let page = world.json(&token, &format!("pages/{}", world.id("home"))).await;
    for place in ["icon", "cover"] {
        assert_eq!(page[place]["type"], "file");
        let url = page[place]["file"]["url"].as_str().unwrap();
        let answer = world.http.get(url).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "image/svg+xml");
    }
}
