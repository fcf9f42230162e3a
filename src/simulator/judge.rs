//! Reads an answer as the platform reads it: shown, silent, or abnormal.
//!
//! Sources: "Receiving standard messages", valid responses; "Passive user reply"; 企业微信 90241
//! and 101031.

use serde_json::Value;

use super::Account;
use super::RawResponse;
use super::Shown;
use super::Source;
use super::What;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::limits;
use crate::wechat::signature;
use crate::wechat::wire::Field;
use crate::wechat::wire::Format;
use crate::wechat::wire::Kind;
use crate::wechat::wire::Tree;

/// What an answer to one document has to look like.
pub(super) struct Judge<'a> {
    account: &'a Account,
    /// `None` for a document that is broken on purpose.
    inbound: Option<Inbound>,
}

/// What is wrong with an answer, in words.
type Fault = String;

impl<'a> Judge<'a> {
    pub(super) fn new(account: &'a Account, document: &str) -> Self {
        Self { account, inbound: Inbound::parse(document.as_bytes().to_vec()).ok() }
    }

    /// Whether a user sits in the chat and sees what becomes of it.
    pub(super) fn is_seen(&self) -> bool {
        !matches!(self.family(), Family::Platform | Family::Probe)
    }

    pub(super) fn judge(&self, response: &RawResponse) -> What {
        if response.status != 200 {
            return What::Refused(response.status);
        }
        match self.read(&response.body) {
            Ok(shown) => What::Answered(shown),
            Err(fault) => What::Abnormal(fault),
        }
    }

    fn family(&self) -> Family {
        self.inbound.as_ref().map_or(Family::Other, Inbound::family)
    }

    fn read(&self, body: &[u8]) -> Result<Option<Shown>, Fault> {
        let wants_result = self.inbound.as_ref().is_some_and(|it| it.name().starts_with("xpay_"));
        match body {
            b"" | b"success" if wants_result => {
                return Err("an xpay event wants `ErrCode` and `ErrMsg`".to_owned());
            }
            b"" | b"success" => return Ok(None),
            _ if self.family() == Family::Platform => {
                return Err("a platform notice wants `success`".to_owned());
            }
            _ => {}
        }
        let reply = self.unseal(parse(body)?)?;
        if reply.format() != self.format() {
            return Err(format!("the reply is {:?}, the account's is not", reply.format()));
        }
        if wants_result {
            return match text(reply.root(), "ErrCode") {
                "0" => Ok(None),
                _ => Err("`ErrCode` is not 0".to_owned()),
            };
        }
        if self.account.platform == Platform::WecomBot {
            return self.read_robot(reply.root()).map(Some);
        }
        self.check_header(reply.root())?;
        self.read_reply(reply.root())
    }

    /// The format replies have to be in: that of the message on Cloud Run, else the account's.
    fn format(&self) -> Format {
        match (&self.inbound, self.account.source) {
            (Some(inbound), Source::CloudRun) => inbound.format(),
            _ => self.account.format,
        }
    }

    /// Verifies and opens an envelope; a reply in clear only where the mode allows one.
    fn unseal(&self, answer: Tree) -> Result<Tree, Fault> {
        let is_json = answer.format() == Format::Json;
        let names = match is_json && self.account.platform.is_wecom() {
            true => ["encrypt", "msgsignature", "timestamp", "nonce"],
            false => ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"],
        };
        let is_sealed = answer.root().get(names[0]).is_some();
        let cipher = match (self.account.mode, &self.account.cipher) {
            (Mode::Plain, _) | (_, None) if is_sealed => {
                return Err("the reply is sealed, the account is not".to_owned());
            }
            (Mode::Safe, Some(_)) if !is_sealed => return Err("the reply is in clear".to_owned()),
            (Mode::Safe | Mode::Compatible, Some(cipher)) if is_sealed => cipher,
            _ => return Ok(answer),
        };
        if answer.format() != self.format() {
            return Err(format!("the envelope is {:?}, the account's is not", answer.format()));
        }
        let [encrypt, given, timestamp, nonce] = names.map(|name| text(answer.root(), name));
        if timestamp.parse::<i64>().is_err() {
            return Err(format!("`{}` is no number", names[2]));
        }
        let kind = |name| answer.root().get(name).map(Field::kind);
        if is_json && (kind(names[2]), kind(names[3])) != (Some(Kind::Number), Some(Kind::Text)) {
            return Err(format!("`{}` has to be a number, `{}` a text", names[2], names[3]));
        }
        if !signature::sign_sealed(&self.account.token, timestamp, nonce, encrypt).is(given) {
            return Err(format!("`{}` does not match", names[1]));
        }
        let opened = cipher.open(encrypt).map_err(|error| error.to_string())?;
        opened.check_receiver(&self.account.app_id).map_err(|error| error.to_string())?;
        parse(&opened.message)
    }

    fn check_header(&self, reply: Field<'_>) -> Result<(), Fault> {
        let Some(inbound) = &self.inbound else { return Ok(()) };
        for (name, expected) in [("ToUserName", inbound.from()), ("FromUserName", inbound.to())] {
            let found = text(reply, name);
            if found != expected {
                return Err(format!("`{name}` is `{found}` instead of `{expected}`"));
            }
        }
        match text(reply, "CreateTime").parse::<i64>() {
            Ok(_) => Ok(()),
            Err(_) => Err("`CreateTime` is no number".to_owned()),
        }
    }

