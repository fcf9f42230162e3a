//! `pushplus`: pushplus (推送加), through any of its channels.

use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::MINUTE;
use super::Parcel;
use super::Sent;
use super::Setup;
use super::Told;
use super::answer;
use super::answer::LATER;
use super::answer::Meaning;
use super::answer::wait;
use super::common;
use super::http::get;
use super::http::post_json;
use super::text;
use super::text::Cut;
use super::text::Limit;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Fate;
use crate::notification::Format;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The largest title and content of an account without membership, in characters.
const TITLE: Limit = Limit::Chars(100);
const CONTENT: Limit = Limit::Chars(20_000);

const DAY: u64 = 86_400;

/// Its ways on. Source: pushplus, "channel".
const CHANNELS: &[&str] =
    &["wechat", "webhook", "cp", "mail", "sms", "voice", "extension", "app", "clawbot"];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "pushplus",
    doc: "pushplus (推送加); `to` names friends by token, or 企业微信 users for the channel cp.",
    settings: &[
        Setting::bare("token", Kind::Secret, "\"env:PUSHPLUS_TOKEN\"", "The user's token.")
            .required(),
        Setting::with(
            "secret_key",
            Kind::Secret,
            "\"\"",
            "The secretKey of the open API, to ask what became of a message. Empty: not asked.",
        ),
        Setting::with(
            "channel",
            Kind::Word(|| CHANNELS.to_vec()),
            "\"wechat\"",
            "How pushplus passes it on; sms and voice cost.",
        ),
        Setting::with(
            "option",
            Kind::Text,
            "\"\"",
            "The code of the webhook, 企业微信 application or mailbox set up there.",
        ),
        Setting::with("topic", Kind::Text, "\"\"", "The code of a group. Empty: to oneself."),
        Setting::with(
            "template",
            Kind::Text,
            "\"\"",
            "The template. Empty: txt, markdown or html, as the notification is written.",
        ),
    ],
    example: "\
[[channel]]
name = \"phone\"
kind = \"pushplus\"
token = \"env:PUSHPLUS_TOKEN\"
",
    terms: || Terms { rate: Some(Rate { count: 5, per: MINUTE }), ..Terms::default() },
    limits: &[Bound::Text("title", TITLE), Bound::Text("text", CONTENT), Bound::Rest(DAY)],
    build: |setup| setup.http(PushPlus::read(setup)?),
};

struct PushPlus {
    base: String,
    token: Secret,
    secret_key: Option<Secret>,
    channel: &'static str,
    option: String,
    topic: String,
    template: String,
}

impl PushPlus {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let table = &setup.fields.table;
        let text = |key| table.text(key).map(|it| it.value.to_owned());
        let words: Vec<(&'static str, &str)> = CHANNELS.iter().map(|it| (*it, *it)).collect();
        let token = setup.fields.required_secret("token");
        let secret_key = setup.fields.secret("secret_key");
        let channel = table.one_of("channel", &words);
        let (option, topic, template) = (text("option"), text("topic"), text("template"));
        Some(Self {
            base: setup.base_url("https://www.pushplus.plus"),
            token: token?,
            secret_key: secret_key?,
            channel: channel?,
            option: option?,
            topic: topic?,
            template: template?,
        })
    }

    /// The body, for the template it is shown with: one of text alone gets text.
    fn content(&self, parcel: &Parcel) -> Cut {
        let notification = &parcel.notification;
        let format = match self.template.as_str() {
            "txt" => Format::Text,
            "html" => Format::Html,
            "markdown" => Format::Markdown,
            _ => notification.format,
        };
        let body = match notification.body.is_empty() {
            true => text::titled(notification, format).into(),
            false => text::shown(&notification.body, notification.format, format),
        };
        text::cut(&body, format, CONTENT)
    }
}

impl HttpChannel for PushPlus {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let content = self.content(parcel).text;
        if content.is_empty() {
            return Err(answer::empty());
        }
        let template = match (self.template.as_str(), notification.format) {
            ("", Format::Text) => "txt",
            ("", Format::Markdown) => "markdown",
            ("", Format::Html) => "html",
            (set, _) => set,
        };
        let title = text::line(&notification.title);
        let title = text::cut(&title, Format::Text, TITLE).text;
        let mut message = json!({
            "title": title,
            "content": content,
            "template": template,
            "channel": self.channel,
        });
        let to = notification.to.join(",");
        // A group wins over receivers; who names receivers means them.
        let topic = if to.is_empty() { self.topic.as_str() } else { "" };
        // `option` was called `webhook` before, and both names are read.
        for (key, value) in
            [("topic", topic), ("to", &to), ("option", &self.option), ("webhook", &self.option)]
        {
            if !value.is_empty() {
                message[key] = value.into();
            }
        }
        if let Some(expires) = notification.expires {
            message["timestamp"] = u64::try_from(expires.as_millis()).unwrap_or(u64::MAX).into();
        }
        answer::overlay(&mut message, notification);
        message["token"] = self.token.expose().into();
        Ok(post_json(format!("{}/send", self.base), &message))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match answer::code(&answer, "code", response)? {
            200 => Ok(Receipt { id: answer::id(&answer["data"]), detail: "queued".to_owned() }),
            code => Err(answer::refused("pushplus", code, &answer["msg"], CODES, response)),
        }
    }

    fn asks(&self) -> bool {
        self.secret_key.is_some()
    }

    /// First for an access key. Source: pushplus, "open API".
    fn ask(&self, _: &Sent) -> Option<Request> {
        let key = self.secret_key.as_ref()?;
        let body = json!({ "token": self.token.expose(), "secretKey": key.expose() });
        Some(post_json(format!("{}/api/common/openApi/getAccessKey", self.base), &body))
    }

    fn fate(&self, sent: &Sent, response: &Response) -> Result<Told, Failure> {
        let answer = answer::object(response)?;
        let code = answer::code(&answer, "code", response)?;
        if code != 200 {
            return Err(answer::refused("pushplus", code, &answer["msg"], CODES, response));
        }
        let data = &answer["data"];
        if let Some(key) = data["accessKey"].as_str() {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("shortCode", &sent.called);
            let path = "api/open/message/sendMessageResult";
            let mut request = get(format!("{}/{path}?{}", self.base, query.finish()));
            request.headers.push(("access-key".to_owned(), key.to_owned()));
            return Ok(Told::Then(request));
        }
        let said = common::line(data["errorMessage"].as_str().unwrap_or_default());
        Ok(match data["status"].as_i64() {
            Some(2) => Told::Fate(Fate::Confirmed, said),
            Some(3) => Told::Fate(Fate::Failed, said),
            _ => Told::NotYet,
        })
    }

    fn remark(&self, parcel: &Parcel) -> String {
        self.content(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        std::iter::once(&self.token).chain(&self.secret_key).collect()
    }
}

/// Source: pushplus, "interface return codes".
const CODES: &[Meaning] = &[
    (302, Blame::Request, "Compare `token` with the one on the website."),
    (401, Blame::Request, "Compare `token` with the one on the website."),
    (403, Blame::Request, "Add this machine's address to the white list on the website."),
    (500, LATER, ""),
    (600, Blame::Request, ""),
    (805, Blame::Request, ""),
    (888, wait(DAY), "Buy points: this channel of pushplus costs."),
    (900, wait(DAY), "The account is shut out for having asked too often: lower `rate`."),
    (903, Blame::Request, "Compare `token` with the one on the website."),
    (905, Blame::Request, "Verify the account's real name on the website."),
    (999, Blame::Request, ""),
];
