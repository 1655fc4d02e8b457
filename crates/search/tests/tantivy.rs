//! The embedded adapter: the conformance suite, and what is special to a folder.

use std::sync::Arc;

use gangway_search::{
    Filters, IndexedDocument, Names, SearchError, SearchIndex, SearchRequest, TantivyIndex, TantivyOptions,
    Visibility, conformance,
};
use proptest::prelude::*;

fn document(item: &str, text: &str) -> IndexedDocument {
    IndexedDocument {
        item_id: item.into(),
        user_id: "ann".into(),
        connection_id: "c1".into(),
        connector_id: "dropbox".into(),
        collections: Vec::new(),
        name: format!("{item}.txt"),
        path: None,
        media_type: "text/plain".to_owned(),
        modified_at: None,
        url: None,
        title: None,
        chunks: vec![gangway_model::Chunk { number: 0, place: Default::default(), text: text.to_owned() }],
    }
}

fn ask(query: &str) -> SearchRequest {
    SearchRequest {
        query: query.to_owned(),
        visible: Visibility { owner: "ann".into(), collections: Vec::new() },
        filters: Filters::default(),
        names: Names::default(),
        now: Default::default(),
        fold_duplicates: true,
        limit: 10,
        offset: 0,
    }
}

async fn count(index: &TantivyIndex, query: &str) -> u64 {
    index.search(&ask(query)).await.unwrap().total
}

fn options() -> TantivyOptions {
    TantivyOptions::default()
}

#[tokio::test]
async fn conforms_in_memory() {
    conformance::run_all(|| async {
        Arc::new(TantivyIndex::in_memory(&options()).unwrap()) as Arc<dyn SearchIndex>
    })
    .await;
}

#[tokio::test]
async fn conforms_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicU32::new(0);
    conformance::run_all(|| async {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = folder.path().join(number.to_string());
        Arc::new(TantivyIndex::open(&path, &options()).unwrap()) as Arc<dyn SearchIndex>
    })
    .await;
}

#[tokio::test]
async fn what_was_flushed_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let index = TantivyIndex::open(folder.path(), &options()).unwrap();
    index.put(vec![document("i1", "apple")]).await.unwrap();
    index.flush().await.unwrap();
    index.put(vec![document("i2", "apple")]).await.unwrap();
    index.remove_items(&["i1".into()]).await.unwrap();
    drop(index);
    let index = TantivyIndex::open(folder.path(), &options()).unwrap();
    assert_eq!(count(&index, "apple").await, 1, "only what was not flushed is lost");
    assert_eq!(index.search(&ask("apple")).await.unwrap().hits[0].item_id.as_str(), "i1");
    index.put(vec![document("i2", "apple")]).await.unwrap();
    index.flush().await.unwrap();
    assert_eq!(count(&index, "apple").await, 2);
}

#[tokio::test]
async fn a_folder_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let _index = TantivyIndex::open(folder.path(), &options()).unwrap();
    let second = TantivyIndex::open(folder.path(), &options()).err().unwrap();
    assert!(matches!(second, SearchError::InUse { .. }), "{second}");
    let recreated = TantivyIndex::open_or_recreate(folder.path(), &options()).err().unwrap();
    assert!(matches!(recreated, SearchError::InUse { .. }), "an index in use is never thrown away");
}

#[tokio::test]
async fn other_versions_and_damage_ask_for_a_rebuild() {
    for (file, content) in
        [("version", Some("gangway-search 1")), ("meta.json", Some("{ not json")), ("version", None)]
    {
        let folder = tempfile::tempdir().unwrap();
        let index = TantivyIndex::open(folder.path(), &options()).unwrap();
        index.put(vec![document("i1", "apple")]).await.unwrap();
        index.flush().await.unwrap();
        drop(index);
        let path = folder.path().join(file);
        match content {
            Some(content) => std::fs::write(path, content).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        let error = TantivyIndex::open(folder.path(), &options()).err().unwrap();
        assert!(matches!(error, SearchError::RebuildNeeded { .. }), "{file}: {error}");
        assert_eq!(error.code(), "index_rebuild_needed");
        let (index, recreated) = TantivyIndex::open_or_recreate(folder.path(), &options()).unwrap();
        assert!(recreated);
        assert_eq!(count(&index, "apple").await, 0);
        drop(index);
        let (_, recreated) = TantivyIndex::open_or_recreate(folder.path(), &options()).unwrap();
        assert!(!recreated);
    }
}

#[tokio::test]
async fn missing_segments_ask_for_a_rebuild() {
    let folder = tempfile::tempdir().unwrap();
    let index = TantivyIndex::open(folder.path(), &options()).unwrap();
    index.put(vec![document("i1", "apple")]).await.unwrap();
    index.flush().await.unwrap();
    drop(index);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "term") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let error = TantivyIndex::open(folder.path(), &options()).err().unwrap();
    assert!(matches!(error, SearchError::RebuildNeeded { .. }), "{error}");
    assert!(TantivyIndex::open_or_recreate(folder.path(), &options()).unwrap().1);
}

#[tokio::test]
async fn memory_is_given_back_and_taken_again() {
    let idle = TantivyOptions { writer_idle: std::time::Duration::ZERO, ..options() };
    let index = TantivyIndex::in_memory(&idle).unwrap();
    for round in 0..5 {
        index.put(vec![document(&format!("i{round}"), "apple")]).await.unwrap();
        index.flush().await.unwrap();
        assert_eq!(count(&index, "apple").await, round + 1);
    }
}

#[tokio::test]
async fn a_model_of_puts_and_removals_agrees() {
    use std::collections::HashMap;
    let index = TantivyIndex::in_memory(&options()).unwrap();
    let mut model: HashMap<String, String> = HashMap::new();
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) % below
    };
    for _ in 0..300 {
        let item = format!("i{}", next(20));
        match next(4) {
            0 => {
                index.remove_items(&[item.as_str().into()]).await.unwrap();
                model.remove(&item);
            }
            _ => {
                let word = format!("word{}", next(5));
                index.put(vec![document(&item, &word)]).await.unwrap();
                model.insert(item, word);
            }
        }
        if next(10) == 0 {
            index.flush().await.unwrap();
            for word in (0..5).map(|n| format!("word{n}")) {
                let expected = model.values().filter(|held| **held == word).count() as u64;
                assert_eq!(count(&index, &format!("{word} ")).await, expected);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_query_is_answered(query in "\\PC{0,60}|([a\"( )*:^~-]|apple|aple|東京|type:|in:|from:|after:2026|title:|name:| ){0,30}") {
        static SHARED: std::sync::OnceLock<(tokio::runtime::Runtime, TantivyIndex)> = std::sync::OnceLock::new();
        let (runtime, index) = SHARED.get_or_init(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let index = TantivyIndex::in_memory(&options()).unwrap();
            runtime.block_on(async {
                index.put(vec![document("i1", "an apple in 東京都"), document("i2", "(a) b: c*")]).await.unwrap();
                index.flush().await.unwrap();
            });
            (runtime, index)
        });
        let page = runtime.block_on(index.search(&ask(&query))).unwrap();
        prop_assert!(page.hits.len() as u64 <= page.total);
        for hit in page.hits {
            for (start, end) in hit.snippet.highlights {
                prop_assert!(hit.snippet.text.get(start..end).is_some());
            }
        }
    }
}
