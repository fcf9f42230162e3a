//! What several kinds share: receivers, and failures in the service's own words.

use std::fmt::Write as _;
use std::time::Duration;

use super::Parcel;
use super::http::date;
use super::http::excerpt;
use crate::config::sheet::Fields;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::store::DeliveryId;

/// Seconds from UTC to the time of China, by which its services count days.
const CHINA: u64 = 8 * 3_600;

/// Characters that nobody sees.
const UNSEEN: [char; 4] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}'];

/// How many of them a salt has, and how many bytes that are.
const SALT: usize = 8;
pub(super) const SALT_BYTES: usize = SALT * UNSEEN[0].len_utf8();

/// Seconds of a day.
const DAY: u64 = 24 * 3_600;

/// A header that shows who we are.
pub(super) fn bearer(token: &str) -> (String, String) {
    ("authorization".to_owned(), format!("Bearer {token}"))
}

/// A failure in the service's own words. The code is `service.code`.
pub(super) fn failure(
    service: &str,
    code: &str,
    blame: Blame,
    detail: &str,
    advice: &str,
) -> Failure {
    let code = format!("{service}.{}", excerpt(code.as_bytes()));
    Failure { blame, code, advice: advice.to_owned(), detail: excerpt(detail.as_bytes()) }
}

/// The receivers that a channel has of its own, its setting `to`.
pub(super) fn own_receivers(fields: &Fields<'_>) -> Option<Vec<String>> {
    Some(fields.table.texts("to")?.into_iter().map(|it| it.value.to_owned()).collect())
}

/// The receivers: the notification's, or else the channel's.
///
/// # Errors
///
/// There are none, or more than `most`.
pub(super) fn receivers<'a>(
    parcel: &'a Parcel,
    own: &'a [String],
    most: usize,
) -> Result<&'a [String], Failure> {
    let to = match parcel.notification.to.as_slice() {
        [] => own,
        to => to,
    };
    match to.len() {
        0 => {
            let advice = "Set `to`, of the notification or of the channel.";
            Err(misdirected("it names nobody", advice))
        }
        count if count > most => {
            let detail = format!("{count} receivers are more than {most}");
            Err(misdirected(&detail, "Make several notifications of it."))
        }
        _ => Ok(to),
    }
}

/// The one receiver, of a service that takes one at a time.
///
/// # Errors
///
/// As [`receivers`] has them.
pub(super) fn receiver<'a>(parcel: &'a Parcel, own: &'a [String]) -> Result<&'a str, Failure> {
    receivers(parcel, own, 1).map(|to| to[0].as_str())
}

/// A notification for somebody whom this channel does not reach.
pub(super) fn misdirected(detail: &str, advice: &str) -> Failure {
    let (advice, detail) = (advice.to_owned(), detail.to_owned());
    Failure { advice, detail, ..Failure::new(Blame::Request, "channel.receiver") }
}

/// Until midnight in China, by the answer's own `Date`. None: it has none.
pub(super) fn rest_of_day(response: &Response) -> Option<Duration> {
    until_hour(response, 0)
}

/// Until it is next `hour` o'clock in China, by the answer's own `Date`. None: it has none.
pub(super) fn until_hour(response: &Response, hour: u64) -> Option<Duration> {
    let now = (date(response)?.as_secs() + CHINA) % DAY;
    let until = (DAY + hour * 3_600 - now) % DAY;
    Some(Duration::from_secs(if until == 0 { DAY } else { until }))
}

/// The day of a time, in China, as `20260101`.
pub(super) fn day(time: Duration) -> String {
    let seconds = i64::try_from(time.as_secs() + CHINA).unwrap_or(0);
    jiff::Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y%m%d").to_string()
}

/// What a service says, on one line and not too long.
pub(super) fn line(text: &str) -> String {
    excerpt(text.as_bytes())
}

/// In lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What makes the text of one delivery another than that of the next, and nobody sees: for services
/// that drop what says the same. 16 random bits of the id, two in each of eight characters.
pub(super) fn salt(id: DeliveryId) -> String {
    let [.., high, low] = *id.as_bytes();
    let bits = u16::from_be_bytes([high, low]);
    (0..SALT).map(|pair| UNSEEN[usize::from(bits >> (2 * pair) & 3)]).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::SALT_BYTES;
    use super::day;
    use super::rest_of_day;
    use super::salt;
    use crate::exchange::Response;
    use crate::store::DeliveryId;

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let at = |date: &str| {
            let headers = vec![("date".to_owned(), date.to_owned())];
            rest_of_day(&Response { status: 200, headers, body: "".into() })
        };
        assert_eq!(at("Thu, 26 Nov 2026 15:59:00 GMT"), Some(Duration::from_mins(1)));
        assert_eq!(at("Thu, 26 Nov 2026 16:00:00 GMT"), Some(Duration::from_hours(24)));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let midnight = Duration::from_hours(490_896 - 8);
        assert_eq!(day(midnight), "20260101");
        assert_eq!(day(midnight.saturating_sub(Duration::from_secs(1))), "20251231");
    }

    #[test]
    fn the_salt_is_the_same_for_one_delivery_and_another_for_the_next() {
        let id = |last| DeliveryId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
        assert_eq!(salt(id(1)), salt(id(1)));
        assert_ne!(salt(id(1)), salt(id(2)));
        assert_eq!(salt(id(1)).len(), SALT_BYTES);
    }
}
