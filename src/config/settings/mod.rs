//! The table of all settings: section, key, type, default and what it is for. The readers' known
//! keys, the defaults in `deploy/yizhan.default.toml` and the schema for editors all follow it.

use crate::wechat::Mode;
use crate::wechat::Platform;

pub mod access;
pub mod assistant;
pub mod channel;
pub mod form;
pub mod outbox;

use super::account::Late;
use super::account::LongText;
use super::account::Source;
use super::account::TokenApi;
use super::server::RuleOrder;

/// What a setting holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string.
    Text,
    /// A string, `env:NAME`, or `file:PATH`.
    Secret,
    /// A string or a list of strings.
    Texts,
    /// A number or a list of numbers, in quotes or not.
    Numbers,
    /// `"4.5s"`, `"10m"`, `"0"`.
    Duration,
    /// `"1MiB"`, or a number of bytes.
    Size,
    /// An integer, from the first to the second.
    Integer(i64, i64),
    /// One of some words.
    Word(fn() -> Vec<&'static str>),
    /// Some of some words.
    Words(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Boolean,
    /// A table of names and strings, `env:NAME` or `file:PATH`.
    Secrets,
    /// A list of tables.
    Tables,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key.
    pub key: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What holds when it is not given, written as TOML.
    pub default: Option<&'static str>,
    /// What could stand there, written as TOML, where there is no default.
    pub example: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
    /// What it is for, in one line.
    pub doc: &'static str,
}

impl Setting {
    /// One that holds `default`, written as TOML, unless it is given.
    pub const fn with(
        key: &'static str,
        kind: Kind,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        let default = Some(default);
        Self { key, kind, default, example: "", is_required: false, doc }
    }

    /// One without a default; `example`, written as TOML, could stand there.
    pub const fn bare(
        key: &'static str,
        kind: Kind,
        example: &'static str,
        doc: &'static str,
    ) -> Self {
        Self { key, kind, default: None, example, is_required: false, doc }
    }

    /// The same, and it must be there.
    pub const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

/// A table of the config, or an array of tables.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// Whether it is written `[[name]]`, once for each.
    pub is_many: bool,
    /// Whether it takes keys that are not in its list.
    pub is_open: bool,
    /// What it is for, in one line.
    pub doc: &'static str,
    /// Its settings.
    pub settings: &'static [Setting],
}

impl Section {
    /// The keys it knows.
    pub fn keys(&self) -> Vec<&'static str> {
        self.settings.iter().map(|setting| setting.key).collect()
    }

    /// How its head is written.
    pub fn head(&self) -> String {
        match self.is_many {
            true => format!("[[{}]]", self.name),
            false => format!("[{}]", self.name),
        }
    }
}

/// Every section, in the order of the documentation.
pub const SECTIONS: [&Section; 11] = [
    &SERVER,
    &INBOX,
    &ACCOUNT,
    &outbox::STORE,
    &outbox::OUTBOX,
    &channel::CHANNEL,
    &access::TOPIC,
    &access::ADMIN,
    &access::KEY,
    &form::FORM,
    &assistant::ASSISTANT,
];

/// The section called `name`.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.into_iter().find(|section| section.name == name)
}

/// `[server]`.
pub const SERVER: Section = Section {
    name: "server",
    is_many: false,
    is_open: false,
    doc: "The HTTP server, and what holds for all accounts.",
    settings: &[
        Setting::with(
            "listen",
            Kind::Text,
            "\"0.0.0.0:8080\"",
            "Where to listen. When PORT is set and this is not: 0.0.0.0:$PORT.",
        ),
        Setting::with(
            "public_url",
            Kind::Text,
            "\"\"",
            "The address WeChat reaches this server at, such as https://bot.example.com.",
        ),
        Setting::with(
            "handlers",
            Kind::Text,
            "\"handlers\"",
            "The folder of rule files, relative to this file.",
        ),
        Setting::with(
            "rule_order",
            Kind::Word(|| names(&RuleOrder::ALL)),
            "\"oldest-first\"",
            "Of rules that match, oldest-first: the first in the files answers; newest-first: the last.",
        ),
        Setting::with(
            "capture",
            Kind::Text,
            "\"\"",
            "A folder to write callbacks to, secrets and ids replaced. Empty: none.",
        ),
        Setting::with(
            "capture_keep",
            Kind::Integer(1, 10_000_000),
            "10000",
            "How many callbacks are kept there; then the oldest file goes.",
        ),
        Setting::with(
            "capture_texts",
            Kind::Boolean,
            "false",
            "Keep what users wrote in them; otherwise it is replaced too.",
        ),
        Setting::with(
            "private_hosts",
            Kind::Texts,
            "[]",
            "Names, addresses or CIDRs inside private networks that calls and forwards may reach.",
        ),
        Setting::with(
            "workers",
            Kind::Integer(0, 1024),
            "0",
            "Threads that answer HTTP. 0: one per core.",
        ),
        Setting::with("body_limit", Kind::Size, "\"1MiB\"", "The largest callback body read."),
        Setting::with(
            "timezone",
            Kind::Text,
            "\"Asia/Shanghai\"",
            "What `now` and `hour` mean in rules: an IANA name.",
        ),
        Setting::with(
            "webhook_secret",
            Kind::Secret,
            "\"\"",
            "Signs what `forward` sends (Standard Webhooks): whsec_ and 24 to 64 bytes in base64.",
        ),
    ],
};

