//! Slack's own markup (mrkdwn), read into pieces and written as Markdown or as plain words.
//! <https://docs.slack.dev/messaging/formatting-message-text/>
//!
//! What lies in `<…>` is split off first and the three escapes are decoded afterwards, so that escaped text is never
//! taken for markup. Nothing is read inside code.

use std::collections::BTreeMap;

use super::ids::is_id;
use super::people::{Directory, Wanted};

/// Beyond it, a `<` is only a character.
const LONGEST_TAG: usize = 8 << 10;

/// Emoji codes (`+1::skin-tone-2`) with their characters, as far as Slack told them.
pub type Emoji = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Decoded; may hold markers and line breaks.
    Text(String),
    Code(String),
    Block(String),
    User {
        id: String,
        label: Option<String>,
    },
    Channel {
        id: String,
        label: Option<String>,
    },
    Group {
        id: String,
        label: Option<String>,
    },
    /// Words that stand for themselves: `@here`, a date.
    Words(String),
    Link {
        url: String,
        label: Option<String>,
    },
}

/// Reads mrkdwn.
pub fn read(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(['`', '<']) {
        let start = at + found;
        match special(&text[start..]) {
            Some((piece, length)) => {
                push_text(&mut pieces, &text[plain_from..start]);
                pieces.push(piece);
                at = start + length;
                plain_from = at;
            }
            None => at = start + 1,
        }
    }
    push_text(&mut pieces, &text[plain_from..]);
    pieces
}

fn push_text(pieces: &mut Vec<Piece>, raw: &str) {
    if !raw.is_empty() {
        pieces.push(Piece::Text(decode(raw)));
    }
}

/// Reads what begins with a backtick or `<`, and says how long it is.
fn special(text: &str) -> Option<(Piece, usize)> {
    if let Some(rest) = text.strip_prefix("```") {
        let end = rest.find("```").filter(|end| *end > 0)?;
        return Some((Piece::Block(decode(rest[..end].trim_matches('\n'))), end + 6));
    }
    if let Some(rest) = text.strip_prefix('`') {
        let end = rest.find(['`', '\n']).filter(|end| *end > 0 && rest[*end..].starts_with('`'))?;
        return Some((Piece::Code(decode(&rest[..end])), end + 2));
    }
    let rest = text.strip_prefix('<')?;
    let window = rest.as_bytes();
    let end = window[..window.len().min(LONGEST_TAG)].iter().position(|byte| matches!(byte, b'>' | b'<'))?;
    let is_closed = window[end] == b'>' && end > 0;
    is_closed.then(|| (tag(&rest[..end]), end + 2))
}

fn tag(inside: &str) -> Piece {
    let (what, label) = match inside.split_once('|') {
        Some((what, label)) => (what, Some(decode(label)).filter(|label| !label.trim().is_empty())),
        None => (inside, None),
    };
    let id_after = |sign: char| what.strip_prefix(sign).filter(|id| is_id(id)).map(str::to_owned);
    if let Some(id) = id_after('@') {
        return Piece::User { id, label };
    }
    if let Some(id) = id_after('#') {
        return Piece::Channel { id, label };
    }
    if let Some(special) = what.strip_prefix('!').filter(|special| !special.is_empty()) {
        return special_mention(special, label);
    }
    if what.starts_with(['@', '#']) {
        return Piece::Words(label.unwrap_or_else(|| decode(what)));
    }
    Piece::Link { url: decode(what), label }
}

fn special_mention(special: &str, label: Option<String>) -> Piece {
    let mut parts = special.split('^');
    match (parts.next(), parts.next()) {
        (Some("here" | "channel" | "everyone" | "group"), None) => Piece::Words(format!("@{special}")),
        (Some("subteam"), Some(id)) if is_id(id) => Piece::Group { id: id.to_owned(), label },
        (Some("date"), Some(seconds)) => Piece::Words(label.unwrap_or_else(|| date(seconds))),
        _ => Piece::Words(label.unwrap_or_else(|| decode(special))),
    }
}

