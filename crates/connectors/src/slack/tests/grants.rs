//! Grants: tokens that never end, tokens that rotate, and how each of them dies.

use gangway_connector::Disposition;
use gangway_connector::conformance::{Stage, StandIn};
use gangway_emulators::slack::{DEFAULT_CLIENT_ID, Grid};
use gangway_oauth::{Revoked, missing_scopes, resolve_scopes};
use gangway_standins::SlackStandIn;
use serde_json::json;

use super::harness::{ME, SlackStage, start};
use crate::slack::Slack;
use crate::slack::oauth::FACTS;

async fn without_rotation() -> SlackStage {
    let stand_in = SlackStandIn::start().await;
    stand_in.control.set_switches(|switches| switches.token_rotation = false);
    Stage::on(stand_in, &Slack, &[]).await
}

#[tokio::test]
async fn the_users_token_is_taken_and_what_was_granted_is_known() {
    let stage = start().await;
    let grant = stage.tokens.grant();
    assert!(grant.refresh_token.is_some() && grant.expires_at.is_some());
    let asked = resolve_scopes(&FACTS, &[]).unwrap();
    assert!(missing_scopes(&FACTS, &asked, &grant.scopes).is_empty(), "{:?}", grant.scopes);
    let account = stage.source().account().await.unwrap();
    assert_eq!((account.email.as_deref(), account.name.as_deref()), (Some(ME), Some("Ada Example")));
    let (team, user) = account.id.split_once(':').unwrap();
    assert_eq!(Some(team.to_owned()), account.workspace);
    assert_eq!(user, stage.control.user_id(ME).unwrap());
}

#[tokio::test]
async fn a_token_that_never_ends_needs_no_refresh_token() {
    let stage = without_rotation().await;
    let grant = stage.tokens.grant();
    assert!(grant.refresh_token.is_none() && grant.expires_at.is_none());
    assert!(stage.source().account().await.is_ok());
    stage.control.revoke_user(ME, None).unwrap();
    let error = stage.source().account().await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Reconnect);
}

#[tokio::test]
async fn tokens_rotate_and_each_refresh_token_is_used_once() {
    let stage = start().await;
    let first = stage.tokens.grant().refresh_token.unwrap();
    for generation in 2..5 {
        stage.control.expire_access_tokens();
        stage.source().get(&stage.home()).await.unwrap();
        assert_eq!(stage.tokens.generation(), generation, "one refresh for one refused token");
    }
    use gangway_model::ExposeSecret;
    assert_ne!(stage.tokens.grant().refresh_token.unwrap().expose_secret(), first.expose_secret());
}

#[tokio::test]
async fn a_refresh_token_that_was_used_by_another_asks_to_connect_again() {
    let stage = start().await;
    stage.control.expire_access_tokens();
    stage.fault("oauth.v2.access", 9, json!({"reason": "invalid_refresh_token"}));
    let error = stage.source().account().await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Reconnect, "{error:?}");
}

#[tokio::test]
async fn accounts_that_are_deactivated_or_apps_that_are_removed_ask_to_connect_again() {
    let stage = start().await;
    stage.control.deactivate_user(ME).unwrap();
    assert_eq!(stage.source().account().await.unwrap_err().disposition, Disposition::Reconnect);
    let stage = without_rotation().await;
    stage.control.uninstall(DEFAULT_CLIENT_ID);
    assert_eq!(stage.source().account().await.unwrap_err().disposition, Disposition::Reconnect);
}

#[tokio::test]
async fn revoking_ends_the_grant_and_can_be_repeated() {
    let stage = start().await;
    assert!(matches!(stage.tokens.revoke().await.unwrap(), Revoked::Done));
    assert!(matches!(stage.tokens.revoke().await.unwrap(), Revoked::AlreadyDead));
    assert_eq!(stage.source().account().await.unwrap_err().disposition, Disposition::Reconnect);
}

#[tokio::test]
async fn a_workspace_of_an_organisation_is_a_workspace() {
    let stand_in = SlackStandIn::start().await;
    stand_in.control.set_switches(|switches| switches.grid = Grid::Workspace);
    let stage: SlackStage = Stage::on(stand_in, &Slack, &[]).await;
    let account = stage.source().account().await.unwrap();
    let workspace = account.workspace.unwrap().into();
    assert!(!stage.source().list(&workspace, None).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn a_workspace_that_moves_is_waited_for() {
    let stage = start().await;
    stage.fault("conversations.history", 1, json!({"reason": "team_added_to_org"}));
    let error = stage.source().list(&stage.home(), None).await.unwrap_err();
    assert_eq!(error.code, "workspace_moving");
    assert!(stage.clock.seconds_slept().is_empty(), "not here");
}

#[tokio::test]
async fn a_warning_is_no_refusal() {
    let stage = start().await;
    let body = json!({"ok": true, "warning": "missing_charset", "team_id": "T1", "user_id": "U1",
        "response_metadata": {"warnings": ["missing_charset"]}});
    stage.fault("auth.test", 1, json!({"status": 200, "body": body}));
    stage.fault("users.info", 9, json!({"reason": "user_not_found"}));
    assert_eq!(stage.source().account().await.unwrap().id, "T1:U1");
}
