//! The piece of a passage that shows why it was found: the densest window, cut at sentence or word ends.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use tantivy::tokenizer::TokenStream;

use crate::analysis::{Detection, RecentStems, Tokens};
use crate::query::{Clause, Matter, ParsedQuery};
use crate::request::Snippet;

/// Characters a snippet aims at.
const TARGET_CHARS: usize = 240;
/// What ends a sentence; all but the first three also where no space follows.
const SENTENCE_ENDS: [char; 9] = ['.', '!', '?', '。', '！', '？', '؟', '۔', '।'];

/// What counts as a match in a passage.
pub(crate) struct Highlighter {
    clauses: Vec<Marks>,
    /// The first letters of the stems that are looked for.
    beginnings: HashSet<u8>,
    /// The passages of an answer have many words in common.
    stems: RefCell<RecentStems>,
}

/// What one clause of the query matches. Few enough to be looked through.
#[derive(Default)]
struct Marks {
    tokens: Vec<String>,
    stems: Vec<String>,
    prefix: Option<String>,
    /// Tokens that count only in a row.
    row: Vec<String>,
}

/// A byte range that matches, and the clause it matches.
#[derive(Clone, Copy)]
struct Match {
    start: usize,
    end: usize,
    clause: usize,
}

impl Marks {
    fn of(clause: &Clause) -> Self {
        let mut marks = Self::default();
        match &clause.matter {
            Matter::Words { words, prefix } => {
                for word in words {
                    marks.tokens.push(word.folded.clone());
                    marks.stems.extend(word.stems.iter().cloned());
                    for similar in &word.similar {
                        marks.tokens.push(similar.folded.clone());
                        marks.stems.extend(similar.stems.iter().cloned());
                    }
                }
                if *prefix {
                    marks.prefix = words.last().map(|word| word.folded.clone());
                }
            }
            Matter::Grams(grams) => marks.tokens.extend(grams.iter().cloned()),
            Matter::Phrase(row) => marks.row = row.clone(),
        }
        marks
    }

    /// How many of these words match, from this one on.
    fn matching(&self, words: &Words, at: usize, stems: &[String]) -> usize {
        if !self.row.is_empty() {
            // The lone last character of an unspaced run stands between a run and what follows it.
            let is_row = self.row.len() <= words.places.len() - at
                && self.row.iter().enumerate().all(|(after, asked)| asked == words.folded(at + after));
            return if is_row { self.row.len() } else { 0 };
        }
        let word = words.folded(at);
        let is_match = self.tokens.iter().any(|token| token == word)
            || self.prefix.as_ref().is_some_and(|prefix| word.starts_with(prefix.as_str()))
            || stems.iter().any(|stem| self.stems.contains(stem));
        usize::from(is_match)
    }
}

/// The words of a text: where they stand in it, and how they are matched.
#[derive(Default)]
struct Words {
    places: Vec<Range<usize>>,
    /// All of them in a row, and where each ends.
    folded: String,
    ends: Vec<usize>,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self::default();
        let mut tokens = Tokens::new(text);
        while tokens.advance() {
            let token = tokens.token();
            words.places.push(token.offset_from..token.offset_to);
            words.folded.push_str(&token.text);
            words.ends.push(words.folded.len());
        }
        words
    }

    fn folded(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.folded[start..self.ends[at]]
    }
}

impl Highlighter {
    pub(crate) fn new(query: &ParsedQuery) -> Self {
        let clauses: Vec<Marks> = query.wanted.iter().chain(&query.required).map(Marks::of).collect();
        // After the language's code.
        let stems = clauses.iter().flat_map(|clause| &clause.stems).filter_map(|stem| stem.split_once(':'));
        let beginnings = stems.filter_map(|(_, stem)| stem.bytes().next()).collect();
        Self { clauses, beginnings, stems: RefCell::default() }
    }