    fn read_reply(&self, reply: Field<'_>) -> Result<Option<Shown>, Fault> {
        let kind = text(reply, "MsgType");
        let platform = self.account.platform;
        let may_have = match platform {
            Platform::MiniProgram => kind == "transfer_customer_service",
            Platform::Wecom => !matches!(kind, "music" | "transfer_customer_service"),
            _ => !kind.starts_with("update_"),
        };
        if !may_have {
            return Err(format!("a {} takes no `{kind}`", platform.name()));
        }
        let readable = match kind {
            "text" => read_text(reply, platform)?,
            "image" => present(reply, "Image.MediaId")?,
            "voice" => present(reply, "Voice.MediaId")?,
            "video" => present(reply, "Video.MediaId")?,
            "music" => present(reply, "Music.ThumbMediaId")?,
            "news" => self.read_news(reply)?,
            "update_button" => present(reply, "Button.ReplaceName")?,
            "update_taskcard" => present(reply, "TaskCard.ReplaceName")?,
            "update_template_card" => present(reply, "TemplateCard.CardType")?,
            // Nothing to show: a person will answer.
            "transfer_customer_service" => String::new(),
            other => return Err(format!("there is no reply `{other}`")),
        };
        Ok(Some(Shown::new(kind, readable, reply)))
    }

    /// A robot's answer: lower-case JSON without a header.
    fn read_robot(&self, reply: Field<'_>) -> Result<Shown, Fault> {
        let asked = self.inbound.as_ref().filter(|it| it.name() == "stream");
        let asked = asked.map(|it| text(it.root(), "stream.id"));
        let kind = text(reply, "msgtype");
        let readable = match (kind, asked) {
            ("stream", _) => {
                let id = present(reply, "stream.id")?;
                if asked.is_some_and(|asked| asked != id) {
                    return Err(format!("`stream.id` is `{id}`, another was asked for"));
                }
                reply.get("stream.content").map_or("", Field::text).to_owned()
            }
            (_, Some(_)) => return Err(format!("a `{kind}` does not go on with a stream")),
            ("text", _) => present(reply, "text.content")?,
            ("template_card", _) => present(reply, "template_card.card_type")?,
            (other, _) => return Err(format!("there is no reply `{other}` of a robot")),
        };
        Ok(Shown::new(kind, readable, reply))
    }

    fn read_news(&self, reply: Field<'_>) -> Result<String, Fault> {
        let items = match self.format() {
            Format::Json => reply.all("Articles"),
            Format::Xml => reply.all("Articles.item"),
        };
        let is_message = self.family() == Family::Message;
        let most = match self.account.platform {
            Platform::Wecom => limits::NEWS_TO_AN_EVENT,
            _ if is_message => limits::NEWS_TO_A_MESSAGE,
            _ => limits::NEWS_TO_AN_EVENT,
        };
        if items.is_empty() || items.len() > most {
            return Err(format!("{} articles, {most} at most", items.len()));
        }
        if text(reply, "ArticleCount") != items.len().to_string() {
            return Err("`ArticleCount` does not count the articles".to_owned());
        }
        let titles = items.iter().map(|item| text(*item, "Title"));
        Ok(titles.collect::<Vec<_>>().join(" / "))
    }
}

/// An answer with a byte-order mark or a blank line in front is not taken, unlike a message.
fn parse(bytes: &[u8]) -> Result<Tree, Fault> {
    match bytes.first() {
        Some(b'<' | b'{') => Tree::parse(bytes.to_vec()).map_err(|error| error.to_string()),
        _ => Err("neither `success` nor a reply".to_owned()),
    }
}

/// The text at `path`; empty for none.
fn text<'t>(reply: Field<'t>, path: &str) -> &'t str {
    reply.get(path).map_or("", |field| field.text().trim_ascii())
}

fn present(reply: Field<'_>, path: &str) -> Result<String, Fault> {
    match text(reply, path) {
        "" => Err(format!("`{path}` is missing")),
        text => Ok(text.to_owned()),
    }
}

/// A text as it is shown; 企业微信 cuts one that is too long.
fn read_text(reply: Field<'_>, platform: Platform) -> Result<String, Fault> {
    let content = reply.get("Content").map_or("", Field::text);
    let most = limits::REPLY_TEXT_BYTES;
    match content.len() {
        0 => Err("`Content` is missing".to_owned()),
        length if length <= most => Ok(content.to_owned()),
        _ if platform == Platform::Wecom => {
            Ok(content[..content.floor_char_boundary(most)].to_owned())
        }
        length => Err(format!("`Content` has {length} bytes, {most} at most")),
    }
}

impl Shown {
    fn new(kind: &str, text: String, reply: Field<'_>) -> Self {
        let fields = serde_json::from_str(&reply.to_json()).unwrap_or(Value::Null);
        Self { kind: kind.to_owned(), text, fields }
    }

    /// The platform's own line.
    pub(super) fn system(line: &str) -> Self {
        Self { kind: "system".to_owned(), text: line.to_owned(), fields: Value::Null }
    }
}
