//! Databases, data sources, rows and their properties.

use serde_json::{Value, json};

use super::harness::{GRACE, demo, key};

#[tokio::test]
async fn a_database_holds_several_data_sources() {
    let world = demo().await;
    let token = world.ada().await;
    let database = world.json(&token, &format!("databases/{}", world.id("projects-db"))).await;
    let sources = database["data_sources"].as_array().unwrap();
    assert_eq!(sources.len(), 2);
    assert_ne!(sources[0]["id"], database["id"]);
    let source = world.json(&token, &format!("data_sources/{}", world.id("idea-list"))).await;
    assert_eq!(source["parent"], json!({"type": "database_id", "database_id": database["id"]}));
    assert_eq!(source["database_parent"], json!({"type": "workspace", "workspace": true}));
    assert_eq!(source["properties"]["Votes"]["number"]["format"], "number");
    let inline = world.json(&token, &format!("databases/{}", world.id("suppliers-db"))).await;
    assert_eq!(inline["is_inline"], true);
    assert_eq!(inline["parent"]["page_id"], world.id("suppliers"));
}

#[tokio::test]
async fn ids_of_databases_and_data_sources_are_not_interchangeable() {
    let world = demo().await;
    let token = world.ada().await;
    let (database, source) = (world.id("projects-db"), world.id("project-list"));
    assert_eq!(world.refused(&token, &format!("data_sources/{database}")).await.0, 404);
    assert_eq!(world.refused(&token, &format!("databases/{source}")).await.0, 404);
    assert_eq!(world.post_refused(&token, &format!("data_sources/{database}/query"), json!({})).await.0, 404);
    let (status, _, message) = world.refused(&token, &format!("pages/{database}")).await;
    assert_eq!(status, 400);
    assert!(message.contains("is a database, not a page"));
    let (_, _, message) = world.refused(&token, &format!("databases/{}", world.id("handbook"))).await;
    assert!(message.contains("is a page, not a database"));
}

#[tokio::test]
async fn a_linked_view_cannot_be_read_as_a_database() {
    let world = demo().await;
    let token = world.ada().await;
    let blocks = world.children(&token, &world.id("suppliers")).await;
    let linked =
        blocks.iter().find(|one| one["child_database"]["title"] == "Projects (linked view)").unwrap();
    let path = format!("databases/{}", linked["id"].as_str().unwrap());
    assert_eq!(world.refused(&token, &path).await.0, 404);
}

#[tokio::test]
async fn a_row_carries_every_kind_of_property() {
    let world = demo().await;
    let token = world.ada().await;
    let row = world.json(&token, &format!("pages/{}", world.id("row-coldbrew"))).await;
    assert_eq!(row["parent"]["type"], "data_source_id");
    assert_eq!(row["parent"]["database_id"], world.id("projects-db"));
    let properties = &row["properties"];
    let mut kinds: Vec<&str> =
        properties.as_object().unwrap().values().map(|one| one["type"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    let mut expected = [
        "title",
        "rich_text",
        "number",
        "status",
        "select",
        "multi_select",
        "date",
        "people",
        "files",
        "checkbox",
        "url",
        "email",
        "phone_number",
        "formula",
        "relation",
        "rollup",
        "created_time",
        "created_by",
        "last_edited_time",
        "last_edited_by",
        "unique_id",
        "verification",
        "button",
        "place",
    ];
    expected.sort_unstable();
    assert_eq!(kinds, expected);
    assert_eq!(properties["Name"]["id"], "title");
    assert_eq!(properties["Stage"]["status"]["name"], "Tasting");
    assert_eq!(
        properties["Dates"]["date"],
        json!({"start": "2026-02-01", "end": "2026-08-31", "time_zone": null})
    );
    assert_eq!(properties["Owner"]["people"][0]["person"]["email"], "ada@example.com");
    assert_eq!(properties["Owner"]["people"][1]["object"], "group");
    assert_eq!(properties["Suppliers"]["relation"][0]["id"], world.id("supplier-northleaf"));
    assert_eq!(properties["Suppliers"]["has_more"], false);
    assert_eq!(properties["ID"]["unique_id"], json!({"prefix": "TEA", "number": 1}));
    assert_eq!(properties["Verified"]["verification"]["verified_by"]["name"], "Grace Example");
    assert_eq!(properties["Created"]["created_time"], "2026-01-12T09:15:00.000Z");
    assert!(properties["Files"]["files"][0]["file"]["expiry_time"].is_string());
    let other = world.json(&token, &format!("pages/{}", world.id("row-warehouse"))).await;
    assert_eq!(other["properties"]["Cost per tin"]["formula"]["type"], "unsupported");
    assert_eq!(other["properties"]["Supplier countries"]["rollup"]["type"], "unsupported");
    let empty = world.json(&token, &format!("pages/{}", world.id("row-empty"))).await;
    assert_eq!(empty["properties"]["Budget"]["number"], Value::Null);
    assert_eq!(empty["properties"]["Name"]["title"], json!([]));
}

#[tokio::test]
async fn filter_properties_names_what_is_wanted() {
    let world = demo().await;
    let token = world.ada().await;
    let id = world.id("row-coldbrew");
    let whole = world.json(&token, &format!("pages/{id}")).await;
    let budget = whole["properties"]["Budget"]["id"].as_str().unwrap();
    let encoded = budget.replace('%', "%25");
    let path = format!("pages/{id}?filter_properties=title&filter_properties={encoded}");
    let part = world.json(&token, &path).await;
    let mut names: Vec<&String> = part["properties"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["Budget", "Name"]);
}

#[tokio::test]
async fn long_values_are_read_property_by_property() {
    let world = demo().await;
    let token = world.ada().await;
    let many: Vec<String> = (0..60).map(|number| format!("related-{number}")).collect();
    let wish = json!({"properties": {"Suppliers": many, "Owner": vec![GRACE; 30]}});
    world.control.edit_page(&key("row-gift"), &wish).unwrap();
    let id = world.id("row-gift");
    let page = world.json(&token, &format!("pages/{id}")).await;
    let suppliers = &page["properties"]["Suppliers"];
    assert_eq!(suppliers["relation"].as_array().unwrap().len(), 25);
    assert_eq!(suppliers["has_more"], true);
    assert_eq!(page["properties"]["Owner"]["people"].as_array().unwrap().len(), 25);
    let property = suppliers["id"].as_str().unwrap();
    let path = format!("pages/{id}/properties/{}", property.replace('%', "%25"));
    let first = world.json(&token, &format!("{path}?page_size=50")).await;
    assert_eq!(first["type"], "property_item");
    assert_eq!(first["property_item"]["type"], "relation");
    assert!(first["property_item"]["next_url"].as_str().unwrap().contains("start_cursor="));
    assert_eq!(first["results"].as_array().unwrap().len(), 50);
    assert!(first["results"][0]["relation"]["id"].is_string());
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.json(&token, &format!("{path}?start_cursor={cursor}")).await;
    assert_eq!(rest["results"].as_array().unwrap().len(), 10);
    let number = page["properties"]["Budget"]["id"].as_str().unwrap().replace('%', "%25");
    let single = world.json(&token, &format!("pages/{id}/properties/{number}")).await;
    assert_eq!(single["object"], "property_item");
    assert_eq!(single["number"], 8000);
    let title = world.json(&token, &format!("pages/{id}/properties/title")).await;
    assert_eq!(title["results"][0]["title"]["plain_text"], "Gift subscriptions");
    assert_eq!(world.refused(&token, &format!("pages/{id}/properties/nope")).await.0, 404);
}
