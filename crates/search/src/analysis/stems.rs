//! Stems: what the forms of a word have in common, by the rules of the language the text is in.
//!
//! Each stem carries its language's code, so a question need not be in a known language: a word asked for is brought
//! to a stem by the rules of every language in the index, and meets the words of each text by that text's own rules.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use frostem::Stemmer;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::{folded, spelled};
use super::language::{Detection, Language, Rules, Script};
use super::semitic::{hebrew_forms, without_what_is_joined};
use super::{MAX_TOKEN_BYTES, Tokens, is_gram};

/// Stands between the code of a text's language and the text that is to be brought to stems.
const MARK: char = '\u{1f}';

/// The text as [`StemTokenizer`] takes it.
pub(crate) fn text_for_stems(language: Detection, text: &str) -> String {
    format!("{}{MARK}{text}", language.code())
}

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

/// Stems of text by the megabyte, in the one thread that indexes.
fn recent_stems_of(word: &str, language: Detection) -> Arc<[String]> {
    thread_local! {
        static RECENT: RefCell<RecentStems> = RefCell::default();
    }
    RECENT.with_borrow_mut(|recent| recent.of(word, language))
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

/// The tokenizer of stems. Takes what [`text_for_stems`] makes; what a word has several of stands at one position.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StemTokenizer {
    /// Whether the parts of words count too, as in names of files.
    pub with_parts: bool,
}

pub(crate) struct StemStream<'a> {
    text: &'a str,
    language: Detection,
    with_parts: bool,
    words: Tokens<'a>,
    /// Of the word read last: its stems, and how many of them were told.
    stems: Arc<[String]>,
    told: usize,
    /// And the words inside it.
    parts: Vec<String>,
    token: Token,
}

impl Tokenizer for StemTokenizer {
    type TokenStream<'a> = StemStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> StemStream<'a> {
        let (code, text) = text.split_once(MARK).unwrap_or(("un", text));
        StemStream {
            text,
            language: Detection::of_code(code),
            with_parts: self.with_parts,
            words: Tokens::new(text),
            stems: Arc::default(),
            told: 0,
            parts: Vec::new(),
            token: Token::default(),
        }
    }
}

impl TokenStream for StemStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            if let Some(stem) = self.stems.get(self.told) {
                self.told += 1;
                self.token.text.clear();
                self.token.text.push_str(stem);
                return true;
            }
            if let Some(part) = self.parts.pop() {
                self.token.text = part;
                return true;
            }
            if !self.words.advance() {
                return false;
            }
            let word = self.words.token();
            self.token.offset_from = word.offset_from;
            self.token.offset_to = word.offset_to;
            self.token.position = word.position;
            let word = &self.text[word.offset_from..word.offset_to];
            (self.stems, self.told) = (recent_stems_of(word, self.language), 0);
            if self.with_parts {
                if self.language != Detection::Unknown {
                    stems_of(word, Detection::Unknown, &mut self.parts);
                }
                parts_of_name(word, &mut self.parts);
            }
        }
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

    #[test]
    fn a_text_is_told_stem_by_stem() {
        let text = text_for_stems(Detection::of_code("de"), "Die Verträge");
        let mut tokenizer = StemTokenizer::default();
        let mut stream = tokenizer.token_stream(&text);
        let mut told = Vec::new();
        while stream.advance() {
            told.push((stream.token().position, stream.token().text.clone()));
        }
        assert_eq!(told[0], (0, "de:die".to_owned()));
        assert!(told[1..].iter().all(|(position, stem)| *position == 1 && stem.starts_with("de:")));
    }
}
