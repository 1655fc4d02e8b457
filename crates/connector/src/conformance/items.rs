//! One account, one item: who it is, what it looks like, and what counts as proof that it is gone.

use gangway_model::ProviderItemId;

use super::walk::{list_all, refusal};
use super::{ALWAYS, Stage, StandIn, Trouble};
use crate::error::Disposition;

pub async fn the_account_has_a_stable_id<S: StandIn>(stage: &Stage<S>) {
    let account = stage.source().account().await.unwrap();
    assert!(!account.id.is_empty());
    assert_ne!(Some(&account.id), account.email.as_ref(), "addresses change");
    assert_eq!(stage.source().account().await.unwrap(), account);
}

pub async fn an_item_looks_the_same_alone_as_in_a_listing<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.create_file(&home, "a.txt", "words").await;
    if stage.habits().nested {
        stage.create_container(&home, "folder").await;
    }
    for mut listed in list_all(stage, &home).await {
        let mut alone = stage.source().get(&listed.id).await.unwrap();
        // Previews are made when somebody asks for them.
        (listed.thumbnail_url, alone.thumbnail_url) = (None, None);
        // What came along with one answer need not come with the other.
        (listed.inline, alone.inline) = (None, None);
        assert_eq!(alone, listed);
        assert_eq!(alone.parents, std::slice::from_ref(&home));
    }
}

pub async fn what_does_not_exist_is_gone<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let unknown = ProviderItemId::from(format!("{home}x"));
    assert!(refusal(stage.source().get(&unknown).await).is_gone());
}

pub async fn what_was_trashed_or_deleted_is_gone<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let trashed = stage.create_file(&home, "a.txt", "a").await;
    let deleted = stage.create_file(&home, "c.txt", "c").await;
    let mut gone = vec![trashed.clone(), deleted.clone()];
    if stage.habits().nested {
        let folder = stage.create_container(&home, "folder").await;
        gone.push(stage.create_file(&folder, "b.txt", "b").await);
        stage.trash(&folder).await;
        gone.push(folder);
    }
    stage.trash(&trashed).await;
    stage.delete(&deleted).await;
    for id in gone {
        assert!(refusal(stage.source().get(&id).await).is_gone(), "{id}");
    }
}

pub async fn ids_that_are_paths_reach_nothing<S: StandIn>(stage: &Stage<S>) {
    let source = stage.source();
    for id in ["", ".", "..", "../about", "a/b", "a?b=c", "a#b", "%2e%2e", "a b", "\u{1F600}", "a\r\nb"] {
        let id = ProviderItemId::from(id);
        assert!(refusal(source.get(&id).await).is_gone(), "{id:?}");
        assert!(refusal(source.list(&id, None).await).is_gone(), "{id:?}");
    }
}

pub async fn a_refusal_proves_nothing<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let file = stage.create_file(&home, "a.txt", "a").await;
    stage.cause(Trouble::Forbidden { times: ALWAYS }).await;
    for error in [refusal(stage.source().get(&file).await), refusal(stage.source().list(&home, None).await)] {
        assert!(!error.is_gone(), "{error:?}");
        if stage.habits().refuses_items {
            assert_eq!(error.disposition, Disposition::SkipItem, "{error:?}");
        }
    }
}

pub async fn a_404_of_somebody_else_proves_nothing<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    let file = stage.create_file(&home, "a.txt", "a").await;
    stage.cause(Trouble::StrangeNotFound { times: ALWAYS }).await;
    assert!(!refusal(stage.source().get(&file).await).is_gone());
    assert!(!refusal(stage.source().list(&home, None).await).is_gone());
}
