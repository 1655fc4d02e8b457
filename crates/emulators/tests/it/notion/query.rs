//! Queries: filters, sorts, the row limit, archived and trashed rows.

use gangway_emulators::notion::Generate;
use serde_json::{Value, json};

use super::harness::{World, demo, key, title};

async fn found(world: &World, token: &str, body: Value) -> Vec<String> {
    let path = format!("data_sources/{}/query", world.id("project-list"));
    let list = world.post(token, &path, body).await;
    assert_eq!(list["type"], "page_or_data_source");
    let mut titles: Vec<String> = list["results"].as_array().unwrap().iter().map(title).collect();
    titles.sort();
    titles
}

const COLD: &str = "Cold brew range";
const GIFT: &str = "Gift subscriptions";
const MOVE: &str = "Warehouse move / harbour";

#[tokio::test]
async fn filters_of_every_type() {
    let world = demo().await;
    let token = world.ada().await;
    let supplier = world.id("supplier-northleaf");
    let grace = {
        let users = world.json(&token, "users").await;
        users["results"][1]["id"].as_str().unwrap().to_owned()
    };
    for (filter, expected) in [
        (json!({"property": "Name", "title": {"contains": "BREW"}}), vec![COLD]),
        (json!({"property": "title", "rich_text": {"starts_with": "gift"}}), vec![GIFT]),
        (json!({"property": "Budget", "number": {"greater_than": 10000}}), vec![COLD, MOVE]),
        (json!({"property": "Budget", "number": {"is_empty": true}}), vec![""]),
        (json!({"property": "Stage", "status": {"equals": "Done"}}), vec![GIFT]),
        (
            json!({"property": "Team", "select": {"equals": ["Operations", "Product"]}}),
            vec![COLD, GIFT, MOVE],
        ),
        (json!({"property": "Tags", "multi_select": {"contains": "summer"}}), vec![COLD]),
        (json!({"property": "Approved", "checkbox": {"equals": false}}), vec!["", MOVE]),
        (json!({"property": "Dates", "date": {"after": "2026-03-01"}}), vec![MOVE]),
        (json!({"property": "Dates", "date": {"past_month": {}}}), vec![COLD]),
        (json!({"property": "Owner", "people": {"contains": grace}}), vec![GIFT, MOVE]),
        (json!({"property": "Files", "files": {"is_not_empty": true}}), vec![COLD]),
        (json!({"property": "Suppliers", "relation": {"contains": supplier}}), vec![COLD]),
        (json!({"property": "Cost per tin", "formula": {"number": {"equals": 24}}}), vec![COLD]),
        (
            json!({"property": "Supplier countries", "rollup": {"any": {"select": {"equals": "Kenya"}}}}),
            vec![COLD],
        ),
        (json!({"property": "ID", "unique_id": {"less_than_or_equal_to": 2}}), vec![COLD, MOVE]),
        (json!({"property": "Verified", "verification": {"status": "verified"}}), vec![COLD]),
        (json!({"property": "Contact", "email": {"ends_with": "example.com"}}), vec![COLD]),
        (
            json!({"and": [{"property": "Team", "select": {"equals": "Product"}},
                {"or": [{"property": "Budget", "number": {"less_than": 9000}},
                        {"property": "Approved", "checkbox": {"equals": false}}]}]}),
            vec![GIFT],
        ),
    ] {
        assert_eq!(found(&world, &token, json!({"filter": filter})).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn timestamp_filters_compare_whole_minutes() {
    let world = demo().await;
    let token = world.ada().await;
    let filter = |condition: Value| json!({"filter": {"timestamp": "last_edited_time", "last_edited_time": condition}});
    let edited = filter(json!({"on_or_after": "2026-02-24T15:02:00.000Z"}));
    assert_eq!(found(&world, &token, edited).await, [COLD, MOVE]);
    let edited = filter(json!({"on_or_after": "2026-02-24T15:02:10.000Z"}));
    assert_eq!(found(&world, &token, edited).await, [MOVE], "the row was edited at 15:02:10");
    let created =
        json!({"filter": {"timestamp": "created_time", "created_time": {"on_or_before": "2026-01-12"}}});
    assert_eq!(found(&world, &token, created).await, [COLD, GIFT]);
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let world = demo().await;
    let token = world.ada().await;
    let path = format!("data_sources/{}/query", world.id("project-list"));
    for body in [
        json!({"filter": {"property": "Nope", "number": {"equals": 1}}}),
        json!({"filter": {"property": "Budget", "rich_text": {"equals": "1"}}}),
        json!({"filter": {"property": "Budget", "number": {"contains": 1}}}),
        json!({"filter": {"timestamp": "last_edited_time", "last_edited_time": {"after": "soon"}}}),
        json!({"filter": {"number": {"equals": 1}}}),
        json!({"sorts": [{"property": "Nope", "direction": "ascending"}]}),
        json!({"sorts": [{"property": "Budget", "direction": "up"}]}),
        json!({"sort": []}),
        json!({"result_type": "block"}),
    ] {
        let (status, code, _) = world.post_refused(&token, &path, body.clone()).await;
        assert_eq!((status, code.as_str()), (400, "validation_error"), "{body}");
    }
}

#[tokio::test]
async fn sorts_put_empty_values_last() {
    let world = demo().await;
    let token = world.ada().await;
    let path = format!("data_sources/{}/query", world.id("project-list"));
    for (sorts, expected) in [
        (json!([{"property": "Budget", "direction": "descending"}]), [MOVE, COLD, GIFT, ""]),
        (json!([{"property": "Budget", "direction": "ascending"}]), [GIFT, COLD, MOVE, ""]),
        (json!([{"property": "Stage", "direction": "ascending"}]), [MOVE, COLD, GIFT, ""]),
        (json!([{"timestamp": "created_time", "direction": "descending"}]), ["", MOVE, COLD, GIFT]),
        (
            json!([{"property": "Approved", "direction": "descending"}, {"property": "Name", "direction": "descending"}]),
            [GIFT, COLD, MOVE, ""],
        ),
    ] {
        let list = world.post(&token, &path, json!({"sorts": sorts})).await;
        let titles: Vec<String> = list["results"].as_array().unwrap().iter().map(title).collect();
        assert_eq!(titles, expected, "{sorts}");
    }
}

#[tokio::test]
async fn the_row_limit_ends_a_query_and_says_so() {
    let world = demo().await;
    let token = world.ada().await;
    world.control.set_switches(|switches| switches.query_row_limit = 30);
    let wish = Generate { parent: Some(key("idea-list")), count: 50, size: 0, prefix: "Idea ".into() };
    world.control.generate(&wish).unwrap();
    let path = format!("data_sources/{}/query", world.id("idea-list"));
    let sorts = json!([{"timestamp": "created_time", "direction": "ascending"}]);
    let first = world.post(&token, &path, json!({"page_size": 20, "sorts": sorts})).await;
    assert_eq!(first["has_more"], true);
    assert!(first.get("request_status").is_none());
    let body = json!({"page_size": 20, "sorts": sorts, "start_cursor": first["next_cursor"]});
    let last = world.post(&token, &path, body).await;
    assert_eq!(last["results"].as_array().unwrap().len(), 10);
    assert_eq!(last["has_more"], false);
    let expected = json!({"type": "incomplete", "incomplete_reason": "query_result_limit_reached"});
    assert_eq!(last["request_status"], expected);
    let row = &last["results"][0];
    assert_eq!(row["properties"]["Votes"]["number"], Value::Null);
    world.control.set_switches(|switches| switches.query_row_limit = 10_000);
    let whole = world.post(&token, &path, json!({})).await;
    assert_eq!(whole["results"].as_array().unwrap().len(), 52);
    assert!(whole.get("request_status").is_none());
}

#[tokio::test]
async fn without_sorts_the_order_is_nobodys() {
    let world = demo().await;
    let token = world.ada().await;
    let wish = Generate { parent: Some(key("idea-list")), count: 20, size: 0, prefix: "Idea ".into() };
    world.control.generate(&wish).unwrap();
    let path = format!("data_sources/{}/query", world.id("idea-list"));
    let order = async || -> Vec<String> {
        let list = world.post(&token, &path, json!({})).await;
        list["results"].as_array().unwrap().iter().map(title).collect()
    };
    let shuffled = order().await;
    world.control.set_switches(|switches| switches.shuffle_unsorted = false);
    let table = order().await;
    assert_ne!(shuffled, table);
    assert_eq!(table[2], "Idea 000000");
}

#[tokio::test]
async fn archived_and_trashed_rows_are_hidden_until_asked_for() {
    let world = demo().await;
    let token = world.ada().await;
    let all = found(&world, &token, json!({})).await;
    assert!(!all.contains(&"Tea bags (given up)".to_owned()));
    assert_eq!(found(&world, &token, json!({"is_archived": true})).await, ["Tea bags (given up)"]);
    let page = world.json(&token, &format!("pages/{}", world.id("row-old"))).await;
    assert_eq!((&page["is_archived"], &page["in_trash"]), (&json!(true), &json!(false)));
    world.control.trash(&key("row-gift")).unwrap();
    assert!(!found(&world, &token, json!({})).await.contains(&GIFT.to_owned()));
    assert_eq!(found(&world, &token, json!({"in_trash": true})).await, [GIFT]);
    assert!(found(&world, &token, json!({"result_type": "data_source"})).await.is_empty());
}
