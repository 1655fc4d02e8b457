//! Schemas in words: what a value is, and the fields of an object as a list that can be unfolded.

use serde_json::Value;

use super::html::{escape, prose};

/// The document's named schemas.
#[derive(Clone, Copy)]
pub struct Schemas<'a> {
    pub named: &'a Value,
}

impl<'a> Schemas<'a> {
    /// What a value is, in a few words: `string (uuid)`, `list of Hit`, `number or null`.
    pub fn words(self, schema: &Value) -> String {
        if let Some(name) = name_of(schema) {
            let target = &self.named[name];
            return match target.get("enum") {
                Some(choices) => choices_of(choices),
                None => name.to_owned(),
            };
        }
        for joined in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[joined].as_array() {
                return choices.iter().map(|one| self.words(one)).collect::<Vec<_>>().join(" or ");
            }
        }
        if let Some(choices) = schema.get("enum") {
            return choices_of(choices);
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            Value::String(one) => vec![one],
            _ => vec!["any"],
        };
        let words = types.iter().map(|kind| match *kind {
            "array" => format!("list of {}", self.words(&schema["items"])),
            "null" => "null".to_owned(),
            kind => match schema["format"].as_str().filter(|format| !format.starts_with("int")) {
                Some(format) => format!("{kind} ({format})"),
                None => kind.to_owned(),
            },
        });
        words.collect::<Vec<_>>().join(" or ")
    }

    /// The fields of an object, whatever stands around it; empty for what has none.
    pub fn fields(self, schema: &'a Value) -> String {
        self.fields_below(schema, &mut Vec::new())
    }

    fn fields_below(self, schema: &'a Value, within: &mut Vec<&'a str>) -> String {
        let Some((_, object)) = self.object_in(schema) else { return String::new() };
        let required: Vec<&str> =
            object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut html = String::from("<ul class=\"fields\">\n");
        for (name, field) in object["properties"].as_object().into_iter().flatten() {
            html += &format!(
                "<li><code class=\"name\">{}</code> <span class=\"type\">{}</span>{}{}",
                escape(name),
                escape(&self.words(field)),
                if required.contains(&name.as_str()) { " <span class=\"must\">required</span>" } else { "" },
                limits(field),
            );
            if let Some(about) = self.about(field) {
                html += &format!("<p>{}</p>", prose(about));
            }
            html += &self.unfolded(field, within);
            html += "</li>\n";
        }
        html + "</ul>\n"
    }

    /// The fields of a field, behind a line that opens them; none of what is being described already.
    fn unfolded(self, field: &'a Value, within: &mut Vec<&'a str>) -> String {
        let Some((name, _)) = self.object_in(field) else { return String::new() };
        if within.contains(&name) || within.len() > 6 {
            return String::new();
        }
        within.push(name);
        let inner = self.fields_below(field, within);
        within.pop();
        if inner.is_empty() {
            return inner;
        }
        let label =
            if name.is_empty() { "Its fields".to_owned() } else { format!("Fields of {}", escape(name)) };
        format!("<details><summary>{label}</summary>\n{inner}</details>")
    }

    /// The object that a schema holds: behind a reference, in a list, beside null.
    fn object_in(self, schema: &'a Value) -> Option<(&'a str, &'a Value)> {
        let mut name = "";
        let mut schema = schema;
        for _ in 0..8 {
            if let Some(named) = name_of(schema) {
                name = named;
                schema = &self.named[named];
            } else if schema["properties"].is_object() {
                return Some((name, schema));
            } else if schema["items"].is_object() {
                schema = &schema["items"];
            } else {
                schema = ["oneOf", "anyOf"]
                    .iter()
                    .filter_map(|joined| schema[*joined].as_array())
                    .flatten()
                    .find(|one| one["type"] != "null")?;
            }
        }
        None
    }

    /// What is said about a field: at its place, within its choice, or at the schema it names.
    fn about(self, field: &'a Value) -> Option<&'a str> {
        let said = |value: &'a Value| value["description"].as_str();
        let choices = || field["oneOf"].as_array().into_iter().flatten();
        said(field)
            .or_else(|| choices().find_map(said))
            .or_else(|| name_of(field).and_then(|name| said(&self.named[name])))
    }
}

fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

fn choices_of(choices: &Value) -> String {
    let words = choices.as_array().into_iter().flatten().filter_map(Value::as_str);
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" | ")
}

/// How long or how large; nothing where there is no bound worth telling.
pub fn limits(schema: &Value) -> String {
    let schema = match schema["oneOf"].as_array() {
        Some(choices) => choices.iter().find(|one| one["type"] != "null").unwrap_or(schema),
        None => schema,
    };
    let most = |name: &str| schema[name].as_u64();
    let text = match (most("maximum"), most("maxLength"), most("maxItems")) {
        (Some(most), _, _) => format!("{} to {most}", schema["minimum"].as_i64().unwrap_or(0)),
        (_, Some(most), _) => format!("at most {most} characters"),
        (_, _, Some(most)) => format!("at most {most}"),
        _ => return String::new(),
    };
    format!(" <span class=\"limit\">{text}</span>")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let named = json!({
            "Node": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string", "description": "Its `name`." },
                "below": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
                "kind": { "$ref": "#/components/schemas/Kind" },
                "since": { "type": ["string", "null"], "format": "date-time" },
            } },
            "Kind": { "type": "string", "enum": ["a", "b"] },
        });
        let schemas = Schemas { named: &named };
        let schema = json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Node" }] });
        let html = schemas.fields(&schema);
        assert!(html.contains("required</span><p>Its <code>name</code>.</p>"), "{html}");
        assert!(html.contains("list of Node") && html.contains("&quot;a&quot; | &quot;b&quot;"), "{html}");
        assert!(html.contains("string (date-time) or null"), "{html}");
        assert_eq!(html.matches("<details>").count(), 1, "once within itself: {html}");
        assert_eq!(schemas.fields(&json!({ "type": "string" })), "");
    }
}
