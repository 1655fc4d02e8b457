//! Stems: what the forms of a word have in common, by the rules of the language the text is in.
//!
//! Each stem carries its language's code, so a question need not be in a known language: a word asked for is brought
//! to a stem by the rules of every language in the index, and meets the words of each text by that text's own rules.

use std::collections::HashMap;
use std::sync::Arc;

use frostem::Stemmer;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::{folded, spelled};
use super::language::{Detection, Language, Rules, Script};
use super::semitic::{hebrew_forms, without_what_is_joined};
use super::{MAX_TOKEN_BYTES, Tokens, is_gram};

/// Adds the stems of a word, each after its language's code; never the same twice.
///
/// `word` is taken as it is spelled: rules need its accents. Words with digits have none, but a whole number is its own.
/// In a text of unknown language the word's script decides.
pub(crate) fn stems_of(word: &str, language: Detection, out: &mut Vec<String>) {
    if word.len() > MAX_TOKEN_BYTES {
        return;
    }
    if language == Detection::Unknown && word.chars().all(char::is_numeric) {
        // So that a number is found inside a name.
        out.push(format!("un:{}", folded(word)));
        return;
    }
    if word.chars().any(|c| c.is_numeric() || is_gram(c)) {
        return;
    }
    let language = match language {
        Detection::WithoutRules => return,
        Detection::Unknown => Language::by_script(word),
        // A foreign word in another script follows its own rules.
        Detection::Known(language) if Script::of(word) == Some(language.script) => Some(language),
        Detection::Known(_) => Language::by_script(word),
    };
    let Some(language) = language else { return };
    let mut add = |stem: &str| {
        let stem = [language.code, ":", &folded(stem)].concat();
        if !out.contains(&stem) {
            out.push(stem);
        }
    };
    let bare = folded(word);
    match language.rules {
        Rules::Plural => add(without_plural(&bare).as_str()),
        Rules::Hebrew => hebrew_forms(&bare).iter().for_each(|form| add(form)),
        Rules::Snowball(algorithm) => {
            let stemmer = Stemmer::new(algorithm);
            if word.is_ascii() {
                add(&stemmer.stem(&bare));
            } else {
                // Accents that were typed, and the same word where they were not.
                add(&stemmer.stem(&spelled(word)));
                add(&stemmer.stem(&bare));
            }
            if language.code == "ar" {
                without_what_is_joined(&bare).into_iter().for_each(|word| add(&stemmer.stem(word)));
            }
            if language.code == "de" {
                // Umlauts written out: `Mueller` and `Müller`.
                let written = bare.replace("ae", "a").replace("oe", "o").replace("ue", "u");
                if written != bare {
                    add(&stemmer.stem(&written));
                }
            }
        }
    }
}

/// Words whose stems are kept in mind; as many again that were met before them.
const REMEMBERED: usize = 20_000;

/// Stems of words met lately: most of a text are words that were just met.
#[derive(Default)]
pub(crate) struct RecentStems {
    code: &'static str,
    recent: HashMap<String, Arc<[String]>>,
    /// Those met before; what is met again moves up, the rest is forgotten.
    older: HashMap<String, Arc<[String]>>,
}

impl RecentStems {
    /// As [`stems_of`].
    pub(crate) fn of(&mut self, word: &str, language: Detection) -> Arc<[String]> {
        if self.code != language.code() {
            *self = Self { code: language.code(), ..Self::default() };
        }
        if let Some(stems) = self.recent.get(word) {
            return Arc::clone(stems);
        }
        let stems = self.older.remove(word).unwrap_or_else(|| {
            let mut stems = Vec::new();
            stems_of(word, language, &mut stems);
            stems.into()
        });
        if word.len() <= MAX_TOKEN_BYTES {
            if self.recent.len() >= REMEMBERED {
                self.older = std::mem::take(&mut self.recent);
            }
            self.recent.insert(word.to_owned(), Arc::clone(&stems));
        }
        stems
    }
}

