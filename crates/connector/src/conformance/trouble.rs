//! Trouble on the provider's side: what passes, what is told, what is never concluded.

use super::walk::{is_later, list_all, names, refusal};
use super::{ALWAYS, Stage, StandIn, Trouble};
use crate::error::Disposition;

pub async fn a_rate_limit_passes<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.create_file(&home, "a.txt", "a").await;
    stage.cause(Trouble::RateLimit { times: 3 }).await;
    assert_eq!(names(&list_all(stage, &home).await), ["a.txt"]);
}

pub async fn a_short_outage_passes<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.create_file(&home, "a.txt", "a").await;
    stage.cause(Trouble::ServerError { times: 3 }).await;
    assert_eq!(names(&list_all(stage, &home).await), ["a.txt"]);
}

pub async fn a_long_outage_asks_to_come_back_later<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.cause(Trouble::ServerError { times: ALWAYS }).await;
    let before = stage.calls();
    let error = refusal(stage.source().list(&home, None).await);
    assert!(is_later(&error), "{error:?}");
    assert!(stage.calls() - before < 50, "patience is bounded");
}

pub async fn an_ended_access_token_is_replaced<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.create_file(&home, "a.txt", "a").await;
    stage.cause(Trouble::EndedAccessToken).await;
    assert_eq!(names(&list_all(stage, &home).await), ["a.txt"]);
}

pub async fn a_dead_grant_asks_to_connect_again<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.cause(Trouble::DeadGrant).await;
    let error = refusal(stage.source().list(&home, None).await);
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
    let error = refusal(stage.source().account().await);
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
}

pub async fn a_page_for_people_instead_of_an_answer_proves_nothing<S: StandIn>(stage: &Stage<S>) {
    let home = stage.home();
    stage.cause(Trouble::PageForPeople { times: ALWAYS }).await;
    let error = refusal(stage.source().list(&home, None).await);
    assert!(is_later(&error), "{error:?}");
    let error = refusal(stage.source().get(&home).await);
    assert!(is_later(&error), "{error:?}");
}
