//! What was read is found by what it was made of, for as long as the document is there.

use std::time::Duration;

use gangway_model::{Item, UserId};
use gangway_store::testing::{TestStore, each_backend};
use gangway_store::{DocumentChange, Gone, PageEffects, Reading, StoredDocument, Whose};

use crate::fixture::{World, document};

fn reading(key: &str, user: &UserId) -> Reading {
    Reading {
        key: key.to_owned(),
        user: user.clone(),
        read: Duration::from_micros(1500),
        recognized: Duration::from_secs(70),
    }
}

/// Brings in a file that was made of `key`.
async fn bring_in(test: &TestStore, world: &World, name: &str, key: &str) -> Item {
    let item = world.item(name);
    let mut page = world.page_of(std::slice::from_ref(&item));
    let document = StoredDocument {
        reading: Some(reading(key, &world.user.id)),
        ..document(&format!("text of {name}"))
    };
    page.items[0].document = DocumentChange::Put(document);
    test.store.commit_page(&page).await.unwrap();
    item
}

async fn text(test: &TestStore, key: &str, world: &World, whose: Whose) -> Option<String> {
    let found = test.store.find_reading(key, &world.user.id, whose).await.unwrap()?;
    Some(String::from_utf8(found.body.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_reading_is_found_by_its_key_and_by_whose_it_is() {
    each_backend(|test| async move {
        let (ann, bob) = (World::make(&test, "ann").await, World::make(&test, "bob").await);
        bring_in(&test, &ann, "a", "k1").await;
        bring_in(&test, &ann, "b", "k2").await;
        test.store.commit_page(&ann.page_of(&[ann.item("plain")])).await.unwrap();
        assert_eq!(text(&test, "k1", &ann, Whose::Own).await.as_deref(), Some("text of a"));
        assert_eq!(text(&test, "k1", &ann, Whose::Others).await, None);
        assert_eq!(text(&test, "k1", &bob, Whose::Own).await, None);
        assert_eq!(text(&test, "k1", &bob, Whose::Others).await.as_deref(), Some("text of a"));
        assert_eq!(text(&test, "k3", &ann, Whose::Own).await, None);
        let found = test.store.find_reading("k2", &ann.user.id, Whose::Own).await.unwrap().unwrap();
        assert_eq!(found.reading, Some(reading("k2", &ann.user.id)));
        // Read anew into something else: the old key leads nowhere.
        bring_in(&test, &ann, "a", "k4").await;
        assert_eq!(text(&test, "k1", &ann, Whose::Own).await, None);
        let mut plain = ann.page_of(&[ann.item("a")]);
        plain.items[0].document = DocumentChange::Put(document("typed in"));
        test.store.commit_page(&plain).await.unwrap();
        assert_eq!(text(&test, "k4", &ann, Whose::Own).await, None);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_found_of_what_was_deleted() {
    each_backend(|test| async move {
        let (ann, bob, eve) = (
            World::make(&test, "ann").await,
            World::make(&test, "bob").await,
            World::make(&test, "eve").await,
        );
        let gone = bring_in(&test, &ann, "a", "by file").await;
        bring_in(&test, &ann, "b", "by user").await;
        bring_in(&test, &bob, "c", "by connection").await;
        let page = PageEffects {
            gone: vec![Gone { item_id: gone.id, observed_at: ann.now + Duration::from_secs(1) }],
            ..PageEffects::default()
        };
        test.store.commit_page(&page).await.unwrap();
        assert_eq!(text(&test, "by file", &eve, Whose::Others).await, None);
        assert!(text(&test, "by user", &eve, Whose::Others).await.is_some());
        test.store.delete_user(&ann.user.id).await.unwrap();
        assert_eq!(text(&test, "by user", &eve, Whose::Others).await, None);
        assert!(text(&test, "by connection", &eve, Whose::Others).await.is_some());
        test.store.delete_connection(&bob.connection.id).await.unwrap();
        assert_eq!(text(&test, "by connection", &eve, Whose::Others).await, None);
    })
    .await;
}
