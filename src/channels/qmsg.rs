//! `qmsg`: Qmsg酱, to QQ.

use std::time::Duration;

use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
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

/// Which interface.
#[derive(Clone, Copy, PartialEq)]
enum Version {
    One,
    Three,
}

impl Version {
    /// The largest message.
    const fn longest(self) -> Limit {
        match self {
            Self::One => Limit::Chars(1_800),
            Self::Three => Limit::Chars(1_000),
        }
    }
}

const VERSIONS: [(Version, &str); 2] = [(Version::One, "v1"), (Version::Three, "v3")];

/// How long it is left alone once it was sent too much, in seconds.
const REST: u64 = 5;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "qmsg",
    doc: "Qmsg酱, to people or groups on QQ; `to` names them by number.",
    settings: &[
        Setting::bare("key", Kind::Secret, "\"env:QMSG_KEY\"", "The KEY on the website.")
            .required(),
        Setting::with(
            "version",
            Kind::Word(|| VERSIONS.iter().map(|(_, word)| *word).collect()),
            "\"v1\"",
            "Which interface; with v3 the website says to whom, but for groups.",
        ),
        Setting::with("group", Kind::Boolean, "false", "Whether it goes to groups."),
        Setting::with("qq", Kind::Texts, "[]", "Numbers that get what names nobody."),
        Setting::with("bot", Kind::Text, "\"\"", "v1: the bot that sends. Empty: any one."),
    ],
    example: "\
[[channel]]
name = \"qq\"
kind = \"qmsg\"
key = \"env:QMSG_KEY\"
",
    // About one message in five seconds.
    terms: || {
        let rate = Rate { count: 1, per: Duration::from_secs(5) };
        Terms { rate: Some(rate), ..Terms::default() }
    },
    limits: &[
        Bound::Text("text, v1", Version::One.longest()),
        Bound::Text("text, v3", Version::Three.longest()),
        Bound::Rest(REST),
    ],
    build: |setup| setup.http(Qmsg::read(setup)?),
};

struct Qmsg {
    base: String,
    key: Secret,
    version: Version,
    is_group: bool,
    usual: Vec<String>,
    bot: String,
}

impl Qmsg {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let table = &setup.fields.table;
        let key = setup.fields.required_secret("key");
        let version = table.one_of("version", &VERSIONS);
        let is_group = table.boolean("group");
        let usual = table.texts("qq");
        let bot = table.text("bot").map(|it| it.value.to_owned());
        Some(Self {
            base: setup.base_url("https://qmsg.zendee.cn"),
            key: key?,
            version: version?,
            is_group: is_group?,
            usual: usual?.iter().map(|it| it.value.to_owned()).collect(),
            bot: bot?,
        })
    }

    fn text(&self, parcel: &Parcel) -> Cut {
        let text = text::titled(&parcel.notification, Format::Text);
        text::cut(&text, Format::Text, self.version.longest())
    }
}

impl HttpChannel for Qmsg {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let text = self.text(parcel).text;
        if text.is_empty() {
            return Err(answer::empty());
        }
        let named = &parcel.notification.to;
        let to = if named.is_empty() { &self.usual } else { named };
        let mut message = json!({ "msg": text });
        let path = match (self.version, self.is_group) {
            (Version::One, false) => "jsend",
            (Version::One, true) => "jgroup",
            (Version::Three, _) => "v3/jsend",
        };
        match (self.version, self.is_group, to.as_slice()) {
            (_, _, []) => {}
            (Version::One, _, to) => message["qq"] = to.join(",").into(),
            (Version::Three, true, [group]) => message["group"] = group.as_str().into(),
            (Version::Three, ..) => {
                let advice = "Name one group, with `group = true`; people are set on the website.";
                let detail = "v3 takes one group and no people";
                return Err(answer::unfit("channel.receiver", detail, advice));
            }
        }
        if self.version == Version::One && !self.bot.is_empty() {
            message["bot"] = self.bot.as_str().into();
        }
        Ok(post_json(format!("{}/{path}/{}", self.base, self.key.expose()), &message))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        if answer["success"] == true {
            let detail = if self.version == Version::Three { "queued" } else { "" };
            return Ok(Receipt { id: answer::id(&answer["data"]), detail: detail.to_owned() });
        }
        let code = answer::code(&answer, "code", response)?;
        let reason =
            if answer["reason"].is_null() { &answer["message"] } else { &answer["reason"] };
        let failure = answer::refused("qmsg", code, reason, &[], response);
        // The code is 500 for every no; only the words differ.
        let says = |words: &[&str]| words.iter().any(|it| failure.detail.contains(it));
        let (blame, advice) = if says(&["不在线"]) {
            let retry_after = Some(Duration::from_mins(5));
            (Blame::Service { retry_after }, "Leave `bot` empty, or choose one that is online.")
        } else if says(&["频繁", "频率", "过快"]) {
            (wait(REST), "Lower `rate`.")
        } else if says(&["不能超过", "不能为空"]) {
            (Blame::Request, "")
        } else {
            (failure.blame, "Compare `key` and the QQ numbers with those on the website.")
        };
        Err(Failure { blame, advice: advice.to_owned(), ..failure })
    }

    fn remark(&self, parcel: &Parcel) -> String {
        self.text(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.key]
    }
}
