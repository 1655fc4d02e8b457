//! Narrowing by connector, collection, type, time, path and item.

use super::*;

fn varied() -> Vec<IndexedDocument> {
    let pdf = IndexedDocument {
        media_type: "application/pdf".to_owned(),
        path: Some("Reports/2026/q1.pdf".to_owned()),
        modified_at: Some(at(10)),
        collections: vec!["finance".into()],
        ..document("pdf", "q1.pdf", &["apple numbers"])
    };
    let image = IndexedDocument {
        media_type: "image/png".to_owned(),
        path: Some("Reports2/apple.png".to_owned()),
        modified_at: None,
        ..document("image", "apple.png", &[])
    };
    let page = IndexedDocument {
        connector_id: "notion".into(),
        connection_id: "c2".into(),
        media_type: "text/markdown".to_owned(),
        path: Some("Reports/apple".to_owned()),
        modified_at: Some(at(20)),
        ..document("page", "apple", &["apple text"])
    };
    vec![pdf, image, page]
}

async fn narrowed(index: &Index, narrow: impl FnOnce(&mut Filters)) -> Vec<String> {
    let mut request = ask("apple");
    narrow(&mut request.filters);
    found_set(index, &request).await
}

pub(super) async fn filters_narrow(index: Index) {
    filled(&index, varied()).await;
    assert_eq!(narrowed(&index, |_| {}).await, ["image", "page", "pdf"]);
    assert_eq!(narrowed(&index, |f| f.connectors = vec!["notion".into(), "box".into()]).await, ["page"]);
    assert_eq!(narrowed(&index, |f| f.collections = vec!["finance".into()]).await, ["pdf"]);
    assert_eq!(narrowed(&index, |f| f.media_types = vec!["application/pdf".into()]).await, ["pdf"]);
    assert_eq!(
        narrowed(&index, |f| f.media_types = vec!["image/*".into(), "text/markdown".into()]).await,
        ["image", "page"]
    );
    assert_eq!(
        narrowed(&index, |f| f.item_ids = vec!["pdf".into(), "page".into(), "no".into()]).await,
        ["page", "pdf"]
    );
    let many = (0..200).map(|n| format!("x{n}").as_str().into()).chain(["pdf".into()]);
    assert_eq!(narrowed(&index, |f| f.item_ids = many.collect()).await, ["pdf"], "long lists work");
}

pub(super) async fn filters_are_anded(index: Index) {
    filled(&index, varied()).await;
    let both = |f: &mut Filters| {
        f.connectors = vec!["google_drive".into()];
        f.media_types = vec!["text/markdown".into()];
    };
    assert!(narrowed(&index, both).await.is_empty());
    let mut blank = ask("");
    blank.filters.connectors = vec!["notion".into()];
    assert_eq!(found(&index, &blank).await, ["page"], "blank queries are narrowed too");
}

pub(super) async fn paths_match_whole_names(index: Index) {
    filled(&index, varied()).await;
    for (prefix, expected) in [
        ("Reports", &["page", "pdf"][..]),
        ("/Reports/", &["page", "pdf"]),
        ("Reports/2026", &["pdf"]),
        ("Reports/2026/q1.pdf", &["pdf"]),
        ("Report", &[]),
        ("reports", &[]),
        ("2026", &[]),
        ("", &["image", "page", "pdf"]),
    ] {
        assert_eq!(
            narrowed(&index, |f| f.path_prefix = Some(prefix.to_owned())).await,
            expected,
            "{prefix:?}"
        );
    }
}

pub(super) async fn times_match_half_open(index: Index) {
    filled(&index, varied()).await;
    assert_eq!(narrowed(&index, |f| f.modified_after = Some(at(10))).await, ["page", "pdf"]);
    assert_eq!(narrowed(&index, |f| f.modified_before = Some(at(20))).await, ["pdf"]);
    let between = |f: &mut Filters| {
        f.modified_after = Some(at(11));
        f.modified_before = Some(at(21));
    };
    assert_eq!(narrowed(&index, between).await, ["page"]);
    assert!(narrowed(&index, |f| f.modified_after = Some(at(21))).await.is_empty());
}

pub(super) async fn filters_leave_scores_alone(index: Index) {
    filled(&index, varied()).await;
    let scores = async |request: SearchRequest| -> Vec<(String, f32)> {
        let hits = search(&index, &request).await.hits;
        hits.into_iter().map(|hit| (hit.item_id.into_string(), hit.score)).collect()
    };
    let all = scores(ask("apple")).await;
    let mut narrow = ask("apple");
    narrow.filters.connectors = vec!["google_drive".into()];
    narrow.filters.path_prefix = Some("Reports".to_owned());
    let kept = scores(narrow).await;
    assert_eq!(kept.len(), 1);
    assert!(all.contains(&kept[0]), "{all:?} {kept:?}");
}
