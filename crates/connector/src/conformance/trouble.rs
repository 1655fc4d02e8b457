//! Trouble on the provider's side: what passes, what is told, what is never concluded.

use super::walk::{is_later, list_all, names, refusal};
use super::{ALWAYS, Harness, Trouble};
use crate::error::Disposition;

pub async fn a_rate_limit_passes<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.create_file(&home, "a.txt", "a").await;
    harness.cause(Trouble::RateLimit { times: 3 }).await;
    assert_eq!(names(&list_all(harness, &home).await), ["a.txt"]);
}

pub async fn a_short_outage_passes<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.create_file(&home, "a.txt", "a").await;
    harness.cause(Trouble::ServerError { times: 3 }).await;
    assert_eq!(names(&list_all(harness, &home).await), ["a.txt"]);
}

pub async fn a_long_outage_asks_to_come_back_later<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.cause(Trouble::ServerError { times: ALWAYS }).await;
    let before = harness.calls();
    let error = refusal(harness.source().list(&home, None).await);
    assert!(is_later(&error), "{error:?}");
    assert!(harness.calls() - before < 50, "patience is bounded");
}

pub async fn an_ended_access_token_is_replaced<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.create_file(&home, "a.txt", "a").await;
    harness.cause(Trouble::EndedAccessToken).await;
    assert_eq!(names(&list_all(harness, &home).await), ["a.txt"]);
}

pub async fn a_dead_grant_asks_to_connect_again<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.cause(Trouble::DeadGrant).await;
    let error = refusal(harness.source().list(&home, None).await);
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
    let error = refusal(harness.source().account().await);
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
}

pub async fn a_page_for_people_instead_of_an_answer_proves_nothing<H: Harness>(harness: &H) {
    let home = harness.home().await;
    harness.cause(Trouble::PageForPeople { times: ALWAYS }).await;
    let error = refusal(harness.source().list(&home, None).await);
    assert!(is_later(&error), "{error:?}");
    let error = refusal(harness.source().get(&home).await);
    assert!(is_later(&error), "{error:?}");
}
