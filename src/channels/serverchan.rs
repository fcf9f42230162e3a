//! `serverchan`: Server酱, Turbo and 3. Which of them it is, the key tells.

use serde_json::Value;
use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Sent;
use super::Setup;
use super::Told;
use super::answer;
use super::answer::Meaning;
use super::answer::wait;
use super::common;
use super::common::rest_of_day;
use super::http::get;
use super::http::post_form;
use super::http::post_json;
use super::refusal;
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
use crate::notification::Receipt;
use crate::notification::Terms;

const TURBO: &str = "https://sctapi.ftqq.com";

/// The largest title that Turbo takes, in characters; SC3 names none.
const TITLE: Limit = Limit::Chars(32);

/// The largest body, in bytes.
const BODY: Limit = Limit::Bytes(32 << 10);

/// How long Turbo shuts out an address that made too many calls, in seconds.
const SHUT_OUT: u64 = 86_400;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "serverchan",
    doc: "Server酱: to the owner's WeChat (SCT… keys) or to the app of Server酱³ (sctp… keys).",
    settings: &[
        Setting::bare("key", Kind::Secret, "\"env:SERVERCHAN_KEY\"", "The SendKey.").required(),
        Setting::with(
            "channels",
            Kind::Text,
            "\"\"",
            "Turbo: one or two channel numbers such as 9|66. Empty: as set on the website.",
        ),
        Setting::with(
            "hide_ip",
            Kind::Boolean,
            "false",
            "Turbo: whether the page of a message leaves out where it was sent from.",
        ),
        Setting::with("tags", Kind::Texts, "[]", "SC3: labels of each message."),
    ],
    example: "\
[[channel]]
name = \"phone\"
kind = \"serverchan\"
key = \"env:SERVERCHAN_KEY\"
",
    terms: Terms::default,
    limits: &[
        Bound::Text("title, Turbo", TITLE),
        Bound::Text("title, SC3", BODY),
        Bound::Text("text", BODY),
        Bound::Rest(SHUT_OUT),
    ],
    build: |setup| setup.http(ServerChan::read(setup)?),
};

struct ServerChan {
    base: String,
    key: Secret,
    is_turbo: bool,
    channels: String,
    hides_ip: bool,
    tags: String,
}

impl ServerChan {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let key = fields.required_secret("key");
        let channels = fields.table.text("channels").map(|it| it.value.to_owned());
        let hides_ip = fields.table.boolean("hide_ip");
        let tags = fields.table.texts("tags");
        let tags = tags.map(|tags| tags.iter().map(|it| it.value).collect::<Vec<_>>().join("|"));
        let key = key?;
        let user = user(key.expose());
        let own = match user {
            Some(user) => format!("https://{user}.push.ft07.com"),
            None => TURBO.to_owned(),
        };
        Some(Self {
            base: setup.base_url(&own),
            is_turbo: user.is_none(),
            key,
            channels: channels?,
            hides_ip: hides_ip?,
            tags: tags?,
        })
    }

    fn title(&self, parcel: &Parcel) -> Cut {
        let limit = if self.is_turbo { TITLE } else { BODY };
        text::cut(&text::title(&parcel.notification), Format::Text, limit)
    }

    fn body(parcel: &Parcel) -> Cut {
        let notification = &parcel.notification;
        let body = text::shown(&notification.body, notification.format, Format::Markdown);
        text::cut(&body, Format::Markdown, BODY)
    }
}

/// The number of the user in a key of SC3, `sctp{uid}t…`.
fn user(key: &str) -> Option<&str> {
    let rest = key.get(..4).filter(|it| it.eq_ignore_ascii_case("sctp")).map(|_| &key[4..])?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let is_user = digits > 0 && rest[digits..].starts_with(['t', 'T']);
    is_user.then_some(&rest[..digits])
}

