//! Nobody sees more than what is theirs or shared with them.

use super::*;

/// Bob's item, in these collections.
fn bobs(item: &str, collections: &[&str]) -> IndexedDocument {
    IndexedDocument {
        user_id: "bob".into(),
        collections: collections.iter().map(|id| (*id).into()).collect(),
        ..document(item, "apple.txt", &["apple"])
    }
}

pub(super) async fn others_see_nothing(index: Index) {
    filled(&index, vec![bobs("i1", &[]), bobs("i2", &["private"])]).await;
    for query in ["apple", "app", "\"apple\"", "apple -nothing"] {
        assert!(found(&index, &ask(query)).await.is_empty(), "{query}");
        assert_eq!(search(&index, &ask(query)).await.total, 0, "the total tells nothing either");
    }
    let mut precise = ask("apple");
    precise.filters.item_ids = vec!["i1".into()];
    assert!(found(&index, &precise).await.is_empty());
}

pub(super) async fn shared_collections_are_seen(index: Index) {
    filled(
        &index,
        vec![bobs("i1", &["team", "other"]), bobs("i2", &["other"]), document("i3", "x", &["apple"])],
    )
    .await;
    let mut request = ask("apple");
    request.visible.collections = vec!["team".into(), "empty".into()];
    assert_eq!(found_set(&index, &request).await, ["i1", "i3"]);
}

pub(super) async fn sharing_ends(index: Index) {
    let mut request = ask("apple");
    request.visible.collections = vec!["team".into()];
    filled(&index, vec![bobs("i1", &["team"])]).await;
    assert_eq!(found(&index, &request).await, ["i1"]);
    filled(&index, vec![bobs("i1", &[])]).await;
    assert!(found(&index, &request).await.is_empty());
}

pub(super) async fn collection_filters_reveal_nothing(index: Index) {
    let mut own = document("i2", "x", &["apple"]);
    own.collections = vec!["mine".into()];
    filled(&index, vec![bobs("i1", &["team", "secret"]), own]).await;
    let mut request = ask("apple");
    request.visible.collections = vec!["team".into()];
    request.filters.collections = vec!["secret".into()];
    assert!(found(&index, &request).await.is_empty(), "being in a hidden collection is itself hidden");
    request.filters.collections = vec!["team".into()];
    assert_eq!(found(&index, &request).await, ["i1"]);
    request.filters.collections = vec!["mine".into()];
    assert_eq!(found(&index, &request).await, ["i2"]);
    request.filters.collections = vec!["mine".into(), "team".into()];
    assert_eq!(found_set(&index, &request).await, ["i1", "i2"]);
}

pub(super) async fn blank_queries_are_no_way_around(index: Index) {
    filled(&index, vec![bobs("i1", &["secret"]), document("i2", "x", &["apple"])]).await;
    assert_eq!(found(&index, &ask("")).await, ["i2"]);
    assert_eq!(found(&index, &ask("-cherry")).await, ["i2"]);
}
