//! Headings of RTF: the library knows one by the level that its paragraph states, while many programs state it only in the
//! style that the paragraph names. Here the level is written beside the style's name.

use std::collections::HashMap;

/// Styles of one file that are known, and steps from a style to those it is based on.
const STYLES: usize = 10_000;
const STEPS: usize = 20;
/// Bytes of a style's name that are looked at.
const NAME_BYTES: usize = 100;
/// Levels that are written into one file: a file of nothing but names of styles must not grow without end.
const WRITTEN: usize = 100_000;
/// Bytes from the start within which the list of styles begins.
const HEAD_BYTES: usize = 8 << 20;
/// The level of a paragraph that is no heading.
const BODY: i32 = 9;

/// The same file, its headings with their levels. A file that names none is returned as it is.
pub(super) fn with_levels(content: Vec<u8>) -> Vec<u8> {
    let Some((levels, end)) = heading_styles(&content) else { return content };
    let mut out = Vec::with_capacity(content.len() + content.len() / 16);
    let (mut pieces, mut copied, mut written) = (Pieces { bytes: &content, at: end }, 0, 0);
    let mut in_heading = false;
    while let Some(piece) = pieces.next() {
        let level = match piece {
            Piece::Word(b"pard", _) => {
                in_heading = false;
                continue;
            }
            Piece::Word(b"s", Some(style)) => levels.get(&style).copied(),
            _ => continue,
        };
        // A style that is no heading ends one only where nothing else does.
        if (level.is_none() && !in_heading) || written == WRITTEN {
            continue;
        }
        in_heading = level.is_some();
        out.extend_from_slice(&content[copied..pieces.at]);
        out.extend_from_slice(format!("\\outlinelevel{}", level.unwrap_or(BODY)).as_bytes());
        copied = pieces.at;
        written += 1;
    }
    match written {
        0 => content,
        _ => {
            out.extend_from_slice(&content[copied..]);
            out
        }
    }
}

/// What a style says of itself.
#[derive(Default)]
struct Style {
    number: Option<i32>,
    level: Option<i32>,
    based_on: Option<i32>,
    name: Vec<u8>,
}

impl Style {
    /// The level it states, or the one in the name that all programs give to their headings.
    fn own_level(&self) -> Option<i32> {
        let name = String::from_utf8_lossy(&self.name).to_ascii_lowercase();
        // Other names that somebody gave it follow after a comma.
        let name = name.split([',', ';']).next().unwrap_or_default().trim();
        let in_name = || match name.strip_prefix("heading ")?.trim().parse() {
            Ok(number @ 1..=9) => Some(number - 1),
            _ => None,
        };
        self.level.or_else(in_name)
    }
}

/// The levels of the styles that are headings, from 0, and where the list of styles ends. `None` where there is none.
fn heading_styles(content: &[u8]) -> Option<(HashMap<i32, i32>, usize)> {
    const LIST: &[u8] = b"{\\stylesheet";
    let head = &content[..content.len().min(HEAD_BYTES)];
    let start = head.windows(LIST.len()).position(|window| window == LIST)? + LIST.len();
    let mut pieces = Pieces { bytes: content, at: start };
    let (mut depth, mut style) = (1_usize, Style::default());
    let mut styles: HashMap<i32, Style> = HashMap::new();
    while depth > 0 {
        match pieces.next()? {
            Piece::Open => {
                depth += 1;
                if depth == 2 {
                    style = Style::default();
                }
            }
            Piece::Close => {
                depth -= 1;
                let closed = std::mem::take(&mut style);
                match closed.number {
                    _ if depth > 1 => style = closed,
                    Some(number) if styles.len() < STYLES => _ = styles.entry(number).or_insert(closed),
                    _ => {}
                }
            }
            Piece::Word(b"s", number) if depth == 2 => style.number = number,
            Piece::Word(b"outlinelevel", level) if depth == 2 => style.level = level,
            Piece::Word(b"sbasedon", base) if depth == 2 => style.based_on = base,
            Piece::Byte(byte) if depth == 2 && style.name.len() < NAME_BYTES => style.name.push(byte),
            _ => {}
        }
    }
    let level_of = |number: &i32| {
        let mut style = styles.get(number);
        for _ in 0..STEPS {
            if let Some(level) = style?.own_level() {
                return Some(level).filter(|level| (0..BODY).contains(level));
            }
            style = style?.based_on.and_then(|base| styles.get(&base));
        }
        None
    };
    let levels: HashMap<i32, i32> =
        styles.keys().filter_map(|number| Some((*number, level_of(number)?))).collect();
    (!levels.is_empty()).then_some((levels, pieces.at))
}

