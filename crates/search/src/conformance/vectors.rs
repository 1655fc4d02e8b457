//! The behaviour every index of vectors must show.

use std::future::Future;
use std::sync::Arc;

use crate::vectors::{EmbeddedItem, EmbeddedPassage, Near, VectorIndex, item_key};
use crate::{ItemKeys, SearchError};

type Vectors = Arc<dyn VectorIndex>;

/// Runs every case, each on a fresh index.
pub async fn run_all<F: Future<Output = Vectors>>(fresh: impl Fn() -> F) {
    macro_rules! cases {
        ($($case:ident),+ $(,)?) => {$($case(fresh().await).await;)+};
    }
    cases!(
        changes_show_after_a_flush,
        putting_replaces,
        the_later_of_two_wins,
        an_item_without_passages_is_removed,
        everything_is_removed_by_its_ids,
        changes_apply_in_order,
        clearing_leaves_nothing,
        only_those_asked_for_are_found,
        the_nearest_are_found_and_none_is_missed,
        many_are_searched_as_few_are,
        an_item_is_found_by_its_nearest_passage,
        what_is_too_far_is_left_out,
        lengths_do_not_mix,
        what_points_nowhere_is_near_to_nothing,
    );
}

fn item(id: &str, vectors: &[&[f32]]) -> EmbeddedItem {
    let passage = |(chunk, vector): (usize, &&[f32])| EmbeddedPassage {
        chunk: chunk as u32,
        text: 1000 + chunk as u64,
        vector: vector.to_vec(),
    };
    EmbeddedItem {
        item_id: id.into(),
        user_id: "ann".into(),
        connection_id: "c1".into(),
        digest: 7,
        passages: vectors.iter().enumerate().map(passage).collect(),
    }
}

async fn filled(vectors: &Vectors, items: Vec<EmbeddedItem>) {
    vectors.put(items).await.expect("put");
    vectors.flush().await.expect("flush");
}

fn keys(ids: &[&str]) -> ItemKeys {
    ids.iter().map(|id| item_key(&(*id).into())).collect()
}

fn near(vectors: &Vectors, question: &[f32], ids: &[&str]) -> Vec<Near> {
    vectors.nearest(question, &keys(ids), 0.1, 10).expect("nearest")
}

fn found(vectors: &Vectors, question: &[f32], ids: &[&str]) -> Vec<String> {
    near(vectors, question, ids).into_iter().map(|one| one.item_id.into_string()).collect()
}

async fn changes_show_after_a_flush(vectors: Vectors) {
    filled(&vectors, vec![item("a", &[&[1.0, 0.0]])]).await;
    let told = near(&vectors, &[2.0, 0.0], &["a"]).remove(0);
    assert_eq!((told.item_id.as_str(), told.chunk, told.text), ("a", 0, 1000));
    assert!((told.similarity - 1.0).abs() < 0.01, "{}", told.similarity);
    assert_eq!(vectors.digests(&["b".into(), "a".into()]).await.expect("digests"), [None, Some(7)]);
    assert_eq!(vectors.stats().await.expect("stats").passages, 1);
    filled(&vectors, vec![item("a", &[&[1.0, 0.0]])]).await;
    assert_eq!(vectors.stats().await.expect("stats").passages, 1, "putting the same again changes nothing");
}

async fn putting_replaces(vectors: Vectors) {
    filled(&vectors, vec![item("a", &[&[1.0, 0.0], &[1.0, 0.1]])]).await;
    filled(&vectors, vec![EmbeddedItem { digest: 8, ..item("a", &[&[0.0, 1.0]]) }]).await;
    assert!(found(&vectors, &[1.0, 0.0], &["a"]).is_empty());
    assert_eq!(found(&vectors, &[0.0, 1.0], &["a"]), ["a"]);
    assert_eq!(vectors.digests(&["a".into()]).await.expect("digests"), [Some(8)]);
}

