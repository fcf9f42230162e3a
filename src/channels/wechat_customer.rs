//! `wechat-customer`: a customer-service message to one user of a 公众号 or 小程序.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use super::Bound;
use super::Channel;
use super::ChannelKind;
use super::Parcel;
use super::Sending;
use super::Windowed;
use super::text;
use super::text::Cut;
use super::text::Limit;
use super::wechat;
use super::wechat::Turns;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::notification::Failure;
use crate::notification::Format;
use crate::notification::Guarantee;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::platform::Client;
use crate::platform::customer::Body;
use crate::platform::customer::Operator;
use crate::platform::customer::Send;
use crate::wechat::Platform;
use crate::wechat::limits;
use crate::window::Windows;

/// Where a message goes that is written as WeChat writes it.
/// The longest text.
const TEXT: Limit = Limit::Bytes(limits::MESSAGE_TEXT_BYTES);

const PATH: &str = "/cgi-bin/message/custom/send";

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "wechat-customer",
    doc: "A customer-service message to one user who wrote in the last 48 hours.",
    settings: &[
        wechat::ACCOUNT,
        Setting::with(
            "kf_account",
            Kind::Text,
            "\"\"",
            "In whose name it is sent: `name@account`; 公众号 only.",
        ),
    ],
    example: "\
[[channel]]
name = \"service\"
kind = \"wechat-customer\"
account = \"shop\"
",
    terms: wechat::terms,
    limits: &[Bound::Text("text", TEXT), Bound::Count("receivers", 1)],
    build: |setup| {
        let platforms = [Platform::OfficialAccount, Platform::MiniProgram];
        let client = wechat::client(setup, &platforms);
        let operator = setup.fields.table.text("kf_account")?.value;
        let operator = (!operator.is_empty()).then(|| operator.to_owned());
        let (client, terms) = (client?, setup.terms.clone());
        Some(guarded(Customer { operator, ..Customer::new(client, terms) }, &setup.means.windows))
    },
};

/// The account's own way to its users.
pub(super) fn own(client: &Arc<Client>, windows: &Arc<Windows>) -> Arc<dyn Channel> {
    // The user would read the same words twice; what may have arrived is left to a person.
    let terms = Terms { guarantee: Guarantee::AtMostOnce, ..wechat::terms() };
    guarded(Customer::new(Arc::clone(client), terms), windows)
}

/// Sends nobody more than they allow.
fn guarded(customer: Customer, windows: &Arc<Windows>) -> Arc<dyn Channel> {
    let (account, windows) = (customer.client.name().to_owned(), Arc::clone(windows));
    Arc::new(Windowed { account, channel: Arc::new(customer), windows })
}

struct Customer {
    client: Arc<Client>,
    operator: Option<String>,
    turns: Turns,
    terms: Terms,
}

impl Channel for Customer {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(async move {
            let user = wechat::recipient(&parcel.notification)?;
            let _turn = self.turns.of(user).await;
            self.say(user, parcel).await?;
            let detail = match parcel.notification.native {
                Some(_) => String::new(),
                None => cut(&parcel.notification).remark(),
            };
            Ok(Receipt { id: None, detail })
        })
    }
}

/// What WeChat shows: text, with links as `<a href>` if the notification is text and has them.
fn cut(notification: &Notification) -> Cut {
    let text = text::titled(notification, Format::Text);
    text::cut(&text, Format::Text, TEXT)
}

impl Customer {
    fn new(client: Arc<Client>, terms: Terms) -> Self {
        Self { client, operator: None, turns: Turns::new(), terms }
    }

    async fn say(&self, user: &str, parcel: &Parcel) -> Result<(), Failure> {
        let notification = &parcel.notification;
        let operator = self.operator.clone().map(|kf_account| Operator { kf_account });
        if let Some(native) = &notification.native {
            let mut message = wechat::native(native)?;
            message.insert("touser".to_owned(), user.into());
            if let Some(operator) = operator {
                let operator = json!({"kf_account": operator.kf_account});
                message.entry("customservice").or_insert(operator);
            }
            let sent = self.client.post_json(PATH, &Value::Object(message)).await;
            return sent.map(drop).map_err(|error| error.failure());
        }
        let message = Send {
            touser: user.to_owned(),
            body: Body::Text { content: cut(notification).text },
            customservice: operator,
            aimsgcontext: None,
            businessid: None,
        };
        self.client.call(&message).await.map(drop).map_err(|error| error.failure())
    }
}
