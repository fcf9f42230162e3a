//! The stages of a callback, each timed and counted by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use futures_util::FutureExt as _;
use yizhan::account::RawCallback;
use yizhan::app::Parts;
use yizhan::app::Station;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler as _;
use yizhan::inbox::Step;
use yizhan::outcome::Progress;
use yizhan::platform::Clients;
use yizhan::simulator::RawRequest;
use yizhan::wechat::Platform;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::query::Query;
use yizhan::wechat::reply::Reply;
use yizhan::wechat::reply::write_envelope;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;
use yizhan::wechat::signature;
use yizhan::wechat::wire::Format;
use yizhan::wechat::wire::Tree;

use crate::messages;
use crate::messages::PLAIN;
use crate::messages::SAFE;
use crate::messages::Spec;
use crate::messages::WECOM;

/// Every stage, in the order of the report.
pub(crate) const NAMES: &[&str] = &[
    "query",
    "query and signature, plain",
    "signature, sealed",
    "envelope, open",
    "tree, XML",
    "tree, JSON",
    "inbound: header and key",
    "inbox: once",
    "rules: 10",
    "rules: 10,000",
    "reply, XML",
    "envelope, seal and sign",
    "whole: plain",
    "whole: plain, again",
    "whole: safe, XML",
    "whole: safe, XML, again",
    "whole: WeCom, JSON",
    "whole: plain, 10,000 rules",
    "whole: plain, 1,000 accounts",
    "whole: plain, 10,000 waiting",
    "whole: plain, after 1,000,000 users",
];

/// Works on `range` of the prepared messages.
type Run = Box<dyn FnMut(std::ops::Range<usize>)>;

/// What a stage works with. The runtime is there for background tasks; none is started here.
struct Bench {
    runtime: tokio::runtime::Runtime,
    folder: PathBuf,
    next: u64,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let folder = std::env::temp_dir().join(format!("yizhan-bench-{}", std::process::id()));
        Self { runtime, folder, next: 0 }
    }

    fn station(&self, more: usize, rules: usize) -> Parts {
        let _runtime = self.runtime.enter();
        Station::new(messages::config(&self.folder, more, rules)).build().unwrap()
    }

    fn requests(&mut self, spec: Spec, count: usize) -> Vec<RawRequest> {
        let simulator = messages::simulator(spec);
        let first = self.next;
        self.next += count as u64;
        (first..self.next).map(|it| simulator.request(&messages::document(it, spec.3))).collect()
    }
}

/// The time of one message in each of `batches` batches.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the real time")]
pub(crate) fn time(name: &str, batch: usize, batches: usize) -> Vec<Duration> {
    let mut bench = Bench::new();
    let mut stage = Stage::new(name, &mut bench);
    let mut times = Vec::new();
    for _ in 0..batches {
        let mut run = stage.prepare(&mut bench, batch);
        let begun = Instant::now();
        run(0..batch);
        times.push(begun.elapsed() / u32::try_from(batch).unwrap());
    }
    times
}

/// Prepares `of` messages and works on `count` of them; for valgrind.
pub(crate) fn count(name: &str, count: usize, of: usize) {
    let mut bench = Bench::new();
    let mut stage = Stage::new(name, &mut bench);
    stage.prepare(&mut bench, of)(0..count);
}

/// A stage with what it keeps between batches.
struct Stage {
    name: String,
    parts: Option<Parts>,
}

impl Stage {
    fn new(name: &str, bench: &mut Bench) -> Self {
        let parts = match name {
            "rules: 10,000" | "whole: plain, 10,000 rules" => Some(bench.station(0, 10_000)),
            "whole: plain, 1,000 accounts" => Some(bench.station(1_000, 10)),
            _ if name.starts_with("whole")
                || name.starts_with("rules")
                || name.starts_with("inbox") =>
            {
                Some(bench.station(0, 10))
            }
            _ => None,
        };
        let stage = Self { name: name.to_owned(), parts };
        match name {
            "whole: plain, 10,000 waiting" => stage.leave_waiting(bench, 10_000),
            "whole: plain, after 1,000,000 users" => {
                for _ in 0..100 {
                    stage.whole(bench.requests(PLAIN, 10_000), PLAIN.0)(0..10_000);
                }
            }
            _ => {}
        }
        stage
    }

