//! What holds where passages are also found by what they mean.

use std::future::Future;
use std::sync::Arc;

use super::{Concepts, Index, ask, at, document, filled, found, found_set, search};
use crate::embedder::{Embedder, TextKind};
use crate::vectors::{EmbeddedItem, EmbeddedPassage, VectorIndex, digest_of, text_key, text_to_embed};
use crate::{ByMeaning, Filters, IndexedDocument, Names, SearchRequest, Visibility};

/// An index with vectors beside it.
pub struct Hybrid {
    pub index: Index,
    pub vectors: Arc<dyn VectorIndex>,
    pub model: Arc<Concepts>,
}

/// Runs every case, each on a fresh index.
pub async fn run_all<F: Future<Output = Hybrid>>(fresh: impl Fn() -> F) {
    macro_rules! cases {
        ($($case:ident),+ $(,)?) => {$($case(fresh().await).await;)+};
    }
    cases!(
        what_means_the_same_is_found,
        documents_without_vectors_are_found_by_their_words,
        what_both_find_comes_first,
        others_see_nothing,
        shared_collections_are_seen_until_sharing_ends,
        filters_and_fields_hold,
        phrases_and_exclusions_hold,
        what_is_removed_is_gone_at_once,
        a_vector_speaks_only_for_its_text,
        without_words_nothing_is_understood,
        where_the_model_fails_words_answer,
        the_same_text_is_one_hit,
        pages_do_not_overlap_and_the_total_is_true,
    );
}

/// Makes the vectors of a document.
pub async fn embedded(model: &dyn Embedder, document: &IndexedDocument) -> EmbeddedItem {
    let title = document.title.as_deref();
    let texts: Vec<String> = document.chunks.iter().map(|chunk| text_to_embed(title, chunk)).collect();
    let vectors = model.embed(TextKind::Passage, &texts).await.expect("vectors");
    let passages = document.chunks.iter().zip(vectors).map(|(chunk, vector)| EmbeddedPassage {
        chunk: chunk.number,
        text: text_key(&chunk.text),
        vector,
    });
    EmbeddedItem {
        item_id: document.item_id.clone(),
        user_id: document.user_id.clone(),
        connection_id: document.connection_id.clone(),
        digest: digest_of(model.model(), texts.iter().map(String::as_str)),
        passages: passages.collect(),
    }
}

impl Hybrid {
    async fn filled(&self, documents: Vec<IndexedDocument>) {
        for document in &documents {
            let item = embedded(&*self.model, document).await;
            self.vectors.put(vec![item]).await.expect("put");
        }
        filled(&self.index, documents).await;
    }
}

fn one(item: &str, text: &str) -> IndexedDocument {
    document(item, &format!("{item}.txt"), &[text])
}

async fn what_means_the_same_is_found(hybrid: Hybrid) {
    let passages =
        ["The office is closed. It opens on Monday.", "Each automobile is insured.\nAsk the desk."];
    hybrid.filled(vec![document("a", "a.txt", &passages), one("b", "A bicycle is not.")]).await;
    let page = search(&hybrid.index, &ask("vehicle insured ")).await;
    assert_eq!(page.by_meaning, ByMeaning::Used);
    assert_eq!(page.hits.len(), 1);
    let page = search(&hybrid.index, &ask("car ")).await;
    let hit = &page.hits[0];
    assert_eq!((hit.item_id.as_str(), hit.chunk, hit.place.page), ("a", Some(1), Some(2)));
    assert_eq!(hit.snippet.text, "Each automobile is insured. Ask the desk.");
    assert!(hit.snippet.highlights.is_empty(), "no word of it was asked for");
    assert_eq!((page.hits.len(), page.total), (1, 1));
}

async fn documents_without_vectors_are_found_by_their_words(hybrid: Hybrid) {
    hybrid.filled(vec![one("a", "the car park")]).await;
    filled(&hybrid.index, vec![one("b", "the car wash")]).await;
    assert_eq!(found_set(&hybrid.index, &ask("car ")).await, ["a", "b"]);
}

async fn what_both_find_comes_first(hybrid: Hybrid) {
    hybrid
        .filled(vec![
            one(
                "words",
                "car rental and many other things that are told here at some length, none of which is near",
            ),
            one("meaning", "automobile rental"),
            one("both", "car rental"),
        ])
        .await;
    let hits = found(&hybrid.index, &ask("car rental ")).await;
    assert_eq!(hits[0], "both", "{hits:?}");
    assert_eq!(hits.len(), 3);
}

