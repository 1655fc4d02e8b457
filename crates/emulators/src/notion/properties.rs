//! Columns and their values: from a short notation or from requests into the stored form.

use serde_json::{Map, Value, json};

use super::blocks::{FileSource, read_file};
use super::ids;
use super::text;
use super::workspace::{Property, Workspace};

const KINDS: [&str; 25] = [
    "title",
    "rich_text",
    "number",
    "select",
    "multi_select",
    "status",
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
    "last_visited_time",
];
const COLORS: [&str; 10] =
    ["default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"];

/// Reads one column: its type as a text, or `{"select": {"options": ["A", "B"]}}`.
pub fn read_property(name: &str, given: &Value) -> Result<Property, String> {
    let (kind, config) = match given {
        Value::String(kind) => (kind.clone(), json!({})),
        Value::Object(object) => {
            let kind = object
                .keys()
                .find(|key| KINDS.contains(&key.as_str()) || key.as_str() == "location")
                .ok_or_else(|| format!("property {name} should have a known type"))?;
            (kind.clone(), object[kind].clone())
        }
        _ => return Err(format!("property {name} should be an object")),
    };
    let id = if kind == "title" { "title".to_owned() } else { property_id(name) };
    let description = given["description"].as_str().map(str::to_owned);
    let config = complete_config(&kind, name, config);
    Ok(Property { id, name: name.to_owned(), kind, description, config })
}

