//! `wechat-template`: a template or subscription message to one user of a 公众号 or 小程序.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;

use super::Bound;
use super::Channel;
use super::ChannelKind;
use super::Parcel;
use super::Sending;
use super::Setup;
use super::text;
use super::text::Limit;
use super::wechat;
use super::wechat::Turns;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::notification::Failure;
use crate::notification::Format;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::platform::Client;
use crate::platform::PlatformError;
use crate::platform::template::Data;
use crate::platform::template::Miniprogram;
use crate::platform::template::Send;
use crate::platform::template::SendNotice;
use crate::platform::template::SendSubscription;
use crate::platform::template::State;
use crate::store::DeliveryId;
use crate::wechat::Platform;

/// Which of WeChat's messages is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Template,
    Subscription,
}

const FORMS: [(Form, &str); 2] =
    [(Form::Template, "template"), (Form::Subscription, "subscription")];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "wechat-template",
    doc: "A template or subscription message to one user of a 公众号 or 小程序.",
    settings: &[
        wechat::ACCOUNT,
        Setting::with(
            "message",
            Kind::Word(|| FORMS.iter().map(|(_, word)| *word).collect()),
            "\"template\"",
            "template, or subscription; a 小程序 has only the latter.",
        ),
        Setting::with(
            "template_id",
            Kind::Text,
            "\"\"",
            "The template, unless the notification's `native` names one.",
        ),
        Setting::with(
            "title_field",
            Kind::Text,
            "\"\"",
            "The field of the template that shows the title, such as `thing1`.",
        ),
        Setting::with(
            "body_field",
            Kind::Text,
            "\"\"",
            "The field of the template that shows the body, such as `thing2`.",
        ),
    ],
    example: "\
[[channel]]
name = \"orders\"
kind = \"wechat-template\"
account = \"shop\"
template_id = \"ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY\"
title_field = \"thing1\"
body_field = \"thing2\"
",
    terms: wechat::terms,
    limits: FIELDS,
    build: |setup| Some(Arc::new(Messages::read(setup)?)),
};

struct Messages {
    client: Arc<Client>,
    form: Form,
    template_id: String,
    title_field: String,
    body_field: String,
    turns: Turns,
    terms: Terms,
}

/// What `native` may hold.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Native {
    template_id: Option<String>,
    data: Data,
    url: Option<String>,
    page: Option<String>,
    miniprogram: Option<Miniprogram>,
    miniprogram_state: Option<State>,
    lang: Option<String>,
}

