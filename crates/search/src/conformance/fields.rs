//! `field:value` in the query narrows as filters do.

use super::*;

fn varied() -> Vec<IndexedDocument> {
    let pdf = IndexedDocument {
        media_type: "application/pdf".to_owned(),
        path: Some("Drive/Reports/2026/q1.pdf".to_owned()),
        modified_at: Some(at(10)),
        collections: vec!["k1".into()],
        title: Some("Annual report".to_owned()),
        ..document("pdf", "q1.pdf", &["apple numbers"])
    };
    let sheet = IndexedDocument {
        media_type: "application/vnd.example.spreadsheet".to_owned(),
        path: Some("Drive/Old reports/apple costs".to_owned()),
        modified_at: Some(at(20)),
        ..document("sheet", "apple costs", &["apple report"])
    };
    let page = IndexedDocument {
        connector_id: "team_notes".into(),
        connection_id: "c2".into(),
        media_type: "text/markdown".to_owned(),
        path: Some("Wiki/2026/Apple".to_owned()),
        modified_at: None,
        ..document("page", "Apple", &["apple text"])
    };
    vec![pdf, sheet, page]
}

fn names() -> Names {
    Names {
        connectors: vec![
            ("google_drive".into(), "Google Drive".into()),
            ("team_notes".into(), "Team Notes".into()),
        ],
        collections: vec![("k1".into(), "Finance".into())],
    }
}

async fn asked(index: &Index, query: &str) -> Vec<String> {
    found_set(index, &SearchRequest { names: names(), ..ask(query) }).await
}

pub(super) async fn kinds_of_files(index: Index) {
    filled(&index, varied()).await;
    assert_eq!(asked(&index, "apple type:pdf").await, ["pdf"]);
    assert_eq!(asked(&index, "apple type:Spreadsheets").await, ["sheet"]);
    assert_eq!(asked(&index, "apple type:pdf type:markdown").await, ["page", "pdf"], "either will do");
    assert_eq!(asked(&index, "type:spreadsheet").await, ["sheet"], "nothing else needs to be asked");
    assert!(asked(&index, "apple type:pdf type:pdf from:notes").await.is_empty(), "each field must hold");
}

pub(super) async fn connectors(index: Index) {
    filled(&index, varied()).await;
    for query in ["apple from:notes", "apple from:\"Team Notes\"", "apple FROM:team_notes"] {
        assert_eq!(asked(&index, query).await, ["page"], "{query}");
    }
    assert_eq!(asked(&index, "apple from:drive").await, ["pdf", "sheet"]);
    assert_eq!(
        asked(&index, "apple from:elsewhere").await,
        ["page", "pdf", "sheet"],
        "means nothing: a word"
    );
}

pub(super) async fn folders_and_collections(index: Index) {
    filled(&index, varied()).await;
    assert_eq!(asked(&index, "apple in:reports").await, ["pdf"], "whole names only");
    assert_eq!(asked(&index, "apple in:\"OLD Reports\"").await, ["sheet"]);
    assert_eq!(asked(&index, "apple in:2026").await, ["page", "pdf"]);
    assert_eq!(asked(&index, "apple in:Reports/2026").await, ["pdf"]);
    assert_eq!(asked(&index, "apple in:drive/2026").await, Vec::<String>::new());
    assert_eq!(asked(&index, "apple in:finance").await, ["pdf"], "a collection is a place too");
    assert_eq!(asked(&index, "apple in:finance in:wiki").await, ["page", "pdf"]);
    assert!(asked(&index, "apple in:nowhere").await.is_empty());
}

pub(super) async fn hidden_collections_stay_hidden(index: Index) {
    let bobs = IndexedDocument {
        user_id: "bob".into(),
        collections: vec!["secret".into(), "team".into()],
        ..document("bobs", "x", &["apple"])
    };
    filled(&index, vec![bobs]).await;
    let mut request = ask("apple in:secret");
    request.names.collections = vec![("secret".into(), "Secret".into())];
    request.visible.collections = vec!["team".into()];
    assert!(found(&index, &request).await.is_empty(), "knowing a collection's id opens nothing");
    request.names.collections = vec![("team".into(), "Secret".into())];
    assert_eq!(found(&index, &request).await, ["bobs"]);
}

pub(super) async fn days(index: Index) {
    filled(&index, varied()).await;
    assert_eq!(asked(&index, "apple after:2026-01-15").await, ["sheet"]);
    assert_eq!(asked(&index, "apple before:2026-01-15").await, ["pdf"]);
    assert_eq!(
        asked(&index, "apple after:2026-01 before:2026-01-20").await,
        ["pdf"],
        "before that day begins"
    );
    assert_eq!(asked(&index, "apple after:2026-01-10 before:2026-01-21").await, ["pdf", "sheet"]);
    assert!(asked(&index, "apple after:2027").await.is_empty());
    let mut both = SearchRequest { names: names(), ..ask("apple after:2026-01-05") };
    both.filters.modified_before = Some(at(15));
    assert_eq!(found(&index, &both).await, ["pdf"], "the filters beside the query hold as well");
}

pub(super) async fn titles_and_names(index: Index) {
    filled(&index, varied()).await;
    assert_eq!(asked(&index, "title:report").await, ["pdf"], "not in the text");
    assert_eq!(asked(&index, "title:\"annual report\"").await, ["pdf"]);
    assert_eq!(asked(&index, "title:apple").await, ["page", "sheet"], "a name is a title too");
    assert_eq!(asked(&index, "name:report").await, Vec::<String>::new());
    assert_eq!(
        asked(&index, "name:costs numbers").await,
        ["sheet"],
        "other words help, and are no condition"
    );
}

pub(super) async fn exclusions_by_field(index: Index) {
    filled(&index, varied()).await;
    assert_eq!(asked(&index, "apple -type:pdf").await, ["page", "sheet"]);
    assert_eq!(asked(&index, "apple -from:notes -in:\"old reports\"").await, ["pdf"]);
    assert_eq!(asked(&index, "apple -title:annual").await, ["page", "sheet"]);
    assert_eq!(
        asked(&index, "-after:2026-01-15 apple").await,
        ["page", "pdf"],
        "without a time it is not after"
    );
}

pub(super) async fn what_was_understood_is_told(index: Index) {
    filled(&index, varied()).await;
    let query = "apple \"some text\" -draft from:drive after:2026 colour:red";
    let page = search(&index, &SearchRequest { names: names(), ..ask(query) }).await;
    let told = page.understood;
    assert_eq!(told.words, ["apple", "colour:red"]);
    assert_eq!(told.phrases, ["some text"]);
    assert_eq!(told.excluded, ["draft"]);
    let filters: Vec<_> =
        told.filters.iter().map(|one| (one.field, one.value.as_str(), one.means.join(","))).collect();
    assert_eq!(
        filters,
        [("from", "drive", "google_drive".to_owned()), ("after", "2026", "2026-01-01T00:00:00Z".to_owned())]
    );
}
