//! What people type into a search, over an index with one document that holds the same words.
#![no_main]

use std::sync::LazyLock;

use gangway_model::{Chunk, Place};
use gangway_search::{
    Filters, IndexedDocument, Names, SearchIndex, SearchRequest, TantivyIndex, TantivyOptions, Visibility,
    folders_asked,
};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime needs nothing"));
static INDEX: LazyLock<TantivyIndex> = LazyLock::new(|| {
    let index = TantivyIndex::in_memory(&TantivyOptions::default()).expect("an index in memory");
    let document = IndexedDocument {
        item_id: "i".into(),
        user_id: "u".into(),
        connection_id: "c".into(),
        connector_id: "files".into(),
        collections: vec!["papers".into()],
        name: "Otters.pdf".to_owned(),
        path: Some("/Animals/Otters.pdf".to_owned()),
        media_type: "application/pdf".to_owned(),
        modified_at: None,
        url: None,
        title: Some("Otters".to_owned()),
        chunks: vec![Chunk { number: 0, place: Place::default(), text: "otters hold hands 水獺 выдры".to_owned() }],
    };
    RUNTIME.block_on(async {
        index.put(vec![document]).await.expect("the index takes a document");
        index.flush().await.expect("the index keeps it");
    });
    index
});

fuzz_target!(|query: &str| {
    folders_asked(query);
    let request = SearchRequest {
        query: query.to_owned(),
        visible: Visibility { owner: "u".into(), collections: Vec::new() },
        filters: Filters::default(),
        names: Names {
            connectors: vec![("files".into(), "Files".to_owned())],
            collections: vec![("papers".into(), "Papers".to_owned())],
        },
        now: Default::default(),
        fold_duplicates: true,
        limit: 5,
        offset: 0,
    };
    // However a query is written, it is answered, and what is marked stands in the text.
    let page = RUNTIME.block_on(INDEX.search(&request)).expect("every query has an answer");
    for hit in page.hits {
        for (from, to) in hit.snippet.highlights {
            assert!(hit.snippet.text.get(from..to).is_some_and(|marked| !marked.is_empty()));
        }
    }
});
