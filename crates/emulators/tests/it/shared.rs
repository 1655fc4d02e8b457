//! The folder with official descriptions and recorded answers, where a machine has it.

use std::path::PathBuf;

use serde_json::Value;

/// Returns the folder with recordings and official descriptions, if this machine has it.
pub fn shared_folder() -> Option<PathBuf> {
    let given = std::env::var_os("GANGWAY_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let found = given.unwrap_or(beside);
    if found.is_dir() {
        return Some(found);
    }
    println!("skipped: no folder with recordings; set GANGWAY_SHARED");
    None
}

/// The keys of an object in the order of their names, whatever order this build keeps.
pub fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Names the JSON type of a value.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}
