//! A message on its way through the intake, and what may become of the answer to it.

use std::sync::Arc;

use super::active;
use super::upstream;
use crate::account::Account;
use crate::account::Way;
use crate::channels::reply_to;
use crate::notification::Notification;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;

/// A message and whom it was sent to.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) account: Arc<Account>,
    /// The account that an open platform serves, and that was written to.
    pub(super) served: Option<AppId>,
    pub(super) inbound: Arc<Inbound>,
    /// Of what was not written to WeChat, but to a channel or on a page: the longest text, in
    /// characters, that the answer to the request may carry; none: it carries none.
    pub(super) inline: Option<usize>,
}

impl Message {
    /// Whether somebody wrote it: whoever caused an event waits for nothing.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.inbound.family(), Family::Message | Family::BotMessage)
    }

    /// Whether it was written to a 企业微信 robot, which can be answered late once.
    pub(super) fn is_to_robot(&self) -> bool {
        self.account.platform() == Platform::WecomBot
    }

    /// What would become of the answer to this now.
    pub(super) fn way(&self) -> Option<&Way> {
        self.account.patience.ways.iter().find(|way| self.is_open(way))
    }

    /// The same where it is not streamed.
    pub(super) fn way_out(&self) -> Option<&Way> {
        self.account.patience.ways.iter().find(|way| **way != Way::Stream && self.is_open(way))
    }

    fn is_open(&self, way: &Way) -> bool {
        match way {
            Way::Stream => self.streams(),
            Way::Push(_) if self.is_to_robot() => {
                self.inbound.root().get("response_url").is_some_and(|it| !it.text().is_empty())
            }
            Way::Push(_) => !self.inbound.from().is_empty(),
            Way::Hold => self.is_message(),
        }
    }

    /// Whether its answer can be streamed.
    pub(super) fn streams(&self) -> bool {
        let is_new = self.is_message() && self.inbound.name() != "stream";
        self.is_to_robot() && is_new && !self.inbound.msg_id().is_empty()
    }

    /// Whether its answer can wait for the sender's next message.
    pub(super) fn holds(&self) -> bool {
        self.is_message() && self.account.patience.ways.contains(&Way::Hold)
    }

    pub(super) fn sender(&self) -> String {
        format!("{}/{}", self.account.name, self.inbound.from())
    }

    /// Account and key: unique among all that the store knows.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.account.name, self.inbound.key())
    }

    /// `answer` as messages to the sender, if the account may send and the platform has such.
    pub(super) fn notifications(&self, answer: &Reply) -> Option<Vec<Notification>> {
        if self.account.is_channel {
            return upstream::notifications(answer, &self.account.name, reply_to(&self.inbound));
        }
        let channel = self.account.patience.ways.iter().find_map(|way| match way {
            Way::Push(channel) => Some(channel),
            Way::Stream | Way::Hold => None,
        });
        let user = (&*self.account.name, self.inbound.from());
        if self.is_to_robot() {
            return active::to_robot(answer, channel?, user, self.inbound.root());
        }
        active::notifications(answer, self.account.platform(), channel?, user)
    }
}