    /// Cuts a snippet out of a passage in this language. Without a match it is the passage's beginning.
    pub(crate) fn snippet(&self, passage: &str, language: Detection) -> Snippet {
        let text = on_one_line(passage);
        let matches = self.matches_in(&text, language);
        let (from, to) = window(&text, &matches);
        let mut cut = String::new();
        if from > 0 {
            cut.push_str("… ");
        }
        let shift = cut.len();
        cut.push_str(&text[from..to]);
        if to < text.len() {
            cut.push_str(" …");
        }
        let mut highlights: Vec<(usize, usize)> = Vec::new();
        for found in matches.iter().filter(|found| found.start >= from && found.end <= to) {
            let (start, end) = (found.start - from + shift, found.end - from + shift);
            match highlights.last_mut() {
                // Those that touch or overlap are one.
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => highlights.push((start, end)),
            }
        }
        let html = marked(&cut, &highlights);
        Snippet { text: cut, highlights, html }
    }

    /// What matches, in order of where it begins.
    fn matches_in(&self, text: &str, language: Detection) -> Vec<Match> {
        let words = Words::of(text);
        let needs_stems = !self.beginnings.is_empty();
        let only_ends = language.changes_only_ends();
        let mut found = Vec::new();
        let mut known = self.stems.borrow_mut();
        for (at, place) in words.places.iter().enumerate() {
            let word = &text[place.clone()];
            // Most words cannot have a stem that is looked for: they begin with another letter.
            let may_match = needs_stems
                && !(only_ends
                    && word.is_ascii()
                    && !self.beginnings.contains(&word.as_bytes()[0].to_ascii_lowercase()));
            let stems = if may_match { known.of(word, language) } else { Arc::default() };
            for (clause, marks) in self.clauses.iter().enumerate() {
                let count = marks.matching(&words, at, &stems);
                if count > 0 {
                    let end = words.places[at + count - 1].end;
                    found.push(Match { start: place.start, end, clause });
                }
            }
        }
        found
    }
}

/// White space folded, and the marks of Markdown tables, headings and strong words left out.
fn on_one_line(passage: &str) -> String {
    let is_rule = |word: &&str| !word.chars().all(|c| matches!(c, '|' | '-' | '#' | '`' | ':' | '='));
    let words: Vec<&str> = passage.split_whitespace().filter(is_rule).collect();
    // These marks come in pairs; a lone one, as in code, means something else.
    let opened = words.iter().filter(|word| opening(word).is_some()).count();
    if opened == 0 || opened != words.iter().filter(|word| closing(word).is_some()).count() {
        return words.join(" ");
    }
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        let word = opening(word).unwrap_or(word);
        match closing(word) {
            Some((strong, after)) => line.extend([strong, after]),
            None => line.push_str(word),
        }
    }
    line
}

const STRONG: &str = "**";

/// What follows the mark before strong words.
fn opening(word: &str) -> Option<&str> {
    word.strip_prefix(STRONG).filter(|rest| rest.starts_with(char::is_alphanumeric))
}

/// What stands before the mark after strong words, and what follows it: a comma, say.
fn closing(word: &str) -> Option<(&str, &str)> {
    let (strong, after) = word.rsplit_once(STRONG)?;
    let ends = !strong.is_empty() && strong != STRONG && !strong.ends_with('*');
    (ends && after.chars().all(|c| c.is_ascii_punctuation())).then_some((strong, after))
}

/// The byte range around the most different matches, begun at a sentence or word and ended likewise.
fn window(text: &str, matches: &[Match]) -> (usize, usize) {
    let reach = |start: usize| {
        text[start..].char_indices().nth(TARGET_CHARS * 3 / 4).map_or(text.len(), |(at, _)| start + at)
    };
    // From every match: how many clauses lie within reach, then how many matches. The first best wins.
    let mut best = (0, 0);
    let mut anchor = 0;
    for (at, first) in matches.iter().enumerate() {
        let end = reach(first.start);
        let inside = || matches[at..].iter().take_while(|found| found.end <= end);
        let clauses: HashSet<usize> = inside().map(|found| found.clause).collect();
        let worth = (clauses.len(), inside().count());
        if worth > best {
            (best, anchor) = (worth, first.start);
        }
    }
    let from = begin(text, anchor);
    (from, finish(text, from, anchor))
}

