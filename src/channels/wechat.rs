//! What the channels have in common that go through an account of WeChat.

use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::sync::MutexGuard;

use super::Channel;
use super::Setup;
use super::wechat_customer;
use super::wecom_app;
pub use crate::config::channel::OWN;
use crate::config::fault::did_you_mean;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Notification;
use crate::notification::Terms;
use crate::platform::Client;
use crate::wechat::Platform;
use crate::window::Windows;

/// The channel [`OWN`] of `client`'s account, if its platform has such messages.
pub fn own(client: &Arc<Client>, windows: &Arc<Windows>) -> Option<Arc<dyn Channel>> {
    match client.platform() {
        Platform::OfficialAccount | Platform::MiniProgram => {
            Some(wechat_customer::own(client, windows))
        }
        Platform::Wecom => wecom_app::own(client),
        Platform::WecomBot | Platform::OpenPlatform => None,
    }
}

/// The setting that names the account.
pub(super) const ACCOUNT: Setting = Setting::bare(
    "account",
    Kind::Text,
    "\"shop\"",
    "The `name` of the account it goes through; that needs an `app_secret`.",
)
.required();

/// How an account of WeChat wants to be used: calls take 0.1 s and many may run at once. The limit
/// leaves time for the client's own four tries.
pub(super) fn terms() -> Terms {
    Terms { concurrency: 512, limit: Duration::from_mins(1), ..Terms::default() }
}

/// The client of `account`, which must be of one of `platforms`.
pub(super) fn client(setup: &Setup<'_>, platforms: &[Platform]) -> Option<Arc<Client>> {
    let table = &setup.fields.table;
    let name = setup.fields.filled("account")?;
    let clients = &setup.means.clients;
    let Some(client) = clients.get(&name) else {
        let advice = did_you_mean(&name, clients.names())
            .unwrap_or_else(|| "give the account of that name an `app_secret`".to_owned());
        let message = format!("no account `{name}` may call WeChat");
        table.value_fault("account", message, Some(advice));
        return None;
    };
    if platforms.contains(&client.platform()) {
        return Some(Arc::clone(client));
    }
    let names: Vec<&str> = platforms.iter().map(|platform| platform.name()).collect();
    let message = format!("`{name}` is a `{}`", client.platform().name());
    let advice = format!("this kind of channel goes through `{}`", names.join("` or `"));
    table.value_fault("account", message, Some(advice));
    None
}

/// A failure of the notification itself.
pub(super) fn refuse(code: &str, detail: impl Into<String>, advice: &str) -> Failure {
    let (advice, detail) = (advice.to_owned(), detail.into());
    Failure { advice, detail, ..Failure::new(Blame::Request, code) }
}

/// The one user a notification is for.
pub(super) fn recipient(notification: &Notification) -> Result<&str, Failure> {
    match notification.to.as_slice() {
        [one] => Ok(one),
        none_or_many => {
            let detail = format!("`to` names {} users", none_or_many.len());
            Err(refuse("channel.recipient", detail, "Send one notification for each OpenID."))
        }
    }
}

/// A notification without a receiver, where the channel has none of its own.
pub(super) fn nobody() -> Failure {
    refuse("channel.recipient", "`to` names nobody", "Put a UserID into `to`.")
}

/// The `native` form of a message: `{"msgtype":"image","image":{…}}`, and what else the API takes.
pub(super) fn native(value: &Value) -> Result<Map<String, Value>, Failure> {
    let fields = value.as_object();
    let has_body = fields.is_some_and(|fields| {
        let msgtype = fields.get("msgtype").and_then(Value::as_str);
        msgtype.is_some_and(|it| fields.get(it).is_some_and(Value::is_object))
    });
    match fields {
        Some(fields) if has_body => Ok(fields.clone()),
        _ => Err(refuse(
            "channel.native",
            "`native` is no message",
            "Write `{\"msgtype\":\"image\",\"image\":{…}}`, as WeChat documents it.",
        )),
    }
}

/// Lets messages of one user go out one after the other: WeChat keeps no order otherwise, and
/// refuses some (43108).
pub(super) struct Turns {
    hasher: RandomState,
    /// Users share a place now and then, which only costs them some time.
    places: Vec<Mutex<()>>,
}

impl Turns {
    pub(super) fn new() -> Self {
        let places = (0..1024).map(|_| Mutex::new(())).collect();
        Self { hasher: RandomState::new(), places }
    }

    /// The turn of `user`, until the guard is dropped.
    pub(super) async fn of(&self, user: &str) -> MutexGuard<'_, ()> {
        let hash = self.hasher.hash_one(user) % self.places.len() as u64;
        let place = usize::try_from(hash).unwrap_or_default();
        self.places[place].lock().await
    }
}
