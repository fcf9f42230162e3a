//! A service that takes webhooks, and notes what it was given.

use std::collections::HashMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering;
use std::thread;

/// What it has been given by id, and what it answers.
#[derive(Default)]
struct Notes {
    received: Mutex<HashMap<String, Vec<String>>>,
    status: AtomicU16,
}

/// The stand-in. It ends with the test's process.
pub(crate) struct StandIn {
    notes: Arc<Notes>,
    pub(crate) port: u16,
}

impl StandIn {
    pub(crate) fn answering(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let notes = Arc::new(Notes { status: status.into(), ..Notes::default() });
        let shared = Arc::clone(&notes);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let notes = Arc::clone(&shared);
                thread::spawn(move || converse(stream, &notes));
            }
        });
        Self { notes, port }
    }

    pub(crate) fn answer(&self, status: u16) {
        self.notes.status.store(status, Ordering::SeqCst);
    }

    /// How often each id came.
    pub(crate) fn counts(&self) -> HashMap<String, usize> {
        let received = self.notes.received.lock().unwrap();
        received.iter().map(|(id, bodies)| (id.clone(), bodies.len())).collect()
    }

    /// The bodies that came for `id`.
    pub(crate) fn bodies(&self, id: &str) -> Vec<String> {
        self.notes.received.lock().unwrap().get(id).cloned().unwrap_or_default()
    }
}

/// Answers requests until the other side is gone.
fn converse(stream: TcpStream, notes: &Notes) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some((id, body)) = read(&mut reader) {
        notes.received.lock().unwrap().entry(id).or_default().push(body);
        let status = notes.status.load(Ordering::SeqCst);
        let answer = format!("HTTP/1.1 {status} as told\r\ncontent-length: 0\r\n\r\n");
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// One request: its `webhook-id` and its body. None once the connection has ended.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            match line.trim_end() {
                "" => break,
                _ => continue,
            }
        };
        match name.to_lowercase().as_str() {
            "webhook-id" => value.clone_into(&mut id),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((id, String::from_utf8(body).ok()?))
}
