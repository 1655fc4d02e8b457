//! Where cuts fall, and what holds for any text and any sizes.

use gangway_model::{Place, Section};
use proptest::prelude::*;

use super::*;

fn document(texts: &[&str]) -> Document {
    let sections = texts.iter().enumerate().map(|(at, text)| Section {
        place: Place { page: Some(at as u32 + 1), ..Place::default() },
        text: (*text).to_owned(),
    });
    Document { sections: sections.collect(), ..Document::default() }
}

fn cut(text: &str, target_chars: usize, max_chars: usize) -> Vec<String> {
    let chunks = chunk(&document(&[text]), &ChunkOptions { target_chars, max_chars });
    chunks.into_iter().map(|chunk| chunk.text).collect()
}

#[test]
fn short_texts_stay_whole() {
    assert_eq!(cut("One. Two.\n\nThree.", 1200, 2000), ["One. Two.\n\nThree."]);
    assert!(cut("  \n ", 1200, 2000).is_empty());
}

#[test]
fn paragraphs_then_sentences_then_words() {
    assert_eq!(
        cut("First one here.\n\nSecond one here. And third.", 16, 24),
        ["First one here.", "Second one here.", "And third."]
    );
    assert_eq!(
        cut("It costs 3.50 here. But not there at all.", 22, 30),
        ["It costs 3.50 here.", "But not there at all."]
    );
    assert_eq!(cut("aaa bbb ccc ddd eee fff", 8, 10), ["aaa bbb", "ccc ddd", "eee fff"]);
}

#[test]
fn tables_are_cut_between_rows() {
    let table = "| a | b |\n| --- | --- |\n| one. Two | x |\n| three. Four | y |\n| five. Six | z |";
    for piece in cut(table, 40, 60) {
        assert!(piece.starts_with('|') && piece.ends_with('|'), "{piece}");
    }
}

#[test]
fn chinese_without_spaces_is_cut_at_sentence_ends() {
    let text = "今天天气很好。我们去公园散步。公园里有很多人在跑步。他们看起来很开心。";
    let pieces = cut(text, 16, 24);
    assert!(pieces.len() > 1);
    assert!(pieces.iter().all(|piece| piece.ends_with('。')), "{pieces:?}");
}

#[test]
fn characters_with_marks_stay_together() {
    let text = "e\u{301}".repeat(50);
    for piece in cut(&text, 7, 9) {
        assert!(piece.starts_with('e'), "{piece:?}");
    }
    // Marks without end are cut all the same.
    assert!(
        cut(&format!("e{}", "\u{301}".repeat(100)), 10, 12).iter().all(|piece| piece.chars().count() <= 12)
    );
}

#[test]
fn chunks_keep_their_section_s_place_and_count_on() {
    let chunks = chunk(&document(&["One.", "", "Two."]), &ChunkOptions::default());
    let places: Vec<_> = chunks.iter().map(|chunk| (chunk.number, chunk.place.page)).collect();
    assert_eq!(places, [(0, Some(1)), (1, Some(3))]);
}

#[test]
fn a_long_line_takes_linear_time() {
    let chunks = cut(&"x".repeat(2_000_000), 1200, 2000);
    assert_eq!(chunks.iter().map(String::len).sum::<usize>(), 2_000_000);
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_is_too_long(
        text in "([a-zA-Z]{1,9}[ .!\n|]{1,2}|[\u{4e00}-\u{4e20}。]|e\u{301}|\\PC| |\n\n){0,300}",
        target in 1usize..120,
        extra in 0usize..80,
    ) {
        let pieces = cut(&text, target, target + extra);
        prop_assert_eq!(visible(&pieces.concat()), visible(&text));
        for piece in &pieces {
            prop_assert!(piece.chars().count() <= target + extra);
            prop_assert!(!piece.trim().is_empty());
        }
    }
}