    fn parts(&self) -> &Parts {
        self.parts.as_ref().unwrap()
    }

    /// Messages whose work never ends, each of a user of its own.
    fn leave_waiting(&self, bench: &Bench, count: usize) {
        let _runtime = bench.runtime.enter();
        let inbox = &self.parts().intake.inbox;
        for number in 0..count {
            let id = inbox.id("plain", &format!("waiting/{number}"));
            let user = inbox.id("plain", &format!("oWaiting{number}"));
            let begin = |_| Step::Later(Box::pin(std::future::pending()));
            drop(inbox.once(id, Some(user), begin));
        }
    }

    fn prepare(&mut self, bench: &mut Bench, count: usize) -> Run {
        match self.name.as_str() {
            "query" => over(queries(bench.requests(SAFE, count)), |query| {
                std::hint::black_box(Query::parse(&query).unwrap());
            }),
            "query and signature, plain" => {
                let token = Token::parse("BenchToken01").unwrap();
                over(queries(bench.requests(PLAIN, count)), move |query| {
                    let query = Query::parse(&query).unwrap();
                    let (timestamp, nonce) = (query.timestamp().unwrap(), query.nonce().unwrap());
                    let signature = signature::sign(&token, timestamp, nonce);
                    assert!(signature.is(query.signature().unwrap()));
                })
            }
            "signature, sealed" => signature_sealed(bench, count),
            "envelope, open" => {
                let (cipher, sealed) = (cipher(), encrypts(bench, count));
                over(sealed, move |sealed| drop(cipher.open(&sealed).unwrap()))
            }
            "tree, XML" => trees(bench, count, Format::Xml),
            "tree, JSON" => trees(bench, count, Format::Json),
            "inbound: header and key" => {
                let requests = bench.requests(PLAIN, count).into_iter();
                let trees = requests.map(|request| Tree::parse(request.body).unwrap()).collect();
                over(trees, |tree| drop(std::hint::black_box(Inbound::from_tree(tree).key())))
            }
            "inbox: once" => {
                let inbox = Arc::clone(&self.parts().intake.inbox);
                let first = bench.next;
                bench.next += count as u64;
                let keys: Vec<_> =
                    (first..bench.next).map(|it| format!("text/gh/o{it}/{it}")).collect();
                over(keys, move |key| {
                    let (id, user) = (inbox.id("plain", &key), inbox.id("plain", &key[5..]));
                    drop(inbox.once(id, Some(user), |_| Step::Now(Reply::Success)));
                })
            }
            "rules: 10" | "rules: 10,000" => self.rules(bench, count),
            "reply, XML" => over(inbounds(bench, count), |inbound| {
                let reply = Reply::text("你好,请问订单 42 什么时候到? hello");
                std::hint::black_box(reply.write(
                    &inbound,
                    Platform::OfficialAccount,
                    1_767_225_600,
                ));
            }),
            "envelope, seal and sign" => sealing(bench, count),
            "whole: plain, again" => self.again(bench.requests(PLAIN, count), PLAIN.0),
            "whole: safe, XML" => self.whole(bench.requests(SAFE, count), SAFE.0),
            "whole: safe, XML, again" => self.again(bench.requests(SAFE, count), SAFE.0),
            "whole: WeCom, JSON" => self.whole(bench.requests(WECOM, count), WECOM.0),
            _ => self.whole(bench.requests(PLAIN, count), PLAIN.0),
        }
    }

