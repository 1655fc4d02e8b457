//! What is found by which words, in which order, and how it is shown.

use super::*;
use crate::MAX_PASSAGES;

pub(super) async fn names_are_found_without_text(index: Index) {
    filled(&index, vec![document("i1", "Holiday photo.jpg", &[]), document("i2", "b.txt", &["apple"])]).await;
    let page = search(&index, &ask("holiday")).await;
    assert_eq!(page.total, 1);
    assert_eq!(page.hits[0].item_id.as_str(), "i1");
    assert_eq!(page.hits[0].chunk, None);
}

pub(super) async fn names_outweigh_text(index: Index) {
    let titled = IndexedDocument {
        title: Some("Apple".to_owned()),
        ..document("title", "y.txt", &["some words here"])
    };
    let documents = vec![
        document("text", "x.txt", &["one apple here"]),
        document("name", "apple.txt", &["some words here"]),
        titled,
    ];
    filled(&index, documents).await;
    let order = found(&index, &ask("apple ")).await;
    assert_eq!(order.len(), 3);
    assert_eq!(order[2], "text", "{order:?}");
}

pub(super) async fn passages_of_an_item_are_one_hit(index: Index) {
    let many: Vec<String> = (0..50).map(|n| format!("apple {n}")).collect();
    let mut passages: Vec<&str> = many.iter().map(String::as_str).collect();
    passages[30] = "apple apple apple";
    filled(
        &index,
        vec![document("big", "a.txt", &passages), document("small", "b.txt", &["an apple a day"])],
    )
    .await;
    let mut request = ask("apple ");
    request.limit = 2;
    let page = search(&index, &request).await;
    assert_eq!(page.total, 2, "items are counted, not passages");
    assert_eq!(page.hits.len(), 2);
    let big = page.hits.iter().find(|hit| hit.item_id.as_str() == "big").expect("both items");
    assert_eq!((big.chunk, big.place.page), (Some(30), Some(31)), "the best passage is shown");
}

pub(super) async fn all_words_beat_some(index: Index) {
    let documents = vec![
        document("some", "x", &["apple apple apple apple apple"]),
        document("all", "y", &["the apple and many other words before the cherry comes at last"]),
        document("none", "z", &["banana"]),
    ];
    filled(&index, documents).await;
    assert_eq!(found(&index, &ask("apple cherry ")).await, ["all", "some"]);
}

pub(super) async fn a_telling_word_suffices_where_nothing_holds_more(index: Index) {
    let documents = vec![
        document("parking", "a", &["permits are stuck to the windscreen"]),
        document("glue", "b", &["how glue would hold"]),
        document("train", "c", &["the train leaves"]),
        document("boat", "d", &["the boat lands"]),
        document("plane", "e", &["the plane waits"]),
    ];
    filled(&index, documents).await;
    // Two of seven words are not enough, but nothing has more; a word that most documents hold finds nothing by itself.
    let page = search(&index, &ask("which permits sparkle the mornings beyond doubt ")).await;
    assert_eq!(page.hits.iter().map(|hit| hit.item_id.as_str()).collect::<Vec<_>>(), ["parking"]);
    assert_eq!((page.total, page.total_is_exact), (1, true));
    let page = found(&index, &ask("how would glue hold permits ")).await;
    assert_eq!(page, ["glue", "parking"], "what holds more of the words comes first");
    // Where most documents hold all but the telling word, that one decides.
    let mut documents: Vec<IndexedDocument> =
        (0..30).map(|at| document(&format!("f{at}"), "f", &["what must be able to show"])).collect();
    documents.push(document("pilot", "g", &["trained pilots fly"]));
    filled(&index, documents).await;
    assert_eq!(found(&index, &ask("what must pilots be able to show ")).await[0], "pilot");
    assert_eq!(
        found(&index, &ask("what must be able to show zebras ")).await.len(),
        20,
        "none of them is telling here"
    );
    assert!(found(&index, &ask("which sparkle mornings beyond doubt ")).await.is_empty());
    assert!(found(&index, &ask("permits sparkle mornings beyond -windscreen ")).await.is_empty());
}

pub(super) async fn frequent_words_find_nothing_by_themselves(index: Index) {
    let holding = |text: &'static str, item: &'static str| {
        move |at: usize| document(&format!("{item}{at}"), "f", &[text])
    };
    let mut documents: Vec<IndexedDocument> = (0..250).map(holding("the lorry passes", "lorry")).collect();
    documents.extend((0..30).map(holding("passing by bus", "bus")));
    documents.push(document("both", "x", &["where the budget lies"]));
    documents.push(document("rare", "y", &["my budget"]));
    filled(&index, documents).await;
    let total = async |query: &str| {
        search(&index, &SearchRequest { fold_duplicates: false, ..ask(query) }).await.total
    };
    // The frequent one ranks what the other finds.
    assert_eq!(found(&index, &ask("the budget ")).await, ["both", "rare"]);
    assert_eq!(total("the lorry ").await, 251, "where all are frequent, each finds");
    assert_eq!(total("the zebras ").await, 251, "and where nothing holds the others");
    assert_eq!(total("the ").await, 251);
    assert_eq!(total("bus budget ").await, 32, "what a few hold is not frequent");
    assert_eq!(total("\"lorry passes\" the ").await, 250, "beside a phrase words only help");
    // In what somebody sees of which it is not frequent, it finds.
    let mine = |at: usize| IndexedDocument {
        user_id: "bob".into(),
        ..document(&format!("b{at}"), "b", &["the bus"])
    };
    filled(&index, (0..3).map(mine).collect()).await;
    let as_bob = SearchRequest {
        visible: Visibility { owner: "bob".into(), collections: Vec::new() },
        fold_duplicates: false,
        ..ask("the budget ")
    };
    assert_eq!(search(&index, &as_bob).await.total, 3);
}

