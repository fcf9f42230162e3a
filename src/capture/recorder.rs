//! Writes callbacks to files, beside the callback path: what was accepted is put into a bounded
//! queue, and one task disguises, seals and writes it. When the disk does not keep up, captures are
//! dropped and counted; no callback ever waits.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::disguise::Disguise;
use super::folder::Folder;
use super::stand_in;
use super::stand_in::StandIn;
use crate::clock::Clock;
use crate::config::account::Account;
use crate::config::server;
use crate::entropy::Entropy;
use crate::metrics::Metrics;
use crate::tasks::Tasks;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Inbound;
use crate::wechat::wire::Format;

/// How many callbacks wait to be written, and how many bytes of messages they may hold.
const QUEUE: usize = 1024;
const QUEUE_BYTES: usize = 16 << 20;

/// How often a folder that cannot be written to is mentioned in the log.
const COMPLAINT_EVERY: Duration = Duration::from_mins(1);

/// The file of the stand-ins.
pub const ACCOUNTS_FILE: &str = "accounts.toml";

/// A callback that was accepted.
pub struct Taken {
    /// The account's name.
    pub account: Arc<str>,
    /// The account it serves, where the path names one.
    pub served: Option<AppId>,
    /// What it was.
    pub what: What,
    /// Its headers, those that a capture has.
    pub headers: Vec<(String, String)>,
    /// When it came, since 1970.
    pub at: Duration,
}

/// What was accepted.
pub enum What {
    /// The URL check.
    Check,
    /// A message, event or notice.
    Message {
        /// What it says.
        inbound: Arc<Inbound>,
        /// The format around the sealed part, or of the message itself.
        format: Format,
    },
}

/// The way in to the task that writes.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Taken>,
    waiting: Arc<AtomicUsize>,
    dropped: Counter,
}

impl Recorder {
    /// Opens the folder, writes the file of the stand-ins, and starts the task.
    ///
    /// # Errors
    ///
    /// That of the folder: it cannot be made, read, or written to.
    pub fn start(
        settings: &server::Capture,
        accounts: &[Account],
        world: (Arc<dyn Clock>, Arc<dyn Entropy>),
        tasks: &Tasks,
        metrics: &Metrics,
    ) -> io::Result<Self> {
        let folder = Folder::open(&settings.folder, settings.keep)?;
        let stand_ins: BTreeMap<String, StandIn> =
            accounts.iter().map(|it| (it.name.clone(), StandIn::of(it))).collect();
        folder.put(ACCOUNTS_FILE, stand_in::write_all(stand_ins.values()).as_bytes())?;
        let (queue, taken) = mpsc::channel(QUEUE);
        let recorder =
            Self { queue, waiting: Arc::default(), dropped: metrics.captures_dropped.clone() };
        let disguise = Disguise::new(world.1.as_ref(), settings.keeps_texts);
        let writer = Writer {
            folder,
            stand_ins,
            disguise,
            world,
            written: metrics.captures_written.clone(),
            dropped: metrics.captures_dropped.clone(),
            complained: None,
        };
        let (waiting, stopping) = (Arc::clone(&recorder.waiting), tasks.clone());
        tasks.spawn(async move { writer.run(taken, &waiting, &stopping).await });
        Ok(recorder)
    }

    /// Has it written soon, or counts it as dropped. Never waits.
    pub fn offer(&self, taken: Taken) {
        let size = taken.size();
        let waiting = self.waiting.fetch_add(size, Ordering::Relaxed);
        if waiting + size > QUEUE_BYTES || self.queue.try_send(taken).is_err() {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            self.dropped.inc();
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Recorder")
    }
}

impl Taken {
    fn size(&self) -> usize {
        match &self.what {
            What::Check => 0,
            What::Message { inbound, .. } => inbound.source().len(),
        }
    }

    fn kind(&self) -> String {
        match &self.what {
            What::Check => "url-check".to_owned(),
            What::Message { inbound, .. } => inbound.type_name(),
        }
    }
}

struct Writer {
    folder: Folder,
    stand_ins: BTreeMap<String, StandIn>,
    disguise: Disguise,
    world: (Arc<dyn Clock>, Arc<dyn Entropy>),
    written: Counter,
    dropped: Counter,
    complained: Option<Instant>,
}

impl Writer {
    /// Writes until the station stops, and then what still waits.
    async fn run(mut self, mut queue: mpsc::Receiver<Taken>, waiting: &AtomicUsize, tasks: &Tasks) {
        let mut is_stopping = false;
        loop {
            let taken = tokio::select! {
                taken = queue.recv() => taken,
                () = tasks.stopping(), if !is_stopping => {
                    is_stopping = true;
                    queue.close();
                    continue;
                }
            };
            let Some(taken) = taken else { return };
            waiting.fetch_sub(taken.size(), Ordering::Relaxed);
            // Disks block; the threads that answer callbacks must not.
            let write = tokio::task::spawn_blocking(move || {
                self.write(&taken);
                self
            });
            match write.await {
                Ok(writer) => self = writer,
                Err(error) => return tracing::error!("captures are not written any more: {error}"),
            }
        }
    }

    fn write(&mut self, taken: &Taken) {
        let Some(stand_in) = self.stand_ins.get(&*taken.account) else { return };
        let (clock, entropy) = &self.world;
        let Some(capture) = stand_in.capture(taken, &self.disguise, clock, entropy) else { return };
        let bytes = capture.to_bytes();
        match self.folder.add(taken.at, &taken.account, &taken.kind(), &bytes) {
            Ok(()) => drop(self.written.inc()),
            Err(error) => {
                self.dropped.inc();
                if self.complained.is_none_or(|it| it.elapsed() >= COMPLAINT_EVERY) {
                    self.complained = Some(Instant::now());
                    tracing::warn!("a callback was not captured: {error}");
                }
            }
        }
    }
}
