//! What Tesseract printed of one picture: its text, and how sure it is of the words.

use crate::letters::is_direction_mark;
use crate::text::floor_boundary;

/// In percent. Pages that lie right, in a language that is set, have more than 80, with stains and at an angle too; those
/// that lie on their head have 25, and so have scripts of which nothing is known.
const SURE: f32 = 60.0;
const GUESSWORK: f32 = 40.0;
/// Letters of a picture that is a page of text, and not a photograph in which there seem to be some.
const PAGE_OF_LETTERS: usize = 40;
/// Text of one page that is kept, in bytes.
const PAGE_TEXT_BYTES: usize = 1 << 20;

#[derive(Debug, PartialEq)]
pub(super) struct Recognized {
    pub text: String,
    /// Of the words on average, longer ones counting more. None where the program does not tell.
    certainty: Option<f32>,
    letters: usize,
}

impl Recognized {
    /// Reads the text with the table of its words (TSV) in between.
    pub(super) fn of(printed: &str) -> Self {
        let (mut text, mut letters, mut weighted) = (String::new(), 0_usize, 0.0_f32);
        for line in printed.split_inclusive('\n') {
            match word_of(line) {
                Some(Some((certainty, word))) => {
                    let length = word.chars().filter(|c| c.is_alphanumeric()).count();
                    letters += length;
                    weighted += certainty * length as f32;
                }
                Some(None) => {}
                None if text.len() < PAGE_TEXT_BYTES => text.push_str(line),
                None => {}
            }
        }
        text.truncate(floor_boundary(&text, PAGE_TEXT_BYTES));
        let text = joined(&text.replace(is_direction_mark, ""));
        let certainty = (letters > 0).then(|| weighted / letters as f32);
        Self { text, certainty, letters }
    }

    /// Whether the picture may lie on its head.
    pub(super) fn is_doubtful(&self) -> bool {
        self.certainty.is_some_and(|certainty| certainty < SURE)
    }

    /// Whether these are no words, and nobody would find them.
    pub(super) fn is_guesswork(&self) -> bool {
        self.certainty.is_some_and(|certainty| certainty < GUESSWORK)
    }

    pub(super) fn is_page(&self) -> bool {
        self.letters >= PAGE_OF_LETTERS
    }

    pub(super) fn is_surer_than(&self, other: &Self) -> bool {
        self.certainty > other.certainty
    }
}

/// The same text without the blanks that the program sets between the characters of scripts that have none, when it reads
/// them beside another script.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let is_between =
            || out.chars().next_back().is_some_and(stands_close) && next.is_some_and(stands_close);
        if c != ' ' || !is_between() {
            out.push(c);
        }
    }
    out
}

/// Han, Kana and their punctuation.
fn stands_close(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// What a line of the table says of a word, with nothing in it for lines of blocks and paragraphs; `None` for lines of
/// text.
fn word_of(line: &str) -> Option<Option<(f32, &str)>> {
    let fields: Vec<&str> = line.trim_end_matches(['\n', '\r']).splitn(12, '\t').collect();
    let [level, _, _, _, _, _, _, _, _, _, certainty, word] = fields.as_slice() else { return None };
    if *level == "level" {
        return Some(None);
    }
    let numbers = fields[..11].iter().all(|field| field.parse::<f32>().is_ok());
    numbers.then(|| (*level == "5").then(|| (certainty.parse().unwrap_or_default(), *word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_weighed_and_the_text_is_what_stands_between() {
        let printed = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            1\t1\t0\t0\t0\t0\t0\t0\t9\t9\t-1\t\n5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t90.5\tone\n5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t30\tx\n\
            5\t1\t1\t1\t1\t3\t0\t0\t9\t9\t0\t—\none x —\n\n\u{c}a\ttable\n";
        let found = Recognized::of(printed);
        assert_eq!(found.text, "one x —\n\n\u{c}a\ttable\n");
        assert_eq!((found.certainty, found.letters), (Some((90.5 * 3.0 + 30.0) / 4.0), 4));
        assert!(!found.is_doubtful() && !found.is_page());
        let unsure = Recognized::of(&printed.replace("90.5", "30"));
        assert!(unsure.is_doubtful() && unsure.is_guesswork() && found.is_surer_than(&unsure));
    }

    #[test]
    fn characters_that_stand_close_are_joined() {
        let found = Recognized::of("灯台 の 年 次 報告 書 、 page 3 の\n\u{200e}דוח 등대 보고서 a b\n");
        assert_eq!(found.text, "灯台の年次報告書、 page 3 の\nדוח 등대 보고서 a b\n");
    }

    #[test]
    fn a_program_that_does_not_tell_is_believed() {
        let found = Recognized::of("only text\n");
        assert_eq!(found.text, "only text\n");
        assert!(!found.is_doubtful() && !found.is_guesswork());
    }
}
