//! Text as HTML: escaped, with what stands in backticks as code, and codes of errors as ways to their row.

use gangway_app::Code;
use serde_json::Value;

/// Text that can neither open nor end anything, in an element as in an attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Escaped text in which backticks make code, and the code of an error leads to what is said about it.
pub fn prose(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        let part_html = escape(part);
        match at % 2 {
            0 => out.push_str(&part_html),
            _ if Code::ALL.iter().any(|code| code.as_str() == part) => {
                out.push_str(&format!("<a href=\"#error-{part_html}\"><code>{part_html}</code></a>"));
            }
            _ => out.push_str(&format!("<code>{part_html}</code>")),
        }
    }
    out
}

/// The same, with its paragraphs.
pub fn paragraphs(text: &str) -> String {
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| format!("<p>{}</p>\n", prose(part))).collect()
}

/// JSON, indented, with the names of its fields marked.
pub fn json(value: &Value) -> String {
    let mut out = String::new();
    write_json(&mut out, value, 0);
    out
}

fn write_json(out: &mut String, value: &Value, depth: usize) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (at, (name, inner)) in map.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                line(out, depth + 1);
                let name = escape(&Value::from(name.as_str()).to_string());
                out.push_str(&format!("<span class=\"key\">{name}</span>: "));
                write_json(out, inner, depth + 1);
            }
            line(out, depth);
            out.push('}');
        }
        Value::Array(list) if list.iter().any(|one| one.is_object() || one.is_array()) => {
            out.push('[');
            for (at, inner) in list.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                line(out, depth + 1);
                write_json(out, inner, depth + 1);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Array(list) => {
            let words: Vec<String> = list.iter().map(|one| escape(&one.to_string())).collect();
            out.push_str(&format!("[{}]", words.join(", ")));
        }
        plain => out.push_str(&escape(&plain.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        let hostile = "</p><script>alert('1')</script> \"&` `<b>` `not_found`";
        let html = prose(hostile);
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(
            prose("answers `not_found`.").contains("<a href=\"#error-not_found\"><code>not_found</code></a>")
        );
        assert_eq!(prose("a `field`"), "a <code>field</code>");
    }

    #[test]
    fn json_stays_the_json_it_was() {
        let value = json!({ "a<": ["x", 1, null], "list": [{ "b": "\"</pre>" }], "none": {}, "empty": [] });
        let html = json(&value);
        assert!(!html.contains("</pre>"), "{html}");
        let text = html.replace("<span class=\"key\">", "").replace("</span>", "");
        let text =
            text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
