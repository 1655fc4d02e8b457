//! A JSON writer that builds only what is asked for, without an intermediate tree.

use serde_json::Value;

use super::clock::write_rfc3339;

/// Appends JSON to a text; commas are kept by the writer.
#[derive(Debug, Default)]
pub struct JsonText {
    text: String,
    needs_comma: bool,
}

impl JsonText {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), needs_comma: false }
    }

    pub fn finish(self) -> String {
        self.text
    }

    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn open_object(&mut self) {
        self.comma();
        self.text.push('{');
        self.needs_comma = false;
    }

    pub fn close_object(&mut self) {
        self.text.push('}');
        self.needs_comma = true;
    }

    pub fn open_array(&mut self) {
        self.comma();
        self.text.push('[');
        self.needs_comma = false;
    }

    pub fn close_array(&mut self) {
        self.text.push(']');
        self.needs_comma = true;
    }

    /// Writes a key; exactly one value must follow.
    pub fn key(&mut self, key: &str) {
        self.comma();
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
        self.needs_comma = false;
    }

    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        write_escaped(&mut self.text, value);
        self.needs_comma = true;
    }

    /// Writes a 64-bit number the way Google does: as text.
    pub fn int64(&mut self, key: &str, value: u64) {
        self.key(key);
        self.text.push('"');
        self.text.push_str(&value.to_string());
        self.text.push('"');
        self.needs_comma = true;
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        self.key(key);
        self.text.push_str(if value { "true" } else { "false" });
        self.needs_comma = true;
    }

    pub fn time(&mut self, key: &str, at_ms: i64) {
        self.key(key);
        self.text.push('"');
        write_rfc3339(&mut self.text, at_ms);
        self.text.push('"');
        self.needs_comma = true;
    }

    /// Writes a list of texts.
    pub fn texts<'a>(&mut self, key: &str, values: impl IntoIterator<Item = &'a str>) {
        self.key(key);
        self.open_array();
        for value in values {
            self.comma();
            write_escaped(&mut self.text, value);
            self.needs_comma = true;
        }
        self.close_array();
    }

    /// Writes a value that already is JSON.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.text.push_str(json);
        self.needs_comma = true;
    }

    pub fn value(&mut self, key: &str, value: &Value) {
        self.raw(key, &value.to_string());
    }

    /// Writes an array element that already is JSON.
    pub fn raw_element(&mut self, json: &str) {
        self.comma();
        self.text.push_str(json);
        self.needs_comma = true;
    }

    fn comma(&mut self) {
        if self.needs_comma {
            self.text.push(',');
        }
    }
}

fn write_escaped(out: &mut String, value: &str) {
    out.push('"');
    let plain = value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        out.push_str(value);
    } else {
        for character in value.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                control if (control as u32) < 0x20 => {
                    out.push_str(&format!("\\u{:04x}", control as u32));
                }
                other => out.push(other),
            }
        }
    }
    out.push('"');
}

/// Lays one JSON object over another, key by key.
pub fn merge(base: &mut Value, wish: &Value) {
    match (base, wish) {
        (Value::Object(base), Value::Object(wish)) => {
            for (key, value) in wish {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, wish) => *base = wish.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_valid_json() {
        let mut json = JsonText::default();
        json.open_object();
        json.text("name", "a \"quoted\" \\ line\nand \u{1} 🎉");
        json.int64("size", 12);
        json.texts("parents", ["a", "b"]);
        json.key("inner");
        json.open_object();
        json.flag("yes", true);
        json.close_object();
        json.time("at", 0);
        json.close_object();
        let value: Value = serde_json::from_str(&json.finish()).unwrap();
        assert_eq!(value["name"], "a \"quoted\" \\ line\nand \u{1} 🎉");
        assert_eq!(value["size"], "12");
        assert_eq!(value["parents"][1], "b");
        assert_eq!(value["inner"]["yes"], true);
        assert_eq!(value["at"], "1970-01-01T00:00:00.000Z");
    }
}
