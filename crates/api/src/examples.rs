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
        give(operation.get_mut("requestBody"), &example["body"]);
        let status = example["status"].as_str().unwrap_or_default();
        let answers = operation.get_mut("responses").and_then(|answers| answers.get_mut(status));
        give(answers, &example["answer"]);
    }
}

/// Gives a body or an answer its example. Many have no content, and indexing would make them one.
fn give(whole: Option<&mut Value>, value: &Value) {
    let contents = whole.and_then(|whole| whole.get_mut("content")).and_then(Value::as_object_mut);
    let content = contents.and_then(|contents| contents.values_mut().next());
    if let Some(content) = content.filter(|_| !value.is_null()) {
        content["example"] = value.clone();
    }
}
