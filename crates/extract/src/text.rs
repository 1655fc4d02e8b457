//! Decoding bytes of unknown encoding, and making text clean: one kind of line end, nothing invisible.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8};
use gangway_model::Document;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::encoding::{guess_legacy, guess_utf16};

/// Decodes bytes: byte order mark, then ISO-2022-JP by its escapes, UTF-8, the declared charset, what an XML declaration names,
/// UTF-16 by its zero bytes, and at last a guess from the frequency of letters. Never fails. `cut` says that the bytes may end within a character,
/// which is then dropped.
pub(crate) fn decode<'b>(bytes: &'b [u8], declared_charset: Option<&str>, cut: bool) -> Cow<'b, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    match std::str::from_utf8(bytes) {
        // It shifts between its characters by signs of ASCII.
        Ok(text) if shifts(bytes) && text.is_ascii() => {
            return ISO_2022_JP.decode_without_bom_handling(bytes).0;
        }
        Ok(text) if guess_utf16(bytes).is_none() => return Cow::Borrowed(text),
        Err(error) if cut && error.error_len().is_none() => {
            return String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        }
        _ => {}
    }
    let declared = declared_charset.and_then(|label| Encoding::for_label(label.as_bytes()));
    let declared = declared.or_else(|| declared_in_xml(bytes));
    let encoding = match declared {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ => guess_utf16(bytes).unwrap_or_else(|| guess_legacy(bytes)),
    };
    encoding.decode_without_bom_handling(bytes).0
}

/// Whether there are the signs by which ISO-2022-JP turns to Japanese.
fn shifts(bytes: &[u8]) -> bool {
    let turns = bytes.iter().enumerate().filter(|(_, byte)| **byte == 0x1b);
    turns.map(|(at, _)| &bytes[at + 1..]).any(|after| after.starts_with(b"$B") || after.starts_with(b"$@"))
}

/// The encoding that the first line of XML names.
fn declared_in_xml(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    let (declaration, _) = head.strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim();
    Encoding::for_label(value.split(['"', '\'']).nth(1)?.as_bytes())
}

/// The charset parameter of a media type: `text/plain; charset="latin1"` gives `latin1`.
pub(crate) fn declared_charset(media_type: &str) -> Option<String> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    })
}

