//! Runs of text with their marks, mentions and equations, as Markdown or as plain words.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ids::{address, uuid};
use super::wire::{field, lenient, read};

/// One run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RichText {
    #[serde(rename = "type", deserialize_with = "lenient")]
    kind: String,
    #[serde(deserialize_with = "lenient")]
    plain_text: String,
    #[serde(deserialize_with = "lenient")]
    href: Option<String>,
    #[serde(deserialize_with = "lenient")]
    annotations: Marks,
    #[serde(deserialize_with = "lenient")]
    mention: Value,
    #[serde(deserialize_with = "lenient")]
    equation: Value,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Marks {
    #[serde(deserialize_with = "lenient")]
    bold: bool,
    #[serde(deserialize_with = "lenient")]
    italic: bool,
    #[serde(deserialize_with = "lenient")]
    strikethrough: bool,
    #[serde(deserialize_with = "lenient")]
    code: bool,
}

/// The words alone.
pub fn plain(runs: &[RichText]) -> String {
    runs.iter().map(|run| run.words()).collect()
}

/// Markdown within a line (or several: line breaks stay).
pub fn markdown(runs: &[RichText]) -> String {
    let mut text = String::new();
    for piece in pieces(runs) {
        piece.write_to(&mut text);
    }
    text
}

/// Markdown on one line.
pub fn one_line(runs: &[RichText]) -> String {
    markdown(runs).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text with one set of marks and one link.
struct Piece<'a> {
    text: Cow<'a, str>,
    marks: Marks,
    link: Option<String>,
    /// Written as Markdown already.
    is_markdown: bool,
}

/// Runs that differ only in colour are one piece: marks that end and begin anew within a word are not read as such.
fn pieces(runs: &[RichText]) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::with_capacity(runs.len());
    for run in runs {
        let piece = run.piece();
        match pieces.last_mut() {
            Some(last)
                if last.marks == piece.marks
                    && last.link == piece.link
                    && last.is_markdown == piece.is_markdown =>
            {
                last.text.to_mut().push_str(&piece.text);
            }
            _ => pieces.push(piece),
        }
    }
    pieces
}

impl RichText {
    fn piece(&self) -> Piece<'_> {
        let (text, link, is_markdown) = match self.kind.as_str() {
            "equation" => {
                let expression: Option<String> = field(&self.equation, "expression");
                (
                    Cow::Owned(format!("${}$", expression.unwrap_or_else(|| self.plain_text.clone()))),
                    None,
                    true,
                )
            }
            "mention" => {
                let (text, link) = self.mentioned();
                (text, link, false)
            }
            _ => (Cow::Borrowed(self.plain_text.as_str()), self.href.as_deref().and_then(link_to), false),
        };
        Piece { text, marks: self.annotations, link, is_markdown }
    }

    /// The words of a run, mentions included.
    fn words(&self) -> Cow<'_, str> {
        match self.kind.as_str() {
            "mention" => self.mentioned().0,
            "equation" if self.plain_text.is_empty() => {
                field::<String>(&self.equation, "expression").unwrap_or_default().into()
            }
            _ => Cow::Borrowed(&self.plain_text),
        }
    }

    /// What a mention says, and where it leads.
    fn mentioned(&self) -> (Cow<'_, str>, Option<String>) {
        let told = || Cow::Borrowed(self.plain_text.as_str());
        let kind: String = field(&self.mention, "type").unwrap_or_default();
        let body = self.mention.get(&kind).unwrap_or(&Value::Null);
        let text = |name: &str| field::<String>(body, name).filter(|text| !text.is_empty());
        match kind.as_str() {
            "user" => match (self.plain_text.is_empty(), text("name")) {
                (false, _) if self.plain_text.starts_with('@') => (told(), None),
                (false, _) => (format!("@{}", self.plain_text).into(), None),
                (true, name) => (format!("@{}", name.unwrap_or_else(|| "somebody".to_owned())).into(), None),
            },
            "page" | "database" | "data_source" => {
                let title = if self.plain_text.is_empty() { "Untitled".into() } else { told() };
                let id = text("id").and_then(|id| uuid(&id));
                (title, id.map(|id| address(&id)))
            }
            "date" => (date(body).map_or_else(told, Cow::Owned), None),
            "link_preview" => {
                let url = text("url");
                let words =
                    if self.plain_text.is_empty() { url.clone().unwrap_or_default().into() } else { told() };
                (words, url.as_deref().and_then(link_to))
            }
            "link_mention" => {
                let url = text("href");
                let words = text("title").or_else(|| url.clone()).map_or_else(told, Cow::Owned);
                (words, url.as_deref().and_then(link_to))
            }
            "custom_emoji" => (text("name").map_or_else(told, |name| format!(":{name}:").into()), None),
            // Those of templates, and what comes later.
            _ => (told(), self.href.as_deref().and_then(link_to)),
        }
    }
}

