//! Listings: complete, resumable, and never mistaken.

use std::collections::BTreeSet;

use gangway_model::ProviderItemId;

use super::walk::{list_all, names, refusal};
use super::{Harness, Trouble};
use crate::error::Disposition;

pub async fn a_container_holds_what_is_directly_inside<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let folder = harness.create_container(&home, "folder").await;
    harness.create_file(&folder, "below.txt", "b").await;
    harness.create_file(&home, "a.txt", "a").await;
    let inside = list_all(harness, &home).await;
    assert_eq!(names(&inside), ["a.txt", "folder"]);
    for entry in &inside {
        assert_eq!(entry.kind.holds_items(), entry.name == "folder");
        assert_eq!(entry.parents, std::slice::from_ref(&home));
    }
    assert_eq!(names(&list_all(harness, &folder).await), ["below.txt"]);
}

pub async fn an_empty_container_is_empty<H: Harness>(harness: &H) {
    let folder = harness.create_container(&harness.home().await, "folder").await;
    let page = harness.source().list(&folder, None).await.unwrap();
    assert!(page.entries.is_empty() && page.next.is_none() && !page.incomplete);
}

pub async fn names_are_kept_as_the_provider_spells_them<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let odd =
        ["it's \\ \"quoted\".txt", "Ünïcödé 🚀.md", "same", "same", " spaces  inside ", "100% & more?.txt"];
    for name in odd {
        harness.create_file(&home, name, name).await;
    }
    let mut expected = odd;
    expected.sort_unstable();
    assert_eq!(names(&list_all(harness, &home).await), expected);
}

pub async fn pages_can_be_taken_up_by_another_process<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let count = harness.create_many(&home).await;
    let first = harness.source().list(&home, None).await.unwrap();
    assert!(first.next.is_some(), "{count} items should be more than a page");
    let entries = list_all(harness, &home).await;
    let ids: BTreeSet<&ProviderItemId> = entries.iter().map(|entry| &entry.id).collect();
    assert_eq!((entries.len(), ids.len()), (count, count));
}

pub async fn an_empty_page_does_not_end_a_listing<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.create_file(&home, "a.txt", "a").await;
    harness.cause(Trouble::EmptyPage { times: 1 }).await;
    assert_eq!(names(&list_all(harness, &home).await), ["a.txt"]);
}

pub async fn trashed_things_are_left_out<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let gone = harness.create_file(&home, "gone.txt", "a").await;
    harness.create_file(&home, "here.txt", "a").await;
    harness.trash(&gone).await;
    assert_eq!(names(&list_all(harness, &home).await), ["here.txt"]);
}

pub async fn a_container_that_is_gone_is_not_an_empty_one<H: Harness>(harness: &H) {
    let home = harness.home().await;
    let trashed = harness.create_container(&home, "trashed").await;
    let deleted = harness.create_container(&home, "deleted").await;
    harness.trash(&trashed).await;
    harness.delete(&deleted).await;
    let unknown = ProviderItemId::from(format!("{home}x"));
    for container in [trashed, deleted, unknown] {
        assert!(refusal(harness.source().list(&container, None).await).is_gone(), "{container}");
    }
    let file = harness.create_file(&home, "a.txt", "a").await;
    let error = refusal(harness.source().list(&file, None).await);
    assert!(!error.is_gone(), "a file is there, although it holds nothing");
}

pub async fn a_page_token_that_is_refused_restarts_the_listing<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.create_many(&home).await;
    let next = harness.source().list(&home, None).await.unwrap().next;
    harness.cause(Trouble::RefusedPlace { times: 1 }).await;
    let error = refusal(harness.source().list(&home, next.as_ref()).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
    let nonsense = "no token of ours".into();
    let error = refusal(harness.source().list(&home, Some(&nonsense)).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
}