/// The sentence start before the anchor, when it is near; else a word start some way before it.
fn begin(text: &str, anchor: usize) -> usize {
    let back = text[..anchor].char_indices().rev().nth(TARGET_CHARS * 2 / 5).map_or(0, |(at, _)| at);
    if back == 0 {
        return 0;
    }
    let lead = &text[back..anchor];
    let sentence = lead.match_indices(SENTENCE_ENDS).rev().find_map(|(at, mark)| {
        let after = at + mark.len();
        let rest = &lead[after..];
        let is_end = rest.starts_with(' ') || mark.len() > 1;
        is_end.then(|| back + after + (rest.len() - rest.trim_start().len()))
    });
    sentence.or_else(|| lead.find(' ').map(|at| back + at + 1)).unwrap_or(back)
}

/// A sentence end near the wanted length, else a word end, else just there.
fn finish(text: &str, from: usize, anchor: usize) -> usize {
    let rest = &text[from..];
    let Some((full, _)) = rest.char_indices().nth(TARGET_CHARS) else {
        return text.len();
    };
    let enough = rest.char_indices().nth(TARGET_CHARS / 2).map_or(0, |(at, _)| at).max(anchor - from);
    let sentence = rest[..full].match_indices(SENTENCE_ENDS).rev().find_map(|(at, mark)| {
        let end = at + mark.len();
        (end > enough && (rest[end..].starts_with(' ') || mark.len() > 1)).then_some(end)
    });
    let word = || rest[..full].rfind(' ').filter(|at| *at > enough);
    from + sentence.or_else(word).unwrap_or(full)
}

