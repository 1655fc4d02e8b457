//! What people type, understood leniently: words, "phrases", -exclusions, and a last word still being typed.

use crate::analysis::{Tokens, is_gram};

/// Characters of a query that are read; the rest is ignored.
const MAX_QUERY_CHARS: usize = 1000;
/// Words and phrases that are searched for; the rest is ignored.
const MAX_CLAUSES: usize = 32;
/// Characters the last word needs to be tried as the beginning of a word.
const MIN_PREFIX_CHARS: usize = 2;

/// One thing to find, as analysed tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clause {
    /// Tokens that stand anywhere in one field: one for a plain word, more for `foo-bar`.
    Word { tokens: Vec<String>, prefix: bool },
    /// Overlapping pairs of a script without spaces; most of them must occur.
    Grams(Vec<String>),
    /// Tokens in a row.
    Phrase(Vec<String>),
}

impl Clause {
    pub(crate) fn tokens(&self) -> &[String] {
        match self {
            Self::Word { tokens, .. } | Self::Grams(tokens) | Self::Phrase(tokens) => tokens,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ParsedQuery {
    /// The more of these match, the better.
    pub wanted: Vec<Clause>,
    /// Every one of these must match.
    pub required: Vec<Clause>,
    /// None of these may match.
    pub excluded: Vec<Clause>,
}

impl ParsedQuery {
    /// Whether there is nothing to rank by.
    pub(crate) fn is_blank(&self) -> bool {
        self.wanted.is_empty() && self.required.is_empty()
    }
}

/// Understands any text; there is no wrong one.
pub(crate) fn parse(text: &str) -> ParsedQuery {
    let end = text.char_indices().nth(MAX_QUERY_CHARS).map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    let mut parsed = ParsedQuery::default();
    let mut rest = text.trim_start();
    let mut clauses = 0;
    while !rest.is_empty() && clauses < MAX_CLAUSES {
        let excluded = rest.starts_with(['-', '−'])
            && rest.chars().nth(1).is_some_and(|c| !c.is_whitespace() && c != '-');
        if excluded {
            rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
        }
        let (piece, quoted, after) = take_piece(rest);
        let still_typed = after.is_empty() && !quoted && end == text.len();
        for clause in understand(piece, quoted, still_typed && !excluded) {
            clauses += 1;
            match (excluded, &clause) {
                (true, _) => parsed.excluded.push(clause),
                (false, Clause::Phrase(_)) => parsed.required.push(clause),
                (false, _) => parsed.wanted.push(clause),
            }
        }
        rest = after.trim_start();
    }
    parsed
}

/// The next quoted text or word, and what follows it. A quote that is never closed reaches to the end.
fn take_piece(text: &str) -> (&str, bool, &str) {
    if let Some(opening) = text.chars().next().filter(|c| is_quote(*c)) {
        let inner = &text[opening.len_utf8()..];
        return match inner.char_indices().find(|(_, c)| is_quote(*c)) {
            Some((at, closing)) => (&inner[..at], true, &inner[at + closing.len_utf8()..]),
            None => (inner, true, ""),
        };
    }
    let end = text.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(text.len());
    (&text[..end], false, &text[end..])
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

/// The clauses of one piece: nothing for punctuation; words and unspaced runs are kept apart.
fn understand(piece: &str, quoted: bool, still_typed: bool) -> Vec<Clause> {
    let tokens = Tokens::new(piece).collect_all();
    let is_pair_tail = |at: usize| {
        // The lone last character of a run that already ended a pair.
        at > 0 && tokens[at - 1].offset_to == tokens[at].offset_to
    };
    let mut words = Vec::new();
    let mut grams = Vec::new();
    let mut in_order = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(at, _)| !is_pair_tail(*at)) {
        in_order.push(token.text.clone());
        let unspaced = token.text.chars().next().is_some_and(is_gram);
        // A single such character begins pairs: it is looked up as a prefix.
        match unspaced && (token.text.chars().count() > 1 || at + 1 < tokens.len() || at > 0) {
            true => grams.push(token.text.clone()),
            false => words.push(token.text.clone()),
        }
    }
    if quoted {
        return match in_order.len() {
            0 => Vec::new(),
            _ => vec![Clause::Phrase(in_order)],
        };
    }
    let mut clauses = Vec::new();
    if !words.is_empty() {
        let last = words.last().map(String::as_str).unwrap_or_default();
        let lone_gram = last.chars().next().is_some_and(is_gram);
        let ends_word = piece.chars().last().is_some_and(char::is_alphanumeric);
        let prefix = lone_gram
            || still_typed && ends_word && grams.is_empty() && last.chars().count() >= MIN_PREFIX_CHARS;
        clauses.push(Clause::Word { tokens: words, prefix });
    }
    if !grams.is_empty() {
        clauses.push(Clause::Grams(grams));
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, prefix: bool) -> Clause {
        Clause::Word { tokens: text.split(' ').map(str::to_owned).collect(), prefix }
    }

    #[test]
    fn words_phrases_and_exclusions() {
        let parsed = parse("Budget \"next year\" -draft apo");
        assert_eq!(parsed.wanted, [word("budget", false), word("apo", true)]);
        assert_eq!(parsed.required, [Clause::Phrase(vec!["next".into(), "year".into()])]);
        assert_eq!(parsed.excluded, [word("draft", false)]);
    }

    #[test]
    fn odd_syntax_is_read_somehow() {
        assert!(parse("").is_blank());
        assert!(parse(" - -- \"\" ( ) ~^ ").is_blank());
        assert_eq!(parse("\"never closed").required.len(), 1);
        assert_eq!(parse("foo-bar ").wanted, [word("foo bar", false)]);
        assert_eq!(parse("title:foo AND").wanted.len(), 2);
    }

    #[test]
    fn a_word_that_is_finished_is_no_prefix() {
        assert_eq!(parse("apollo ").wanted, [word("apollo", false)]);
        assert_eq!(parse("a").wanted, [word("a", false)]);
    }

    #[test]
    fn unspaced_scripts_are_asked_by_pairs() {
        assert_eq!(parse("東京都").wanted, [Clause::Grams(vec!["東京".into(), "京都".into()])]);
        assert_eq!(parse("猫").wanted, [word("猫", true)]);
        assert_eq!(parse("\"東京都\"").required, [Clause::Phrase(vec!["東京".into(), "京都".into()])]);
    }
}
