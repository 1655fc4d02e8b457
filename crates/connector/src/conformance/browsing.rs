//! Browsing: pages for people.

use std::collections::BTreeSet;

use super::walk::{browse_all, names, refusal};
use super::{Stage, StandIn};
use crate::entry::BrowseRequest;

pub async fn pages_keep_the_limit_and_show_everything_once<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    for number in 0..7 {
        stage.create_file(&home, &format!("{number}.txt"), "text").await;
    }
    for limit in [1, 3, 7, 100] {
        let request = BrowseRequest { container: Some(home.clone()), limit, ..BrowseRequest::default() };
        let entries = browse_all(stage, &request).await;
        let ids: BTreeSet<_> = entries.iter().map(|entry| &entry.id).collect();
        assert_eq!((entries.len(), ids.len()), (7, 7), "limit {limit}");
    }
}

pub async fn the_top_keeps_the_limit_too<S: StandIn>(stage: &Stage<S>) {
    let all = browse_all(stage, &BrowseRequest { limit: 100, ..BrowseRequest::default() }).await;
    let ids: BTreeSet<_> = all.iter().map(|entry| &entry.id).collect();
    assert_eq!(ids.len(), all.len());
    for limit in [1, 2] {
        let entries = browse_all(stage, &BrowseRequest { limit, ..BrowseRequest::default() }).await;
        let found: BTreeSet<_> = entries.iter().map(|entry| &entry.id).collect();
        assert_eq!((found, entries.len()), (ids.clone(), all.len()), "limit {limit}");
    }
}

pub async fn a_search_finds_by_name_whatever_is_in_it<S: StandIn>(stage: &Stage<S>) {
    if !stage.connector.descriptor().capabilities.search {
        return;
    }
    let home = stage.home();
    for name in ["Ada's plan.txt", "back\\slash.txt", "other.txt"] {
        stage.create_file(&home, name, "text").await;
    }
    for (words, found) in [("Ada's", "Ada's plan.txt"), ("back\\slash", "back\\slash.txt")] {
        for container in [None, Some(home.clone())] {
            let search = Some(words.to_owned());
            let request = BrowseRequest { container, search, limit: 10, ..BrowseRequest::default() };
            assert_eq!(names(&browse_all(stage, &request).await), [found], "{request:?}");
        }
    }
    let search = Some("' or trashed = true or name contains '".to_owned());
    let request = BrowseRequest { search, limit: 10, ..BrowseRequest::default() };
    assert!(browse_all(stage, &request).await.is_empty(), "words are never taken for a query");
}

pub async fn media_types_filter_and_containers_always_come<S: StandIn>(stage: &Stage<S>) {
    if !stage.habits().typed_by_name {
        return;
    }
    let home = stage.home();
    stage.create_file(&home, "a.txt", "text").await;
    stage.create_file(&home, "b.html", "<p>").await;
    stage.create_container(&home, "folder").await;
    for (wanted, found) in
        [("text/html", vec!["b.html", "folder"]), ("text/*", vec!["a.txt", "b.html", "folder"])]
    {
        let media_types = vec![wanted.to_owned()];
        let container = Some(home.clone());
        let request = BrowseRequest { container, media_types, limit: 10, ..BrowseRequest::default() };
        assert_eq!(names(&browse_all(stage, &request).await), found, "{wanted}");
    }
}

pub async fn a_container_that_is_gone_is_told<S: StandIn>(stage: &Stage<S>) {
    let folder = match stage.habits().nested {
        true => stage.create_container(&stage.home(), "folder").await,
        false => format!("{}x", stage.home()).into(),
    };
    if stage.habits().nested {
        stage.delete(&folder).await;
    }
    let request = BrowseRequest { container: Some(folder), limit: 10, ..BrowseRequest::default() };
    assert!(refusal(stage.source().browse(&request).await).is_gone());
}
