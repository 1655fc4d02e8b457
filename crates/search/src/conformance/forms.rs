//! Other forms of the words that were asked for.

use super::*;

const ENGLISH: &str =
    "The company reimburses what people pay for their travels, when the receipts were handed in early.";
const GERMAN: &str =
    "Alle Verträge mit den Lieferanten werden von der Abteilung geprüft, bevor sie unterschrieben sind.";
const FRENCH: &str =
    "Les remboursements des frais de voyage sont effectués à la fin du mois par le service financier.";

pub(super) async fn forms_meet_by_the_rules_of_the_text(index: Index) {
    let documents =
        vec![document("en", "a", &[ENGLISH]), document("de", "b", &[GERMAN]), document("fr", "c", &[FRENCH])];
    filled(&index, documents).await;
    for (query, item) in [
        ("reimbursement ", "en"),
        ("travelling ", "en"),
        ("receipt ", "en"),
        ("Vertrag ", "de"),
        ("vertrags ", "de"),
        ("Lieferant ", "de"),
        ("remboursement ", "fr"),
        ("effectue ", "fr"),
    ] {
        assert_eq!(found(&index, &ask(query)).await, [item], "{query}");
    }
    let hit = search(&index, &ask("vertrag ")).await.hits.remove(0);
    assert!(hit.snippet.html.contains("<mark>Verträge</mark>"), "{}", hit.snippet.html);
}

pub(super) async fn the_form_asked_for_comes_first(index: Index) {
    let with = |word: &str| ENGLISH.replace("receipts", word);
    filled(
        &index,
        vec![document("many", "a", &[&with("invoices")]), document("one", "b", &[&with("invoice")])],
    )
    .await;
    assert_eq!(found(&index, &ask("invoice ")).await, ["one", "many"]);
    assert_eq!(found(&index, &ask("invoices ")).await, ["many", "one"]);
    assert_eq!(found(&index, &ask("\"invoices were\"")).await, ["many"], "a phrase is spelled as it is");
}

pub(super) async fn foreign_rules_are_not_applied(index: Index) {
    // By English rules `landing` comes down to `land`; a German text has that word, and they do not meet.
    let text =
        "Das Land und die Gemeinden tragen die Kosten der Versammlung; sie werden jedes Jahr neu berechnet.";
    // A text of English keeps its rules in force for questions.
    filled(&index, vec![document("en", "a", &[ENGLISH]), document("de", "b", &[text])]).await;
    assert_eq!(found(&index, &ask("land ")).await, ["de"]);
    assert!(found(&index, &ask("landing ")).await.is_empty());
}

pub(super) async fn right_to_left_scripts(index: Index) {
    let documents = vec![
        document(
            "ar",
            "a",
            &["يجب على الموظفين إرسال الفواتير إلى الإدارة المالية قبل نهاية الشهر من كل سنة."],
        ),
        document("he", "b", &["העובדים צריכים לשלוח את החשבונית אל המשרד לפני סוף החודש בכל שנה ושנה."]),
    ];
    filled(&index, documents).await;
    for (query, item) in [
        ("إدارة ", "ar"),
        ("الادارة ", "ar"),
        ("اداره ", "ar"),
        ("موظفين ", "ar"),
        ("חשבונית ", "he"),
        ("משרד ", "he"),
    ] {
        assert_eq!(found(&index, &ask(query)).await, [item], "{query}");
    }
}

pub(super) async fn words_within_names(index: Index) {
    let documents = vec![
        document("i1", "Q3BudgetFinal2026.xlsx", &[]),
        document("i2", "other.txt", &["text of no interest"]),
    ];
    filled(&index, documents).await;
    for query in ["budget ", "budgets ", "final budget ", "2026 ", "q3budgetfinal2026 "] {
        assert_eq!(found(&index, &ask(query)).await, ["i1"], "{query}");
    }
}