/// `[inbox]`.
pub const INBOX: Section = Section {
    name: "inbox",
    is_many: false,
    is_open: false,
    doc: "How messages are worked on once, however often they are delivered.",
    settings: &[
        Setting::with(
            "remember",
            Kind::Duration,
            "\"10m\"",
            "How long an answer is kept for deliveries that come again.",
        ),
        Setting::with(
            "capacity",
            Kind::Integer(1024, 16_777_216),
            "131072",
            "How many answers are kept at most; then the oldest goes.",
        ),
        Setting::with(
            "pending",
            Kind::Integer(1, 10_000_000),
            "20000",
            "How many messages are worked on at most; beyond, WeChat is told to try again.",
        ),
        Setting::with(
            "handler_timeout",
            Kind::Duration,
            "\"5m\"",
            "The longest a rule or handler may take, its calls included.",
        ),
    ],
};

/// `[[account]]`.
pub const ACCOUNT: Section = Section {
    name: "account",
    is_many: true,
    is_open: false,
    doc: "An account of WeChat, served at /callback/NAME.",
    settings: &[
        Setting::bare(
            "name",
            Kind::Text,
            "\"shop\"",
            "Letters, digits, - and _. Its callback URL is PUBLIC_URL/callback/NAME.",
        )
        .required(),
        Setting::bare(
            "platform",
            Kind::Word(|| names(&Platform::ALL)),
            "\"official-account\"",
            "official-account, mini-program, wecom, wecom-bot or open-platform.",
        )
        .required(),
        Setting::with(
            "app_id",
            Kind::Text,
            "\"\"",
            "The AppID; for wecom the CorpID. Only a wecom-bot has none.",
        ),
        Setting::with(
            "app_secret",
            Kind::Secret,
            "\"\"",
            "The AppSecret, for calls to WeChat. Receiving and answering needs none.",
        ),
        Setting::bare(
            "agent_id",
            Kind::Integer(0, 4_294_967_295),
            "1000002",
            "The AgentId of the application; wecom only.",
        ),
        Setting::with(
            "token",
            Kind::Secret,
            "\"\"",
            "The Token typed into WeChat's console: 3 to 32 letters or digits.",
        ),
        Setting::with(
            "encoding_aes_key",
            Kind::Secret,
            "\"\"",
            "The 43 characters of the EncodingAESKey; not needed in plain mode.",
        ),
        Setting::with(
            "previous_encoding_aes_key",
            Kind::Secret,
            "\"\"",
            "Still opened, while a key is being changed.",
        ),
        Setting::with(
            "mode",
            Kind::Word(|| names(&Mode::ALL)),
            "\"safe\"",
            "plain, compatible or safe. What arrives in another mode is refused.",
        ),
        Setting::with(
            "source",
            Kind::Word(|| names(&Source::ALL)),
            "\"signature\"",
            "signature; cloud-run: trusts x-wx-source, only behind the platform; cloud-function: the token in a header.",
        ),
        Setting::with(
            "max_age",
            Kind::Duration,
            "\"5m\"",
            "Older timestamps are refused. \"0\" turns it off.",
        ),
        Setting::with(
            "late",
            Kind::Words(|| names(&Late::ALL)),
            "[\"stream\", \"retry\", \"push\", \"hold\"]",
            "What happens to an answer that is not ready in time, in this order.",
        ),
        Setting::with(
            "reply_within",
            Kind::Duration,
            "\"4.5s\"",
            "How long WeChat's last try is kept waiting; under 5 s, when WeChat hangs up.",
        ),
        Setting::with(
            "holding_text",
            Kind::Text,
            "\"正在思考,请稍后回复任意内容获取答案\"",
            "Said on the last try when the answer is held.",
        ),
        Setting::with(
            "long_text",
            Kind::Word(|| names(&LongText::ALL)),
            "\"split\"",
            "A reply text over 2048 bytes is split, the rest held; or refused.",
        ),
        Setting::with(
            "apology",
            Kind::Text,
            "\"\"",
            "Said when a rule or handler fails. Empty: nothing.",
        ),
        Setting::with(
            "api_base",
            Kind::Text,
            "\"\"",
            "Where WeChat's API is. Empty: the platform's own address.",
        ),
        Setting::with(
            "token_api",
            Kind::Word(|| names(&TokenApi::ALL)),
            "\"stable\"",
            "stable, or classic: each fetch ends the token before. 公众号 and 小程序 only.",
        ),
        Setting::with(
            "publication_check",
            Kind::Boolean,
            "false",
            "Answer the check before a third-party platform is published (全网发布); open-platform only.",
        ),
    ],
};

/// The words of a table of words.
fn names<T>(words: &[(T, &'static str)]) -> Vec<&'static str> {
    words.iter().map(|(_, word)| *word).collect()
}
