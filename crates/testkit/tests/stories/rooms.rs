//! The arrows of ARCHITECTURE.md, read from the manifests, and the words that stay in their rooms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Which of our rooms each room may name.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    BTreeMap::from([
        ("effects", vec![]),
        ("model", vec![]),
        ("emulators", vec![]),
        ("oauth", vec!["effects", "model"]),
        ("connector", vec!["effects", "model", "oauth"]),
        ("standins", vec!["model", "oauth", "connector", "emulators"]),
        ("store", vec!["effects", "model"]),
        ("extract", vec!["model"]),
        ("search", vec!["model"]),
        ("connectors", vec!["effects", "model", "oauth", "connector"]),
        ("vault", vec!["effects", "model", "oauth", "store"]),
        ("embeddings", vec!["effects", "model", "search"]),
        ("sync", vec!["effects", "model", "oauth", "connector", "vault", "extract", "search", "store"]),
        (
            "app",
            vec!["effects", "model", "oauth", "connector", "vault", "extract", "search", "store", "sync"],
        ),
        ("api", vec!["effects", "model", "app"]),
        ("mcp", vec!["model", "app"]),
    ])
}

#[test]
fn no_room_names_a_higher_one() {
    for (room, may_name) in allowed() {
        let manifest = std::fs::read_to_string(root().join(format!("crates/{room}/Cargo.toml"))).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for line in dependencies.lines().filter_map(|line| line.strip_prefix("gangway-")) {
            let named = line.split(['.', ' ', '=']).next().unwrap();
            assert!(may_name.contains(&named), "{room} names {named}");
        }
    }
}

#[test]
fn no_provider_stands_in_the_engine() {
    for room in [
        "effects",
        "model",
        "oauth",
        "connector",
        "store",
        "vault",
        "extract",
        "search",
        "embeddings",
        "sync",
        "app",
        "mcp",
    ] {
        for file in sources(&root().join("crates").join(room).join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code: String =
                code.take_while(|line| !line.contains("#[cfg(test)]")).collect::<Vec<_>>().join("\n");
            if file
                .components()
                .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs" | "conformance")))
            {
                continue;
            }
            for word in [
                "googleapis",
                "google_drive",
                "dropboxapi",
                "graph.microsoft",
                "api.notion",
                "slack.com",
                "X-Slack",
                "Dropbox-API",
            ] {
                assert!(!code.contains(word), "{word} stands in {}", file.display());
            }
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
