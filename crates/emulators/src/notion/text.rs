//! Rich text: from a short notation or from requests into the full form that answers carry.

use serde_json::{Map, Value, json};

use super::ids;

/// Returns unmarked rich text; nothing for an empty text.
pub fn plain(text: &str) -> Vec<Value> {
    if text.is_empty() { Vec::new() } else { vec![text_item(text, None, &[])] }
}

/// Returns the text without its marks.
pub fn plain_text(items: &[Value]) -> String {
    items.iter().filter_map(|item| item["plain_text"].as_str()).collect()
}

/// Reads rich text given as a text in the short notation or as a list of items.
pub fn read(value: &Value) -> Result<Vec<Value>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(marked(text)),
        Value::Array(items) => items.iter().map(complete).collect(),
        _ => Err("rich text should be an array".to_owned()),
    }
}

/// Reads the short notation: `**bold**`, `__italic__`, `~~struck~~`, `` `code` ``, `[text](url)`, `$$equation$$`
/// and mentions such as `{{user:ada@example.com}}`, `{{page:key}}`, `{{date:2026-03-02}}`.
pub fn marked(text: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut pending = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        match next_mark(rest) {
            Some((item, taken)) => {
                items.extend(plain(&std::mem::take(&mut pending)));
                items.push(item);
                rest = &rest[taken..];
            }
            None => {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                pending.push_str(&rest[..first]);
                rest = &rest[first..];
            }
        }
    }
    items.extend(plain(&pending));
    items
}

fn next_mark(rest: &str) -> Option<(Value, usize)> {
    let fenced = |mark: &str| -> Option<(String, usize)> {
        let inner = rest.strip_prefix(mark)?;
        let end = inner.find(mark).filter(|end| *end > 0)?;
        Some((inner[..end].to_owned(), end + 2 * mark.len()))
    };
    for (mark, annotation) in [("**", "bold"), ("__", "italic"), ("~~", "strikethrough"), ("`", "code")] {
        if let Some((inner, taken)) = fenced(mark) {
            return Some((text_item(&inner, None, &[annotation]), taken));
        }
    }
    if let Some((inner, taken)) = fenced("$$") {
        let item = item("equation", json!({"expression": inner}), &inner, None);
        return Some((item, taken));
    }
    if let Some(inner) = rest.strip_prefix("{{") {
        let end = inner.find("}}")?;
        return Some((mention(&inner[..end])?, end + 4));
    }
    if let Some(inner) = rest.strip_prefix('[') {
        let middle = inner.find("](")?;
        let end = inner[middle..].find(')')? + middle;
        let item = text_item(&inner[..middle], Some(&inner[middle + 2..end]), &[]);
        return Some((item, end + 2));
    }
    None
}

/// Reads what stands between the double braces.
fn mention(text: &str) -> Option<Value> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    let (target, label) = rest.rsplit_once('|').unwrap_or((rest, ""));
    let (mention, words, href) = match kind {
        "user" => {
            let id = ids::parse(target).unwrap_or_else(|| ids::of_key("person", target));
            (json!({"type": "user", "user": {"object": "user", "id": ids::show(id)}}), String::new(), None)
        }
        "page" | "database" => {
            (json!({"type": kind, kind: {"id": ids::show(ids::of_reference(target))}}), String::new(), None)
        }
        "date" => {
            let (start, end) = match target.split_once('/') {
                Some((start, end)) => (start, Some(end)),
                None => (target, None),
            };
            let words = match end {
                Some(end) => format!("{start} → {end}"),
                None => start.to_owned(),
            };
            (json!({"type": "date", "date": {"start": start, "end": end, "time_zone": null}}), words, None)
        }
        "preview" => {
            let body = json!({"type": "link_preview", "link_preview": {"url": target}});
            (body, target.to_owned(), Some(target))
        }
        "link" => {
            let body = json!({"href": target, "title": label, "link_provider": "Web"});
            (json!({"type": "link_mention", "link_mention": body}), label.to_owned(), Some(target))
        }
        "emoji" => {
            let id = ids::show(ids::of_key("emoji", target));
            let url = format!("https://notion-emojis.example.com/{target}.png");
            let body = json!({"id": id, "name": target, "url": url});
            (json!({"type": "custom_emoji", "custom_emoji": body}), format!(":{target}:"), None)
        }
        "today" | "now" => {
            let body = json!({"type": "template_mention_date", "template_mention_date": kind});
            (json!({"type": "template_mention", "template_mention": body}), format!("@{kind}"), None)
        }
        "me" => {
            let body = json!({"type": "template_mention_user", "template_mention_user": "me"});
            (json!({"type": "template_mention", "template_mention": body}), "@me".to_owned(), None)
        }
        _ => return None,
    };
    Some(item("mention", mention, &words, href))
}

