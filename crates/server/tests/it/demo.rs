//! `gangway demo`: the whole walk, and a second one on what the first has left.

use std::path::Path;

use crate::program::run;

fn walk(folder: &Path) -> String {
    let ran = run(folder, &["demo", "--exit", "--data-dir", "demo"]);
    assert!(!ran.err().contains("panicked"), "{}", ran.err());
    ran.expect_ok()
}

#[test]
fn it_walks_the_main_job_and_walks_it_again() {
    let folder = tempfile::tempdir().unwrap();
    for round in ["first", "second"] {
        let told = walk(folder.path());
        for name in ["Google Drive", "Notion", "Slack", "Dropbox"] {
            assert!(told.contains(name), "{round}, {name}: {told}");
        }
        for answer in ["Refund policy", "Exceptions & edge cases", "damaged parcel", "Launch plan"] {
            assert!(told.contains(answer), "{round}, {answer}: {told}");
        }
        assert_eq!(told.matches("connected as ada@example.com").count(), 4, "{round}: {told}");
        assert_eq!(told.matches("s later; a webhook told of it").count(), 4, "{round}: {told}");
        assert!(told.contains("answers from 4 sources"), "{round}: {told}");
        assert!(!told.contains("nothing found"), "{round}: {told}");
        assert_eq!(told.matches("Company handbook/").count(), 1, "{round}: {told}");
    }
    let env = std::fs::read_to_string(folder.path().join("demo/demo.env")).unwrap();
    for name in ["GANGWAY_URL=http", "GANGWAY_TOKEN=", "GANGWAY_ADMIN_KEY="] {
        assert!(env.contains(&format!("\n{name}")), "{name}");
    }
    for provider in ["GOOGLE", "NOTION", "SLACK", "DROPBOX"] {
        assert!(env.contains(&format!("\nGANGWAY_EMULATOR_{provider}=http")), "{provider}");
    }
}

#[test]
#[cfg(unix)]
fn its_keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["demo", "--exit", "--no-walk", "--data-dir", "demo"]).expect_ok();
    for path in ["demo.env", "gangway.toml", "master.key", "admin.key"] {
        let mode = folder.path().join("demo").join(path).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
}

#[test]
fn without_the_walk_it_says_how_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    let told = run(folder.path(), &["demo", "--exit", "--no-walk", "--data-dir", "demo"]).expect_ok();
    let place = |text: &str| told.find(text).unwrap_or_else(|| panic!("{text}: {told}"));
    assert!(place(" connect google_drive") < place(" sync google_drive"), "{told}");
    assert!(place(" sync google_drive") < place(" search "), "{told}");
    assert!(!told.contains(" why "), "nothing is there to ask about: {told}");
}

#[test]
fn it_deletes_nothing_but_a_demo() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let ran = run(folder.path(), &["demo", "--exit", "--fresh", "--data-dir", "."]);
    assert_eq!(ran.code(), 2);
    assert!(folder.path().join("thesis.txt").exists());
}