impl Messages {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let platforms = [Platform::OfficialAccount, Platform::MiniProgram];
        let client = wechat::client(setup, &platforms);
        let table = &setup.fields.table;
        let form = table.one_of("message", &FORMS);
        let text = |key: &str| table.text(key).map(|text| text.value.to_owned());
        let (template_id, title_field, body_field) =
            (text("template_id"), text("title_field"), text("body_field"));
        let client = client?;
        let form = match client.platform() {
            Platform::MiniProgram => Form::Subscription,
            _ => form?,
        };
        // WeChat itself drops what has the same `client_msg_id`; subscriptions have none.
        let terms = Terms { takes_id: form == Form::Template, ..setup.terms.clone() };
        Some(Self {
            client,
            form,
            template_id: template_id?,
            title_field: title_field?,
            body_field: body_field?,
            turns: Turns::new(),
            terms,
        })
    }

    /// What is sent: `native`, or title and body in the fields that the channel names.
    fn native(&self, notification: &Notification) -> Result<Native, Failure> {
        if let Some(native) = &notification.native {
            // serde's text may quote what is to be sent.
            return Native::deserialize(native).map_err(|_| {
                let advice = "Write `{\"data\":{\"thing1\":{\"value\":\"…\"}}}`.";
                wechat::refuse("channel.native", "`native` is no template message", advice)
            });
        }
        let body = text::shown(&notification.body, notification.format, Format::Text);
        let title = (&self.title_field, notification.title.as_str());
        let body = (&self.body_field, body.as_ref());
        let named = [title, body].into_iter().filter(|(field, _)| !field.is_empty());
        let data: Data =
            named.map(|(field, said)| (field.clone(), value(field, said).into())).collect();
        match data.is_empty() {
            true => Err(wechat::refuse(
                "channel.native",
                "nothing says which field shows what",
                "Set `title_field` and `body_field` of the channel, or send `native`.",
            )),
            false => Ok(Native { data, ..Native::default() }),
        }
    }

    async fn say(
        &self,
        touser: String,
        native: Native,
        id: DeliveryId,
    ) -> Result<Receipt, PlatformError> {
        let Native { template_id, data, url, page, miniprogram, miniprogram_state, lang } = native;
        let template_id = template_id.unwrap_or_else(|| self.template_id.clone());
        match (self.form, self.client.platform()) {
            (Form::Template, _) => {
                let client_msg_id = Some(hex(id));
                let message = Send { touser, template_id, url, miniprogram, client_msg_id, data };
                let sent = self.client.call(&message).await?;
                Ok(Receipt { id: Some(sent.msgid.to_string()), ..Receipt::default() })
            }
            (Form::Subscription, Platform::MiniProgram) => {
                let message =
                    SendSubscription { touser, template_id, page, miniprogram_state, lang, data };
                self.client.call(&message).await.map(|_| Receipt::default())
            }
            (Form::Subscription, _) => {
                let message = SendNotice { touser, template_id, page, miniprogram, data };
                self.client.call(&message).await.map(|_| Receipt::default())
            }
        }
    }
}

impl Channel for Messages {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    /// Of subscription messages WeChat tells no id.
    fn told_by(&self) -> Option<&str> {
        (self.form == Form::Template).then(|| self.client.name())
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let user = wechat::recipient(&parcel.notification)?;
            let native = self.native(&parcel.notification)?;
            let _turn = self.turns.of(user).await;
            let said = self.say(user.to_owned(), native, parcel.id).await;
            said.map_err(|error| error.failure())
        })
    }
}

/// How many characters a field takes, by the beginning of its name. Source: "Subscription messages",
/// parameter rules.
const FIELDS: &[Bound] = &[
    Bound::Text("car_number", Limit::Chars(8)),
    Bound::Text("character_string", Limit::Chars(32)),
    Bound::Text("letter", Limit::Chars(32)),
    Bound::Text("name", Limit::Chars(10)),
    Bound::Text("phone_number", Limit::Chars(17)),
    Bound::Text("phrase", Limit::Chars(5)),
    Bound::Text("symbol", Limit::Chars(5)),
    Bound::Text("thing", Limit::Chars(20)),
];

/// What the field shows: one line, and no more than it takes; WeChat refuses anything else (47003).
fn value(field: &str, said: &str) -> String {
    let said = text::line(said);
    let kind = field.trim_end_matches(|it: char| it.is_ascii_digit());
    let limit = FIELDS.iter().find_map(|bound| match bound {
        Bound::Text(name, limit) if *name == kind => Some(*limit),
        _ => None,
    });
    limit.map_or_else(|| said.clone(), |limit| text::cut(&said, Format::Text, limit).text)
}

/// The id in the 32 bytes that a `client_msg_id` has.
fn hex(id: DeliveryId) -> String {
    id.as_bytes().iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_field_shows_one_line_and_no_more_than_it_takes() {
        let long = "磁盘已满,请立即处理,否则服务将在十分钟后停止";
        assert_eq!(value("thing1", long), "磁盘已满,请立即处理,否则服务将在十分…");
        assert_eq!(value("phrase2", "已经处理完毕"), "已经处理…");
        assert_eq!(value("keyword1", long), long);
        assert_eq!(value("thing12", " node 7\nis full "), "node 7 is full");
    }
}
