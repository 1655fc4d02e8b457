//! Putting, replacing, removing, and when it shows.

use super::*;

pub(super) async fn changes_show_after_a_flush(index: Index) {
    filled(&index, vec![document("i1", "a.txt", &["apple tree", "apple pie"])]).await;
    assert_eq!(found(&index, &ask("apple")).await, ["i1"]);
    let stats = index.stats().await.expect("stats");
    assert_eq!((stats.chunks, stats.items), (2, 1));
    assert!(stats.bytes > 0);
    index.flush().await.expect("a flush without changes");
}

pub(super) async fn putting_replaces(index: Index) {
    let long = ["first apple", "second apple", "third apple"];
    filled(&index, vec![document("i1", "a.txt", &long), document("i2", "b.txt", &["apple"])]).await;
    filled(&index, vec![document("i1", "new.txt", &["cherry only"])]).await;
    assert_eq!(found(&index, &ask("apple")).await, ["i2"], "old passages are gone");
    assert_eq!(found(&index, &ask("cherry")).await, ["i1"]);
    assert_eq!(found(&index, &ask("new")).await, ["i1"]);
    let stats = index.stats().await.expect("stats");
    assert_eq!((stats.chunks, stats.items), (2, 2));
    let mut moved = document("i1", "new.txt", &["cherry only"]);
    moved.user_id = "bob".into();
    filled(&index, vec![moved]).await;
    assert!(found(&index, &ask("cherry")).await.is_empty(), "the earlier owner is forgotten");
}

pub(super) async fn the_later_of_two_wins(index: Index) {
    let both = vec![document("i1", "a.txt", &["apple"]), document("i1", "a.txt", &["cherry"])];
    filled(&index, both).await;
    assert!(found(&index, &ask("apple")).await.is_empty());
    assert_eq!(found(&index, &ask("cherry")).await, ["i1"]);
    assert_eq!(index.stats().await.expect("stats").items, 1);
}

pub(super) async fn putting_twice_changes_nothing(index: Index) {
    for _ in 0..3 {
        filled(&index, vec![document("i1", "a.txt", &["apple", "tree"]), document("i2", "b.txt", &[])]).await;
    }
    let stats = index.stats().await.expect("stats");
    assert_eq!((stats.chunks, stats.items), (3, 2));
}

pub(super) async fn items_are_removed(index: Index) {
    filled(&index, vec![document("i1", "a.txt", &["apple", "apple"]), document("i2", "b.txt", &["apple"])])
        .await;
    index.remove_items(&["i1".into(), "unknown".into()]).await.expect("remove");
    index.flush().await.expect("flush");
    assert_eq!(found(&index, &ask("apple")).await, ["i2"]);
    assert_eq!(index.stats().await.expect("stats").chunks, 1);
}

pub(super) async fn connections_are_removed(index: Index) {
    let mut other = document("i2", "b.txt", &["apple"]);
    other.connection_id = "c2".into();
    filled(&index, vec![document("i1", "a.txt", &["apple"]), other]).await;
    index.remove_connection(&"c1".into()).await.expect("remove");
    index.remove_connection(&"unknown".into()).await.expect("remove what is not there");
    index.flush().await.expect("flush");
    assert_eq!(found(&index, &ask("apple")).await, ["i2"]);
}

pub(super) async fn users_are_removed(index: Index) {
    let mut shared = document("i2", "b.txt", &["apple"]);
    shared.user_id = "bob".into();
    shared.collections = vec!["team".into()];
    filled(&index, vec![document("i1", "a.txt", &["apple"]), shared]).await;
    let mut request = ask("apple");
    request.visible.collections = vec!["team".into()];
    assert_eq!(found_set(&index, &request).await, ["i1", "i2"]);
    index.remove_user(&"bob".into()).await.expect("remove");
    index.flush().await.expect("flush");
    assert_eq!(found(&index, &request).await, ["i1"]);
}

pub(super) async fn clearing_leaves_nothing(index: Index) {
    filled(&index, vec![document("i1", "a.txt", &["apple"])]).await;
    index.put(vec![document("i2", "b.txt", &["apple"])]).await.expect("put");
    index.clear().await.expect("clear");
    index.put(vec![document("i3", "c.txt", &["apple"])]).await.expect("put");
    index.flush().await.expect("flush");
    assert_eq!(found(&index, &ask("apple")).await, ["i3"], "only what came after the clearing");
}

pub(super) async fn changes_apply_in_order(index: Index) {
    index
        .put(vec![document("i1", "a.txt", &["apple"]), document("i2", "b.txt", &["apple"])])
        .await
        .expect("put");
    index.remove_connection(&"c1".into()).await.expect("remove");
    index.put(vec![document("i2", "b.txt", &["cherry"])]).await.expect("put");
    index.flush().await.expect("flush");
    assert!(found(&index, &ask("apple")).await.is_empty());
    assert_eq!(found(&index, &ask("cherry")).await, ["i2"]);
}

pub(super) async fn flushes_run_together(index: Index) {
    let tasks = (0..8).map(|number| {
        let index = index.clone();
        tokio::spawn(async move {
            let item = format!("i{number}");
            filled(&index, vec![document(&item, "a.txt", &[&format!("apple{number}")])]).await;
            assert_eq!(found(&index, &ask(&format!("apple{number} "))).await, [item]);
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("a flush covers what was put before it");
    }
}

pub(super) async fn empty_changes_are_fine(index: Index) {
    index.put(Vec::new()).await.expect("put nothing");
    index.remove_items(&[]).await.expect("remove nothing");
    index.remove_user(&"nobody".into()).await.expect("remove nobody");
    index.flush().await.expect("flush");
    assert!(found(&index, &ask("")).await.is_empty());
    assert_eq!(index.stats().await.expect("stats").items, 0);
}
