//! Examples in the OpenAPI document: calls of the demo and what they answered, recorded by `tests/docs/record.py`.

use serde_json::{Map, Value};

const RECORDED: &str = include_str!("examples.json");

/// By operation: `parameters` by name, `body`, and `answer` with its `status`.
pub fn recorded() -> Map<String, Value> {
    serde_json::from_str(RECORDED).expect("the recorded examples are JSON")
}

/// Writes each example where OpenAPI has it.
pub fn insert(document: &mut Value) {
    let recorded = recorded();
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in items.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let name = operation["operationId"].as_str().unwrap_or_default();
        let Some(example) = recorded.get(name) else { continue };
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let value = &example["parameters"][parameter["name"].as_str().unwrap_or_default()];
            if !value.is_null() {
                parameter["example"] = value.clone();
            }
        }
        let bodies = operation.get_mut("requestBody").and_then(|body| body["content"].as_object_mut());
        give(bodies, &example["body"]);
        let status = example["status"].as_str().unwrap_or_default();
        let answers =
            operation["responses"].get_mut(status).and_then(|answer| answer["content"].as_object_mut());
        give(answers, &example["answer"]);
    }
}

fn give(contents: Option<&mut Map<String, Value>>, value: &Value) {
    if value.is_null() {
        return;
    }
    if let Some(content) = contents.and_then(|contents| contents.values_mut().next()) {
        content["example"] = value.clone();
    }
}