/// A piece of RTF.
enum Piece<'a> {
    Open,
    Close,
    /// A control word and its number.
    Word(&'a [u8], Option<i32>),
    Byte(u8),
    /// A control symbol or an escaped byte.
    Symbol,
}

struct Pieces<'a> {
    bytes: &'a [u8],
    /// Where the next piece begins; after a word, before the blank that ends it.
    at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'{' => Piece::Open,
            b'}' => Piece::Close,
            b'\\' if self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) => self.word(),
            b'\\' => {
                self.at += if self.bytes.get(self.at) == Some(&b'\'') { 3 } else { 1 };
                Piece::Symbol
            }
            byte => Piece::Byte(byte),
        })
    }
}

impl<'a> Pieces<'a> {
    fn word(&mut self) -> Piece<'a> {
        let name = self.run(u8::is_ascii_alphabetic);
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let digits = self.run(u8::is_ascii_digit);
        if digits.is_empty() {
            self.at = start;
        }
        let number = std::str::from_utf8(&self.bytes[start..self.at]).ok().and_then(|text| text.parse().ok());
        // Bytes as they are follow; nothing in them means anything.
        if let (b"bin", Some(length @ 0..)) = (name, number) {
            let blank = usize::from(self.bytes.get(self.at) == Some(&b' '));
            self.at = self.at.saturating_add(blank).saturating_add(length as usize);
        }
        Piece::Word(name, number)
    }

    fn run(&mut self, belongs: fn(&u8) -> bool) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| belongs(byte)).count();
        self.at += length;
        &rest[..length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levelled(rtf: &str) -> String {
        String::from_utf8(with_levels(rtf.as_bytes().to_vec())).unwrap()
    }

    const STYLES: &str = r"{\stylesheet{\s0 Normal;}{\s1\sbasedon0 heading 1;}{\s2\outlinelevel1 Chapter;}{\s3 Heading 3,Part;}{\*\cs7 heading 3;}{\s4\sbasedon2 Mine{\*\keycode x};}{\s5\sbasedon1\outlinelevel9 TOC Heading;}{\s6\sbasedon6 Loop;}}";

    #[test]
    fn levels_stand_beside_the_names_of_heading_styles() {
        for (body, wanted) in [
            (r"\pard\s1 A\par", r"\pard\s1\outlinelevel0 A\par"),
            (r"\pard\s2\b B\par", r"\pard\s2\outlinelevel1\b B\par"),
            (r"\pard\s3 C\par", r"\pard\s3\outlinelevel2 C\par"),
            (r"\pard\s4 C\par", r"\pard\s4\outlinelevel1 C\par"),
            (r"\pard\s1 A\par \pard\s0 b", r"\pard\s1\outlinelevel0 A\par \pard\s0 b"),
            // Nothing else ends the heading.
            (r"\s1 A\par \s0 b\par \s0 c", r"\s1\outlinelevel0 A\par \s0\outlinelevel9 b\par \s0 c"),
            (r"\pard\s0 a \cs7 b \s5 c \s6 d \s-1 \s x", r"\pard\s0 a \cs7 b \s5 c \s6 d \s-1 \s x"),
            (r"\\s1 \'5cs1 {\bin3 \s1} \bin99999999999 \s9", r"\\s1 \'5cs1 {\bin3 \s1} \bin99999999999 \s9"),
        ] {
            assert_eq!(levelled(&format!("{{\\rtf1{STYLES}{body}}}")), format!("{{\\rtf1{STYLES}{wanted}}}"));
        }
    }

    #[test]
    fn files_without_heading_styles_and_broken_ones_stay_as_they_are() {
        for rtf in [
            r"{\rtf1 \s1 A}",
            r"{\rtf1{\stylesheet{\s1 Title;}}\s1 A}",
            r"{\rtf1{\stylesheet{\s1 heading 1;",
            r"{\rtf1{\stylesheet{\s1 heading 1;}}\",
            r"{\rtf1{\stylesheet{\s1 heading 1;}}\bin5",
            r"{\rtf1{\stylesheet{\s1 heading 1;}}\'",
        ] {
            assert_eq!(levelled(rtf), rtf);
        }
    }

    #[test]
    fn a_file_of_nothing_but_styles_grows_only_so_far() {
        let rtf = format!("{{\\rtf1{STYLES}{}}}", r"\s1".repeat(500_000));
        assert!(levelled(&rtf).len() < rtf.len() + WRITTEN * 20);
    }
}