async fn the_later_of_two_wins(vectors: Vectors) {
    filled(&vectors, vec![item("a", &[&[1.0, 0.0]]), item("a", &[&[0.0, 1.0]])]).await;
    assert!(found(&vectors, &[1.0, 0.0], &["a"]).is_empty());
    assert_eq!(vectors.stats().await.expect("stats").passages, 1);
}

async fn an_item_without_passages_is_removed(vectors: Vectors) {
    filled(&vectors, vec![item("a", &[&[1.0, 0.0]])]).await;
    filled(&vectors, vec![item("a", &[])]).await;
    assert!(found(&vectors, &[1.0, 0.0], &["a"]).is_empty());
    assert_eq!(vectors.digests(&["a".into()]).await.expect("digests"), [None]);
}

async fn everything_is_removed_by_its_ids(vectors: Vectors) {
    let all = ["a", "b", "c", "d"];
    let of = |id: &str, user: &str, connection: &str| EmbeddedItem {
        user_id: user.into(),
        connection_id: connection.into(),
        ..item(id, &[&[1.0, 0.0]])
    };
    let items = vec![of("a", "ann", "c1"), of("b", "ann", "c2"), of("c", "bob", "c3"), of("d", "cid", "c4")];
    filled(&vectors, items).await;
    vectors.remove_items(&["a".into(), "unknown".into()]).await.expect("remove");
    vectors.flush().await.expect("flush");
    let mut left = found(&vectors, &[1.0, 0.0], &all);
    left.sort();
    assert_eq!(left, ["b", "c", "d"]);
    vectors.remove_connection(&"c2".into()).await.expect("remove");
    vectors.remove_user(&"bob".into()).await.expect("remove");
    vectors.flush().await.expect("flush");
    assert_eq!(found(&vectors, &[1.0, 0.0], &all), ["d"]);
}

async fn changes_apply_in_order(vectors: Vectors) {
    vectors.put(vec![item("a", &[&[1.0, 0.0]])]).await.expect("put");
    vectors.remove_items(&["a".into()]).await.expect("remove");
    vectors.put(vec![item("b", &[&[1.0, 0.0]])]).await.expect("put");
    vectors.flush().await.expect("flush");
    assert_eq!(found(&vectors, &[1.0, 0.0], &["a", "b"]), ["b"]);
}

async fn clearing_leaves_nothing(vectors: Vectors) {
    filled(&vectors, vec![item("a", &[&[1.0, 0.0]])]).await;
    vectors.put(vec![item("b", &[&[1.0, 0.0]])]).await.expect("put");
    vectors.clear().await.expect("clear");
    vectors.flush().await.expect("flush");
    assert!(found(&vectors, &[1.0, 0.0], &["a", "b"]).is_empty());
    filled(&vectors, vec![item("c", &[&[1.0; 20]])]).await;
    assert_eq!(found(&vectors, &[1.0; 20], &["a", "b", "c"]), ["c"], "there is room for another model");
}

async fn only_those_asked_for_are_found(vectors: Vectors) {
    filled(&vectors, vec![item("mine", &[&[1.0, 0.5]]), item("theirs", &[&[1.0, 0.0]])]).await;
    assert_eq!(found(&vectors, &[1.0, 0.0], &["mine"]), ["mine"]);
    assert!(found(&vectors, &[1.0, 0.0], &[]).is_empty());
}

/// Vectors all over the place, the same in every run.
fn scattered(count: usize) -> Vec<Vec<f32>> {
    let mut seed = 1_u64;
    let mut next = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| (0..24).map(|_| next()).collect()).collect()
}

