//! The rich text that Slack stores beside a message's `mrkdwn` text.

use serde_json::{Value, json};

/// Returns the `blocks` of a message written by a person.
pub fn blocks(text: &str, block_id: &str) -> Value {
    let mut elements = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if part.is_empty() {
            continue;
        }
        if index % 2 == 1 {
            let code = unescape(part.trim_matches('\n'));
            elements.push(json!({
                "type": "rich_text_preformatted",
                "elements": [{"type": "text", "text": code}],
                "border": 0,
            }));
        } else {
            section(part, &mut elements);
        }
    }
    json!([{"type": "rich_text", "block_id": block_id, "elements": elements}])
}

/// Splits quoted lines from the rest.
fn section(text: &str, elements: &mut Vec<Value>) {
    let mut plain = String::new();
    let flush = |plain: &mut String, elements: &mut Vec<Value>| {
        let text = plain.trim_matches('\n');
        if !text.is_empty() {
            elements.push(json!({"type": "rich_text_section", "elements": inline(text)}));
        }
        plain.clear();
    };
    for line in text.split_inclusive('\n') {
        if let Some(quoted) = line.strip_prefix("&gt; ") {
            flush(&mut plain, elements);
            elements.push(json!({"type": "rich_text_quote", "elements": inline(quoted.trim_end())}));
        } else {
            plain.push_str(line);
        }
    }
    flush(&mut plain, elements);
}

fn inline(text: &str) -> Vec<Value> {
    let mut out = Vec::new();
    for (index, part) in text.split('`').enumerate() {
        if part.is_empty() {
            continue;
        }
        if index % 2 == 1 {
            out.push(json!({"type": "text", "text": unescape(part), "style": {"code": true}}));
        } else {
            references(part, &mut out);
        }
    }
    out
}

/// Turns `<…>` into users, channels, groups, broadcasts, dates and links.
fn references(text: &str, out: &mut Vec<Value>) {
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        words(&rest[..open], out);
        let Some(length) = rest[open..].find('>') else {
            words(&rest[open..], out);
            return;
        };
        out.push(reference(&rest[open + 1..open + length]));
        rest = &rest[open + length + 1..];
    }
    words(rest, out);
}

fn reference(inside: &str) -> Value {
    let (target, label) = match inside.split_once('|') {
        Some((target, label)) => (target, Some(label)),
        None => (inside, None),
    };
    if let Some(user) = target.strip_prefix('@') {
        return json!({"type": "user", "user_id": user});
    }
    if let Some(channel) = target.strip_prefix('#') {
        return json!({"type": "channel", "channel_id": channel});
    }
    if let Some(group) = target.strip_prefix("!subteam^") {
        return json!({"type": "usergroup", "usergroup_id": group});
    }
    if let Some(date) = target.strip_prefix("!date^") {
        let mut parts = date.split('^');
        let moment: i64 = parts.next().and_then(|text| text.parse().ok()).unwrap_or(0);
        let format = parts.next().unwrap_or("{date}");
        return json!({
            "type": "date", "timestamp": moment, "format": format, "fallback": label.unwrap_or(""),
        });
    }
    if let Some(range) = target.strip_prefix('!') {
        return json!({"type": "broadcast", "range": range});
    }
    match label {
        Some(label) => json!({"type": "link", "url": unescape(target), "text": unescape(label)}),
        None => json!({"type": "link", "url": unescape(target)}),
    }
}

/// Writes plain words with their styles and emoji.
fn words(text: &str, out: &mut Vec<Value>) {
    if text.is_empty() {
        return;
    }
    let marks = [('*', "bold"), ('_', "italic"), ('~', "strike")];
    for (mark, style) in marks {
        if let Some((before, inside, after)) = marked(text, mark) {
            words(before, out);
            out.push(json!({"type": "text", "text": unescape(inside), "style": {style: true}}));
            words(after, out);
            return;
        }
    }
    if let Some((before, name, after)) = emoji(text) {
        words(before, out);
        out.push(json!({"type": "emoji", "name": name}));
        words(after, out);
        return;
    }
    out.push(json!({"type": "text", "text": unescape(text)}));
}

/// Finds `*inside*` whose marks stand at word borders.
fn marked(text: &str, mark: char) -> Option<(&str, &str, &str)> {
    let border = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    let open = text.find(mark)?;
    let inside = &text[open + 1..];
    let close = inside.find(mark)?;
    let after = &inside[close + 1..];
    let tight = close > 0 && !inside[..close].starts_with(' ') && !inside[..close].ends_with(' ');
    let borders = border(text[..open].chars().last()) && border(after.chars().next());
    (tight && borders && !inside[..close].contains('\n')).then(|| (&text[..open], &inside[..close], after))
}

fn emoji(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find(':')?;
    let inside = &text[open + 1..];
    let close = inside.find(':')?;
    let name = &inside[..close];
    let fits = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_+-".contains(letter));
    (fits && !name.chars().all(|letter| letter.is_ascii_digit()))
        .then(|| (&text[..open], name, &inside[close + 1..]))
}

/// Decodes the only three escapes there are.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_links_code_and_escapes() {
        let text = "Hi <@U1>, *see* <https://a.example|the page> &amp; `a &lt; b` :tea: in <#C1|general>";
        let shown = blocks(text, "x");
        let kinds: Vec<&str> = shown[0]["elements"][0]["elements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|element| element["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                "text", "user", "text", "text", "text", "link", "text", "text", "text", "emoji", "text",
                "channel"
            ]
        );
        assert!(shown.to_string().contains("a < b"));
    }
}
