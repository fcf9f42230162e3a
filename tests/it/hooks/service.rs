//! A push service of our own: it answers as it is told, and notes what it was asked.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What a request was: its first line without the version, and its body.
pub(super) type Asked = (String, String);

/// It ends with the test's process.
pub(super) struct Service {
    pub(super) port: u16,
    asked: Mutex<mpsc::Receiver<Asked>>,
}

impl Service {
    /// Answers every request with the JSON that `answer` makes of its first line.
    pub(super) fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, asked) = mpsc::channel();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tell, answer) = (tell.clone(), Arc::clone(&answer));
                thread::spawn(move || converse(stream, &tell, answer.as_ref()));
            }
        });
        Self { port, asked: Mutex::new(asked) }
    }

    /// The next request, waited for.
    pub(super) fn next(&self) -> Asked {
        let asked = self.asked.lock().unwrap();
        asked.recv_timeout(Duration::from_secs(20)).expect("the service is asked something")
    }

    /// Whether nothing more was asked up to now.
    pub(super) fn is_idle(&self) -> bool {
        self.asked.lock().unwrap().try_recv().is_err()
    }
}

/// Answers requests until the other side is gone.
fn converse(stream: TcpStream, tell: &mpsc::Sender<Asked>, answer: &dyn Fn(&str) -> String) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        let body = answer(&asked.0);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        let answer = format!("{head} {}\r\n\r\n{body}", body.len());
        if writer.write_all(answer.as_bytes()).is_err() || tell.send(asked).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let first = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Some((first, String::from_utf8(body).ok()?))
}
