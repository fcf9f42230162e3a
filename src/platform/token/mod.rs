//! The token of an account: one at a time, shared with every process on the same store, renewed
//! before it ends.
//!
//! It lies in the store as JSON until it ends; a store in a file seals it.

mod issuer;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use serde::Deserialize;
use serde::Serialize;
use tokio::sync::Mutex;

use super::Client;
use super::brake::Brake;
use super::error::PlatformError;
use super::error::Refusal;
use super::step;
use super::step::Step;
use crate::notification::Rate;

pub(super) use self::issuer::Issued;
pub(super) use self::issuer::Issuer;

/// A token is renewed when less than this is left: as early as the platform itself lets a new one
/// exist beside it. Source: "Get stable access token".
const MARGIN: Duration = Duration::from_mins(5);

/// The longest that a token is believed to last. WeChat's last for two hours.
const LONGEST: Duration = Duration::from_hours(24);

/// A token on which WeChat complains is renewed no sooner after the last renewal. It is also the
/// pause that WeChat demands between forced ones.
const BETWEEN_COMPLAINTS: Duration = Duration::from_secs(30);

/// Forced renewals. Source: "Get stable access token".
const FORCED: Rate = Rate { count: 20, per: Duration::from_hours(24) };

/// How long one process may keep the others from renewing: four tries of 5 s, and their pauses.
const LOCK: Duration = Duration::from_mins(1);

/// How often a process looks whether another one has renewed.
const POLL: Duration = Duration::from_millis(200);

/// The token of one account.
pub(super) struct Tokens {
    issuer: Issuer,
    /// Where it lies in the store.
    key: String,
    /// What this process is called where it holds the lock.
    owner: String,
    held: ArcSwapOption<Held>,
    gate: Mutex<Gate>,
    /// How many renewals have ended, well or not.
    rounds: AtomicU64,
    brake: Brake,
}

/// A token that is in use.
#[derive(Clone, Serialize, Deserialize)]
struct Held {
    token: String,
    /// From then on a new one is fetched; seconds since 1970.
    renew_at: u64,
    /// From then on it is of no use; seconds since 1970.
    ends_at: u64,
}

/// What only whoever renews may touch.
#[derive(Default)]
struct Gate {
    /// When a token was last renewed because WeChat complained.
    complained_at: Option<Duration>,
    /// Why the last renewal failed, if it did.
    failure: Option<PlatformError>,
}

impl Tokens {
    /// No token yet; `key` tells this account's from others'.
    pub(super) fn new(issuer: Issuer, key: &str, owner: String) -> Self {
        Self {
            key: format!("token/{}/{key}", issuer.name()),
            issuer,
            owner,
            held: ArcSwapOption::empty(),
            gate: Mutex::default(),
            rounds: AtomicU64::new(0),
            brake: Brake::default(),
        }
    }

