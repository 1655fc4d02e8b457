//! A hit leads to the very place, where the provider has addresses for places.

use gangway_connector::conformance::StandIn;
use gangway_standins::slack::parts;
use gangway_standins::{NotionStandIn, SlackStandIn};
use serde_json::json;

use super::Scene;
use crate::assistants::used;

#[tokio::test(flavor = "multi_thread")]
async fn a_passage_below_a_heading_is_opened_there() {
    let scene = Scene::<NotionStandIn>::start(|_| {}).await;
    let blocks = json!([
        {"paragraph": "the wolverine comes first"},
        {"heading_2": "Costs {of the year}"},
        {"paragraph": "the capercaillie costs more"},
    ]);
    let page = json!({"title": "Budget", "blocks": blocks});
    scene.provider.create(&scene.provider.home(), &page);
    let ada = scene.person().await;
    ada.follow().await;
    let hit = async |query: &str| {
        let answer = ada.person.ask("POST", "rest/search", Some(json!({ "query": query }))).await;
        answer["hits"][0].clone()
    };
    let found = hit("capercaillie").await;
    let (page, place) = (found["file"]["url"].as_str().unwrap(), &found["place"]);
    assert_eq!(place["heading"], "Costs {of the year}", "{found}");
    let name = place["message"].as_str().unwrap();
    assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{found}");
    assert_eq!(place["url"], format!("{page}#{name}"), "{found}");
    assert_eq!(found["passages"][0]["place"]["url"], place["url"]);
    let told = used(&ada.person, "search", json!({ "query": "capercaillie" })).await;
    assert_eq!(told["results"][0]["place_url"], place["url"], "assistants are told as well: {told}");
    assert!(
        !found["snippet"]["text"].as_str().unwrap().contains(name),
        "a name is not part of the text: {found}"
    );
    let found = hit("wolverine").await;
    assert!(found["place"]["url"].is_null(), "before the first heading there is only the page: {found}");
    scene.house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passage_far_down_is_opened_at_its_block() {
    let scene = Scene::<NotionStandIn>::start(|_| {}).await;
    let long = "the wolverine walks on and on ".repeat(40);
    let blocks = json!([{"paragraph": long}, {"paragraph": "the capercaillie sits still"}, {"paragraph": "beside it"}]);
    scene.provider.create(&scene.provider.home(), &json!({"title": "Walks", "blocks": blocks}));
    let ada = scene.person().await;
    ada.follow().await;
    let answer = ada.person.ask("POST", "rest/search", Some(json!({ "query": "capercaillie" }))).await;
    let found = &answer["hits"][0];
    let name = found["place"]["message"].as_str().unwrap();
    let page = found["file"]["url"].as_str().unwrap();
    assert_eq!(found["place"]["url"], format!("{page}#{name}"), "{found}");
    let text = found["snippet"]["text"].as_str().unwrap();
    assert!(!text.contains(name) && !text.contains("<!--"), "a mark is not part of the text: {found}");
    let id = found["file"]["id"].as_str().unwrap();
    let read = ada.person.ask("GET", &format!("rest/files/{id}/text"), None).await;
    assert!(!read["text"].as_str().unwrap().contains("<!--"), "{read}");
    let last = read["places"].as_array().unwrap().last().unwrap();
    assert_eq!(last["place"]["url"], found["place"]["url"], "whoever reads is told as well: {read}");
    scene.house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_far_down_a_thread_is_opened_there() {
    let scene = Scene::<SlackStandIn>::start(|_| {}).await;
    let home = scene.provider.home();
    let thread = scene.provider.say(&home, "who knows the way?");
    for _ in 0..4 {
        scene.provider.reply(&thread, &"the wolverine walks on and on ".repeat(20));
    }
    let reply = scene.provider.reply(&thread, "the capercaillie sits still");
    let ada = scene.person().await;
    ada.follow().await;
    let answer = ada.person.ask("POST", "rest/search", Some(json!({ "query": "capercaillie" }))).await;
    let found = &answer["hits"][0];
    let (channel, root) = parts(&thread);
    let address = found["place"]["url"].as_str().unwrap_or_else(|| panic!("an address in {found}"));
    let (before, after) = address.split_once('?').unwrap();
    assert_eq!(after, format!("thread_ts={root}&cid={channel}"));
    assert!(before.ends_with(&format!("/archives/{channel}/p{}", reply.replace('.', ""))), "{found}");
    let answer = ada.person.ask("POST", "rest/search", Some(json!({ "query": "knows the way" }))).await;
    assert!(
        answer["hits"][0]["place"]["url"].is_null(),
        "the file's own address leads to the beginning: {answer}"
    );
    scene.house.stop().await;
}
