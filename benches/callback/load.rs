//! A load generator: keep-alive connections on one thread, answers checked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Whether a body is the right answer.
pub(crate) trait Expected: Fn(&[u8]) -> bool {}

impl<F: Fn(&[u8]) -> bool> Expected for F {}

/// One request as bytes, and what is expected of its answer; nothing if it is not looked at.
pub(crate) struct Shot {
    pub(crate) bytes: Vec<u8>,
    pub(crate) expected: Option<Box<dyn Expected>>,
}

/// Sends all shots over `connections` and waits for their answers.
pub(crate) fn fire(port: u16, connections: usize, shots: Vec<Shot>) {
    let queue = Rc::new(RefCell::new(VecDeque::from(shots)));
    on_one_thread(async {
        let local = LocalSet::new();
        for _ in 0..connections {
            let queue = Rc::clone(&queue);
            local.spawn_local(async move {
                let mut connection = Connection::open(port).await;
                loop {
                    let shot = queue.borrow_mut().pop_front();
                    let Some(shot) = shot else { return };
                    connection.exchange(&shot).await;
                }
            });
        }
        local.await;
    });
}

/// Sends shots at their times, `a_second` of them, whether or not earlier ones are answered; the
/// latency of each, from the time at which it was due.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the real time")]
pub(crate) fn pace(
    port: u16,
    connections: usize,
    a_second: u32,
    shots: Vec<Shot>,
) -> Vec<Duration> {
    let latencies = Rc::new(RefCell::new(Vec::with_capacity(shots.len())));
    let queue = Rc::new(RefCell::new(VecDeque::new()));
    let gap = Duration::from_secs(1) / a_second;
    let begun = Instant::now() + Duration::from_millis(100);
    for (number, shot) in shots.into_iter().enumerate() {
        queue.borrow_mut().push_back((begun + gap * u32::try_from(number).unwrap(), shot));
    }
    on_one_thread(async {
        let local = LocalSet::new();
        for _ in 0..connections {
            let (queue, latencies) = (Rc::clone(&queue), Rc::clone(&latencies));
            local.spawn_local(async move {
                let mut connection = Connection::open(port).await;
                loop {
                    let next = queue.borrow_mut().pop_front();
                    let Some((due, shot)) = next else { return };
                    // Tokio's timer ticks in milliseconds; the rest is waited out by yielding.
                    let early = due.saturating_duration_since(Instant::now());
                    tokio::time::sleep(early.saturating_sub(Duration::from_millis(2))).await;
                    while Instant::now() < due {
                        tokio::task::yield_now().await;
                    }
                    connection.exchange(&shot).await;
                    latencies.borrow_mut().push(due.elapsed());
                }
            });
        }
        local.await;
    });
    let mut latencies = latencies.take();
    latencies.sort_unstable();
    latencies
}

/// Never sleeps: waking a sleeping client costs its server more than the answer does, and a server
/// that is slower than the client would pay for it with each answer, a faster one never.
fn on_one_thread(work: impl Future<Output = ()>) {
    let awake = async {
        loop {
            tokio::task::yield_now().await;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::select! {
            () = work => {}
            () = awake => {}
        }
    });
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(4_096) }
    }

    async fn exchange(&mut self, shot: &Shot) {
        self.stream.write_all(&shot.bytes).await.unwrap();
        self.buffer.clear();
        let body = loop {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "hung up");
            if let Some(body) = whole(&self.buffer) {
                break body;
            }
        };
        assert!(self.buffer.starts_with(b"HTTP/1.1 200"), "not answered with 200");
        if let Some(expected) = &shot.expected {
            assert!(expected(&self.buffer[body..]), "answered with something else");
        }
    }
}

/// Where the body begins, once all of it is there.
fn whole(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    (answer.len() >= head + length.trim().parse::<usize>().ok()?).then_some(head)
}
