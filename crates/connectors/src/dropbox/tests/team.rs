//! The team's space, and joining and leaving it.

use gangway_connector::conformance::StandIn;
use gangway_connector::{BrowseRequest, Disposition};
use gangway_emulators::dropbox::{Access, FileTarget};

use super::harness::{DropboxStage, FRIEND, ME, catch_up, list, start, text, words};

/// Both are in a team with a folder of it.
async fn in_a_team() -> DropboxStage {
    let stage = start().await;
    stage.control.join_team(ME, "Acme").unwrap();
    stage.control.join_team(FRIEND, "Acme").unwrap();
    let members = [(ME, Access::Editor), (FRIEND, Access::Editor)];
    stage.control.create_team_folder("Acme", "Handbook", &members).unwrap();
    stage
}

async fn names(stage: &DropboxStage, container: &str) -> Vec<String> {
    let mut names: Vec<String> = list(stage, container).await.into_iter().map(|entry| entry.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn team_folders_stand_beside_the_members_own() {
    let stage = in_a_team().await;
    let found = names(&stage, "root").await;
    assert!(found.contains(&"Handbook".to_owned()) && found.len() == 2, "{found:?}");
    let entries = list(&stage, "root").await;
    let handbook = entries.iter().find(|entry| entry.name == "Handbook").unwrap();
    stage.control.write_text(&FileTarget::team(FRIEND, "/Handbook/rules.txt"), "tea at five").unwrap();
    let rules = list(&stage, handbook.id.as_str()).await.remove(0);
    assert_eq!(text(&stage, &rules).await.unwrap().0, "tea at five");
    assert_eq!(stage.source().get(&rules.id).await.unwrap(), rules);
    // What is one's own lies a folder deeper now, with the same id.
    let home = stage.source().get(&stage.home()).await.unwrap();
    assert_eq!(home.name, "Suite");
    assert_ne!(home.parents, ["root".into()]);
    let search = Some("rules".to_owned());
    let request = BrowseRequest { search, limit: 10, ..BrowseRequest::default() };
    assert_eq!(stage.source().browse(&request).await.unwrap().entries[0].id, rules.id);
}

#[tokio::test]
async fn the_teams_space_has_one_feed_with_the_members_own_files() {
    let stage = in_a_team().await;
    let feed = stage.source().default_feed();
    let start = stage.source().start_cursor(&feed).await.unwrap();
    stage.control.write_text(&FileTarget::team(FRIEND, "/Handbook/rules.txt"), "tea at five").unwrap();
    stage.create_file(&stage.home(), "mine.txt", "mine").await;
    let (changes, _) = catch_up(&stage, &feed, &start).await;
    let told = words(&changes);
    assert!(told.iter().any(|it| it == "rules.txt at /handbook/rules.txt"), "{told:?}");
    assert!(
        told.iter().any(|it| it.starts_with("mine.txt at /") && it.ends_with("/suite/mine.txt")),
        "{told:?}"
    );
}

#[tokio::test]
async fn joining_and_leaving_a_team_roots_the_connection_anew_and_loses_nothing() {
    let stage = start().await;
    let file = stage.create_file(&stage.home(), "a.txt", "a").await;
    let source = stage.source();
    let feed = source.default_feed();
    for join in [true, false] {
        let cursor = source.start_cursor(&feed).await.unwrap();
        let before = source.get(&file).await.unwrap();
        match join {
            true => stage.control.join_team(ME, "Acme").unwrap(),
            false => stage.control.leave_team(ME).unwrap(),
        }
        // The same source, which still believes in the old root.
        let after = source.get(&file).await.unwrap();
        assert_eq!((&after.id, &after.revision), (&before.id, &before.revision));
        assert_ne!(after.locator, before.locator);
        assert_eq!(text(&stage, &after).await.unwrap().0, "a");
        let error = source.changes(&feed, &cursor).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::RestartFeed, "{error:?}");
        let cursor = source.start_cursor(&feed).await.unwrap();
        assert!(source.changes(&feed, &cursor).await.unwrap().changes.is_empty());
        assert_eq!(list(&stage, stage.home().as_str()).await.len(), 1);
    }
}

#[tokio::test]
async fn a_team_folder_without_me_is_not_seen() {
    let stage = in_a_team().await;
    stage.control.create_team_folder("Acme", "Board", &[(FRIEND, Access::Editor)]).unwrap();
    assert!(!names(&stage, "root").await.contains(&"Board".to_owned()));
}
