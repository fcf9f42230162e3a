//! Push services, played by us: for each kind of channel that speaks HTTP, one that answers as its
//! service does, its quirks and refusals included. ONE FILE AND ONE LINE for each.
//!
//! A service is a function from a request, what it remembers and the time to an answer. It is served
//! at `/sim/services/KIND`, which is what a channel has as its `base_url`. What makes it say no
//! stands in the request itself (`provoke.rs`): docs/simulate.md has the table.

mod aliyun;
mod asked;
mod bark;
mod desk;
mod digest;
mod dingtalk;
mod dingtalk_call;
mod dingtalk_notice;
mod discord;
mod feishu;
mod gotify;
mod letter;
mod ntfy;
mod provoke;
mod pushdeer;
mod pushplus;
mod qmsg;
pub(super) mod route;
mod serverchan;
mod serverchan_bot;
mod slack;
mod sms_aliyun;
mod sms_tencent;
mod sre24;
mod telegram;
mod tencent;
mod voice_aliyun;
mod voice_tencent;
mod webhook;
mod wecom_robot;
mod wxpusher;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;

pub use self::asked::Answer;
pub use self::asked::Asked;
use self::desk::Desk;
use self::desk::Memory;
pub use self::letter::Letter;
pub use self::letter::Wanted;
use super::fault::Fault;
use super::fault::Faults;
use super::fault::Kind;
use super::transcript;

/// Where they are served.
pub const PATH: &str = "/sim/services/";

/// How long a message is on its way where the service can be asked what became of it.
const UNDERWAY: Duration = Duration::from_secs(3);

/// Every service, by the kind of channel that sends to it.
pub const SERVICES: &[Service] = &[
    bark::SERVICE,
    dingtalk::SERVICE,
    dingtalk_call::SERVICE,
    dingtalk_notice::SERVICE,
    discord::SERVICE,
    feishu::SERVICE,
    gotify::SERVICE,
    ntfy::SERVICE,
    pushdeer::SERVICE,
    pushplus::SERVICE,
    qmsg::SERVICE,
    serverchan::SERVICE,
    serverchan_bot::SERVICE,
    slack::SERVICE,
    sms_aliyun::SERVICE,
    sms_tencent::SERVICE,
    sre24::SERVICE,
    telegram::SERVICE,
    voice_aliyun::SERVICE,
    voice_tencent::SERVICE,
    webhook::SERVICE,
    wecom_robot::SERVICE,
    wxpusher::SERVICE,
];

/// One service.
#[derive(Debug)]
pub struct Service {
    /// The kind of channel.
    pub kind: &'static str,
    /// What it answers.
    answer: fn(&Asked, &mut Desk<'_>) -> Answer,
    /// What it sends by itself; none: nothing.
    hook: Option<&'static letter::Teller>,
}

impl Service {
    /// Whether it sends anything by itself to the hook of a channel.
    pub fn has_hook(&self) -> bool {
        self.hook.is_some()
    }

    /// Whether it takes this for a yes to what it has sent.
    pub fn is_yes(&self, status: u16, body: &str) -> bool {
        status == 200 && self.hook.is_some_and(|hook| (hook.is_yes)(body))
    }
}

/// All services of one server, and what they remember.
#[derive(Default)]
pub struct Services(Mutex<State>);

#[derive(Default)]
struct State {
    memories: BTreeMap<&'static str, Memory>,
    faults: Faults,
}

/// What a service made of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Worked {
    /// What it answers.
    pub answer: Answer,
    /// The request and the answer for the transcript, without the keys.
    pub noted: Map<String, Value>,
}

impl Worked {
    /// Nothing, as it never saw the request.
    fn nothing(service: &Service) -> Self {
        let noted = [("service".to_owned(), service.kind.into())].into_iter().collect();
        Self { answer: Answer::page(500), noted }
    }
}

/// The service that channels of a kind send to.
pub fn find(kind: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|it| it.kind == kind)
}

