//! One account, one item: who it is, what it looks like, and what counts as proof that it is gone.

use gangway_model::ProviderItemId;

use super::walk::{list_all, refusal};
use super::{ALWAYS, Harness, Trouble};
use crate::error::Disposition;

pub async fn the_account_has_a_stable_id<H: Harness>(harness: &H) {
    let account = harness.source().account().await.unwrap();
    assert!(!account.id.is_empty());
    assert_ne!(Some(&account.id), account.email.as_ref(), "addresses change");
    assert_eq!(harness.source().account().await.unwrap(), account);
}

pub async fn an_item_looks_the_same_alone_as_in_a_listing<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.create_file(&home, "a.txt", "words").await;
    harness.create_container(&home, "folder").await;
    for mut listed in list_all(harness, &home).await {
        let mut alone = harness.source().get(&listed.id).await.unwrap();
        // Previews are made when somebody asks for them.
        (listed.thumbnail_url, alone.thumbnail_url) = (None, None);
        assert_eq!(alone, listed);
        assert_eq!(alone.parents, std::slice::from_ref(&home));
    }
}

pub async fn what_does_not_exist_is_gone<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let unknown = ProviderItemId::from(format!("{home}x"));
    assert!(refusal(harness.source().get(&unknown).await).is_gone());
}

pub async fn what_was_trashed_or_deleted_is_gone<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let trashed = harness.create_file(&home, "a.txt", "a").await;
    let folder = harness.create_container(&home, "folder").await;
    let below = harness.create_file(&folder, "b.txt", "b").await;
    let deleted = harness.create_file(&home, "c.txt", "c").await;
    harness.trash(&trashed).await;
    harness.trash(&folder).await;
    harness.delete(&deleted).await;
    for id in [trashed, folder, below, deleted] {
        assert!(refusal(harness.source().get(&id).await).is_gone(), "{id}");
    }
}

pub async fn ids_that_are_paths_reach_nothing<H: Harness>(harness: &H) {
    let source = harness.source();
    for id in ["", ".", "..", "../about", "a/b", "a?b=c", "a#b", "%2e%2e", "a b", "\u{1F600}", "a\r\nb"] {
        let id = ProviderItemId::from(id);
        assert!(refusal(source.get(&id).await).is_gone(), "{id:?}");
        assert!(refusal(source.list(&id, None).await).is_gone(), "{id:?}");
    }
}

pub async fn a_refusal_proves_nothing<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let file = harness.create_file(&home, "a.txt", "a").await;
    harness.cause(Trouble::Forbidden { times: ALWAYS }).await;
    let error = refusal(harness.source().get(&file).await);
    assert_eq!(error.disposition, Disposition::SkipItem, "{error:?}");
    let error = refusal(harness.source().list(&home, None).await);
    assert_eq!(error.disposition, Disposition::SkipItem, "{error:?}");
}

pub async fn a_404_of_somebody_else_proves_nothing<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let file = harness.create_file(&home, "a.txt", "a").await;
    harness.cause(Trouble::StrangeNotFound { times: ALWAYS }).await;
    assert!(!refusal(harness.source().get(&file).await).is_gone());
    assert!(!refusal(harness.source().list(&home, None).await).is_gone());
}