impl HttpChannel for ServerChan {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let title = self.title(parcel).text;
        if title.is_empty() {
            return Err(answer::empty());
        }
        let to = &parcel.notification.to;
        let body = Self::body(parcel).text;
        if !self.is_turbo {
            if !to.is_empty() {
                let advice = "Leave `to` empty: each key of Server酱³ is one user's.";
                return Err(answer::unfit("channel.receiver", "it has no receivers", advice));
            }
            let url = format!("{}/send/{}.send", self.base, self.key.expose());
            let body = json!({ "title": title, "desp": body, "tags": self.tags });
            return Ok(post_json(url, &body));
        }
        // WeCom's users are joined by a bar, those of a test account by a comma.
        let is_wecom = self.channels.split('|').any(|it| it.trim() == "66");
        let openid = to.join(if is_wecom { "|" } else { "," });
        let url = format!("{}/{}.send", self.base, self.key.expose());
        Ok(post_form(
            url,
            &[
                ("title", &title),
                ("desp", &body),
                ("channel", &self.channels),
                ("openid", &openid),
                ("noip", if self.hides_ip { "1" } else { "" }),
            ],
        ))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        if let (429, true, Some(failure)) = (response.status, self.is_turbo, refusal(response)) {
            let advice = "This address made too many calls; it is shut out for a day.".to_owned();
            return Err(Failure { blame: wait(SHUT_OUT), advice, ..failure });
        }
        let answer = answer::object(response)?;
        let code = answer::code(&answer, "code", response)?;
        if code == 0 {
            let data = &answer["data"];
            // Both are needed to ask what became of it.
            let id = match (answer::id(&data["pushid"]), answer::id(&data["readkey"])) {
                (Some(id), Some(key)) => Some(format!("{id}:{key}")),
                (id, _) => id,
            };
            return Ok(Receipt { id, detail: "queued".to_owned() });
        }
        let message = answer["message"].as_str().unwrap_or_default();
        if message.contains("不要重复发送") {
            // The service has this very content already, by an earlier try.
            return Ok(Receipt { id: None, detail: "the service had it already".to_owned() });
        }
        let failure = answer::refused("serverchan", code, &answer["message"], CODES, response);
        if message.contains("发送次数限制") {
            let advice = "It is sent after midnight; a membership raises the number.".to_owned();
            let retry_after = rest_of_day(response);
            return Err(Failure { blame: Blame::Quota { retry_after }, advice, ..failure });
        }
        Err(failure)
    }

    fn remark(&self, parcel: &Parcel) -> String {
        Self::body(parcel).remark()
    }

    fn asks(&self) -> bool {
        self.is_turbo
    }

    /// Source: Server酱 Turbo, "query the state of a push".
    fn ask(&self, sent: &Sent) -> Option<Request> {
        let (id, key) = sent.called.split_once(':')?;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("id", id).append_pair("readkey", key);
        Some(get(format!("{}/push?{}", self.base, query.finish())))
    }

    /// The state is JSON in a text, and empty as long as it is on its way.
    fn fate(&self, _: &Sent, response: &Response) -> Result<Told, Failure> {
        let answer = answer::object(response)?;
        let code = answer::code(&answer, "code", response)?;
        if code != 0 {
            return Err(answer::refused("serverchan", code, &answer["message"], CODES, response));
        }
        let state = answer["data"]["wxstatus"].as_str().unwrap_or_default();
        let Ok(state) = serde_json::from_str::<Value>(state) else { return Ok(Told::NotYet) };
        let said = common::line(state["errmsg"].as_str().unwrap_or_default());
        Ok(match state["errcode"].as_i64() {
            Some(0) => Told::Fate(Fate::Confirmed, said),
            Some(code) => Told::Fate(Fate::Failed, format!("{code} {said}")),
            None => Told::NotYet,
        })
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.key]
    }
}

/// Source: answers of the service as it gave them to clients.
const CODES: &[Meaning] = &[
    (20001, Blame::Request, "The service cannot read the title or the body."),
    (40001, Blame::Request, "Compare `key` with the SendKey on the website."),
];

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn the_key_tells_the_generation() {
        assert_eq!(user("sctp7tEXAMPLE"), Some("7"));
        assert_eq!(user("SCTP1024TX"), Some("1024"));
        for key in ["SCT123abc", "sctpt", "sctp7", "", "钥匙"] {
            assert_eq!(user(key), None, "{key}");
        }
    }
}
