//! What says the same is told once.

use super::*;

/// A text long enough to be compared, with a number in it.
fn letter(number: u32) -> String {
    let sentences = [
        "The supplier delivers the goods to the warehouse in the harbour before noon.",
        "Every crate carries a label with the order and the weight of what is inside.",
        "Whoever signs for the delivery keeps one copy and sends the other to the office.",
        "Damaged goods are photographed at once and returned with the same driver.",
    ];
    format!("{} Order {number}.", sentences.join(" "))
}

fn owned(item: &str, user: &str, text: &str) -> IndexedDocument {
    IndexedDocument { user_id: user.into(), ..document(item, &format!("{item}.txt"), &[text]) }
}

pub(super) async fn the_same_text_is_one_hit(index: Index) {
    let copy = format!("# {}", letter(1).replace(' ', "\n"));
    filled(
        &index,
        vec![owned("one", "ann", &letter(1)), owned("copy", "ann", &copy), owned("short", "ann", "supplier")],
    )
    .await;
    let page = search(&index, &ask("supplier warehouse ")).await;
    assert_eq!((page.hits.len(), page.total), (2, 2));
    let told = page.hits.iter().find(|hit| hit.item_id.as_str() != "short").expect("the letter");
    assert_eq!(told.duplicates.len(), 1);
    assert_ne!(told.duplicates[0], told.item_id);
    let unfolded =
        search(&index, &SearchRequest { fold_duplicates: false, ..ask("supplier warehouse ") }).await;
    assert_eq!((unfolded.hits.len(), unfolded.total), (3, 3));
    index.remove_items(std::slice::from_ref(&told.item_id)).await.expect("remove");
    index.flush().await.expect("flush");
    let left = search(&index, &ask("supplier warehouse ")).await;
    assert_eq!(left.hits[0].item_id, told.duplicates[0], "the copy takes its place");
}

/// What stands too far down to be compared is not counted as if it were.
pub(super) async fn the_total_says_when_it_is_only_the_least(index: Index) {
    filled(&index, (0..2100).map(|n| owned(&format!("i{n}"), "ann", &letter(1))).collect()).await;
    let page = search(&index, &ask("supplier ")).await;
    assert_eq!((page.hits.len(), page.total, page.total_is_exact), (1, 1, false));
    let unfolded = SearchRequest { fold_duplicates: false, ..ask("supplier ") };
    let page = search(&index, &unfolded).await;
    assert_eq!((page.total, page.total_is_exact), (2100, true));
    let gone: Vec<ItemId> = (0..100).map(|n| format!("i{n}").into()).collect();
    index.remove_items(&gone).await.expect("remove");
    index.flush().await.expect("flush");
    let page = search(&index, &ask("supplier ")).await;
    assert_eq!((page.total, page.total_is_exact), (1, true), "all two thousand are compared");
    assert!(search(&index, &ask("nothing-of-the-kind ")).await.total_is_exact);
}

pub(super) async fn other_numbers_are_other_documents(index: Index) {
    filled(&index, vec![owned("one", "ann", &letter(1)), owned("two", "ann", &letter(2))]).await;
    assert_eq!(found_set(&index, &ask("supplier ")).await, ["one", "two"]);
}

pub(super) async fn duplicates_of_others_are_not_told(index: Index) {
    filled(&index, vec![owned("mine", "ann", &letter(1)), owned("bobs", "bob", &letter(1))]).await;
    let page = search(&index, &ask("supplier ")).await;
    assert_eq!(page.hits.len(), 1);
    assert!(page.hits[0].duplicates.is_empty());
    assert_eq!(page.hits[0].item_id.as_str(), "mine");
}

pub(super) async fn pages_pass_over_duplicates(index: Index) {
    let documents = (0..30).map(|n| owned(&format!("i{n}"), "ann", &letter(n / 3))).collect();
    filled(&index, documents).await;
    let mut all = Vec::new();
    for offset in [0, 4, 8, 12] {
        let page = search(&index, &SearchRequest { limit: 4, offset, ..ask("supplier ") }).await;
        assert_eq!(page.total, 10);
        for hit in page.hits {
            assert_eq!(hit.duplicates.len(), 2);
            all.push(hit.item_id.into_string());
            all.extend(hit.duplicates.into_iter().map(|id| id.into_string()));
        }
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 30, "every item is told once");
}
