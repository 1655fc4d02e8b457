//! Property values in words: every type, and what is odd about them.

use serde_json::{Map, Value, json};

use super::make::{id, text};
use crate::notion::properties::{Titles, complete, cut_short, lines, related};

fn words(value: Value) -> String {
    let properties = Map::from_iter([("P".to_owned(), value)]);
    let titles = Titles::from([(id(7), "The plan".to_owned())]);
    lines(&properties, &titles).pop().map(|(_, words)| words).unwrap_or_default()
}

fn ada() -> Value {
    let person = json!({"email": "ada@example.org"});
    json!({"object": "user", "id": id(1), "name": "Ada", "type": "person", "person": person})
}

/// Each value by its type.
fn check(rows: Vec<(&str, Value, &str)>) {
    for (kind, body, expected) in rows {
        assert_eq!(words(json!({"id": "x", "type": kind, kind: body})), expected, "{kind} {body}");
    }
}

#[test]
fn every_type_of_property_has_its_words() {
    let moment = "2026-05-01T10:00:00.000Z";
    let group = json!({"object": "group", "id": id(2), "name": "Team"});
    let file = json!({"name": "a.pdf", "type": "file", "file": {"url": "https://f.example/?sig=1"}});
    let verified = json!({"start": "2026-05-01", "end": "2026-08-01"});
    check(vec![
        ("title", json!([text("never shown twice")]), ""),
        ("rich_text", json!([text("several\n"), text("words")]), "several words"),
        ("number", json!(3.0), "3"),
        ("number", json!(-2.5), "-2.5"),
        ("number", json!(null), ""),
        ("select", json!({"id": "x", "name": "High", "color": "red"}), "High"),
        ("select", json!(null), ""),
        ("status", json!({"name": "Done"}), "Done"),
        ("multi_select", json!([{"name": "a"}, {"name": "b"}]), "a, b"),
        ("date", json!({"start": "2026-05-01", "end": null, "time_zone": null}), "2026-05-01"),
        ("date", json!({"start": "2026-05-01", "end": "2026-05-02"}), "2026-05-01 → 2026-05-02"),
        ("date", json!(null), ""),
        ("people", json!([ada(), group, {"object": "user", "id": id(3)}]), "Ada, Team"),
        ("people", json!([{"id": id(2), "person": {"email": "x@example.org"}}]), "x@example.org"),
        ("files", json!([file, {"name": "b"}]), "a.pdf, b"),
        ("checkbox", json!(true), "Yes"),
        ("checkbox", json!(false), "No"),
        ("url", json!("https://example.org"), "https://example.org"),
        ("email", json!("a@example.org"), "a@example.org"),
        ("phone_number", json!("+49 30 1"), "+49 30 1"),
        ("created_time", json!(moment), moment),
        ("created_by", ada(), "Ada"),
        ("last_edited_time", json!(moment), moment),
        ("last_edited_by", json!({"object": "user", "id": id(1)}), ""),
        ("unique_id", json!({"prefix": "TASK", "number": 12}), "TASK-12"),
        ("unique_id", json!({"prefix": null, "number": 12}), "12"),
        (
            "verification",
            json!({"state": "verified", "verified_by": ada(), "date": verified}),
            "verified by Ada, 2026-05-01 → 2026-08-01",
        ),
        ("verification", json!({"state": "unverified", "verified_by": null, "date": null}), "unverified"),
        ("button", json!({}), ""),
        ("place", json!({"lat": 52.5, "lon": 13.4, "name": "Café", "address": "Street 1"}), "Café, Street 1"),
        ("place", json!({"lat": 52.5, "lon": 13.4, "name": null}), "52.5, 13.4"),
        ("location", json!({"x": 1}), ""),
        ("last_visited_time", json!({}), ""),
        ("hologram", json!([1, 2]), ""),
    ]);
    assert_eq!(words(json!({"id": "x"})), "");
    assert_eq!(words(json!(null)), "");
}

#[test]
fn what_is_worked_out_has_words_as_well() {
    let plan = format!("The plan (https://www.notion.so/{})", id(7).replace('-', ""));
    let parts = json!([{"type": "number", "number": 1}, {"type": "select", "select": {"name": "b"}}]);
    check(vec![
        ("formula", json!({"type": "string", "string": "text"}), "text"),
        ("formula", json!({"type": "number", "number": 42}), "42"),
        ("formula", json!({"type": "boolean", "boolean": true}), "Yes"),
        ("formula", json!({"type": "date", "date": {"start": "2026-05-01"}}), "2026-05-01"),
        ("formula", json!({"type": "unsupported", "unsupported": {}}), ""),
        ("relation", json!([{"id": id(7)}]), &plan),
        ("relation", json!([{"id": id(8)}, {"id": id(9)}]), "2 pages that cannot be read"),
        ("rollup", json!({"type": "number", "number": 7, "function": "sum"}), "7"),
        ("rollup", json!({"type": "date", "date": {"start": "2026-05-01"}}), "2026-05-01"),
        ("rollup", json!({"type": "array", "array": parts}), "1, b"),
        ("rollup", json!({"type": "array", "array": [{"type": "rollup", "rollup": {}}]}), ""),
        ("rollup", json!({"type": "unsupported", "unsupported": {}}), ""),
        ("rollup", json!({"type": "incomplete", "incomplete": {}}), ""),
    ]);
}

#[test]
fn the_title_is_found_by_type_and_lines_stay_lines() {
    let properties = json!({
        "Aufgabe": {"id": "title", "type": "title", "title": [text("Name")]},
        "With\nbreak": {"id": "a", "type": "rich_text", "rich_text": [text("---\nevil: yes")]},
    });
    let found = lines(properties.as_object().unwrap(), &Titles::new());
    assert_eq!(found, [("With break".to_owned(), "--- evil: yes".to_owned())]);
}

#[test]
fn long_values_are_asked_for_and_put_in_place() {
    let many: Vec<Value> = (0..25).map(|n| json!({"id": id(n)})).collect();
    let mut properties = json!({
        "Few": {"id": "f", "type": "relation", "relation": [{"id": id(1)}], "has_more": false},
        "More": {"id": "%3Am", "type": "relation", "relation": many, "has_more": true},
        "Says so": {"id": "s", "type": "relation", "relation": [], "has_more": true},
        "People": {"id": "p", "type": "people", "people": vec![json!({"id": id(1)}); 25]},
    });
    let cut = cut_short(properties.as_object().unwrap());
    assert_eq!(cut.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["%3Am", "p", "s"]);
    let part = |n| json!({"object": "property_item", "type": "relation", "relation": {"id": id(n)}});
    let parts: Vec<Value> = (0..40).map(part).collect();
    complete(&mut properties["More"], &parts);
    assert_eq!(properties["More"]["relation"].as_array().unwrap().len(), 40);
    assert_eq!(related(properties.as_object().unwrap()).len(), 40);
}
