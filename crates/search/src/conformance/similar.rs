//! Slips of the fingers.

use super::*;

pub(super) async fn slips_are_forgiven(index: Index) {
    let documents = vec![
        document("budget", "a", &["the budget of the year"]),
        document("reimbursement", "b", &["a reimbursement form"]),
        document("named", "Kestrel sighting.txt", &[]),
    ];
    filled(&index, documents).await;
    for (query, item) in [
        ("budgte ", "budget"),
        ("bugdet ", "budget"),
        ("buget ", "budget"),
        ("budgett", "budget"),
        ("reimbursment ", "reimbursement"),
        ("reimbrusemnt ", "reimbursement"),
        ("kestral ", "named"),
        ("budgte year ", "budget"),
    ] {
        assert_eq!(found(&index, &ask(query)).await, [item], "{query}");
    }
    let page = search(&index, &ask("budgte ")).await;
    assert_eq!(page.understood.respelled[0].word, "budgte");
    assert_eq!(page.understood.respelled[0].tried, ["budget"]);
    assert!(page.hits[0].snippet.html.contains("<mark>budget</mark>"), "{}", page.hits[0].snippet.html);
    assert!(found(&index, &ask("\"budgte\"")).await.is_empty(), "a phrase is spelled as it is");
    assert!(found(&index, &ask("bxxget ")).await.is_empty(), "two slips in a short word are another word");
    assert_eq!(found(&index, &ask("budget -yaer ")).await, ["budget"], "exclusions are spelled as they are");
}

pub(super) async fn what_was_asked_comes_before_what_is_similar(index: Index) {
    let documents = vec![
        document("similar", "merlon.txt", &["merlon merlon merlon"]),
        document("asked", "a", &["many words about something else and only then the merlin, in a long text"]),
    ];
    filled(&index, documents).await;
    assert_eq!(found(&index, &ask("merlin ")).await, ["asked", "similar"]);
}

pub(super) async fn short_words_are_exact(index: Index) {
    filled(&index, vec![document("i1", "a", &["the cat and plan9 2026"])]).await;
    for query in ["cut ", "plan8 ", "2025 "] {
        assert!(found(&index, &ask(query)).await.is_empty(), "{query}");
    }
}

pub(super) async fn words_of_others_are_not_told(index: Index) {
    let bobs = IndexedDocument { user_id: "bob".into(), ..document("bobs", "budget.txt", &["the budget"]) };
    filled(&index, vec![bobs, document("anns", "b", &["nothing of the sort"])]).await;
    let page = search(&index, &ask("budgte ")).await;
    assert!(page.hits.is_empty());
    assert!(page.understood.respelled.is_empty(), "{:?}", page.understood.respelled);
}

pub(super) async fn words_of_others_do_not_crowd_out(index: Index) {
    // Every word that is one wrong letter away, more often than the one that is meant.
    let word = |at: usize, letter: char| -> String {
        "budgte".char_indices().map(|(here, c)| if here == at { letter } else { c }).collect()
    };
    let crowd: Vec<String> = (0..6).flat_map(|at| ('a'..='z').map(move |letter| word(at, letter))).collect();
    let bobs = (0..3).map(|n| IndexedDocument {
        user_id: "bob".into(),
        ..document(&format!("bobs{n}"), "b", &[crowd.join(" ").as_str()])
    });
    filled(&index, bobs.collect()).await;
    filled(&index, vec![document("anns", "a", &["the budget"])]).await;
    assert_eq!(found(&index, &ask("budgte ")).await, ["anns"]);
}

pub(super) async fn frequent_words_are_left_alone(index: Index) {
    let mut documents: Vec<_> = (0..5).map(|n| document(&format!("form{n}"), "a", &["a form"])).collect();
    documents.push(document("from", "b", &["a farm"]));
    filled(&index, documents).await;
    let page = search(&index, &ask("form ")).await;
    assert_eq!(page.total, 5);
    assert!(page.understood.respelled.is_empty());
}