/// Makes text clean: `\n` line ends, no control characters but `\n` and `\t`, nothing invisible that could hide
/// or split words, composed characters (NFC), at most two blank lines in a row, nothing blank around it.
pub(crate) fn clean(text: &str) -> String {
    // What is left out goes first: two marks that it stood between are put in order only then.
    let kept = || text.chars().filter(|c| is_line_end(*c) || *c == '\t' || !is_unwanted(*c));
    let composed: String;
    let text = match text.is_ascii() || is_nfc_quick(kept()) == IsNormalized::Yes {
        true => text,
        false => {
            composed = kept().nfc().collect();
            &composed
        }
    };
    let mut out = String::with_capacity(text.len());
    let mut line_ends = 0;
    let mut previous_was_return = false;
    let mut rest = text;
    loop {
        // Most of most texts is plain: it is copied by the run.
        let plain = rest.bytes().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
        if plain > 0 {
            let (run, after) = rest.split_at(plain);
            out.push_str(run);
            if run.bytes().any(|byte| !matches!(byte, b' ' | b'\t')) {
                line_ends = 0;
            }
            previous_was_return = false;
            rest = after;
        }
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        let after_return = std::mem::replace(&mut previous_was_return, c == '\r');
        match c {
            '\n' if after_return => {}
            c if is_line_end(c) => {
                trim_line_end(&mut out);
                line_ends += 1;
                if line_ends <= 3 && !out.is_empty() {
                    out.push('\n');
                }
            }
            // As if it were not there: a line end on its both sides stays one.
            c if is_unwanted(c) => previous_was_return = after_return,
            c => {
                line_ends = 0;
                out.push(c);
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{c}' | '\u{b}')
}

/// Printable ASCII and tabs, which cleaning leaves as they are.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

/// Clean, on one line, with single spaces.
pub(crate) fn folded(text: &str) -> String {
    // Most cells of most tables are so already.
    let bytes = text.as_bytes();
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| *byte == b' ');
    let is_folded = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && !is_edge(bytes.first())
        && !is_edge(bytes.last())
        && !bytes.windows(2).any(|pair| pair == b"  ");
    if is_folded {
        return text.to_owned();
    }
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the common entities of HTML and XML stand for.
pub(crate) fn unescaped_markup(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn trim_line_end(out: &mut String) {
    out.truncate(out.trim_end_matches([' ', '\t']).len());
}

/// Control characters, soft hyphens, zero-width spaces, marks, tags and non-characters. Joiners stay: Persian,
/// Indic scripts and emoji need them; so do direction marks.
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Characters of a title and of an author's name that are kept.
pub(crate) const TITLE_CHARS: usize = 300;
pub(crate) const AUTHOR_CHARS: usize = 120;

/// One line for a title, a name or a heading: white space folded, at most `max_chars` characters.
pub(crate) fn one_line(text: &str, max_chars: usize) -> String {
    let folded = folded(text);
    match folded.char_indices().nth(max_chars) {
        Some((at, _)) => format!("{}…", folded[..at].trim_end()),
        None => folded,
    }
}

/// Cleans every section, drops empty ones and cuts the document at its text limit.
pub(crate) fn finish(document: &mut Document, text_bytes: usize) {
    let mut left = text_bytes;
    let mut truncated = document.truncated;
    document.sections.retain_mut(|section| {
        if left == 0 {
            truncated = true;
            return false;
        }
        section.text = clean(&section.text);
        if section.text.len() > left {
            truncated = true;
            section.text.truncate(floor_boundary(&section.text, left));
            section.text.truncate(section.text.trim_end().len());
            left = 0;
        } else {
            left -= section.text.len();
        }
        !section.text.is_empty()
    });
    document.truncated = truncated;
}

/// The largest index not above `at` where `text` may be cut.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(decode("\u{feff}häß".as_bytes(), None, false), "häß");
        assert_eq!(decode(b"\xff\xfeh\0i\0", None, false), "hi");
        assert_eq!(decode(b"\xfe\xff\0h\0i", None, false), "hi");
        assert_eq!(decode(b"h\0e\0l\0l\0o\0", None, false), "hello");
        assert_eq!(decode(b"\0h\0e\0l\0l\0o", None, false), "hello");
        assert_eq!(decode(b"na\xefve \x93q\x94", None, false), "naïve “q”");
        assert_eq!(decode(b"\x83\x65\x83\x58\x83\x67", Some("shift_jis"), false), "テスト");
        assert_eq!(decode(b"caf\xe9", None, false), "café");
        assert_eq!(decode("Ωμέγα".as_bytes(), Some("latin1"), false), "Ωμέγα");
        assert_eq!(decode(b"\x1b$BEtBf\x1b(B ok", None, false), "灯台 ok");
        assert_eq!(decode(b"\x1b[1mbold", None, false), "\u{1b}[1mbold");
        let xml = b"<?xml version='1.0' encoding = 'Shift_JIS'?><a>\x93\x94\x91\xe4</a>";
        assert!(decode(xml, None, false).ends_with("<a>灯台</a>"));
    }

    #[test]
    fn a_cut_last_character_does_not_change_the_encoding() {
        let text = "größer ist besser €";
        let bytes = text.as_bytes();
        assert_eq!(decode(&bytes[..bytes.len() - 1], None, true), "größer ist besser ");
    }

    #[test]
    fn cleaning_leaves_only_what_can_be_seen() {
        assert_eq!(clean("a\r\nb\rc\u{0}\u{7}d\u{200b}e\u{ad}f"), "a\nb\ncdef");
        assert_eq!(clean("  x \t \n\n\n\n\n\ny  "), "  x\n\n\ny");
        assert_eq!(clean("e\u{301}"), "é");
        assert_eq!(clean("\u{e0041}tag"), "tag");
        // Marks that stand together once what was between them is gone: found by fuzzing.
        assert_eq!(clean("\u{5b0}\u{5c2}\u{5c2}\u{0}\u{5bc}"), "\u{5b0}\u{5bc}\u{5c2}\u{5c2}");
        assert_eq!(clean("e\u{ad}\u{301}"), "é");
        assert_eq!(clean("a\r\u{0}\nb"), "a\nb");
        assert_eq!(clean("\n\n  \n"), "");
    }

    #[test]
    fn plain_runs_and_single_characters_are_cleaned_alike() {
        // Beside anything, what is plain and what is not stand next to each other in every way.
        let pieces = ["a", " ", "\t", "\r", "\n", "\u{0}", "\u{2028}", "ä", "e\u{301}", "\u{ad}", "字"];
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    let text = format!("x{one}{two}{three}\n\n\n\n {two}y");
                    assert_eq!(clean(&text), by_the_letter(&text), "{text:?}");
                    let words = by_the_letter(&text).split_whitespace().collect::<Vec<_>>().join(" ");
                    assert_eq!(folded(&text), words, "{text:?}");
                    let cell = format!("{one}b{two}");
                    let words = by_the_letter(&cell).split_whitespace().collect::<Vec<_>>().join(" ");
                    assert_eq!(folded(&cell), words, "{cell:?}");
                }
            }
        }
    }

    /// [`clean`], one character at a time.
    fn by_the_letter(text: &str) -> String {
        let kept = |c: &char| matches!(c, '\r' | '\n' | '\t') || !is_unwanted(*c);
        let text: String = text.chars().filter(kept).nfc().collect();
        let lines = text.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n");
        let (mut out, mut ends) = (String::new(), 0);
        for c in lines.chars() {
            match c {
                '\n' => {
                    trim_line_end(&mut out);
                    ends += 1;
                    if ends <= 3 && !out.is_empty() {
                        out.push(c);
                    }
                }
                ' ' | '\t' => out.push(c),
                c => {
                    ends = 0;
                    out.push(c);
                }
            }
        }
        out.trim_end().to_owned()
    }

    #[test]
    fn one_line_is_bounded() {
        assert_eq!(one_line(" a \n b\tc ", 10), "a b c");
        assert_eq!(one_line("äöüäöü", 3), "äöü…");
    }

    #[test]
    fn a_charset_is_read_from_the_media_type() {
        assert_eq!(declared_charset("text/plain; charset=\"UTF-16\"").as_deref(), Some("utf-16"));
        assert_eq!(declared_charset("text/plain"), None);
    }
}
