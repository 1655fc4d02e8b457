//! What people type, understood leniently: words, "phrases", beginnings*, -exclusions, and `field:value`.

mod dates;
mod fields;
mod kinds;

use gangway_model::{CollectionId, ConnectorId, Timestamp};

use crate::analysis::{Detection, Tokens, is_gram, stems_of};
use crate::request::{Names, Understood, UnderstoodFilter};
pub use dates::begin_of;
pub(crate) use fields::folder_key;
pub use fields::folders_asked;
use fields::{Meaning, take_field};
pub(crate) use kinds::kinds_of;

/// Characters of a query that are read; the rest is ignored.
const MAX_QUERY_CHARS: usize = 1000;
/// Words, phrases and fields that are searched for; the rest is ignored.
const MAX_CLAUSES: usize = 32;
/// Characters a word needs to be tried as the beginning of a word.
const MIN_PREFIX_CHARS: usize = 2;

/// One thing to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub matter: Matter,
    pub scope: Scope,
}

/// Where a clause is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Anywhere,
    /// The document's own title, or its name.
    Title,
    Name,
}

/// Analysed tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matter {
    /// Words that stand anywhere in one field: one for a plain word, more for `foo-bar`.
    Words { words: Vec<AskedWord>, prefix: bool },
    /// Overlapping pairs of a script without spaces; most of them must occur.
    Grams(Vec<String>),
    /// Tokens in a row.
    Phrase(Vec<String>),
}

/// A word as it is matched, and as it was typed: stems are made from that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AskedWord {
    pub folded: String,
    pub typed: String,
    /// In the languages of what is searched; empty until these are known.
    pub stems: Vec<String>,
    /// Words that may have been meant; empty unless the word itself hardly occurs.
    pub similar: Vec<SimilarWord>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SimilarWord {
    pub folded: String,
    pub stems: Vec<String>,
}

impl Clause {
    pub(crate) fn words_mut(&mut self) -> &mut [AskedWord] {
        match &mut self.matter {
            Matter::Words { words, .. } => words,
            Matter::Grams(_) | Matter::Phrase(_) => &mut [],
        }
    }
}

/// What the query itself narrows the search to. Those of one kind that are not excluded widen each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Narrowing {
    pub excluded: bool,
    pub to: Wanted,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// A kind of file, as [`kinds_of`] tells it.
    Kind(String),
    Connectors(Vec<ConnectorId>),
    /// A container of this folded name or path, or one of these collections.
    Within {
        folder: String,
        collections: Vec<CollectionId>,
    },
    /// This moment and later.
    After(Timestamp),
    /// Before this moment.
    Before(Timestamp),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ParsedQuery {
    /// The more of these match, the better.
    pub wanted: Vec<Clause>,
    /// Every one of these must match.
    pub required: Vec<Clause>,
    /// None of these may match.
    pub excluded: Vec<Clause>,
    pub narrowings: Vec<Narrowing>,
    pub understood: Understood,
}

impl ParsedQuery {
    /// Gives every word its stems by the rules of these languages.
    pub(crate) fn add_stems(&mut self, languages: &[Detection]) {
        let clauses = self.wanted.iter_mut().chain(&mut self.required).chain(&mut self.excluded);
        for word in clauses.flat_map(Clause::words_mut) {
            for language in languages {
                stems_of(&word.typed, *language, &mut word.stems);
            }
        }
    }

    /// Whether there is nothing to rank by.
    pub(crate) fn is_blank(&self) -> bool {
        self.wanted.is_empty() && self.required.is_empty()
    }
}

