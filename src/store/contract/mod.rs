//! What every engine must do, as tests. An engine calls `contract!` with what makes an empty store
//! of it; nothing here knows which one it is.

pub(super) mod keys;
pub(super) mod queue;
pub(super) mod reports;
pub(super) mod steering;

use std::sync::Arc;
use std::time::Duration;

use super::Accepted;
use super::Called;
use super::Claimed;
use super::DeliveryId;
use super::Filter;
use super::Finish;
use super::Ids;
use super::NewDelivery;
use super::Next;
use super::State;
use super::Store;
use crate::entropy::SystemEntropy;
use crate::notification::Notification;

/// Makes a test of every sentence of the contract for the engine that `$make` makes.
macro_rules! contract {
    ($make:expr) => {
        $crate::store::contract::sentences!($make;
            queue::what_is_enqueued_is_claimed_once_and_then_delivered,
            queue::the_same_id_twice_is_one_delivery,
            queue::the_same_key_and_content_is_one_delivery,
            queue::the_same_key_with_another_content_is_a_conflict,
            queue::nothing_is_claimed_before_it_is_due,
            queue::a_lane_gives_what_was_due_first_and_no_other_lanes,
            queue::a_claim_nobody_finishes_falls_due_again_and_says_so,
            queue::a_stale_fence_changes_nothing,
            queue::a_lease_that_is_extended_does_not_end,
            queue::many_claims_finish_at_once_each_by_its_own_fence,
            queue::a_retry_waits_for_its_time_and_keeps_its_attempts,
            queue::what_is_handed_back_is_due_at_once_and_was_no_try,
            queue::what_is_held_waits_for_its_time_and_was_no_try,
            queue::what_is_handed_back_after_an_interruption_is_still_interrupted,
            queue::the_next_channel_is_another_lane_and_starts_from_its_first_try,
            queue::a_pace_is_shared_and_counts_only_what_was_claimed,
            queue::claimers_at_once_never_get_the_same_delivery,
            queue::a_subscriber_hears_of_what_is_enqueued,
            queue::lanes_are_those_in_which_something_waits,
            steering::the_books_balance_whatever_happens,
            steering::a_query_goes_page_by_page_and_keeps_to_its_filter,
            steering::what_is_being_sent_cannot_be_buried,
            steering::what_is_buried_has_its_reason_and_can_be_revived,
            steering::reviving_takes_the_oldest_first_and_no_more_than_asked,
            steering::what_is_revived_goes_through_its_first_channel_and_never_expires,
            steering::what_has_expired_is_ended_wherever_it_waits,
            steering::what_has_ended_is_removed_by_age_and_by_count,
            steering::an_absent_delivery_is_not_found,
            reports::what_a_service_tells_finds_the_delivery_by_the_services_id,
            reports::what_is_told_twice_in_the_same_words_is_noted_once,
            reports::what_nobody_is_called_is_no_report,
            reports::a_question_is_taken_by_one_and_asked_until_it_is_told,
            reports::no_more_ids_are_kept_than_a_message_needs,
            reports::what_was_told_goes_with_its_delivery,
            keys::a_value_is_there_until_it_ends,
            keys::values_under_a_prefix_come_in_order_page_by_page,
            keys::compare_and_set_wants_the_value_that_is_there,
            keys::of_many_who_compare_and_set_at_once_one_succeeds,
            keys::a_lock_has_one_owner_and_a_rising_fence,
            keys::a_bucket_gives_what_its_rate_allows,
            keys::a_message_is_settled_once_with_all_that_follows,
            keys::a_message_is_settled_only_where_the_values_are_as_expected,
            keys::a_settled_message_is_forgotten_in_the_end,
            keys::the_keys_of_settled_messages_come_in_order,
            keys::what_has_ended_is_removed,
        );
    };
}

macro_rules! sentences {
    ($make:expr; $($area:ident::$sentence:ident,)*) => {
        $(
            #[tokio::test]
            async fn $sentence() {
                let make = $make;
                let (store, _kept) = make();
                $crate::store::contract::$area::$sentence(store).await;
            }
        )*
    };
}

pub(super) use contract;
pub(super) use sentences;

/// When every test begins: 2026-01-01T00:00:00Z.
const START: Duration = Duration::from_hours(490_896);

const LEASE: Duration = Duration::from_secs(90);

/// So many seconds after the beginning.
fn at(seconds: u64) -> Duration {
    START + Duration::from_secs(seconds)
}

/// Makes deliveries as the outbox does.
struct Sample {
    ids: Ids,
}

impl Sample {
    fn new() -> Self {
        Self { ids: Ids::new(Arc::new(SystemEntropy)) }
    }

    /// A text in `lane`, due at once.
    fn text(&self, lane: &str, body: &str) -> NewDelivery {
        self.of(lane, Notification::text(lane, body))
    }

    fn of(&self, lane: &str, notification: Notification) -> NewDelivery {
        let id = self.ids.next(START);
        NewDelivery { id, lane: lane.to_owned(), due: START, notification }
    }

    /// A text with an idempotency key.
    fn keyed(&self, key: &str, body: &str) -> NewDelivery {
        let idempotency_key = Some(key.to_owned());
        self.of("ops", Notification { idempotency_key, ..Notification::text("ops", body) })
    }
}

async fn enqueue(store: &Arc<dyn Store>, batch: Vec<NewDelivery>) -> Vec<Accepted> {
    store.enqueue(START, batch).await.unwrap()
}

/// Claims without a pace.
async fn claim(store: &Arc<dyn Store>, seconds: u64, lane: &str, count: u32) -> Vec<Claimed> {
    store.claim(at(seconds), lane, count, LEASE, None).await.unwrap().deliveries
}

async fn finish(store: &Arc<dyn Store>, seconds: u64, claimed: &Claimed, next: Next) -> bool {
    finish_as(store, seconds, claimed, next, Vec::new()).await
}

/// The same, where its service calls it so.
async fn finish_as(
    store: &Arc<dyn Store>,
    seconds: u64,
    claimed: &Claimed,
    next: Next,
    called: Vec<Called>,
) -> bool {
    let (id, fence) = (claimed.id, claimed.fence);
    let finish = Finish { id, fence, next, attempts: Vec::new(), called };
    store.finish(at(seconds), vec![finish]).await.unwrap() == [true]
}

/// Enqueues one, claims it and finishes it so.
async fn ended(store: &Arc<dyn Store>, delivery: NewDelivery, next: Next) -> DeliveryId {
    let lane = delivery.lane.clone();
    enqueue(store, vec![delivery]).await;
    let claimed = claim(store, 0, &lane, 1).await;
    assert!(finish(store, 0, &claimed[0], next).await);
    claimed[0].id
}

/// The bodies of all that fits, the newest first.
async fn bodies(store: &Arc<dyn Store>, filter: Filter) -> Vec<String> {
    let page = store.query(filter, None, 100).await.unwrap();
    page.deliveries.into_iter().map(|it| it.notification.body).collect()
}

fn in_state(state: State) -> Filter {
    Filter { state: Some(state), ..Filter::default() }
}

fn only(id: DeliveryId) -> Filter {
    Filter { id: Some(id), ..Filter::default() }
}
