//! Pages on the phone, over HTTP: forms that are sent out, looked at and decided.

mod faults;
mod forms;
mod hooks;
mod mend;
mod messages;

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use yizhan::app::Station;
use yizhan::clock::Clock;
use yizhan::entropy::SystemEntropy;
use yizhan::tasks::Tasks;

use crate::support::START;
use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::body;
use crate::support::server::status;

const TEMPLATE: &str = "<h2>{{ title }}</h2>\n<p class=\"joke\">{{ joke }}</p>\n\
    {{ note | markdown }}{{ raw | safe }}\n{% if picture %}<img src=\"{{ picture }}\" alt=\"\">{% endif %}";

const STYLE: &str = ".joke { font-size: 1.3rem }";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a body is.
const JSON: &str = "content-type: application/json\r\n";

/// A clock that tests move.
#[derive(Clone, Default)]
struct Moved(Arc<AtomicU64>);

impl Clock for Moved {
    fn since_epoch(&self) -> Duration {
        Duration::from_secs(START + self.0.load(Ordering::SeqCst))
    }
}

/// A station with the form `review`.
struct Desk {
    server: Server,
    clock: Moved,
    _folder: TempDir,
}

impl Desk {
    fn start(hook: &str) -> Self {
        Self::with(hook, "private_hosts = ['127.0.0.1']")
    }

