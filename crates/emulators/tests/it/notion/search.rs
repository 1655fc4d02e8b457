//! Search: titles only, lagging, incomplete, and never a list of the grant.

use std::time::Duration;

use serde_json::json;

use super::harness::{demo, key, title};

#[tokio::test]
async fn it_looks_at_titles_only() {
    let world = demo().await;
    let token = world.ada().await;
    assert_eq!(world.titles(&token, json!({"query": "refund"})).await, ["Refund policy"]);
    assert!(world.titles(&token, json!({"query": "handling fee"})).await.is_empty());
    let all = world.titles(&token, json!({})).await;
    assert!(all.contains(&"Cold brew range".to_owned()) && all.contains(&"Supplier list".to_owned()));
    assert!(!all.contains(&"Private notes of Grace".to_owned()));
}

#[tokio::test]
async fn filters_and_order() {
    let world = demo().await;
    let token = world.ada().await;
    let body = json!({"filter": {"property": "object", "value": "page"},
        "sort": {"timestamp": "last_edited_time", "direction": "ascending"}});
    let list = world.search(&token, body).await;
    let results = list["results"].as_array().unwrap();
    assert!(results.iter().all(|one| one["object"] == "page"));
    let times: Vec<&str> = results.iter().map(|one| one["last_edited_time"].as_str().unwrap()).collect();
    assert!(times.is_sorted());
    let body = json!({"sort": {"timestamp": "last_edited_time", "direction": "descending"}});
    let first = world.search(&token, body).await["results"][0].clone();
    assert_eq!(title(&first), "Meeting notes");
    world.search(&token, json!({"sort": {"property": "relevance"}, "query": "tea"})).await;
    for body in [
        json!({"filter": {"property": "object", "value": "block"}}),
        json!({"filter": {"timestamp": "last_edited_time"}}),
        json!({"sort": {"timestamp": "created_time", "direction": "ascending"}}),
        json!({"sorts": []}),
        json!({"page_size": 101}),
    ] {
        let (status, code, message) = world.post_refused(&token, "search", body.clone()).await;
        assert_eq!((status, code.as_str()), (400, "validation_error"), "{body}");
        assert!(message.starts_with("body failed validation"), "{message}");
    }
}

#[tokio::test]
async fn the_index_lags_behind_grants_pages_and_trash() {
    let world = demo().await;
    world.control.set_switches(|switches| switches.search_lag_ms = 30_000);
    let token = world.ada().await;
    assert!(world.titles(&token, json!({})).await.is_empty(), "right after consent nothing is there");
    world.control.advance_clock(Duration::from_secs(30));
    assert_eq!(world.titles(&token, json!({"query": "handbook"})).await, ["Handbook"]);

    world.control.create_page(Some(&key("handbook")), &json!({"title": "Brand new"})).unwrap();
    world.control.trash(&key("onboarding")).unwrap();
    assert!(world.titles(&token, json!({"query": "brand new"})).await.is_empty());
    assert_eq!(world.titles(&token, json!({"query": "onboarding"})).await.len(), 1);
    let id = world.id("onboarding");
    assert_eq!(world.json(&token, &format!("pages/{id}")).await["in_trash"], true, "reads do not lag");
    world.control.advance_clock(Duration::from_secs(30));
    assert_eq!(world.titles(&token, json!({"query": "brand new"})).await.len(), 1);
    assert!(world.titles(&token, json!({"query": "onboarding"})).await.is_empty());
}

#[tokio::test]
async fn inherited_pages_may_be_missing_but_shared_ones_never_are() {
    let world = demo().await;
    let token = world.ada().await;
    let whole = world.titles(&token, json!({})).await;
    world.control.set_switches(|switches| switches.search_missing_percent = 60);
    let part = world.titles(&token, json!({})).await;
    assert!(part.len() < whole.len());
    for root in ["Handbook", "Meeting notes", "Suppliers", "Block gallery", "Projects"] {
        assert!(part.contains(&root.to_owned()), "{root}");
    }
    world.control.set_switches(|switches| switches.search_missing_percent = 100);
    let roots = world.titles(&token, json!({})).await;
    assert!(!roots.contains(&"Refund policy".to_owned()));
    world.json(&token, &format!("pages/{}", world.id("refund-policy"))).await;
}

#[tokio::test]
async fn the_trash_is_searched_apart() {
    let world = demo().await;
    let token = world.ada().await;
    world.control.trash(&key("policies")).unwrap();
    let trash = world.titles(&token, json!({"filter": {"in_trash": true}})).await;
    assert!(trash.contains(&"Policies".to_owned()) && trash.contains(&"Refund policy".to_owned()));
    let body = json!({"filter": {"in_trash": true, "property": "object", "value": "data_source"}});
    assert!(world.titles(&token, body).await.is_empty());
    assert!(!world.titles(&token, json!({})).await.contains(&"Refund policy".to_owned()));
}

#[tokio::test]
async fn a_search_that_is_cut_short_says_so_on_its_last_page() {
    let world = demo().await;
    let token = world.ada().await;
    let whole = world.search(&token, json!({})).await;
    assert!(whole["results"].as_array().unwrap().len() > 3 && whole.get("request_status").is_none());
    world.control.set_switches(|switches| switches.search_row_limit = Some(3));
    let first = world.search(&token, json!({"page_size": 2})).await;
    assert_eq!((first["has_more"].as_bool(), first.get("request_status")), (Some(true), None));
    let last = world.search(&token, json!({"page_size": 2, "start_cursor": first["next_cursor"]})).await;
    assert_eq!((last["results"].as_array().unwrap().len(), last["has_more"].as_bool()), (1, Some(false)));
    assert_eq!(last["request_status"]["type"], "incomplete");
}
