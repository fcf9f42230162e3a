//! A channel that does as it is told, and notes what it was given.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::channels::Channel;
use crate::channels::Parcel;
use crate::channels::Sending;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::store::DeliveryId;

/// What a send comes to.
pub(super) type Said = Result<Receipt, Failure>;

/// A channel with a script: what each send comes to, in turn; after its end every send succeeds.
pub(super) struct Scripted {
    terms: Terms,
    script: Mutex<VecDeque<Said>>,
    takes: Duration,
    given: Mutex<Vec<DeliveryId>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Scripted {
    pub(super) fn new(terms: Terms, script: impl IntoIterator<Item = Said>) -> Arc<Self> {
        Self::taking(Duration::ZERO, terms, script)
    }

    /// The same, where each send takes so long.
    pub(super) fn taking(
        takes: Duration,
        terms: Terms,
        script: impl IntoIterator<Item = Said>,
    ) -> Arc<Self> {
        Arc::new(Self {
            terms,
            script: Mutex::new(script.into_iter().collect()),
            takes,
            given: Mutex::default(),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }

    /// What it was given, in the order in which it was.
    pub(super) fn given(&self) -> Vec<DeliveryId> {
        self.given.lock().unwrap().clone()
    }

    /// The most sends that ran at once.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

impl Channel for Scripted {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            self.given.lock().unwrap().push(parcel.id);
            let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(running, Ordering::Relaxed);
            if !self.takes.is_zero() {
                tokio::time::sleep(self.takes).await;
            }
            self.running.fetch_sub(1, Ordering::Relaxed);
            let said = self.script.lock().unwrap().pop_front();
            said.unwrap_or_else(|| Ok(Receipt::default()))
        })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in scripts beside failures")]
pub(super) fn ok() -> Said {
    Ok(Receipt { id: Some("m1".to_owned()), detail: String::new() })
}

pub(super) fn no(blame: Blame) -> Said {
    Err(Failure::new(blame, "E1"))
}

pub(super) const SERVICE: Blame = Blame::Service { retry_after: None };
