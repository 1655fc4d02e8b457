//! Cuts a document into searchable pieces at the ends of paragraphs, rows and sentences.

use gangway_model::{Chunk, Document};

/// How large pieces become, in characters (Unicode scalar values).
#[derive(Clone, Copy, Debug)]
pub struct ChunkOptions {
    /// What a piece aims at. Default 1200.
    pub target_chars: usize,
    /// What no piece exceeds; at least 1. Default 2000.
    pub max_chars: usize,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { target_chars: 1200, max_chars: 2000 }
    }
}

/// Cuts a document into chunks, numbered from 0 in reading order.
///
/// A chunk never spans two places, is never blank, never longer than `max_chars`, and chunks do not overlap: put
/// together they hold every character of the document but white space at their ends.
pub fn chunk(document: &Document, options: &ChunkOptions) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    for section in &document.sections {
        for piece in pieces(&section.text, options) {
            let number = chunks.len() as u32;
            chunks.push(Chunk { number, place: section.place.clone(), text: piece.to_owned() });
        }
    }
    chunks
}

/// Where a cut is welcome, the best last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    Character,
    Word,
    Line,
    Sentence,
    /// Before a table row, list item or heading.
    Row,
    Paragraph,
}

fn pieces<'a>(text: &'a str, options: &ChunkOptions) -> Vec<&'a str> {
    let max = options.max_chars.max(1);
    let target = options.target_chars.clamp(1, max);
    let mut rest = text.trim();
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let at = cut_at(rest, target, max);
        let (piece, after) = rest.split_at(at);
        pieces.push(piece.trim_end());
        rest = after.trim_start();
    }
    pieces
}

/// The byte where the first piece of a text ends: its whole length when it is short enough, else the best cut
/// between half the target and the maximum, near the target.
fn cut_at(text: &str, target: usize, max: usize) -> usize {
    let soft_end = target + (max - target) / 2;
    if text.chars().nth(soft_end).is_none() {
        return text.len();
    }
    let mut best = (Cut::Character, usize::MAX, 0);
    let mut chars = text.char_indices().skip(1).enumerate().map(|(count, (at, c))| (count + 1, at, c));
    let mut before = text.chars().next().unwrap_or_default();
    let mut before_that = before;
    for (count, at, c) in chars.by_ref().take(max) {
        let cut = cut_before(c, before, before_that, &text[at..]);
        (before_that, before) = (before, c);
        let Some(cut) = cut else { continue };
        // A character cut is the last resort: as late as possible. Others are looked for from half the target on.
        if count * 2 < target && cut != Cut::Character {
            continue;
        }
        let distance = if cut == Cut::Character { max - count } else { target.abs_diff(count) };
        if cut > best.0 || (cut == best.0 && distance < best.1) {
            best = (cut, distance, at);
        }
    }
    let all_fits = text.chars().nth(max).is_none();
    match best {
        // The rest is between soft end and maximum and nothing good divides it.
        (Cut::Character | Cut::Word, ..) if all_fits => text.len(),
        // Nothing but marks that belong together: cut at the maximum all the same.
        (_, _, 0) => text.char_indices().nth(max).map_or(text.len(), |(at, _)| at),
        (_, _, at) => at,
    }
}

/// How welcome a cut is before `c`; `None` within what belongs together.
fn cut_before(c: char, before: char, before_that: char, rest: &str) -> Option<Cut> {
    if joins(c) || before == '\u{200d}' {
        return None;
    }
    Some(match (before, before_that) {
        ('\n', '\n') => Cut::Paragraph,
        ('\n', _) if starts_row(rest) => Cut::Row,
        (' ' | '\n' | '\t', end) if ends_sentence(end) && !c.is_lowercase() => Cut::Sentence,
        (end, _) if is_cjk_sentence_end(end) && !is_closing(c) => Cut::Sentence,
        ('\n', _) => Cut::Line,
        (white, _) if white.is_whitespace() => Cut::Word,
        ('、' | '，' | '；' | '：', _) => Cut::Word,
        _ => Cut::Character,
    })
}

/// Marks that belong to the character before them.
fn joins(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
        || unicode_normalization::char::is_combining_mark(c)
}

fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '"' | '”' | '»' | '।' | '؟' | '۔') || is_cjk_sentence_end(c)
}

fn is_cjk_sentence_end(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡')
}

fn is_closing(c: char) -> bool {
    matches!(c, '」' | '』' | '）' | '”' | '’' | '"' | ')' | '。' | '！' | '？' | '｡')
}

fn starts_row(line: &str) -> bool {
    line.starts_with(['|', '#', '-', '*', '•'])
}

#[cfg(test)]
mod tests;