    /// The query parameter it travels in.
    pub(super) fn parameter(&self) -> &'static str {
        self.issuer.parameter()
    }

    /// A token that is good, as far as we know.
    pub(super) async fn get(&self, client: &Client) -> Result<String, PlatformError> {
        let now = client.now().as_secs();
        let held = self.held.load_full();
        match held {
            Some(held) if now < held.renew_at => Ok(held.token.clone()),
            // Still good: whoever comes while somebody renews need not wait.
            Some(held) if now < held.ends_at && self.gate.try_lock().is_err() => {
                Ok(held.token.clone())
            }
            Some(held) if now < held.ends_at => match self.obtain(client, None).await {
                Ok(token) => Ok(token),
                Err(error) => {
                    let (account, left_s) = (client.name(), held.ends_at - now);
                    tracing::warn!(account, left_s, "cannot renew the token yet: {error}");
                    Ok(held.token.clone())
                }
            },
            _ => self.obtain(client, None).await,
        }
    }

    /// Another token than `refused`, on which WeChat complained with `complaint`.
    pub(super) async fn renew(
        &self,
        client: &Client,
        refused: &str,
        complaint: PlatformError,
    ) -> Result<String, PlatformError> {
        self.obtain(client, Some((refused, &complaint))).await
    }

    /// Waits for its turn, then takes what is there by now or fetches anew.
    async fn obtain(
        &self,
        client: &Client,
        complaint: Option<(&str, &PlatformError)>,
    ) -> Result<String, PlatformError> {
        let seen = self.rounds.load(Ordering::Acquire);
        let mut gate = self.gate.lock().await;
        let refused = complaint.map(|(token, _)| token);
        if let Some(held) = self.held.load_full().filter(|it| it.serves(client, refused)) {
            return Ok(held.token.clone());
        }
        // Whoever waited while a renewal failed gets its failure, and does not try again at once.
        let is_same_round = seen != self.rounds.load(Ordering::Acquire);
        if let Some(failure) = gate.failure.as_ref().filter(|_| is_same_round) {
            return Err(failure.clone());
        }
        if let Some((_, complaint)) = complaint {
            let is_soon = |at: &Duration| client.now() < *at + BETWEEN_COMPLAINTS;
            if gate.complained_at.as_ref().is_some_and(is_soon) {
                return Err(complaint.clone());
            }
            gate.complained_at = Some(client.now());
        }
        let outcome = self.renew_in_turn(client, complaint).await;
        gate.failure = outcome.as_ref().err().cloned();
        self.rounds.fetch_add(1, Ordering::AcqRel);
        match outcome {
            Ok(held) => {
                let token = held.token.clone();
                self.held.store(Some(Arc::new(held)));
                Ok(token)
            }
            Err(error) => {
                self.postpone(client);
                Err(error)
            }
        }
    }

    /// A token that still works is not renewed again with each call after a failure.
    fn postpone(&self, client: &Client) {
        if let Some(held) = self.held.load_full() {
            let renew_at = (client.now() + BETWEEN_COMPLAINTS).as_secs();
            self.held.store(Some(Arc::new(Held { renew_at, ..Held::clone(&held) })));
        }
    }

    /// Takes its turn among the processes, then renews.
    async fn renew_in_turn(
        &self,
        client: &Client,
        complaint: Option<(&str, &PlatformError)>,
    ) -> Result<Held, PlatformError> {
        let store = &client.world.store;
        let refused = complaint.map(|(token, _)| token);
        let deadline = client.now() + LOCK + POLL;
        loop {
            if let Some(held) = self.stored(client, refused).await? {
                return Ok(held);
            }
            if store.lock(client.now(), &self.key, &self.owner, LOCK).await?.is_some() {
                break;
            }
            if client.now() > deadline {
                return Err(PlatformError::Locked);
            }
            tokio::time::sleep(POLL).await;
        }
        let outcome = self.renew_alone(client, complaint).await;
        store.unlock(&self.key, &self.owner).await?;
        outcome
    }

    /// What another process has put there.
    async fn stored(
        &self,
        client: &Client,
        refused: Option<&str>,
    ) -> Result<Option<Held>, PlatformError> {
        let value = client.world.store.get(client.now(), &self.key).await?;
        // What another version wrote is fetched anew.
        let held: Option<Held> = value.and_then(|value| serde_json::from_slice(&value).ok());
        Ok(held.filter(|held| held.serves(client, refused)))
    }

    async fn renew_alone(
        &self,
        client: &Client,
        complaint: Option<(&str, &PlatformError)>,
    ) -> Result<Held, PlatformError> {
        // Between the look and the lock another process may have been done.
        if let Some(held) = self.stored(client, complaint.map(|(token, _)| token)).await? {
            return Ok(held);
        }
        self.brake.check(client.now())?;
        let held = self.fetch(client, false).await?;
        let held = match complaint {
            Some((refused, complaint)) if held.token == refused => {
                self.force(client, complaint).await?
            }
            _ => held,
        };
        let value = serde_json::to_vec(&held).expect("a text and two numbers are always JSON");
        let life = Duration::from_secs(held.ends_at).saturating_sub(client.now());
        client.world.store.set(client.now(), &self.key, Some(value), life).await?;
        Ok(held)
    }

    /// WeChat believes in a token that it refuses: asks for a new one, within the quota for that.
    async fn force(
        &self,
        client: &Client,
        complaint: &PlatformError,
    ) -> Result<Held, PlatformError> {
        let bucket = format!("force/{}", self.key);
        let store = &client.world.store;
        let is_free =
            self.issuer.can_force() && store.take(client.now(), &bucket, FORCED, 1).await?.0 == 1;
        match is_free {
            true => self.fetch(client, true).await,
            false => Err(complaint.clone()),
        }
    }

    async fn fetch(&self, client: &Client, is_forced: bool) -> Result<Held, PlatformError> {
        match self.issuer.fetch(client, is_forced).await {
            Ok(issued) => {
                self.brake.release();
                Ok(Held::new(&issued, client.now()))
            }
            Err(error) => {
                if let PlatformError::Refused(refusal) = &error {
                    let pause = pause_after(refusal, client.now());
                    if let Some(pause) = pause {
                        self.brake.pull(client.name(), refusal, client.now(), pause);
                    }
                }
                Err(error)
            }
        }
    }
}

/// How long no token is fetched after `refusal`: while the quota is used up, or a while for
/// anything that trying again does not mend.
fn pause_after(refusal: &Refusal, now: Duration) -> Option<Duration> {
    let (surface, code) = (refusal.surface, refusal.code);
    match step::after(surface, code) {
        Step::BackOff => None,
        _ => {
            let pause = step::brake(surface, code, now).or(refusal.retry_after);
            Some(pause.unwrap_or(step::PAUSE))
        }
    }
}

impl Held {
    fn new(issued: &Issued, now: Duration) -> Self {
        let life = Duration::from_secs(issued.expires_in).min(LONGEST);
        // `stable_token` may give one that ends soon; it is not asked again with every call.
        let soonest = (life / 2).min(BETWEEN_COMPLAINTS);
        let renewal = life.saturating_sub(MARGIN).max(soonest);
        Self {
            token: issued.access_token.clone(),
            renew_at: (now + renewal).as_secs(),
            ends_at: (now + life).as_secs(),
        }
    }

    /// Whether it needs no renewal yet, and is another one than `refused`.
    fn serves(&self, client: &Client, refused: Option<&str>) -> bool {
        client.now().as_secs() < self.renew_at && refused != Some(self.token.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Held;
    use super::Issued;

    fn held(expires_in: u64) -> (u64, u64) {
        let issued =
            Issued { access_token: "T".to_owned(), expires_in, authorizer_refresh_token: None };
        let held = Held::new(&issued, Duration::from_secs(1_000));
        (held.renew_at, held.ends_at)
    }

    #[test]
    fn a_token_is_renewed_five_minutes_before_it_ends() {
        assert_eq!(held(7_200), (1_000 + 6_900, 1_000 + 7_200));
    }

    #[test]
    fn a_token_is_not_believed_to_last_for_ever() {
        assert_eq!(held(u64::MAX), (1_000 + 86_100, 1_000 + 86_400));
    }

    #[test]
    fn a_token_that_ends_soon_is_kept_for_a_while() {
        assert_eq!(held(200), (1_030, 1_200));
        assert_eq!(held(20), (1_010, 1_020));
    }
}