/// The text with HTML escaped and the highlights marked.
fn marked(text: &str, highlights: &[(usize, usize)]) -> String {
    let mut html = String::with_capacity(text.len() + highlights.len() * 13);
    let mut at = 0;
    for &(start, end) in highlights {
        escape(&text[at..start], &mut html);
        html.push_str("<mark>");
        escape(&text[start..end], &mut html);
        html.push_str("</mark>");
        at = end;
    }
    escape(&text[at..], &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{SimilarWord, parse};
    use crate::request::Names;

    fn snippet(query: &str, passage: &str) -> Snippet {
        snippet_in("un", query, passage)
    }

    fn snippet_in(code: &str, query: &str, passage: &str) -> Snippet {
        let language = Detection::of_code(code);
        let mut parsed = parse(query, &Names::default(), Default::default());
        parsed.add_stems(&[language]);
        Highlighter::new(&parsed).snippet(passage, language)
    }

    fn marks(snippet: &Snippet) -> Vec<&str> {
        snippet.highlights.iter().map(|(start, end)| &snippet.text[*start..*end]).collect()
    }

    #[test]
    fn matches_are_marked_and_html_is_escaped() {
        let found = snippet("apollo costs", "The <b>Apollo</b> project\n cost & more \"apollo\".");
        assert_eq!(marks(&found), ["Apollo", "cost", "apollo"]);
        assert!(found.html.contains("&lt;b&gt;<mark>Apollo</mark>&lt;/b&gt;"), "{}", found.html);
        assert!(found.html.contains("&amp; more &quot;<mark>apollo</mark>&quot;."), "{}", found.html);
    }

    #[test]
    fn long_passages_are_cut_at_sentence_ends() {
        let filler = "Nothing to see in this sentence at all. ".repeat(20);
        let found = snippet("zebra", &format!("{filler}Here is the zebra we look for. {filler}"));
        assert!(found.text.starts_with("… Here") || found.text.starts_with("… Nothing"), "{}", found.text);
        assert!(found.text.ends_with(". …"), "{}", found.text);
        assert_eq!(marks(&found), ["zebra"]);
        assert!(found.text.chars().count() < TARGET_CHARS * 2);
    }

    #[test]
    fn the_window_with_most_matches_wins() {
        let filler = "word ".repeat(200);
        let found = snippet("red green blue ", &format!("red {filler} red green blue {filler}"));
        assert_eq!(marks(&found), ["red", "green", "blue"]);
    }

    #[test]
    fn pairs_of_unspaced_scripts_are_marked_as_one() {
        let found = snippet("東京都", "私は東京都に住んでいます。");
        assert_eq!(marks(&found), ["東京都"]);
    }

    #[test]
    fn other_forms_beginnings_and_similar_words_are_marked() {
        let found =
            snippet_in("en", "reimburse trav* ", "Travel was reimbursed; other reimbursements follow.");
        assert_eq!(marks(&found), ["Travel", "reimbursed", "reimbursements"]);
        let found = snippet_in("de", "vertrag ", "Alle Verträge liegen bei. Der Antrag nicht.");
        assert_eq!(marks(&found), ["Verträge"]);
        let mut parsed = parse("budgte ", &Names::default(), Default::default());
        parsed.wanted[0].words_mut()[0].similar =
            vec![SimilarWord { folded: "budget".to_owned(), stems: Vec::new() }];
        let found = Highlighter::new(&parsed).snippet("The Budget is here.", Detection::Unknown);
        assert_eq!(marks(&found), ["Budget"]);
    }

    #[test]
    fn a_phrase_is_marked_in_a_row_only() {
        let found = snippet("\"new year\"", "A new plan for the New Year, the year of the new.");
        assert_eq!(marks(&found), ["New Year"]);
    }

    #[test]
    fn the_window_shows_different_words_before_the_same_again() {
        let filler = "Nothing of it here at all. ".repeat(30);
        let found = snippet("red blue ", &format!("red red red red. {filler} Then red and blue. {filler}"));
        assert_eq!(marks(&found), ["red", "blue"], "{}", found.text);
        assert!(
            found.text.starts_with("… Then red") || found.text.starts_with("… Nothing"),
            "{}",
            found.text
        );
    }

    #[test]
    fn long_unspaced_text_is_cut_at_its_sentences() {
        let filler = "これは何も関係のない文章です。".repeat(40);
        let found = snippet("予算", &format!("{filler}来年の予算は増えます。{filler}"));
        assert_eq!(marks(&found), ["予算"]);
        assert!(found.text.starts_with("… 来年") || found.text.starts_with("… これ"), "{}", found.text);
        assert!(found.text.ends_with("。 …"), "{}", found.text);
    }

    #[test]
    fn marks_of_strong_words_are_left_out_where_they_come_in_pairs() {
        for (text, shown) in [
            ("**ada** within **30 days**, and **so on**.", "ada within 30 days, and so on."),
            ("def f(*args, **kwargs): return 2 ** 3", "def f(*args, **kwargs): return 2 ** 3"),
            ("x**y **bold", "x**y **bold"),
            ("## A | b\n| --- |\n**c**", "A b c"),
        ] {
            assert_eq!(on_one_line(text), shown, "{text}");
        }
    }

    #[test]
    fn without_a_match_the_beginning_is_shown() {
        let found = snippet("zebra", "## Title\n\n| a | b |\n| --- | --- |\n| 1 | 2 |");
        assert_eq!(found.text, "Title a b 1 2");
        assert!(found.highlights.is_empty());
    }

    proptest! {
        #[test]
        fn highlights_are_true_for_any_text(passage in "\\PC{0,600}|([a-c]{1,3}[ .]){0,300}", query in "\\PC{0,20}|[a-c]{1,3}") {
            let found = snippet(&query, &passage);
            let mut last = 0;
            for (start, end) in &found.highlights {
                prop_assert!(*start >= last && start < end);
                prop_assert!(found.text.get(*start..*end).is_some());
                last = *end;
            }
            prop_assert!(!found.html.replace("<mark>", "").replace("</mark>", "").contains('<'));
        }
    }
}
