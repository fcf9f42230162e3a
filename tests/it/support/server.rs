//! A station on a real port, and raw requests to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use yizhan::app::Station;
use yizhan::config::Config;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::outcome::Outcome;
use yizhan::store;
use yizhan::store::Store;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::reply::Reply;

/// Counts what reaches the handlers and says nothing to it.
#[derive(Clone, Default)]
pub(crate) struct Counting(Arc<AtomicUsize>);

impl Counting {
    pub(crate) fn runs(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Handler for Counting {
    fn answer(&self, _: &Arc<Inbound>, _: &Context) -> Answer {
        self.0.fetch_add(1, Ordering::SeqCst);
        Answer::Now(Ok(Outcome::reply(Reply::Success, "counting")))
    }
}

/// A listening station; dropped, it stops.
pub(crate) struct Server {
    pub(crate) port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Starts a station with these sections on a free port of its own. `[server]` is open where
    /// they begin.
    pub(crate) fn start(config: &str, handler: impl Handler + 'static) -> Self {
        Self::run(config, |station| station.handler(handler))
    }

    /// The same on a store of its own.
    pub(crate) fn start_on(
        store: Arc<dyn Store>,
        config: &str,
        handler: impl Handler + 'static,
    ) -> Self {
        Self::run(config, |station| station.handler(handler).with_store(store))
    }

    /// The same with rules alone, whose folder the config names.
    pub(crate) fn with_rules(config: &str) -> Self {
        Self::run(config, |station| station)
    }

    /// The same on a store of its own.
    pub(crate) fn with_rules_on(store: Arc<dyn Store>, config: &str) -> Self {
        Self::run(config, |station| station.with_store(store))
    }

    /// The same with whatever else the station needs.
    pub(crate) fn prepared(
        config: &str,
        prepare: impl FnOnce(Station) -> Station + Send + 'static,
    ) -> Self {
        Self::run(config, prepare)
    }

    /// One that reads the config file at `path`, now and whenever it changes.
    pub(crate) fn of_file(path: &Path) -> Self {
        let path = path.to_owned();
        Self::serve(move || Station::load(path).unwrap())
    }

    fn run(config: &str, prepare: impl FnOnce(Station) -> Station + Send + 'static) -> Self {
        let text = format!("[server]\nlisten = \"127.0.0.1:0\"\nworkers = 1\n{config}");
        let folder = Path::new("tests");
        let config = Config::parse("test.toml", &text, folder, &BTreeMap::new()).unwrap().config;
        Self::serve(move || {
            let memory = store::open("memory:", folder).unwrap();
            prepare(Station::new(config).with_store(memory))
        })
    }

    fn serve(station: impl FnOnce() -> Station + Send + 'static) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let running = station().start().unwrap();
                tell.send(running.port()).unwrap();
                let stopped = async { drop(stopped.await) };
                running.until(stopped).await.unwrap();
            });
        });
        Self { port: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// One that runs in another process, which stops it.
    pub(crate) fn at(port: u16) -> Self {
        Self { port, stop: None, thread: None }
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset after the answer is the server's right: it has not read all we sent.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Asks the server to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

/// The status of an answer; 0 if there was none.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// What stands behind the blank line.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}
