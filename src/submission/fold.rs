//! Identical notifications within a channel's `fold`: the first goes out, the others are counted,
//! and at the end of the window one notification says how many there were.
//!
//! A window is a value of the store that changes only together with what it counts, so nothing is
//! lost over a crash, and none of several instances counts what another has counted.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

use super::FORGET;
use super::Submissions;
use crate::notification::Format;
use crate::notification::Notification;
use crate::store::DeliveryId;
use crate::store::NewDelivery;
use crate::store::Settlement;
use crate::store::StoreError;
use crate::tasks::Tasks;

/// What the values are called.
const PREFIX: &str = "fold/";

/// How long a window is kept whose end nobody was there to see.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// How many windows are read at once.
const PAGE: u32 = 100;

/// How often the store is looked at for windows of other processes.
const LOOK: Duration = Duration::from_mins(1);

/// How long it waits after the store failed.
const BREAK: Duration = Duration::from_secs(5);

/// A stretch of time in which identical notifications are counted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Window {
    /// Its end, in milliseconds since 1970.
    until: u64,
    /// How many came after the first.
    more: u64,
    /// The delivery that will say so.
    pub(super) summary: DeliveryId,
    notification: Notification,
}

impl Window {
    /// One that begins at `now` with `notification`.
    pub(super) fn open(
        now: Duration,
        fold: Duration,
        summary: DeliveryId,
        notification: &Notification,
    ) -> Self {
        Self { until: millis(now + fold), more: 0, summary, notification: notification.clone() }
    }

    pub(super) fn read(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }

    /// The value, and how long it is kept from `now`.
    pub(super) fn write(&self, now: Duration) -> (Option<Vec<u8>>, Duration) {
        let value = serde_json::to_vec(self).expect("a window is always JSON");
        (Some(value), self.until().saturating_sub(now) + KEPT)
    }

    pub(super) fn is_open(&self, now: Duration) -> bool {
        now < self.until()
    }

    /// The same with one more.
    pub(super) fn counted(self) -> Self {
        Self { more: self.more + 1, ..self }
    }

    fn until(&self) -> Duration {
        Duration::from_millis(self.until)
    }

    /// What is said at the end; nothing where nothing came after the first.
    pub(super) fn summary(&self) -> Option<Notification> {
        if self.more == 0 {
            return None;
        }
        let count = format!("还有 {0} 条类似的 / {0} more like this", self.more);
        let body = match (self.notification.body.as_str(), self.notification.format) {
            ("", _) => count,
            (body, Format::Html) => format!("<p>{count}</p>\n{body}"),
            (body, _) => format!("{count}\n\n{body}"),
        };
        let notification = self.notification.clone();
        Some(Notification { body, not_before: None, expires: None, ..notification })
    }
}

/// What the value is called that holds the window of what says the same to the same.
pub(super) fn name(notification: &Notification) -> String {
    let Notification { channel, account, to, title, body, link, format, native, .. } = notification;
    let same = (account, to, title, body, link, format, native);
    let json = serde_json::to_vec(&same).expect("a notification is always JSON");
    let print = URL_SAFE_NO_PAD.encode(Sha256::digest(json));
    format!("{PREFIX}{channel}/{print}")
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Submissions {
    /// Ends windows when their time has come, until `tasks` are told to stop.
    pub fn start(&self, tasks: &Tasks) {
        let (submissions, stopping) = (self.clone(), tasks.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stopping.stopping() => {}
                () = submissions.end_windows() => {}
            }
        });
    }

    async fn end_windows(&self) {
        loop {
            let wait = match self.end_due().await {
                Ok(next) => next.map_or(LOOK, |next| next.saturating_sub(self.now()).min(LOOK)),
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, "cannot end what was folded; trying again");
                    BREAK
                }
            };
            // Whichever comes first: a window may have opened that ends earlier.
            drop(tokio::time::timeout(wait, self.desk.opened.notified()).await);
        }
    }

    /// Ends what is due; when the next window ends.
    async fn end_due(&self) -> Result<Option<Duration>, StoreError> {
        let (store, now) = (self.desk.outbox.store(), self.now());
        let (mut next, mut last) = (None::<Duration>, None::<String>);
        loop {
            let page = store.values(now, PREFIX, last.as_deref(), PAGE).await?;
            let Some((key, _)) = page.last() else { return Ok(next) };
            last = Some(key.clone());
            for (key, value) in page {
                match Window::read(&value) {
                    Some(window) if window.is_open(now) => {
                        next = Some(next.map_or(window.until(), |it| it.min(window.until())));
                    }
                    window => self.end(now, key, value, window).await?,
                }
            }
        }
    }

    /// Ends one window. If it has changed since it was read, somebody else has ended it.
    async fn end(
        &self,
        now: Duration,
        key: String,
        value: Vec<u8>,
        window: Option<Window>,
    ) -> Result<(), StoreError> {
        let deliveries: Vec<NewDelivery> =
            window.iter().filter_map(|window| self.last_of(now, window)).collect();
        let lanes: Vec<String> = deliveries.iter().map(|it| it.lane.clone()).collect();
        let settlement = Settlement {
            key: format!("{key}/{}", millis(now)),
            remember: FORGET,
            deliveries,
            values: vec![(key.clone(), None, Duration::ZERO)],
            ..Settlement::default()
        };
        let expected = vec![(key, Some(value))];
        if self.desk.outbox.store().settle_if(now, expected, settlement).await?.is_some() {
            self.desk.outbox.wake(lanes.iter().map(String::as_str));
        }
        Ok(())
    }

    /// The delivery that says how many there were in a window.
    pub(super) fn last_of(&self, now: Duration, window: &Window) -> Option<NewDelivery> {
        let delivery = self.desk.outbox.address(now, window.summary()?);
        Some(NewDelivery { id: window.summary, ..delivery })
    }
}
