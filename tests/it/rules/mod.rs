//! The rule language of `docs/rules.md`, sentence by sentence.

mod ask;
mod calls;
mod conditions;
mod confirm;
mod faults;
mod mend;

mod reload;
mod replies;
mod report;
mod shipped;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::Offset;
use jiff::tz::TimeZone;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use yizhan::config::assistant::Assistant;
use yizhan::config::fault::Faults;
use yizhan::config::secret::Secret;
use yizhan::config::secret::WebhookSecret;
use yizhan::config::server::RuleOrder;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler as _;
use yizhan::dispatch::handler::HandlerError;
use yizhan::dispatch::rules::Counts;
use yizhan::dispatch::rules::Outlets;
use yizhan::dispatch::rules::RulesHandler;
use yizhan::dispatch::rules::Settings;
use yizhan::exchange::Allowed;
use yizhan::outcome::Outcome;
use yizhan::outcome::Progress;
use yizhan::platform::Clients;
use yizhan::wechat::Platform;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::reply::Reply;

/// 2026-01-01 09:30:02 in Shanghai.
const MORNING: Duration = Duration::from_secs(1_767_231_002);

/// Rules in a folder of their own, for the accounts `shop` and `ops`.
struct Desk {
    folder: PathBuf,
    /// Removes the folder at the end, if it is a temporary one.
    _kept: Option<TempDir>,
    handler: RulesHandler,
    counts: Counts,
}

impl Desk {
    /// Rules of one file; panics with its faults.
    fn with(rules: &str) -> Self {
        Self::load(&[("10-rules.toml", rules)]).unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn load(files: &[(&str, &str)]) -> Result<Self, Faults> {
        Self::ordered(files, RuleOrder::default())
    }

    /// Rules of one file that reach no private network.
    fn outside(rules: &str) -> Result<Self, Faults> {
        let settings = Settings { private_hosts: Allowed::default(), ..settings() };
        Self::set(&[("a.toml", rules)], settings)
    }

    fn ordered(files: &[(&str, &str)], order: RuleOrder) -> Result<Self, Faults> {
        Self::set(files, Settings { order, ..settings() })
    }

    fn set(files: &[(&str, &str)], settings: Settings) -> Result<Self, Faults> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let desk = Self::of(folder.path().to_owned(), settings)?;
        Ok(Self { _kept: Some(folder), ..desk })
    }

    /// The rules in a folder that is there already.
    fn of(folder: PathBuf, settings: Settings) -> Result<Self, Faults> {
        let accounts = vec!["shop".to_owned(), "ops".to_owned()];
        let counts = Counts::default();
        let handler = RulesHandler::load(&folder, accounts, settings, counts.clone())?;
        Ok(Self { folder, _kept: None, handler, counts })
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    /// What is answered to a document; none if no rule is for it.
    async fn answer(&self, document: &str, context: &Context) -> Option<Outcome> {
        self.try_answer(document, context).await.map(Result::unwrap)
    }

    async fn try_answer(
        &self,
        document: &str,
        context: &Context,
    ) -> Option<Result<Outcome, HandlerError>> {
        let inbound = Arc::new(Inbound::parse(document.as_bytes().to_vec()).unwrap());
        match self.handler.answer(&inbound, context) {
            Answer::Pass => None,
            Answer::Now(result) => Some(result),
            Answer::Later(work) | Answer::Reported(work, _) => Some(work.await),
        }
    }

    /// The text that `u1` is answered by the account `shop`; none if no rule is for it.
    async fn says(&self, text: &str) -> Option<String> {
        self.answer(&said("u1", text), &shop(MORNING)).await.map(|outcome| plain(&outcome.reply))
    }
}

fn settings() -> Settings {
    Settings {
        private_hosts: Allowed::parse(["127.0.0.0/8"]).unwrap(),
        webhook_secret: WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        timezone: TimeZone::fixed(Offset::constant(8)),
        outlets: Outlets {
            channels: vec!["ops".to_owned(), "mail".to_owned()],
            senders: vec!["shop".to_owned()],
        },
        assistants: vec![assistant("http://127.0.0.1:9/v1")],
        order: RuleOrder::OldestFirst,
        public_url: Some("https://bot.example.com".to_owned()),
    }
}

/// One called `helper`, at `base_url`.
fn assistant(base_url: &str) -> Assistant {
    Assistant {
        name: "helper".to_owned(),
        base_url: base_url.to_owned(),
        model: "qwen3".to_owned(),
        api_key: Some(Secret::new("sk-test-1")),
        system: "你是客服助手。".to_owned(),
        memory: Duration::from_mins(30),
        memory_tokens: 1000,
        answer_tokens: None,
        daily_tokens: Some(1000),
        over_budget: "明天再来".to_owned(),
        timeout: Duration::from_secs(5),
    }
}

fn shop(now: Duration) -> Context {
    Context {
        account: "shop".into(),
        app_id: "wx0123456789abcdef".into(),
        platform: Platform::OfficialAccount,
        from: "oAnna".to_owned(),
        now,
        clients: Clients::default(),
        progress: Progress::default(),
    }
}

/// One request as it came over the wire.
async fn request(socket: &mut TcpStream) -> String {
    let (mut bytes, mut part) = (Vec::new(), vec![0; 65_536]);
    loop {
        let length = socket.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..length]);
        let read = String::from_utf8_lossy(&bytes);
        if length == 0 || is_whole(&read) {
            return read.into_owned();
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse::<usize>().unwrap())
}

/// Runs `test` where servers can be started.
async fn on_one_thread(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}

fn said(user: &str, text: &str) -> String {
    format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>{user}</FromUserName>\
        <CreateTime>1767231000</CreateTime><MsgType>text</MsgType>\
        <Content><![CDATA[{text}]]></Content><MsgId>7300000000000000001</MsgId></xml>"
    )
}

fn event(name: &str, key: &str) -> String {
    format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>u1</FromUserName>\
        <CreateTime>1767231000</CreateTime><MsgType>event</MsgType><Event>{name}</Event>\
        <EventKey>{key}</EventKey></xml>"
    )
}

/// A text as it is; everything else as it prints.
fn plain(reply: &Reply) -> String {
    match reply {
        Reply::Text(text) => text.clone(),
        Reply::Success => String::new(),
        other => format!("{other:?}"),
    }
}

/// The faults of one file, without the folder's name.
fn faults_of(rules: &str) -> String {
    printed(Desk::load(&[("a.toml", rules)]))
}

fn printed(read: Result<Desk, Faults>) -> String {
    let Err(faults) = read else { return String::new() };
    let mut lines = String::new();
    for fault in faults.iter() {
        let file = Path::new(&fault.file).file_name().unwrap_or_default().to_string_lossy();
        lines.push_str(&fault.to_string().replace(&fault.file, &file));
        lines.push('\n');
    }
    lines
}
