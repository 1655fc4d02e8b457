//! Seeds: empty, demo, a folder.

use gangway_emulators::notion::Seed;
use serde_json::{Value, json};

use super::harness::{demo, empty, key, start};

#[tokio::test]
async fn the_empty_workspace_has_people_and_nothing_else() {
    let world = empty().await;
    let token = world.ada().await;
    assert!(world.titles(&token, json!({})).await.is_empty());
    assert_eq!(world.control.list_accounts().len(), 2);
}

#[tokio::test]
async fn the_demo_is_a_wiki_with_depth() {
    let world = demo().await;
    let token = world.ada().await;
    let titles = world.titles(&token, json!({})).await;
    assert!(titles.len() > 20, "{titles:?}");
    let mut depth = 0;
    let mut at = world.control.find(&key("refund-exceptions-2026")).unwrap();
    while let Some(parent) = at.parent {
        depth += 1;
        at = world.control.find(&key(&parent)).unwrap();
    }
    assert_eq!(depth, 4);
    let same = demo().await;
    assert_eq!(world.id("handbook"), same.id("handbook"), "ids are the same in every run");
}

#[tokio::test]
async fn a_folder_is_a_seed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let about: Value = json!({"workspace": "Small", "people": [{"email": "ada@example.com", "name": "Ada"}]});
    write("seed.json", &about.to_string());
    let page = json!({"title": "One", "key": "one", "blocks": [{"file": {"upload": {"path": "a.txt"}}}]});
    write("pages/1.json", &page.to_string());
    write("files/a.txt", "hello");
    let world = start(Seed::Folder(folder.path().into())).await;
    let token = world.ada().await;
    let blocks = world.children(&token, &world.id("one")).await;
    let url = blocks[0]["file"]["file"]["url"].as_str().unwrap();
    assert_eq!(world.http.get(url).send().await.unwrap().text().await.unwrap(), "hello");
    write("pages/2.json", "{\"title\": 1}");
    let broken = gangway_emulators::notion::start(gangway_emulators::notion::NotionOptions {
        seed: Seed::Folder(folder.path().into()),
        ..Default::default()
    });
    let error = broken.await.err().unwrap();
    assert!(format!("{error:#}").contains("pages/2.json"), "{error:#}");
}