/// Returns the id of a column: four characters, some of which travel percent-encoded.
fn property_id(name: &str) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz:;<>`~";
    let mut number = ids::of_key("property", name);
    let mut id = String::new();
    for _ in 0..4 {
        let sign = SIGNS[(number % SIGNS.len() as u128) as usize];
        number /= SIGNS.len() as u128;
        if sign.is_ascii_alphanumeric() {
            id.push(sign as char);
        } else {
            id.push_str(&format!("%{sign:02X}"));
        }
    }
    id
}

fn complete_config(kind: &str, name: &str, config: Value) -> Value {
    match kind {
        "select" | "multi_select" | "status" => {
            let options: Vec<Value> = config["options"]
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
                .map(|(place, option)| read_option(name, place, option))
                .collect();
            if kind != "status" {
                return json!({"options": options});
            }
            let all: Vec<&Value> = options.iter().map(|option| &option["id"]).collect();
            let (first, rest) = all.split_at(1.min(all.len()));
            let (middle, last) = rest.split_at(rest.len().saturating_sub(1));
            let group = |title: &str, color: &str, members: &[&Value]| {
                let id = ids::show(ids::of_key("group", &format!("{name}/{title}")));
                json!({"id": id, "name": title, "color": color, "option_ids": members})
            };
            let groups = json!([
                group("To-do", "gray", first),
                group("In progress", "blue", middle),
                group("Complete", "green", last),
            ]);
            json!({"options": options, "groups": groups})
        }
        "number" => json!({"format": config["format"].as_str().unwrap_or("number")}),
        "formula" => json!({"expression": config["expression"].as_str().unwrap_or("")}),
        "unique_id" => json!({"prefix": config["prefix"]}),
        "relation" | "rollup" => config,
        _ => json!({}),
    }
}

fn read_option(name: &str, place: usize, option: &Value) -> Value {
    let words = option.as_str().or(option["name"].as_str()).unwrap_or_default();
    let color = option["color"].as_str().unwrap_or(COLORS[place % COLORS.len()]);
    let id = ids::show(ids::of_key("option", &format!("{name}/{words}")));
    json!({"id": id, "name": words, "color": color, "description": option["description"]})
}

/// Reads one value into its stored form: what stands under the type's name.
pub fn read_value(
    property: &mut Property,
    given: &Value,
    store: &mut Workspace,
    files: FileSource<'_>,
) -> Result<Value, String> {
    let kind = property.kind.clone();
    let value = match given.as_object() {
        Some(object) if object.contains_key(&kind) => &given[&kind],
        _ => given,
    };
    let list = || value.as_array().cloned().unwrap_or_default();
    Ok(match kind.as_str() {
        "title" | "rich_text" => json!(text::read(value)?),
        "select" | "status" => match option_name(value) {
            Some(name) => choose(property, &name)?,
            None => Value::Null,
        },
        "multi_select" => {
            let names: Vec<String> = list().iter().filter_map(option_name).collect();
            let chosen: Vec<Value> =
                names.iter().map(|name| choose(property, name)).collect::<Result<_, _>>()?;
            json!(chosen)
        }
        "date" => read_date(value),
        "people" => json!(list().iter().map(|person| read_person(person, store)).collect::<Vec<_>>()),
        "files" => {
            let mut made = Vec::new();
            for file in list() {
                let (mut source, name) = read_file(&file, store, files)?;
                source.insert("name".into(), json!(file["name"].as_str().unwrap_or(&name)));
                made.push(Value::Object(source));
            }
            json!(made)
        }
        "relation" => json!(
            list()
                .iter()
                .filter_map(|row| row.as_str().or(row["id"].as_str()))
                .map(|row| json!({"id": ids::show(ids::of_reference(row))}))
                .collect::<Vec<_>>()
        ),
        "formula" | "rollup" => read_computed(&kind, value),
        "verification" => read_verification(value, store),
        "number" if !(value.is_number() || value.is_null()) => {
            return Err(format!("{}.number should be a number", property.name));
        }
        "checkbox" if !value.is_boolean() => {
            return Err(format!("{}.checkbox should be a boolean", property.name));
        }
        _ => value.clone(),
    })
}

fn option_name(value: &Value) -> Option<String> {
    value.as_str().or(value["name"].as_str()).map(str::to_owned)
}

/// Finds an option by name; select columns grow by a new one, status columns do not.
fn choose(property: &mut Property, name: &str) -> Result<Value, String> {
    let options = property.config["options"].as_array().cloned().unwrap_or_default();
    let found = options.iter().find(|option| option["name"] == name || option["id"] == name);
    let option = match found {
        Some(option) => option.clone(),
        None if property.kind == "status" => {
            return Err(format!("{}: no status option named {name}", property.name));
        }
        None => {
            let option = read_option(&property.name, options.len(), &json!(name));
            if let Some(options) = property.config["options"].as_array_mut() {
                options.push(option.clone());
            }
            option
        }
    };
    Ok(json!({"id": option["id"], "name": option["name"], "color": option["color"]}))
}

/// Reads a date given as a text or as an object.
fn read_date(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(start) => json!({"start": start, "end": null, "time_zone": null}),
        _ => json!({"start": value["start"], "end": value["end"], "time_zone": value["time_zone"]}),
    }
}

/// Reads a person by email or id, or a group as `group:<name>`.
fn read_person(value: &Value, store: &Workspace) -> Value {
    let words = value.as_str().or(value["id"].as_str()).unwrap_or_default();
    if let Some(name) = words.strip_prefix("group:") {
        let group = store.groups.iter().find(|group| group.name == name || group.key == name);
        let id = ids::show(ids::of_key("group", group.map_or(name, |group| &group.key)));
        return json!({"object": "group", "id": id, "name": group.map_or(name, |group| &group.name)});
    }
    let id = ids::parse(words).unwrap_or_else(|| ids::of_key("person", words));
    json!({"object": "user", "id": ids::show(id)})
}

/// Reads a computed value: a bare text, number or truth value, or `{"type": …}` as answers carry it.
fn read_computed(kind: &str, value: &Value) -> Value {
    let mut made = match value {
        Value::String(_) => json!({"type": "string", "string": value}),
        Value::Number(_) => json!({"type": "number", "number": value}),
        Value::Bool(_) => json!({"type": "boolean", "boolean": value}),
        Value::Object(object) => {
            let mut made = object.clone();
            if !made.contains_key("type") {
                let found = ["string", "number", "boolean", "date", "array", "unsupported", "incomplete"]
                    .into_iter()
                    .find(|name| object.contains_key(*name));
                made.insert("type".into(), json!(found.unwrap_or("unsupported")));
            }
            Value::Object(made)
        }
        _ => json!({"type": "string", "string": null}),
    };
    if kind == "rollup" && made["function"].is_null() {
        made["function"] = json!("show_original");
    }
    made
}

fn read_verification(value: &Value, store: &Workspace) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    let state = value.as_str().or(value["state"].as_str()).unwrap_or("unverified");
    if state == "unverified" {
        return json!({"state": state, "verified_by": null, "date": null});
    }
    let by = match &value["verified_by"] {
        Value::Null => Value::Null,
        person => read_person(person, store),
    };
    json!({"state": state, "verified_by": by, "date": read_date(&value["date"])})
}

/// Returns the value of a column that was never filled in.
pub fn empty_value(kind: &str) -> Value {
    match kind {
        "title" | "rich_text" | "multi_select" | "people" | "files" | "relation" => json!([]),
        "checkbox" => json!(false),
        "button" => json!({}),
        "formula" => json!({"type": "string", "string": null}),
        "rollup" => json!({"type": "array", "array": [], "function": "show_original"}),
        "verification" => json!({"state": "unverified", "verified_by": null, "date": null}),
        _ => Value::Null,
    }
}

/// Reads a whole schema in its order.
pub fn read_schema(given: &Value) -> Result<Vec<Property>, String> {
    let empty = Map::new();
    let object = given.as_object().unwrap_or(&empty);
    let mut schema: Vec<Property> =
        object.iter().map(|(name, property)| read_property(name, property)).collect::<Result<_, _>>()?;
    match schema.iter().filter(|property| property.kind == "title").count() {
        0 => schema.insert(0, read_property("Name", &json!("title"))?),
        1 => {}
        _ => return Err("a data source has exactly one title property".to_owned()),
    }
    Ok(schema)
}

/// Returns a column as a schema shows it.
pub fn render_property(property: &Property) -> Value {
    let mut config = property.config.clone();
    if property.kind == "relation" {
        for (name, kind) in [("data_source_id", true), ("database_id", true)] {
            if let (true, Some(key)) = (kind, config[name].as_str()) {
                config[name] = json!(ids::show(ids::of_reference(key)));
            }
        }
        if config["type"].is_null() {
            config["type"] = json!("single_property");
            config["single_property"] = json!({});
        }
    }
    json!({
        "id": property.id, "name": property.name, "description": property.description,
        "type": property.kind, (property.kind.as_str()): config,
    })
}
