//! An organisation: enterprise ids, and lists that want to know which workspace.

use gangway_emulators::slack::{ChannelWish, Grid};
use serde_json::Value;

use super::harness::{ADA, READ, column, empty};

#[tokio::test]
async fn an_organisations_token_must_name_the_workspace() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.grid = Grid::Organisation);
    let installed = world.install(ADA, "", READ).await;
    assert_eq!(installed["team"], Value::Null);
    assert_eq!(installed["is_enterprise_install"], true);
    assert!(installed["enterprise"]["id"].as_str().unwrap().starts_with('E'));
    let token = installed["authed_user"]["access_token"].as_str().unwrap();
    for method in ["conversations.list", "users.conversations", "users.list", "files.list", "usergroups.list"]
    {
        assert_eq!(world.error(token, method, &[]).await, "missing_argument", "{method}");
    }
    let teams = world.ok(token, "auth.teams.list", &[]).await;
    let ids = column(&teams["teams"], "id");
    assert_eq!(ids.len(), 2);
    let labs = ChannelWish {
        name: "labs".into(),
        members: vec![ADA.into()],
        team_id: Some(ids[1].clone()),
        ..ChannelWish::default()
    };
    world.control.create_channel(&labs).unwrap();
    for (team, expected) in [(&ids[0], "general"), (&ids[1], "labs")] {
        let list = world.ok(token, "conversations.list", &[("team_id", team)]).await;
        assert_eq!(column(&list["channels"], "name"), [expected]);
        assert_eq!(list["channels"][0]["team"], **team, "lists name the home team differently");
        assert!(list["channels"][0].get("context_team_id").is_none());
    }
    let general = world.channel("general");
    let info = world.ok(token, "conversations.info", &[("channel", &general)]).await;
    assert_eq!(info["channel"]["context_team_id"], ids[0]);
    let refused = world.error(token, "conversations.list", &[("team_id", "T0")]).await;
    assert_eq!(refused, "team_access_not_granted");
    let me = world.ok(token, "auth.test", &[]).await;
    assert_eq!(
        (me["is_enterprise_install"].as_bool(), &me["enterprise_id"]),
        (Some(true), &installed["enterprise"]["id"])
    );
}

#[tokio::test]
async fn a_workspace_of_an_organisation_has_an_enterprise_id() {
    let world = empty().await;
    world.control.set_switches(|switches| switches.grid = Grid::Workspace);
    let installed = world.install(ADA, "", READ).await;
    assert_eq!(installed["team"]["id"], "T0LANTERN01");
    assert_eq!(installed["is_enterprise_install"], false);
    let token = installed["authed_user"]["access_token"].as_str().unwrap();
    world.ok(token, "conversations.list", &[]).await;
    let user = world.ok(token, "users.info", &[("user", &world.control.user_id(ADA).unwrap())]).await;
    assert_eq!(user["user"]["enterprise_user"]["enterprise_id"], installed["enterprise"]["id"]);
}