async fn others_see_nothing(hybrid: Hybrid) {
    let theirs = IndexedDocument { user_id: "bob".into(), ..one("theirs", "the automobile") };
    hybrid.filled(vec![theirs, one("mine", "a vehicle of mine")]).await;
    assert_eq!(found(&hybrid.index, &ask("car ")).await, ["mine"]);
    let nobody = Visibility { owner: "cid".into(), collections: vec!["k1".into()] };
    assert!(found(&hybrid.index, &SearchRequest { visible: nobody, ..ask("car ") }).await.is_empty());
}

async fn shared_collections_are_seen_until_sharing_ends(hybrid: Hybrid) {
    let shared = |collections: &[&str]| IndexedDocument {
        user_id: "bob".into(),
        collections: collections.iter().map(|id| (*id).into()).collect(),
        ..one("theirs", "the automobile")
    };
    hybrid.filled(vec![shared(&["open", "closed"])]).await;
    let sees = |collection: &str| SearchRequest {
        visible: Visibility { owner: "ann".into(), collections: vec![collection.into()] },
        ..ask("car ")
    };
    assert_eq!(found(&hybrid.index, &sees("open")).await, ["theirs"]);
    assert!(found(&hybrid.index, &sees("other")).await.is_empty());
    filled(&hybrid.index, vec![shared(&["closed"])]).await;
    assert!(found(&hybrid.index, &sees("open")).await.is_empty(), "the vectors are the same, and it is gone");
}

async fn filters_and_fields_hold(hybrid: Hybrid) {
    let pdf = IndexedDocument {
        media_type: "application/pdf".to_owned(),
        connector_id: "dropbox".into(),
        path: Some("Fleet/a.pdf".to_owned()),
        title: Some("Fleet".to_owned()),
        modified_at: Some(at(20)),
        ..document("pdf", "a.pdf", &["the automobile"])
    };
    hybrid.filled(vec![pdf, one("text", "the vehicle")]).await;
    let names = Names { connectors: vec![("dropbox".into(), "Dropbox".to_owned())], ..Names::default() };
    let typed = |query: &str| SearchRequest { names: names.clone(), ..ask(query) };
    for query in [
        "car type:pdf",
        "car from:dropbox",
        "car in:Fleet",
        "car after:2026-01-10",
        "car -type:text",
        "car title:fleet",
        "car name:a",
    ] {
        assert_eq!(found(&hybrid.index, &typed(query)).await, ["pdf"], "{query}");
    }
    for query in ["car before:2026-01-10", "car -from:dropbox", "car -title:fleet"] {
        assert_eq!(found(&hybrid.index, &typed(query)).await, ["text"], "{query}");
    }
    for filters in [
        Filters { media_types: vec!["application/*".to_owned()], ..Filters::default() },
        Filters { connectors: vec!["dropbox".into()], ..Filters::default() },
        Filters { path_prefix: Some("Fleet".to_owned()), ..Filters::default() },
        Filters { modified_after: Some(at(10)), ..Filters::default() },
        Filters { item_ids: vec!["pdf".into()], ..Filters::default() },
    ] {
        let request = SearchRequest { filters, ..ask("car ") };
        assert_eq!(found(&hybrid.index, &request).await, ["pdf"], "{request:?}");
    }
}

async fn phrases_and_exclusions_hold(hybrid: Hybrid) {
    let both = document("both", "both.txt", &["the automobile", "a spare wheel in the back"]);
    hybrid.filled(vec![both, one("other", "the vehicle, a wheel and nothing spare")]).await;
    assert_eq!(found(&hybrid.index, &ask("car \"spare wheel\"")).await, ["both"]);
    assert_eq!(found(&hybrid.index, &ask("car -spare")).await, Vec::<String>::new());
    assert_eq!(found(&hybrid.index, &ask("car -back")).await, ["other"], "excluded by another passage");
}

