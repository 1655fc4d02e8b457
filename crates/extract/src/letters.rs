//! Letters as programs for PDF give them: blanks on the wrong side of what stands from left to right within a line from right to
//! left, and signs of private use for the marks of Thai.

/// Marks that such programs put around runs of text. They would stand between words and punctuation.
pub(crate) fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same text without marks of direction, its words apart and its letters those that everybody writes.
pub(crate) fn in_order(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Whether a run from left to right has just begun, and whether it holds a blank: one that stands before it is found
    // within it, and what follows it stands close.
    let (mut begins, mut has_blank) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{202a}' => (begins, has_blank) = (true, false),
            '\u{202c}' => {
                let is_close = chars.peek().is_some_and(|next| next.is_alphanumeric());
                if std::mem::take(&mut has_blank) && is_close {
                    out.push(' ');
                }
                begins = false;
            }
            c if is_direction_mark(c) => {}
            ' ' if begins && out.ends_with([' ', '\n']) => has_blank = true,
            c => {
                has_blank |= c == ' ';
                begins = false;
                out.push(thai(c).unwrap_or(c));
            }
        }
    }
    out
}

/// What a sign of private use stands for, by which old Thai fonts name a letter that is drawn lower, or further left, than
/// usual.
fn thai(c: char) -> Option<char> {
    Some(match c {
        '\u{f700}' => '\u{e10}',
        '\u{f701}'..='\u{f704}' => char::from_u32(u32::from(c) - 0xf701 + 0xe34)?,
        '\u{f705}'..='\u{f709}' => char::from_u32(u32::from(c) - 0xf705 + 0xe48)?,
        '\u{f70a}'..='\u{f70e}' => char::from_u32(u32::from(c) - 0xf70a + 0xe48)?,
        '\u{f70f}' => '\u{e0d}',
        '\u{f710}' => '\u{e31}',
        '\u{f711}' => '\u{e4d}',
        '\u{f712}'..='\u{f717}' => char::from_u32(u32::from(c) - 0xf712 + 0xe47)?,
        '\u{f718}'..='\u{f71a}' => char::from_u32(u32::from(c) - 0xf718 + 0xe38)?,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_apart_from_the_words_around_them() {
        for (printed, read) in [
            ("\u{202b}הייתה \u{202a} 42\u{202c}מיליון\u{202c}", "הייתה 42 מיליון"),
            ("\u{202b}דוח \u{202a} 1\u{202c}\u{202c}\n", "דוח 1\n"),
            (
                "\u{202b}בשנת \u{202a}( 2022\u{202c}עדכון \u{202a} )5\u{202c}ואז\u{202c}",
                "בשנת ( 2022 עדכון )5 ואז",
            ),
            ("\u{202b}\u{202a} Acme Ltd.\u{202c}וגם\u{202c}", " Acme Ltd. וגם"),
            ("\u{202b}ב-\u{202a}2024\u{202c}וגם\u{202c}", "ב-2024וגם"),
            ("plain  words \u{200e}here", "plain  words here"),
        ] {
            assert_eq!(in_order(printed), read, "{printed:?}");
        }
    }

    #[test]
    fn old_signs_of_thai_are_its_letters() {
        let signs: String = ('\u{f700}'..='\u{f71b}').collect();
        let marks = "\u{e48}\u{e49}\u{e4a}\u{e4b}\u{e4c}";
        let wanted = format!(
            "\u{e10}\u{e34}\u{e35}\u{e36}\u{e37}{marks}{marks}\u{e0d}\u{e31}\u{e4d}\u{e47}{marks}\u{e38}\u{e39}\u{e3a}\u{f71b}"
        );
        assert_eq!(in_order(&signs), wanted);
        assert_eq!(in_order("รายงานท\u{f70a}าเรือ"), "รายงานท่าเรือ");
    }
}