pub(super) async fn words_of_others_do_not_decide(index: Index) {
    let others =
        |item: String, text: &str| IndexedDocument { user_id: "bob".into(), ..document(&item, "b", &[text]) };
    let query = ask("which permits sparkle the mornings beyond doubt ");
    let mut documents: Vec<IndexedDocument> =
        (0..20).map(|at| document(&format!("f{at}"), "f", &["which the lorry passes"])).collect();
    documents.push(document("parking", "a", &["permits are stuck to the windscreen"]));
    filled(&index, documents).await;
    assert_eq!(found(&index, &query).await, ["parking"]);
    // Words that occur with nobody else but there make nothing less telling here, and what is frequent there is rare here.
    filled(&index, vec![others("rare".to_owned(), "mornings sparkle beyond doubt")]).await;
    filled(&index, (0..60).map(|at| others(format!("b{at}"), "many permits, and permits again")).collect())
        .await;
    assert_eq!(found(&index, &query).await, ["parking"]);
}

pub(super) async fn phrases_are_exact(index: Index) {
    let documents = vec![
        document("apart", "x", &["year of the new apple"]),
        document("exact", "y", &["happy New Year to all"]),
        document("named", "new year.txt", &["nothing"]),
    ];
    filled(&index, documents).await;
    assert_eq!(found_set(&index, &ask("\"new year\"")).await, ["exact", "named"]);
    assert_eq!(found(&index, &ask("\"new year\" happy")).await[0], "exact", "words beside a phrase help");
    assert!(found(&index, &ask("\"year new\"")).await.is_empty());
}

pub(super) async fn exclusions_hold_for_the_whole_item(index: Index) {
    let documents =
        vec![document("i1", "a", &["apple here", "a draft there"]), document("i2", "b", &["apple here"])];
    filled(&index, documents).await;
    let page = search(&index, &ask("apple -draft")).await;
    assert_eq!((page.hits.len(), page.total), (1, 1));
    assert_eq!(page.hits[0].item_id.as_str(), "i2");
    assert_eq!(found(&index, &ask("-draft")).await, ["i2"]);
    assert_eq!(found_set(&index, &ask("apple -\"draft here\"")).await, ["i1", "i2"]);
}

pub(super) async fn words_are_found_by_their_start(index: Index) {
    filled(
        &index,
        vec![document("i1", "a", &["international relations"]), document("i2", "Internal.txt", &[])],
    )
    .await;
    assert_eq!(found(&index, &ask("internat")).await, ["i1"]);
    assert_eq!(found_set(&index, &ask("intern")).await, ["i1", "i2"]);
    assert!(found(&index, &ask("inter ")).await.is_empty(), "a finished word is whole");
}

pub(super) async fn case_and_accents_do_not_matter(index: Index) {
    filled(&index, vec![document("i1", "a", &["Die Größe der CRÈME brûlée"])]).await;
    for query in ["grosse", "GRÖSSE", "creme brulee", "Crème"] {
        assert_eq!(found(&index, &ask(query)).await, ["i1"], "{query}");
    }
}

pub(super) async fn unspaced_scripts_are_found(index: Index) {
    let documents = vec![
        document("ja", "議事録.txt", &["私は東京都に住んでいます。黒猫です。"]),
        document("zh", "a", &["今天天气很好，我们去公园散步。"]),
        document("ko", "b", &["한국어 문서를 검색합니다"]),
        document("th", "c", &["สวัสดีชาวโลก"]),
    ];
    filled(&index, documents).await;
    for (query, item) in
        [("東京都", "ja"), ("猫", "ja"), ("議事録", "ja"), ("公园", "zh"), ("문서", "ko"), ("ชาวโลก", "th")]
    {
        assert_eq!(found(&index, &ask(query)).await, [item], "{query}");
    }
    assert!(found(&index, &ask("京東")).await.is_empty());
    assert_eq!(found(&index, &ask("\"黒猫\"")).await, ["ja"]);
}

