//! Text to tokens, the same way for what is indexed, what is asked and what is highlighted.
//!
//! Words are runs of letters and digits, folded (compatibility forms, case, diacritics) and freed of an English
//! plural ending. Scripts written without spaces become overlapping pairs of characters; the last character of such
//! a run also stands alone, so that every character begins a token.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Bytes of a token that count; what is longer is no word and still found by its start.
const MAX_TOKEN_BYTES: usize = 64;

/// The tokenizer of all searchable text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Analyzer;

impl Tokenizer for Analyzer {
    type TokenStream<'a> = Tokens<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens<'a> {
        Tokens::new(text)
    }
}

/// The tokens of a text. Offsets are bytes of the text as it was given.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    token: Token,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, token: Token::default() }
    }

    /// The whole rest as pairs of folded text and byte range.
    pub(crate) fn collect_all(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while self.advance() {
            tokens.push(self.token.clone());
        }
        tokens
    }

    fn begin(&mut self) {
        self.token.text.clear();
        self.token.offset_from = self.at;
        self.token.position = self.token.position.wrapping_add(1);
    }

    /// A pair of characters, or a single one at the end of a run.
    fn read_gram(&mut self, first: char) {
        self.begin();
        fold(first, &mut self.token.text);
        self.at += first.len_utf8();
        self.token.offset_to = self.at;
        if let Some(second) = self.text[self.at..].chars().next().filter(|c| is_gram(*c)) {
            fold(second, &mut self.token.text);
            self.token.offset_to = self.at + second.len_utf8();
        }
    }

    fn read_word(&mut self) {
        self.begin();
        for c in self.text[self.at..].chars() {
            if !is_word(c) || is_gram(c) {
                break;
            }
            if self.token.text.len() < MAX_TOKEN_BYTES {
                fold(c, &mut self.token.text);
            }
            self.at += c.len_utf8();
        }
        self.token.offset_to = self.at;
        drop_plural(&mut self.token.text);
    }
}

impl TokenStream for Tokens<'_> {
    fn advance(&mut self) -> bool {
        while let Some(c) = self.text[self.at..].chars().next() {
            if is_gram(c) {
                self.read_gram(c);
            } else if c.is_alphanumeric() {
                self.read_word();
            } else {
                self.at += c.len_utf8();
                continue;
            }
            if !self.token.text.is_empty() {
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// Letters and digits, marks on them, and the joiner that Persian words hold.
fn is_word(c: char) -> bool {
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
fn fold(c: char, out: &mut String) {
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
                part if is_dropped(part) => {}
                part => out.push(part),
            }
        }
    }
}

/// Marks people leave out when they type: Latin and Cyrillic accents, Hebrew points, Arabic vowels and tatweel.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{200c}' | '\u{200d}')
}

/// Harman's plural rules: `policies`, `rates` and `dogs` become `policy`, `rate` and `dog`; `status` stays.
fn drop_plural(word: &mut String) {
    if word.len() < 4 || !word.ends_with('s') || !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends(&["ies"]) && !ends(&["eies", "aies"]) && word.len() > 4 {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if !ends(&["us", "ss", "is"]) && word.as_bytes()[word.len() - 2].is_ascii_alphabetic() {
        word.truncate(word.len() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Tokens::new(text).collect_all().into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(
            words("Crème BRÛLÉE, Straße Łódź ﬁne Ⅳ"),
            ["creme", "brulee", "strasse", "lodz", "fine", "iv"]
        );
        assert_eq!(words("Ёлка Ωμέγα"), ["елка", "ωμεγα"]);
        assert_eq!(words("مَرْحَبًا שָׁלוֹם"), ["مرحبا", "שלום"]);
        assert_eq!(words("6ff4-b42a foo_bar"), ["6ff4", "b42a", "foo", "bar"]);
    }

    #[test]
    fn english_plurals_meet_their_singular() {
        assert_eq!(
            words("policies rates dogs status class this"),
            ["policy", "rate", "dog", "status", "class", "this"]
        );
    }

    #[test]
    fn scripts_without_spaces_become_pairs() {
        assert_eq!(words("東京都へgo"), ["東京", "京都", "都へ", "へ", "go"]);
        assert_eq!(words("ｶﾅ"), ["カナ", "ナ"]);
        assert_eq!(words("한국어"), ["한국", "국어", "어"]);
    }

    #[test]
    fn offsets_point_into_the_given_text() {
        let text = "Größe 東京";
        let found: Vec<_> =
            Tokens::new(text).collect_all().iter().map(|t| &text[t.offset_from..t.offset_to]).collect();
        assert_eq!(found, ["Größe", "東京", "京"]);
    }

    #[test]
    fn endless_words_are_cut_and_skipped_over() {
        let long = "x".repeat(10_000);
        assert_eq!(words(&format!("{long} y")), ["x".repeat(MAX_TOKEN_BYTES), "y".into()]);
    }
}
