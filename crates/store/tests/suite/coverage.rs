//! The figures behind coverage, and behind what a disconnect would delete.

use gangway_model::{ItemKind, ItemState, Reason};
use gangway_store::testing::each_backend;

use crate::fixture::{World, collect, new_scope};

#[tokio::test]
async fn files_are_counted_once_by_state_and_reason_and_by_where_they_stand() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let failed = |name: &str, code: &str| {
            let mut item = ann.item(name);
            item.state = ItemState::Failed;
            item.reason = Some(Reason { code: code.to_owned(), message: format!("{code}!") });
            item
        };
        let (a, b, c) = (ann.item("a"), failed("b", "too_large"), failed("c", "too_large"));
        let d = failed("d", "encrypted");
        let mut folder = ann.item("f");
        folder.kind = ItemKind::Container;
        folder.state = ItemState::Structure;
        let all = [a.clone(), b, c, d, folder];
        let mut page = ann.page_of(&all);
        // In a second scope of the same collection, and in another collection: each counts once where it stands.
        let second =
            store.upsert_scope(&new_scope(&ann.connection.id, &ann.collection, "second")).await.unwrap();
        let other = collect(store, &ann.user, "other").await;
        let third = store.upsert_scope(&new_scope(&ann.connection.id, &other, "third")).await.unwrap();
        for scope in [&second.id, &third.id] {
            let mut again = ann.placement(&a.id);
            again.scope_id = scope.clone();
            page.placements.push(again);
        }
        store.commit_page(&page).await.unwrap();

        let counts: Vec<_> = store.collection_coverage(&ann.collection.id).await.unwrap();
        let told: Vec<_> = counts
            .iter()
            .map(|one| (one.state, one.reason.as_ref().map(|why| why.message.as_str()), one.items))
            .collect();
        assert_eq!(
            told,
            [
                (ItemState::Failed, Some("too_large!"), 2),
                (ItemState::Failed, Some("encrypted!"), 1),
                (ItemState::Synced, None, 1)
            ]
        );
        let sources = store.collection_sources(&ann.collection.id).await.unwrap();
        assert_eq!((sources.len(), sources[0].roots, sources[0].items), (1, 2, 4));
        assert_eq!(sources[0].connection_id, ann.connection.id);
        let shares = store.connection_shares(&ann.connection.id).await.unwrap();
        let told: Vec<_> = shares.iter().map(|one| (one.collection_name.as_str(), one.items)).collect();
        assert_eq!(told, [(ann.collection.name.as_str(), 4), ("other", 1)]);
        assert_eq!(store.connection_files(&ann.connection.id).await.unwrap(), 4);

        let ben = World::make(&test, "ben").await;
        assert!(store.collection_coverage(&ben.collection.id).await.unwrap().is_empty());
        assert!(store.connection_shares(&ben.connection.id).await.unwrap().is_empty());
        assert_eq!(store.connection_files(&ben.connection.id).await.unwrap(), 0);
    })
    .await;
}
