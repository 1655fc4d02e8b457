//! How queries are understood.

use chrono::{TimeZone, Utc};

use super::*;

fn now() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 6, 1, 12, 0, 0).unwrap()
}

fn names() -> Names {
    let connectors =
        [("google_drive", "Google Drive"), ("microsoft_onedrive", "OneDrive"), ("slack", "Slack")];
    Names {
        connectors: connectors.map(|(id, name)| (id.into(), name.to_owned())).to_vec(),
        collections: vec![("k1".into(), "Hand-Book".to_owned())],
    }
}

fn read(text: &str) -> ParsedQuery {
    parse(text, &names(), now())
}

fn words(text: &str, prefix: bool) -> Matter {
    let word = |word: &str| AskedWord {
        folded: word.to_lowercase(),
        typed: word.to_owned(),
        ..AskedWord::default()
    };
    Matter::Words { words: text.split(' ').map(word).collect(), prefix }
}

fn matters(clauses: &[Clause]) -> Vec<Matter> {
    clauses.iter().map(|clause| clause.matter.clone()).collect()
}

fn narrowed(text: &str) -> Vec<Wanted> {
    read(text).narrowings.into_iter().map(|one| one.to).collect()
}

#[test]
fn words_phrases_and_exclusions() {
    let parsed = read("Budget \"next year\" -draft apo");
    assert_eq!(matters(&parsed.wanted), [words("Budget", false), words("apo", true)]);
    assert_eq!(matters(&parsed.required), [Matter::Phrase(vec!["next".into(), "year".into()])]);
    assert_eq!(matters(&parsed.excluded), [words("draft", false)]);
    let told = parsed.understood;
    assert_eq!(
        (told.words, told.phrases),
        (vec!["Budget".to_owned(), "apo".into()], vec!["next year".into()])
    );
    assert_eq!(told.excluded, ["draft"]);
}

#[test]
fn odd_syntax_is_read_somehow() {
    assert!(read("").is_blank());
    assert!(read(" - -- \"\" ( ) ~^ ").is_blank());
    assert_eq!(read("\"never closed").required.len(), 1);
    assert_eq!(matters(&read("foo-bar ").wanted), [words("foo bar", false)]);
    assert_eq!(read("colour:foo AND").wanted.len(), 2);
}

#[test]
fn a_word_that_is_finished_is_no_prefix_unless_it_is_starred() {
    assert_eq!(matters(&read("apollo ").wanted), [words("apollo", false)]);
    assert_eq!(matters(&read("a").wanted), [words("a", false)]);
    assert_eq!(matters(&read("bud* plan ").wanted), [words("bud", true), words("plan", false)]);
}

#[test]
fn unspaced_scripts_are_asked_by_pairs() {
    assert_eq!(matters(&read("東京都").wanted), [Matter::Grams(vec!["東京".into(), "京都".into()])]);
    assert_eq!(matters(&read("猫").wanted), [words("猫", true)]);
    assert_eq!(matters(&read("\"東京都\"").required), [Matter::Phrase(vec!["東京".into(), "京都".into()])]);
}

#[test]
fn fields_narrow() {
    assert_eq!(narrowed("type:pdf costs"), [Wanted::Kind("pdf".into())]);
    assert_eq!(narrowed("Type:Spreadsheets"), [Wanted::Kind("spreadsheet".into())]);
    assert_eq!(narrowed("from:drive"), [Wanted::Connectors(vec!["google_drive".into()])]);
    assert_eq!(narrowed("from:\"Google Drive\""), [Wanted::Connectors(vec!["google_drive".into()])]);
    assert_eq!(narrowed("from:microsoft_onedrive"), [Wanted::Connectors(vec!["microsoft_onedrive".into()])]);
    assert_eq!(
        narrowed("in:\"/Reports/Été\""),
        [Wanted::Within { folder: "reports/ete".into(), collections: Vec::new() }]
    );
    assert_eq!(
        narrowed("in:hand-book"),
        [Wanted::Within { folder: "hand-book".into(), collections: vec!["k1".into()] }]
    );
    let day = |day| Utc.with_ymd_and_hms(2026, 1, day, 0, 0, 0).unwrap();
    assert_eq!(narrowed("after:2026-01 before:2026-01-31"), [Wanted::After(day(1)), Wanted::Before(day(31))]);
    let parsed = read("budget type:pdf -from:slack");
    assert_eq!(parsed.wanted.len(), 1, "the rest is still searched for");
    assert!(!parsed.narrowings[0].excluded && parsed.narrowings[1].excluded);
    let told = &parsed.understood.filters[1];
    assert_eq!((told.field, told.value.as_str(), told.excluded), ("from", "slack", true));
    assert_eq!(told.means, ["slack"]);
}

#[test]
fn titles_and_names_must_match_there() {
    let parsed = read("title:\"annual report\" name:budget -title:draft");
    assert_eq!(
        parsed.required.iter().map(|clause| clause.scope).collect::<Vec<_>>(),
        [Scope::Title, Scope::Name]
    );
    assert_eq!(parsed.required[0].matter, Matter::Phrase(vec!["annual".into(), "report".into()]));
    assert_eq!(parsed.excluded[0].scope, Scope::Title);
}

#[test]
fn what_means_nothing_is_plain_words() {
    for text in [
        "type:unheard",
        "from:nowhere",
        "after:soon",
        "before:2026-13",
        "http://a.example",
        "type: pdf",
        "name:?",
    ] {
        let parsed = read(text);
        assert!(parsed.narrowings.is_empty() && parsed.required.is_empty(), "{text}");
        assert!(!parsed.wanted.is_empty(), "{text}");
    }
}

#[test]
fn folders_that_are_asked_for_can_be_looked_up() {
    assert_eq!(folders_asked("a in:Team -in:\"Old stuff\" \"in:quotes\" b"), ["Team", "Old stuff"]);
    assert!(folders_asked("sign in now").is_empty());
}
