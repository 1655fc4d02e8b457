//! What makes two spellings of a word the same: case, accents, compatibility forms, Arabic letter forms.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters and digits, marks on them, and the joiner that Persian words hold.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && (is_combining_mark(c) || c == '\u{200c}'))
}

/// Characters of scripts that put no spaces between words.
pub(crate) fn is_gram(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}'      // Thai, Lao
        | '\u{1000}'..='\u{109f}'    // Burmese
        | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}' // Hangul
        | '\u{1780}'..='\u{17ff}'    // Khmer
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{309a}' | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' // Kana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Adds a character without case, diacritics and compatibility form.
pub(super) fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
    } else if is_gram(c) {
        out.extend(std::iter::once(c).nfkc());
    } else {
        for part in std::iter::once(c).nfkd().filter(|part| !is_dropped(*part)).flat_map(char::to_lowercase) {
            match part {
                'ß' => out.push_str("ss"),
                'æ' => out.push_str("ae"),
                'œ' => out.push_str("oe"),
                'þ' => out.push_str("th"),
                'ø' => out.push('o'),
                'ł' => out.push('l'),
                'đ' | 'ð' => out.push('d'),
                'ı' => out.push('i'),
                'ς' => out.push('σ'),
                // Arabic: alef wasla, teh marbuta, alef maksura and Farsi yeh, keheh.
                'ٱ' => out.push('ا'),
                'ة' => out.push('ه'),
                'ى' | 'ی' => out.push('ي'),
                'ک' => out.push('ك'),
                part if is_dropped(part) => {}
                part => out.push(part),
            }
        }
    }
}

pub(crate) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| fold(c, &mut out));
    out
}

/// A word in lower case with its accents, as rules of a language expect it.
pub(super) fn spelled(word: &str) -> String {
    word.nfc().filter(|c| !is_pointing(*c)).flat_map(char::to_lowercase).collect()
}

/// Marks people leave out when they type: Latin and Cyrillic accents, and the pointing of Semitic scripts.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}') || is_pointing(c)
}

/// Hebrew points, Arabic vowels and tatweel, joiners.
fn is_pointing(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{200c}' | '\u{200d}')
}