/// Adds the words inside a name that is written without spaces: `Q3BudgetFinal2026` holds `Budget`, `Final`, `2026`.
/// As words of unknown language.
fn parts_of_name(word: &str, out: &mut Vec<String>) {
    let mut start = 0;
    let mut parts = Vec::new();
    let mut before: Option<char> = None;
    for (at, c) in word.char_indices() {
        let is_seam = before.is_some_and(|before| {
            before.is_numeric() != c.is_numeric() || (before.is_lowercase() && c.is_uppercase())
        });
        if is_seam {
            parts.push(&word[start..at]);
            start = at;
        }
        before = Some(c);
    }
    if parts.is_empty() {
        return;
    }
    parts.push(&word[start..]);
    for part in parts.into_iter().filter(|part| part.chars().nth(1).is_some()) {
        out.push(format!("un:{}", without_plural(&folded(part))));
    }
}

/// Harman's plural rules: `policies`, `rates` and `dogs` become `policy`, `rate` and `dog`; `status` stays.
fn without_plural(word: &str) -> String {
    let mut word = word.to_owned();
    if word.len() < 4 || !word.ends_with('s') || !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return word;
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if ends(&["ies"]) && !ends(&["eies", "aies"]) && word.len() > 4 {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if !ends(&["us", "ss", "is"]) {
        word.truncate(word.len() - 1);
    }
    word
}

/// Stands before every stem of a text that was brought to stems.
const MARK: char = '\u{1f}';

/// A text brought to stems, as [`StemTokenizer`] takes it: the language's code, then the stems without it; those of another
/// language with theirs. Made where a document is prepared, so that the one thread that builds lists only builds lists.
pub(crate) struct Stemmed {
    language: Detection,
    text: String,
}

impl Stemmed {
    pub(crate) fn new(language: Detection) -> Self {
        Self { language, text: language.code().to_owned() }
    }

    /// The whole of a text, as passages are brought to stems.
    pub(crate) fn of(language: Detection, text: &str, recent: &mut RecentStems) -> String {
        let mut stemmed = Self::new(language);
        let mut words = Tokens::new(text);
        while words.advance() {
            let word = words.token();
            stemmed.add(&text[word.offset_from..word.offset_to], recent);
        }
        stemmed.text
    }

    /// A name or title: the words inside its words count too.
    pub(crate) fn of_name(language: Detection, name: &str, recent: &mut RecentStems) -> String {
        let mut stemmed = Self::new(language);
        let mut words = Tokens::new(name);
        let mut parts = Vec::new();
        while words.advance() {
            let word = words.token();
            let word = &name[word.offset_from..word.offset_to];
            stemmed.add(word, recent);
            if language != Detection::Unknown {
                stems_of(word, Detection::Unknown, &mut parts);
            }
            parts_of_name(word, &mut parts);
            parts.drain(..).for_each(|part| stemmed.push(&part));
        }
        stemmed.text
    }

    /// Adds a word as it is spelled.
    pub(crate) fn add(&mut self, word: &str, recent: &mut RecentStems) {
        let stems = recent.of(word, self.language);
        stems.iter().for_each(|stem| self.push(stem));
    }

    fn push(&mut self, stem: &str) {
        let own = stem.strip_prefix(self.language.code()).and_then(|stem| stem.strip_prefix(':'));
        self.text.push(MARK);
        self.text.push_str(own.unwrap_or(stem));
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// The tokenizer of stems. Takes what [`Stemmed`] makes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StemTokenizer;

pub(crate) struct StemStream<'a> {
    /// The code of the text's language, and a colon.
    code: String,
    stems: std::str::Split<'a, char>,
    token: Token,
}

impl Tokenizer for StemTokenizer {
    type TokenStream<'a> = StemStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> StemStream<'a> {
        let mut stems = text.split(MARK);
        let code = format!("{}:", stems.next().unwrap_or_default());
        StemStream { code, stems, token: Token::default() }
    }
}

impl TokenStream for StemStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(stem) = self.stems.next() else { return false };
        self.token.text.clear();
        // Stems hold no colons but after a code of two letters.
        if stem.as_bytes().get(2) != Some(&b':') {
            self.token.text.push_str(&self.code);
        }
        self.token.text.push_str(stem);
        self.token.position = self.token.position.wrapping_add(1);
        true
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

    use super::super::language::LANGUAGES;

    fn stems(code: &str, word: &str) -> Vec<String> {
        let mut out = Vec::new();
        stems_of(word, Detection::of_code(code), &mut out);
        out
    }

    /// Whether two words meet in a text of this language.
    fn meet(code: &str, one: &str, other: &str) -> bool {
        stems(code, one).iter().any(|stem| stems(code, other).contains(stem))
    }

    #[test]
    fn forms_of_a_word_meet_in_their_language() {
        for (code, one, other) in [
            ("en", "reimbursement", "reimburse"),
            ("en", "Policies", "policy"),
            ("de", "Verträge", "Vertrag"),
            ("de", "Mueller", "Müller"),
            ("de", "Kündigungsfristen", "Kündigungsfrist"),
            ("fr", "remboursements", "remboursement"),
            ("fr", "générale", "generale"),
            ("es", "facturas", "factura"),
            ("it", "contratti", "contratto"),
            ("pt", "pagamentos", "pagamento"),
            ("nl", "rekeningen", "rekening"),
            ("sv", "fakturor", "faktura"),
            ("ru", "договоры", "договора"),
            ("pl", "faktury", "faktura"),
            ("ar", "الكتاب", "كتاب"),
            ("ar", "والإدارة", "إدارة"),
            ("he", "והחוזה", "חוזה"),
            ("he", "חוזים", "החוזים"),
            ("un", "invoices", "invoice"),
        ] {
            assert!(meet(code, one, other), "{code}: {:?} {:?}", stems(code, one), stems(code, other));
        }
    }

    #[test]
    fn words_keep_to_their_language() {
        assert!(stems("en", "policies").iter().all(|stem| stem.starts_with("en:")));
        assert!(stems("--", "policies").is_empty(), "no rules, no stems");
        assert_eq!(stems("en", "договор")[0].split_once(':').unwrap().0, "ru", "another script, other rules");
        assert!(stems("en", "2026").is_empty() && stems("en", "東京").is_empty());
        assert!(!meet("en", "universal", "unicorn"));
    }

    #[test]
    fn english_plurals_meet_where_the_language_is_unknown() {
        for (word, stem) in [
            ("policies", "policy"),
            ("rates", "rate"),
            ("dogs", "dog"),
            ("status", "status"),
            ("class", "class"),
        ] {
            assert_eq!(stems("un", word), [format!("un:{stem}")]);
        }
    }

    #[test]
    fn names_without_spaces_hold_words() {
        let mut parts = Vec::new();
        parts_of_name("Q3BudgetFinal2026v2", &mut parts);
        assert_eq!(parts, ["un:budget", "un:final", "un:2026"]);
        parts.clear();
        parts_of_name("budget", &mut parts);
        assert!(parts.is_empty(), "a whole word has no parts");
    }

    /// What the tokenizer tells of a text.
    fn told(text: &str) -> Vec<String> {
        let mut tokenizer = StemTokenizer;
        let mut stream = tokenizer.token_stream(text);
        let mut told = Vec::new();
        while stream.advance() {
            told.push(stream.token().text.clone());
        }
        told
    }

    #[test]
    fn a_text_is_told_stem_by_stem() {
        // A word of another script, one whose folded form holds spaces, and words of all languages.
        let words =
            ["Die", "Verträge", "договоры", "\u{fdfa}", "Policies", "contratti", "חוזים", "2026", "東京"];
        for code in ["de", "en", "ar", "un", "--", "he"] {
            let language = Detection::of_code(code);
            let mut expected = Vec::new();
            for word in words {
                let mut stems = Vec::new();
                stems_of(word, language, &mut stems);
                expected.append(&mut stems);
            }
            let text = words.join(" ");
            assert_eq!(told(&Stemmed::of(language, &text, &mut RecentStems::default())), expected, "{code}");
        }
    }

    #[test]
    fn a_name_is_told_with_the_words_inside() {
        let name =
            Stemmed::of_name(Detection::of_code("en"), "Q3BudgetFinal plans", &mut RecentStems::default());
        assert_eq!(told(&name), ["un:budget", "un:final", "en:plan", "un:plan"]);
    }

    proptest::proptest! {
        #[test]
        fn where_only_ends_change_beginnings_stay(word in "[a-zA-Z]{1,14}|(di|meng|ge|ke|ver|un)[a-z]{2,6}|[a-z]{1,8}(ies|ing|ed|ly|ment|en|er|es|e|s)") {
            for code in LANGUAGES.iter().map(|language| language.code) {
                if Detection::of_code(code).changes_only_ends() {
                    let first = word.chars().next().unwrap().to_ascii_lowercase();
                    for stem in stems(code, &word) {
                        proptest::prop_assert!(stem[3..].starts_with(first), "{} {}", word, stem);
                    }
                }
            }
        }
    }
}
