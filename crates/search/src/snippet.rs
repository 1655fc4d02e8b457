//! The piece of a passage that shows why it was found: the densest window, cut at sentence or word ends.

use std::collections::HashSet;

use crate::analysis::Tokens;
use crate::query::{Clause, ParsedQuery};
use crate::request::Snippet;

/// Characters a snippet aims at.
const TARGET_CHARS: usize = 240;

/// What counts as a match in a passage.
pub(crate) struct Highlighter {
    tokens: HashSet<String>,
    prefixes: Vec<String>,
}

impl Highlighter {
    pub(crate) fn new(query: &ParsedQuery) -> Self {
        let mut highlighter = Self { tokens: HashSet::new(), prefixes: Vec::new() };
        for clause in query.wanted.iter().chain(&query.required) {
            highlighter.tokens.extend(clause.tokens().iter().cloned());
            if let Clause::Word { tokens, prefix: true } = clause {
                highlighter.prefixes.extend(tokens.last().cloned());
            }
        }
        highlighter
    }

    fn matches(&self, token: &str) -> bool {
        self.tokens.contains(token) || self.prefixes.iter().any(|prefix| token.starts_with(prefix.as_str()))
    }

    /// Cuts a snippet out of a passage. Without a match it is the passage's beginning.
    pub(crate) fn snippet(&self, passage: &str) -> Snippet {
        let text = on_one_line(passage);
        let matches = self.matches_in(&text);
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
        let inside = matches.iter().filter(|(start, end)| *start >= from && *end <= to);
        let highlights: Vec<_> =
            inside.map(|(start, end)| (start - from + shift, end - from + shift)).collect();
        let html = marked(&cut, &highlights);
        Snippet { text: cut, highlights, html }
    }

    /// Byte ranges that match, in order; those that touch or overlap are one.
    fn matches_in(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for token in Tokens::new(text).collect_all().iter().filter(|token| self.matches(&token.text)) {
            match found.last_mut() {
                Some((_, end)) if token.offset_from <= *end => *end = token.offset_to.max(*end),
                _ => found.push((token.offset_from, token.offset_to)),
            }
        }
        found
    }
}

/// White space folded, and the marks of Markdown tables and headings left out.
fn on_one_line(passage: &str) -> String {
    let is_rule = |word: &&str| !word.chars().all(|c| matches!(c, '|' | '-' | '#' | '`' | ':' | '='));
    passage.split_whitespace().filter(is_rule).collect::<Vec<_>>().join(" ")
}

/// The byte range around the most different matches, begun at a sentence or word and ended likewise.
fn window(text: &str, matches: &[(usize, usize)]) -> (usize, usize) {
    // From every match, how many more lie within reach: the first best wins.
    let reach = |start: usize| {
        text[start..].char_indices().nth(TARGET_CHARS * 3 / 4).map_or(text.len(), |(at, _)| start + at)
    };
    let best = matches.iter().enumerate().max_by_key(|(at, (start, _))| {
        let end = reach(*start);
        let inside = matches[*at..].iter().take_while(|(_, to)| *to <= end).count();
        (inside, std::cmp::Reverse(*at))
    });
    let anchor = best.map_or(0, |(_, (start, _))| *start);
    let from = begin(text, anchor);
    (from, finish(text, from, anchor))
}

/// The sentence start before the anchor, when it is near; else a word start some way before it.
fn begin(text: &str, anchor: usize) -> usize {
    let back = text[..anchor].char_indices().rev().nth(TARGET_CHARS / 4).map_or(0, |(at, _)| at);
    if back == 0 {
        return 0;
    }
    let lead = &text[back..anchor];
    let sentence = lead.match_indices(['.', '!', '?', '。', '！', '？']).rev().find_map(|(at, mark)| {
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
    let sentence =
        rest[..full].match_indices(['.', '!', '?', '。', '！', '？']).rev().find_map(|(at, mark)| {
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
    use crate::query::parse;

    fn snippet(query: &str, passage: &str) -> Snippet {
        Highlighter::new(&parse(query)).snippet(passage)
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
