//! `wecom-app`: a message of a 企业微信 application to members, parties and tags.

use std::sync::Arc;

use serde_json::Value;

use super::Bound;
use super::Channel;
use super::ChannelKind;
use super::Parcel;
use super::Sending;
use super::Setup;
use super::common::SALT_BYTES;
use super::common::salt;
use super::text;
use super::text::Cut;
use super::text::Limit;
use super::wechat;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::notification::Failure;
use crate::notification::Format;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::platform::Client;
use crate::platform::wecom::Body;
use crate::platform::wecom::Send;
use crate::platform::wecom::Sent;
use crate::store::DeliveryId;
use crate::wechat::Platform;
use crate::wechat::limits;

/// Where a message goes that is written as WeChat writes it.
/// The longest text, beside what keeps two that say the same apart.
const TEXT: Limit = Limit::Bytes(limits::MESSAGE_TEXT_BYTES - SALT_BYTES);

const PATH: &str = "/cgi-bin/message/send";

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "wecom-app",
    doc: "A message of a 企业微信 application to members, parties and tags.",
    settings: &[
        wechat::ACCOUNT,
        Setting::with(
            "to",
            Kind::Texts,
            "[\"@all\"]",
            "Who gets what names nobody: UserIDs, `party:1`, `tag:2`, or `@all` who see it.",
        ),
    ],
    example: "\
[[channel]]
name = \"staff\"
kind = \"wecom-app\"
account = \"corp\"
to = [\"zhangsan\", \"party:2\"]
",
    terms,
    limits: &[Bound::Text("text", TEXT)],
    build: |setup| Some(Arc::new(Application::read(setup)?)),
};

/// `enable_duplicate_check` drops what the service is given twice.
fn terms() -> Terms {
    Terms { takes_id: true, ..wechat::terms() }
}

/// The application's own way to those who write to it; none without an `agent_id`.
pub(super) fn own(client: &Arc<Client>) -> Option<Arc<dyn Channel>> {
    let (agent_id, client) = (client.agent_id()?, Arc::clone(client));
    Some(Arc::new(Application { client, agent_id, to: Vec::new(), terms: terms() }))
}

struct Application {
    client: Arc<Client>,
    agent_id: u32,
    to: Vec<String>,
    terms: Terms,
}

impl Application {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let client = wechat::client(setup, &[Platform::Wecom]);
        let table = &setup.fields.table;
        let to = table.texts("to")?.iter().map(|it| it.value.to_owned()).collect();
        let client = client?;
        let Some(agent_id) = client.agent_id() else {
            let message = format!("`{}` has no `agent_id`", client.name());
            let advice = "it is shown on the application's page in the console".to_owned();
            table.value_fault("account", message, Some(advice));
            return None;
        };
        Some(Self { client, agent_id, to, terms: setup.terms.clone() })
    }

    async fn say(&self, parcel: &Parcel) -> Result<Sent, Failure> {
        let notification = &parcel.notification;
        let to = if notification.to.is_empty() { &self.to } else { &notification.to };
        if to.is_empty() {
            return Err(wechat::nobody());
        }
        let [touser, toparty, totag] = receivers(to);
        if let Some(native) = &notification.native {
            let mut message = wechat::native(native)?;
            for (field, value) in [("touser", touser), ("toparty", toparty), ("totag", totag)] {
                if let Some(value) = value {
                    message.insert(field.to_owned(), value.into());
                }
            }
            message.insert("agentid".to_owned(), self.agent_id.into());
            message.entry("enable_duplicate_check").or_insert(1.into());
            let sent = self.client.post_json(PATH, &Value::Object(message)).await;
            let sent = sent.map_err(|error| error.failure())?;
            return Ok(serde_json::from_value(sent).unwrap_or_default());
        }
        let message = Send {
            touser,
            toparty,
            totag,
            agentid: self.agent_id,
            body: body(notification, parcel.id),
            safe: None,
            enable_id_trans: None,
            enable_duplicate_check: Some(1),
            duplicate_check_interval: None,
        };
        self.client.call(&message).await.map_err(|error| error.failure())
    }
}

impl Channel for Application {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let sent = self.say(parcel).await?;
            let lists = [&sent.invaliduser, &sent.invalidparty, &sent.invalidtag];
            let missed: Vec<&str> =
                lists.into_iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
            let missed = match missed.is_empty() {
                true => String::new(),
                false => format!("not for {}", missed.join("|")),
            };
            let parts = [missed, remark(parcel)];
            let parts: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
            let id = Some(sent.msgid).filter(|it| !it.is_empty());
            Ok(Receipt { id, detail: parts.join("; ") })
        })
    }
}

/// `touser`, `toparty` and `totag`.
fn receivers(to: &[String]) -> [Option<String>; 3] {
    let of = |prefix: &str| {
        let found: Vec<&str> = to.iter().filter_map(|it| it.strip_prefix(prefix)).collect();
        (!found.is_empty()).then(|| found.join("|"))
    };
    let is_user = |it: &&String| !it.starts_with("party:") && !it.starts_with("tag:");
    let users: Vec<&str> = to.iter().filter(is_user).map(String::as_str).collect();
    [(!users.is_empty()).then(|| users.join("|")), of("party:"), of("tag:")]
}

/// What of the parcel is not shown.
fn remark(parcel: &Parcel) -> String {
    match parcel.notification.native {
        Some(_) => String::new(),
        None => cut(&parcel.notification).remark(),
    }
}

/// What the application shows: markdown as such, anything else as text.
fn cut(notification: &Notification) -> Cut {
    let format = match notification.format {
        Format::Markdown => Format::Markdown,
        Format::Text | Format::Html => Format::Text,
    };
    text::cut(&text::titled(notification, format), format, TEXT)
}

/// The text, with the delivery's id in it where nobody sees it: 企业微信 drops what equals a
/// message of the last half hour, and only the same delivery may equal itself.
fn body(notification: &Notification, id: DeliveryId) -> Body {
    let content = format!("{}{}", cut(notification).text, salt(id));
    match notification.format {
        Format::Markdown => Body::Markdown { content },
        Format::Text | Format::Html => Body::Text { content },
    }
}

#[cfg(test)]
mod tests {
    use super::receivers;

    #[test]
    fn receivers_are_members_parties_and_tags() {
        let to = ["zhangsan", "party:2", "lisi", "tag:7", "party:3"].map(str::to_owned);
        let expected = ["zhangsan|lisi", "2|3", "7"].map(|it| Some(it.to_owned()));
        assert_eq!(receivers(&to), expected);
        assert_eq!(receivers(&["@all".to_owned()]), [Some("@all".to_owned()), None, None]);
    }
}
