//! Words and vectors together, and what is special to a folder of vectors.

use std::sync::Arc;

use gangway_search::conformance::meaning::{Hybrid, embedded};
use gangway_search::conformance::{self, Concepts};
use gangway_search::{
    EmbeddedItem, EmbeddedPassage, FolderVectors, HybridIndex, HybridOptions, SearchError, SearchIndex,
    TantivyIndex, TantivyOptions, VectorIndex, item_key,
};

fn hybrid() -> Hybrid {
    let words = TantivyIndex::in_memory(&TantivyOptions::default()).unwrap();
    let vectors: Arc<dyn VectorIndex> = Arc::new(FolderVectors::in_memory().unwrap());
    let model = Arc::new(Concepts::default());
    let index = HybridIndex::new(words, vectors.clone(), model.clone(), HybridOptions::default());
    Hybrid { index: Arc::new(index), vectors, model }
}

#[tokio::test]
async fn words_and_meaning_conform_together() {
    conformance::meaning::run_all(|| async { hybrid() }).await;
}

#[tokio::test]
async fn without_vectors_it_is_an_index_of_words() {
    conformance::run_all(|| async { hybrid().index }).await;
}

#[tokio::test]
async fn vectors_conform_in_memory() {
    conformance::vectors::run_all(|| async {
        Arc::new(FolderVectors::in_memory().unwrap()) as Arc<dyn VectorIndex>
    })
    .await;
}

#[tokio::test]
async fn vectors_conform_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicU32::new(0);
    conformance::vectors::run_all(|| async {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Arc::new(open(&folder.path().join(number.to_string()), "model")) as Arc<dyn VectorIndex>
    })
    .await;
}

fn open(path: &std::path::Path, model: &str) -> FolderVectors {
    FolderVectors::open_or_recreate(path, model).unwrap()
}

fn item(id: &str) -> EmbeddedItem {
    EmbeddedItem {
        item_id: id.into(),
        user_id: "ann".into(),
        connection_id: "c1".into(),
        digest: 1,
        passages: vec![EmbeddedPassage { chunk: 0, text: 1, vector: vec![1.0, 2.0] }],
    }
}

fn found(vectors: &FolderVectors) -> usize {
    let among = ["a", "b"].iter().map(|id| item_key(&(*id).into())).collect();
    vectors.nearest(&[1.0, 2.0], &among, 0.5, 10).unwrap().len()
}

#[tokio::test]
async fn what_was_flushed_outlives_the_process_and_another_model_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = open(folder.path(), "model");
    assert!(vectors.is_behind(), "nothing is held yet");
    vectors.put(vec![item("a")]).await.unwrap();
    vectors.flush().await.unwrap();
    vectors.put(vec![item("b")]).await.unwrap();
    assert!(matches!(
        FolderVectors::open_or_recreate(folder.path(), "model").map(|_| ()),
        Err(SearchError::InUse { .. })
    ));
    drop(vectors);
    let vectors = open(folder.path(), "model");
    assert_eq!(found(&vectors), 1, "only what was not flushed is lost");
    assert!(!vectors.is_behind());
    assert!(matches!(
        vectors
            .put(vec![EmbeddedItem {
                passages: vec![EmbeddedPassage { chunk: 0, text: 1, vector: vec![1.0; 30] }],
                ..item("b")
            }])
            .await,
        Err(SearchError::OtherDimensions)
    ));
    drop(vectors);
    let vectors = open(folder.path(), "another model");
    assert_eq!(found(&vectors), 0);
    assert!(vectors.is_behind());
}

#[tokio::test]
async fn a_folder_that_was_left_alone_or_damaged_says_so() {
    let folder = tempfile::tempdir().unwrap();
    FolderVectors::leave_alone(&folder.path().join("missing")).unwrap();
    assert!(!folder.path().join("missing").exists());
    let vectors = open(folder.path(), "model");
    vectors.put(vec![item("a")]).await.unwrap();
    vectors.flush().await.unwrap();
    drop(vectors);
    FolderVectors::leave_alone(folder.path()).unwrap();
    let vectors = open(folder.path(), "model");
    assert!(vectors.is_behind() && found(&vectors) == 1);
    vectors.is_looked_after().unwrap();
    assert!(!vectors.is_behind());
    drop(vectors);

    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some() && path.file_name().unwrap() != "in-use.lock" {
            std::fs::write(path, "broken").unwrap();
        }
    }
    let vectors = open(folder.path(), "model");
    assert_eq!(found(&vectors), 0);
    assert!(vectors.is_behind());
    vectors.put(vec![item("a")]).await.unwrap();
    vectors.flush().await.unwrap();
    assert_eq!(found(&vectors), 1);
}

#[tokio::test]
async fn an_index_of_words_that_is_started_over_needs_no_new_vectors() {
    let hybrid = hybrid();
    let document = gangway_search::IndexedDocument {
        item_id: "a".into(),
        user_id: "ann".into(),
        connection_id: "c1".into(),
        connector_id: "dropbox".into(),
        collections: Vec::new(),
        name: "a.txt".to_owned(),
        path: None,
        media_type: "text/plain".to_owned(),
        modified_at: None,
        url: None,
        title: None,
        chunks: vec![gangway_model::Chunk {
            number: 0,
            place: Default::default(),
            text: "the automobile".to_owned(),
        }],
    };
    hybrid.vectors.put(vec![embedded(&*hybrid.model, &document).await]).await.unwrap();
    hybrid.vectors.flush().await.unwrap();
    let words = TantivyIndex::in_memory(&TantivyOptions::default()).unwrap();
    words.put(vec![document]).await.unwrap();
    let index =
        HybridIndex::new(words, hybrid.vectors.clone(), hybrid.model.clone(), HybridOptions::default());
    index.flush().await.unwrap();
    let request = gangway_search::SearchRequest {
        query: "car".to_owned(),
        visible: gangway_search::Visibility { owner: "ann".into(), collections: Vec::new() },
        filters: Default::default(),
        names: Default::default(),
        now: Default::default(),
        fold_duplicates: true,
        limit: 10,
        offset: 0,
    };
    assert_eq!(index.search(&request).await.unwrap().hits.len(), 1);
}
