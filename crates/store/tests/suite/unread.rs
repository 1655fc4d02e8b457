//! Files that nobody could read: remembered with what could read then, and forgotten with their reason.

use gangway_model::ItemState;
use gangway_store::testing::each_backend;
use gangway_store::{DocumentChange, Gone, ItemUpsert, PageEffects, Unread, UserChange};

use crate::fixture::{World, document};

fn unread(codes: &[&str], readers: &str) -> Option<Unread> {
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    Some(Unread { codes, readers: readers.to_owned() })
}

#[tokio::test]
async fn who_could_not_read_a_file_is_remembered_until_somebody_could() {
    each_backend(|test| async move {
        let store = &test.store;
        let ann = World::make(&test, "ann").await;
        let mut items = [ann.item("a"), ann.item("b"), ann.item("c")];
        items.sort_by(|one, other| one.id.cmp(&other.id));
        let [a, b, c] = items.clone();
        let mut page = ann.page_of(&items);
        for upsert in &mut page.items {
            upsert.document = DocumentChange::Remove;
            upsert.item.state = ItemState::NameOnly;
            upsert.unread = unread(&["recognition_off", "unsupported_type"], "old");
        }
        page.items.last_mut().unwrap().unread = None;
        store.commit_page(&page).await.unwrap();

        let listed = store.list_unread("new", None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|one| &one.item_id).collect::<Vec<_>>(), [&a.id, &b.id]);
        assert_eq!(listed[0].codes, ["recognition_off", "unsupported_type"]);
        assert_eq!((&listed[0].user_id, &listed[0].name), (&ann.user.id, &a.name));
        assert!(!listed[0].is_upload && listed[0].is_followed, "{listed:?}");
        assert!(store.list_unread("old", None, 10).await.unwrap().is_empty());
        for (disabled, shown) in [(true, 0), (false, 2)] {
            let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
            store.update_user(&ann.user.id, &change).await.unwrap();
            assert_eq!(store.list_unread("new", None, 10).await.unwrap().len(), shown, "{disabled}");
        }
        assert_eq!(store.list_unread("new", Some(&a.id), 10).await.unwrap()[0].item_id, b.id);
        assert_eq!(store.list_unread("new", None, 1).await.unwrap().len(), 1);
        let among = store.unread_among(&[b.id.clone(), c.id.clone()], "new").await.unwrap();
        assert_eq!(among.keys().collect::<Vec<_>>(), [&b.id]);

        store.note_unread_by(std::slice::from_ref(&a.id), "new").await.unwrap();
        // A name that changes leaves it as it was; a document that comes ends it.
        let renamed = vec![ItemUpsert::of(b.clone())];
        store.commit_page(&PageEffects { items: renamed, ..PageEffects::default() }).await.unwrap();
        assert_eq!(store.list_unread("new", None, 10).await.unwrap().len(), 1);
        let read = vec![ItemUpsert::with_document(b.clone(), document("words"))];
        store.commit_page(&PageEffects { items: read, ..PageEffects::default() }).await.unwrap();
        assert!(store.list_unread("new", None, 10).await.unwrap().is_empty());

        assert_eq!(store.list_unread("newer", None, 10).await.unwrap().len(), 1);
        let gone = vec![Gone { item_id: a.id.clone(), observed_at: ann.now }];
        store.commit_page(&PageEffects { gone, ..PageEffects::default() }).await.unwrap();
        assert!(store.unread_among(&[a.id], "newer").await.unwrap().is_empty());
    })
    .await;
}
