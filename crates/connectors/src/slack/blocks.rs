//! Blocks and attachments, rewritten as mrkdwn: so that there is one way from a message to its words.
//! <https://docs.slack.dev/reference/block-kit/blocks/>

use serde_json::Value;

use super::mrkdwn::{Emoji, encode};

/// Rich text nests three or four levels deep; what lies deeper is left out.
const DEEPEST: usize = 12;
/// Elements looked at in one message.
const MOST_ELEMENTS: usize = 10_000;
const MOST_EMOJI: usize = 100;

/// Whether people read these blocks instead of the message's `text`. Rich text is only `text` once more.
pub fn replace_text(blocks: &[Value]) -> bool {
    blocks.iter().any(|block| kind(block) != "rich_text" && !is_silent(kind(block)))
}

/// Blocks that hold no words.
fn is_silent(kind: &str) -> bool {
    matches!(kind, "" | "divider" | "actions" | "input" | "file" | "call" | "share_shortcut")
}

/// The words of blocks.
pub fn of_blocks(blocks: &[Value]) -> String {
    let mut writer = Writer::default();
    for block in blocks {
        writer.block(block);
    }
    writer.finish()
}

/// The words of attachments, without the previews that Slack makes of links.
pub fn of_attachments(attachments: &[Value]) -> String {
    let mut writer = Writer::default();
    for attachment in attachments.iter().filter(|attachment| !is_preview(attachment)) {
        writer.attachment(attachment);
    }
    writer.finish()
}

/// A preview of a linked page: made by Slack after the message was sent, and no part of what was said. A message that
/// is quoted or shared is part of it.
fn is_preview(attachment: &Value) -> bool {
    let has = |name: &str| attachment.get(name).is_some_and(|value| !value.is_null());
    let is = |name: &str| attachment.get(name) == Some(&Value::Bool(true));
    let is_message = is("is_msg_unfurl") || is("is_share") || is("is_reply_unfurl") || has("message_blocks");
    (has("from_url") || has("original_url")) && !is_message && !has("bot_id")
}

/// The emoji in blocks whose characters Slack tells.
pub fn emoji_of(blocks: &[Value], into: &mut Emoji) {
    let mut open: Vec<&Value> = blocks.iter().rev().collect();
    for _ in 0..MOST_ELEMENTS {
        let Some(element) = open.pop() else { return };
        if kind(element) == "emoji"
            && let (Some(name), Some(shown)) =
                (word(element, "name"), word(element, "unicode").and_then(characters))
            && into.len() < MOST_EMOJI
        {
            let tone = element.get("skin_tone").and_then(Value::as_u64);
            let code = tone.map_or_else(|| name.to_owned(), |tone| format!("{name}::skin-tone-{tone}"));
            into.insert(code, shown);
        }
        open.extend(list(element, "elements").iter().rev());
    }
}

/// Reads `1f44d-1f3fb` as its characters.
fn characters(code: &str) -> Option<String> {
    code.split('-').map(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?)).collect()
}

#[derive(Default)]
struct Writer {
    written: String,
    elements: usize,
}

impl Writer {
    fn finish(self) -> String {
        self.written.trim().to_owned()
    }

