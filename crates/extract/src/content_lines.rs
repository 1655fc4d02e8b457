//! Calendars and address cards (iCalendar, vCard): one section for each event or person, folded lines put together, values
//! unpacked, pictures left out.

use gangway_model::{Document, Place, Section};

use crate::text::{TITLE_CHARS, decode, one_line};

/// Entries after which all that follows is one section.
const ENTRIES: usize = 20_000;
const HEADING_CHARS: usize = 120;

/// Reads decoded text that was not made clean yet: blanks at the ends of folded lines belong to words.
pub(crate) fn read_content_lines(text: &str) -> Document {
    let mut document = Document::default();
    let mut entry = Entry::default();
    for line in lines(text) {
        let Some((head, value)) = head_and_value(&line) else { continue };
        let mut parameters = head.split(';');
        let name = parameters.next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
        let parameters: Vec<String> = parameters.map(str::to_ascii_uppercase).collect();
        match name.to_ascii_uppercase().as_str() {
            "BEGIN" if is_entry(value) && document.sections.len() < ENTRIES => {
                document.sections.extend(std::mem::take(&mut entry).finish());
            }
            "END" if is_entry(value) && document.sections.len() < ENTRIES => {
                document.sections.extend(std::mem::take(&mut entry).finish());
            }
            "BEGIN" | "END" | "VERSION" | "PRODID" | "UID" | "CALSCALE" | "SEQUENCE" | "METHOD" => {}
            "X-WR-CALNAME" => document.title = Some(one_line(&unescaped(value), TITLE_CHARS)),
            name if !is_packed(&parameters, value) => {
                let value = match parameters.iter().any(|one| one.contains("QUOTED-PRINTABLE")) {
                    true => unquoted(value, charset_in(&parameters).as_deref()),
                    false => value.to_owned(),
                };
                entry.add(name, unescaped(&value).trim());
            }
            _ => {}
        }
    }
    document.sections.extend(entry.finish());
    document
}

#[derive(Default)]
struct Entry {
    heading: Option<String>,
    text: String,
}

impl Entry {
    fn add(&mut self, name: &str, value: &str) {
        // Between its separators a name may hold nothing.
        if !value.chars().any(char::is_alphanumeric) {
            return;
        }
        if matches!(name, "SUMMARY" | "FN") && self.heading.is_none() {
            self.heading = Some(one_line(value, HEADING_CHARS));
        }
        self.text.push_str(&format!("{name}: {value}\n"));
    }

    fn finish(self) -> Option<Section> {
        let place = Place { heading: self.heading, ..Place::default() };
        (!self.text.is_empty()).then_some(Section { place, text: self.text })
    }
}

/// Whole lines, one at a time: what is folded begins with a blank, and quoted-printable goes on after a `=`.
fn lines(text: &str) -> impl Iterator<Item = String> + '_ {
    let says_quoted = |line: &str| line.to_ascii_uppercase().contains("QUOTED-PRINTABLE");
    let mut lines = text.trim_start_matches('\u{feff}').lines().peekable();
    std::iter::from_fn(move || {
        let mut whole = lines.next()?.to_owned();
        let mut is_quoted = says_quoted(&whole);
        while let Some(next) = lines.peek() {
            if is_quoted && whole.ends_with('=') {
                whole.pop();
                whole.push_str(next);
            } else if let Some(more) = next.strip_prefix([' ', '\t']) {
                is_quoted = is_quoted || says_quoted(more);
                whole.push_str(more);
            } else {
                break;
            }
            lines.next();
        }
        Some(whole)
    })
}

/// The name with its parameters, and the value; a `:` within quotes belongs to a parameter.
fn head_and_value(line: &str) -> Option<(&str, &str)> {
    let mut in_quotes = false;
    let at = line.find(|c: char| {
        in_quotes ^= c == '"';
        c == ':' && !in_quotes
    })?;
    Some((&line[..at], &line[at + 1..]))
}

fn is_entry(kind: &str) -> bool {
    matches!(kind.trim().to_ascii_uppercase().as_str(), "VEVENT" | "VTODO" | "VJOURNAL" | "VCARD")
}

/// Whether a value is bytes: a picture, a sound, a key, a file.
fn is_packed(parameters: &[String], value: &str) -> bool {
    let is_base64 = |one: &String| matches!(one.as_str(), "ENCODING=B" | "ENCODING=BASE64" | "BASE64");
    parameters.iter().any(is_base64) || value.starts_with("data:")
}

fn charset_in(parameters: &[String]) -> Option<String> {
    parameters
        .iter()
        .find_map(|one| one.strip_prefix("CHARSET="))
        .map(|label| label.trim_matches('"').to_owned())
}

/// The characters that quoted-printable stands for.
fn unquoted(value: &str, charset: Option<&str>) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'=').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    decode(&bytes, charset, false).into_owned()
}

/// `\n` for line ends, and a backslash before what would separate.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_very_many_is_put_together_once() {
        // Looked at as a whole for each part, it would take minutes.
        let card =
            format!("BEGIN:VCARD\nFN:Ann\nNOTE;QUOTED-PRINTABLE:{}end\nEND:VCARD\n", "a=\n".repeat(400_000));
        let document = read_content_lines(&card);
        assert_eq!(document.sections.len(), 1);
        assert!(
            document.sections[0].text.len() > 400_000
                && document.sections[0].text.trim_end().ends_with("aend")
        );
        assert_eq!(
            lines("\u{feff}a\n b\n\tc\nX;QUOTED-PRINTABLE:d=\n e\nf=\ng").collect::<Vec<_>>(),
            ["abc", "X;QUOTED-PRINTABLE:d e", "f=", "g",]
        );
    }

    #[test]
    fn events_are_whole_lines_with_their_names() {
        let text = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Ours\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Meeting of the \r\n north\\, all\r\n\
            DTSTART;TZID=\"a:b\":20240704T100000\r\nDESCRIPTION:one\\ntwo\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:Second\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let document = read_content_lines(text);
        assert_eq!(document.title.as_deref(), Some("Ours"));
        let found: Vec<_> = document
            .sections
            .iter()
            .map(|one| (one.place.heading.as_deref().unwrap_or_default(), one.text.as_str()))
            .collect();
        let first = "SUMMARY: Meeting of the north, all\nDTSTART: 20240704T100000\nDESCRIPTION: one\ntwo\n";
        assert_eq!(found, [("Meeting of the north, all", first), ("Second", "SUMMARY: Second\n")]);
    }

    #[test]
    fn cards_are_unpacked_and_lose_their_pictures() {
        let text = "BEGIN:VCARD\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCr=\ngen\nitem1.TEL:+49 40\nPHOTO;ENCODING=b:AAAA\n BBBB\n\
            N:;;;;\nNOTE;QUOTED-PRINTABLE;CHARSET=koi8-r:=F0=D2=C9 =GG=\nEND:VCARD";
        let document = read_content_lines(text);
        assert_eq!(document.sections[0].place.heading.as_deref(), Some("Jürgen"));
        assert_eq!(document.sections[0].text, "FN: Jürgen\nTEL: +49 40\nNOTE: При =GGEND:VCARD\n");
    }
}