impl Piece<'_> {
    fn write_to(&self, out: &mut String) {
        // Marks hold only when they touch the words.
        let words = self.text.trim();
        if words.is_empty() {
            out.push_str(&self.text);
            return;
        }
        let start = self.text.len() - self.text.trim_start().len();
        let end = start + words.len();
        let mut text = match (self.marks.code, self.is_markdown) {
            (true, _) => code(words),
            (false, true) => words.to_owned(),
            (false, false) => escaped(words, out.chars().next_back().is_none_or(|c| c == '\n')),
        };
        for (on, mark) in
            [(self.marks.italic, "*"), (self.marks.bold, "**"), (self.marks.strikethrough, "~~")]
        {
            if on {
                text = format!("{mark}{text}{mark}");
            }
        }
        if let Some(link) = &self.link {
            text = format!("[{text}]({link})");
        }
        out.push_str(&self.text[..start]);
        out.push_str(&text);
        out.push_str(&self.text[end..]);
    }
}

/// A date, or a span of time, in words.
pub fn date(value: &Value) -> Option<String> {
    let start: String = field(value, "start")?;
    let end = field::<String>(value, "end").map(|end| format!(" → {end}")).unwrap_or_default();
    let zone = field::<String>(value, "time_zone").map(|zone| format!(" ({zone})")).unwrap_or_default();
    Some(format!("{start}{end}{zone}"))
}

/// Reads runs from a value. What is none is left out, the others stay.
pub fn runs(value: &Value) -> Vec<RichText> {
    value.as_array().into_iter().flatten().filter_map(read).collect()
}

/// Reads runs as a field of an object.
pub fn runs_in<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RichText>, D::Error> {
    Ok(runs(&Value::deserialize(deserializer)?))
}

/// An address fit for a Markdown link; links within Notion may lack the host.
fn link_to(href: &str) -> Option<String> {
    let href = href.trim();
    let whole = match href.strip_prefix('/') {
        Some(path) => format!("https://www.notion.so/{path}"),
        None if href.contains(':') || href.starts_with('#') => href.to_owned(),
        None => return None,
    };
    Some(link_target(&whole))
}

/// An address between the brackets of a link.
pub fn link_target(url: &str) -> String {
    match url.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '<' | '>')) {
        true => {
            let mut safe = String::with_capacity(url.len());
            for c in url.chars() {
                match c {
                    '(' => safe.push_str("%28"),
                    ')' => safe.push_str("%29"),
                    '<' => safe.push_str("%3C"),
                    '>' => safe.push_str("%3E"),
                    c if c.is_whitespace() || c.is_control() => safe.push_str("%20"),
                    c => safe.push(c),
                }
            }
            safe
        }
        false => url.to_owned(),
    }
}

/// Text between as many backticks as it needs.
fn code(text: &str) -> String {
    let longest = longest_run(text, '`');
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The longest run of a character.
pub fn longest_run(text: &str, of: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == of { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Words as Markdown that reads as just these words.
pub fn escaped(text: &str, at_line_start: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut line_start = at_line_start;
    let mut before = ' ';
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let after = rest.peek().map_or(' ', |(_, next)| *next);
        let is_special = match c {
            '\\' => after.is_ascii_punctuation(),
            '`' | '*' | '[' | ']' => true,
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '~' => after == '~' || before == '~',
            '<' => after.is_alphabetic() || matches!(after, '/' | '!'),
            '#' | '>' | '+' | '-' | '=' if line_start => starts_block(&text[at..]),
            _ => false,
        };
        if is_special {
            out.push('\\');
        }
        // `1.` at the start of a line would begin a list.
        if matches!(c, '.' | ')') && matches!(after, ' ' | '\n') && is_number_line(&text[..at], at_line_start)
        {
            out.push('\\');
        }
        out.push(c);
        line_start = c == '\n' || (line_start && c == ' ');
        before = c;
    }
    out
}

/// Whether a line that starts like this would be read as something else than text.
fn starts_block(line: &str) -> bool {
    let line = line.lines().next().unwrap_or_default();
    let mark = line.chars().next().unwrap_or(' ');
    let run = line.chars().take_while(|c| *c == mark).count();
    let after = line.chars().nth(run);
    match mark {
        '#' => run <= 6 && after.is_none_or(|c| c == ' '),
        '>' => true,
        '-' | '=' if run > 1 && after.is_none_or(|c| c == ' ') => true,
        '-' | '+' => run == 1 && after.is_none_or(|c| c == ' '),
        _ => false,
    }
}

/// Whether the last line so far is nothing but a short number.
fn is_number_line(before: &str, at_line_start: bool) -> bool {
    let line = match before.rsplit_once('\n') {
        Some((_, line)) => line,
        None if at_line_start => before,
        None => return false,
    };
    let digits = line.trim_start();
    (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}
