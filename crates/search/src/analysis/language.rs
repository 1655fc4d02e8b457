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
static LANGUAGES: [Language; 31] = [
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
    fn codes_lead_back() {
        for language in &LANGUAGES[..LANGUAGES.len() - 1] {
            assert_eq!(Detection::of_code(language.code), Detection::Known(language));
        }
        for other in [Detection::Unknown, Detection::WithoutRules] {
            assert_eq!(Detection::of_code(other.code()), other);
        }
    }
}
