//! An account's own files: what the emulated Dropbox does, as a person at Dropbox would see it done.

use gangway_connector::conformance::StandIn;
use gangway_connector::{BrowseRequest, Disposition, FetchLimits};
use gangway_emulators::dropbox::{AccountEdit, FileEdit};
use gangway_model::{ExposeSecret, media};
use gangway_oauth::{Revoked, missing_scopes, resolve_scopes};
use serde_json::json;

use super::harness::{ME, catch_up, list, mine, start, text, with_scopes, words};
use crate::dropbox::oauth::FACTS;

#[tokio::test]
async fn consent_brings_a_grant_whose_refresh_token_stays() {
    let stage = start().await;
    let before = stage.tokens.grant();
    let refresh = before.refresh_token.expect("a refresh token, as `offline` asks for");
    assert!(before.expires_at.is_some());
    let asked = resolve_scopes(&FACTS, &[]).unwrap();
    assert!(missing_scopes(&FACTS, &asked, &before.scopes).is_empty(), "{:?}", before.scopes);
    stage.control.expire_access_tokens();
    stage.source().account().await.unwrap();
    assert_eq!(stage.tokens.generation(), 2, "one refresh for one refused token");
    let after = stage.tokens.grant();
    assert_eq!(after.refresh_token.unwrap().expose_secret(), refresh.expose_secret());
    assert_eq!(after.scopes, before.scopes, "the answer names none: the old ones stay");
}

#[tokio::test]
async fn a_token_that_ends_between_two_pages_costs_nothing_but_a_refresh() {
    let stage = start().await;
    let count = stage.create_many().await;
    let (source, home) = (stage.source(), stage.home());
    let first = source.list(&home, None).await.unwrap();
    stage.control.expire_access_tokens();
    let rest = source.list(&home, first.next.as_ref()).await.unwrap();
    assert_eq!(first.entries.len() + rest.entries.len(), count);
    assert_eq!(stage.tokens.generation(), 2);
}

#[tokio::test]
async fn revoking_ends_the_grant_with_all_its_tokens() {
    let stage = start().await;
    assert_eq!(stage.tokens.revoke().await, Ok(Revoked::Done));
    let error = stage.source().account().await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
    assert_eq!(stage.tokens.revoke().await, Ok(Revoked::AlreadyDead));
}

