//! What proves that a service has sent something.

use std::time::Duration;

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::Arrived;
use super::Hook;
use super::HookError;

/// How far the time of a signature may be from ours. Below what `[inbox] remember` is unless its
/// owner shortens it, so that whatever is sent once more is recognised or refused.
const TOLERANCE: Duration = Duration::from_mins(5);

/// Whether the two are the same, in a time that does not tell how much of it is.
pub(super) fn is_same(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

/// `?secret=`, for services that prove nothing. Given twice it is none.
pub(super) fn by_query(hook: &Hook, arrived: &Arrived, _: Duration) -> Result<(), HookError> {
    let pairs = url::form_urlencoded::parse(arrived.query.as_bytes());
    let mut secrets = pairs.filter(|(name, _)| name == "secret").map(|(_, value)| value);
    match (secrets.next(), secrets.next()) {
        (Some(given), None) if is_same(&given, hook.secret.expose()) => Ok(()),
        _ => Err(HookError::Secret),
    }
}

/// A header that holds the secret as it is.
pub(super) fn by_header(hook: &Hook, arrived: &Arrived, name: &str) -> Result<(), HookError> {
    match is_same(arrived.header(name), hook.secret.expose()) {
        true => Ok(()),
        false => Err(HookError::Secret),
    }
}

/// Whether `signed`, a time since 1970, is about now.
pub(super) fn check_time(signed: Option<Duration>, now: Duration) -> Result<(), HookError> {
    let signed = signed.ok_or(HookError::Signature)?;
    match signed.abs_diff(now) <= TOLERANCE {
        true => Ok(()),
        false => Err(HookError::Stale),
    }
}

/// HMAC-SHA256.
pub(super) fn mac(key: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let mut mac = mac.expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
