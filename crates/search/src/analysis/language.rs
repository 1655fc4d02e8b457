//! The languages whose words have rules of their own, and how a text's language is found out.

use std::sync::OnceLock;

use frostem::Algorithm;
use whatlang::{Detector, Lang};

/// Characters of a text that are looked at; more make the guess no better.
const SAMPLE_CHARS: usize = 400;
/// Characters below which a guess is worth nothing.
const MIN_CHARS: usize = 24;

/// How words of a language are brought to a stem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    Snowball(Algorithm),
    Hebrew,
    /// English plurals only: right often enough where the language is not known.
    Plural,
}

/// A language with rules for its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Language {
    /// Two letters (ISO 639-1), which stand before each of its stems in the index; `un` where nothing is known.
    pub code: &'static str,
    pub(super) script: Script,
    pub(super) rules: Rules,
    lang: Option<Lang>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Arabic,
    Armenian,
    Cyrillic,
    Devanagari,
    Greek,
    Hebrew,
    Latin,
    Tamil,
}

const fn snowball(code: &'static str, script: Script, lang: Lang, algorithm: Algorithm) -> Language {
    Language { code, script, rules: Rules::Snowball(algorithm), lang: Some(lang) }
}

/// The last is for Latin text whose language is not known.
pub(super) static LANGUAGES: [Language; 31] = [
    snowball("ar", Script::Arabic, Lang::Ara, Algorithm::Arabic),
    snowball("ca", Script::Latin, Lang::Cat, Algorithm::Catalan),
    snowball("cs", Script::Latin, Lang::Ces, Algorithm::Czech),
    snowball("da", Script::Latin, Lang::Dan, Algorithm::Danish),
    snowball("de", Script::Latin, Lang::Deu, Algorithm::German),
    snowball("el", Script::Greek, Lang::Ell, Algorithm::Greek),
    snowball("en", Script::Latin, Lang::Eng, Algorithm::English),
    snowball("es", Script::Latin, Lang::Spa, Algorithm::Spanish),
    snowball("et", Script::Latin, Lang::Est, Algorithm::Estonian),
    snowball("fa", Script::Arabic, Lang::Pes, Algorithm::Persian),
    snowball("fi", Script::Latin, Lang::Fin, Algorithm::Finnish),
    snowball("fr", Script::Latin, Lang::Fra, Algorithm::French),
    Language { code: "he", script: Script::Hebrew, rules: Rules::Hebrew, lang: Some(Lang::Heb) },
    snowball("hi", Script::Devanagari, Lang::Hin, Algorithm::Hindi),
    snowball("hu", Script::Latin, Lang::Hun, Algorithm::Hungarian),
    snowball("hy", Script::Armenian, Lang::Hye, Algorithm::Armenian),
    snowball("id", Script::Latin, Lang::Ind, Algorithm::Indonesian),
    snowball("it", Script::Latin, Lang::Ita, Algorithm::Italian),
    snowball("lt", Script::Latin, Lang::Lit, Algorithm::Lithuanian),
    snowball("nl", Script::Latin, Lang::Nld, Algorithm::Dutch),
    snowball("no", Script::Latin, Lang::Nob, Algorithm::Norwegian),
    snowball("pl", Script::Latin, Lang::Pol, Algorithm::Polish),
    snowball("pt", Script::Latin, Lang::Por, Algorithm::Portuguese),
    snowball("ro", Script::Latin, Lang::Ron, Algorithm::Romanian),
    snowball("ru", Script::Cyrillic, Lang::Rus, Algorithm::Russian),
    snowball("sr", Script::Cyrillic, Lang::Srp, Algorithm::Serbian),
    snowball("sv", Script::Latin, Lang::Swe, Algorithm::Swedish),
    snowball("ta", Script::Tamil, Lang::Tam, Algorithm::Tamil),
    snowball("tr", Script::Latin, Lang::Tur, Algorithm::Turkish),
    snowball("ne", Script::Devanagari, Lang::Nep, Algorithm::Nepali),
    Language { code: "un", script: Script::Latin, rules: Rules::Plural, lang: None },
];

/// What is known of a text's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detection {
    Known(&'static Language),
    /// Too short, mixed, or too close to another language to say.
    Unknown,
    /// A language whose words are only matched as they are spelled.
    WithoutRules,
}

impl Detection {
    /// The language of a text, judged by its beginning.
    pub(crate) fn of(text: &str) -> Self {
        let end = text.char_indices().nth(SAMPLE_CHARS).map_or(text.len(), |(at, _)| at);
        let sample = &text[..end];
        if sample.chars().filter(|c| c.is_alphabetic()).nth(MIN_CHARS).is_none() {
            return Self::Unknown;
        }
        if let Some(language) = by_function_words(sample) {
            return Self::Known(language);
        }
        match detector().detect(sample) {
            Some(info) if info.is_reliable() => Self::of_lang(info.lang()),
            _ => Self::Unknown,
        }
    }

    fn of_lang(lang: Lang) -> Self {
        LANGUAGES.iter().find(|one| one.lang == Some(lang)).map_or(Self::WithoutRules, Self::Known)
    }

    /// This, or what is known of the whole that the text is a part of.
    pub(crate) fn or(self, whole: Self) -> Self {
        if self == Self::Unknown { whole } else { self }
    }

    /// The language's code as the index keeps it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Known(language) => language.code,
            Self::Unknown => "un",
            Self::WithoutRules => "--",
        }
    }

    /// Whether an ASCII word keeps its first letter when it is brought to a stem by these rules.
    pub(crate) fn changes_only_ends(self) -> bool {
        const CODES: [&str; 10] = ["da", "de", "en", "es", "fr", "it", "no", "pt", "sv", "un"];
        self != Self::WithoutRules && CODES.contains(&self.code())
    }

    pub(crate) fn of_code(code: &str) -> Self {
        match code {
            "un" => Self::Unknown,
            code => LANGUAGES.iter().find(|one| one.code == code).map_or(Self::WithoutRules, Self::Known),
        }
    }
}

