//! What commands print: tables and progress for people, JSON for machines.

pub mod progress;
pub mod table;
pub mod words;

use std::io::{IsTerminal, Write};

use serde_json::Value;

/// Prints a line on standard output. A reader that went away (`| head`) ends the program quietly.
pub fn line(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints a piece of a document's text as it is; on a terminal without what could steer it.
pub fn text(piece: &str) {
    let mut out = std::io::stdout().lock();
    let written = match std::io::stdout().is_terminal() {
        true => out.write_all(unsteered(piece).as_bytes()),
        false => out.write_all(piece.as_bytes()),
    };
    if written.and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn unsteered(text: &str) -> String {
    let shown = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c };
    text.replace("\r\n", "\n").chars().map(shown).collect()
}

/// Prints a remark on standard error, beside whatever standard output is used for.
pub fn remark(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

pub fn json(value: &Value) {
    line(serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Whether people watch: then there may be colours and moving bars.
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether standard output goes to a terminal that shows colours.
pub fn is_coloured() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Text from outside, safe to print: whatever could steer a terminal is made visible.
pub fn safe(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' | '\n' | '\r' => ' ',
            c if c.is_control() => '\u{fffd}',
            // Characters that turn the direction of writing can disguise a name.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Wraps text in an ANSI style when standard output shows colours.
pub fn styled(text: &str, code: &str) -> String {
    match is_coloured() {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_cannot_steer_the_terminal() {
        assert_eq!(super::unsteered("a\x1b[2Jb\r\nc\td"), "a\u{fffd}[2Jb\nc\td");
        assert_eq!(super::safe("a\x1b[2Jb\u{202e}c\nd"), "a\u{fffd}[2Jb\u{fffd}c d");
    }
}