#[tokio::test]
async fn with_less_than_asked_the_rest_still_works() {
    let stage = with_scopes(&["files.metadata.read"]).await;
    let file = stage.create_file(&stage.home(), "a.txt", "a").await;
    let source = stage.source();
    let entry = source.get(&file).await.unwrap();
    let error = source.fetch(&entry, &FetchLimits { max_bytes: 10 }).await.unwrap_err();
    assert_eq!((error.code, error.disposition), ("insufficient_scope", Disposition::SkipItem));
    assert!(error.message.contains("files.content.read"), "{error}");
    // Nothing may be said of sharing; the top is shown without it.
    let top = source.browse(&BrowseRequest { limit: 10, ..BrowseRequest::default() }).await.unwrap();
    assert_eq!(top.entries.len(), 1);
    stage.delete(&file).await;
    assert!(source.get(&file).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn only_a_confirmed_address_is_passed_on() {
    let stage = start().await;
    let account = stage.source().account().await.unwrap();
    assert_eq!(account.id, stage.control.account_id(ME).unwrap());
    assert_eq!(account.email.as_deref(), Some(ME));
    let unverified = AccountEdit { email_verified: Some(false), ..AccountEdit::default() };
    stage.control.edit_account(ME, &unverified).unwrap();
    let account = stage.source().account().await.unwrap();
    assert_eq!(account.email, None);
    assert!(account.name.is_some());
}

#[tokio::test]
async fn a_suspended_account_loses_nothing() {
    let stage = start().await;
    let file = stage.create_file(&stage.home(), "a.txt", "a").await;
    let suspended = |yes| AccountEdit { suspended: Some(yes), ..AccountEdit::default() };
    stage.control.edit_account(ME, &suspended(true)).unwrap();
    let error = stage.source().get(&file).await.unwrap_err();
    let Disposition::RetryLater { after: Some(after) } = error.disposition else { panic!("{error:?}") };
    assert_eq!(after.as_secs(), 24 * 3600);
    assert_eq!(stage.tokens.generation(), 1, "a fresh token would not help");
    stage.control.edit_account(ME, &suspended(false)).unwrap();
    stage.source().get(&file).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_moves_takes_its_content_along_with_the_same_ids() {
    let stage = start().await;
    let (home, feed) = (stage.home(), stage.source().default_feed());
    let from = stage.create_container(&home, "From").await;
    let file = stage.create_file(&from, "Ünï 🚀.txt", "words").await;
    let to = stage.create_container(&home, "To").await;
    for (split, put_first) in [(false, false), (true, false), (true, true)] {
        stage.control.set_switches(|switches| {
            (switches.split_moves, switches.moves_put_first) = (split, put_first);
        });
        let start = stage.source().start_cursor(&feed).await.unwrap();
        stage.move_to(&from, &to).await;
        let (changes, _) = catch_up(&stage, &feed, &start).await;
        let mut told = words(&changes);
        told.sort();
        // Below the old folder nothing is told one by one.
        let expected =
            ["From at /suite/to/from", "nothing at /suite/from", "Ünï 🚀.txt at /suite/to/from/ünï 🚀.txt"];
        assert_eq!(told, expected, "{split} {put_first}");
        let entry = stage.source().get(&file).await.unwrap();
        assert_eq!(entry.parents, std::slice::from_ref(&from));
        assert_eq!(text(&stage, &entry).await.unwrap().0, "words");
        stage.move_to(&from, &home).await;
    }
}

#[tokio::test]
async fn a_case_that_changes_is_told_by_nobody_and_seen_by_the_next_listing() {
    let stage = start().await;
    let feed = stage.source().default_feed();
    let file = stage.create_file(&stage.home(), "plan.txt", "a").await;
    let before = stage.source().get(&file).await.unwrap();
    let start = stage.source().start_cursor(&feed).await.unwrap();
    stage.rename(&file, "PLAN.txt").await;
    assert!(catch_up(&stage, &feed, &start).await.0.is_empty());
    let after = list(&stage, stage.home().as_str()).await.remove(0);
    assert_eq!((after.name.as_str(), &after.locator), ("PLAN.txt", &before.locator));
    assert_eq!(after.revision, before.revision);
}

#[tokio::test]
async fn what_is_restored_comes_back_with_its_id() {
    let stage = start().await;
    let feed = stage.source().default_feed();
    let file = stage.create_file(&stage.home(), "a.txt", "a").await;
    stage.trash(&file).await;
    assert!(stage.source().get(&file).await.unwrap_err().is_gone());
    let start = stage.source().start_cursor(&feed).await.unwrap();
    assert!(catch_up(&stage, &feed, &start).await.0.is_empty(), "old deletions are not told again");
    stage.control.restore_file(&mine("/Suite/a.txt")).unwrap();
    let (changes, _) = catch_up(&stage, &feed, &start).await;
    assert_eq!(words(&changes), ["a.txt at /suite/a.txt"]);
    assert_eq!(stage.source().get(&file).await.unwrap().id, file);
}

#[tokio::test]
async fn voided_cursors_restart_the_feed_and_remove_nothing() {
    let stage = start().await;
    let (source, feed) = (stage.source(), stage.source().default_feed());
    let cursor = source.start_cursor(&feed).await.unwrap();
    stage.control.reset_cursors(Some(ME)).unwrap();
    let error = source.changes(&feed, &cursor).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
    let fresh = source.start_cursor(&feed).await.unwrap();
    assert!(source.changes(&feed, &fresh).await.unwrap().changes.is_empty());
    // The right shape around something that is no cursor of Dropbox's.
    let (root, _) = fresh.as_str().split_once(' ').unwrap();
    let error = source.changes(&feed, &format!("{root} nonsense").into()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::RestartFeed);
}

#[tokio::test]
async fn paper_becomes_markdown_once_it_is_ready() {
    let stage = start().await;
    let paper = |text: &str| FileEdit { paper: Some(text.to_owned()), ..FileEdit::default() };
    let id = stage.create("Plan.paper", paper("# The plan\n\nTea."));
    stage.control.set_switches(|switches| switches.export_retry_once = true);
    let entry = stage.source().get(&id).await.unwrap();
    assert_eq!(entry.media_type, "application/vnd.dropbox.paper");
    let (words, media_type) = text(&stage, &entry).await.unwrap();
    assert!(words.contains("# The plan") && media_type == media::MARKDOWN, "{words}");
    assert!(stage.clock.seconds_slept().len() == 1, "the first export was not ready");
    stage.edit(&id, paper("# The other plan"));
    assert_ne!(stage.source().get(&id).await.unwrap().revision, entry.revision);
    assert!(list(&stage, stage.home().as_str()).await.iter().any(|entry| entry.id == id));
}

#[tokio::test]
async fn files_that_dropbox_withholds_are_skipped_one_by_one() {
    let stage = start().await;
    let words = || Some("words".to_owned());
    for (name, edit, code) in [
        ("r.txt", FileEdit { restricted: Some(true), ..FileEdit::default() }, "restricted_content"),
        ("l.txt", FileEdit { path_locked: Some(true), ..FileEdit::default() }, "locked"),
        ("u.txt", FileEdit { unsupported: Some(true), ..FileEdit::default() }, "no_export"),
    ] {
        let id = stage.create(name, FileEdit { content: words(), ..FileEdit::default() });
        let entry = stage.source().get(&id).await.unwrap();
        stage.edit(&id, edit);
        let error = text(&stage, &entry).await.unwrap_err();
        assert_eq!((error.code, error.disposition), (code, Disposition::SkipItem), "{name}");
    }
}

#[tokio::test]
async fn hashes_are_right_for_every_size_of_file() {
    let stage = start().await;
    for (name, zeros) in
        [("0", 0), ("1", 1), ("4M-1", 4_194_303), ("4M", 4_194_304), ("4M+1", 4_194_305), ("8M", 8_388_608)]
    {
        let id = stage.create(name, FileEdit { zeros: Some(zeros), ..FileEdit::default() });
        let entry = stage.source().get(&id).await.unwrap();
        assert!(entry.revision.as_str().starts_with("hash:"));
        assert_eq!(text(&stage, &entry).await.unwrap().0.len() as u64, zeros, "{name}");
    }
}

#[tokio::test]
async fn a_new_version_between_listing_and_download_is_taken_as_it_is() {
    let stage = start().await;
    let file = stage.create_file(&stage.home(), "a.txt", "one").await;
    let listed = stage.source().get(&file).await.unwrap();
    stage.change_content(&file, "two").await;
    let content = stage.source().fetch(&listed, &FetchLimits { max_bytes: 10 }).await.unwrap();
    let now = stage.source().get(&file).await.unwrap().revision;
    assert_eq!(content.revision, Some(now));
    assert_ne!(content.revision, Some(listed.revision));
    let versions = stage.source().versions(&file, None).await.unwrap().versions;
    let told: Vec<_> = versions.iter().map(|version| (version.size, version.current)).collect();
    assert_eq!(told, [(Some(3), false), (Some(3), true)]);
}

#[tokio::test]
async fn pages_that_are_a_little_longer_than_asked_lose_nothing() {
    let stage = start().await;
    let count = stage.create_many().await;
    stage.control.set_switches(|switches| switches.approximate_limit = true);
    assert_eq!(list(&stage, stage.home().as_str()).await.len(), count);
    let mut request = BrowseRequest { container: Some(stage.home()), limit: 100, ..BrowseRequest::default() };
    let mut shown = std::collections::BTreeSet::new();
    loop {
        let page = stage.source().browse(&request).await.unwrap();
        assert!(page.entries.len() <= 100);
        shown.extend(page.entries.into_iter().map(|entry| entry.id));
        request.page = page.next;
        if request.page.is_none() {
            break;
        }
    }
    assert_eq!(shown.len(), count);
}

#[tokio::test]
async fn a_wait_that_is_named_is_kept_and_a_long_one_is_passed_on() {
    let stage = start().await;
    let limit =
        |seconds| json!({"status": 429, "reason": "too_many_write_operations", "retry_after": seconds});
    stage.fault("files/*", 1, limit(15));
    list(&stage, stage.home().as_str()).await;
    assert_eq!(stage.clock.seconds_slept(), [15]);
    stage.fault("files/*", 9, limit(3600));
    let error = stage.source().list(&stage.home(), None).await.unwrap_err();
    let after = Some(std::time::Duration::from_secs(3600));
    assert_eq!((error.code, error.disposition), ("rate_limit", Disposition::RetryLater { after }));
    assert_eq!(stage.clock.seconds_slept(), [15], "nobody sits through an hour");
}
