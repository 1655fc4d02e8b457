//! Failed items: when each is due to be tried again.

use std::time::Duration;

use gangway_effects::Clock;
use gangway_model::{ItemState, Reason, SyncMode};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{DocumentChange, ItemUpsert, PageEffects};

use crate::fixture::{World, new_scope, provider_ids};

const DAY: Duration = Duration::from_secs(86_400);

/// Writes an item as it is found now.
async fn found(test: &TestStore, ann: &World, id: &str, state: ItemState) {
    let mut item = ann.item(id);
    item.observed_at = test.clock.now();
    item.state = state;
    item.reason = (state == ItemState::Failed).then(|| Reason::new("server_error", "no answer"));
    let placements = vec![ann.placement(&item.id)];
    let items = vec![ItemUpsert { item, document: DocumentChange::Keep, original: None, unread: None }];
    test.store.commit_page(&PageEffects { items, placements, ..PageEffects::default() }).await.unwrap();
}

async fn due(test: &TestStore, ann: &World) -> Vec<String> {
    let due = test.store.list_failed_due(&ann.connection.id, test.clock.now(), 10).await.unwrap();
    due.into_iter().map(|id| id.to_string()).collect()
}

#[tokio::test]
async fn a_failed_item_waits_longer_each_time_and_a_week_at_most() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        found(&test, &ann, "a", ItemState::Failed).await;
        found(&test, &ann, "fine", ItemState::Synced).await;
        let mut tries = Vec::new();
        for day in 1..=31 {
            test.clock.advance(DAY - Duration::from_millis(1));
            assert!(due(&test, &ann).await.is_empty(), "before day {day}");
            test.clock.advance(Duration::from_millis(1));
            if due(&test, &ann).await == ["a"] {
                tries.push(day);
                // It fails again, or nobody could even ask: the same pause either way.
                match tries.len() % 2 {
                    0 => found(&test, &ann, "a", ItemState::Failed).await,
                    _ => {
                        let (id, now) = (&ann.connection.id, test.clock.now());
                        test.store.note_looked_again(id, &provider_ids(&["a", "fine"]), now).await.unwrap();
                    }
                }
            }
        }
        assert_eq!(tries, [1, 2, 4, 8, 15, 22, 29]);
        // Once it is well, it begins anew.
        found(&test, &ann, "a", ItemState::Synced).await;
        test.clock.advance(DAY * 30);
        assert!(due(&test, &ann).await.is_empty());
        found(&test, &ann, "a", ItemState::Failed).await;
        test.clock.advance(DAY);
        assert_eq!(due(&test, &ann).await, ["a"]);
    })
    .await;
}

#[tokio::test]
async fn only_what_is_followed_is_due_and_the_most_overdue_comes_first() {
    each_backend(|test| async move {
        let ann = World::make(&test, "ann").await;
        let bob = World::make(&test, "bob").await;
        for id in ["c", "b", "a"] {
            found(&test, &ann, id, ItemState::Failed).await;
            test.clock.advance(Duration::from_secs(1));
        }
        test.clock.advance(DAY);
        assert_eq!(due(&test, &ann).await, ["c", "b", "a"]);
        assert!(due(&test, &bob).await.is_empty());
        let first = test.store.list_failed_due(&ann.connection.id, test.clock.now(), 1).await.unwrap();
        assert_eq!(first, provider_ids(&["c"]));
        let mut once = new_scope(&ann.connection.id, &ann.collection, "root");
        once.mode = SyncMode::Manual;
        test.store.upsert_scope(&once).await.unwrap();
        assert!(due(&test, &ann).await.is_empty(), "nobody follows it");
    })
    .await;
}