async fn the_nearest_are_found_and_none_is_missed(vectors: Vectors) {
    let all = scattered(600);
    // In several flushes, so that there are several segments.
    for (part, some) in all.chunks(200).enumerate() {
        let items = some.iter().enumerate();
        filled(&vectors, items.map(|(at, one)| item(&format!("i{}", part * 200 + at), &[one])).collect())
            .await;
    }
    let question = &scattered(601)[600];
    let cosine = |other: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        dot(question, other) / (dot(question, question) * dot(other, other)).sqrt()
    };
    let mut true_ones: Vec<f32> = all.iter().map(|one| cosine(one)).collect();
    true_ones.sort_by(|a, b| b.total_cmp(a));
    let ids: Vec<String> = (0..600).map(|at| format!("i{at}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let told = near(&vectors, question, &ids);
    assert_eq!(told.len(), 10);
    for (told, truth) in told.iter().zip(&true_ones) {
        let at: usize = told.item_id.as_str()[1..].parse().expect("a number");
        assert!((told.similarity - cosine(&all[at])).abs() < 0.02, "{told:?}");
        assert!((told.similarity - truth).abs() < 0.02, "{told:?}, but the next nearest is at {truth}");
    }
}

async fn many_are_searched_as_few_are(vectors: Vectors) {
    let all = scattered(50);
    filled(&vectors, all.iter().enumerate().map(|(at, one)| item(&format!("i{at}"), &[one])).collect()).await;
    vectors.remove_items(&["i7".into()]).await.expect("remove");
    vectors.flush().await.expect("flush");
    let mut among: ItemKeys = (0..40).map(|at| item_key(&format!("i{at}").into())).collect();
    let few = vectors.nearest(&all[7], &among, -1.0, 40).expect("nearest");
    among.extend(0..20_000);
    let many = vectors.nearest(&all[7], &among, -1.0, 40).expect("nearest");
    assert_eq!(few, many);
    assert_eq!(few.len(), 39, "one is removed, ten are not asked for");
}

async fn an_item_is_found_by_its_nearest_passage(vectors: Vectors) {
    let many = item("a", &[&[0.5, 1.0], &[1.0, 0.1], &[1.0, 0.3]]);
    filled(&vectors, vec![many, item("b", &[&[1.0, 0.2]])]).await;
    let told: Vec<_> =
        near(&vectors, &[1.0, 0.0], &["a", "b"]).into_iter().map(|one| (one.item_id, one.chunk)).collect();
    assert_eq!(told, [("a".into(), 1), ("b".into(), 0)]);
}

async fn what_is_too_far_is_left_out(vectors: Vectors) {
    filled(&vectors, vec![item("near", &[&[1.0, 0.2]]), item("far", &[&[1.0, 2.0]])]).await;
    let told = vectors.nearest(&[1.0, 0.0], &keys(&["near", "far"]), 0.6, 10).expect("nearest");
    assert_eq!(told.len(), 1);
    let told = vectors.nearest(&[1.0, 0.0], &keys(&["near", "far"]), 0.0, 1).expect("nearest");
    assert_eq!(told[0].item_id.as_str(), "near");
    assert_eq!(told.len(), 1);
}

async fn lengths_do_not_mix(vectors: Vectors) {
    filled(&vectors, vec![item("a", &[&[1.0; 16]])]).await;
    let outcome = vectors.put(vec![item("c", &[&[1.0; 16]]), item("b", &[&[1.0; 40]])]).await;
    assert!(matches!(outcome, Err(SearchError::OtherDimensions)), "{outcome:?}");
    vectors.flush().await.expect("flush");
    assert_eq!(found(&vectors, &[1.0; 16], &["a", "b", "c"]), ["a"], "nothing of the call is put");
    assert!(found(&vectors, &[1.0; 40], &["a"]).is_empty(), "a question of another model");
}

async fn what_points_nowhere_is_near_to_nothing(vectors: Vectors) {
    filled(&vectors, vec![item("a", &[&[0.0, 0.0], &[f32::NAN, 1.0], &[1.0, 0.0]])]).await;
    assert_eq!(near(&vectors, &[1.0, 0.0], &["a"])[0].chunk, 2);
    assert!(found(&vectors, &[0.0, 0.0], &["a"]).is_empty());
    assert!(found(&vectors, &[f32::NAN, 1.0], &["a"]).is_empty());
}