impl Language {
    /// The language whose rules fit a word when no text around it says more: by its script.
    pub(super) fn by_script(word: &str) -> Option<&'static Language> {
        let code = match Script::of(word)? {
            Script::Arabic => "ar",
            Script::Armenian => "hy",
            Script::Cyrillic => "ru",
            Script::Devanagari => "hi",
            Script::Greek => "el",
            Script::Hebrew => "he",
            Script::Latin => "un",
            Script::Tamil => "ta",
        };
        LANGUAGES.iter().find(|one| one.code == code)
    }
}

impl Script {
    /// The script of a word's first letter.
    pub(super) fn of(word: &str) -> Option<Self> {
        word.chars().next().and_then(|c| match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(Self::Latin),
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Self::Greek),
            '\u{400}'..='\u{52f}' => Some(Self::Cyrillic),
            '\u{531}'..='\u{58f}' => Some(Self::Armenian),
            '\u{5d0}'..='\u{5f4}' => Some(Self::Hebrew),
            '\u{620}'..='\u{6ff}' => Some(Self::Arabic),
            '\u{900}'..='\u{97f}' => Some(Self::Devanagari),
            '\u{b80}'..='\u{bff}' => Some(Self::Tamil),
            _ => None,
        })
    }
}

/// Words that hold a language together and are few in any other. Looking for them costs a hundredth of a detection, and
/// settles most texts.
const FUNCTION_WORDS: [(&str, &[&str]); 5] = [
    ("en", &["the", "of", "and", "to", "is", "that", "for", "with", "are", "this", "by", "which"]),
    ("de", &["der", "die", "und", "das", "den", "ist", "nicht", "mit", "von", "wird", "werden", "für"]),
    ("fr", &["le", "les", "des", "et", "est", "du", "une", "dans", "sont", "pour", "au", "aux"]),
    ("es", &["el", "los", "las", "del", "y", "una", "por", "para", "con", "se", "más", "es"]),
    ("nl", &["het", "een", "van", "niet", "voor", "zijn", "worden", "bij", "aan", "ook", "naar", "dat"]),
];

/// The language whose function words make up a fifth of a text and leave others far behind; seldom wrong, often silent.
fn by_function_words(text: &str) -> Option<&'static Language> {
    let mut counts = [0_usize; FUNCTION_WORDS.len()];
    let mut words = 0;
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        words += 1;
        for (count, (_, known)) in counts.iter_mut().zip(FUNCTION_WORDS) {
            *count += usize::from(known.contains(&word));
        }
    }
    let best = (0..counts.len()).max_by_key(|at| counts[*at])?;
    let others = (0..counts.len()).filter(|at| *at != best).map(|at| counts[at]).max().unwrap_or(0);
    let is_clear = words >= 20 && counts[best] * 5 >= words && counts[best] >= others * 4;
    let code = FUNCTION_WORDS[best].0;
    is_clear.then(|| LANGUAGES.iter().find(|language| language.code == code)).flatten()
}

/// Knows the languages people keep documents in; the rest only draw guesses away from their neighbours.
fn detector() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(|| {
        Detector::with_denylist(vec![
            Lang::Aka,
            Lang::Epo,
            Lang::Jav,
            Lang::Lat,
            Lang::Sna,
            Lang::Tgl,
            Lang::Tuk,
            Lang::Uzb,
            Lang::Yid,
            Lang::Zul,
        ])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (code, text) in [
            ("en", "The travel policy applies to everybody who books a train or a flight for the company."),
            (
                "de",
                "Die Reiserichtlinie gilt für alle, die eine Bahnfahrt oder einen Flug für die Firma buchen.",
            ),
            ("fr", "La politique de voyage s'applique à tous ceux qui réservent un train pour l'entreprise."),
            (
                "es",
                "La política de viajes se aplica a todas las personas que reservan un vuelo para la empresa.",
            ),
            (
                "pl",
                "Zasady podróży służbowych dotyczą wszystkich, którzy rezerwują pociąg lub lot dla firmy.",
            ),
            ("ar", "تنطبق سياسة السفر على كل من يحجز قطارا أو رحلة جوية لحساب الشركة."),
            ("he", "מדיניות הנסיעות חלה על כל מי שמזמין רכבת או טיסה עבור החברה."),
        ] {
            assert_eq!(Detection::of(text).code(), code, "{text}");
        }
        assert_eq!(
            Detection::of("私は東京都に住んでいます。とても大きな都市で、電車がたくさんあります。").code(),
            "--"
        );
        assert_eq!(Detection::of("budget"), Detection::Unknown);
    }

    #[test]
    fn function_words_settle_what_is_clear_and_keep_silent_else() {
        let english = "The rent of the third floor is due by the end of this month, and the landlord is to be told which \
            of the rooms are empty.";
        assert_eq!(by_function_words(english).map(|language| language.code), Some("en"));
        assert!(by_function_words("El total de la factura y the total of the invoice are the same for el mes de mayo y los otros meses del contrato").is_none());
        assert!(by_function_words("budget plan report costs").is_none());
    }

    #[test]
    fn codes_lead_back() {
        for language in &LANGUAGES[..LANGUAGES.len() - 1] {
            assert_eq!(Detection::of_code(language.code), Detection::Known(language));
        }
        for other in [Detection::Unknown, Detection::WithoutRules] {
            assert_eq!(Detection::of_code(other.code()), other);
        }
    }
}
