//! A hit leads to the very place, where the provider has addresses for places.

use gangway_connector::conformance::StandIn;
use gangway_standins::NotionStandIn;
use serde_json::json;

use super::Scene;

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
    assert!(
        !found["snippet"]["text"].as_str().unwrap().contains(name),
        "a name is not part of the text: {found}"
    );
    let found = hit("wolverine").await;
    assert!(found["place"]["url"].is_null(), "before the first heading there is only the page: {found}");
    scene.house.stop().await;
}