    /// A station that answers by these rules.
    fn with_rules(rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("handlers")).unwrap();
        std::fs::write(folder.path().join("handlers/10.toml"), rules).unwrap();
        let server = format!("handlers = '{}/handlers'", folder.path().display());
        Self::of("", &server, folder, |station| station)
    }

    /// A form whose hook is at this address; `server` are more lines of `[server]`.
    fn with(hook: &str, server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::of(hook, server, folder, |station| station.handler(Counting::default()))
    }

    fn of(
        hook: &str,
        server: &str,
        folder: TempDir,
        prepare: impl FnOnce(Station) -> Station + Send + 'static,
    ) -> Self {
        std::fs::write(folder.path().join("review.html"), TEMPLATE).unwrap();
        std::fs::write(folder.path().join("review.css"), STYLE).unwrap();
        let config = config(hook, server, folder.path());
        let clock = Moved::default();
        let moved = clock.clone();
        let server = Server::prepared(&config, move |station| {
            prepare(station).with_world(Arc::new(moved), Arc::new(SystemEntropy))
        });
        Self { server, clock, _folder: folder }
    }

    fn pass(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\
             content-length: {length}\r\n\r\n{body}"
        );
        self.server.raw(request.as_bytes()).await
    }

    async fn get(&self, path: &str) -> String {
        self.ask("GET", path, "", "").await
    }

    /// Sends `body` to the form `review` with the key `ci`.
    async fn send(&self, body: &str) -> String {
        let headers = format!("authorization: Bearer ci-token-123456\r\n{JSON}");
        self.ask("POST", "/api/v1/forms/review", &headers, body).await
    }

    /// The paths of the pages that `answer` links to.
    fn links(answer: &str) -> Vec<String> {
        let json: Value = serde_json::from_str(body(answer)).unwrap();
        let links = json["links"].as_array().unwrap().iter();
        let path = |link: &Value| link["link"].as_str().unwrap().to_owned();
        links.map(|link| path(link).replace("https://bot.example.com/y", "")).collect()
    }

    /// The path of the one page of a form with this joke.
    async fn one(&self, joke: &str) -> String {
        let data = format!(r#"{{"joke":"{joke}","note":"","raw":""}}"#);
        let answer = self.send(&format!(r#"{{"to":"anna","data":{data}}}"#)).await;
        Self::links(&answer).remove(0)
    }

    /// Presses a button on a page as a browser does, with the token that stands there.
    async fn press(&self, path: &str, fields: &str) -> String {
        let page = self.get(path).await;
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        let (token, _) = rest.split_once('"').unwrap();
        self.post(path, &format!("token={token}&{fields}")).await
    }

    async fn post(&self, path: &str, form: &str) -> String {
        let headers = "content-type: application/x-www-form-urlencoded\r\n\
            sec-fetch-site: same-origin\r\n";
        self.ask("POST", path, headers, form).await
    }
}

fn config(hook: &str, server: &str, folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "public_url = 'https://bot.example.com/y/'\nwebhook_secret = '{SECRET}'\n{server}\n\
         [outbox]\nretry = ['100ms', '100ms']\n\
         [admin]\ntoken = 'the-owners-own-token'\n\
         [[key]]\nname = 'ci'\ntoken = 'ci-token-123456'\nmay = ['send:log', 'read']\n\
         [[key]]\nname = 'other'\ntoken = 'other-token-1234'\nmay = ['send:elsewhere']\n\
         [[account]]\nname = 'shop'\nplatform = 'official-account'\napp_id = 'wx1'\n\
         token = 'abc'\nmode = 'plain'\n\
         [[channel]]\nname = 'log'\nkind = 'log'\n\
         [[channel]]\nname = 'elsewhere'\nkind = 'log'\n\
         [[form]]\nname = 'review'\ntitle = '投稿审核'\ntemplate = '{folder}/review.html'\n\
         style = '{folder}/review.css'\nchannels = 'log'\nhook = '{hook}'\n\
         action = [{{ name = 'approve', label = '通过', look = 'primary' }}, \
         {{ name = 'reject', label = '退回', look = 'danger' }}]\n\
         field = [{{ name = 'reason', label = '理由', type = 'long' }}, \
         {{ name = 'grade', label = '评级', type = 'choice', options = ['好', '一般'], required = true }}, \
         {{ name = 'tags', label = '标签', type = 'many', options = ['冷', '短', '长'] }}]\n\
         [[form]]\nname = 'notice'\ntitle = '公告'\nchannels = 'log'\n"
    )
}

/// What a hook was sent.
#[derive(Clone, Debug)]
struct Call {
    headers: String,
    body: String,
}

impl Call {
    fn header(&self, name: &str) -> &str {
        let line = self.headers.lines().find(|line| line.starts_with(&format!("{name}: ")));
        line.map_or("", |line| &line[name.len() + 2..])
    }
}

/// The owner's hook: answers the first requests with these statuses, then with 204.
struct Hook {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Hook {
    async fn answering(statuses: &[u16]) -> Self {
        Self::redirecting(statuses, "http://127.0.0.1:1/").await
    }

    /// The same, each answer with a `Location`.
    async fn redirecting(statuses: &[u16], to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/decided", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (kept, statuses, to) = (Arc::clone(&calls), statuses.to_vec(), to.to_owned());
        Tasks::new().spawn(async move {
            for number in 0.. {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut asked = Vec::new();
                let mut part = [0; 4096];
                while !is_whole(&asked) {
                    let length = socket.read(&mut part).await.unwrap();
                    assert!(length > 0, "a request that ends early");
                    asked.extend_from_slice(&part[..length]);
                }
                let asked = String::from_utf8(asked).unwrap();
                let (headers, body) = asked.split_once("\r\n\r\n").unwrap();
                let (headers, body) = (headers.to_owned(), body.to_owned());
                kept.lock().unwrap().push(Call { headers, body });
                let status = statuses.get(number).copied().unwrap_or(204);
                let answer = format!(
                    "HTTP/1.1 {status} x\r\nlocation: {to}\r\ncontent-length: 0\r\n\
                     connection: close\r\n\r\n"
                );
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, calls }
    }

    /// The calls so far, once there are that many.
    async fn calls(&self, count: usize) -> Vec<Call> {
        for _ in 0..500 {
            if self.calls.lock().unwrap().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.calls.lock().unwrap().clone()
    }
}

fn is_whole(asked: &[u8]) -> bool {
    let asked = String::from_utf8_lossy(asked);
    let Some((head, body)) = asked.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |it| it.parse().unwrap())
}

/// The error code of a refused request, with its status.
fn refusal(answer: &str) -> (u16, String) {
    let json: Value = serde_json::from_str(body(answer)).unwrap_or_default();
    (status(answer), json["error"]["code"].as_str().unwrap_or_default().to_owned())
}