async fn what_is_removed_is_gone_at_once(hybrid: Hybrid) {
    let through = |item: &str, user: &str, connection: &str| IndexedDocument {
        user_id: user.into(),
        connection_id: connection.into(),
        collections: vec!["open".into()],
        ..one(item, "the automobile")
    };
    let documents = vec![through("a", "ann", "c1"), through("b", "ann", "c2"), through("c", "bob", "c3")];
    // Each text is another one, so that none is folded into another.
    hybrid.filled(documents).await;
    let visible = Visibility { owner: "ann".into(), collections: vec!["open".into()] };
    let request = SearchRequest { visible, ..ask("car ") };
    assert_eq!(found_set(&hybrid.index, &request).await, ["a", "b", "c"]);
    hybrid.index.remove_items(&["a".into()]).await.expect("remove");
    hybrid.index.flush().await.expect("flush");
    assert_eq!(found_set(&hybrid.index, &request).await, ["b", "c"]);
    hybrid.index.remove_connection(&"c2".into()).await.expect("remove");
    hybrid.index.remove_user(&"bob".into()).await.expect("remove");
    hybrid.index.flush().await.expect("flush");
    assert!(found_set(&hybrid.index, &request).await.is_empty());
    assert_eq!(hybrid.vectors.stats().await.expect("stats").passages, 0, "no vector stays behind");
    // A vector that comes too late shows nothing.
    let late = embedded(&*hybrid.model, &through("a", "ann", "c1")).await;
    hybrid.vectors.put(vec![late]).await.expect("put");
    hybrid.vectors.flush().await.expect("flush");
    assert!(found_set(&hybrid.index, &request).await.is_empty());
}

async fn a_vector_speaks_only_for_its_text(hybrid: Hybrid) {
    hybrid.filled(vec![document("a", "a.txt", &["opening hours", "the automobile"])]).await;
    filled(&hybrid.index, vec![document("a", "a.txt", &["opening hours", "the bicycle"])]).await;
    assert!(found(&hybrid.index, &ask("car ")).await.is_empty(), "it says something else by now");
    filled(&hybrid.index, vec![document("a", "a.txt", &["opening hours"])]).await;
    assert!(found(&hybrid.index, &ask("car ")).await.is_empty(), "it is shorter by now");
}

async fn without_words_nothing_is_understood(hybrid: Hybrid) {
    hybrid.filled(vec![one("a", "the automobile"), one("b", "the car")]).await;
    for query in ["", "type:text", "\"the car\"", "-zebra", "title:b", "name:b"] {
        let page = search(&hybrid.index, &ask(query)).await;
        assert_eq!(page.by_meaning, ByMeaning::NotAsked, "{query}");
    }
    assert_eq!(found(&hybrid.index, &ask("\"the car\"")).await, ["b"]);
}

async fn where_the_model_fails_words_answer(hybrid: Hybrid) {
    hybrid.filled(vec![one("a", "the automobile"), one("b", "the car")]).await;
    hybrid.model.set_down(true);
    let page = search(&hybrid.index, &ask("car ")).await;
    assert_eq!(page.by_meaning, ByMeaning::Unavailable);
    assert_eq!(page.hits.iter().map(|hit| hit.item_id.as_str()).collect::<Vec<_>>(), ["b"]);
    hybrid.model.set_down(false);
    let page = search(&hybrid.index, &ask("car ")).await;
    assert_eq!((page.by_meaning, page.hits.len()), (ByMeaning::Used, 2));
}

async fn the_same_text_is_one_hit(hybrid: Hybrid) {
    let text = "Every vehicle of the fleet is looked at twice a year, in spring and in autumn, by the workshop that the \
        company has a contract with; whoever drives it brings it there in the morning, waits for the mechanic, and \
        fetches it in the evening with the list of everything that was repaired.";
    hybrid.filled(vec![one("a", text), one("b", text), one("c", "the automobile")]).await;
    let page = search(&hybrid.index, &SearchRequest { query: "car mechanic ".to_owned(), ..ask("") }).await;
    let told: Vec<usize> = page.hits.iter().map(|hit| hit.duplicates.len()).collect();
    assert_eq!(told.iter().sum::<usize>(), 1, "{told:?}");
    assert_eq!(page.total as usize, page.hits.len());
}

async fn pages_do_not_overlap_and_the_total_is_true(hybrid: Hybrid) {
    let mut documents: Vec<_> =
        (0..12).map(|at| one(&format!("w{at}"), &format!("car number {at}"))).collect();
    documents.extend((0..9).map(|at| one(&format!("m{at}"), &format!("automobile {at}"))));
    hybrid.filled(documents).await;
    for fold_duplicates in [true, false] {
        let mut met = Vec::new();
        for offset in (0..30).step_by(4) {
            let request = SearchRequest { offset, limit: 4, fold_duplicates, ..ask("car ") };
            let page = search(&hybrid.index, &request).await;
            assert_eq!(page.total, 21);
            met.extend(page.hits.into_iter().map(|hit| hit.item_id));
        }
        assert_eq!(met.len(), 21, "{met:?}");
        met.sort();
        met.dedup();
        assert_eq!(met.len(), 21);
    }
}
