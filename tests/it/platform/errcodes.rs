//! What the client does about every errcode, and about no answer at all.

use std::time::Duration;

use serde_json::json;
use yizhan::exchange::ExchangeError;
use yizhan::notification::Blame;
use yizhan::platform::PlatformError;
use yizhan::platform::step;
use yizhan::platform::step::Step;
use yizhan::wechat::errcode::Blame as Fault;
use yizhan::wechat::errcode::Remedy;
use yizhan::wechat::errcode::Surface;
use yizhan::wechat::errcode::TABLE;

use super::OFFICIAL;
use super::WECOM;
use super::Wire;
use super::client;
use super::refusal;
use super::timeout;
use super::token;

/// What becomes of one errcode: calls made, tokens fetched, seconds spent, and the failure.
async fn outcome(surface: Surface, code: i64) -> (usize, usize, u64, PlatformError) {
    let wire = Wire::new(move |asked| Ok(token(asked, "T1").unwrap_or_else(|| refusal(code))));
    let settings = if surface == Surface::Wecom { WECOM } else { OFFICIAL };
    let client = client(settings, &wire);
    let begun = tokio::time::Instant::now();
    let error = client.post_json("/cgi-bin/message/send", &json!({})).await.unwrap_err();
    let calls = wire.lines().len();
    (calls, wire.asked().len() - calls, begun.elapsed().as_secs(), error)
}

#[tokio::test(start_paused = true)]
async fn every_errcode_is_renewed_tried_again_or_given_up_as_the_table_says() {
    let rows = TABLE.iter().filter(|row| row.surface != Surface::Crypt && row.number != 0);
    for row in rows {
        let (surface, code) = (row.surface, row.number);
        let (calls, tokens, seconds, error) = outcome(surface, code).await;
        let failure = error.failure();
        // The number of calls, of tokens and of seconds in which they were made.
        let expected = match step::after(surface, code) {
            // `stable_token` gives the same token, is forced, and gives it once more; `gettoken`
            // gives the same one, so there is nothing to try again with.
            Step::Renew if surface == Surface::Wecom => (1, 2, 0),
            Step::Renew => (2, 3, 0),
            Step::BackOff => (4, 1, 7),
            Step::Stop => (1, 1, 0),
        };
        assert_eq!((calls, tokens, seconds), expected, "{surface} {code}");
        assert_eq!(failure.code, code.to_string());
        assert_eq!(failure.detail, "no (rid 6a-1)", "{surface} {code}");
        assert_eq!(failure.advice, row.advice(), "{surface} {code}");
        let is_as_said = match row.remedy {
            Remedy::RenewToken | Remedy::BackOff => matches!(failure.blame, Blame::Service { .. }),
            Remedy::WaitForQuota => matches!(failure.blame, Blame::Quota { .. }),
            Remedy::WaitForUser if row.blame == Fault::Quota => {
                matches!(failure.blame, Blame::Service { retry_after: Some(_) })
            }
            _ => failure.blame == Blame::Request,
        };
        assert!(is_as_said, "{surface} {code}: {:?}", failure.blame);
    }
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_waited_for_as_long_as_it_is_used_up() {
    let wait = async |surface, code| match outcome(surface, code).await.3.failure().blame {
        Blame::Quota { retry_after } | Blame::Service { retry_after } => retry_after,
        other => panic!("{code}: {other:?}"),
    };
    // The clock shows 08:00:00 in Beijing when a test begins, and some 100 ms later then.
    let hours = Duration::from_hours;
    assert_eq!(wait(Surface::Mp, 45_009).await, Some(hours(16)));
    assert_eq!(wait(Surface::Mp, 45_011).await, Some(Duration::from_mins(1)));
    assert_eq!(wait(Surface::Mp, 45_066).await, Some(Duration::from_mins(1)));
    assert_eq!(wait(Surface::Mp, 45_047).await, Some(Duration::from_mins(5)));
    assert_eq!(wait(Surface::Mp, 89_506).await, Some(hours(24)));
    assert_eq!(wait(Surface::Wecom, 45_009).await, Some(Duration::from_mins(1)));
    assert_eq!(wait(Surface::Mp, 43_117).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_busy_wechat_is_asked_again_until_it_answers() {
    let begun = tokio::time::Instant::now();
    let wire = Wire::new(move |asked| {
        let is_busy = begun.elapsed() < Duration::from_secs(3);
        let answer = if is_busy { refusal(-1) } else { json!({"errcode": 0}) };
        Ok(token(asked, "T1").unwrap_or(answer))
    });
    client(OFFICIAL, &wire).post_json("/cgi-bin/menu/create", &json!({})).await.unwrap();
    assert_eq!(wire.lines().len(), 3);
}

/// What becomes of a call that is not answered: how often it was made, and whose fault it is.
async fn unanswered(is_post: bool, error: fn() -> ExchangeError) -> (usize, Blame) {
    let wire = Wire::new(move |asked| token(asked, "T1").map_or_else(|| Err(error()), Ok));
    let client = client(OFFICIAL, &wire);
    let outcome = match is_post {
        true => client.post_json("/cgi-bin/message/custom/send", &json!({})).await,
        false => client.get("/cgi-bin/getcallbackip", &[]).await,
    };
    (wire.lines().len(), outcome.unwrap_err().failure().blame)
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_is_not_sent_again() {
    assert_eq!(unanswered(true, || timeout(true)).await, (1, Blame::Unknown));
}

#[tokio::test(start_paused = true)]
async fn what_was_certainly_not_sent_or_changes_nothing_is_tried_again() {
    let service = Blame::Service { retry_after: None };
    let refused = || ExchangeError::Connect { origin: String::new(), source: "no".into() };
    assert_eq!(unanswered(true, || timeout(false)).await, (4, service));
    assert_eq!(unanswered(true, refused).await, (4, service));
    assert_eq!(unanswered(false, || timeout(true)).await, (4, service));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_cannot_be_reached_at_all_is_not_tried_again() {
    let tls = || ExchangeError::Tls { origin: String::new(), reason: "bad certificate".into() };
    let service = Blame::Service { retry_after: None };
    assert_eq!(unanswered(true, tls).await, (1, service));
}

#[tokio::test(start_paused = true)]
async fn no_secret_and_no_token_is_in_an_error() {
    let wire = Wire::new(|asked| {
        let echo = json!({"errcode": 40_003, "errmsg": "bad access_token=T1-SECRET-T1 for SECRET"});
        Ok(token(asked, "T1-SECRET-T1").unwrap_or(echo))
    });
    let client = client(OFFICIAL, &wire);
    let error = client.get("/cgi-bin/user/info", &[("openid", "o1")]).await.unwrap_err();
    let shown = format!("{error} {error:?} {:?} {client:?}", error.failure());
    assert!(!shown.contains("SECRET"), "{shown}");
    assert_eq!(error.failure().detail, "bad access_token=… for …");
}
