//! Listings: complete, resumable, and never mistaken.

use std::collections::BTreeSet;

use gangway_model::ProviderItemId;

use super::walk::{list_all, names, refusal};
use super::{Stage, StandIn, Trouble};
use crate::error::Disposition;

pub async fn a_container_holds_what_is_directly_inside<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.create_file(&home, "a.txt", "a").await;
    if !stage.habits().nested {
        assert_eq!(names(&list_all(stage, &home).await), ["a.txt"]);
        return;
    }
    let folder = stage.create_container(&home, "folder").await;
    stage.create_file(&folder, "below.txt", "b").await;
    let inside = list_all(stage, &home).await;
    assert_eq!(names(&inside), ["a.txt", "folder"]);
    for entry in &inside {
        // A page can be both at once.
        assert!(entry.kind.has_content() || entry.name == "folder");
        assert!(entry.kind.holds_items() || entry.name != "folder");
        assert_eq!(entry.parents, std::slice::from_ref(&home));
    }
    assert_eq!(names(&list_all(stage, &folder).await), ["below.txt"]);
}

pub async fn an_empty_container_is_empty<S: StandIn>(stage: &Stage<S>) {
    let folder = match stage.habits().nested {
        true => stage.create_container(&stage.home(), "folder").await,
        false => stage.home(),
    };
    let page = stage.source().list(&folder, None).await.unwrap();
    assert!(!page.incomplete);
    assert!(list_all(stage, &folder).await.is_empty());
}

pub async fn names_are_kept_as_the_provider_spells_them<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let odd =
        ["it's \\ \"quoted\".txt", "Ünïcödé 🚀.md", "same", "same", " spaces  inside ", "100% & more?.txt"];
    for name in odd {
        stage.create_file(&home, name, name).await;
    }
    let (exact, unique) = (stage.habits().exact_names, stage.habits().unique_names);
    let mut expected = odd.map(|name| if exact { name } else { name.trim() }).to_vec();
    expected.sort_unstable();
    if unique {
        expected.dedup();
    }
    assert_eq!(names(&list_all(stage, &home).await), expected);
}

pub async fn pages_can_be_taken_up_by_another_process<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let count = stage.create_many().await;
    let first = stage.source().list(&home, None).await.unwrap();
    assert!(first.next.is_some(), "{count} items should be more than a page");
    let entries = list_all(stage, &home).await;
    let ids: BTreeSet<&ProviderItemId> = entries.iter().map(|entry| &entry.id).collect();
    assert_eq!((entries.len(), ids.len()), (count, count));
}

pub async fn an_empty_page_does_not_end_a_listing<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.create_file(&home, "a.txt", "a").await;
    stage.cause(Trouble::EmptyPage { times: 1 }).await;
    assert_eq!(names(&list_all(stage, &home).await), ["a.txt"]);
}

pub async fn trashed_things_are_left_out<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let gone = stage.create_file(&home, "gone.txt", "a").await;
    stage.create_file(&home, "here.txt", "a").await;
    stage.trash(&gone).await;
    assert_eq!(names(&list_all(stage, &home).await), ["here.txt"]);
}

pub async fn a_container_that_is_gone_is_not_an_empty_one<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let mut gone = vec![ProviderItemId::from(format!("{home}x"))];
    if stage.habits().nested {
        let trashed = stage.create_container(&home, "trashed").await;
        let deleted = stage.create_container(&home, "deleted").await;
        stage.trash(&trashed).await;
        stage.delete(&deleted).await;
        gone.extend([trashed, deleted]);
    }
    for container in gone {
        assert!(refusal(stage.source().list(&container, None).await).is_gone(), "{container}");
    }
    let file = stage.create_file(&home, "a.txt", "a").await;
    match stage.source().list(&file, None).await {
        Ok(page) => assert!(page.entries.is_empty()),
        Err(error) => assert!(!error.is_gone(), "a file is there, although it holds nothing"),
    }
}

pub async fn a_page_token_that_is_refused_restarts_the_listing<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.create_many().await;
    let next = stage.source().list(&home, None).await.unwrap().next;
    stage.cause(Trouble::RefusedPlace { times: 1 }).await;
    let error = refusal(stage.source().list(&home, next.as_ref()).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
    let nonsense = "no token of ours".into();
    let error = refusal(stage.source().list(&home, Some(&nonsense)).await);
    assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
}
