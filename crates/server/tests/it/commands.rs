//! Commands that need no server: what they say when something is wrong.

use crate::program::run;

#[test]
fn without_a_master_key_the_server_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code(), 2);
    assert!(ran.err().contains("gangway keys new"), "{}", ran.err());
}

#[test]
fn keys_are_made_once_and_rotate() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["keys", "new"]).expect_ok();
    let again = run(folder.path(), &["keys", "new"]);
    assert_eq!(again.code(), 1);
    assert!(again.err().contains("keys rotate"), "{}", again.err());
    run(folder.path(), &["keys", "rotate", "--remove-old"]).expect_ok();
    let status = run(folder.path(), &["keys", "status", "--json"]).expect_ok();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["versions"], serde_json::json!([2]));
}

#[test]
#[cfg(unix)]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["keys", "new"]).expect_ok();
    for (path, mode) in [("", 0o700), ("master.key", 0o600), ("admin.key", 0o600)] {
        let metadata = folder.path().join("gangway-data").join(path).metadata().unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{path}");
    }
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("gangway.toml"), "\n[sync]\nworkers = \"many\"\n").unwrap();
    for command in [["config", "check"], ["keys", "status"]] {
        let ran = run(folder.path(), &command);
        assert_eq!(ran.code(), 2);
        assert!(ran.err().contains("gangway.toml:3: sync.workers: expected a whole number"), "{}", ran.err());
    }
}

#[test]
fn the_doctor_says_what_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["doctor", "--offline"]);
    assert_eq!(ran.code(), 1);
    assert!(ran.out().contains("fail  master key"), "{}", ran.out());
    run(folder.path(), &["keys", "new"]).expect_ok();
    let healthy = run(folder.path(), &["doctor", "--offline"]).expect_ok();
    assert!(healthy.contains("ok    file reader"), "{healthy}");
}

#[test]
fn a_server_that_does_not_answer_has_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    // Port 9 of this machine is nobody's.
    let ran = run(folder.path(), &["status", "--url", "http://127.0.0.1:9", "--token", "x", "--json"]);
    assert_eq!(ran.code(), 3);
    let answer: serde_json::Value = serde_json::from_str(&ran.out()).unwrap();
    assert_eq!(answer["error"]["code"], "unreachable");
    assert_eq!(run(folder.path(), &["status"]).code(), 4);
}

#[test]
fn shells_get_their_completions() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(folder.path(), &["completions", shell]).expect_ok().contains("disconnect"), "{shell}");
    }
}
