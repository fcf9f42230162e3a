//! The one connection that writes, and what brings operations to it.
//!
//! On a file it belongs to a thread. Whatever has come in while one transaction was being brought
//! to the disk is the next one: so a thousand callers share an fsync, and each is answered after
//! it. In memory there is nothing to wait for, and operations run on the caller's thread: tests on
//! a paused clock never see time pass in the store.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::sync::watch;

use super::failed;
use super::session::Session;
use crate::store::StoreError;

/// The most operations in one transaction.
const GROUP: usize = 2_048;

/// One operation, and whoever waits for it.
trait Job: Send {
    /// Does it inside a transaction, and keeps what it gave; again, if it was done in a group that
    /// was rolled back.
    fn run(&mut self, session: &mut Session<'_>) -> Result<(), StoreError>;

    /// Tells the caller, once the transaction is on the disk or has failed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Operation<F, T> {
    work: F,
    done: Option<T>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Operation<F, T>
where
    F: Fn(&mut Session<'_>) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, session: &mut Session<'_>) -> Result<(), StoreError> {
        self.done = None;
        self.done = Some((self.work)(session)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let done = self.done.ok_or(StoreError::Closed);
        // A caller that does not wait any more needs no answer.
        drop(self.caller.send(committed.and(done)));
    }
}

/// Brings operations to the connection.
pub(super) struct Writer {
    way: Way,
    changed: Arc<watch::Sender<u64>>,
}

enum Way {
    Inline(Mutex<Connection>),
    /// The sender is gone once the store is being closed.
    Thread(Option<mpsc::Sender<Box<dyn Job>>>, Option<thread::JoinHandle<()>>),
}

impl Writer {
    /// Writes on the caller's thread.
    pub(super) fn inline(connection: Connection) -> Self {
        Self { way: Way::Inline(Mutex::new(connection)), changed: Arc::default() }
    }

    /// Writes on a thread of its own.
    pub(super) fn thread(connection: Connection) -> Result<Self, std::io::Error> {
        let (sender, receiver) = mpsc::channel();
        let changed = Arc::new(watch::Sender::new(0));
        let tell = Arc::clone(&changed);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(&connection, &receiver, &tell))?;
        Ok(Self { way: Way::Thread(Some(sender), Some(thread)), changed })
    }

    /// Does `work` in a transaction. It may be done more than once, so it changes nothing but the
    /// session.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (caller, answer) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Operation { work, done: None, caller });
        match &self.way {
            Way::Inline(connection) => {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                write(&connection, vec![job], &self.changed);
            }
            Way::Thread(sender, _) => {
                let sender = sender.as_ref().ok_or(StoreError::Closed)?;
                sender.send(job).map_err(|_| StoreError::Closed)?;
            }
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Reads on the writing connection; only where there is no other.
    pub(super) fn read_inline<T>(&self, work: impl FnOnce(&Connection) -> T) -> Option<T> {
        match &self.way {
            Way::Inline(connection) => {
                Some(work(&connection.lock().unwrap_or_else(PoisonError::into_inner)))
            }
            Way::Thread(..) => None,
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

impl Drop for Writer {
    /// Waits until everything that was handed in is written.
    fn drop(&mut self) {
        if let Way::Thread(sender, thread) = &mut self.way {
            drop(sender.take());
            if let Some(Err(_)) = thread.take().map(thread::JoinHandle::join) {
                tracing::error!("the store's writer panicked");
            }
        }
    }
}

/// The writing thread. No error of the store ends it.
fn write_all(
    connection: &Connection,
    jobs: &mpsc::Receiver<Box<dyn Job>>,
    changed: &watch::Sender<u64>,
) {
    while let Ok(first) = jobs.recv() {
        let group = std::iter::once(first).chain(jobs.try_iter()).take(GROUP).collect();
        write(connection, group, changed);
    }
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "closing the store without a checkpoint");
    }
}

/// Does a group in one transaction or, where one of it cannot be done, each in its own.
fn write(connection: &Connection, mut group: Vec<Box<dyn Job>>, changed: &watch::Sender<u64>) {
    match commit(connection, &mut group) {
        Ok(is_due) => {
            for job in group {
                job.answer(Ok(()));
            }
            tell(changed, is_due);
        }
        // Where somebody else holds the store, each alone would only wait as long again.
        Err(error) if group.len() == 1 || matches!(error, StoreError::Busy) => {
            for job in group {
                job.answer(Err(error.clone()));
            }
        }
        Err(_) => {
            for job in group {
                write(connection, vec![job], changed);
            }
        }
    }
}

fn tell(changed: &watch::Sender<u64>, is_due: bool) {
    if is_due {
        changed.send_modify(|it| *it += 1);
    }
}

/// Whether a lane has something new.
fn commit(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<bool, StoreError> {
    let outcome = attempt(connection, group);
    // After some errors, such as a full disk, SQLite has rolled back by itself.
    if outcome.is_err()
        && !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "the store cannot roll back");
    }
    outcome
}

fn attempt(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<bool, StoreError> {
    let execute = |sql| {
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        statement.execute([]).map_err(failed)
    };
    // Deferred, it could find at its first write that somebody else had written meanwhile.
    execute("BEGIN IMMEDIATE")?;
    let mut session = Session::new(connection);
    for job in group {
        job.run(&mut session)?;
    }
    session.close()?;
    execute("COMMIT")?;
    Ok(session.is_due)
}