/// A moment whose writer gave no words for it.
fn date(seconds: &str) -> String {
    let moment = seconds.parse().ok().and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
    moment.map_or_else(|| seconds.to_owned(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// Decodes the only three escapes there are, each once.
pub fn decode(raw: &str) -> String {
    raw.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Writes text so that [`read`] gives it back.
pub fn encode(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Notes whose names a text needs.
pub fn collect_wanted(text: &str, wanted: &mut Wanted) {
    for piece in read(text) {
        match piece {
            Piece::User { id, .. } => wanted.person(&id),
            Piece::Channel { id, label: None } => wanted.channel(&id),
            Piece::Group { label: None, .. } => wanted.groups = true,
            _ => {}
        }
    }
}

/// Writes mrkdwn as Markdown.
pub fn markdown(text: &str, directory: &Directory, emoji: &Emoji) -> String {
    let mut units = Vec::new();
    for piece in read(text) {
        match piece {
            Piece::Text(text) => units.extend(with_emoji(text, emoji).chars().map(Unit::Char)),
            Piece::Code(code) => units.push(Unit::Atom(format!("`{code}`"))),
            Piece::Block(block) => {
                let is_at_line_start = matches!(units.last(), None | Some(Unit::Char('\n')));
                units.extend((!is_at_line_start).then_some(Unit::Char('\n')));
                units.push(Unit::Block(format!("```\n{block}\n```")));
                units.push(Unit::Char('\n'));
            }
            Piece::Link { url, label } => units.push(Unit::Atom(markdown_link(&url, label.as_deref()))),
            other => units.push(Unit::Atom(words_of(&other, directory))),
        }
    }
    let mut written = String::with_capacity(text.len());
    let mut quotes_the_rest = false;
    for line in units.split(|unit| *unit == Unit::Char('\n')) {
        let (quote, line) = without_quote(line, &mut quotes_the_rest);
        if quote {
            written.push_str("> ");
        }
        write_line(line, &mut written);
        written.push('\n');
    }
    written.truncate(written.trim_end().len());
    written
}

/// Writes mrkdwn as plain words: no markers, links by their labels.
pub fn plain(text: &str, directory: &Directory, emoji: &Emoji) -> String {
    let mut units = Vec::new();
    for piece in read(text) {
        match piece {
            Piece::Text(text) => units.extend(with_emoji(text, emoji).chars().map(Unit::Char)),
            Piece::Code(code) => units.push(Unit::Atom(code)),
            Piece::Block(block) => units.extend(block.chars().map(Unit::Char)),
            Piece::Link { url, label } => units.push(Unit::Atom(label.unwrap_or_else(|| bare(&url)))),
            other => units.push(Unit::Atom(words_of(&other, directory))),
        }
    }
    let mut written = String::with_capacity(text.len());
    let mut quotes_the_rest = false;
    for line in units.split(|unit| *unit == Unit::Char('\n')) {
        let (_, line) = without_quote(line, &mut quotes_the_rest);
        let marks = marks(line);
        for (unit, mark) in line.iter().zip(marks) {
            match unit {
                Unit::Char(c) if mark.is_none() => written.push(*c),
                Unit::Char(_) => {}
                Unit::Atom(text) | Unit::Block(text) => written.push_str(text),
            }
        }
        written.push('\n');
    }
    written.truncate(written.trim_end().len());
    written
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Unit {
    Char(char),
    /// Finished words within a line.
    Atom(String),
    /// Finished lines.
    Block(String),
}

/// Takes the quotation mark off a line: `>`, or `>>>` for all that follows.
fn without_quote<'a>(line: &'a [Unit], quotes_the_rest: &mut bool) -> (bool, &'a [Unit]) {
    let signs = line.iter().take_while(|unit| **unit == Unit::Char('>')).count();
    if signs == 0 {
        return (*quotes_the_rest, line);
    }
    *quotes_the_rest |= signs >= 3;
    let rest = &line[if signs >= 3 { 3 } else { 1 }..];
    let blanks = usize::from(rest.first() == Some(&Unit::Char(' ')));
    (true, &rest[blanks..])
}

fn write_line(line: &[Unit], into: &mut String) {
    // What would make a heading of this line or the one before.
    let first = line.first();
    let is_rule = matches!(first, Some(Unit::Char('-' | '='))) && line.iter().all(|unit| Some(unit) == first);
    if first == Some(&Unit::Char('#')) || is_rule {
        into.push('\\');
    }
    for (unit, mark) in line.iter().zip(marks(line)) {
        match (unit, mark) {
            (Unit::Char(_), Some(mark)) => into.push_str(mark),
            (Unit::Char(c), None) => into.push(*c),
            (Unit::Atom(text) | Unit::Block(text), _) => into.push_str(text),
        }
    }
}

/// Slack's markers with Markdown's.
const MARKERS: [(char, &str); 3] = [('*', "**"), ('_', "_"), ('~', "~~")];

/// For each unit of a line, the Markdown marker that takes its place. Markers count only in pairs, at the borders of
/// words, around something.
fn marks(line: &[Unit]) -> Vec<Option<&'static str>> {
    let mut marks = vec![None; line.len()];
    for (marker, markdown) in MARKERS {
        let mut open = None;
        for (at, unit) in line.iter().enumerate() {
            if *unit != Unit::Char(marker) {
                continue;
            }
            let before = at.checked_sub(1).map(|before| &line[before]);
            let after = line.get(at + 1);
            match open {
                Some(opened) if at > opened + 1 && !is_blank(before) && is_border(after) => {
                    marks[opened] = Some(markdown);
                    marks[at] = Some(markdown);
                    open = None;
                }
                _ if is_border(before) && !is_blank(after) && after != Some(unit) => open = Some(at),
                _ => {}
            }
        }
    }
    marks
}

fn is_blank(unit: Option<&Unit>) -> bool {
    match unit {
        None => true,
        Some(Unit::Char(c)) => c.is_whitespace(),
        Some(_) => false,
    }
}

fn is_border(unit: Option<&Unit>) -> bool {
    match unit {
        None => true,
        Some(Unit::Char(c)) => !c.is_alphanumeric(),
        Some(_) => false,
    }
}

fn words_of(piece: &Piece, directory: &Directory) -> String {
    match piece {
        Piece::User { id, label } => {
            let known = directory.person(id).or(label.as_deref());
            format!("@{}", known.unwrap_or(id).trim_start_matches('@'))
        }
        Piece::Channel { id, label } => {
            let known = label.as_deref().or_else(|| directory.channel(id));
            format!("#{}", known.unwrap_or(id).trim_start_matches('#'))
        }
        Piece::Group { id, label } => {
            let known = label.as_deref().or_else(|| directory.group(id));
            format!("@{}", known.unwrap_or(id).trim_start_matches('@'))
        }
        Piece::Words(words) | Piece::Text(words) | Piece::Code(words) | Piece::Block(words) => words.clone(),
        Piece::Link { url, label } => label.clone().unwrap_or_else(|| bare(url)),
    }
}

fn markdown_link(url: &str, label: Option<&str>) -> String {
    match label {
        Some(label) if label != url && label != bare(url) => {
            let target = match url.contains([' ', '(', ')']) {
                true => format!("<{url}>"),
                false => url.to_owned(),
            };
            format!("[{label}]({target})")
        }
        Some(label) => label.to_owned(),
        None => bare(url),
    }
}

/// An address as people write it.
fn bare(url: &str) -> String {
    let shown = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:"));
    shown.unwrap_or(url).to_owned()
}

fn with_emoji(mut text: String, emoji: &Emoji) -> String {
    // From the last: a code with a skin tone begins like the one without, and sorts after it.
    for (code, shown) in emoji.iter().rev() {
        let written = format!(":{code}:");
        if text.contains(&written) {
            text = text.replace(&written, shown);
        }
    }
    text
}