    /// Writes a part on lines of its own.
    fn part(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.written.push_str(text.trim_matches('\n'));
            self.written.push('\n');
        }
    }

    fn block(&mut self, block: &Value) {
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return;
        }
        match kind(block) {
            "rich_text" => {
                for element in list(block, "elements") {
                    let text = self.rich(element, DEEPEST);
                    self.part(&text);
                }
            }
            "section" => {
                self.part(&text_object(block.get("text")));
                for field in list(block, "fields") {
                    self.part(&text_object(Some(field)));
                }
            }
            "header" => self.part(&text_object(block.get("text"))),
            "markdown" => self.part(&encode(word(block, "text").unwrap_or_default())),
            "context" => {
                let parts = list(block, "elements").iter().map(|element| match kind(element) {
                    "image" => encode(word(element, "alt_text").unwrap_or_default()),
                    _ => text_object(Some(element)),
                });
                let parts: Vec<String> = parts.filter(|part| !part.trim().is_empty()).collect();
                self.part(&parts.join(" "));
            }
            "image" | "video" => {
                let title = text_object(block.get("title"));
                let shown = if title.is_empty() {
                    encode(word(block, "alt_text").unwrap_or_default())
                } else {
                    title
                };
                self.part(&shown);
                self.part(&text_object(block.get("description")));
            }
            "table" => self.table(block),
            _ => {}
        }
    }

    fn table(&mut self, block: &Value) {
        for row in list(block, "rows") {
            let cells: Vec<String> = row
                .as_array()
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .map(|cell| match kind(cell) {
                    "rich_text" => {
                        let parts = list(cell, "elements").iter().map(|element| self.rich(element, DEEPEST));
                        parts.collect::<Vec<_>>().join(" ")
                    }
                    _ => text_object(Some(cell)),
                })
                .collect();
            self.part(&cells.join(" | "));
        }
    }

    /// Rich text as mrkdwn; the depth left bounds the recursion.
    fn rich(&mut self, element: &Value, depth: usize) -> String {
        self.elements += 1;
        if depth == 0 || self.elements > MOST_ELEMENTS {
            return String::new();
        }
        let mut inside = |joined_by: &str| {
            let parts = list(element, "elements").iter().map(|inner| self.rich(inner, depth - 1));
            parts.collect::<Vec<_>>().join(joined_by)
        };
        match kind(element) {
            "rich_text" => inside("\n"),
            "rich_text_section" => inside(""),
            "rich_text_quote" => inside("").lines().map(|line| format!("&gt; {line}\n")).collect(),
            "rich_text_preformatted" => format!("```{}```", inside("")),
            "rich_text_list" => self.rich_list(element, depth),
            "text" => styled(element, encode(word(element, "text").unwrap_or_default())),
            "link" => {
                let url = encode(word(element, "url").unwrap_or_default());
                let label = word(element, "text").map(|label| format!("|{}", encode(label)));
                styled(element, format!("<{url}{}>", label.unwrap_or_default()))
            }
            "user" => mention("@", word(element, "user_id")),
            "channel" => mention("#", word(element, "channel_id")),
            "usergroup" => mention("!subteam^", word(element, "usergroup_id")),
            "broadcast" => mention("!", word(element, "range")),
            "emoji" => {
                let tone = element.get("skin_tone").and_then(Value::as_u64);
                let tone = tone.map(|tone| format!(":skin-tone-{tone}:")).unwrap_or_default();
                format!(":{}:{tone}", word(element, "name").unwrap_or_default())
            }
            "date" => {
                let seconds = element.get("timestamp").and_then(Value::as_i64).unwrap_or_default();
                let words = word(element, "fallback").map(|words| format!("|{}", encode(words)));
                format!("<!date^{seconds}^{{date}}{}>", words.unwrap_or_default())
            }
            _ => encode(word(element, "text").unwrap_or_default()),
        }
    }

    fn rich_list(&mut self, element: &Value, depth: usize) -> String {
        let is_numbered = word(element, "style") == Some("ordered");
        let indent = element.get("indent").and_then(Value::as_u64).unwrap_or_default().min(8) as usize;
        let mut lines = String::new();
        for (number, item) in list(element, "elements").iter().enumerate() {
            let sign = if is_numbered { format!("{}.", number + 1) } else { "-".to_owned() };
            let text = self.rich(item, depth - 1);
            lines.push_str(&format!("{}{sign} {text}\n", "    ".repeat(indent)));
        }
        lines
    }

    fn attachment(&mut self, attachment: &Value) {
        self.part(word(attachment, "pretext").unwrap_or_default());
        let before = self.written.len();
        self.part(&encode(word(attachment, "author_name").unwrap_or_default()));
        if let Some(title) = word(attachment, "title") {
            let link = word(attachment, "title_link").map(|link| format!("<{}|{title}>", encode(link)));
            self.part(&link.unwrap_or_else(|| title.to_owned()));
        }
        let blocks = list(attachment, "blocks").iter().chain(message_blocks(attachment));
        let mut has_blocks = false;
        for block in blocks {
            has_blocks |= !is_silent(kind(block));
            self.block(block);
        }
        if !has_blocks {
            self.part(word(attachment, "text").unwrap_or_default());
        }
        for field in list(attachment, "fields") {
            let (title, value) =
                (word(field, "title").unwrap_or_default(), word(field, "value").unwrap_or_default());
            let line = [title, value].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
            self.part(&line.join(": "));
        }
        if self.written.len() == before {
            self.part(word(attachment, "fallback").unwrap_or_default());
        }
        self.part(&encode(word(attachment, "footer").unwrap_or_default()));
    }
}

/// The blocks of the messages that an attachment quotes.
fn message_blocks(attachment: &Value) -> impl Iterator<Item = &Value> {
    let messages = list(attachment, "message_blocks").iter();
    messages.filter_map(|quoted| quoted.get("message")).flat_map(|message| list(message, "blocks"))
}

/// The style of a piece of rich text as markers around it.
fn styled(element: &Value, text: String) -> String {
    let has =
        |style: &str| element.get("style").and_then(|styles| styles.get(style)) == Some(&Value::Bool(true));
    let inner = text.trim();
    if inner.is_empty() || inner.contains('\n') {
        return text;
    }
    let markers: String = [("strike", '~'), ("italic", '_'), ("bold", '*'), ("code", '`')]
        .into_iter()
        .filter_map(|(style, marker)| has(style).then_some(marker))
        .collect();
    let closing: String = markers.chars().rev().collect();
    text.replacen(inner, &format!("{markers}{inner}{closing}"), 1)
}

fn mention(sign: &str, id: Option<&str>) -> String {
    id.map(|id| format!("<{sign}{}>", encode(id))).unwrap_or_default()
}

/// The text of a text object: mrkdwn as it is, plain text encoded.
fn text_object(object: Option<&Value>) -> String {
    let Some(object) = object else { return String::new() };
    let text = object.as_str().or_else(|| word(object, "text")).unwrap_or_default();
    if kind(object) == "mrkdwn" { text.to_owned() } else { encode(text) }
}

fn kind(value: &Value) -> &str {
    word(value, "type").unwrap_or_default()
}

fn word<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
