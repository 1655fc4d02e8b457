//! JSON as people read it: characters that are written as their numbers stand for themselves.

use std::borrow::Cow;

/// The same text, with `é` where its number was escaped. What JSON itself is made of stays as it is written.
pub(crate) fn with_characters(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match character(rest).filter(|(c, _)| !c.is_ascii() && !c.is_control()) {
            Some((c, length)) => {
                out.push(c);
                length
            }
            // A backslash that is escaped itself begins nothing.
            None => {
                let length = rest.chars().take(2).map(char::len_utf8).sum();
                out.push_str(&rest[..length]);
                length
            }
        };
        rest = &rest[length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of an escape, or of two that make one, and the bytes it is written in.
fn character(escape: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let hex = escape.get(from..from + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with('+'))
    };
    let first = unit(0)?;
    if let Some(Ok(c)) = char::decode_utf16([first]).next() {
        return Some((c, 6));
    }
    let second = unit(6)?;
    char::decode_utf16([first, second]).next()?.ok().map(|c| (c, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_characters_and_syntax_stays() {
        let text = r#"{"a\\u00e9": "caf\u00E9 \ud83d\udea2 \u706f", "b": "\u0022\n\u0000\ud83d \u00g1 \u+0e9", "c": "\u00"#;
        let read = r#"{"a\\u00e9": "café 🚢 灯", "b": "\u0022\n\u0000\ud83d \u00g1 \u+0e9", "c": "\u00"#;
        assert_eq!(with_characters(text), read);
        assert_eq!(with_characters("\\"), "\\");
        assert_eq!(with_characters(r"\u00e9é\é\u"), r"éé\é\u");
    }
}
