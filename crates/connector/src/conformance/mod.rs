//! The behaviour suite that every connector runs against its emulator, by topic.
//!
//! Each emulator has a [`StandIn`], which says its deeds in the suite's words; a connector's tests write
//! `conformance_tests!(TheStandIn, &TheConnector);`. Declared capabilities and the provider's [`Habits`] choose what
//! applies.

mod clock;
mod receiver;
mod stage;
mod stand_in;
mod walk;

pub mod browsing;
pub mod changes;
pub mod content;
pub mod items;
pub mod listing;
pub mod push;
pub mod trouble;

pub use clock::HastyClock;
pub use stage::{Stage, Tokens};
pub use stand_in::{ALWAYS, Access, Habits, StandIn, Trouble};

/// Makes one test of each case, run on a stand-in of the given type.
#[macro_export]
macro_rules! conformance_tests {
    ($stand_in:ty, $connector:expr) => {
        $crate::conformance_tests!(@topic $stand_in, $connector, items, |_| true, [
            the_account_has_a_stable_id,
            an_item_looks_the_same_alone_as_in_a_listing,
            what_does_not_exist_is_gone,
            what_was_trashed_or_deleted_is_gone,
            ids_that_are_paths_reach_nothing,
            a_refusal_proves_nothing,
            a_404_of_somebody_else_proves_nothing,
        ]);
        $crate::conformance_tests!(@topic $stand_in, $connector, listing, |_| true, [
            a_container_holds_what_is_directly_inside,
            an_empty_container_is_empty,
            names_are_kept_as_the_provider_spells_them,
            pages_can_be_taken_up_by_another_process,
            an_empty_page_does_not_end_a_listing,
            trashed_things_are_left_out,
            a_container_that_is_gone_is_not_an_empty_one,
            a_page_token_that_is_refused_restarts_the_listing,
        ]);
        $crate::conformance_tests!(@topic $stand_in, $connector, browsing, |can| can.browse, [
            pages_keep_the_limit_and_show_everything_once,
            the_top_keeps_the_limit_too,
            a_search_finds_by_name_whatever_is_in_it,
            media_types_filter_and_containers_always_come,
            a_container_that_is_gone_is_told,
        ]);
        $crate::conformance_tests!(@topic $stand_in, $connector, changes, |can| can.change_feed, [
            nothing_happened_since_now,
            what_happens_is_told,
            the_same_place_can_be_read_again,
            pages_are_legal_places_to_resume,
            looking_at_an_item_does_not_change_its_revision,
            what_comes_inside_shows_in_the_revision,
            what_was_removed_is_told,
            what_took_the_place_of_another_is_told_with_its_end,
            what_is_no_longer_shared_is_told,
            a_place_that_is_refused_restarts_the_feed,
        ]);
        $crate::conformance_tests!(@topic $stand_in, $connector, content, |_| true, [
            the_bytes_are_those_at_the_source,
            an_empty_file_is_empty,
            the_limit_is_kept,
            a_cut_download_is_whole_or_an_error,
            content_that_changed_since_is_whole_or_an_error,
            what_is_gone_cannot_be_fetched,
            containers_have_no_content,
        ]);
        $crate::conformance_tests!(@topic $stand_in, $connector, trouble, |_| true, [
            a_rate_limit_passes,
            a_short_outage_passes,
            a_long_outage_asks_to_come_back_later,
            an_ended_access_token_is_replaced,
            a_dead_grant_asks_to_connect_again,
            a_page_for_people_instead_of_an_answer_proves_nothing,
        ]);
        $crate::conformance_tests!(@topic $stand_in, $connector, push, |can| can.push != $crate::Push::None, [
            a_change_is_pushed_and_verified,
            forged_notifications_are_rejected,
            ending_a_subscription_twice_is_no_error,
        ]);
    };
    (@topic $stand_in:ty, $connector:expr, $topic:ident, $applies:expr, [$($case:ident),* $(,)?]) => {
        mod $topic {
            use super::*;

            $(#[tokio::test]
            async fn $case() {
                let stage = $crate::conformance::Stage::<$stand_in>::start($connector).await;
                let applies: fn($crate::Capabilities) -> bool = $applies;
                if applies(stage.connector.descriptor().capabilities) {
                    $crate::conformance::$topic::$case(&stage).await;
                }
            })*
        }
    };
}