fn text_item(content: &str, url: Option<&str>, marks: &[&str]) -> Value {
    let link = url.map(|url| json!({"url": url}));
    let mut made = item("text", json!({"content": content, "link": link}), content, url);
    for mark in marks {
        made["annotations"][*mark] = json!(true);
    }
    made
}

fn item(kind: &str, body: Value, words: &str, href: Option<&str>) -> Value {
    let mut made = Map::new();
    made.insert("type".into(), json!(kind));
    made.insert(kind.into(), body);
    made.insert(
        "annotations".into(),
        json!({"bold": false, "italic": false, "strikethrough": false, "underline": false,
               "code": false, "color": "default"}),
    );
    made.insert("plain_text".into(), json!(words));
    made.insert("href".into(), json!(href));
    Value::Object(made)
}

/// Fills in what a request may leave out of a rich text item.
fn complete(given: &Value) -> Result<Value, String> {
    if let Some(text) = given.as_str() {
        return Ok(text_item(text, None, &[]));
    }
    let kind = ["text", "mention", "equation"]
        .into_iter()
        .find(|kind| given[*kind].is_object())
        .ok_or_else(|| "rich text item should have `text`, `mention` or `equation`".to_owned())?;
    let body = &given[kind];
    let mut made = match kind {
        "text" => {
            let content = body["content"].as_str().ok_or("text.content should be a string")?;
            if content.chars().count() > 2000 {
                let length = content.chars().count();
                return Err(format!("text.content.length should be ≤ `2000`, instead was `{length}`"));
            }
            text_item(content, body["link"]["url"].as_str(), &[])
        }
        "equation" => {
            let expression = body["expression"].as_str().ok_or("equation.expression should be a string")?;
            if expression.chars().count() > 1000 {
                return Err("equation.expression.length should be ≤ `1000`".to_owned());
            }
            item("equation", body.clone(), expression, None)
        }
        _ => complete_mention(body)?,
    };
    if let Some(wanted) = given["annotations"].as_object() {
        for (name, value) in wanted {
            made["annotations"][name] = value.clone();
        }
    }
    Ok(made)
}

fn complete_mention(body: &Value) -> Result<Value, String> {
    let kind = [
        "user",
        "page",
        "database",
        "date",
        "link_preview",
        "link_mention",
        "template_mention",
        "custom_emoji",
    ]
    .into_iter()
    .find(|kind| body[*kind].is_object())
    .ok_or_else(|| "mention should have a known type".to_owned())?;
    let inner = &body[kind];
    let made = match kind {
        "user" | "page" | "database" => {
            mention(&format!("{kind}:{}", inner["id"].as_str().unwrap_or_default()))
        }
        "date" => {
            let start = inner["start"].as_str().unwrap_or_default();
            match inner["end"].as_str() {
                Some(end) => mention(&format!("date:{start}/{end}")),
                None => mention(&format!("date:{start}")),
            }
        }
        "link_preview" => mention(&format!("preview:{}", inner["url"].as_str().unwrap_or_default())),
        _ => {
            let mut whole = Map::new();
            whole.insert("type".into(), json!(kind));
            whole.insert(kind.into(), inner.clone());
            let words = inner["title"].as_str().or(inner["name"].as_str()).unwrap_or_default();
            Some(item("mention", Value::Object(whole), words, inner["href"].as_str()))
        }
    };
    made.ok_or_else(|| "mention should have a known type".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_notation_becomes_items() {
        let items =
            marked("Ask {{user:ada@example.com}} about **tea**, see [shop](https://example.com) $$e=mc^2$$");
        let kinds: Vec<&str> = items.iter().filter_map(|item| item["type"].as_str()).collect();
        assert_eq!(kinds, ["text", "mention", "text", "text", "text", "text", "text", "equation"]);
        assert_eq!(items[3]["annotations"]["bold"], true);
        assert_eq!(items[5]["href"], "https://example.com");
        assert_eq!(plain_text(&marked("a * b _ c ` d {{x}} [y]")), "a * b _ c ` d {{x}} [y]");
    }

    #[test]
    fn requests_are_completed_and_limited() {
        let given = json!([{"text": {"content": "hi"}, "annotations": {"bold": true}}]);
        let items = read(&given).unwrap();
        assert_eq!(items[0]["plain_text"], "hi");
        assert_eq!(items[0]["annotations"]["color"], "default");
        assert!(read(&json!([{"text": {"content": "x".repeat(2001)}}])).is_err());
    }
}
