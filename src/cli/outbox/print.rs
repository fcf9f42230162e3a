//! Deliveries as people and scripts read them.

use std::io;
use std::io::Write;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::json;

use crate::store::Attempt;
use crate::store::Books;
use crate::store::Delivery;
use crate::store::Reported;

/// How much of a title or text a line shows, in characters.
const SHOWN: usize = 40;

/// How it is shown.
pub(super) struct Shown<'z> {
    pub(super) zone: &'z TimeZone,
    pub(super) is_json: bool,
}

impl Shown<'_> {
    /// One delivery on one line.
    pub(super) fn line(&self, out: &mut impl Write, delivery: &Delivery) -> io::Result<()> {
        if self.is_json {
            return writeln!(out, "{}", as_json(delivery));
        }
        let Delivery { id, state, lane, reason, notification, .. } = delivery;
        let said = match notification.title.as_str() {
            "" => &notification.body,
            title => title,
        };
        let said: String = said.chars().filter(|it| !it.is_control()).take(SHOWN).collect();
        let (time, state) = (self.time(delivery.accepted), state.word());
        let code = if reason.code.is_empty() { "-" } else { &reason.code };
        writeln!(out, "{id}  {time}  {state:<9}  {lane}  {code}  {said}")
    }

    /// One delivery with everything that is known of it.
    pub(super) fn whole(
        &self,
        out: &mut impl Write,
        delivery: &Delivery,
        attempts: &[Attempt],
        reports: &[Reported],
    ) -> io::Result<()> {
        if self.is_json {
            let mut value = as_json(delivery);
            value["attempts"] = attempts.iter().map(attempt_json).collect();
            value["receipts"] = reports.iter().map(report_json).collect();
            return writeln!(out, "{value}");
        }
        let Delivery { id, state, lane, reason, notification, .. } = delivery;
        writeln!(out, "{id}  {}", state.word())?;
        let mut field = |name: &str, value: &str| match value {
            "" => Ok(()),
            value => writeln!(out, "  {name:<9} {value}"),
        };
        field("channel", lane)?;
        field("accepted", &self.time(delivery.accepted))?;
        match (delivery.ended, delivery.is_claimed) {
            (Some(ended), _) => field("ended", &self.time(ended))?,
            (None, true) => field("due", "being sent")?,
            (None, false) => field("due", &self.time(delivery.due))?,
        }
        field("code", &reason.code)?;
        field("note", &reason.note)?;
        field("to", &notification.to.join(", "))?;
        field("title", &notification.title)?;
        field("text", &notification.body)?;
        for (number, attempt) in (1..).zip(attempts) {
            self.attempt(out, number, attempt)?;
        }
        for Reported { at, channel, report } in reports {
            let (at, fate) = (self.time(*at), report.fate.word());
            writeln!(out, "  receipt: {at}  {channel}  {fate} {}", report.id)?;
            if !report.detail.is_empty() {
                writeln!(out, "      {}", report.detail)?;
            }
        }
        Ok(())
    }

    fn attempt(&self, out: &mut impl Write, number: usize, attempt: &Attempt) -> io::Result<()> {
        let (at, took) = (self.time(attempt.at), attempt.took.as_millis());
        let outcome = attempt.blame.as_deref().unwrap_or("delivered");
        let Attempt { channel, code, advice, detail, .. } = attempt;
        writeln!(out, "  attempt {number}: {at}  {took} ms  {channel}  {outcome} {code}")?;
        for more in [detail, advice].into_iter().filter(|it| !it.is_empty()) {
            writeln!(out, "      {more}")?;
        }
        Ok(())
    }

    fn time(&self, time: Duration) -> String {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let stamp = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        stamp.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// How many there are in each state.
pub(super) fn books(out: &mut impl Write, books: &Books) -> io::Result<()> {
    let Books { accepted, waiting, delivered, refused, expired, unknown } = books;
    writeln!(
        out,
        "{accepted} accepted: {waiting} waiting, {delivered} delivered, {refused} refused, \
         {expired} expired, {unknown} unknown"
    )
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn as_json(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id.to_string(),
        "state": delivery.state.word(),
        "channel": delivery.lane,
        "accepted": millis(delivery.accepted),
        "due": millis(delivery.due),
        "sending": delivery.is_claimed,
        "ended": delivery.ended.map(millis),
        "code": delivery.reason.code,
        "note": delivery.reason.note,
        "attempts": delivery.attempts,
        "notification": delivery.notification,
    })
}

fn attempt_json(attempt: &Attempt) -> Value {
    json!({
        "at": millis(attempt.at),
        "took": millis(attempt.took),
        "channel": attempt.channel,
        "outcome": attempt.blame.as_deref().unwrap_or("delivered"),
        "code": attempt.code,
        "advice": attempt.advice,
        "detail": attempt.detail,
    })
}

fn report_json(reported: &Reported) -> Value {
    let Reported { at, channel, report } = reported;
    json!({
        "at": millis(*at),
        "channel": channel,
        "id": report.id,
        "state": report.fate.word(),
        "detail": report.detail,
    })
}