pub(super) async fn blank_queries_list_the_latest(index: Index) {
    let dated =
        |item: &str, modified_at| IndexedDocument { modified_at, ..document(item, item, &["a", "b"]) };
    filled(
        &index,
        vec![
            dated("old", Some(at(1))),
            dated("new", Some(at(9))),
            dated("never", None),
            dated("mid", Some(at(5))),
        ],
    )
    .await;
    for query in ["", "   ", "?!", "-zebra"] {
        assert_eq!(found(&index, &ask(query)).await, ["new", "mid", "old", "never"], "{query:?}");
    }
    let mut second = ask("");
    (second.limit, second.offset) = (2, 1);
    let page = search(&index, &second).await;
    assert_eq!(page.total, 4);
    assert_eq!(page.hits.iter().map(|hit| hit.item_id.as_str()).collect::<Vec<_>>(), ["mid", "old"]);
}

pub(super) async fn snippets_show_the_match(index: Index) {
    filled(&index, vec![document("i1", "a", &["Less <b>than</b> & more.\nThe Apple is \"ripe\"."])]).await;
    let hit = search(&index, &ask("apple")).await.hits.remove(0);
    let (start, end) = hit.snippet.highlights[0];
    assert_eq!(&hit.snippet.text[start..end], "Apple");
    assert!(hit.snippet.html.contains("<mark>Apple</mark>"));
    assert!(hit.snippet.html.contains("&lt;b&gt;than&lt;/b&gt; &amp; more."), "{}", hit.snippet.html);
}

pub(super) async fn hits_carry_what_was_put(index: Index) {
    let put = IndexedDocument {
        url: Some("https://drive.example/i1?a=b#c".to_owned()),
        title: Some("The Title".to_owned()),
        path: Some("A/b.txt".to_owned()),
        modified_at: Some(at(3)),
        ..document("i1", "b.txt", &["apple"])
    };
    filled(&index, vec![put.clone()]).await;
    let hit = search(&index, &ask("apple")).await.hits.remove(0);
    assert_eq!(hit.connection_id, put.connection_id);
    assert_eq!(hit.connector_id, put.connector_id);
    assert_eq!((hit.name, hit.title, hit.path, hit.url), (put.name, put.title, put.path, put.url));
    assert_eq!((hit.media_type, hit.modified_at), (put.media_type, put.modified_at));
    assert_eq!((hit.chunk, hit.place), (Some(0), put.chunks[0].place.clone()));
}

pub(super) async fn pages_do_not_overlap(index: Index) {
    let documents = (0..25).map(|n| document(&format!("i{n:02}"), "same.txt", &["the same apple"])).collect();
    filled(&index, documents).await;
    let mut all = Vec::new();
    for offset in [0, 10, 20, 30] {
        let page = search(&index, &SearchRequest { limit: 10, offset, ..ask("apple") }).await;
        assert_eq!(page.total, 25);
        all.extend(page.hits.into_iter().map(|hit| hit.item_id.into_string()));
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 25);
}

pub(super) async fn starred_words_are_beginnings(index: Index) {
    filled(
        &index,
        vec![document("i1", "a", &["the budgetary plan"]), document("i2", "b", &["a buddy and a plan"])],
    )
    .await;
    assert_eq!(found(&index, &ask("budg* plan ")).await, ["i1", "i2"], "both have the plan, one has both");
    assert_eq!(found(&index, &ask("budg* ")).await, ["i1"]);
    assert_eq!(found_set(&index, &ask("-budg* plan ")).await, ["i2"]);
}

pub(super) async fn an_item_shows_its_best_passages(index: Index) {
    let passages = [
        "apple apple apple",
        "nothing here",
        "one apple in many other words of no use",
        "two apple apple here",
        "apple",
    ];
    filled(&index, vec![document("i1", "a.txt", &passages), document("i2", "apple.txt", &["b", "c"])]).await;
    let hits = search(&index, &ask("apple ")).await.hits;
    let of = |item: &str| hits.iter().find(|hit| hit.item_id.as_str() == item).expect("a hit");
    let shown: Vec<u32> = of("i1")
        .chunk
        .into_iter()
        .chain(of("i1").more_passages.iter().map(|passage| passage.chunk))
        .collect();
    assert_eq!(shown.len(), MAX_PASSAGES, "{shown:?}");
    assert!(!shown.contains(&1) && !shown.contains(&2), "the best of them: {shown:?}");
    for passage in &of("i1").more_passages {
        assert_eq!(passage.place.page, Some(passage.chunk + 1));
        assert!(!passage.snippet.highlights.is_empty());
    }
    assert!(of("i2").more_passages.is_empty(), "only the name matches");
}

pub(super) async fn of_equals_the_later_is_first(index: Index) {
    let dated =
        |item: &str, modified_at| IndexedDocument { modified_at, ..document(item, "a", &["an apple"]) };
    filled(&index, vec![dated("old", Some(at(1))), dated("never", None), dated("new", Some(at(30)))]).await;
    assert_eq!(found(&index, &ask("apple")).await, ["new", "old", "never"]);
    let better = document("better", "apple.txt", &["an apple"]);
    filled(&index, vec![IndexedDocument { modified_at: None, ..better }]).await;
    assert_eq!(found(&index, &ask("apple")).await[0], "better", "what matches better still comes first");
}
