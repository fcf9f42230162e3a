//! Connections that only read, each on a thread of its own; the writer never waits for them.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::store::StoreError;

type Question = Box<dyn FnOnce(&Connection) + Send>;

/// A few reading threads that share one queue.
pub(super) struct Readers(mpsc::Sender<Question>);

impl Readers {
    /// A thread for each connection. They end when this is dropped.
    pub(super) fn new(connections: Vec<Connection>) -> Result<Self, std::io::Error> {
        let (sender, receiver) = mpsc::channel::<Question>();
        let receiver = Arc::new(Mutex::new(receiver));
        for connection in connections {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
                loop {
                    let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(question) = next else { return };
                    question(&connection);
                }
            })?;
        }
        Ok(Self(sender))
    }

    /// Asks one of them.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (caller, answer) = oneshot::channel();
        let question: Question = Box::new(move |connection| {
            // A caller that does not wait any more needs no answer.
            drop(caller.send(work(connection)));
        });
        self.0.send(question).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}