    fn rules(&self, bench: &mut Bench, count: usize) -> Run {
        let rules = self.parts().rules.clone().unwrap();
        let context = Context {
            account: "plain".into(),
            app_id: "wx0123456789abcdef".into(),
            platform: Platform::OfficialAccount,
            from: "oAnna".to_owned(),
            now: Duration::from_millis(1_767_225_600_123),
            clients: Clients::default(),
            progress: Progress::default(),
        };
        let inbounds = inbounds(bench, count).into_iter().map(Arc::new).collect::<Vec<_>>();
        over(inbounds, move |inbound| {
            assert!(matches!(rules.answer(&inbound, &context), Answer::Now(Ok(_))));
        })
    }

    /// Bytes → answer, every message a new one.
    fn whole(&self, requests: Vec<RawRequest>, name: &'static str) -> Run {
        let intake = Arc::clone(&self.parts().intake);
        let callbacks = requests.into_iter().map(|request| RawCallback {
            query: request.query,
            body: request.body,
            ..RawCallback::default()
        });
        over(callbacks.collect(), move |callback| {
            // Rules that call nobody answer without waiting.
            let answer = intake.answer(name, callback).now_or_never().unwrap().unwrap();
            assert!(answer.len() > 20);
            std::hint::black_box(answer);
        })
    }

    /// The same messages, delivered once before.
    fn again(&self, requests: Vec<RawRequest>, name: &'static str) -> Run {
        let count = requests.len();
        self.whole(requests.clone(), name)(0..count);
        self.whole(requests, name)
    }
}

fn over<T: 'static>(items: Vec<T>, mut work: impl FnMut(T) + 'static) -> Run {
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    Box::new(move |range| {
        for item in &mut items[range] {
            work(item.take().unwrap());
        }
    })
}

fn queries(requests: Vec<RawRequest>) -> Vec<String> {
    requests.into_iter().map(|request| request.query).collect()
}

fn cipher() -> Cipher {
    Cipher::new(&EncodingAesKey::parse(messages::KEY).unwrap())
}

fn encrypts(bench: &mut Bench, count: usize) -> Vec<String> {
    let requests = bench.requests(SAFE, count).into_iter();
    let trees = requests.map(|request| Tree::parse(request.body).unwrap());
    trees.map(|tree| tree.root().get("Encrypt").unwrap().text().to_owned()).collect()
}

fn signature_sealed(bench: &mut Bench, count: usize) -> Run {
    let token = Token::parse("BenchToken01").unwrap();
    over(encrypts(bench, count), move |encrypt| {
        let signature = signature::sign_sealed(&token, "1767225600", "1234567890", &encrypt);
        std::hint::black_box(signature.is("0000000000000000000000000000000000000000"));
    })
}

fn trees(bench: &mut Bench, count: usize, format: Format) -> Run {
    let first = bench.next;
    bench.next += count as u64;
    let documents =
        (first..bench.next).map(|it| messages::document(it, format).into_bytes()).collect();
    over(documents, |document: Vec<u8>| drop(Tree::parse(document).unwrap()))
}

fn inbounds(bench: &mut Bench, count: usize) -> Vec<Inbound> {
    let requests = bench.requests(PLAIN, count).into_iter();
    requests.map(|request| Inbound::parse(request.body).unwrap()).collect()
}

fn sealing(bench: &mut Bench, count: usize) -> Run {
    let (cipher, token) = (cipher(), Token::parse("BenchToken01").unwrap());
    let replies: Vec<_> = inbounds(bench, count)
        .iter()
        .map(|it| Reply::text("你好 hello").write(it, Platform::OfficialAccount, 1_767_225_600))
        .collect();
    over(replies, move |reply| {
        let encrypt = cipher.seal(reply.as_bytes(), "wxbench0000000002", b"0123456789abcdef");
        let signature = signature::sign_sealed(&token, "1767225600", "1234567890", &encrypt);
        std::hint::black_box(write_envelope(
            Format::Xml,
            Platform::OfficialAccount,
            &encrypt,
            signature.as_str(),
            1_767_225_600,
            "1234567890",
        ));
    })
}