impl Services {
    /// What a service answers. `now` is by the clock that can be moved, `signed` by the machine's,
    /// both since 1970.
    pub fn answer(
        &self,
        service: &Service,
        asked: &Asked,
        now: Duration,
        signed: Duration,
    ) -> Worked {
        let mut state = self.state();
        let mut desk = Desk::new(state.memories.entry(service.kind).or_default(), now, signed);
        let answer = (service.answer)(asked, &mut desk);
        let noted = noted(service.kind, asked, &answer, desk.keys.as_deref());
        Worked { answer, noted }
    }

    /// What a service sends to the hook of a channel. `now` and `signed` as in
    /// [`Services::answer`].
    ///
    /// # Errors
    ///
    /// The service sends nothing like that, in words.
    pub fn letter(
        &self,
        service: &Service,
        wanted: &Wanted<'_>,
        now: Duration,
        signed: Duration,
    ) -> Result<Letter, String> {
        let teller = service.hook.ok_or("this service sends nothing by itself")?;
        let mut state = self.state();
        let mut desk = Desk::new(state.memories.entry(service.kind).or_default(), now, signed);
        letter::write(&mut desk, teller, wanted)
    }

    /// Lets something go wrong at a path that begins with [`PATH`].
    ///
    /// # Errors
    ///
    /// What does not fit together, in words.
    pub fn fault(&self, fault: Fault) -> Result<(), String> {
        match fault.kind {
            Kind::Slow | Kind::Lost | Kind::Cut | Kind::Status | Kind::Body => {
                self.state().faults.add(fault)
            }
            _ => Err("a service can be `slow`, `lost`, `cut`, `status` or `body`".to_owned()),
        }
    }

    /// The fault of this request, if it is to have one.
    fn strike(&self, path: &str) -> Option<Fault> {
        self.state().faults.strike(path)
    }

    pub(super) fn waiting(&self) -> Vec<Fault> {
        self.state().faults.waiting().cloned().collect()
    }

    pub(super) fn clear_faults(&self) {
        self.state().faults.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request and its answer as the transcript has them. Where the service did not come to look
/// for keys, anything may be one.
fn noted(
    kind: &str,
    asked: &Asked,
    answer: &Answer,
    keys: Option<&[String]>,
) -> Map<String, Value> {
    let clean = |value| keys.map(|keys| transcript::redact(hide_within(value, keys)));
    let path = format!("/{}", asked.steps().join("/"));
    let body = match std::str::from_utf8(&asked.body) {
        Ok("") => Value::Null,
        Ok(text) => serde_json::from_str(text).unwrap_or_else(|_| asked.form()),
        Err(_) => format!("({} bytes)", asked.body.len()).into(),
    };
    let said = serde_json::from_str(&answer.body).unwrap_or_else(|_| answer.body.as_str().into());
    let mut noted = Map::new();
    noted.insert("service".to_owned(), kind.into());
    noted.insert("method".to_owned(), asked.method.as_str().into());
    for (name, value) in [("path", path.into()), ("query", asked.query_object()), ("body", body)] {
        noted.insert(name.to_owned(), clean(value).unwrap_or_else(|| "(hidden)".into()));
    }
    noted.insert("status".to_owned(), answer.status.into());
    noted.insert("answer".to_owned(), clean(said).unwrap_or_else(|| "(hidden)".into()));
    noted
}

/// `text` without the keys.
pub(super) fn hide(text: &str, keys: &[String]) -> String {
    let keys = keys.iter().filter(|it| !it.is_empty());
    keys.fold(text.to_owned(), |text, key| text.replace(key.as_str(), "(hidden)"))
}

fn hide_within(value: Value, keys: &[String]) -> Value {
    match value {
        Value::String(text) => hide(&text, keys).into(),
        Value::Array(items) => items.into_iter().map(|it| hide_within(it, keys)).collect(),
        Value::Object(members) => {
            let members = members.into_iter();
            members.map(|(name, it)| (hide(&name, keys), hide_within(it, keys))).collect()
        }
        other => other,
    }
}
