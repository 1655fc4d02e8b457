//! Queries and numbers nobody should send, and everybody does.

use super::*;
use crate::{MAX_LIMIT, MAX_OFFSET};

pub(super) async fn no_text_is_an_error(index: Index) {
    filled(&index, vec![document("i1", "a", &["apple"])]).await;
    let long = "apple ".repeat(5000);
    for query in [
        "\"",
        "\"\"",
        "-",
        "--",
        "-\"",
        "(",
        "a AND (b OR",
        "title:",
        "field:value^2~",
        "*",
        "?",
        "\\",
        "[a TO b}",
        "\0",
        "\u{200d}\u{301}",
        "😀",
        "'; drop table items; --",
        "a\u{0}b",
        "^~!@#$%&*()_+",
        &long,
    ] {
        index.search(&ask(query)).await.unwrap_or_else(|error| panic!("{query:?}: {error}"));
    }
    assert_eq!(found(&index, &ask(&long)).await, ["i1"]);
}

pub(super) async fn limits_are_brought_into_range(index: Index) {
    let documents = (0..150).map(|n| document(&format!("i{n}"), "a", &["apple"])).collect();
    filled(&index, documents).await;
    let count = async |limit, offset| {
        let page = search(&index, &SearchRequest { limit, offset, ..ask("apple") }).await;
        assert_eq!(page.total, 150);
        page.hits.len()
    };
    assert_eq!(count(0, 0).await, 1);
    assert_eq!(count(usize::MAX, 0).await, MAX_LIMIT);
    assert_eq!(count(10, 145).await, 5);
    assert_eq!(count(10, MAX_OFFSET).await, 0);
    assert_eq!(count(10, usize::MAX).await, 0);
}
