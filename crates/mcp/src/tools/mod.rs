//! What assistants can do: one tool, one file.

mod fetch;
mod list_collections;
mod list_connectors;
mod list_files;
mod search;
mod start_sync;
mod sync_status;

use std::sync::Arc;

use async_trait::async_trait;
use gangway_app::{App, AppError, AppResult};
use gangway_model::AssistantScope;
use rmcp::handler::server::common::schema_for_input;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use rmcp::schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::gate::Caller;

/// Every tool, in the order in which assistants are told of them.
pub static ALL: &[&dyn AssistantTool] = &[
    &search::Search,
    &fetch::Fetch,
    &list_connectors::ListConnectors,
    &list_collections::ListCollections,
    &list_files::ListFiles,
    &start_sync::StartSync,
    &sync_status::SyncStatus,
];

pub fn find(name: &str) -> Option<&'static dyn AssistantTool> {
    ALL.iter().copied().find(|tool| tool.name() == name)
}

/// One thing an assistant can do for its user.
#[async_trait]
pub trait AssistantTool: Send + Sync {
    fn name(&self) -> &'static str;

    /// Of these a token has to have one.
    fn scopes(&self) -> &'static [AssistantScope];

    /// What it does, takes and answers, for assistants.
    fn description(&self) -> Tool;

    /// Does it as the caller.
    async fn call(&self, app: &App, caller: &Caller, arguments: JsonObject) -> AppResult<Value>;
}

/// Describes a tool that changes nothing.
fn reading<Input: JsonSchema + 'static, Answer: JsonSchema + 'static>(
    name: &'static str,
    title: &str,
    about: &'static str,
) -> Tool {
    let hints = ToolAnnotations::with_title(title).read_only(true).open_world(false);
    described::<Input, Answer>(name, about, hints)
}

/// Describes a tool that adds and takes nothing away.
fn adding<Input: JsonSchema + 'static, Answer: JsonSchema + 'static>(
    name: &'static str,
    title: &str,
    about: &'static str,
) -> Tool {
    let hints = ToolAnnotations::with_title(title).read_only(false).destructive(false).open_world(true);
    described::<Input, Answer>(name, about, hints)
}

fn described<Input: JsonSchema + 'static, Answer: JsonSchema + 'static>(
    name: &'static str,
    about: &'static str,
    hints: ToolAnnotations,
) -> Tool {
    let schema = schema_for_input::<Input>().expect("a tool takes an object; a test describes every tool");
    let mut tool = Tool::new(name, about, schema).with_output_schema::<Answer>().with_annotations(hints);
    tool.input_schema = without_widths(&tool.input_schema);
    tool.output_schema = tool.output_schema.as_ref().map(without_widths);
    tool
}

/// A schema without the widths of our integers: they are no formats of JSON Schema, and clients warn of each.
fn without_widths(schema: &Arc<JsonObject>) -> Arc<JsonObject> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                let width = |format: &Value| {
                    format.as_str().is_some_and(|name| name.starts_with("uint") || name.starts_with("int"))
                };
                if map.get("format").is_some_and(width) {
                    map.remove("format");
                }
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut whole = JsonObject::clone(schema);
    whole.values_mut().for_each(strip);
    Arc::new(whole)
}

/// Reads a tool's arguments strictly: an error names what is wrong.
fn read<Input: DeserializeOwned>(arguments: JsonObject) -> AppResult<Input> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        AppError::misread(&error.path().to_string(), "arguments", &error.inner().to_string())
    })
}

fn shown(answer: impl Serialize) -> AppResult<Value> {
    serde_json::to_value(answer).map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_tool_describes_a_strict_object() {
        for tool in ALL {
            let described = tool.description();
            assert_eq!(described.name, tool.name());
            let schema = &described.input_schema;
            assert_eq!(schema["type"], "object", "{}", tool.name());
            assert_eq!(schema["additionalProperties"], false, "{}", tool.name());
            let answer = described.output_schema.unwrap();
            assert_eq!(
                answer["type"],
                "object",
                "{}: programs of an older time take objects only",
                tool.name()
            );
            assert!(answer["required"].as_array().is_some_and(|all| !all.is_empty()), "{}", tool.name());
            assert!(!tool.scopes().is_empty(), "{}", tool.name());
            for schema in [json!(schema), json!(answer)] {
                assert!(!schema.to_string().contains(r#""format":"uint"#), "{}: {schema}", tool.name());
            }
            let hints = described.annotations.unwrap();
            assert_eq!(hints.read_only_hint, Some(tool.name() != "start_sync"), "{}", tool.name());
        }
        assert!(find("search").is_some() && find("Search").is_none());
    }
}
