//! Quiet hours. The clock starts at midnight.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Bench;
use super::script::SERVICE;
use super::script::Scripted;
use super::script::no;
use super::text;
use crate::notification::Blame;
use crate::notification::Notification;
use crate::notification::Quiet;
use crate::notification::Rate;
use crate::notification::Terms;
use crate::notification::Urgency;

fn quiet(hours: &str) -> Terms {
    let quiet = Some(Quiet::parse(hours, TimeZone::UTC).unwrap());
    Terms { quiet, ..Terms::default() }
}

const HOUR: u64 = 3_600;

#[tokio::test(start_paused = true)]
async fn what_can_wait_leaves_when_quiet_hours_end_and_what_is_urgent_at_once() {
    let bench = Bench::with([("ops", Scripted::new(quiet("22:00-07:00"), []))]);
    let calm = bench.enqueue(text("ops")).await;
    let urgent = Notification { urgency: Urgency::High, ..text("ops") };
    let urgent = bench.enqueue(urgent).await;
    bench.outcome(calm).await;
    assert_eq!(bench.attempts(urgent).await, [(0, "ops delivered".to_owned())]);
    assert_eq!(bench.attempts(calm).await, [(7 * HOUR, "ops delivered".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_and_a_stand_in_keep_the_quiet_hours_of_their_channel() {
    let first = Terms { fallback: vec!["mail".to_owned()], ..quiet("00:04-01:00") };
    let first = Scripted::new(first, [no(SERVICE), no(SERVICE), no(Blame::Request)]);
    let second = Scripted::new(quiet("01:00-02:00"), []);
    let bench = Bench::with([("ops", first), ("mail", second)]);
    let id = bench.enqueue(text("ops")).await;
    bench.outcome(id).await;
    let attempts = bench.attempts(id).await;
    // Tried at once and some seconds later; the third try would be in the quiet hour.
    assert_eq!(attempts[2], (HOUR, "ops request E1".to_owned()));
    assert_eq!(attempts[3], (2 * HOUR, "mail delivered".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_its_pace_kept_back_until_quiet_hours_waits_for_their_end() {
    let rate = Some(Rate { count: 1, per: Duration::from_mins(1) });
    let ops = Scripted::new(Terms { rate, ..quiet("00:01-00:30") }, []);
    let bench = Bench::with([("ops", Arc::clone(&ops))]);
    let first = bench.enqueue(text("ops")).await;
    let second = bench.enqueue(text("ops")).await;
    bench.outcome(second).await;
    assert_eq!(bench.attempts(first).await, [(0, "ops delivered".to_owned())]);
    assert_eq!(bench.attempts(second).await, [(30 * 60, "ops delivered".to_owned())]);
}
