//! The ways out. ONE FILE AND ONE LINE for each kind of channel.
//!
//! A kind whose service takes a notification in one HTTP exchange is an [`HttpChannel`]: it says
//! what the request is and what the answer means, and does no I/O. [`Setup::http`] makes a
//! [`Channel`] of it. Anything else implements [`Channel`] itself.

mod aliyun;
mod answer;
mod asking;
mod bark;
mod bound;
#[cfg(test)]
#[path = "example/chime.rs"]
mod chime;
mod common;
mod dingtalk;
mod dingtalk_call;
mod dingtalk_notice;
mod discord;
mod email;
#[cfg(test)]
mod example;
mod feishu;
mod form_hook;
mod gotify;
mod hooks;
mod http;
mod kind;
mod log;
mod ntfy;
mod pushdeer;
mod pushplus;
mod qmsg;
mod registry;
mod serverchan;
mod serverchan_bot;
mod slack;
mod sms_aliyun;
mod sms_tencent;
mod sre24;
mod telegram;
mod template;
mod tencent;
mod text;
mod tokened;
mod voice_aliyun;
mod voice_tencent;
mod webhook;
mod wechat;
mod wechat_customer;
mod wechat_template;
mod wecom_app;
mod wecom_bot;
mod wecom_robot;
mod windowed;
mod wxpusher;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use self::asking::Told;
pub use self::bound::Bound;
pub use self::bound::Limit;
pub use self::form_hook::form_hook;
pub use self::form_hook::form_hook_name;
pub use self::hooks::Answer;
pub use self::hooks::Arrived;
pub use self::hooks::HOOKS;
pub use self::hooks::Heard;
pub use self::hooks::Hook;
pub use self::hooks::HookError;
pub use self::hooks::HookKind;
pub use self::hooks::Inline;
pub use self::hooks::Said;
pub use self::hooks::Upstream;
pub(crate) use self::hooks::reply_to;
pub use self::http::HttpChannel;
pub use self::http::LARGEST_ANSWER;
pub use self::http::refusal;
pub use self::kind::ChannelKind;
pub use self::kind::Means;
pub use self::kind::Setup;
pub use self::registry::Channels;
pub use self::text::plain;
pub use self::wechat::OWN;
pub use self::wechat::own;
pub use self::wecom_bot::robot;
pub use self::wecom_bot::to_robot;
pub use self::windowed::Windowed;
use crate::notification::Failure;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::notification::Report;
use crate::notification::Terms;
use crate::store::DeliveryId;

/// Every kind of channel, by name. To add one: write its file, add its line; `CONTRIBUTING.md` shows
/// it.
pub const KINDS: &[ChannelKind] = &[
    bark::KIND,
    dingtalk::KIND,
    dingtalk_call::KIND,
    dingtalk_notice::KIND,
    discord::KIND,
    email::KIND,
    feishu::KIND,
    gotify::KIND,
    log::KIND,
    ntfy::KIND,
    pushdeer::KIND,
    pushplus::KIND,
    qmsg::KIND,
    serverchan::KIND,
    serverchan_bot::KIND,
    slack::KIND,
    sms_aliyun::KIND,
    sms_tencent::KIND,
    sre24::KIND,
    telegram::KIND,
    voice_aliyun::KIND,
    voice_tencent::KIND,
    webhook::KIND,
    wechat_customer::KIND,
    wechat_template::KIND,
    wecom_app::KIND,
    wecom_robot::KIND,
    wxpusher::KIND,
];

const MINUTE: Duration = Duration::from_mins(1);

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static ChannelKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// One notification on one try.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel {
    /// The delivery's id: the same on every try, so what a service takes to recognise a repetition.
    pub id: DeliveryId,
    /// Which try it is on this channel, from 1.
    pub attempt: u32,
    /// When it is sent, since 1970.
    pub now: Duration,
    /// What is sent.
    pub notification: Arc<Notification>,
}

/// A notification that a service took, of which it is asked what became.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// What the service calls it: one of [`Receipt::ids`].
    pub called: String,
    /// When it was sent, since 1970.
    pub at: Duration,
    /// When it is asked, since 1970.
    pub now: Duration,
    /// How often it was asked before.
    pub asked: u32,
    /// The delivery's id.
    pub id: DeliveryId,
    /// What was sent.
    pub notification: Notification,
}

/// A question under way: what became of something, or nothing yet.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Option<Report>, Failure>> + Send + 'a>>;

/// A send under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Receipt, Failure>> + Send + 'a>>;

/// One configured way out.
pub trait Channel: Send + Sync {
    /// How it wants to be used. Asked once, when the station starts.
    fn terms(&self) -> Terms;

    /// Sends one notification. It ends within [`Terms::limit`]; whoever calls ends it then.
    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a>;

    /// The account whose callbacks tell what became of what it sent; none: they do not.
    fn told_by(&self) -> Option<&str> {
        None
    }

    /// Whether its service says only when it is asked what became of what it took.
    fn asks(&self) -> bool {
        false
    }

    /// Asks the service what became of one notification.
    fn ask<'a>(&'a self, _: &'a Sent) -> Asking<'a> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
