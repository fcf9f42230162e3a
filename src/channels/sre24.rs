//! `sre24`: sre24, and those who speak like it.

use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::answer::LATER;
use super::answer::Meaning;
use super::answer::wait;
use super::http::post_json;
use super::text;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Format;
use crate::notification::Receipt;
use crate::notification::Terms;

/// How long it is left alone once it was sent too much, in seconds.
const REST: u64 = 60;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "sre24",
    doc: "sre24: to whoever follows the token, in WeChat.",
    settings: &[
        Setting::bare("token", Kind::Secret, "\"env:SRE24_TOKEN\"", "32 hexadecimal digits.")
            .required(),
        Setting::with("topic", Kind::Text, "\"\"", "A label of each message."),
        Setting::with(
            "path",
            Kind::Text,
            "\"/api/v1/push\"",
            "The path behind `base_url`; successors of the service use /to/ too.",
        ),
    ],
    example: "\
[[channel]]
name = \"phone\"
kind = \"sre24\"
token = \"env:SRE24_TOKEN\"
",
    terms: Terms::default,
    limits: &[Bound::Rest(REST)],
    build: |setup| setup.http(Sre24::read(setup)?),
};

struct Sre24 {
    url: String,
    token: Secret,
    topic: String,
}

impl Sre24 {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let table = &setup.fields.table;
        let token = setup.fields.required_secret("token");
        let topic = table.text("topic").map(|it| it.value.to_owned());
        let path = table.text("path")?.value;
        if !path.starts_with('/') {
            table.value_fault("path", "`path` must begin with `/`", None);
            return None;
        }
        let url = format!("{}{path}", setup.base_url("https://sre24.com"));
        Some(Self { url, token: token?, topic: topic? })
    }
}

impl HttpChannel for Sre24 {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        if !notification.to.is_empty() {
            let advice = "Leave `to` empty: it goes to whoever follows the token.";
            return Err(answer::unfit("channel.receiver", "it has no receivers", advice));
        }
        let text = text::titled(notification, Format::Text);
        if text.is_empty() {
            return Err(answer::empty());
        }
        let mut message = json!({ "token": self.token.expose(), "msg": text });
        if !self.topic.is_empty() {
            message["topic"] = self.topic.as_str().into();
        }
        Ok(post_json(self.url.clone(), &message))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match answer::code(&answer, "code", response)? {
            200..=299 => Ok(Receipt { detail: "queued".to_owned(), ..Receipt::default() }),
            code => Err(answer::refused("sre24", code, &answer["msg"], CODES, response)),
        }
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.token]
    }
}

/// Its own list is not public: its codes are those of HTTP.
const CODES: &[Meaning] = &[
    (401, Blame::Request, "Compare `token` with the one on the website."),
    (403, Blame::Request, "Compare `token` with the one on the website."),
    (429, wait(REST), "Lower `rate`."),
    (500, LATER, ""),
    (502, LATER, ""),
    (503, LATER, ""),
];
