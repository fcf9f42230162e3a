//! The whole server beside a bare actix-web server, in turns, by CPU time a request.

use std::fmt::Write as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use actix_web::App;
use actix_web::HttpResponse;
use actix_web::HttpServer;
use actix_web::web;
use yizhan::simulator::RawRequest;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::wire::Tree;

use crate::load;
use crate::load::Expected;
use crate::load::Shot;
use crate::messages;
use crate::messages::PLAIN;
use crate::messages::SAFE;
use crate::messages::Spec;

const CONNECTIONS: usize = 64;
/// Requests in one slice: about 0.8 s.
const SLICE: usize = 30_000;
const ROUNDS: usize = 7;

/// A server that reads the body and answers `success`: the price of HTTP alone.
pub(crate) fn bare(port: u16) {
    let server = HttpServer::new(|| {
        let answer = |_: web::Bytes| async { HttpResponse::Ok().body("success") };
        App::new().route("/callback/{account}", web::post().to(answer))
    });
    let server = server.workers(1).bind(("127.0.0.1", port)).unwrap().run();
    tokio::runtime::Runtime::new().unwrap().block_on(server).unwrap();
}

/// A server in a process of its own, on the first core.
struct Served {
    child: Child,
    port: u16,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Time on the CPU so far, of all threads.
    fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanos = tasks.flatten().map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|it| it.parse::<u64>().ok()).unwrap_or(0)
        });
        Duration::from_nanos(nanos.sum())
    }

    /// Proportional memory, in MB.
    fn memory(&self) -> f64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find(|line| line.starts_with("Pss:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(program: &std::path::Path, args: &[&str], port: u16) -> Served {
    let child = Command::new("taskset")
        .args(["-c", "0"])
        .arg(program)
        .args(args)
        .stdout(Stdio::null())
        .spawn()
        .expect("`taskset` pins the server to a core; it is in util-linux");
    Served { child, port }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the real time")]
fn start(folder: &std::path::Path) -> (Served, Duration) {
    let port = free_port();
    let handlers = folder.join("rules-10");
    messages::write_rules(&handlers, 10);
    let config = folder.join("yizhan.toml");
    let text = messages::config_text(&format!("127.0.0.1:{port}"), &handlers, 0);
    std::fs::write(&config, text).unwrap();
    let begun = Instant::now();
    let config = config.display().to_string();
    let args = ["serve", "--config", config.as_str()];
    let served = spawn(std::path::Path::new(env!("CARGO_BIN_EXE_yizhan")), &args, port);
    wait_until_up(port);
    load::fire(port, 1, shots(PLAIN, u64::MAX / 4, 1, 1));
    (served, begun.elapsed())
}

fn wait_until_up(port: u16) {
    for _ in 0..20_000 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    panic!("the server did not start");
}

/// `count` messages from number `first` on, each `times` times in a row of whole rounds.
fn shots(spec: Spec, first: u64, count: usize, times: usize) -> Vec<Shot> {
    let simulator = messages::simulator(spec);
    let mut shots = Vec::with_capacity(count * times);
    for round in 0..times as u64 {
        for number in first..first + count as u64 {
            let request = simulator.request(&messages::document(number, spec.3));
            // One in a hundred is read to its end, and every retry must say the same.
            let is_checked = number % 100 == 0 || (round > 0 && number % 10 == 0);
            let expected = is_checked.then(|| expectation(spec, number));
            shots.push(Shot { bytes: bytes(&request), expected });
        }
    }
    shots
}

fn expectation(spec: Spec, number: u64) -> Box<dyn Expected> {
    let said = messages::said(number);
    let cipher = Cipher::new(&EncodingAesKey::parse(messages::KEY).unwrap());
    Box::new(move |body| {
        let tree = Tree::parse(body.to_vec()).unwrap();
        let tree = match tree.root().get("Encrypt") {
            None => tree,
            Some(sealed) => Tree::parse(cipher.open(sealed.text()).unwrap().message).unwrap(),
        };
        let is_sealed = spec.0 != "plain";
        let content = tree.root().get("Content").map(|it| it.text().to_owned());
        content == Some(said.clone()) && (is_sealed || !body.is_empty())
    })
}

fn bytes(request: &RawRequest) -> Vec<u8> {
    let mut head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\n", request.target());
    for (name, value) in &request.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    write!(head, "Content-Length: {}\r\n\r\n", request.body.len()).unwrap();
    [head.as_bytes(), &request.body].concat()
}

/// Shots at the bare server: the same bytes, and its answer is `success`.
fn bare_shots(spec: Spec, first: u64, count: usize) -> Vec<Shot> {
    let simulator = messages::simulator(spec);
    let numbers = first..first + count as u64;
    let shots = numbers.map(|number| {
        let bytes = bytes(&simulator.request(&messages::document(number, spec.3)));
        Shot { bytes, expected: None }
    });
    shots.collect()
}

pub(crate) fn report() {
    // The load has the second core for itself.
    let own = std::process::id().to_string();
    let _ = Command::new("taskset").args(["-cp", "1", &own]).stdout(Stdio::null()).status();
    let folder = std::env::temp_dir().join(format!("yizhan-bench-server-{own}"));
    std::fs::create_dir_all(&folder).unwrap();
    let port = free_port();
    let this = std::env::current_exe().unwrap();
    let bare = spawn(&this, &["--bare-server", &port.to_string()], port);
    wait_until_up(port);
    let (served, first_answer) = start(&folder);
    println!("the whole server, one worker on one core, beside a bare actix-web server;");
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {SLICE} requests each in turn\n");
    println!("start to first right answer: {:.1} ms", first_answer.as_secs_f64() * 1_000.0);
    let idle = served.memory();
    report_ratios(&bare, &served);
    report_latency(&bare, &served);
    report_memory(&served, idle);
    drop((bare, served));
    let _ = std::fs::remove_dir_all(&folder);
}

fn report_ratios(bare: &Served, served: &Served) {
    type Make = fn(u64) -> Vec<Shot>;
    // Each row of ours is held against the bare server that is sent the same bytes.
    let rows: [(&str, Option<usize>, Make); 7] = [
        ("bare", None, |first| bare_shots(PLAIN, first, SLICE)),
        ("bare, sealed bodies", None, |first| bare_shots(SAFE, first, SLICE)),
        ("bare, once more", Some(0), |first| bare_shots(PLAIN, first, SLICE)),
        ("plain", Some(0), |first| shots(PLAIN, first, SLICE, 1)),
        ("sealed both ways", Some(1), |first| shots(SAFE, first, SLICE, 1)),
        ("plain, each three times", Some(0), |first| shots(PLAIN, first, SLICE / 3, 3)),
        ("sealed, each three times", Some(1), |first| shots(SAFE, first, SLICE / 3, 3)),
    ];
    let mut costs = vec![Vec::new(); rows.len()];
    let mut first = 1_000_000;
    for _ in 0..ROUNDS {
        for (row, (name, _, make)) in rows.iter().enumerate() {
            let asked = if name.starts_with("bare") { bare } else { served };
            let shots = make(first);
            first += SLICE as u64;
            let before = asked.cpu();
            load::fire(asked.port, CONNECTIONS, shots);
            let spent = asked.cpu().saturating_sub(before);
            costs[row].push(spent / u32::try_from(SLICE).unwrap());
        }
    }
    println!("\n{:<30} {:>12} {:>18}", "", "CPU, µs", "of bare, by CPU");
    for (row, (name, against, _)) in rows.iter().enumerate() {
        let cost = crate::median(&costs[row]);
        let alone = crate::median(&costs[against.unwrap_or(row)]);
        let ratio = alone.as_secs_f64() / cost.as_secs_f64();
        println!("{name:<30} {:>12.2} {ratio:>18.2}", cost.as_secs_f64() * 1e6);
    }
}

fn report_latency(bare: &Served, served: &Served) {
    println!("\nlatency at 1,000 a second, open loop, encrypted, 5 s");
    for (name, server, shots) in [
        ("bare", bare, bare_shots(SAFE, 90_000_000, 5_000)),
        ("yizhan", served, shots(SAFE, 91_000_000, 5_000, 1)),
    ] {
        let latencies = load::pace(server.port, CONNECTIONS, 1_000, shots);
        let at = |share: usize| latencies[(latencies.len() - 1) * share / 100].as_micros();
        println!("{name:<30} median {} µs, 99 % {} µs", at(50), at(99));
    }
}

fn report_memory(served: &Served, idle: f64) {
    println!("\nmemory (PSS): {idle:.1} MB at rest");
    for million in 1..=2_u64 {
        for part in 0..20 {
            let first = million * 100_000_000 + part * 50_000;
            load::fire(served.port, CONNECTIONS, shots(PLAIN, first, 50_000, 1));
        }
        println!("{:>19.1} MB after {million} million messages more", served.memory());
    }
}
