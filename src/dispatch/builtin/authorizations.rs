//! What follows an authorization: its code is exchanged for what the account's tokens are made from,
//! again and again until that has worked or the code has ended, also by the next process.
//!
//! The code is in the store before WeChat is told that the notice arrived, and is taken out of it once
//! it was exchanged; so a process that finds one at its start goes on with it. A code works once:
//! where an answer was lost, the account is asked for otherwise.
//!
//! Source: "Authorization of third-party platforms", reference section 13.1.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Clock;
use crate::notification::Blame;
use crate::platform::Client;
use crate::platform::Clients;
use crate::platform::PlatformError;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::names;
use crate::tasks::Tasks;
use crate::wechat::Platform;
use crate::wechat::id::AppId;

/// The waits before the next try; the last one again and again.
const WAITS: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(10),
];

/// How long a code is taken to work where WeChat did not say. Source: "Authorization code".
const CODE_LIFE: Duration = Duration::from_hours(1);

/// The code was used before, or is none; it has ended.
const USED_UP: [i64; 2] = [61009, 61010];

/// How many rows are read at once at the start.
const PAGE: u32 = 1_000;

/// What is kept of an account that authorized an open platform; see [`names::authorizer`].
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Kept {
    /// None once it was exchanged.
    pub(super) code: Option<String>,
    /// Unix seconds.
    pub(super) code_expires: Option<i64>,
    pub(super) pre_auth_code: Option<String>,
}

impl Kept {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and a number are always JSON")
    }
}

/// Follows authorizations. Cheap to clone.
#[derive(Clone)]
pub struct Authorizations {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    tasks: Tasks,
}

/// One code of one account.
struct Code {
    component: Arc<Client>,
    account: AppId,
    /// Where it is kept, and how.
    name: String,
    bytes: Vec<u8>,
    text: String,
    /// When it ends, since 1970.
    ends: Duration,
}

/// What came of one try.
enum Tried {
    Done,
    Again(Option<Duration>, PlatformError),
    Never(PlatformError),
}

impl Authorizations {
    /// Of notices that are kept in `store`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, tasks: Tasks) -> Self {
        Self { store, clock, tasks }
    }

    /// Goes on with what earlier processes did not come to the end of. To be called once, at the
    /// start. How many accounts that were.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn resume(&self, clients: &Clients) -> Result<usize, StoreError> {
        let mut count = 0;
        let components = clients.iter().filter(|it| it.platform() == Platform::OpenPlatform);
        for component in components {
            let prefix = names::authorizer(component.app_id().as_str(), "");
            let mut last = None::<String>;
            loop {
                let now = self.clock.since_epoch();
                let page = self.store.values(now, &prefix, last.as_deref(), PAGE).await?;
                let Some((name, _)) = page.last() else { break };
                last = Some(name.clone());
                for (name, bytes) in page {
                    let account = name.strip_prefix(&prefix).unwrap_or_default();
                    count += usize::from(self.follow(component, account, bytes));
                }
            }
        }
        Ok(count)
    }

    /// Exchanges the code in what is kept of `account`, in the background. Whether there is one.
    pub(super) fn follow(&self, component: &Arc<Client>, account: &str, bytes: Vec<u8>) -> bool {
        let kept = serde_json::from_slice::<Kept>(&bytes).unwrap_or_default();
        let (Some(text), Ok(account)) = (kept.code, AppId::parse(account)) else { return false };
        let ends = kept.code_expires.and_then(|it| u64::try_from(it).ok());
        let ends = ends.map_or_else(|| self.clock.since_epoch() + CODE_LIFE, Duration::from_secs);
        let name = names::authorizer(component.app_id().as_str(), account.as_str());
        let component = Arc::clone(component);
        let code = Code { component, account, name, bytes, text, ends };
        let all = self.clone();
        self.tasks.spawn(async move { all.exchange(&code).await });
        true
    }

    /// Tries until it is done or can never be.
    async fn exchange(&self, code: &Code) {
        let name = code.component.name();
        for tries in 0.. {
            let (after, error) = match self.attempt(code).await {
                Ok(Tried::Done) => return,
                Ok(Tried::Never(error)) => {
                    let advice = error.advice();
                    tracing::error!(account = name, advice, "an authorization is lost: {error}");
                    return self.end(code).await;
                }
                Ok(Tried::Again(after, error)) => (after.unwrap_or_default(), error),
                Err(error) => (Duration::ZERO, error.into()),
            };
            let pause = after.max(WAITS[WAITS.len().min(tries + 1) - 1]);
            let wait_s = pause.as_secs();
            tracing::warn!(account = name, wait_s, "an authorization is not followed yet: {error}");
            tokio::select! {
                () = self.tasks.stopping() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn attempt(&self, code: &Code) -> Result<Tried, StoreError> {
        let now = self.clock.since_epoch();
        // Taken back, authorized anew, or done by another process.
        if self.store.get(now, &code.name).await?.as_ref() != Some(&code.bytes) {
            return Ok(Tried::Done);
        }
        let mut done = code.component.authorize(&code.text).await.map(drop);
        let is_used_up = |it: &PlatformError| it.code().is_some_and(|it| USED_UP.contains(&it));
        let was_used_up = done.as_ref().is_err_and(is_used_up);
        if was_used_up {
            done = code.component.recover(&code.account).await;
        }
        let Err(error) = done else {
            self.settle(code).await?;
            return Ok(Tried::Done);
        };
        // Until the code ends everything may be mended, an address that is not listed too.
        let is_over = now >= code.ends || was_used_up && error.code().is_some();
        Ok(match error.failure().blame {
            _ if is_over => Tried::Never(error),
            Blame::Service { retry_after } | Blame::Quota { retry_after } => {
                Tried::Again(retry_after, error)
            }
            Blame::Request | Blame::Unknown => Tried::Again(None, error),
        })
    }

    /// The code was exchanged. An account that took its authorization back meanwhile is forgotten.
    async fn settle(&self, code: &Code) -> Result<(), StoreError> {
        if !self.take_code(code).await? {
            let now = self.clock.since_epoch();
            if self.store.get(now, &code.name).await?.is_none()
                && let Err(PlatformError::Store(error)) = code.component.forget(&code.account).await
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Nobody tries it again.
    async fn end(&self, code: &Code) {
        if let Err(error) = self.take_code(code).await {
            tracing::warn!("an authorization code stays in the store: {error}");
        }
    }

    /// Takes the code out of the store. Whether it was there.
    async fn take_code(&self, code: &Code) -> Result<bool, StoreError> {
        let kept = serde_json::from_slice::<Kept>(&code.bytes).unwrap_or_default();
        let kept = Kept { code: None, ..kept }.to_bytes();
        let (now, before) = (self.clock.since_epoch(), Some(code.bytes.clone()));
        self.store.compare_and_set(now, &code.name, before, Some(kept), names::FOREVER).await
    }
}