/// Understands any text; there is no wrong one.
pub(crate) fn parse(text: &str, names: &Names, now: Timestamp) -> ParsedQuery {
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
        if let Some((field, after)) = take_field(rest)
            && let Some(meaning) = field.meaning(names, now)
        {
            clauses += 1;
            let means = parsed.take_in(meaning, excluded);
            let (field, value) = (field.name, field.value.to_owned());
            parsed.understood.filters.push(UnderstoodFilter { field, value, excluded, means });
            rest = after.trim_start();
            continue;
        }
        let (piece, quoted, after) = take_piece(rest);
        let still_typed = !excluded && after.is_empty() && end == text.len();
        let found = understand(piece, quoted, still_typed);
        if !found.is_empty() {
            parsed.note(piece, quoted, excluded);
        }
        for matter in found {
            clauses += 1;
            let clause = Clause { matter, scope: Scope::Anywhere };
            match (excluded, &clause.matter) {
                (true, _) => parsed.excluded.push(clause),
                (false, Matter::Phrase(_)) => parsed.required.push(clause),
                (false, _) => parsed.wanted.push(clause),
            }
        }
        rest = after.trim_start();
    }
    parsed
}

impl ParsedQuery {
    /// Takes what a field means in; what that is, in words a program can use.
    fn take_in(&mut self, meaning: Meaning, excluded: bool) -> Vec<String> {
        match meaning {
            Meaning::Narrowed(to) => {
                let means = match &to {
                    Wanted::Kind(kind) => vec![kind.clone()],
                    Wanted::Connectors(ids) => ids.iter().map(|id| id.as_str().to_owned()).collect(),
                    Wanted::Within { collections, .. } => {
                        collections.iter().map(|id| id.as_str().to_owned()).collect()
                    }
                    Wanted::After(at) | Wanted::Before(at) => {
                        vec![at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)]
                    }
                };
                self.narrowings.push(Narrowing { excluded, to });
                means
            }
            Meaning::Clauses(clauses) => {
                let list = if excluded { &mut self.excluded } else { &mut self.required };
                list.extend(clauses);
                Vec::new()
            }
        }
    }

    /// Keeps what was typed, to be told.
    fn note(&mut self, piece: &str, quoted: bool, excluded: bool) {
        let list = match (excluded, quoted) {
            (true, _) => &mut self.understood.excluded,
            (false, true) => &mut self.understood.phrases,
            (false, false) => &mut self.understood.words,
        };
        list.push(piece.to_owned());
    }
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
fn understand(piece: &str, quoted: bool, still_typed: bool) -> Vec<Matter> {
    let tokens = Tokens::new(piece).collect_all();
    let is_pair_tail = |at: usize| {
        // The lone last character of a run that already ended a pair.
        at > 0 && tokens[at - 1].offset_to == tokens[at].offset_to
    };
    let mut words: Vec<AskedWord> = Vec::new();
    let mut grams = Vec::new();
    let mut in_order = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(at, _)| !is_pair_tail(*at)) {
        in_order.push(token.text.clone());
        let unspaced = token.text.chars().next().is_some_and(is_gram);
        // A single such character begins pairs: it is looked up as a prefix.
        match unspaced && (token.text.chars().count() > 1 || at + 1 < tokens.len() || at > 0) {
            true => grams.push(token.text.clone()),
            false => words.push(AskedWord {
                folded: token.text.clone(),
                typed: piece[token.offset_from..token.offset_to].to_owned(),
                ..AskedWord::default()
            }),
        }
    }
    if quoted {
        return match in_order.len() {
            0 => Vec::new(),
            _ => vec![Matter::Phrase(in_order)],
        };
    }
    let mut found = Vec::new();
    if let Some(last) = words.last().map(|word| word.folded.as_str()) {
        let lone_gram = last.chars().next().is_some_and(is_gram);
        let ends_word = still_typed && piece.chars().last().is_some_and(char::is_alphanumeric);
        let starred = piece.ends_with('*');
        let long_enough = grams.is_empty() && last.chars().count() >= MIN_PREFIX_CHARS;
        let prefix = lone_gram || (ends_word || starred) && long_enough;
        found.push(Matter::Words { words, prefix });
    }
    if !grams.is_empty() {
        found.push(Matter::Grams(grams));
    }
    found
}

#[cfg(test)]
mod tests;
