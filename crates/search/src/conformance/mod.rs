//! The behaviour every index must show, as a suite that runs against any of them.
//!
//! Each case takes an empty index of its own; [`run_all`] makes one for each.

mod changes;
mod concepts;
mod duplicates;
mod fields;
mod filters;
mod forms;
pub mod meaning;
mod odd;
mod queries;
mod similar;
pub mod vectors;
mod visibility;

use std::future::Future;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use gangway_model::{Chunk, ItemId, Place, Timestamp};

use crate::{Filters, IndexedDocument, Names, SearchIndex, SearchPage, SearchRequest, Visibility};

pub use concepts::Concepts;

type Index = Arc<dyn SearchIndex>;

/// Runs every case, each on a fresh index. Panics with the case's name in the message on the first that fails.
pub async fn run_all<F: Future<Output = Index>>(fresh: impl Fn() -> F) {
    macro_rules! cases {
        ($($topic:ident: $($case:ident),+;)+) => {$($({
            $topic::$case(fresh().await).await;
        })+)+};
    }
    cases! {
        changes: changes_show_after_a_flush, putting_replaces, the_later_of_two_wins, putting_twice_changes_nothing,
            items_are_removed, connections_are_removed, users_are_removed, clearing_leaves_nothing,
            changes_apply_in_order, flushes_run_together, empty_changes_are_fine;
        visibility: others_see_nothing, shared_collections_are_seen, sharing_ends, collection_filters_reveal_nothing,
            blank_queries_are_no_way_around;
        filters: filters_narrow, filters_are_anded, paths_match_whole_names, times_match_half_open,
            filters_leave_scores_alone;
        queries: names_are_found_without_text, names_outweigh_text, passages_of_an_item_are_one_hit,
            all_words_beat_some, a_telling_word_suffices_where_nothing_holds_more, frequent_words_find_nothing_by_themselves,
            words_of_others_do_not_decide,
            phrases_are_exact, exclusions_hold_for_the_whole_item, words_are_found_by_their_start,
            case_and_accents_do_not_matter, unspaced_scripts_are_found, blank_queries_list_the_latest,
            snippets_show_the_match, hits_carry_what_was_put, pages_do_not_overlap, starred_words_are_beginnings,
            an_item_shows_its_best_passages, of_equals_the_later_is_first;
        fields: kinds_of_files, connectors, folders_and_collections, hidden_collections_stay_hidden, days,
            titles_and_names, exclusions_by_field, what_was_understood_is_told;
        forms: forms_meet_by_the_rules_of_the_text, the_form_asked_for_comes_first, foreign_rules_are_not_applied,
            right_to_left_scripts, words_within_names;
        similar: slips_are_forgiven, what_was_asked_comes_before_what_is_similar, short_words_are_exact,
            words_of_others_are_not_told, words_of_others_do_not_crowd_out, frequent_words_are_left_alone;
        duplicates: the_same_text_is_one_hit, other_numbers_are_other_documents, duplicates_of_others_are_not_told,
            pages_pass_over_duplicates, the_total_says_when_it_is_only_the_least;
        odd: no_text_is_an_error, limits_are_brought_into_range;
    }
}

pub(crate) fn at(day: u32) -> Timestamp {
    Utc.with_ymd_and_hms(2026, 1, day, 12, 0, 0).single().unwrap_or_default()
}

/// A document of user `ann` that came through connection `c1`.
pub(crate) fn document(item: &str, name: &str, passages: &[&str]) -> IndexedDocument {
    let chunk = |(number, text): (usize, &&str)| Chunk {
        number: number as u32,
        place: Place { page: Some(number as u32 + 1), ..Place::default() },
        text: (*text).to_owned(),
    };
    IndexedDocument {
        item_id: item.into(),
        user_id: "ann".into(),
        connection_id: "c1".into(),
        connector_id: "google_drive".into(),
        collections: Vec::new(),
        name: name.to_owned(),
        path: None,
        media_type: "text/plain".to_owned(),
        modified_at: Some(at(1)),
        url: None,
        title: None,
        chunks: passages.iter().enumerate().map(chunk).collect(),
    }
}

/// A question of `ann`, who sees what is hers.
pub(crate) fn ask(query: &str) -> SearchRequest {
    SearchRequest {
        query: query.to_owned(),
        visible: Visibility { owner: "ann".into(), collections: Vec::new() },
        filters: Filters::default(),
        names: Names::default(),
        now: at(31),
        fold_duplicates: true,
        limit: 20,
        offset: 0,
    }
}

pub(crate) async fn filled(index: &Index, documents: Vec<IndexedDocument>) {
    index.put(documents).await.expect("put");
    index.flush().await.expect("flush");
}

pub(crate) async fn search(index: &Index, request: &SearchRequest) -> SearchPage {
    index.search(request).await.expect("search")
}

/// The items found, in order.
pub(crate) async fn found(index: &Index, request: &SearchRequest) -> Vec<String> {
    search(index, request).await.hits.into_iter().map(|hit| hit.item_id.into_string()).collect()
}

/// The items found, whatever the order.
pub(crate) async fn found_set(index: &Index, request: &SearchRequest) -> Vec<String> {
    let mut items = found(index, request).await;
    items.sort();
    items
}
