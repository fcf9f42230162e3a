//! `wecom-robot`: a robot in a group of 企业微信.

use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::MINUTE;
use super::Parcel;
use super::Setup;
use super::answer;
use super::answer::LATER;
use super::answer::Meaning;
use super::answer::wait;
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
use crate::notification::Format;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The largest text and markdown, in bytes. Source: 企业微信 developer docs 91770.
const TEXT: usize = 2048;
const MARKDOWN: usize = 4096;

/// How long it is left alone once it was sent too much, in seconds.
const REST: u64 = 60;

/// What messages it sends.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Text,
    Markdown,
    Markdown2,
}

const STYLES: [(Style, &str); 3] =
    [(Style::Markdown, "markdown"), (Style::Markdown2, "markdown_v2"), (Style::Text, "text")];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "wecom-robot",
    doc: "A robot in a group of 企业微信; `to` mentions by user id or phone number, `all` everybody.",
    settings: &[
        Setting::bare(
            "key",
            Kind::Secret,
            "\"env:WECOM_ROBOT_KEY\"",
            "The `key` in the robot's webhook address.",
        )
        .required(),
        Setting::with(
            "style",
            Kind::Word(|| STYLES.iter().map(|(_, word)| *word).collect()),
            "\"markdown\"",
            "How markdown and HTML are sent; markdown_v2 shows tables and mentions nobody.",
        ),
    ],
    example: "\
[[channel]]
name = \"group\"
kind = \"wecom-robot\"
key = \"env:WECOM_ROBOT_KEY\"
",
    terms: || Terms { rate: Some(Rate { count: 20, per: MINUTE }), ..Terms::default() },
    limits: &[
        Bound::Text("text", Limit::Bytes(TEXT)),
        Bound::Text("markdown", Limit::Bytes(MARKDOWN)),
        Bound::Rest(REST),
    ],
    build: |setup| setup.http(Robot::read(setup)?),
};

struct Robot {
    base: String,
    key: Secret,
    style: Style,
}

impl Robot {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let key = setup.fields.required_secret("key");
        let style = setup.fields.table.one_of("style", &STYLES);
        let base = setup.base_url("https://qyapi.weixin.qq.com");
        Some(Self { base, key: key?, style: style? })
    }

    fn style(&self, parcel: &Parcel) -> Style {
        match parcel.notification.format {
            Format::Text => Style::Text,
            Format::Markdown | Format::Html => self.style,
        }
    }

    /// What is said, with room for `more` bytes.
    fn text(&self, parcel: &Parcel, more: usize) -> Cut {
        let (format, most) = match self.style(parcel) {
            Style::Text => (Format::Text, TEXT),
            Style::Markdown | Style::Markdown2 => (Format::Markdown, MARKDOWN),
        };
        let limit = Limit::Bytes(most.saturating_sub(more));
        text::cut(&text::titled(&parcel.notification, format), format, limit)
    }
}

/// Those who are mentioned, as markdown has it.
fn mentions(parcel: &Parcel) -> String {
    parcel.notification.to.iter().fold(String::new(), |text, who| {
        text + "
<@" + who.strip_prefix("@").unwrap_or(who)
            + ">"
    })
}

impl HttpChannel for Robot {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let url = format!("{}/cgi-bin/webhook/send?key={}", self.base, self.key.expose());
        if let Some(native) = answer::native(notification) {
            return Ok(post_json(url, &native));
        }
        let mentions = mentions(parcel);
        let style = self.style(parcel);
        let more = if style == Style::Markdown { mentions.len() } else { 0 };
        let content = self.text(parcel, more).text;
        if content.is_empty() {
            return Err(answer::empty());
        }
        let message = match style {
            Style::Text => {
                let everybody =
                    |it: &String| if it == "all" { "@all".to_owned() } else { it.clone() };
                let is_number =
                    |it: &String| it.len() == 11 && it.bytes().all(|it| it.is_ascii_digit());
                let to = notification.to.iter().map(everybody);
                let (mobiles, users): (Vec<String>, Vec<String>) = to.partition(is_number);
                let text = json!({
                    "content": content,
                    "mentioned_list": users,
                    "mentioned_mobile_list": mobiles,
                });
                json!({ "msgtype": "text", "text": text })
            }
            Style::Markdown => {
                let content = format!("{content}{mentions}");
                json!({ "msgtype": "markdown", "markdown": { "content": content } })
            }
            Style::Markdown2 if notification.to.is_empty() => {
                json!({ "msgtype": "markdown_v2", "markdown_v2": { "content": content } })
            }
            Style::Markdown2 => {
                let advice = "Leave `to` empty, or set `style = \"markdown\"`.";
                return Err(answer::unfit(
                    "channel.receiver",
                    "markdown_v2 mentions nobody",
                    advice,
                ));
            }
        };
        Ok(post_json(url, &message))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match answer::code(&answer, "errcode", response)? {
            0 => Ok(Receipt::default()),
            code => Err(answer::refused("wecom-robot", code, &answer["errmsg"], CODES, response)),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        let is_markdown = self.style(parcel) == Style::Markdown;
        self.text(parcel, if is_markdown { mentions(parcel).len() } else { 0 }).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.key]
    }
}

/// Source: 企业微信 developer docs 90313, "global error codes".
const CODES: &[Meaning] = &[
    (-1, LATER, ""),
    (45009, wait(REST), "Lower `rate`: a robot may send 20 messages a minute."),
    (45033, wait(10), "Lower `concurrency`."),
    (93000, Blame::Request, "The robot is gone: add one to the group and set its `key`."),
];
