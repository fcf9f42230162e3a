//! Stops an account's calls for a while once WeChat refuses the account as a whole, so that a wrong
//! secret does not use up its quota, and says so once.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use super::error::PlatformError;
use super::error::Refusal;

/// Until when an account makes no calls.
#[derive(Debug, Default)]
pub(super) struct Brake(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The end, since 1970, and what every call gets until then.
    pulled: Option<(Duration, Refusal)>,
    /// The code that the log has, until a call succeeds.
    told: Option<i64>,
}

impl Brake {
    /// The refusal that pulled the brake, while it holds.
    pub(super) fn check(&self, now: Duration) -> Result<(), PlatformError> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.pulled {
            Some((until, refusal)) if now < *until => {
                let retry_after = Some(until.saturating_sub(now));
                Err(PlatformError::Refused(Box::new(Refusal { retry_after, ..refusal.clone() })))
            }
            _ => Ok(()),
        }
    }

    /// No calls for `pause` from `now`.
    pub(super) fn pull(&self, account: &str, refusal: &Refusal, now: Duration, pause: Duration) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.told.replace(refusal.code) != Some(refusal.code) {
            let (code, advice) = (refusal.code, refusal.advice());
            let pause_s = pause.as_secs();
            tracing::error!(
                account,
                code,
                pause_s,
                advice,
                "WeChat refuses the account: {refusal}"
            );
        }
        state.pulled = Some((now + pause, refusal.clone()));
    }

    /// A call succeeded.
    pub(super) fn release(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.told.is_some() {
            *state = State::default();
        }
    }
}
