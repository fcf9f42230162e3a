//! What people write to a service, as a message like any of WeChat's.

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;

use super::Answer;
use crate::wechat::inbound::Inbound;
use crate::wechat::wire::Field;
use crate::wechat::wire::WireError;

/// Where an answer goes, in the document of [`Upstream::inbound`].
const REPLY_TO: &str = "ReplyTo";

/// What somebody wrote or did on a service's side.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// What it was.
    pub said: Said,
    /// Who it was, as the service names them; may be empty.
    pub from: String,
    /// Whom a notification through the same channel names so that the answer reaches them; empty:
    /// nobody, it goes where the channel's messages go.
    pub reply_to: String,
    /// The service's id, by which a repetition is recognised; empty: by all that stands in it.
    pub id: String,
    /// When it was, since 1970; zero where the service does not say.
    pub at: Duration,
    /// All that the service sent, under its own names.
    pub fields: Map<String, Value>,
    /// How a text is said in the answer to this very request; none where the service takes none
    /// there.
    pub inline: Option<Inline>,
}

/// How a text is said in the answer to the request that brought a message.
#[derive(Clone, Copy, Debug)]
pub struct Inline {
    /// The longest text the service takes there, in characters.
    pub most: usize,
    /// Makes the answer, of where it goes and the text.
    pub say: fn(&str, &str) -> Answer,
}

/// What was said or done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    /// Somebody wrote this.
    Text(String),
    /// Somebody said this, and the service has recognised it.
    Spoken(String),
    /// Somebody sent something of that type.
    Other(String),
    /// Something happened.
    Event {
        /// Its name.
        name: String,
        /// What it is about, such as the key that was pressed; may be empty.
        key: String,
    },
}

impl Upstream {
    /// A message of WeChat's that says the same, so that rules and handlers need to know one kind:
    /// its header in front, under WeChat's names, then the service's fields under theirs. `to`: the
    /// channel.
    ///
    /// # Errors
    ///
    /// Fields that are nested too deep.
    pub fn inbound(&self, to: &str) -> Result<Inbound, WireError> {
        let mut document = Map::new();
        let mut put = |name: &str, value: &str| document.insert(name.to_owned(), value.into());
        put("ToUserName", to);
        put("FromUserName", &self.from);
        put(REPLY_TO, &self.reply_to);
        match &self.said {
            Said::Text(text) => {
                put("MsgType", "text");
                put("Content", text);
            }
            Said::Spoken(text) => {
                put("MsgType", "voice");
                put("Recognition", text);
            }
            Said::Other(kind) => drop(put("MsgType", kind)),
            Said::Event { name, key } => {
                put("MsgType", "event");
                put("Event", name);
                put("EventKey", key);
            }
        }
        if !self.id.is_empty() {
            put("MsgId", &self.id);
        }
        document.insert("CreateTime".to_owned(), self.at.as_secs().into());
        for (name, value) in &self.fields {
            // The service's header is in its place already.
            if !document.contains_key(name) {
                document.insert(name.clone(), value.clone());
            }
        }
        Inbound::parse(Value::Object(document).to_string().into_bytes())
    }
}

/// Where the answer to a message of [`Upstream::inbound`] goes.
pub(crate) fn reply_to(inbound: &Inbound) -> Option<&str> {
    inbound.root().get(REPLY_TO).map(Field::text).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::Said;
    use super::Upstream;
    use super::reply_to;

    fn upstream(said: Said) -> Upstream {
        let fields = json!({ "data": { "uid": "UID_a" }, "MsgType": "theirs", "msgtype": "text" });
        Upstream {
            said,
            from: "UID_a".to_owned(),
            reply_to: "UID_a".to_owned(),
            id: "7".to_owned(),
            at: Duration::from_millis(1_700_000_000_900),
            fields: fields.as_object().unwrap().clone(),
            inline: None,
        }
    }

    #[test]
    fn what_is_written_reads_like_a_text_of_wechat_with_the_services_fields_behind() {
        let inbound = upstream(Said::Text("#97 restart web".to_owned())).inbound("phone").unwrap();
        let document = r##"{"ToUserName":"phone","FromUserName":"UID_a","ReplyTo":"UID_a","MsgType":"text","Content":"#97 restart web","MsgId":"7","CreateTime":1700000000,"data":{"uid":"UID_a"},"msgtype":"text"}"##;
        assert_eq!(inbound.source(), document);
        assert_eq!(inbound.text(), "#97 restart web");
        assert_eq!(inbound.key().as_str(), "text/phone/UID_a/7");
        assert_eq!(reply_to(&inbound), Some("UID_a"));
    }

    #[test]
    fn what_is_said_or_done_has_the_type_it_would_have_in_wechat() {
        let spoken = upstream(Said::Spoken("重启".to_owned())).inbound("phone").unwrap();
        assert_eq!((spoken.name(), spoken.text()), ("voice", "重启"));
        let event = Said::Event { name: "app_subscribe".to_owned(), key: "door".to_owned() };
        let event = upstream(event).inbound("phone").unwrap();
        assert_eq!(
            (event.type_name().as_str(), event.event_key()),
            ("event:app_subscribe", "door")
        );
        let other = upstream(Said::Other("image".to_owned())).inbound("phone").unwrap();
        assert_eq!((other.type_name().as_str(), other.text()), ("image", ""));
    }
}
