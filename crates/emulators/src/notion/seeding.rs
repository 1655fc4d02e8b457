//! Filling the workspace: the empty one, the demo, or a folder.
//!
//! A seed has `seed.json` (workspace, people, groups), `pages/*.json` (one top-level page or database each, in the
//! order of their names) and `files/` (what uploads name by path).

use anyhow::Context;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::demo_seed;
use super::ids;
use super::state::Notion;
use super::workspace::{Group, Hand, Person, Workspace};
use crate::kernel::clock::parse_rfc3339;
use crate::kernel::seed::{Seed, SeedFile, read_folder};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedText {
    workspace: String,
    #[serde(default)]
    icon: Option<String>,
    /// The moment at which everything without times of its own was made.
    #[serde(default)]
    made: Option<String>,
    people: Vec<SeedPerson>,
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedPerson {
    email: String,
    name: String,
    #[serde(default)]
    avatar_url: Option<String>,
    #[serde(default)]
    guest: bool,
}

/// Replaces the workspace by what the seed says. Connections are forgotten.
pub fn load(notion: &Notion, seed: &Seed) -> anyhow::Result<()> {
    let files = match seed {
        Seed::Empty => Vec::new(),
        Seed::Demo => demo_seed::files(),
        Seed::Folder(folder) => read_folder(folder)?,
    };
    let store = build(&files, notion.now_ms())?;
    *notion.store.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = store;
    Ok(())
}

fn build(files: &[SeedFile], now_ms: i64) -> anyhow::Result<Workspace> {
    let about: SeedText = match files.iter().find(|file| file.path == "seed.json") {
        Some(file) => serde_json::from_slice(&file.bytes).context("seed.json")?,
        None => serde_json::from_value(json!({
            "workspace": "Lantern Tea Company",
            "people": [
                {"email": "ada@example.com", "name": "Ada Example"},
                {"email": "grace@example.com", "name": "Grace Example"},
            ],
        }))?,
    };
    let mut store = Workspace::new(&about.workspace);
    store.icon = about.icon;
    store.groups = about.groups;
    for person in about.people {
        store.people.push(Person {
            id: ids::of_key("person", &person.email),
            email: person.email,
            name: person.name,
            avatar_url: person.avatar_url,
            guest: person.guest,
            deactivated: false,
        });
    }
    let now_ms = about.made.map_or(Ok(now_ms), |moment| parse_rfc3339(&moment))?;
    let by = store.people.first().map_or(0, |person| person.id);
    let source = |path: &str| -> Option<Bytes> {
        let wanted = format!("files/{path}");
        let file = files.iter().find(|file| file.path == wanted)?;
        Some(Bytes::copy_from_slice(&file.bytes))
    };
    let hand = Hand { by, now_ms, files: &source, keep_time: false };
    for file in files.iter().filter(|file| file.path.starts_with("pages/") && file.path.ends_with(".json")) {
        let wish: Value = serde_json::from_slice(&file.bytes).with_context(|| file.path.clone())?;
        let made = if wish["database"].is_object() {
            store.create_database(None, None, &wish["database"], &hand)
        } else {
            store.create_page(None, None, &wish, &hand)
        };
        made.with_context(|| file.path.clone())?;
    }
    Ok(store)
}
