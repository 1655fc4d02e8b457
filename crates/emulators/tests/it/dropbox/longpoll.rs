//! Longpoll: no credentials, real blocking, bounded by the stepped clock.

use std::time::Duration;

use gangway_emulators::dropbox::FileTarget;
use serde_json::{Value, json};

use super::harness::*;

async fn cursor_of(world: &World, token: &str) -> String {
    world.list_all(token, json!({"path": "", "recursive": true})).await.1
}

/// Starts a longpoll without any credentials.
fn poll(world: &World, body: Value) -> tokio::task::JoinHandle<(u16, Value)> {
    let url = format!("{}/2/files/list_folder/longpoll", world.emulator.notify_url());
    let request = world.http.post(url).json(&body);
    tokio::spawn(async move {
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    })
}

/// Waits until the emulator holds a longpoll open.
async fn until_waiting(world: &World, tries: usize) {
    for _ in 0..tries {
        let health = format!("{}_emulator/health", world.emulator.base_url());
        world.http.get(health).send().await.unwrap();
    }
}

#[tokio::test]
async fn it_blocks_until_something_changes() {
    let world = empty().await;
    let token = world.ada().await;
    let cursor = cursor_of(&world, &token).await;
    let waiting = poll(&world, json!({"cursor": cursor}));
    until_waiting(&world, 30).await;
    assert!(!waiting.is_finished(), "nothing happened yet");
    world.write("/a.txt", "a");
    assert_eq!(waiting.await.unwrap(), (200, json!({"changes": true})));
    let at_once = poll(&world, json!({"cursor": cursor})).await.unwrap();
    assert_eq!(at_once.1, json!({"changes": true}), "news that came before are news");
}

#[tokio::test]
async fn it_ends_by_the_clock_and_may_ask_for_a_pause() {
    let world = empty().await;
    let token = world.ada().await;
    let cursor = cursor_of(&world, &token).await;
    world.control.set_clock("2026-03-01T00:00:00Z").unwrap();
    world.control.set_switches(|switches| switches.longpoll_backoff = Some(60));
    let waiting = poll(&world, json!({"cursor": cursor, "timeout": 45}));
    until_waiting(&world, 30).await;
    world.control.advance_clock(Duration::from_secs(44));
    until_waiting(&world, 30).await;
    assert!(!waiting.is_finished());
    while !waiting.is_finished() {
        world.control.advance_clock(Duration::from_secs(1));
        until_waiting(&world, 5).await;
    }
    assert_eq!(waiting.await.unwrap(), (200, json!({"changes": false, "backoff": 60})));
}

#[tokio::test]
async fn it_is_imprecise_but_not_about_other_people() {
    let world = empty().await;
    let token = world.ada().await;
    world.control.create_folder(&FileTarget::path("/in")).unwrap();
    let cursor = world.list_all(&token, json!({"path": "/in"})).await.1;
    let waiting = poll(&world, json!({"cursor": cursor}));
    world.control.write_text(&FileTarget::of(GRACE, "/hers.txt"), "x").unwrap();
    until_waiting(&world, 30).await;
    assert!(!waiting.is_finished());
    world.write("/elsewhere.txt", "x");
    assert_eq!(waiting.await.unwrap().1, json!({"changes": true}));
    let (entries, _) = world.follow(&token, &cursor).await;
    assert!(entries.is_empty(), "the wake-up was for another folder");
}

#[tokio::test]
async fn it_refuses_void_cursors_and_odd_timeouts_and_lives_on_its_own_host() {
    let world = empty().await;
    let token = world.ada().await;
    let cursor = cursor_of(&world, &token).await;
    let waiting = poll(&world, json!({"cursor": cursor}));
    until_waiting(&world, 30).await;
    world.control.reset_cursors(None).unwrap();
    let (status, body) = waiting.await.unwrap();
    assert_eq!((status, &body["error"]), (409, &json!({".tag": "reset"})));
    let url = format!("{}/2/files/list_folder/longpoll", world.emulator.notify_url());
    let odd = world.http.post(url).json(&json!({"cursor": cursor, "timeout": 5})).send().await.unwrap();
    assert_eq!(odd.status(), 400);
    let elsewhere = world.rpc(&token, "files/list_folder/longpoll", json!({"cursor": cursor})).await;
    assert_eq!(elsewhere.status(), 404);
}
