//! Text to tokens, the same way for what is indexed, what is asked and what is highlighted.
//!
//! Words are runs of letters and digits, folded (compatibility forms, case, diacritics). Scripts written without
//! spaces become overlapping pairs of characters; the last character of such a run also stands alone, so that every
//! character begins a token. Beside its words a text has stems, made by the rules of its language.

mod fold;
mod language;
mod semitic;
mod stems;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use fold::{fold, is_word};
pub(crate) use fold::{folded, is_gram};
pub(crate) use language::Detection;
pub(crate) use stems::{RecentStems, StemTokenizer, Stemmed, stems_of};

/// Bytes of a token that count; what is longer is no word and still found by its start.
const MAX_TOKEN_BYTES: usize = 64;

/// The tokenizer of the words as they are spelled.
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
        // Most words are ASCII: those are copied byte by byte.
        let bytes = &self.text.as_bytes()[self.at..];
        let ascii = bytes.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(bytes.len());
        let kept = ascii.min(MAX_TOKEN_BYTES);
        self.token.text.push_str(&self.text[self.at..self.at + kept]);
        self.token.text.make_ascii_lowercase();
        self.at += ascii;
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
    fn arabic_letters_that_are_typed_alike_are_alike() {
        assert_eq!(words("أحمد إدارة آخر ٱلبيت"), words("احمد اداره اخر البيت"));
        assert_eq!(words("مستشفى کتاب"), words("مستشفي كتاب"));
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
