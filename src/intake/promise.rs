//! Who was told to wait is promised an answer, on disk.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use super::Message;
use super::late;
use super::late::Late;
use crate::store::StoreError;

/// How long a message is worked on again after a crash. Nobody waits for an answer longer.
const PROMISE: Duration = Duration::from_hours(1);

/// How long a user may be kept waiting for the promise to be on disk.
const PROMISE_WITHIN: Duration = Duration::from_millis(300);

/// How often the work on a promised message is begun, the first time included: a message that
/// takes the process down must not do so for ever.
const TRIES: u32 = 2;

/// What every key of a promise begins with, before account and message.
const PREFIX: &str = "promise/";

/// How many rows are read at once at the start.
const PAGE: u32 = 1_000;

/// A message whose sender was told to wait, as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct Promise {
    pub(super) account: String,
    /// As it arrived, decrypted.
    pub(super) document: String,
    /// How often its work was begun.
    tries: u32,
    /// When a robot's answer was begun that the platform asks for, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    streamed: Option<u64>,
}

impl Promise {
    /// When a streamed answer was begun.
    pub(super) fn streamed_since(&self) -> Option<Duration> {
        self.streamed.map(Duration::from_millis)
    }
}

impl Late {
    /// Writes down that the sender of `message` is owed an answer. If that takes too long or fails
    /// they are owed it all the same, as long as this process lives.
    pub(super) async fn promise(&self, message: &Message) {
        let streamed = self.streams.find_open(message).map(|it| it.began());
        let promise = Promise {
            account: message.account.name.as_ref().to_owned(),
            document: message.inbound.source().to_owned(),
            tries: 1,
            streamed: streamed.and_then(|it| u64::try_from(it.as_millis()).ok()),
        };
        let name = message.name();
        let written = tokio::time::timeout(PROMISE_WITHIN, self.write(&name, &promise));
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.report_store(message, &error),
            Err(_) => tracing::warn!(
                account = &*message.account.name,
                "the store is slow: a crash now would lose an answer"
            ),
        }
    }

    async fn write(&self, name: &str, promise: &Promise) -> Result<(), StoreError> {
        let json = serde_json::to_vec(promise).expect("a promise is always JSON");
        self.store().set(self.now(), &key(name), Some(json), PROMISE).await
    }

    /// The promises that the last process did not keep, each begun once more by this.
    pub(super) async fn promises(&self) -> Result<Vec<Promise>, StoreError> {
        let (mut all, mut last) = (Vec::new(), None::<String>);
        loop {
            let page = self.store().values(self.now(), PREFIX, last.as_deref(), PAGE).await?;
            let Some((key, _)) = page.last() else { return Ok(all) };
            last = Some(key.clone());
            for (key, value) in page {
                let name = key.strip_prefix(PREFIX).unwrap_or_default();
                let is_kept = self.store().settled(self.now(), &late::key(name)).await?.is_some();
                let promise = serde_json::from_slice::<Promise>(&value).ok();
                match promise.filter(|it| !is_kept && it.tries < TRIES) {
                    None => self.store().set(self.now(), &key, None, PROMISE).await?,
                    Some(mut promise) => {
                        promise.tries += 1;
                        self.write(name, &promise).await?;
                        all.push(promise);
                    }
                }
            }
        }
    }
}

/// The key of the promise of the message of this name.
pub(super) fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}
